"""A page of an attempt that is older than the answers, posted without a script: it takes nothing back, and says so."""

import re
from html import unescape
from random import Random

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from studyapp.quizzes.models import SavedAnswer
from studyapp.quizzes.sittings import start_quiz
from tests.factories import PASSWORD, create_course, create_lesson, create_question, create_quiz, save_in
from tests.study.forms import form_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(learner):
    lesson = create_lesson(create_course())
    kinds = ["true_false", "numeric", "multiple_choice"]
    slots = [create_question(lesson, f"q-{n}", kind=kind) for n, kind in enumerate(kinds, start=1)]
    quiz = create_quiz(lesson.course, slots=slots, time_limit_minutes=30)
    return start_quiz(learner, quiz, now=timezone.now(), rng=Random(1))


@pytest.fixture
def tab(client, learner, attempt):
    """The fields of the page as it is now, to be posted later."""
    client.force_login(learner)

    def tab():
        page = client.get(at(attempt))
        fields = form_of(page, id="answers")["fields"]
        numbers = re.findall(r'name="here" value="(\d+)"', page.content.decode())
        return fields | {"here": numbers, "save": "1"}

    return tab


def at(attempt, end=""):
    return f"/attempts/{attempt.pk}/{end}"


def stored(number):
    return [a.response for a in SavedAnswer.objects.filter(item__number=number).order_by("pk")]


def said(client, address):
    page = client.get(address).content.decode()
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def test_answer_that_was_not_changed_in_the_stale_tab_is_not_saved_again(client, attempt, tab):
    save_in(attempt, 1, {"answer": ["true"]}, at=timezone.now())
    stale = tab()
    save_in(attempt, 1, {"answer": ["false"]}, at=timezone.now(), sequence=1)

    posted = client.post(at(attempt), stale | {"q1_answer": "true", "q2_number": "88"})

    assert stored(1) == [{"answer": True}, {"answer": False}]
    assert [answer["text"] for answer in stored(2)] == ["88"]
    told = said(client, posted["Location"])
    assert "Question 1 was changed in another tab" in told
    assert "That answer counts; this page showed an older one." in told
    assert "Question 2" not in told.split("older one.")[0]


def test_empty_field_of_a_stale_tab_does_not_empty_the_answer(client, attempt, tab):
    stale = tab()
    for number, fields in ((1, {"answer": ["true"]}), (2, {"number": ["88"]}), (3, {"choice": ["a"]})):
        save_in(attempt, number, fields, at=timezone.now())

    client.post(at(attempt), stale)

    assert SavedAnswer.objects.count() == 3


def test_answer_changed_in_both_tabs_is_saved_and_told(client, attempt, tab):
    stale = tab()
    other = save_in(attempt, 2, {"number": ["88"]}, at=timezone.now()).answer

    posted = client.post(at(attempt), stale | {"q2_number": "87"})

    assert posted["Location"] == at(attempt)  # no anchor leads past what is told at the top
    clock = timezone.localtime(other.at).strftime("%H:%M:%S")
    page = client.get(posted["Location"]).content.decode()
    assert [answer["text"] for answer in stored(2)] == ["88", "87"]
    assert (
        f"Question 2 was also changed in another tab at {clock}. Your answer from this page counts now."
        in page
    )
    assert f'<a href="{at(attempt, "2/saved/")}">Show all saved answers</a>' in page


def test_emptying_in_the_stale_tab_is_a_change_and_told(client, attempt, tab):
    save_in(attempt, 2, {"number": ["88"]}, at=timezone.now())
    stale = tab()
    save_in(attempt, 2, {"number": ["89"]}, at=timezone.now(), sequence=1)

    posted = client.post(at(attempt), stale | {"q2_number": ""})

    assert stored(2)[-1] is None
    assert "Question 2 was also changed in another tab" in said(client, posted["Location"])


