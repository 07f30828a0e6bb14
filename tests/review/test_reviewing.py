import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from studyapp.review.models import Card, ReviewLog
from studyapp.review.reviewing import record_answer, record_answers
from tests import factories


@pytest.fixture
def question(db):
    return factories.create_question(factories.create_lesson(factories.create_course()))


def record(learner, question, at, fraction, **fields):
    fields = {"client_id": uuid.uuid4(), "origin": "practice", "response": {}, "presented": {}} | fields
    return record_answer(learner, question, question.current, at=at, fraction=fraction, **fields)


def card():
    return Card.objects.get()


def test_first_right_answer_makes_a_card(learner, question, now):
    record(learner, question, now, 1.0)

    assert (card().answers, card().last_fraction, card().course) == (1, 1.0, question.course)
    assert (card().last_answered_at, card().first_right_at, card().last_right_at) == (now, now, now)


def test_wrong_answer_leaves_no_time_of_being_right(learner, question, now):
    record(learner, question, now, 0.0)

    assert (card().last_fraction, card().first_right_at, card().last_right_at) == (0.0, None, None)


def test_partly_right_is_not_right(learner, question, now):
    record(learner, question, now, 0.5)

    assert (card().last_fraction, card().first_right_at) == (0.5, None)


def test_later_answers_keep_the_first_time_and_move_the_last(learner, question, now):
    later, latest = now + timedelta(days=1), now + timedelta(days=2)
    record(learner, question, now, 1.0)

    record(learner, question, later, 1.0)
    record(learner, question, latest, 0.0)

    assert (card().answers, card().last_fraction, card().last_answered_at) == (3, 0.0, latest)
    assert (card().first_right_at, card().last_right_at) == (now, later)


def test_answer_held_back_is_logged_and_gives_no_evidence(learner, question, now):
    record(learner, question, now, 1.0, held=True)

    assert (card().held, card().answers, card().last_fraction) == (True, 0, None)
    assert ReviewLog.objects.get().held is True


def test_answer_that_a_person_marks_gives_no_evidence_yet(learner, question, now):
    record(learner, question, now, None)

    assert (card().answers, card().last_answered_at) == (0, None)


def test_same_client_id_is_recorded_once(learner, question, now):
    client_id = uuid.uuid4()
    record(learner, question, now, 1.0, client_id=client_id)

    with pytest.raises(IntegrityError), transaction.atomic():
        record(learner, question, now, 1.0, client_id=client_id)

    assert (ReviewLog.objects.count(), card().answers) == (1, 1)


def test_many_answers_at_once_are_recorded_as_one_by_one(learner, classmate, question, now):
    """Of questions with and without a card, right and wrong, held and not."""
    lesson = question.lesson
    questions = [question, *(factories.create_question(lesson, f"more-{n}") for n in range(3))]
    for person in (learner, classmate):
        record(person, questions[0], now - timedelta(days=3), 1.0)
        record(person, questions[1], now - timedelta(days=3), 0.0, held=True)
    answers = [
        {
            "question": asked,
            "version": asked.current,
            "client_id": uuid.uuid4(),
            "at": now,
            "origin": "quiz",
            "fraction": fraction,
            "response": {"answer": True},
            "presented": {},
            "seconds": 5,
            "held": held,
        }
        for asked, fraction, held in zip(
            questions, (0.0, 1.0, 0.5, None), (False, False, True, False), strict=True
        )
    ]

    record_answers(learner, answers)
    for given in answers:
        record_answer(classmate, **given)

    columns = [f.name for f in Card._meta.fields if f.name not in ("id", "learner", "stability", "due_at")]
    of = lambda model, person, names: list(  # noqa: E731
        model.objects.filter(learner=person).order_by("question").values(*names)
    )
    assert of(Card, learner, columns) == of(Card, classmate, columns)
    logged = [
        f.name
        for f in ReviewLog._meta.fields
        if f.name not in ("id", "learner", "client_id", "before", "after")
    ]
    assert len(of(ReviewLog, learner, logged)) == 6
    for mine, theirs in zip(of(ReviewLog, learner, logged), of(ReviewLog, classmate, logged), strict=True):
        assert mine == theirs
