from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client

from studyapp.accounts.models import Notice, User
from studyapp.classes.models import Enrolment
from studyapp.quizzes.models import Attempt, Mark, SavedAnswer
from studyapp.reading.calendars import make_calendar
from studyapp.reading.models import CalendarFeed, Highlight, Note, PassageRead, ReadingPlace
from studyapp.reading.notes import highlight, save_note, words_in
from studyapp.reading.reading import mark_read, record_place
from studyapp.review.models import Card, ExamDate, ReviewLog, ReviewSettings
from studyapp.review.scheduling import Rating, reviewed
from studyapp.study.bringing import MOVED, NEVER_A_GUESTS, Belongings, bring_along
from tests.factories import (
    PASSWORD,
    create_answer,
    create_cohort,
    create_course,
    create_lesson,
    create_question,
    create_user,
)


@pytest.fixture
def guest(db):
    return create_user("guest-1", is_guest=True)


@pytest.fixture
def lesson(db):
    return create_lesson(create_course())


@pytest.fixture
def question(lesson):
    return create_question(lesson)


def test_every_column_that_points_to_a_person_has_a_rule():
    """A new table must say what becomes of a guest's rows; name it in bringing.py and move it there."""
    pointing = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in [*model._meta.fields, *model._meta.many_to_many]
        if (field.related_model is User) or (model is User and field.many_to_many)
    }

    assert pointing == MOVED | NEVER_A_GUESTS


def test_everything_of_the_guest_is_in_the_account_afterwards(guest, learner, lesson, question, now):
    answer = create_answer(guest, question, at=now)
    passages = list(lesson.passages.all())
    mark_read(guest, passages, now=now)
    record_place(guest, lesson, passages[1], now=now)
    cohort = create_cohort(lesson.course, learners=[guest])
    Notice.objects.create(user=guest, text="Hello", created_at=now)

    brought = bring_along(guest, learner, now=now)

    assert (brought.answers, brought.passages, brought.classes) == (1, 2, 1)
    assert SavedAnswer.objects.get() == answer
    assert Attempt.objects.get().learner == learner
    assert Mark.objects.get().answer == answer
    assert ReviewLog.objects.get().learner == learner
    assert Card.objects.get().learner == learner
    assert {read.learner for read in PassageRead.objects.all()} == {learner}
    assert ReadingPlace.objects.get().passage == passages[1]
    assert Enrolment.objects.get(cohort=cohort).user == learner
    assert Notice.objects.get().user == learner
    assert not User.objects.filter(pk=guest.pk).exists()


@pytest.mark.parametrize(("own", "kept"), [(None, "2026-06-12"), ("2026-05-01", "2026-05-01")])
def test_exam_date_of_the_guest_comes_along_where_the_account_has_none(
    guest, learner, lesson, now, own, kept
):
    ExamDate.objects.create(learner=guest, course=lesson.course, on="2026-06-12", set_at=now)
    if own:
        ExamDate.objects.create(learner=learner, course=lesson.course, on=own, set_at=now)

    bring_along(guest, learner, now=now)

    assert [str(row.on) for row in ExamDate.objects.filter(learner=learner)] == [kept]


def test_no_answer_of_either_is_lost_or_changed(guest, learner, question, now):
    create_answer(learner, question, right=False, at=now - timedelta(days=30))
    create_answer(guest, question, right=True, at=now)
    before = list(SavedAnswer.objects.order_by("pk").values())

    bring_along(guest, learner, now=now)

    assert list(SavedAnswer.objects.order_by("pk").values()) == before
    assert Attempt.objects.filter(learner=learner).count() == 2
    assert ReviewLog.objects.filter(learner=learner).count() == 2


