"""Somebody asks for their data, then to be removed. A canary in every text of every row that hangs on them must be in what
they are given, and afterwards nowhere: in no table, session or image, and in no new backup."""

import io
import json
import re
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from content.models import CourseStaff, Question
from content.questions import KINDS
from studyapp.accounts.links import make_link
from studyapp.accounts.models import Notice, SignInFailure, User
from studyapp.accounts.signing_in import account_key
from studyapp.backup import back_up
from studyapp.classes.models import Enrolment
from studyapp.quizzes.allowing import allow
from studyapp.quizzes.marking import mark_attempt
from studyapp.quizzes.models import (
    Acceptance,
    Attempt,
    DraftMark,
    Mark,
    SavedAnswer,
)
from studyapp.quizzes.problem_reports import report_problem
from studyapp.quizzes.sittings import start_quiz, submit_attempt
from studyapp.quizzes.usage import fares
from studyapp.quizzes.verifying import verify_scores
from studyapp.reading.calendars import make_calendar
from studyapp.reading.models import Note
from studyapp.reading.reading import mark_read, record_place
from studyapp.review.models import Card, ExamDate, ReviewLog, ReviewSettings
from studyapp.study.erasing import NAME, CannotErase, erase, scrub_disk, would_erase
from studyapp.study.my_data import my_data, my_data_zip
from studyapp.study.personal_data import RULES, rows_of
from tests import factories
from tests.content.questions.strategies import contents, responses
from tests.trust.world import build_upload, sign_in_as, write_in

TEXTS = (models.CharField, models.TextField)
# Ours, not theirs: what we write there has no words of a person. `zone` of a review is compared with a list.
MADE_BY_US = {"quizzes.SavedAnswer.writer", "review.ReviewLog.zone"}
MADE_BY_US |= {f"admin.LogEntry.{name}" for name in ("object_id", "object_repr", "change_message")}
NEVER_GIVEN = {
    "admin.LogEntry",  # may name others
    "accounts.SignInLink",  # a hash
    "reading.CalendarFeed",
}


class Canaries:
    """A word for each text column, put into the rows of one person, and where it came from."""

    def __init__(self):
        self.places = {}

    def word(self, place):
        number = len(self.places)
        word = f"cnry{chr(97 + number // 26)}{chr(97 + number % 26)}q"
        self.places[word] = place
        return word

    def put_into(self, person):
        for label in RULES:
            rows = rows_of(person, label)
            assert rows.exists(), f"make a row of {label}"
            for column in apps.get_model(label)._meta.concrete_fields:
                place = f"{label}.{column.name}"
                if isinstance(column, TEXTS) and not column.choices and place not in MADE_BY_US:
                    words = {row.pk: self.word(place) for row in rows}
                    for pk, word in words.items():
                        rows.filter(pk=pk).update(**{column.name: word})
        for name in ("name", "username", "email"):
            setattr(person, name, self.word(f"accounts.User.{name}"))
        person.save()

    def found_in(self, text):
        return {self.places[word] for word in set(re.findall(r"cnry[a-z]{2}q", text))}


@pytest.fixture
def canaries():
    return Canaries()


