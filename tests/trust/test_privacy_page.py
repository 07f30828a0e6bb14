"""Every sentence of the page about privacy is a promise: `privacy.toml` names the tests that keep it; one without fails."""

import re
import tomllib
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import reverse

from studyapp.accounts.links import make_link
from studyapp.accounts.models import SignInLink, User
from studyapp.backup import back_up
from studyapp.quizzes.models import ProblemReport
from studyapp.reading.calendars import make_calendar, secret_of
from studyapp.reading.models import Highlight, Note
from studyapp.review.models import ExamDate, ReviewSettings
from studyapp.study.clearing import clear_stale
from studyapp.study.erasing import NAME, erase
from studyapp.study.personal_data import RULES
from tests import factories
from tests.trust.crawling import crawl
from tests.trust.world import sign_in_as

ROOT = Path(__file__).parent.parent.parent
PROMISES = tomllib.loads((ROOT / "tests" / "data" / "privacy.toml").read_text())["promise"]
SENTENCES = {promise["says"]: promise["tests"] for promise in PROMISES}
# Which row of the page tells of a table: a new table about people has to be told of.
TOLD = {
    "accounts.Notice": "notices for you",
    "accounts.SignInLink": "One-time sign-in links",
    "admin.LogEntry": "what you changed in them",
    "classes.Enrolment": "The classes you joined",
    "content.CourseStaff": "If you write courses",
    "content.Upload": "files of questions you bring in",
    "quizzes.Allowance": "extra time you were given",
    "quizzes.Attempt": "Your attempts at quizzes",
    "quizzes.AttemptEvent": "Your attempts at quizzes",
    "quizzes.AttemptItem": "Your attempts at quizzes",
    "quizzes.SavedAnswer": "Your answers with their times",
    "quizzes.Acceptance": "Your attempts at quizzes",
    "quizzes.DraftMark": "marks, comments",
    "quizzes.Mark": "marks, comments",
    "quizzes.ProblemReport": "problems you reported",
    "reading.CalendarFeed": "the secret address of your calendar",
    "reading.Highlight": "the words you highlighted",
    "reading.Note": "Your notes on passages",
    "reading.PassageRead": "what you have read",
    "reading.ReadingPlace": "where you stopped",
    "review.Card": "what we work out from them",
    "review.ExamDate": "The day of your exam",
    "review.ReviewLog": "Your answers with their times",
    "review.ReviewSettings": "how much review you want in a day",
}


def sentences_of(html):
    """The sentences of the page, each line of its table on its own."""
    main = re.search(r'<div class="text flow">(.*)</div>\s*</div></div>', html, re.S)[1]
    for tag, inside in re.findall(r"<(dt|dd|li|p)\b[^>]*>(.*?)</\1>", main, re.S):
        text = " ".join(unescape(re.sub(r"<[^>]+>", "", inside)).split())
        if "<a " not in inside:
            yield from [text] if tag == "dt" else re.split(r"(?<=\.) (?=[A-Z])", text)


@pytest.fixture(params=[("", True), ("Somebody, somebody@study.example", False)])
def page(request, settings, client, db):
    settings.CONTACT, settings.SENDS_MAIL = request.param
    return client.get(reverse("accounts:privacy")).content.decode()


def test_every_sentence_has_its_tests(page):
    said = list(sentences_of(page))

    assert len(said) > 50
    assert [sentence for sentence in said if sentence not in SENTENCES] == []


def test_no_test_is_named_for_a_sentence_that_is_gone(settings, client, db):
    said = set()
    for settings.CONTACT in ("", "Somebody, somebody@study.example"):
        for settings.SENDS_MAIL in (True, False):
            said |= set(sentences_of(client.get(reverse("accounts:privacy")).content.decode()))

    assert set(SENTENCES) - said == set()


@pytest.mark.parametrize("named", sorted({test for tests in SENTENCES.values() for test in tests}))
def test_tests_that_are_named_are_there(named):
    file, _, test = named.rpartition("::")
    source = (ROOT / file if file else Path(__file__)).read_text()

    assert test == "*" or f"\ndef {test}(" in source


def test_every_table_about_a_person_is_told_of(page):
    text = unescape(re.sub(r"<[^>]+>", "", page))

    assert set(TOLD) == set(RULES)
    assert [words for words in TOLD.values() if words not in text] == []


# --- the promises that have no test elsewhere -----------------------------------------------------------------


def test_first_thing_stored_makes_a_guest(client, db, today):
    lesson = factories.create_lesson(factories.create_course())
    client.get(reverse("study:lesson", args=["rivers", lesson.slug]))
    assert (User.objects.count(), Session.objects.count()) == (0, 0)

    passage = lesson.passages.first()
    client.post(
        reverse("study:passage_notes", args=["rivers", lesson.slug, passage.slug]),
        {"text": "A thought.", "writer": "tab", "number": "1"},
    )

    guest = User.objects.get()
    assert (guest.is_guest, guest.name, guest.email) == (True, "", "")