@pytest.mark.parametrize("newer", ["guest", "learner"])
def test_of_two_open_attempts_the_one_worked_on_last_stays_open(guest, learner, question, now, newer):
    owners = {"guest": guest, "learner": learner}
    older = next(name for name in owners if name != newer)
    create_answer(owners[older], question, at=now - timedelta(days=1))
    answer = create_answer(owners[newer], question, at=now - timedelta(hours=1))

    bring_along(guest, learner, now=now)

    still_open = Attempt.objects.get(learner=learner, state=Attempt.State.OPEN)
    assert still_open == answer.item.attempt
    assert Attempt.objects.get(learner=learner, state=Attempt.State.FINISHED).finished_at == now


def test_attempts_at_different_things_both_stay_open(guest, learner, lesson, question, now):
    other = create_question(create_lesson(lesson.course, "mouths"), "another")
    create_answer(learner, question, at=now)
    create_answer(guest, other, at=now)
    create_answer(guest, question, at=now, kind=Attempt.Kind.PRACTICE)

    bring_along(guest, learner, now=now)

    assert Attempt.objects.filter(learner=learner, state=Attempt.State.OPEN).count() == 3


def test_same_client_id_in_both_logs_keeps_both_rows(guest, learner, question, now):
    same = uuid4()
    create_answer(learner, question, at=now, client_id=same)
    create_answer(guest, question, at=now, client_id=same)

    bring_along(guest, learner, now=now)

    assert ReviewLog.objects.filter(learner=learner).count() == 2


def test_cards_of_one_question_become_one_with_the_evidence_of_both(guest, learner, question, now):
    month_ago, yesterday = now - timedelta(days=30), now - timedelta(days=1)
    create_answer(learner, question, right=True, at=month_ago)
    create_answer(guest, question, right=False, at=yesterday)

    bring_along(guest, learner, now=now)

    card = Card.objects.get(learner=learner)
    assert (card.answers, card.last_fraction, card.last_answered_at) == (2, 0, yesterday)
    assert (card.first_right_at, card.last_right_at) == (month_ago, month_ago)


def test_memory_is_built_from_the_answers_of_both(guest, learner, question, now):
    create_answer(learner, question, right=True, at=now - timedelta(days=30))
    create_answer(guest, question, right=True, at=now - timedelta(days=1))

    bring_along(guest, learner, now=now)

    card = Card.objects.values().get()
    twice = reviewed(reviewed(None, Rating.GOOD, guess=0.5), Rating.GOOD, elapsed_days=29, guess=0.5)
    assert (card["stability"], card["last_rated_at"]) == (twice.stability, now - timedelta(days=1))
    call_command("rebuild_cards", verbosity=0)
    assert Card.objects.values().get() == card


@pytest.mark.parametrize(("has_own", "minutes"), [(True, 30), (False, 5)])
def test_wishes_for_review_of_the_account_stand(guest, learner, now, has_own, minutes):
    ReviewSettings.objects.create(learner=guest, minutes_a_day=5)
    if has_own:
        ReviewSettings.objects.create(learner=learner, minutes_a_day=30)

    bring_along(guest, learner, now=now)

    assert ReviewSettings.objects.get().minutes_a_day == minutes


@pytest.mark.parametrize(("theirs", "guests"), [(1, 2), (2, 1)])
def test_later_place_and_earlier_reading_stand(guest, learner, lesson, now, theirs, guests):
    passages = list(lesson.passages.all())
    day = timedelta(days=1)
    for person, days, passage in ((learner, theirs, passages[0]), (guest, guests, passages[1])):
        record_place(person, lesson, passage, now=now + days * day)
        mark_read(person, passages[:1], now=now + days * day)

    bring_along(guest, learner, now=now + 3 * day)

    place, read = ReadingPlace.objects.get(), PassageRead.objects.get()
    assert (place.learner, place.at) == (learner, now + 2 * day)
    assert (read.learner, read.read_at) == (learner, now + day)


def test_class_of_both_keeps_the_role_of_the_account_and_is_current_again(guest, instructor, lesson, now):
    cohort = create_cohort(lesson.course, instructors=[instructor], learners=[guest])
    Enrolment.objects.filter(user=instructor).update(left_at=now)

    bring_along(guest, instructor, now=now)

    enrolment = Enrolment.objects.get(cohort=cohort)
    assert (enrolment.user, enrolment.role, enrolment.left_at) == (instructor, "instructor", None)


