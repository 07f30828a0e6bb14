"""A quiz without a way back is sat in its order: of a running attempt no address, method or mistake shows, takes or
leaves any question but the current one, the first that has not been left."""

import re
import threading
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from studyapp.quizzes.models import Attempt, SavedAnswer
from studyapp.quizzes.sittings import start_quiz
from tests.content.questions.examples import EXAMPLES
from tests.factories import PASSWORD, create_course, create_lesson, create_question, create_quiz

pytestmark = pytest.mark.django_db
KINDS = ("numeric", "single_choice", "short_text")
CURRENT = {"numeric": "number", "single_choice": "choice", "short_text": "text"}
LEFT = "You have left question {}; its answer stays as it was."


def marked(content, number):
    """The author's content with canaries of this question wherever its learner would read it."""
    content = content | {"stem": f"CANARY{number}STEM {content['stem']}"}
    if "options" in content:
        options = [row | {"text": f"CANARY{number}OPTION {row['text']}"} for row in content["options"]]
        content["options"] = options
    if "unit" in content:
        content["unit"] = f"CANARY{number}UNIT"
    return content


@pytest.fixture
def quiz(db):
    course = create_course()
    lesson = create_lesson(course)
    bank = [
        create_question(lesson, f"q-{n}", kind=kind, content=marked(EXAMPLES[kind], n), use="exam")
        for n, kind in enumerate(KINDS, start=1)
    ]
    return create_quiz(course, slots=bank, one_way=True, preset="learn")


@pytest.fixture
def sitting(quiz, learner):
    """A running attempt, of an hour that began a minute ago."""
    return start_quiz(learner, quiz, now=timezone.now() - timedelta(minutes=1), rng=Random(1))


@pytest.fixture
def client(client, learner):
    client.force_login(learner)
    return client


def page_of(attempt, rest=""):
    return f"/attempts/{attempt.pk}/{rest}"


def given(attempt, number, word="said"):
    """Fields of an answer to this question that its page would post."""
    item = attempt.items.select_related("version").get(number=number)
    name = CURRENT[KINDS[number - 1]]
    options = item.version.content.get("options")
    value = {"number": "41", "choice": options and options[0]["id"], "text": f"CANARY{number}{word}"}[name]
    return {f"q{number}_{name}": value}


def hidden(number, writer="form-1", sequence="0"):
    return {"client_id": str(uuid4()), "writer": writer, "number": sequence, "here": str(number)}


def move_on(client, attempt, number):
    """Answer the current question by the plain form and leave it."""
    client.post(page_of(attempt, f"{number}/"), hidden(number) | given(attempt, number) | {"next": "1"})


def left(attempt):
    return set(attempt.items.filter(left_at__isnull=False).values_list("number", flat=True))


def stored(attempt, *, without=None):
    """Everything that is kept of the attempt's questions but one."""
    items = attempt.items.exclude(number=without).order_by("number")
    rows = SavedAnswer.objects.filter(item__in=items).order_by("pk").values_list("item__number", "response")
    return list(items.values_list("number", "is_flagged", "left_at")), list(map(str, rows))


def canaries(response):
    """Numbers of the questions of which something is in the response, headers included."""
    headers = "".join(f"{name}: {value}\n" for name, value in response.items())
    return set(map(int, re.findall(r"CANARY(\d)", headers + response.getvalue().decode())))


# --- the crawler ------------------------------------------------------------------------------------------

ANY = (1, 2, 3, 4, 2**70)  # questions that there are and are not
PAGES = ("", "result/", "time/", "kept/")


def addresses(numbers):
    """(number or None, the rest of the address) of every page of an attempt."""
    yield from ((None, rest) for rest in PAGES)
    for number in numbers:
        yield from ((number, f"{number}/{rest}") for rest in ("", "save/", "saved/", "report/"))


