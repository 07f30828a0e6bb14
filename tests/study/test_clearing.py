from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command

from studyapp.accounts.links import make_link
from studyapp.accounts.models import SignInFailure, SignInLink, User
from studyapp.quizzes.models import Attempt
from studyapp.reading.calendars import make_calendar
from studyapp.reading.models import CalendarFeed, Note
from studyapp.reading.notes import save_note
from studyapp.reading.reading import mark_read, record_place
from studyapp.study.clearing import Cleared, clear_stale
from tests.factories import create_answer, create_course, create_lesson, create_question, create_user

NOTHING = Cleared(guests=0, failures=0, links=0, sessions=0, uploads=0, versions=0)


def idle_guest(now, days, *, username="guest-1", noted=True):
    then = now - timedelta(days=days)
    return create_user(username, is_guest=True, date_joined=then, last_seen_on=then.date() if noted else None)


@pytest.mark.parametrize("noted", [True, False])
def test_guest_idle_for_more_than_ninety_days_goes_with_all_rows(db, now, noted):
    guest = idle_guest(now, 91, noted=noted)
    lesson = create_lesson(create_course())
    create_answer(guest, create_question(lesson), at=now - timedelta(days=91))
    mark_read(guest, lesson.passages.all(), now=now)
    record_place(guest, lesson, None, now=now)
    save_note(guest, lesson.passages.first(), "A thought.", writer="a", number=1, seen=(), now=now)
    make_calendar(guest, now=now)

    assert clear_stale(now=now) == replace(NOTHING, guests=1)

    assert User.objects.count() == 0
    assert Attempt.objects.count() == 0
    assert (Note.objects.count(), CalendarFeed.objects.count()) == (0, 0)
    assert clear_stale(now=now) == NOTHING


@pytest.mark.parametrize("noted", [True, False])
def test_guest_of_the_last_ninety_days_stays(db, now, noted):
    idle_guest(now, 90, noted=noted)

    assert clear_stale(now=now) == NOTHING


def test_guest_who_joined_long_ago_and_came_back_stays(db, now):
    create_user("guest-1", is_guest=True, date_joined=now - timedelta(days=400), last_seen_on=now.date())

    assert clear_stale(now=now) == NOTHING


def test_account_idle_for_years_stays(db, now):
    create_user("old", date_joined=now - timedelta(days=4000))

    assert clear_stale(now=now) == NOTHING


def test_more_guests_than_one_transaction_takes_all_go(db, now):
    for n in range(120):
        User.objects.create(username=f"guest-{n}", is_guest=True, date_joined=now - timedelta(days=91))

    assert clear_stale(now=now).guests == 120


def test_failures_links_and_sessions_go_when_the_page_says_so(learner, now):
    for hours in (23, 25):
        SignInFailure.objects.create(account="a", network="n", at=now - timedelta(hours=hours))
    make_link(learner, now=now - timedelta(days=9))
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(seconds=1))

    assert clear_stale(now=now) == replace(NOTHING, failures=1, links=1, sessions=1)

    assert SignInFailure.objects.count() == 1
    assert SignInLink.objects.count() == 0
    assert Session.objects.get().session_key == "new"


def test_versions_of_notes_go_thirty_days_after_they_were_replaced(learner, now):
    passage = create_lesson(create_course()).passages.first()
    for number, words in enumerate(("One", "Two"), start=1):
        save_note(learner, passage, words, writer="a", number=number, seen=(), now=now)

    assert clear_stale(now=now + timedelta(days=29)).versions == 0
    assert clear_stale(now=now + timedelta(days=31)).versions == 1
    assert Note.objects.get().text == "Two"


def test_command_says_what_it_removed(db, now, capsys):
    idle_guest(now, 5000)

    call_command("clear_stale")

    assert capsys.readouterr().out == (
        "Removed: 1 guests, 0 sign-in failures, 0 sign-in links, 0 sessions, "
        "0 uploaded files, 0 old versions of notes.\n"
    )