def test_guest_never_brings_the_role_of_an_instructor(guest, learner, lesson, now):
    create_cohort(lesson.course, instructors=[guest])

    bring_along(guest, learner, now=now)

    assert Enrolment.objects.get().role == "learner"


def test_twice_is_once(guest, learner, question, now):
    create_answer(guest, question, at=now)

    bring_along(guest, learner, now=now)

    assert not bring_along(guest, learner, now=now)
    assert SavedAnswer.objects.count() == 1


def test_notes_highlights_and_calendar_come_along(guest, learner, lesson, now):
    passage = lesson.passages.first()
    save_note(guest, passage, "As a guest.", writer="a", number=1, seen=(), now=now)
    save_note(learner, passage, "Before.", writer="b", number=1, seen=(), now=now)
    highlight(guest, passage, words_in(["<p>Text of part 1.</p>"], "part 1"), now=now)
    make_calendar(guest, now=now)

    brought = bring_along(guest, learner, now=now)

    assert (brought.notes, brought.in_words) == (2, "2 notes and highlights")
    kept = Note.objects.written().filter(learner=learner).values_list("text", flat=True)
    assert sorted(kept) == ["As a guest.", "Before."]
    assert Highlight.objects.get().learner == learner
    assert CalendarFeed.objects.get().learner == learner


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((12, 0, 0, 1), "12 answers and 1 note or highlight"),
        ((1, 3, 1, 0), "1 answer and 3 passages read"),
        ((0, 0, 2, 0), "2 classes"),
    ],
)
def test_question_names_what_weighs_most(counts, words):
    assert Belongings(*counts).in_words == words


def test_account_cannot_be_taken_for_a_guest(learner, classmate, question, now):
    create_answer(classmate, question, at=now)

    assert not bring_along(classmate, learner, now=now)
    assert Attempt.objects.get().learner == classmate


# --- the page -----------------------------------------------------------------------------------------------


@pytest.fixture
def came_back(guest, learner, question, now):
    """A browser in which a guest with one answer has just signed in to an old account."""
    create_answer(guest, question, at=now)
    client = Client()
    client.force_login(guest)
    response = client.post(
        "/accounts/sign-in/", {"name": "learner", "password": PASSWORD, "next": "/progress/"}
    )
    assert response["Location"] == "/bring-along/?next=%2Fprogress%2F"
    return client


def test_guest_who_signs_in_is_asked_and_brings_it_along(came_back, learner):
    page = came_back.get("/bring-along/?next=%2Fprogress%2F")
    assert "Bring 1 answer into your account?" in page.content.decode()
    assert Attempt.objects.get().learner != learner

    response = came_back.post("/bring-along/", {"bring": "1", "next": "/progress/"})

    assert (response.status_code, response["Location"]) == (303, "/progress/")
    assert Attempt.objects.get().learner == learner


def test_guest_who_leaves_it_is_not_asked_again(came_back, guest):
    came_back.post("/bring-along/", {"leave": "1"})

    assert came_back.get("/bring-along/")["Location"] == "/"
    assert Attempt.objects.get().learner == guest


def test_guest_without_anything_is_not_asked(guest, learner):
    client = Client()
    client.force_login(guest)
    client.post("/accounts/sign-in/", {"name": "learner", "password": PASSWORD})

    assert client.get("/bring-along/?next=/progress/")["Location"] == "/progress/"


def test_number_of_a_guest_in_the_request_brings_nothing(client, learner, guest, question, now):
    create_answer(guest, question, at=now)
    client.force_login(learner)

    client.post("/bring-along/", {"bring": "1", "guest": guest.pk, "guest_to_bring": guest.pk})

    assert Attempt.objects.get().learner == guest


def test_next_leads_nowhere_else(came_back):
    assert came_back.post("/bring-along/", {"leave": "1", "next": "//evil.example"})["Location"] == "/"
