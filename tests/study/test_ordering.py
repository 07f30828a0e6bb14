"""The arrows of an ordering question, without a script: wherever it is asked they move an item and store no answer."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from studyapp.quizzes.models import SavedAnswer
from studyapp.quizzes.sittings import start_quiz
from studyapp.review.models import ReviewLog
from studyapp.review.reviewing import record_answer
from tests import factories
from tests.study.conftest import HTMX
from tests.study.forms import form_of

ITEMS = ["Mercury", "Venus", "Earth", "Mars"]
CONTENT = {"stem": "Which is nearer to the Sun?", "items": ITEMS, "explanation": "So.", "feedback": "So."}


@pytest.fixture
def question(db):
    lesson = factories.create_lesson(factories.create_course())
    question = factories.create_question(lesson, "planets", kind="ordering", content=CONTENT)
    first = lesson.passages.first()
    first.segments.append({"check": "planets"})
    first.save()
    return question


def order_of(page):
    """The items as a page shows them, with the place chosen for each, and the word of each."""
    rows = re.findall(r'<li class="opt"><label class="what"[^>]*>(\w+)</label>(.*?)</li>', page, re.S)
    places = [re.findall(r'<option value="(\d)" selected>', row) for _, row in rows]
    words = [re.search(r'value="(\w+)-up"', row)[1] for _, row in rows]
    return [name for name, _ in rows], ["".join(place) for place in places], words


def press(client, address, page, prefix, *, item, way, **headers):
    """Post the form as it stands with one of its arrows."""
    names, places, words = order_of(page)
    fields = {
        f"{prefix}position-{word}": place for word, place in zip(words, places, strict=True)
    }  # as the page orders them
    return client.post(
        address[0],
        address[1] | fields | {f"{prefix}move": f"{words[names.index(item)]}-{way}"},
        **headers,
    )


def one_up(names, item):
    at = names.index(item)
    moved = list(names)
    moved[at - 1], moved[at] = moved[at], moved[at - 1]
    return moved


def lesson_check(client, question, learner):
    response = client.get("/courses/rivers/sources/")
    form = form_of(response, id="check_planets")
    return "q_planets_", (form["action"], form["fields"]), response


def practice(client, question, learner):
    address = client.post("/courses/rivers/sources/practice/", {"start": "1"})["Location"]
    response = client.get(address)
    form = form_of(response, id="asked")
    return "q_", (form["action"], form["fields"]), response


def review(client, question, learner):
    record_answer(
        learner,
        question,
        question.current,
        client_id=uuid4(),
        at=timezone.now() - timedelta(days=30),
        fraction=1,
        origin="practice",
        response={"order": ["a", "b", "c", "d"]},
        presented={},
    )
    response = client.get("/review/", {"ask": 1})
    form = form_of(response, id="asked")
    return "q_", (form["action"], form["fields"]), response


def answers_stored():
    return SavedAnswer.objects.count(), ReviewLog.objects.count()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("place", [lesson_check, practice, review])
def test_arrow_moves_the_item_and_stores_nothing(place, headers, client, learner, question):
    client.force_login(learner)
    prefix, address, response = place(client, question, learner)
    page = response.content.decode()
    names, places, _ = order_of(page)
    before = answers_stored()

    once = press(client, address, page, prefix, item=names[2], way="up", **headers)
    twice = press(client, address, once.content.decode(), prefix, item=names[2], way="up", **headers)

    assert places == ["", "", "", ""]
    assert (once.status_code, twice.status_code) == (200, 200)
    assert order_of(once.content.decode())[:2] == (one_up(names, names[2]), ["1", "2", "3", "4"])
    assert order_of(twice.content.decode())[0] == one_up(one_up(names, names[2]), names[2])
    assert answers_stored() == before
    assert ("<html" in once.content.decode()) == (not headers)


@pytest.mark.parametrize("place", [lesson_check, practice, review])
def test_pressed_arrow_keeps_the_focus_on_the_new_page(place, client, learner, question):
    client.force_login(learner)
    prefix, address, response = place(client, question, learner)
    names, _, words = order_of(response.content.decode())

    page = press(client, address, response.content.decode(), prefix, item=names[1], way="down")

    assert re.findall(r'value="([\w-]+)"[^>]*autofocus', page.content.decode()) == [f"{words[1]}-down"]


@pytest.mark.parametrize("place", [lesson_check, practice, review])
def test_order_made_with_arrows_is_answered_and_marked(place, client, learner, question):
    client.force_login(learner)
    prefix, address, response = place(client, question, learner)
    page = response.content.decode()
    for turn, item in enumerate(ITEMS):
        for _ in range(order_of(page)[0].index(item) - turn):
            page = press(client, address, page, prefix, item=item, way="up").content.decode()
    names, places, words = order_of(page)

    fields = {f"{prefix}position-{word}": place for word, place in zip(words, places, strict=True)}
    looked_over = client.post(address[0], address[1] | fields, **HTMX).content.decode()

    assert (names, places) == (ITEMS, ["1", "2", "3", "4"])
    assert "In its place" in looked_over
    assert "Not its place" not in looked_over


def test_enter_in_a_field_of_a_quiz_presses_no_arrow(client, learner, question):
    """The first button of a form is the one that Enter in any of its fields presses."""
    client.force_login(learner)
    quiz = factories.create_quiz(question.course, slots=[question])
    attempt = start_quiz(learner, quiz, now=timezone.now(), rng=factories.Random(1))

    page = client.get(f"/attempts/{attempt.pk}/").content.decode()

    form = page[page.index('<form class="text" id="answers"') :]
    assert 'name="save"' in re.search(r"<button[^>]*>", form)[0]


def test_arrow_in_a_quiz_saves_the_order_and_comes_back_to_the_question(client, learner, question):
    client.force_login(learner)
    quiz = factories.create_quiz(question.course, slots=[question])
    attempt = start_quiz(learner, quiz, now=timezone.now(), rng=factories.Random(1))
    address = (f"/attempts/{attempt.pk}/", {"here": "1", "writer": "a-form"})
    page = client.get(address[0]).content.decode()
    names = order_of(page)[0]

    answer = press(client, address, page, "q1_", item=names[2], way="up")

    assert answer["Location"] == f"/attempts/{attempt.pk}/#q1"
    by_name = {item["text"]: item["id"] for item in question.current.content["items"]}
    assert SavedAnswer.objects.get().response == {"order": [by_name[n] for n in one_up(names, names[2])]}
    assert order_of(client.get(address[0]).content.decode())[:2] == (
        one_up(names, names[2]),
        ["1", "2", "3", "4"],
    )
