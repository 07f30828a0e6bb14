"""Verbs of staff for one person or one class: more time, another date, one more attempt, an attempt opened again.

Each says who and why, acts at once on attempts that run, and is told to whom it concerns.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from studyapp.accounts.models import Notice
from studyapp.classes.models import Enrolment
from studyapp.quizzes.deadlines import ends_at
from studyapp.quizzes.models import Allowance, Attempt, AttemptEvent
from studyapp.quizzes.standing import standings_at

What = AttemptEvent.What
WRITTEN_AT_ONCE = 200  # rows


@transaction.atomic
def allow(course, *, by, reason, now, quiz=None, user=None, cohort=None, **what) -> Allowance:
    """Grant something (`factor`, `extra_minutes`, `opens_at`, `closes_at`, `extra_attempts`) for a quiz, or for
    every quiz of the course, to a person or a class."""
    allowance = Allowance.objects.create(
        course=course, quiz=quiz, user=user, cohort=cohort, by=by, reason=reason, created_at=now, **what
    )
    renew_deadlines(_touched(allowance), now=now, by=by, reason=reason)
    _tell(allowance, "Your teacher allows you more in {}: what holds for you stands on its page.", now=now)
    return allowance


@transaction.atomic
def take_back(allowance, *, by, now) -> bool:
    """End an allowance; its row stays. False where somebody did so before."""
    moved = Allowance.objects.filter(pk=allowance.pk, removed_at__isnull=True).update(
        removed_at=now, removed_by=by
    )
    if moved:
        renew_deadlines(_touched(allowance), now=now, by=by, reason="allowance taken back")
        _tell(
            allowance, "What your teacher allowed you in {} is taken back; its page says what holds.", now=now
        )
    return bool(moved)


def _tell(allowance, sentence, *, now):
    """A notice to the person, or to everybody who learns in the class now."""
    course, quiz = allowance.course, allowance.quiz
    text = sentence.format(f"“{quiz.title}”" if quiz else f"each quiz of “{course.title}”")
    url = f"/quizzes/{course.slug}/{quiz.slug}/" if quiz else "/marks/"
    people = [allowance.user_id]
    if allowance.user_id is None:
        learners = Enrolment.objects.filter(
            cohort=allowance.cohort_id, role=Enrolment.Role.LEARNER, left_at__isnull=True
        )
        people = learners.values_list("user", flat=True)
    Notice.objects.bulk_create(
        Notice(user_id=person, text=text[:500], url=url, created_at=now) for person in people
    )


def _touched(allowance):
    running = Attempt.objects.filter(course=allowance.course_id)
    if allowance.quiz_id:
        running = running.filter(quiz=allowance.quiz_id)
    if allowance.user_id:
        return running.filter(learner=allowance.user_id)
    members = Enrolment.objects.filter(cohort=allowance.cohort_id, left_at__isnull=True)
    return running.filter(Q(cohort=allowance.cohort_id) | Q(learner__in=members.values("user")))


@transaction.atomic
def renew_deadlines(attempts, *, now, by=None, reason="") -> int:
    """Give each running attempt among these the end that the rules now give it; how many have another one.

    One that was opened again keeps the end it was given, unless the rules give a later one. Five queries and what the
    batches of writing need, whatever the number of attempts; these are held first, so that none is handed in meanwhile.
    """
    running = Attempt.objects.filter(kind=Attempt.Kind.QUIZ, state=Attempt.State.OPEN)
    held = list(
        running.filter(pk__in=attempts.order_by().values("pk"))
        .select_for_update(of=("self",), no_key=True)
        .select_related("quiz")
        .order_by("pk")
    )
    standings = standings_at((attempt.learner_id, attempt.quiz) for attempt in held)
    events = AttemptEvent.objects.filter(attempt__in=held)
    reopened = set(events.filter(what=What.REOPENED).values_list("attempt", flat=True))
    moved = []
    for attempt, standing in zip(held, standings, strict=True):
        deadline = ends_at(attempt.started_at, standing.window)
        if attempt.pk in reopened and deadline is not None:
            deadline = max(deadline, attempt.deadline) if attempt.deadline else None
        if deadline != attempt.deadline:
            attempt.deadline = deadline
            moved.append(attempt)
    Attempt.objects.bulk_update(moved, ["deadline"], batch_size=WRITTEN_AT_ONCE)
    AttemptEvent.objects.bulk_create(
        [
            AttemptEvent(attempt=attempt, what=What.DEADLINE, at=now, by=by, reason=reason)
            for attempt in moved
        ],
        batch_size=WRITTEN_AT_ONCE,
    )
    return len(moved)


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
        text = f"Your attempt at “{attempt.quiz.title}” is open again, for {minutes} minutes from now."
        Notice.objects.create(
            user_id=attempt.learner_id, text=text[:500], url=f"/attempts/{attempt.pk}/", created_at=now
        )
    return bool(moved)