def test_same_answer_in_both_tabs_is_one_row_and_no_message(client, attempt, tab):
    stale = tab()
    save_in(attempt, 1, {"answer": ["true"]}, at=timezone.now())

    posted = client.post(at(attempt), stale | {"q1_answer": "true"})

    assert stored(1) == [{"answer": True}]
    assert "another tab" not in said(client, posted["Location"])


def test_page_alone_is_never_told_of_another_tab(client, attempt, tab):
    """Also after Back, when the form is older than what it saved itself."""
    first = tab()
    save_in(attempt, 2, {"number": ["88"]}, at=timezone.now())
    fresh = tab()

    answers = [
        client.post(at(attempt), first | {"q1_answer": "true"}),
        client.post(at(attempt), first | {"q1_answer": "false"}),
        client.post(at(attempt), fresh | {"q1_answer": "false", "q2_number": "87"}),
    ]

    assert stored(1) == [{"answer": True}, {"answer": False}]
    assert [answer["text"] for answer in stored(2)] == ["88", "87"]
    told = "".join(said(client, answer["Location"]) for answer in answers)
    assert "also changed in another tab" not in told


@pytest.mark.parametrize("shown", [None, "", "x", "-1", "9" * 30, "999999"])
def test_form_that_does_not_say_what_it_showed_is_compared_with_what_counts(client, attempt, tab, shown):
    stale = tab()
    save_in(attempt, 1, {"answer": ["true"]}, at=timezone.now())
    stale = {name: value for name, value in stale.items() if not name.startswith("shown")}

    posted = client.post(at(attempt), stale | ({} if shown is None else {"shown1": shown}))

    assert posted.status_code == 303
    assert stored(1) == [{"answer": True}, None]


def test_row_of_another_question_says_nothing_of_this_one(client, attempt, tab):
    row = save_in(attempt, 2, {"number": ["88"]}, at=timezone.now()).answer
    save_in(attempt, 1, {"answer": ["true"]}, at=timezone.now())

    client.post(at(attempt), tab() | {"q1_answer": "true", "q2_number": "88", "shown1": f"{row.pk}"})

    assert (stored(1), len(stored(2))) == ([{"answer": True}], 1)


def test_refused_page_still_knows_what_was_seen_beside_the_typed_text(client, attempt, tab):
    stale = tab()
    save_in(attempt, 2, {"number": ["88"]}, at=timezone.now())

    refused = client.post(at(attempt), stale | {"q2_number": "many"})
    again = form_of(refused, id="answers")["fields"] | {"here": ["1", "2", "3"], "save": "2"}
    posted = client.post(at(attempt), again | {"q2_number": "87"})

    assert refused.status_code == 422
    assert "Question 2 was also changed in another tab" in said(client, posted["Location"])


def test_stale_tab_kept_while_signed_out_takes_nothing_back(client, attempt, tab):
    save_in(attempt, 1, {"answer": ["true"]}, at=timezone.now())
    stale = tab()
    save_in(attempt, 1, {"answer": ["false"]}, at=timezone.now(), sequence=1)
    save_in(attempt, 2, {"number": ["88"]}, at=timezone.now())
    Session.objects.all().delete()

    client.post(at(attempt), stale | {"q1_answer": "true", "q2_number": "87"})
    posted = client.post(at(attempt, "kept/"), {"name": "learner", "password": PASSWORD})

    assert stored(1) == [{"answer": True}, {"answer": False}]
    assert [answer["text"] for answer in stored(2)] == ["88", "87"]
    page = said(client, posted["Location"])
    assert "Question 2 was also changed in another tab" in page
    assert "Question 1 was also" not in page


def test_stale_tab_leaves_the_flag_that_another_set(client, attempt, tab):
    stale = tab()
    client.post(at(attempt), tab() | {"f1": "on"})

    client.post(at(attempt), stale | {"f2": "on"})
    client.post(at(attempt), {k: v for k, v in tab().items() if k != "f1"})

    assert list(attempt.items.order_by("number").values_list("is_flagged", flat=True)) == [False, True, False]