def whole_life(name, canaries, now, *, course=None, teacher=None):
    """Somebody with a row of every kind; their words hold canaries."""
    person = factories.create_user(name, name="Somebody Else", email=f"{name}@study.example", is_staff=True)
    lesson = course.lessons.get()
    essay, short = (course.questions.get(slug=slug) for slug in ("essay", "short"))
    cohort = course.cohorts.get()
    Enrolment.objects.create(cohort=cohort, user=person, role="learner", joined_at=now)
    CourseStaff.objects.create(course=factories.create_course(f"of-{name}"), user=person)
    build_upload(course, person)
    write_in(person, lesson.passages.first())
    mark_read(person, lesson.passages.all(), now=now)
    record_place(person, lesson, lesson.passages.first(), now=now)
    make_calendar(person, now=now)
    make_link(person, now=now)
    ExamDate.objects.create(learner=person, course=course, on=now.date(), set_at=now)
    ReviewSettings.objects.create(learner=person)
    Notice.objects.create(user=person, text="x", created_at=now)
    factories.create_answer(person, course.questions.get(slug="practised"))
    quiz = course.tests.get(slug="written")
    allow(course, by=teacher, reason="x", now=now, user=person, extra_minutes=5)
    attempt = start_quiz(person, quiz, now=now, rng=Random(1))
    for item in attempt.items.select_related("question"):
        word = canaries.word(f"answer to {item.question.slug}")
        factories.save_in(attempt, item.number, {
            "essay": {"essay": [word]}, "short": {"text": [word]}, "gaps": {"gap-who": [word]},
        }[item.question.slug], at=now, sequence=item.number)  # fmt: skip
    submit_attempt(attempt, now=now, by=person)
    item = attempt.items.get(question=essay)
    report_problem(attempt.items.get(question=short), text="x", now=now)
    answer = item.answers.get()
    draft = DraftMark.objects.create(
        item=item, number=1, answer=answer, fraction=0.5, comment="x", at=now, by=teacher
    )
    Mark.objects.create(item=item, number=1, answer=answer, fraction=0.5, at=now, by=teacher, draft=draft)
    Acceptance.objects.create(
        answer=attempt.items.get(question=short).answers.get(), at=now, by=teacher, reason="x"
    )
    attempt.events.update(reason="x")
    mark_attempt(attempt, now=now)
    log_of(teacher, cohort, "Took out x.")
    log_of(person, cohort, "x")
    log_of(teacher, person, "x")
    running = start_quiz(person, course.tests.get(slug="running"), now=now, rng=Random(1))
    word = canaries.word("kept in a browser that is signed out")
    sign_out_with(running, word)
    sign_in_as(person).get("/")
    canaries.put_into(person)
    SignInFailure.objects.create(account=account_key(person.username), network="n", at=now)
    # What the admin wrote down of them while they had this name.
    for entry, words in (("Took out x.", f"Took out {person.name}."), ("x", "x")):
        LogEntry.objects.filter(change_message=entry).update(change_message=words)
    log_of(teacher, cohort, json.dumps([{"changed": {"object": f"{person.name} in A", "fields": ["Role"]}}]))
    log_of(teacher, person, "Made a one-time sign-in link.")
    return person


def log_of(user, row, words):
    LogEntry.objects.create(
        user=user, content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk), object_repr=str(row),
        action_flag=CHANGE, change_message=words, action_time=factories.THEN,
    )  # fmt: skip


def sign_out_with(attempt, word):
    """A browser whose session ended while an answer was typed; it keeps somebody else's answer too."""
    store = SessionStore()
    store["kept_answers"] = {str(attempt.pk): {"at": 1, "fields": [["q1_text", word]]}, "0": {"fields": []}}
    store.create()


@pytest.fixture
def course(db, now):
    teacher = factories.create_user("teacher", name="A Teacher", is_staff=True, is_superuser=True)
    course = factories.create_course(staff=[teacher])
    lesson = factories.create_lesson(course)
    asked = [
        factories.create_question(lesson, slug, kind=kind, use="exam")
        for slug, kind in (("essay", "essay"), ("short", "short_text"), ("gaps", "gaps"))
    ]
    factories.create_question(lesson, "practised")
    factories.create_quiz(course, "written", slots=asked, preset="learn", attempts_allowed=3)
    factories.create_quiz(course, "running", slots=asked[1:2], preset="exam")
    factories.create_cohort(course, instructors=[teacher])
    return course


@pytest.fixture
def teacher(course):
    return User.objects.get(username="teacher")


@pytest.fixture
def person(course, teacher, canaries, now):
    return whole_life("leaver", canaries, now, course=course, teacher=teacher)


def readable(value):
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def everything_stored() -> str:
    """Every row of every table, sessions opened, as one text."""
    said = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            said += sorted(" ".join(map(readable, row)) for row in cursor.fetchall())
    said += [json.dumps(session.get_decoded()) for session in Session.objects.all()]
    return "\n".join(said)


def test_every_model_that_hangs_on_a_person_has_a_rule():
    hanging = {User}
    while True:
        more = {
            model
            for model in apps.get_models()
            for column in model._meta.concrete_fields
            if column.related_model in hanging
            and model not in hanging
            and column.remote_field.on_delete is not models.SET_NULL
        }
        if not more:
            break
        hanging |= more

    assert {model._meta.label for model in hanging - {User}} == set(RULES)


def test_person_is_given_every_text_of_theirs(person, canaries, now):
    file = zipfile.ZipFile(io.BytesIO(my_data_zip(person, now=now + timedelta(days=1))))

    assert file.namelist() == ["data.json", "data.html"]
    given = set(canaries.places.values())
    given -= {place for place in given if place.rpartition(".")[0] in NEVER_GIVEN}
    hidden = {f"{label}.{name}" for label, rule in RULES.items() for name in rule.hidden}
    for name in file.namelist():
        assert given - hidden - canaries.found_in(file.read(name).decode()) == set(), name
    assert json.loads(file.read("data.json"))["data"][0]["table"] == "accounts.User"


