"""Statements built once say what the ORM says, on whichever database and connection they run."""

import threading
import uuid
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.db.models import DateField, DateTimeField, F, Value

from studyapp.accounts.models import User
from studyapp.prepared import Prepared, insert_row, update_row
from studyapp.quizzes.attempts import save_answer, start_attempt
from studyapp.quizzes.models import Attempt, AttemptItem, SavedAnswer
from studyapp.review.models import Card
from studyapp.study import practice
from tests import factories

by_name_and_number = Prepared(
    *(str, int),
    build=lambda name, number: (
        User.objects.filter(username=name, pk__gte=number)
        .order_by("pk")
        .values_list("pk", "name", "date_joined")
    ),
)


def test_prepared_query_gives_what_the_orm_gives_for_each_value(learner, classmate):
    for user in (learner, classmate):
        expected = list(User.objects.filter(username=user.username).values_list("pk", "name", "date_joined"))
        assert by_name_and_number.rows(user.username, 0) == expected
    assert by_name_and_number.rows("nobody", 0) == []
    assert by_name_and_number.rows(learner.username, learner.pk + 1) == []


def test_days_and_moments_are_values_too(learner, now):
    ahead = Prepared(
        *(datetime, date),
        build=lambda at, on: User.objects.filter(date_joined__lte=at).values_list(
            "pk", Value(on, DateField()), Value(at, DateTimeField())
        ),
    )
    User.objects.update(date_joined=now)

    assert ahead.rows(now, now.date()) == [(learner.pk, now.date(), now)]
    later = now + timedelta(days=200, microseconds=5)
    assert ahead.rows(later, later.date()) == [(learner.pk, later.date(), later)]
    before = now - timedelta(microseconds=1)
    assert ahead.rows(before, before.date()) == []
    assert ahead.rows(before.astimezone(ZoneInfo("Asia/Baghdad")), before.date()) == []  # three hours ahead


def test_text_is_a_value_and_never_a_statement(learner):
    assert by_name_and_number.rows("' OR 1=1 --", 0) == []
    assert by_name_and_number.rows("100%s", 0) == []


@pytest.mark.django_db
def test_value_that_does_not_reach_the_database_as_it_is_is_refused():
    searching = Prepared(
        str, build=lambda words: User.objects.filter(name__icontains=words).values_list("pk")
    )

    with pytest.raises(ValueError, match=r"values \[0\]"):
        searching.rows("one")


@pytest.mark.django_db(transaction=True)
def test_each_thread_runs_it_on_its_own_connection():
    learner, found, failed = factories.create_user("learner"), [], []

    def ask():
        try:
            found.append(by_name_and_number.rows("learner", 0)[0][0])
        except BaseException as error:  # noqa: BLE001  told below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert found == [learner.pk] * 3


def test_connection_opened_anew_is_served_too(learner):
    first = by_name_and_number.rows("learner", 0)
    by_name_and_number._kept.compiled = (None, by_name_and_number._kept.compiled[1])

    assert by_name_and_number.rows("learner", 0) == first


def test_run_reads_what_the_queryset_reads(answered_item):
    attempt = answered_item.attempt

    rows = practice._RUN_OF_ATTEMPT.rows(attempt.pk)

    assert rows == list(practice._rows_of(AttemptItem.objects.not_held().filter(attempt=attempt)))
    assert rows == practice._RUN_OF_ITEM.rows(
        answered_item.pk, attempt.learner_id, attempt.course.slug, attempt.lesson.slug
    )


def test_stored_row_reads_back_as_if_the_orm_had_stored_it(item, now):
    by_orm = SavedAnswer(item=item, client_id=uuid.uuid4(), writer="a", number=0, response=None, at=now)
    by_orm.save(force_insert=True)
    prepared = SavedAnswer(
        item=item,
        client_id=uuid.uuid4(),
        writer="a",
        number=1,
        response={"é": ["<", None]},
        at=now,
        seconds=3,
    )

    insert_row(prepared)

    stored = SavedAnswer.objects.get(pk=prepared.pk)
    assert {f.name: getattr(stored, f.attname) for f in SavedAnswer._meta.fields} == {
        f.name: getattr(prepared, f.attname) for f in SavedAnswer._meta.fields
    }
    # No answer is NULL in both, not the JSON word null in one of them.
    empty = SavedAnswer(item=item, client_id=uuid.uuid4(), writer="a", number=2, response=None, at=now)
    insert_row(empty)
    assert SavedAnswer.objects.filter(response__isnull=True).count() == 2


def test_constraint_is_told_as_the_orm_tells_it(item, now):
    rows = [SavedAnswer(item=item, client_id=uuid.uuid4(), writer="a", number=0, at=now) for _ in range(2)]
    insert_row(rows[0])

    with pytest.raises(IntegrityError):
        insert_row(rows[1])


def test_updated_row_is_written_as_a_whole_and_must_be_there(item, learner, now):
    card = Card(learner=learner, course=item.attempt.course, question=item.question)
    insert_row(card)
    card.answers, card.last_fraction, card.last_answered_at, card.held = 3, 0.5, now, True

    update_row(card)

    assert Card.objects.filter(
        pk=card.pk, answers=3, last_fraction=0.5, last_answered_at=now, held=True, lapses=F("lapses")
    ).exists()
    card.pk += 1000
    with pytest.raises(DatabaseError):
        update_row(card)


@pytest.fixture
def item(learner, now):
    question = factories.create_question(factories.create_lesson(factories.create_course()))
    attempt = start_attempt(
        learner, kind=Attempt.Kind.PRACTICE, course=question.course, lesson=question.lesson,
        questions=[question], now=now, rng=Random(1),
    )  # fmt: skip
    return AttemptItem.objects.select_related("attempt__lesson__course", "question", "version").get(
        attempt=attempt
    )


@pytest.fixture
def answered_item(item, learner, now):
    """With two answers and two marks, so that its row comes twice."""
    for number in range(2):
        save_answer(
            item, learner=learner, client_id=uuid.uuid4(), writer="tab", number=number,
            response={"answer": bool(number)}, seconds=None, now=now,
        )  # fmt: skip
    return item
