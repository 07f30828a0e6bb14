"""What nobody signed in may store and have computed has an end, and a class behind one address is far from it."""

import random
import string
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from studyapp.accounts import budgets
from studyapp.accounts.browsers import COOKIE, browser_of
from studyapp.accounts.budgets import OverBudget, clear_spendings, give_back, spend
from studyapp.accounts.models import Spending, User
from studyapp.quizzes.models import Attempt, SavedAnswer
from studyapp.quizzes.sittings import start_quiz
from tests.factories import PASSWORD, create_course, create_lesson, create_question, create_quiz
from tests.quizzes.test_kept import FORM

SCHOOL = "198.51.100.7"
NOTE = "/courses/rivers/sources/notes/sources-1/"


@pytest.fixture(autouse=True)
def _clock_that_stands(monkeypatch):
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)


@pytest.fixture
def small(monkeypatch):
    """A budget made small, so that a test need not fill it."""

    def small(what, **limits):
        monkeypatch.setitem(budgets.BUDGETS, what, replace(budgets.BUDGETS[what], **limits))

    return small


@pytest.fixture
def lesson(db):
    return create_lesson(create_course())


def note(client, text="A first thought.", **more):
    return client.post(NOTE, {"text": text, "writer": "a1", "number": "1", "seen": "", "owner": ""}, **more)


def spent(what, network="127.0.0.0/24"):
    return sum(Spending.objects.filter(what=what, network=network).values_list("spent", flat=True))


def noise(length):
    """Text that cannot be made smaller."""
    return "".join(random.Random(length).choices(string.ascii_letters + string.digits, k=length))


def sitting(person, questions=2, **fields):
    """An open attempt at an exam."""
    lesson = create_lesson(create_course("exams"))
    slots = [create_question(lesson, f"q-{n}", **fields) for n in range(1, questions + 1)]
    quiz = create_quiz(lesson.course, slots=slots, time_limit_minutes=60)
    return start_quiz(person, quiz, now=timezone.now(), rng=random.Random(1))


# --- guests -------------------------------------------------------------------------------------------------


def test_flood_of_guests_ends_and_says_so(lesson, small):
    small("guests", network=5)

    answers = [note(Client()) for _ in range(12)]

    assert [answer.status_code for answer in answers] == [303] * 5 + [429] * 7
    assert User.objects.filter(is_guest=True).count() == Session.objects.count() == 5
    assert 0 < int(answers[-1]["Retry-After"]) <= 3600


def test_280_guests_in_a_moment_are_cut_to_what_an_hour_allows(db, rf):
    made = 0
    for _ in range(280):
        try:
            spend("guests", address=SCHOOL, now=timezone.now())
        except OverBudget:
            continue
        made += 1

    assert made == budgets.BUDGETS["guests"].network < 280


def test_first_words_of_a_guest_who_is_one_too_many_stay_on_the_page(lesson, small):
    small("guests", network=0)

    page = note(Client(), "A thought that took an hour <b>to write</b>.").content.decode()

    assert "Not saved" in page
    assert (
        page.count("A thought that took an hour &lt;b&gt;to write&lt;/b&gt;.") == 2
    )  # to be read, and to be sent again
    assert f'action="{NOTE}"' in page
    assert "With an account you can go on at once" in page


def test_htmx_leaves_the_page_as_it_is_and_says_why(lesson, small):
    small("guests", network=0)

    response = note(Client(), headers={"HX-Request": "true"})

    assert (response.status_code, response["HX-Retarget"]) == (429, "#trouble")
    assert "What you typed stays here." in response.content.decode()


def test_what_was_refused_can_be_sent_again_from_that_page(lesson, small):
    small("guests", network=0)
    browser = Client()
    page = note(browser)
    small("guests", network=1)

    again = browser.post(NOTE, page.context["sent"] and dict(page.context["sent"]))

    assert again.status_code == 303
    assert User.objects.get().is_guest


def test_one_guest_cannot_fill_the_disk_and_can_still_make_an_account(lesson, small):
    small("written", network=40_000)
    browser = Client()
    statuses = [note(browser, noise(5000) + str(n)).status_code for n in range(10)]

    assert statuses.count(303) == 6  # the first made the guest
    assert statuses[-1] == 429
    signed_up = browser.post("/accounts/sign-up/", {"username": "anna", "password": PASSWORD})
    assert signed_up.status_code == 303
    assert note(browser, noise(5000)).status_code == 303


