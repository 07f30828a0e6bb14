"""Reads: where one person stands with a quiz, what rules hold for them, and whether they may start."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils.crypto import constant_time_compare

from studyapp.classes.models import Enrolment
from studyapp.quizzes import release
from studyapp.quizzes.deadlines import Grant, Window, combined, window_of
from studyapp.quizzes.models import Allowance, Attempt, Quiz
from studyapp.quizzes.scoring import Score, counting_attempts


@dataclass
class Standing:
    """One person and one quiz: `attempts` are those that count, oldest first."""

    quiz: Quiz
    window: Window
    grant: Grant
    cohorts: list[int]
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def open(self) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.is_open), None)

    @property
    def finished(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if not attempt.is_open]

    @property
    def left(self) -> int | None:
        """How many attempts may still be started; None: any number."""
        return None if self.window.attempts is None else max(0, self.window.attempts - len(self.attempts))

    def next_at(self) -> datetime | None:
        """When the wait after the last attempt is over; None where there is none."""
        if not self.finished or not self.quiz.delay_minutes:
            return None
        return max(attempt.finished_at for attempt in self.finished) + self.quiz.delay

    def closes_at(self) -> datetime | None:
        return self.window.closes_at

    def is_closed(self, now) -> bool:
        """Over for everybody it concerns. Without a closing date that is so for somebody who studies alone and has
        no attempt left; a class waits for a date or a release, since others may still sit the same questions."""
        if self.window.closes_at is not None:
            return self.window.is_over(now)
        return not self.cohorts and self.left == 0 and self.open is None

    def seen(self, attempt, now) -> release.Seen:
        """What this person may see of an attempt at this quiz now."""
        moment = release.moment_of(finished_at=attempt.finished_at, closes_at=self.window.closes_at, now=now)
        return release.seen(
            self.quiz.preset,
            self.quiz.custom,
            moment=moment,
            is_closed=self.is_closed(now),
            is_released=self.quiz.released_at is not None and self.quiz.released_at <= now,
        )

    def counting(self) -> set[int]:
        """Ids of the attempts that count, among those handed in."""
        done = self.finished
        percents = [Score(attempt.points, attempt.points_possible).percent for attempt in done]
        return {done[n].pk for n in counting_attempts(percents, self.quiz.counting)}

    def problem(self, now, *, password="") -> str:
        """Why nothing can be started now, as a sentence; "" where it can."""
        window = self.window
        if window.is_before(now):
            return "This quiz is not open yet."
        if window.is_over(now):
            return "This quiz is closed."
        if self.left == 0:
            return "You have no attempt left."
        after = self.next_at()
        if after and now < after:
            return "You can start again later; the wait after your last attempt is not over."
        wanted = self.quiz.password.strip()
        if wanted and not constant_time_compare(password.strip(), wanted):
            return "This is not the password of the quiz." if password else "This quiz asks for a password."
        return ""


def standings_of(learner, quizzes) -> list[Standing]:
    """Where a person stands with each of these quizzes, of any courses. Three queries, none for a visitor."""
    return standings_at((learner.pk, quiz) for quiz in quizzes)


def standings_at(places) -> list[Standing]:
    """The same for each of these (id of a learner, quiz), in their order. Three queries, none for visitors (None)."""
    places = list(places)
    learners = {learner for learner, _ in places if learner is not None}
    attempts, cohorts, own, of_classes = {}, {}, {}, {}
    if learners:
        for attempt in Attempt.objects.filter(
            learner__in=learners, kind=Attempt.Kind.QUIZ, quiz__in={quiz.pk for _, quiz in places}
        ).order_by("started_at", "pk"):
            attempts.setdefault((attempt.learner_id, attempt.quiz_id), []).append(attempt)
        courses = {quiz.course_id for _, quiz in places}
        memberships = Enrolment.objects.filter(
            user__in=learners, left_at__isnull=True, cohort__course__in=courses
        ).order_by("joined_at", "pk")
        for learner, cohort, course in memberships.values_list("user", "cohort", "cohort__course"):
            cohorts.setdefault((learner, course), []).append(cohort)
        classes = {cohort for found in cohorts.values() for cohort in found}
        for row in Allowance.objects.filter(removed_at__isnull=True, course__in=courses).filter(
            Q(user__in=learners) | Q(cohort__in=classes)
        ):
            (own if row.user_id else of_classes).setdefault(row.user_id or row.cohort_id, []).append(row)
    found = []
    for learner, quiz in places:
        classes = cohorts.get((learner, quiz.course_id), [])
        allowances = own.get(learner, []) + [row for pk in classes for row in of_classes.get(pk, [])]
        grant = grant_of(allowances, quiz)
        window = window_of(
            opens_at=quiz.opens_at,
            closes_at=quiz.closes_at,
            limit_minutes=quiz.time_limit_minutes,
            attempts=quiz.attempts_allowed,
            grant=grant,
        )
        mine = attempts.get((learner, quiz.pk), [])
        found.append(Standing(quiz, window, grant, classes, mine))
    return found


def standing_of(learner, quiz) -> Standing:
    return standings_of(learner, [quiz])[0]


def grant_of(allowances, quiz) -> Grant:
    """What these allowances of one person (their own, and those of their classes) say for this quiz."""
    for_quiz = [a for a in allowances if a.course_id == quiz.course_id and a.quiz_id in (None, quiz.pk)]
    return combined(
        [_grant(allowance) for allowance in for_quiz if allowance.user_id],
        [_grant(allowance) for allowance in for_quiz if allowance.cohort_id],
    )


def _grant(row):
    return Grant(row.factor, row.extra_minutes, row.opens_at, row.closes_at, row.extra_attempts)
