"""In a quiz without a way back only the question that is asked now can be seen or answered, whatever is asked for."""

import threading
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from content.questions import get_kind
from studyapp.quizzes.models import SavedAnswer
from studyapp.quizzes.order import OutOfTurn
from studyapp.quizzes.sittings import leave_item
from tests.factories import create_course, create_lesson, create_question, create_quiz, save_in
from tests.quizzes.conftest import start  # noqa: F401

pytestmark = pytest.mark.django_db
QUESTIONS = 4


def canary(n):
    return f"CANARY{'ABCDEFG'[n]}"


@pytest.fixture
def sitting(start):  # noqa: F811
    """Four questions: a choice, a text, an order, pairs; stem, options and answers say which."""
    lesson = create_lesson(create_course())
    rows = [f"{canary(2)} {word}" for word in ("one", "two", "three")]
    contents = [
        ("single_choice", {"options": [{"text": f"{canary(0)} yes", "correct": True}, {"text": f"{canary(0)} no"}]}),
        ("short_text", {"answers": [{"text": "Titan"}]}),
        ("ordering", {"items": rows}),
        ("matching", {"pairs": [{"left": f"{canary(3)} {n}", "right": f"{canary(3)} right {n}"} for n in (1, 2)]}),
    ]  # fmt: skip
    slots = []
    for n, (kind, content) in enumerate(contents):
        content = content | {"stem": f"{canary(n)} stem?", "explanation": "So."}
        slots.append(create_question(lesson, f"q-{n}", kind=kind, content=get_kind(kind).normalise(content)))
    return start(create_quiz(lesson.course, slots=slots, one_way=True), at=timezone.now())


def addresses(attempt):
    home = f"/attempts/{attempt.pk}/"
    yield from (home, f"{home}review/", f"{home}result/", f"{home}kept/", f"{home}time/")
    for number in range(QUESTIONS + 2):
        for rest in ("", "save/", "saved/", "report/"):
            yield f"{home}{number}/{rest}"


def posts(attempt):
    """Bodies to send to every address: empty, blank, unknown, unreadable, for each question and for all. None of them
    can be stored for the question that is asked now, and none leaves it."""
    save = {"writer": "tab", "number": "7"}
    numbers = [str(n) for n in range(1, QUESTIONS + 1)]
    junk = {f"q{n}_choice": "zz" for n in numbers} | {f"q{n}_text": "\x00" for n in numbers}
    yield {}
    yield {"here": numbers} | junk
    yield {"here": numbers, "nonsense": "1"}
    yield {"again": "1"}
    yield {"text": "a" * 3000}
    for n in numbers:
        yield save | {"client_id": str(uuid4()), f"q{n}_nothing": "1"}
        yield {"here": n, f"q{n}_nothing": "x", "next": "1"}
        yield {"flag": "maybe"}


def everything(client, attempt):
    """(where, text) of every answer of every address to every method, and of where it leads."""
    for address in addresses(attempt):
        for headers in ({}, {"HX-Request": "true"}):
            for method in (client.get, client.head):
                answer = method(address, headers=headers)
                yield address, str(answer.headers) + answer.getvalue().decode()
        for body in posts(attempt):
            answer = client.post(address, body, follow=True)
            assert answer.status_code < 500, (address, body)
            yield f"POST {address} {body}", str(answer.headers) + answer.getvalue().decode()


def test_crawler_finds_only_the_question_that_is_asked_now(client, learner, sitting):
    client.force_login(learner)
    for now_asked in range(QUESTIONS + 1):
        seen = set()
        for where, text in everything(client, sitting):
            for n in range(QUESTIONS):
                if canary(n) in text:
                    assert n == now_asked, f"question {n + 1} at {where} while {now_asked + 1} is asked"
                    seen.add(n)
        assert seen == ({now_asked} if now_asked < QUESTIONS else set())
        for where, text in everything(Client(), sitting):
            assert "CANARY" not in text, where
        assert list(sitting.items.filter(left_at__isnull=False).values_list("number", flat=True)) == list(
            range(1, now_asked + 1)
        )
        assert not SavedAnswer.objects.filter(item__number__gt=now_asked).exists()
        if now_asked < QUESTIONS:
            if now_asked == 1:
                save_in(sitting, 2, {"text": [canary(1)]}, at=timezone.now())
            client.post(f"/attempts/{sitting.pk}/{now_asked + 1}/", {"next": "1"})


def save(client, attempt, number, **fields):
    named = {f"q{number}_{name}": value for name, value in fields.items()}
    body = {"client_id": str(uuid4()), "writer": "tab", "number": "1"} | named
    return client.post(f"/attempts/{attempt.pk}/{number}/save/", body)


def test_save_out_of_turn_is_refused_and_leaves_nothing(client, learner, sitting):
    client.force_login(learner)

    later = save(client, sitting, 2, text="Titan")
    client.post(f"/attempts/{sitting.pk}/1/", {"next": "1"})
    left = save(client, sitting, 1, choice="a")

    assert (later.status_code, left.status_code) == (409, 409)
    assert left.json() == {"problem": "You have left question 1; its answer stays as it was."}
    assert not SavedAnswer.objects.exists()
    assert save(client, sitting, 2, text="Titan").status_code == 200


def test_next_of_a_later_or_a_left_question_leaves_nothing_and_says_so(client, learner, sitting):
    client.force_login(learner)
    client.post(f"/attempts/{sitting.pk}/3/", {"here": "3", "next": "1"})
    assert not sitting.items.filter(left_at__isnull=False).exists()
    client.post(f"/attempts/{sitting.pk}/1/", {"here": "1", "q1_choice": "a", "next": "1"})

    stale = client.post(
        f"/attempts/{sitting.pk}/1/", {"here": "1", "q1_choice": "b", "next": "1"}, follow=True
    )

    assert stale.redirect_chain[-1][0] == f"/attempts/{sitting.pk}/2/"
    assert "You have left question 1; its answer stays as it was." in stale.content.decode()
    assert [answer.response for answer in SavedAnswer.objects.all()] == [{"choice": "a"}]
    assert sitting.items.filter(left_at__isnull=False).count() == 1


def test_what_was_sent_signed_out_for_a_question_left_meanwhile_is_told(client, learner, sitting):
    client.post(f"/attempts/{sitting.pk}/1/", {"here": "1", "q1_choice": "a", "next": "1"})
    leave_item(learner, attempt=sitting.pk, number=1, now=timezone.now())
    client.force_login(learner)

    page = client.post(f"/attempts/{sitting.pk}/kept/", follow=True).content.decode()

    assert "You have left question 1" in page
    assert not SavedAnswer.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(3))
def test_two_next_at_once_leave_one_question(sitting, learner, turn):
    outcomes, ready = [], threading.Barrier(4)

    def onward():
        ready.wait()
        try:
            leave_item(learner, attempt=sitting.pk, number=1, now=timezone.now())
            outcomes.append("left")
        except OutOfTurn:
            outcomes.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=onward) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["left", "told", "told", "told"]
    assert list(sitting.items.filter(left_at__isnull=False).values_list("number", flat=True)) == [1]
