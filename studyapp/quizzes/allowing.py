"""Verbs of staff for one person or one class: more time, another date, one more attempt, an attempt opened again.

Each says who and why, and acts at once on attempts that run.
"""

from datetime import timedelta

from django.db import transaction

from studyapp.quizzes.deadlines import ends_at
from studyapp.quizzes.models import Allowance, Attempt, AttemptEvent
from studyapp.quizzes.standing import standing_of

What = AttemptEvent.What


@transaction.atomic
def allow(course, *, by, reason, now, quiz=None, user=None, cohort=None, **what) -> Allowance:
    """Grant something (`factor`, `extra_minutes`, `opens_at`, `closes_at`, `extra_attempts`) for a quiz, or for
    every quiz of the course, to a person or a class."""
    allowance = Allowance.objects.create(
        course=course, quiz=quiz, user=user, cohort=cohort, by=by, reason=reason, created_at=now, **what
    )
    renew_deadlines(_touched(allowance), now=now, by=by, reason=reason)
    return allowance


@transaction.atomic
def take_back(allowance, *, by, now) -> bool:
    """End an allowance; its row stays. False where somebody did so before."""
    moved = Allowance.objects.filter(pk=allowance.pk, removed_at__isnull=True).update(
        removed_at=now, removed_by=by
    )
    if moved:
        renew_deadlines(_touched(allowance), now=now, by=by, reason="allowance taken back")
    return bool(moved)


def _touched(allowance):
    running = Attempt.objects.filter(course=allowance.course_id)
    if allowance.quiz_id:
        running = running.filter(quiz=allowance.quiz_id)
    if allowance.user_id:
        return running.filter(learner=allowance.user_id)
    return running.filter(
        learner__enrolments__cohort=allowance.cohort_id, learner__enrolments__left_at__isnull=True
    )


@transaction.atomic
def renew_deadlines(attempts, *, now, by=None, reason="") -> int:
    """Give each running attempt among these the end that the rules now give it; how many have another one.

    One that was opened again keeps the end it was given, unless the rules give a later one.
    """
    changed = 0
    running = attempts.filter(kind=Attempt.Kind.QUIZ, state=Attempt.State.OPEN)
    for attempt in running.select_related("quiz", "learner").distinct():
        deadline = ends_at(attempt.started_at, standing_of(attempt.learner, attempt.quiz).window)
        if attempt.events.filter(what=What.REOPENED).exists() and deadline is not None:
            deadline = max(deadline, attempt.deadline) if attempt.deadline else None
        if deadline == attempt.deadline:
            continue
        moved = Attempt.objects.filter(pk=attempt.pk, state=Attempt.State.OPEN).update(deadline=deadline)
        if moved:
            AttemptEvent.objects.create(attempt=attempt, what=What.DEADLINE, at=now, by=by, reason=reason)
        changed += moved
    return changed


@transaction.atomic
def reopen_attempt(attempt, *, minutes, by, reason, now) -> bool:
    """Open a handed-in attempt again for so many minutes from now; False where it is open, or another one is."""
    others = Attempt.objects.filter(
        learner=attempt.learner_id, quiz=attempt.quiz_id, kind=attempt.kind, state=Attempt.State.OPEN
    )
    if others.exists():
        return False
    moved = Attempt.objects.filter(pk=attempt.pk, state=Attempt.State.FINISHED).update(
        state=Attempt.State.OPEN,
        finished_at=None,
        ended_by_time=False,
        points=None,
        deadline=now + timedelta(minutes=minutes),
    )
    if moved:
        AttemptEvent.objects.create(attempt=attempt, what=What.REOPENED, at=now, by=by, reason=reason)
        attempt.refresh_from_db()
    return bool(moved)
