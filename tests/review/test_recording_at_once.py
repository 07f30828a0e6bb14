"""Answers that arrive together: real threads, real transactions."""

from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection

from studyapp.review.models import Card, ReviewLog
from studyapp.review.reviewing import answer_in_review, record_answer, undo
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def question(db):
    return factories.create_question(factories.create_lesson(factories.create_course()), kind="short_text")


def at_once(*jobs):
    """Run the jobs together; what each returned, or the IntegrityError it raised."""
    barrier, results = Barrier(len(jobs)), [None] * len(jobs)

    def run(place, job):
        try:
            barrier.wait(10)
            results[place] = job()
        except IntegrityError as error:
            results[place] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place, job)) for place, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def answer(learner, question, now, client_id=None):
    return lambda: record_answer(
        learner,
        question,
        question.current,
        client_id=client_id or uuid4(),
        at=now,
        origin="practice",
        fraction=1.0,
        response={"text": "x"},
        presented={},
    )


def test_answers_from_eight_tabs_at_once_rate_once(learner, question, now):
    at_once(*[answer(learner, question, now) for _ in range(8)])

    assert ReviewLog.objects.count() == 8
    assert ReviewLog.objects.filter(rating__isnull=False).count() == 1
    assert Card.objects.get().answers == 8


def test_one_answer_sent_eight_times_at_once_is_recorded_once(learner, question, now):
    client_id = uuid4()

    results = at_once(*[answer(learner, question, now, client_id) for _ in range(8)])

    assert sum(isinstance(result, IntegrityError) for result in results) == 7
    assert (ReviewLog.objects.count(), Card.objects.get().answers) == (1, 1)


def test_two_undos_at_once_take_back_one_answer(learner, question, now):
    row = answer_in_review(
        learner, question, question.current, client_id=uuid4(), at=now, fraction=1.0, response={"text": "x"},
        presented={},
    )  # fmt: skip

    results = at_once(*[lambda: undo(row, now=now)] * 2)

    assert sorted(map(bool, results)) == [False, True]
    assert (ReviewLog.objects.count(), Card.objects.get().answers) == (2, 0)


def test_same_review_answer_sent_eight_times_at_once_gives_one_receipt(learner, question, now):
    client_id = uuid4()

    def send():
        return answer_in_review(
            learner, question, question.current, client_id=client_id, at=now, fraction=1.0,
            response={"text": "x"}, presented={},
        ).pk  # fmt: skip

    results = at_once(*[send] * 8)

    assert set(results) == {ReviewLog.objects.get().pk}
    assert Card.objects.get().answers == 1
