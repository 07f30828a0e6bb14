from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from content.models import Question
from studyapp.accounts.models import Notice
from studyapp.quizzes.models import QuizEvent
from studyapp.quizzes.releasing import release_due, release_results
from studyapp.quizzes.sittings import submit_attempt
from studyapp.review.models import Card
from studyapp.review.rebuilding import rebuild_cards
from tests.factories import create_cohort, create_quiz, create_user, save_in

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


@pytest.fixture
def class_of(start, course, bank, instructor, now):
    """class_of(n): so many learners of a class, each with two attempts at the same exam: all three questions right,
    then all wrong. The client is signed in as who writes the course."""

    def class_of(size):
        course.staff.create(user=instructor)
        pupils = [create_user(f"pupil-{n}") for n in range(size)]
        create_cohort(course, learners=pupils)
        quiz = create_quiz(course, slots=bank)
        for pupil in pupils:
            for day, said in enumerate(("true", "false")):
                attempt = start(quiz, by=pupil, at=now + day * timedelta(days=1))
                for number in (1, 2, 3):
                    save_in(attempt, number, {"answer": [said]}, at=attempt.started_at)
                submit_attempt(attempt, now=attempt.started_at, by=pupil)
        return quiz

    return class_of


def cards():
    return list(Card.objects.order_by("learner", "question").values())


def test_release_for_a_class_leaves_each_card_as_its_log_says(class_of, instructor, now):
    quiz = class_of(25)  # more than one batch of attempts

    release_results(quiz, by=instructor, now=now + timedelta(days=3))

    told = cards()
    assert {(card["answers"], card["held"], card["last_fraction"]) for card in told} == {(2, False, 0.0)}
    assert len(told) == 75
    for learner in {card["learner_id"] for card in told}:
        rebuild_cards(learner)
    assert cards() == told
    assert release_due(now=now + timedelta(days=4)) == 0


@pytest.mark.parametrize("size", [1, 3])
def test_release_costs_the_same_whatever_the_size_of_the_class(
    client, course, class_of, instructor, size, django_assert_num_queries
):
    quiz = class_of(size)
    client.force_login(instructor)
    client.post(f"/admin/quizzes/quiz/{create_quiz(course, 'another').pk}/release/")  # as nobody's first

    with django_assert_num_queries(26 + connection.features.has_select_for_update):
        client.post(f"/admin/quizzes/quiz/{quiz.pk}/release/")

    assert not Card.objects.filter(held=True).exists()


def test_a_large_release_costs_what_its_batches_need(
    class_of, instructor, now, django_assert_max_num_queries
):
    quiz = class_of(30)  # 60 attempts, 180 answers: three batches

    with django_assert_max_num_queries(70):
        release_results(quiz, by=instructor, now=now + timedelta(days=3))