def test_person_is_given_nothing_that_is_not_theirs_to_know(person, course, teacher, now):
    """Neither password, secrets, other people's names nor what an exam still holds back."""
    running = Attempt.objects.get(quiz__slug="running", learner=person)
    factories.save_in(running, 1, {"text": ["whatever"]}, at=now)
    submit_attempt(running, now=now, by=person)

    said = my_data_zip(person, now=now)
    text = zipfile.ZipFile(io.BytesIO(said)).read("data.json").decode()
    tables = {section["table"]: section["rows"] for section in json.loads(text)["data"]}

    assert "Teacher" not in text
    assert person.password not in text
    assert person.calendar_feed.token_hash not in text
    assert [row for row in tables["quizzes.Mark"] if row["item"] in items_of(running)] == []
    assert "points" not in next(row for row in tables["quizzes.Attempt"] if row["id"] == running.pk)
    for log in ReviewLog.objects.filter(learner=person, held=True):
        assert "fraction" not in next(row for row in tables["review.ReviewLog"] if row["id"] == log.pk)
    assert {card["id"] for card in tables["review.Card"]} == set(
        Card.objects.filter(learner=person, held=False).values_list("pk", flat=True)
    )
    for question in Question.objects.filter(use="exam"):
        assert question.stem_text not in text


def items_of(attempt):
    return set(attempt.items.values_list("pk", flat=True))


def test_unreleased_comment_of_a_marker_is_not_given(person, teacher, now):
    item = AttemptItemOfEssay(person)
    Mark.objects.filter(item=item).delete()

    assert "quizzes.DraftMark" not in {section["table"] for section in my_data(person, now=now)}


def AttemptItemOfEssay(person):
    return Attempt.objects.get(learner=person, quiz__slug="written").items.get(question__slug="essay")


def test_after_erasing_no_word_of_theirs_is_stored(person, canaries, course, teacher, now):
    assert set(canaries.places.values()) <= canaries.found_in(everything_stored()), "the canaries are there"
    number, name = person.pk, person.username

    erase(person, now=now)

    assert canaries.found_in(everything_stored()) == set()
    erased = User.objects.get(pk=number)
    assert (erased.shown_name, erased.email, erased.is_active, erased.is_staff) == (NAME, "", False, False)
    assert not erased.has_usable_password()
    assert not User.objects.filter(username_folded=name).exists()
    assert SignInFailure.objects.count() == 0
    assert Session.objects.count() == 1, "the browser that is not theirs alone keeps what is somebody else's"
    assert list(Session.objects.get().get_decoded()["kept_answers"]) == ["0"]


def test_no_word_of_theirs_is_in_a_backup_made_afterwards(
    transactional_db, course, teacher, canaries, now, tmp_path, settings
):
    """Nor in the file of the database: what SQLite deletes it overwrites, and its journal is emptied."""
    person = whole_life("leaver", canaries, now, course=course, teacher=teacher)
    factories.create_asset(course)
    packed = {"kept in a browser that is signed out"}
    assert set(canaries.places.values()) - packed <= canaries.found_in(
        text_of_backup(tmp_path / "before", now)
    )

    erase(person, now=now)
    scrub_disk()

    assert canaries.found_in(text_of_backup(tmp_path / "after", now)) == set()
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        for file in (path, path.with_name(f"{path.name}-wal")):
            assert canaries.found_in(file.read_bytes().decode("latin-1")) == set()


def text_of_backup(path, now):
    """All that a backup holds, readable; sessions are packed, the test above opens them."""
    back_up(path, now=now)
    said = "".join(file.read_bytes().decode("latin-1") for file in path.rglob("*") if file.is_file())
    if (path / "db.dump").exists():
        command = ["pg_restore", "--file=-", str(path / "db.dump")]
        said += subprocess.run(command, capture_output=True, check=True).stdout.decode()
    if (path / "db.sqlite3").exists():
        with closing(sqlite3.connect(path / "db.sqlite3")) as file:
            said += "\n".join(file.iterdump())
    return said


def test_what_a_class_and_a_question_count_stays(person, course, teacher, client, now):
    def counted():
        attempts = Attempt.objects.filter(quiz__slug="written")
        return (
            [fares(question) for question in course.questions.order_by("pk")],
            list(attempts.values_list("points", "points_possible", "state")),
            SavedAnswer.objects.count(),
            Enrolment.objects.count(),
        )

    submit_attempt(Attempt.objects.get(quiz__slug="running"), now=now, by=person)
    before = counted()
    assert verify_scores(now=now)[1] == []

    erase(person, now=now)

    assert verify_scores(now=now)[1] == []
    assert counted() == before
    client.force_login(teacher)
    attempt = Attempt.objects.get(quiz__slug="written")
    page = client.get(f"/teach/{course.cohorts.get().pk}/quizzes/written/attempts/{attempt.pk}/")
    assert NAME in page.content.decode()


