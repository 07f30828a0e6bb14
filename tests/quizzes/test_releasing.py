from datetime import timedelta

import pytest
from django.core.management import call_command

from content.models import Question
from studyapp.accounts.models import Notice
from studyapp.quizzes.models import QuizEvent
from studyapp.quizzes.releasing import release_due, release_results
from studyapp.quizzes.sittings import submit_attempt
from studyapp.review.models import Card
from tests.factories import create_cohort, create_quiz, save_in

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def handed_in(start, course, bank, learner, now):
    """handed_in(**rules): an exam of a class, handed in with one answer that is right."""

    def handed_in(**rules):
        create_cohort(course, learners=[learner])
        attempt = start(create_quiz(course, slots=bank, **rules))
        save_in(attempt, 1, {"answer": ["true"]}, at=now)
        submit_attempt(attempt, now=now, by=learner)
        return attempt

    return handed_in


def test_answers_of_an_exam_teach_review_nothing_until_they_are_released(handed_in, instructor, now):
    attempt = handed_in()
    assert Card.objects.get().answers == 0

    assert release_results(attempt.quiz, by=instructor, now=now + HOUR)
    assert not release_results(attempt.quiz, by=attempt.learner, now=now + 2 * HOUR)

    card = Card.objects.get()
    assert (card.answers, card.held) == (1, False)
    assert Notice.objects.filter(user=attempt.learner).count() == 1
    assert list(QuizEvent.objects.values_list("quiz", "what", "by", "at")) == [
        (attempt.quiz_id, "released", instructor.pk, now + HOUR)
    ]


def test_closing_date_releases_by_the_command_and_only_once(handed_in, now):
    handed_in(closes_at=now + HOUR)

    call_command("close_overdue_attempts", now=now + HOUR - timedelta(minutes=1))
    assert Card.objects.get().held

    call_command("close_overdue_attempts", now=now + HOUR)
    assert not Card.objects.get().held
    assert release_due(now=now + 2 * HOUR) == 0


def test_whoever_studies_alone_sees_the_result_with_the_last_attempt(start, course, bank, learner, now):
    attempt = start(create_quiz(course, slots=bank, attempts_allowed=1))
    save_in(attempt, 1, {"answer": ["true"]}, at=now)

    submit_attempt(attempt, now=now, by=learner)

    assert not Card.objects.get().held


def test_question_kept_for_exams_waits_until_its_key_may_be_seen(handed_in, bank, now):
    """Right or wrong is told at once here; asked again in review it would tell the key as well."""
    Question.objects.update(use="exam")
    attempt = handed_in(preset="try-again", closes_at=now + HOUR)
    assert Card.objects.get().held

    release_due(now=now + HOUR)

    assert not Card.objects.get().held
    assert attempt.points is not None