def bodies(attempt, number, current):
    """What might be posted there: right, wrong, empty, unknown, with each button. Only the current page's own
    button onward is left out: it may do what it says."""
    numbers = [number] if number in (1, 2, 3) else [1, 2, 3]
    right = {"here": numbers}
    for n in numbers:
        right |= given(attempt, n, "posted") | {f"f{n}": "on"}
    wrong = {"here": [1, 2, 3], "q1_number": "x", "q2_choice": "\x00", "q3_text": "y" * 3000, "text": ""}
    answers = list(SavedAnswer.objects.filter(item__attempt=attempt).values_list("pk", flat=True))
    yield hidden(0) | right | {"save": "1"}
    yield hidden(0) | right | {"look_over": "1"}
    yield hidden(0) | wrong | {"save": "1"}
    yield {"here": numbers} | {name: "" for name in right if name.startswith("q")} | {"back": "1"}
    yield {"here": [1, 2, 3, 4], "q1_planet": "x", "q9_choice": "a", "writer": "<", "flag": "1", "again": "x"}
    yield {"flag": "1"}
    yield {"again": str(answers[0] if answers else 1)}
    yield {"text": "Which one is meant?"}
    yield {}
    if number != current:
        yield hidden(0) | right | {"next": "1"}
        yield {"next": "1"}


def visit(client, attempt, current, way, numbers):
    """Try everything once at this step; what went wrong, as (request, what)."""
    wrong, before, gone = [], stored(attempt, without=current), left(attempt)
    headers = {"HX-Request": "true"} if way == "htmx" else {}

    def look(response, *request):
        if more := canaries(response) - {current}:
            wrong.append((request, f"shows {more}"))
        if stored(attempt, without=current) != before or left(attempt) != gone:
            wrong.append((request, f"changed {before} to {stored(attempt, without=current)}"))
            return False
        return True

    for number, rest in [*addresses(numbers), (None, "review/")]:
        for method in ("get", "head"):
            look(getattr(client, method)(page_of(attempt, rest), headers=headers), method, rest)
        for body in bodies(attempt, number, current):
            response = client.post(page_of(attempt, rest), body, headers=headers)
            if not look(response, "post", rest, body):
                return wrong
            while location := response.get("Location", "").partition("?")[0]:
                response = client.get(location, headers=headers)
                if not look(response, "post", rest, body, "get", location):
                    return wrong
    return wrong


@pytest.mark.soak
@pytest.mark.parametrize("way", ["plain", "htmx", "signed out"])
def test_crawler_finds_the_current_question_only(client, sitting, way):
    for current in (1, 2, 3, None):
        assert visit(Client() if way == "signed out" else client, sitting, current, way, ANY) == []
        if way == "signed out":
            keep_and_sign_in(sitting, current, [None, 1, 2, 3])
        assert left(sitting) == set(range(1, current or 4))
        if current:
            move_on(client, sitting, current)
            assert left(sitting) == set(range(1, current + 1))


def test_crawler_finds_the_second_question_only_while_it_is_the_current_one(client, sitting):
    move_on(client, sitting, 1)

    assert visit(client, sitting, 2, "plain", (1, 3)) == []
    keep_and_sign_in(sitting, 2, [3])


def keep_and_sign_in(attempt, current, numbers):
    """What is posted signed out is kept, and saved when its person signs in: of the current question only."""
    before, signing_in = stored(attempt, without=current), {"name": "learner", "password": PASSWORD}
    for number in numbers:
        for body in bodies(attempt, number, current):
            client = Client()
            client.post(page_of(attempt, f"{number}/" if number else ""), body)
            response = client.post(page_of(attempt, "kept/"), signing_in, follow=True)
            assert canaries(response) <= {current}
            assert stored(attempt, without=current) == before


def test_page_shows_the_current_question_at_all(client, sitting):
    """So that the crawler cannot be content with pages that are empty."""
    for current in (1, 2, 3):
        for rest in (f"{current}/", f"{current}/saved/", f"{current}/report/"):
            assert canaries(client.get(page_of(sitting, rest))) == {current}
        move_on(client, sitting, current)
    client.post(page_of(sitting, "review/"), {"hand_in": "1"})

    assert canaries(client.get(page_of(sitting, "result/"))) == {1, 2, 3}
    for number in (1, 2, 3):
        for rest in ("report/", "saved/"):
            assert canaries(client.get(page_of(sitting, f"{number}/{rest}"))) == {number}


# --- each way by itself -----------------------------------------------------------------------------------


def test_error_page_of_a_post_shows_the_current_question_only(client, sitting):
    for rest in ("", "1/"):
        response = client.post(page_of(sitting, rest), {"here": "1", "q1_number": "many", "next": "1"})

        assert response.status_code == 422
        assert canaries(response) == {1}
    assert left(sitting) == set()


@pytest.mark.parametrize("number", [2, 3])
def test_save_out_of_turn_takes_nothing_and_leaves_nothing(client, sitting, number):
    response = client.post(
        page_of(sitting, f"{number}/save/"), hidden(number, "js-1", "1") | given(sitting, number)
    )

    assert (response.status_code, list(response.json())) == (409, ["problem"])
    client.post(page_of(sitting, f"{number}/"), hidden(number) | given(sitting, number) | {"next": "1"})
    assert left(sitting) == set()
    assert not SavedAnswer.objects.exists()


