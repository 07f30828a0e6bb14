"""Reads: where one person stands with a quiz, what rules hold for them, and whether they may start."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils.crypto import constant_time_compare

from studyapp.classes.models import Enrolment
from studyapp.quizzes import release
from studyapp.quizzes.closing import Closing, closings_of, is_for
from studyapp.quizzes.deadlines import Grant, Window, combined, window_of
from studyapp.quizzes.models import Allowance, Attempt, Quiz
from studyapp.quizzes.scoring import Score, counting_attempts

FOR_CLASSES = "This exam is for the classes of this course. You can start it when you are in one of them."


@dataclass
class Standing:
    """One person and one quiz: `attempts` are those that count, `brought` those done as a guest that do not, oldest
    first. `cohorts`: the classes they are in now; these decide what may be started, never what is shown."""

    quiz: Quiz
    window: Window
    grant: Grant
    cohorts: list[int]
    attempts: list[Attempt] = field(default_factory=list)
    brought: list[Attempt] = field(default_factory=list)
    closing: Closing = field(default_factory=Closing)
    is_named: bool = False  # something of this quiz was allowed to this very person

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

    def is_for_classes(self, now) -> bool:
        """An exam that nobody outside the classes of its course can start."""
        return self.quiz.is_exam and not self.quiz.open_to_everyone and self.closing.class_sits(now)

    def may_sit(self, now) -> bool:
        return bool(self.cohorts) or self.is_named or not self.is_for_classes(now)

    def is_closed(self, attempt, now) -> bool:
        """Over for everybody whom the quiz concerns, as far as this attempt shows it.

        Without a closing date an attempt made in a class waits for the release, whatever class its learner is in
        now; so does one made alone, while a class can sit the same questions. Else it is over for whoever studies
        alone when they have no attempt left.
        """
        if self.quiz.closes_at is not None:
            return self.closing.is_over(now)
        if attempt.cohort_id is not None or self.closing.class_sits(now):
            return False
        return self.left == 0 and self.open is None

    def seen(self, attempt, now) -> release.Seen:
        """What this person may see of an attempt of theirs at this quiz now."""
        is_closed = self.is_closed(attempt, now)
        return release.seen(
            self.quiz.preset,
            self.quiz.custom,
            moment=release.moment_of(finished_at=attempt.finished_at, is_closed=is_closed, now=now),
            is_closed=is_closed,
            is_released=self.quiz.released_at is not None and self.quiz.released_at <= now,
        )

    def waits_for(self, now, attempt=None) -> str:
        """What opens the results of an attempt (None: of the one that would be started now): its `date`, when the
        `others` have handed in, the `last` attempt of somebody who studies alone, or a `release`."""
        if self.quiz.closes_at is not None:
            return "date" if now < self.closing.closes_at else "others"
        in_class = bool(self.cohorts) if attempt is None else attempt.cohort_id is not None
        if in_class or self.closing.class_sits(now) or self.window.attempts is None:
            return "release"
        return "last"

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
        if not self.may_sit(now):
            return FOR_CLASSES
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
    """Where a person stands with each of these quizzes, of any courses. As many queries as `standings_at`."""
    return standings_at((learner.pk, quiz) for quiz in quizzes)


def standings_at(places) -> list[Standing]:
    """The same for each of these (id of a learner, quiz), in their order.

    Three queries, none where all are visitors (None). A quiz that keeps something back at hand-in adds those of
    `closings_of`, and one for a visitor.
    """
    places = list(places)
    learners = {learner for learner, _ in places if learner is not None}
    quizzes = {quiz.pk: quiz for _, quiz in places}
    attempts, brought, cohorts = {}, {}, {}
    if learners:
        for attempt in Attempt.objects.filter(
            learner__in=learners, kind__in=[Attempt.Kind.QUIZ, Attempt.Kind.GUEST], quiz__in=quizzes
        ).order_by("started_at", "pk"):
            kept = attempts if attempt.counts else brought
            kept.setdefault((attempt.learner_id, attempt.quiz_id), []).append(attempt)
        memberships = Enrolment.objects.filter(
            user__in=learners, left_at__isnull=True, cohort__course__in=_courses_of(quizzes.values())
        ).order_by("joined_at", "pk")
        for learner, cohort, course in memberships.values_list("user", "cohort", "cohort__course"):
            cohorts.setdefault((learner, course), []).append(cohort)
    # A running attempt keeps what its own class was allowed, wherever its learner is now.
    classes = {
        (learner, quiz.pk): {
            *cohorts.get((learner, quiz.course_id), ()),
            *(a.cohort_id for a in attempts.get((learner, quiz.pk), ()) if a.is_open and a.cohort_id),
        }
        for learner, quiz in places
    }
    secretive = _secretive(quizzes.values())
    rows = _allowed(quizzes.values(), learners, set().union(*classes.values()), secretive)
    own, of_classes = {}, {}
    for row in rows:
        (own if row.user_id else of_classes).setdefault(row.user_id or row.cohort_id, []).append(row)
    closings = closings_of(secretive, rows)
    found = []
    for learner, quiz in places:
        mine = own.get(learner, [])
        grant = grant_of(mine + [r for pk in classes[learner, quiz.pk] for r in of_classes.get(pk, [])], quiz)
        window = window_of(
            opens_at=quiz.opens_at,
            closes_at=quiz.closes_at,
            limit_minutes=quiz.time_limit_minutes,
            attempts=quiz.attempts_allowed,
            grant=grant,
        )
        found.append(
            Standing(
                quiz,
                window,
                grant,
                cohorts.get((learner, quiz.course_id), []),
                attempts.get((learner, quiz.pk), []),
                brought.get((learner, quiz.pk), []),
                closings.get(quiz.pk) or Closing(quiz.closes_at),
                any(is_for(row, quiz) for row in mine),
            )
        )
    return found


def closing_of(quiz) -> Closing:
    """When this quiz is over for everybody. Two queries, three where somebody has a later date; none where it keeps
    nothing back anyway."""
    secretive = _secretive([quiz])
    return closings_of(secretive, _allowed([quiz], (), (), secretive)).get(quiz.pk) or Closing(quiz.closes_at)


def _secretive(quizzes):
    """Those that keep something back at hand-in."""
    return [quiz for quiz in quizzes if quiz.preset != Quiz.Preset.LEARN]


def _courses_of(quizzes):
    return {quiz.course_id for quiz in quizzes}


def _allowed(quizzes, learners, classes, secretive):
    """What is allowed now to these learners and classes in these quizzes; and what lets anybody sit one of `secretive`
    later or once more."""
    wanted = Q()
    if learners:
        wanted |= Q(user__in=learners) | Q(cohort__in=classes)
    if secretive:
        more = Q(closes_at__isnull=False) | Q(extra_attempts__isnull=False)
        is_active = Q(user__isnull=True) | Q(user__is_active=True)
        wanted |= more & is_active & Q(course__in=_courses_of(secretive))
    if not wanted:
        return []
    return list(Allowance.objects.filter(wanted, removed_at__isnull=True, course__in=_courses_of(quizzes)))


def standing_of(learner, quiz) -> Standing:
    return standings_of(learner, [quiz])[0]


def grant_of(allowances, quiz) -> Grant:
    """What these allowances of one person (their own, and those of their classes) say for this quiz."""
    for_quiz = [allowance for allowance in allowances if is_for(allowance, quiz)]
    return combined(
        [_grant(allowance) for allowance in for_quiz if allowance.user_id],
        [_grant(allowance) for allowance in for_quiz if allowance.cohort_id],
    )


def _grant(row):
    return Grant(row.factor, row.extra_minutes, row.opens_at, row.closes_at, row.extra_attempts)
