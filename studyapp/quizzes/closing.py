"""Reads: when a quiz is over for everybody whom it concerns. Until then it keeps back what an exam keeps back.

What stands here is the same for every learner, and none can change it: it asks what staff allowed and who still
sits the quiz, never what class somebody is in now.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from studyapp.classes.models import Cohort, Enrolment, Invitation
from studyapp.quizzes.deadlines import is_late
from studyapp.quizzes.models import Attempt, Quiz


@dataclass(frozen=True)
class Closing:
    """Who can still sit a quiz, and until when.

    `closes_at`: the last closing date that somebody still has, later dates granted included; None: there is none.
    `running`: attempts not handed in; `open_until`: when the last of them ends, `is_endless` where one never does.
    `has_class`: a class of the course has a learner, takes people in by its code, or is sitting the quiz.
    """

    closes_at: datetime | None = None
    learners_later: int = 0
    classes_later: int = 0
    running: int = 0
    open_until: datetime | None = None
    is_endless: bool = False
    has_class: bool = False
    invited_until: datetime | None = None  # until then a learner can come into a class by an invitation

    def is_sat(self, now) -> bool:
        """An attempt is open within its time. One that nobody closed yet, though its time is over, is not."""
        return self.is_endless or (self.open_until is not None and not is_late(now, self.open_until))

    def is_over(self, now) -> bool:
        """The closing date is over for everybody, and nobody is still sitting the quiz."""
        return self.closes_at is not None and now >= self.closes_at and not self.is_sat(now)

    def class_sits(self, now) -> bool:
        """A class of the course can still sit the quiz, or will."""
        return self.has_class or (self.invited_until is not None and now < self.invited_until)


def closings_of(quizzes, allowances) -> dict[int, Closing]:
    """The closing of each of these quizzes by its id. One query, two where somebody has a later date.

    `allowances`: all of their courses that hold now and say a closing date or more attempts.
    """
    quizzes = list(quizzes)
    if not quizzes:
        return {}
    facts = {row.pk: row for row in _with_facts(Quiz.objects.filter(pk__in=[quiz.pk for quiz in quizzes]))}
    later = {quiz.pk: _later(quiz, allowances) for quiz in quizzes}
    people = {row.user_id for rows in later.values() for row in rows if row.user_id}
    sat = _sat_by(people, quizzes) if people else {}
    found = {}
    for quiz in quizzes:
        fact = facts.get(quiz.pk)
        if fact is None:  # gone in this moment
            found[quiz.pk] = Closing(quiz.closes_at)
            continue
        rows = [
            row for row in later[quiz.pk] if row.cohort_id or _may_sit(row.user_id, quiz, allowances, sat)
        ]
        found[quiz.pk] = Closing(
            closes_at=max([quiz.closes_at, *(row.closes_at for row in rows)]) if quiz.closes_at else None,
            learners_later=len({row.user_id for row in rows if row.user_id}),
            classes_later=len({row.cohort_id for row in rows if row.cohort_id}),
            running=fact.running,
            open_until=fact.open_until,
            is_endless=fact.is_endless,
            has_class=fact.has_class or fact.is_sat_in_class,
            invited_until=fact.invited_until,
        )
    return found


def _with_facts(quizzes):
    running = Attempt.objects.filter(
        quiz=OuterRef("pk"), kind=Attempt.Kind.QUIZ, state=Attempt.State.OPEN
    ).order_by()
    learns = Enrolment.objects.filter(
        cohort=OuterRef("pk"), role=Enrolment.Role.LEARNER, left_at__isnull=True
    )
    # Made-up classes sit nothing.
    classes = Cohort.objects.filter(course=OuterRef("course"), is_demo=False)
    invitations = Invitation.objects.filter(
        cohort__course=OuterRef("course"), cohort__is_demo=False, role=Enrolment.Role.LEARNER, used_at=None
    )
    return quizzes.only("pk").annotate(
        running=Coalesce(Subquery(running.values("quiz").annotate(n=Count("pk")).values("n")), 0),
        open_until=Subquery(running.values("quiz").annotate(last=Max("deadline")).values("last")),
        is_endless=Exists(running.filter(deadline__isnull=True)),
        is_sat_in_class=Exists(running.filter(cohort__isnull=False)),
        has_class=Exists(classes.filter(Q(join_open=True) | Exists(learns))),
        invited_until=Subquery(
            invitations.order_by().values("cohort__course").annotate(last=Max("expires_at")).values("last")
        ),
    )


def _later(quiz, allowances):
    """Those of these allowances that let somebody sit the quiz after its own closing date."""
    if quiz.closes_at is None:
        return []
    return [
        row for row in allowances if is_for(row, quiz) and row.closes_at and row.closes_at > quiz.closes_at
    ]


def is_for(allowance, quiz) -> bool:
    """The allowance is for this quiz, or for every quiz of its course."""
    return allowance.course_id == quiz.course_id and allowance.quiz_id in (None, quiz.pk)


def _sat_by(people, quizzes):
    """(learner, quiz) → (attempts made, one of them is open)."""
    attempts = Attempt.objects.filter(learner__in=people, quiz__in=quizzes, kind=Attempt.Kind.QUIZ).order_by()
    is_open = Count("pk", filter=Q(state=Attempt.State.OPEN))
    rows = attempts.values_list("learner", "quiz").annotate(n=Count("pk"), open=is_open)
    return {(learner, quiz): (made, bool(open)) for learner, quiz, made, open in rows}


def _may_sit(person, quiz, allowances, sat):
    """An attempt of this person is open, or they may still start one. More attempts that some class has are taken for
    theirs: rather held too long."""
    made, is_open = sat.get((person, quiz.pk), (0, False))
    if is_open or not quiz.attempts_allowed:
        return True
    more = [
        row.extra_attempts or 0
        for row in allowances
        if is_for(row, quiz) and (row.user_id == person or row.cohort_id)
    ]
    return made < quiz.attempts_allowed + max(more, default=0)