def test_person_with_an_account_is_not_counted(lesson, learner, small):
    for what in ("guests", "written", "kept"):
        small(what, network=0, site=0)
    browser = Client()
    browser.force_login(learner)

    assert note(browser).status_code == 303
    assert not Spending.objects.exists()


def test_many_networks_together_have_a_ceiling(lesson, small):
    small("guests", network=2, site=6)

    statuses = [note(Client(REMOTE_ADDR=f"2001:db8:0:{n}::1")).status_code for n in range(9)]

    assert statuses == [303] * 6 + [429] * 3
    assert spent("guests", "2001:db8:0:8::/64") == 0  # what the ceiling refused is not taken from the network


def test_network_that_is_over_takes_nothing_from_the_others(lesson, small):
    small("guests", network=2, site=4)
    for _ in range(10):
        note(Client(REMOTE_ADDR="192.0.2.1"))

    assert note(Client(REMOTE_ADDR=SCHOOL)).status_code == 303


# --- kept for somebody signed out ---------------------------------------------------------------------------


@pytest.fixture
def attempt(learner):
    return sitting(learner)


def kept_bytes():
    return sum(len(data) for data in Session.objects.values_list("session_data", flat=True))


def test_posts_to_attempts_that_do_not_exist_store_next_to_nothing(db, small):
    for n in range(20):
        Client().post(f"/attempts/{n + 1}/", {"here": "1", "q1_essay": noise(200_000)})

    assert kept_bytes() < 20 * 300


def test_flood_of_posts_to_an_open_attempt_ends(attempt, small):
    small("kept", network=200_000)
    statuses = [
        Client().post(f"/attempts/{attempt.pk}/", {"here": "1", "q1_essay": noise(50_000)}).status_code
        for _ in range(8)
    ]

    assert statuses.count(303) == 2 or statuses.count(303) == 3
    assert statuses[-1] == 429
    assert kept_bytes() <= 200_000


@pytest.mark.parametrize("which", ["no such attempt", "ended long ago", "more than its questions allow"])
def test_browser_is_answered_the_same_whether_anything_was_kept(attempt, which):
    here = Client().post(f"/attempts/{attempt.pk}/", FORM)
    number, form = attempt.pk, FORM
    if which == "no such attempt":
        number = attempt.pk + 1000
    elif which == "ended long ago":
        then = timezone.now() - timedelta(days=2)
        Attempt.objects.update(state="finished", finished_at=then)
    else:
        form = FORM | {"q1_essay": "x" * 120_000}
    browser = Client()

    there = browser.post(f"/attempts/{number}/", form)

    assert (there.status_code, there["Location"]) == (303, f"/attempts/{number}/kept/")
    assert (here.status_code, here["Location"]) == (303, f"/attempts/{attempt.pk}/kept/")
    assert there.content == here.content
    assert sorted(there.cookies) == sorted(here.cookies)
    page = browser.get(there["Location"]).content.decode()
    assert "You were signed out. Sign in to save what you sent" in page
    assert kept_bytes() < 1500


def test_person_is_told_what_was_not_kept(attempt, learner):
    Attempt.objects.update(state="finished", finished_at=timezone.now() - timedelta(days=2))
    browser = Client()
    browser.post(f"/attempts/{attempt.pk}/", FORM)

    response = browser.post(
        f"/attempts/{attempt.pk}/kept/", {"name": "learner", "password": PASSWORD}, follow=True
    )

    assert "was not kept" in response.content.decode()
    assert "is saved" not in response.content.decode()
    assert not SavedAnswer.objects.exists()


def test_it_is_kept_for_a_day_and_signing_in_lengthens_the_session_again(attempt, learner):
    browser = Client()
    browser.post(f"/attempts/{attempt.pk}/", FORM)
    assert browser.session.get_expiry_age() <= 24 * 3600

    browser.post(f"/attempts/{attempt.pk}/kept/", {"name": "learner", "password": PASSWORD})

    assert browser.session.get_expiry_age() > 13 * 24 * 3600
    assert browser_of(browser.cookies[COOKIE].value, learner, now=timezone.now())
    other = Client()
    other.post(f"/attempts/{attempt.pk}/", FORM)
    other.post("/accounts/sign-in/", {"name": "learner", "password": PASSWORD})
    assert other.session.get_expiry_age() > 13 * 24 * 3600


def test_full_form_that_is_one_too_many_stays_on_the_page(attempt, small):
    small("kept", network=0)

    response = Client().post(f"/attempts/{attempt.pk}/", FORM | {"q1_essay": "Everything I know of it."})

    assert response.status_code == 429
    assert response.content.decode().count("Everything I know of it.") == 2
    assert not Session.objects.exists()