def test_others_keep_everything(person, course, teacher, canaries, now):
    other = Canaries()
    other.places = dict.fromkeys(canaries.places, "first")
    stays = whole_life("stayer", other, now, course=course, teacher=teacher)
    mine = {word for word, place in other.places.items() if place != "first"}

    erase(person, now=now)

    assert mine <= set(re.findall(r"cnry[a-z]{2}q", everything_stored()))
    stays.refresh_from_db()
    assert stays.is_active


def test_erasing_again_finds_little_and_changes_nothing(person, now):
    erase(person, now=now)
    before = everything_stored()

    erase(User.objects.get(pk=person.pk), now=now)

    assert everything_stored() == before
    assert all(not kind.goes for kind in would_erase(person))


def test_who_alone_runs_the_site_is_not_erased(teacher, now):
    with pytest.raises(CannotErase, match="Nobody else runs this site"):
        erase(teacher, now=now)

    assert User.objects.get(pk=teacher.pk).is_active


def test_failure_in_the_middle_erases_nothing(person, canaries, now, monkeypatch):
    def fail(*args):
        raise RuntimeError

    monkeypatch.setattr("studyapp.study.erasing._take_name_from", fail)
    with pytest.raises(RuntimeError):
        erase(person, now=now)

    assert set(canaries.places.values()) <= canaries.found_in(everything_stored())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if hasattr(KINDS[kind], "without_words")])
@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.data())
def test_answer_without_its_words_earns_the_same(kind, data):
    content = data.draw(contents(kind))
    response = data.draw(responses(kind, content).filter(bool))

    without = KINDS[kind].without_words(content, response)

    assert KINDS[kind].grade(content, without).fraction == KINDS[kind].grade(content, response).fraction
    assert KINDS[kind].choices(content, without) == KINDS[kind].choices(content, response)


# --- how it is asked for ---------------------------------------------------------------------------------------


def test_command_shows_first_and_erases_only_with_yes(person, canaries, capsys):
    username = person.username

    call_command("erase_user", username)

    assert "Nothing is changed yet" in capsys.readouterr().out
    assert User.objects.get(pk=person.pk).username == username

    call_command("erase_user", username, "--yes")

    assert "1 Notes: removed" in capsys.readouterr().out.replace("  ", "")
    assert not Note.objects.filter(learner=person).exists()
    call_command("erase_user", str(person.pk), "--yes")  # again, by the number that is left
    with pytest.raises(CommandError, match="There is no account"):
        call_command("erase_user", username)


def test_file_is_the_owners_only_and_replaces_nothing(person, tmp_path, capsys):
    path = tmp_path / "data.zip"

    call_command("export_my_data", person.email, str(path))

    assert path.stat().st_mode & 0o777 == 0o600
    assert zipfile.is_zipfile(path)
    for where, reason in ((path, "File exists"), (tmp_path / "no" / "where.zip", "No such file")):
        with pytest.raises(CommandError, match=reason):
            call_command("export_my_data", person.email, str(where))


def test_superuser_erases_somebody_in_the_admin_after_a_look(person, teacher, client):
    client.force_login(teacher)
    page = reverse("admin:accounts_user_erase", args=[person.pk])

    shown = client.get(page).content.decode()
    assert "Erasing cannot be undone" in shown
    assert Note.objects.filter(learner=person).exists()
    client.post(page, {})  # without the button nothing happens
    assert Note.objects.filter(learner=person).exists()
    done = client.post(page, {"erase": "1"}, follow=True)

    assert "is erased. Backups made before today still hold it." in done.content.decode()
    assert User.objects.get(pk=person.pk).shown_name == NAME
    assert LogEntry.objects.latest("pk").change_message == "Erased."


def test_superuser_cannot_erase_themselves_by_a_click(person, teacher, client):
    client.force_login(teacher)
    factories.create_user("other-root", is_superuser=True, is_staff=True)

    page = client.post(reverse("admin:accounts_user_erase", args=[teacher.pk]), {"erase": "1"})

    assert "This is your own account" in page.content.decode()
    assert User.objects.get(pk=teacher.pk).is_active


def test_erased_person_is_signed_out_and_cannot_come_back(person, now):
    browser = sign_in_as(person)
    token = make_link(person, now=now)
    assert browser.get(reverse("accounts:profile")).status_code == 200

    erase(person, now=now)

    assert browser.get(reverse("accounts:profile")).status_code == 303
    assert Client().get(reverse("accounts:link", args=[token])).status_code in (404, 410, 200)
    assert Client().post(reverse("accounts:link", args=[token])).wsgi_request.user.is_anonymous
    tried = Client().post(
        reverse("accounts:sign_in"), {"name": person.username, "password": factories.PASSWORD}
    )
    assert tried.wsgi_request.user.is_anonymous