def test_account_holds_no_other_column_of_a_person():
    named = {"id", "username", "name", "email", "time_zone", "password"}
    derived = {"username_folded", "email_folded"}
    ours = {
        "is_guest",
        "is_staff",
        "is_superuser",
        "is_active",
        "is_demo",
        "date_joined",
        "last_login",
        "last_seen_on",
    }

    assert {column.name for column in User._meta.concrete_fields} == named | derived | ours


def test_mail_is_sent_from_three_places_only():
    """The page says which mails there are."""
    sending = {
        (path.name, len(re.findall(r"\bsend_later\(", path.read_text())))
        for path in (ROOT / "studyapp").rglob("*.py")
        if re.search(r"\bsend_later\(|\bsend_mail\(|\bEmailMessage\(|\bmail_admins\(", path.read_text())
    }

    assert sending == {("mailing.py", 1), ("views.py", 3)}


def test_password_is_kept_as_argon2id(db):
    user = User.objects.create_user("somebody", "seven quiet rivers")

    assert user.password.startswith("argon2$argon2id$")
    assert "seven quiet" not in user.password


def test_what_is_nobodys_but_theirs_is_on_no_page_of_staff(world):
    """Notes and highlights, the day of the exam, how much review; whether they were sure, and opened the hint."""
    learner = world.ours.learner
    Note.objects.filter(learner=learner).update(text="a canary of a note")
    Highlight.objects.filter(learner=learner).update(quote="a canary of a highlight")
    ExamDate.objects.create(
        learner=learner, course=world.ours.course, on=date(2031, 7, 19), set_at=factories.THEN
    )
    ReviewSettings.objects.create(learner=learner, minutes_a_day=117)

    for role in ("instructor",):
        seen = [page.text for page in crawl(sign_in_as(world.people[role]), skip=("/static/", "/media/"))]
        assert len(seen) > 10
        for text in seen:
            assert "a canary of" not in text
            assert not re.search(r"19 July 2031|2031-07-19|117 minutes", text)
    for place in ("progress/teaching.py", "progress/views_teaching.py", "quizzes/teaching.py"):
        assert not re.search(
            r"\bsure\b|hint_used|ReviewSettings|ExamDate\b", (ROOT / "studyapp" / place).read_text()
        )


def test_calendar_names_nobody(client, learner, now):
    learner.email = "learner@study.example"
    learner.save()
    feed = make_calendar(learner, now=now)

    text = client.get(reverse("study:calendar", args=[secret_of(feed)])).content.decode()

    assert "BEGIN:VCALENDAR" in text
    assert [word for word in (learner.name, learner.username, learner.email) if word in text] == []


def test_links_go_a_week_after_they_stopped_working(learner, now):
    make_link(learner, now=now)
    gone = now + timedelta(hours=24, days=7)

    assert clear_stale(now=gone).links == 0
    assert clear_stale(now=gone + timedelta(seconds=1)).links == 1
    assert not SignInLink.objects.exists()


def test_staff_see_who_studies_without_a_class(world):
    place = world.ours
    place.lone_attempt.learner.name = "A Lone Learner"
    place.lone_attempt.learner.save()
    quiz = place.lone_attempt.quiz.slug
    page = f"/teach/courses/{place.course.slug}/quizzes/{quiz}/attempts/{place.lone_attempt.pk}/"
    report = ProblemReport.objects.get(item=place.lone_text)

    staff = sign_in_as(world.people["instructor"])
    assert "A Lone Learner" in staff.get(page).content.decode()
    assert report.text in staff.get("/teach/reports/").content.decode()
    for role in ("learner", "assistant", "other_instructor"):
        assert sign_in_as(world.people[role]).get(page).status_code == 404


COOKIES = {
    "session": "One keeps you signed in",
    "csrf": "One makes sure that a form was sent",
    "known": "One shows that an account has signed in with this browser",
}


def test_site_sets_the_cookies_that_the_page_names(client, learner, db):
    for path in ("/", "/accounts/sign-in/", "/accounts/sign-up/", "/privacy/"):
        client.get(path)
    client.post(reverse("accounts:sign_in"), {"name": learner.username, "password": factories.PASSWORD})
    client.get("/")
    page = client.get(reverse("accounts:privacy")).content.decode()

    assert "session" in client.cookies
    assert set(client.cookies) <= set(COOKIES)
    told = re.findall(r"<li>(One [^<]*)</li>", page)
    assert len(told) == len(COOKIES)
    assert all(any(line.startswith(words) for line in told) for words in COOKIES.values())


def test_backup_made_before_keeps_what_is_erased_afterwards(transactional_db, now, tmp_path):
    """The page says so, since it is so."""
    person = factories.create_user("leaver", name="a canary")
    back_up(tmp_path / "before", now=now)
    erase(person, now=now)
    back_up(tmp_path / "after", now=now)

    assert User.objects.get().name == NAME
    if connection.vendor == "sqlite":
        before, after = ((tmp_path / name / "db.sqlite3").read_bytes() for name in ("before", "after"))
        assert b"a canary" in before
        assert b"a canary" not in after