def test_guest_with_a_stale_token_is_counted_too(attempt, small, learner):
    small("kept", network=0)
    User.objects.filter(pk=learner.pk).update(is_guest=True)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(pk=learner.pk))

    assert browser.post(f"/attempts/{attempt.pk}/", FORM).status_code == 429


# --- sign-up, forgotten passwords, wrong passwords ----------------------------------------------------------


def test_accounts_are_not_made_without_end(db, small):
    small("sign-ups", network=3)

    answers = [
        Client().post("/accounts/sign-up/", {"username": f"made-{n}", "password": PASSWORD}) for n in range(5)
    ]

    assert [answer.status_code for answer in answers] == [303] * 3 + [429] * 2
    assert User.objects.count() == 3
    assert "Too many accounts have been made from your network. Try again in" in answers[-1].content.decode()
    assert 'value="made-4"' in answers[-1].content.decode()


def test_links_are_not_asked_for_without_end(db, settings, small):
    settings.SENDS_MAIL = True
    small("resets", network=3)

    answers = [Client().post("/accounts/reset/", {"name": f"name-{n}"}) for n in range(5)]

    assert [answer.status_code for answer in answers] == [303] * 3 + [429] * 2


# --- a class of forty ---------------------------------------------------------------------------------------


def test_class_behind_one_address_comes_as_guests_signs_up_and_loses_its_sessions(lesson, learner):
    """Forty start as guests, answer, sign up in the same moment, and in an exam lose their sessions with full forms.

    They answer once here, and fifty times by what that took of the budget."""
    pupils = [Client() for _ in range(40)]
    numbers = count(1)
    for pupil in pupils:
        assert note(pupil).status_code == 303
        assert note(pupil, f"A second thought, {next(numbers)}.").status_code == 303
    assert spent("written") * 50 <= budgets.BUDGETS["written"].network / 4
    for n, pupil in enumerate(pupils):
        made = pupil.post("/accounts/sign-up/", {"username": f"pupil-{n}", "password": PASSWORD})
        assert made.status_code == 303
    Session.objects.all().delete()
    attempt = sitting(learner, questions=6, kind="essay")
    form = {"here": [str(n) for n in range(1, 7)]} | {f"q{n}_essay": noise(4000) for n in range(1, 7)}
    for _ in pupils:
        browser = Client()
        assert browser.post(f"/attempts/{attempt.pk}/", form).status_code == 303
    saved = browser.post(f"/attempts/{attempt.pk}/kept/", {"name": "learner", "password": PASSWORD})
    assert saved.status_code == 303
    assert SavedAnswer.objects.filter(item__attempt=attempt).count() == 6


# --- the budgets themselves ---------------------------------------------------------------------------------


def test_window_that_is_over_gives_room_again(db, small):
    small("guests", network=1)
    now = timezone.now().replace(minute=30, second=0, microsecond=0)
    spend("guests", address=SCHOOL, now=now)
    with pytest.raises(OverBudget) as over:
        spend("guests", address=SCHOOL, now=now)
    assert over.value.seconds == 30 * 60

    spend("guests", address=SCHOOL, now=now + timedelta(minutes=30))


def test_what_is_given_back_can_be_spent_again(db, small):
    small("checks", network=1, site=1)
    now = timezone.now()
    for _ in range(3):
        spend("checks", address=SCHOOL, now=now)
        give_back("checks", address=SCHOOL, now=now)

    assert spent("checks", "198.51.100.0/24") == spent("checks", "") == 0


def test_old_windows_are_forgotten(db):
    now = timezone.now()
    spend("guests", address=SCHOOL, now=now - timedelta(days=3))
    spend("guests", address=SCHOOL, now=now)

    assert clear_spendings(now=now) == 2  # of the network and of the site
    assert Spending.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_many_at_once_spend_no_more_than_there_is(small):
    small("guests", network=7, site=100)
    now = timezone.now()

    def one(_):
        try:
            spend("guests", address=SCHOOL, now=now)
        except OverBudget:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(24))) == 7
    assert spent("guests", "198.51.100.0/24") == spent("guests", "") == 7


@pytest.mark.django_db(transaction=True)
def test_spending_and_giving_back_at_once_never_wait_for_each_other(small):
    now = timezone.now()

    def there_and_back(n):
        try:
            for _ in range(5):
                with transaction.atomic():
                    spend("checks", address=f"10.0.{n % 2}.1", now=now)
                with transaction.atomic():
                    give_back("checks", address=f"10.0.{n % 2}.1", now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(there_and_back, range(4)))
    assert spent("checks", "") == 0
