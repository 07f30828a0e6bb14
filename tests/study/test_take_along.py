"""Cards for Anki and for a table, and the calendar: what is in them, what never is, and who may have them."""

import csv
import io
import json
import re
import sqlite3
import uuid
import zipfile
from contextlib import closing
from datetime import timedelta

import pytest

from content.models import Question, Work
from studyapp.accounts.models import User
from studyapp.reading.calendars import secret_of
from studyapp.reading.models import CalendarFeed
from studyapp.review.days import study_day
from studyapp.review.models import Card, ReviewSettings
from studyapp.review.queue import day_of
from studyapp.review.reviewing import record_answer
from studyapp.study.take_along import load_by_day
from tests import factories
from tests.study.strict_calendar import parse

PAGE = "/take-along/"


@pytest.fixture
def lesson(db):
    return factories.create_lesson(factories.create_course(), title="Sources of rivers")


@pytest.fixture
def taking(client, learner):
    client.force_login(learner)
    return client


def answered(learner, question, at, *, fraction=1.0, **fields):
    fields = {"origin": "practice", "response": {"answer": True}, "presented": {}} | fields
    return record_answer(
        learner, question, question.current, client_id=uuid.uuid4(), at=at, fraction=fraction, **fields
    )


def notes_of(response, tmp_path):
    """(guid, fields, mod) of each note in the package."""
    with zipfile.ZipFile(io.BytesIO(response.content)) as package:
        path = tmp_path / f"{uuid.uuid4()}.anki2"
        path.write_bytes(package.read("collection.anki2"))
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT guid, flds, mod FROM notes ORDER BY guid").fetchall()


def rows_of(response):
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


# --- cards ------------------------------------------------------------------------------------------------


def test_deck_holds_the_questions_i_answered_and_no_other(
    taking, learner, classmate, lesson, today, tmp_path
):
    mine = factories.create_question(lesson, "mine")
    answered(learner, mine, today)
    answered(classmate, factories.create_question(lesson, "theirs"), today)
    factories.create_question(lesson, "never-asked")

    response = taking.get(PAGE + "rivers.apkg")

    assert response["Content-Disposition"] == 'attachment; filename="rivers-my-cards.apkg"'
    ((guid, fields, mod),) = notes_of(response, tmp_path)
    assert guid == "rivers/mine"
    assert mod == int(mine.current.created_at.timestamp())
    assert "Part 1 of Sources of rivers" in fields


def test_deck_is_named_after_course_and_lesson_and_made_the_same_twice(
    taking, learner, lesson, today, tmp_path
):
    answered(learner, factories.create_question(lesson, "mine"), today)

    one, two = taking.get(PAGE + "rivers.apkg"), taking.get(PAGE + "rivers.apkg")

    assert one.content == two.content
    path = tmp_path / "c.anki2"
    with zipfile.ZipFile(io.BytesIO(one.content)) as package:
        path.write_bytes(package.read("collection.anki2"))
    with closing(sqlite3.connect(path)) as connection:
        decks = json.loads(connection.execute("SELECT decks FROM col").fetchone()[0])
    assert "Rivers::Sources of rivers" in {deck["name"] for deck in decks.values()}


def test_reworded_question_keeps_its_note_and_is_later(taking, learner, lesson, today, tmp_path):
    question = factories.create_question(lesson, "mine")
    answered(learner, question, today)
    ((guid, _, before),) = notes_of(taking.get(PAGE + "rivers.apkg"), tmp_path)

    content = question.current.content | {"stem": "Venus turns backwards."}
    factories.create_question(lesson, "mine", content=content, now=today)

    ((again, fields, after),) = notes_of(taking.get(PAGE + "rivers.apkg"), tmp_path)
    assert (again, after > before) == (guid, True)
    assert "Venus turns backwards." in fields


@pytest.mark.parametrize(
    "kind",
    ["single_choice", "multiple_choice", "short_text", "numeric", "matching", "ordering", "gaps", "essay"],
)
def test_every_kind_travels(taking, learner, lesson, today, tmp_path, kind):
    question = factories.create_question(lesson, "mine", kind=kind)
    answered(learner, question, today)

    assert len(notes_of(taking.get(PAGE + "rivers.apkg"), tmp_path)) == 1
    assert len(rows_of(taking.get(PAGE + "rivers.csv"))) == 2


