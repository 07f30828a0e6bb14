"""The password of a quiz is guessed no faster than that of an account, and nobody's guesses stop a classmate."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from studyapp.accounts.models import User
from studyapp.quizzes.models import Attempt
from tests.factories import (
    create_cohort,
    create_course,
    create_lesson,
    create_question,
    create_quiz,
    create_user,
)

SECRET = "open sesame"
PAGE = "/quizzes/rivers/a-quiz/"


@pytest.fixture(autouse=True)
def _clock_that_stands(monkeypatch):
    """All of a test is one moment: no wait ends in it, however slow the machine."""
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)


@pytest.fixture
def compared(monkeypatch):
    """Guesses that were really compared with the password."""
    looked = []

    def compare(typed, wanted):
        if typed not in ("", wanted):
            looked.append(typed)
        return constant_time_compare(typed, wanted)

    monkeypatch.setattr("studyapp.quizzes.standing.constant_time_compare", compare)
    return looked


@pytest.fixture
def quiz(db):
    course = create_course()
    return create_quiz(
        course, slots=[create_question(create_lesson(course))], password=SECRET, preset="learn"
    )


def of(person):
    browser = Client()
    browser.force_login(person)
    return browser


def start(browser, password=SECRET):
    return browser.post(PAGE, {"start": "1", "password": password})


def guess(browser, times=92):
    return [start(browser, f"guess {n}") for n in range(times)]


def test_learner_who_guesses_waits(quiz, learner, compared):
    answers = guess(of(learner))

    assert len(compared) == 5
    assert [answer.status_code for answer in answers] == [422] * 5 + [429] * 87
    last = answers[-1]
    assert int(last["Retry-After"]) in (1, 2)
    assert re.search(r"Too many wrong passwords\. Try again in [12] seconds?\.", last.content.decode())
    assert not Attempt.objects.exists()


def test_right_password_waits_too_while_its_person_is_slowed(quiz, learner):
    browser = of(learner)
    guess(browser, 6)

    assert start(browser).status_code == 429


def test_visitors_who_guess_wait_together_and_no_guest_is_made(quiz, compared):
    for n in range(92):
        start(Client(), f"guess {n}")

    assert len(compared) == 5
    assert not User.objects.filter(is_guest=True).exists()


def test_guests_are_no_new_beginnings(quiz, compared):
    for n in range(20):
        start(of(create_user(f"guest-{n}", is_guest=True)), f"guess {n}")

    assert len(compared) == 5


def test_classmate_starts_while_another_guesses(quiz, learner, classmate):
    guess(of(learner), 20)
    guess(Client(), 20)

    assert start(of(classmate)).status_code == 303


def test_many_accounts_without_a_class_have_a_ceiling_that_members_of_the_class_have_not(
    quiz, learner, compared, monkeypatch
):
    from studyapp.accounts import budgets

    few = budgets.Budget(budgets.HOUR, 10, None, "Too many wrong passwords of quizzes from your network.")
    monkeypatch.setitem(budgets.BUDGETS, "quiz passwords", few)
    create_cohort(quiz.course, learners=[learner])
    for n in range(5):
        guess(of(create_user(f"made-{n}")), 5)

    assert len(compared) == 10
    assert start(of(create_user("one-more"))).status_code == 429
    assert start(of(learner)).status_code == 303


def test_right_passwords_use_nothing_up(quiz, compared):
    assert [start(of(create_user(f"one-{n}"))).status_code for n in range(12)] == [303] * 12


def test_password_is_asked_only_where_one_may_start(quiz, learner, compared):
    browser = of(learner)
    start(browser)

    assert [answer.status_code for answer in guess(browser, 8)] == [303] * 8  # on to the attempt that is open
    assert compared == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["learner", "visitors"])
def test_guesses_sent_at_once_count_as_many(quiz, learner, compared, who):
    browsers = [of(learner) if who == "learner" else Client() for _ in range(12)]

    def send(n):
        try:
            return start(browsers[n], f"guess {n}").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(send, range(12)))

    assert len(compared) == 5
    assert statuses.count(422) == len(compared)