def test_left_question_does_not_come_back(client, sitting):
    move_on(client, sitting, 1)
    before = stored(sitting)

    by_queue = client.post(page_of(sitting, "1/save/"), hidden(1, "js-1", "1") | {"q1_number": "12"})
    assert (by_queue.status_code, by_queue.json()["problem"]) == (409, LEFT.format(1))

    for button in ("next", "save", "back", "look_over"):
        response = client.post(page_of(sitting, "1/"), hidden(1) | {"q1_number": "12", button: "1"})
        assert response.status_code == 303
        shown = client.get(response["Location"], follow=True)
        assert LEFT.format(1) in shown.content.decode()
        assert canaries(shown) == (set() if button == "look_over" else {2})
    assert stored(sitting) == before


def test_earlier_answer_of_a_left_question_cannot_be_used_again(client, sitting):
    client.post(page_of(sitting, "1/"), hidden(1) | {"q1_number": "12", "save": "1"})
    move_on(client, sitting, 1)
    before = stored(sitting)

    client.post(page_of(sitting, "1/saved/"), {"again": SavedAnswer.objects.order_by("pk").first().pk})

    assert stored(sitting) == before


def test_kept_answer_of_a_left_question_is_told_and_not_saved(sitting, learner):
    browser, elsewhere = Client(), Client()
    browser.force_login(learner)
    Session.objects.all().delete()
    browser.post(page_of(sitting, "1/"), hidden(1) | {"q1_number": "12", "next": "1"})
    elsewhere.force_login(learner)
    move_on(elsewhere, sitting, 1)
    before = stored(sitting)

    browser.post(page_of(sitting, "kept/"), {"name": "learner", "password": PASSWORD})

    page = browser.get(page_of(sitting, "2/"))
    assert stored(sitting) == before
    assert LEFT.format(1) in page.content.decode()
    assert "what you sent is saved" not in page.content.decode()


def test_attempt_is_looked_over_without_a_word_of_its_questions(client, sitting):
    move_on(client, sitting, 1)

    page = client.get(page_of(sitting, "review/"))

    assert canaries(page) == set()
    links = re.findall(rf'href="{page_of(sitting)}([^"]*)"', page.content.decode())
    assert links == ["2/"]


def test_late_answer_of_the_current_question_is_kept(client, sitting):
    """Its time was over while the answer was on its way: that is no matter of order."""
    move_on(client, sitting, 1)
    client.post(page_of(sitting, "review/"), {"hand_in": "1"})

    late = client.post(page_of(sitting, "2/save/"), hidden(2, "js-1", "1") | given(sitting, 2))
    early = client.post(page_of(sitting, "3/save/"), hidden(3, "js-1", "2") | given(sitting, 3))

    assert (late.status_code, late.json()["is_late"]) == (200, True)
    assert early.status_code == 409


def at_once(*acts):
    """Do these in threads that begin together; what each gave."""
    barrier, given = threading.Barrier(len(acts)), [None] * len(acts)

    def run(n, act):
        try:
            barrier.wait()
            given[n] = act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


@pytest.mark.django_db(transaction=True)
def test_two_who_go_on_at_once_leave_one_question(sitting, learner):
    clients = [Client() for _ in range(4)]
    for client in clients:
        client.force_login(learner)
    body = hidden(1) | given(sitting, 1) | {"next": "1"}

    answers = at_once(*[lambda c=client: c.post(page_of(sitting, "1/"), body) for client in clients])

    assert {a.status_code for a in answers} == {303}
    assert left(sitting) == {1}


@pytest.mark.django_db(transaction=True)
def test_whoever_goes_on_at_once_from_every_page_skips_nothing(sitting, learner):
    """Whoever comes before their turn leaves nothing, whatever the order on the wire."""
    clients = {number: Client() for number in (3, 2, 1)}
    for client in clients.values():
        client.force_login(learner)

    at_once(*[lambda n=n, c=c: move_on(c, sitting, n) for n, c in clients.items()])

    gone = left(sitting)
    assert gone in ({1}, {1, 2}, {1, 2, 3})
    assert set(SavedAnswer.objects.values_list("item__number", flat=True)) == gone
    assert Attempt.objects.get().is_open