def test_pictures_and_references_travel(taking, learner, lesson, today):
    factories.create_asset(lesson.course)
    Work.objects.create(course=lesson.course, slug="w-1", short="Author (2003)")
    question = factories.create_question(lesson, "mine")
    content = question.current.content | {"stem": "![A map](assets/map.png) True?"}
    question = factories.create_question(lesson, "mine", content=content)
    Question.objects.update(works=["w-1"])
    answered(learner, question, today)

    with zipfile.ZipFile(io.BytesIO(taking.get(PAGE + "rivers.apkg").content)) as package:
        media = json.loads(package.read("media"))
        collection = package.read("collection.anki2")
    assert list(media.values()) == ["map.png"]
    assert b"Author (2003)" in collection


@pytest.mark.parametrize("how", ["held", "exam", "retired", "draft lesson", "closed course"])
def test_what_may_not_be_seen_is_in_no_deck_and_no_table(taking, learner, lesson, today, how):
    question = factories.create_question(lesson, "mine")
    if how == "held":
        answered(learner, question, today, origin="quiz", held=True)
    else:
        answered(learner, question, today)
    if how == "exam":
        Question.objects.update(use="exam")
    elif how == "retired":
        Question.objects.update(state="retired")
    elif how == "draft lesson":
        type(lesson).objects.update(state="draft")
    elif how == "closed course":
        type(lesson.course).objects.update(access="class")

    for name in ("rivers.apkg", "rivers.csv"):
        response = taking.get(PAGE + name)
        assert response.status_code == (404 if how == "closed course" else 302)
        assert b"SECRET" not in response.content
    assert f"{PAGE}rivers" not in taking.get(PAGE).content.decode()


def test_exam_question_travels_once_its_quiz_has_shown_it(taking, learner, lesson, today, tmp_path):
    question = factories.create_question(lesson, "mine", use="exam")
    answered(learner, question, today, origin="quiz")

    assert len(notes_of(taking.get(PAGE + "rivers.apkg"), tmp_path)) == 1


def test_table_says_question_answer_and_when_it_comes_back(taking, learner, lesson, today):
    question = factories.create_question(lesson, "mine")
    answered(learner, question, today - timedelta(days=30), fraction=0.0)

    header, row = rows_of(taking.get(PAGE + "rivers.csv"))

    assert header[:4] == ["Lesson", "Passage", "Question", "Right answer"]
    assert row[0] == "Sources of rivers"
    assert row[5:] == ["1", "not right", study_day(Card.objects.get().due_at, "UTC").isoformat()]


def test_nothing_in_the_table_runs_as_a_formula(taking, learner, lesson, today):
    content = factories.EXAMPLES["short_text"] | {"stem": "=1+1", "answers": [{"text": "@SUM(A1)"}]}
    answered(learner, factories.create_question(lesson, "mine", kind="short_text", content=content), today)

    row = rows_of(taking.get(PAGE + "rivers.csv"))[1]

    assert (row[2], row[3]) == ("'=1+1", "'@SUM(A1)")


@pytest.mark.parametrize("count", [1, 3])
def test_decks_take_as_many_queries_with_more_cards(
    taking, learner, lesson, today, django_assert_num_queries, count
):
    for n in range(count):
        answered(learner, factories.create_question(lesson, f"q-{n}"), today)

    for name, queries in (("", 5), ("rivers.apkg", 5), ("rivers.csv", 4)):
        with django_assert_num_queries(queries):
            taking.get(PAGE + name)


# --- the calendar -----------------------------------------------------------------------------------------


def calendar_address(client):
    client.post(PAGE, {"make": "1"})
    return f"/calendar/{secret_of(CalendarFeed.objects.get())}.ics"


def test_address_is_shown_after_it_was_made_and_again_later(taking):
    response = taking.post(PAGE, {"make": "1"})

    assert (response.status_code, response["Location"]) == (303, PAGE + "#calendar")
    secret = secret_of(CalendarFeed.objects.get())
    for _ in range(2):
        assert f'value="http://testserver/calendar/{secret}.ics"' in taking.get(PAGE).content.decode()


def test_calendar_says_the_load_of_each_day_to_whoever_has_the_address(
    client, taking, learner, lesson, today
):
    for n in range(4):
        answered(learner, factories.create_question(lesson, f"q-{n}"), today - timedelta(days=60))
    address = calendar_address(taking)
    client.logout()

    response = client.get(address)

    _, events = parse(response.content)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert events[0]["SUMMARY"] == "Review: about 4 questions, 2 minutes"
    assert events[0]["URL"] == "http://testserver/review/"
    assert "Set-Cookie" not in response


