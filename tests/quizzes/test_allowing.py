"""More time, another date, one more attempt, opened again: each acts at once on what runs."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from studyapp.accounts.models import Notice
from studyapp.quizzes.allowing import allow, renew_deadlines, reopen_attempt, take_back
from studyapp.quizzes.models import Attempt, AttemptEvent
from studyapp.quizzes.sittings import CannotStart, close_overdue, submit_attempt
from studyapp.review.models import ReviewLog
from tests.factories import create_cohort, create_quiz, create_user, save_in

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TRUE = {"answer": ["true"]}


@pytest.fixture
def granted(course, instructor, now):
    def granted(**what):
        return allow(course, by=instructor, reason="doctor's note", now=now, **what)

    return granted


def deadline_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).deadline


def test_more_time_acts_on_the_running_attempt_and_ends_when_taken_back(
    start, quiz, learner, instructor, granted, now
):
    attempt = start(quiz)

    allowance = granted(user=learner, factor=1.5)
    assert deadline_of(attempt) == now + 45 * MINUTE

    assert take_back(allowance, by=instructor, now=now)
    assert deadline_of(attempt) == now + 30 * MINUTE
    assert not take_back(allowance, by=instructor, now=now)
    assert list(AttemptEvent.objects.values_list("what", "reason"))[1:] == [
        ("deadline", "doctor's note"),
        ("deadline", "allowance taken back"),
    ]


def test_allowance_of_a_class_reaches_its_members_only(start, course, quiz, learner, classmate, granted, now):
    cohort = create_cohort(course, learners=[learner])
    create_cohort(course, learners=[classmate], name="Class B")
    mine, other = start(quiz), start(quiz, by=classmate)

    granted(cohort=cohort, quiz=quiz, extra_minutes=10)

    assert (deadline_of(mine), deadline_of(other)) == (now + 40 * MINUTE, now + 30 * MINUTE)


@pytest.mark.parametrize("size", [1, 3])
def test_allowance_of_a_class_costs_the_same_whatever_its_size(
    start, course, quiz, granted, size, now, django_assert_num_queries
):
    learners = [create_user(f"learner-{n}") for n in range(size)]
    cohort = create_cohort(course, learners=learners)
    attempts = [start(quiz, by=learner) for learner in learners]

    with django_assert_num_queries(15):  # with the ends of transaction and savepoints
        granted(cohort=cohort, quiz=quiz, extra_minutes=10)

    assert {deadline_of(attempt) for attempt in attempts} == {now + 40 * MINUTE}


def test_learners_are_told_what_was_allowed_and_taken_back(
    course, quiz, learner, classmate, instructor, granted, now
):
    cohort = create_cohort(course, learners=[learner], instructors=[instructor])

    of_class = granted(cohort=cohort, quiz=quiz, extra_minutes=10)
    granted(user=classmate, extra_attempts=1)
    take_back(of_class, by=instructor, now=now)
    take_back(of_class, by=instructor, now=now)

    page = f"/quizzes/{course.slug}/{quiz.slug}/"
    more = "Your teacher allows you more in {}: what holds for you stands on its page."
    less = "What your teacher allowed you in {} is taken back; its page says what holds."
    assert [(notice.user, notice.text, notice.url) for notice in Notice.objects.order_by("pk")] == [
        (learner, more.format(f"“{quiz.title}”"), page),
        (classmate, more.format(f"each quiz of “{course.title}”"), "/marks/"),
        (learner, less.format(f"“{quiz.title}”"), page),
    ]


def test_course_wide_and_quiz_wide_allowances_are_taken_together(start, quiz, learner, granted, now):
    granted(user=learner, factor=2.0)
    granted(user=learner, quiz=quiz, factor=1.5, extra_minutes=5)

    assert start(quiz).deadline == now + 65 * MINUTE


def test_allowance_for_another_quiz_says_nothing_here(start, course, bank, quiz, learner, granted, now):
    other = create_quiz(course, "other", slots=bank)
    granted(user=learner, quiz=other, factor=2.0)

    assert start(quiz).deadline == now + 30 * MINUTE


def test_one_more_attempt(start, quiz, learner, granted, now):
    submit_attempt(start(quiz), now=now, by=learner)
    with pytest.raises(CannotStart):
        start(quiz)

    granted(user=learner, quiz=quiz, extra_attempts=1)

    assert start(quiz).is_open
    assert Attempt.objects.count() == 2


def test_make_up_date_lets_one_person_start_later(start, course, bank, learner, classmate, granted, now):
    quiz = create_quiz(course, slots=bank, closes_at=now - MINUTE)
    granted(user=learner, quiz=quiz, closes_at=now + 60 * MINUTE)

    assert start(quiz).deadline == now + 60 * MINUTE
    with pytest.raises(CannotStart, match="closed"):
        start(quiz, by=classmate)


def test_changed_rules_of_a_quiz_reach_running_attempts(start, quiz, instructor, now):
    attempt = start(quiz)
    quiz.time_limit_minutes = 60
    quiz.save()

    assert renew_deadlines(quiz.attempts.all(), now=now, by=instructor, reason="fire alarm") == 1

    assert deadline_of(attempt) == now + 60 * MINUTE


def test_attempt_opened_again_takes_answers_and_is_marked_once_more(start, quiz, learner, instructor, now):
    attempt = start(quiz)
    save_in(attempt, 1, TRUE, at=now)
    submit_attempt(attempt, now=now, by=learner)
    at = now + 60 * MINUTE

    assert reopen_attempt(attempt, minutes=10, by=instructor, reason="power cut in the room", now=at)
    told = Notice.objects.get(user=learner)
    assert (told.text, told.url) == (
        f"Your attempt at “{attempt.quiz.title}” is open again, for 10 minutes from now.",
        f"/attempts/{attempt.pk}/",
    )
    save_in(attempt, 2, TRUE, at=at + MINUTE)
    assert close_overdue(now=at + 11 * MINUTE) == 1

    attempt.refresh_from_db()
    assert attempt.finished_at == at + 10 * MINUTE
    assert attempt.points == 2.0
    assert ReviewLog.objects.count() == 2
    call_command("verify_scores", verbosity=0)


def test_attempt_that_runs_is_not_opened_again(start, quiz, instructor, now):
    assert not reopen_attempt(start(quiz), minutes=10, by=instructor, reason="mistake", now=now)


def test_rules_do_not_shorten_what_was_opened_again(start, quiz, learner, instructor, now):
    attempt = start(quiz)
    submit_attempt(attempt, now=now, by=learner)
    reopen_attempt(attempt, minutes=120, by=instructor, reason="make-up", now=now)

    renew_deadlines(quiz.attempts.all(), now=now)

    assert deadline_of(attempt) == now + 120 * MINUTE