def test_calendar_names_nobody_and_no_question(client, taking, learner, lesson, today):
    User.objects.filter(pk=learner.pk).update(email="learner@example.org")
    answered(learner, factories.create_question(lesson, "mine"), today - timedelta(days=60))
    address = calendar_address(taking)

    text = client.get(address).content.decode()

    for word in (
        "Learner One",
        "learner",
        "example.org",
        "Rivers",
        "mine",
        address[10:42],
        CalendarFeed.objects.get().token_hash,
    ):
        assert word not in text


def test_uid_of_a_day_is_the_same_each_time(client, taking, learner, lesson, today):
    answered(learner, factories.create_question(lesson, "mine"), today - timedelta(days=60))
    address = calendar_address(taking)

    uids = [[event["UID"] for event in parse(client.get(address).content)[1]] for _ in range(2)]

    assert uids[0] == uids[1]


def test_calendar_of_somebody_with_nothing_to_review_is_still_a_calendar(client, taking):
    _, (event,) = parse(client.get(calendar_address(taking)).content)

    assert event["SUMMARY"] == "Review: nothing for the next two weeks"


def test_new_address_and_switching_off_end_the_old_one(client, taking):
    old = calendar_address(taking)
    new = calendar_address(taking)
    assert (client.get(old).status_code, client.get(new).status_code) == (404, 200)

    taking.post(PAGE, {"off": "1"})

    assert client.get(new).status_code == 404
    assert "Make an address" in taking.get(PAGE).content.decode()


def test_looking_makes_no_address_and_no_guest(client, db):
    client.get(PAGE)
    client.post(PAGE, {"off": "1"})

    assert (CalendarFeed.objects.count(), User.objects.count()) == (0, 0)
    assert client.post(PAGE, {}).status_code == 400


@pytest.mark.parametrize("count", [1, 3])
def test_calendar_takes_as_many_queries_with_more_cards(
    client, taking, learner, lesson, today, django_assert_num_queries, count
):
    for n in range(count):
        answered(learner, factories.create_question(lesson, f"q-{n}"), today - timedelta(days=60))
    address = calendar_address(taking)
    client.logout()

    with django_assert_num_queries(4):
        client.get(address)


# --- the days to come -------------------------------------------------------------------------------------


def due_in(learner, lesson, now, days):
    """A card for each number of days from now after which it is due."""
    for n, ahead in enumerate(days):
        question = factories.create_question(lesson, f"due-{n}")
        answered(learner, question, now - timedelta(days=60))
        Card.objects.filter(question=question).update(due_at=now + timedelta(days=ahead))


def test_first_day_is_what_the_review_page_says(learner, lesson, now):
    due_in(learner, lesson, now, [-20, -1, 0, 1])

    load = load_by_day(learner, now=now)[0]

    day = day_of(learner, now=now)
    assert (load.questions, load.minutes) == (day.count, day.minutes) == (3, 2)


def test_calendar_says_what_the_page_of_progress_says(client, taking, learner, lesson, today):
    due_in(learner, lesson, today, [-3, -1, 1, 3, 3, 9])
    address = calendar_address(taking)

    page = re.sub(r"\s+", " ", taking.get("/progress/").content.decode())
    table = (
        page.partition("Questions expected in the next 14 days")[2]
        .partition("<table>")[2]
        .partition("</table>")[0]
    )
    shown = [int(number) for number in re.findall(r"<td[^>]*>(\d+)</td>", table)]

    first = study_day(today, "UTC")
    asked = [0] * 14
    for event in parse(client.get(address).content)[1]:
        asked[(event["DTSTART"] - first).days] = int(re.search(r"about (\d+) question", event["SUMMARY"])[1])
    assert len(shown) == 14
    assert asked == shown


def test_what_does_not_fit_into_a_day_moves_to_the_next(learner, lesson, now):
    ReviewSettings.objects.create(learner=learner, minutes_a_day=1)  # two questions
    due_in(learner, lesson, now, [-1] * 5)

    assert [load.questions for load in load_by_day(learner, now=now)][:2] == [2, 2]


def test_days_are_the_learners(learner, lesson, now):
    User.objects.filter(pk=learner.pk).update(time_zone="Pacific/Auckland")
    learner.refresh_from_db()
    late = now.replace(hour=18)  # the next day there, after 04:00

    assert load_by_day(learner, now=late)[0].on == late.date() + timedelta(days=1)
