"""What to do now: the one next step of the home page, and the courses below it."""

from dataclasses import dataclass, replace

from studyapp.classes.access import courses_for, with_may_edit
from studyapp.progress.queries import CourseView, learner_overview
from studyapp.quizzes.models import Attempt
from studyapp.review.days import study_day
from studyapp.review.exam_dates import with_exam_on
from studyapp.review.queue import Day
from studyapp.study.practice import KINDS


@dataclass(frozen=True)
class NextStep:
    """`kind`: sitting (a quiz that runs), begin, continue, review, next_lesson, practice, run or nothing.

    What else is set depends on it.
    """

    kind: str
    course: CourseView | None = None
    lesson: object = None  # LessonView
    passage: object = None  # PassageView to go on with
    minutes: int = 0
    left: int = 0  # questions of a run without an answer
    attempt: Attempt | None = None  # at the quiz that runs
    day: Day = Day()  # today's review

    @property
    def review_after(self) -> bool:
        """Review waits after the step that is offered."""
        return self.kind not in ("sitting", "review", "begin") and self.day.count > 0

    @property
    def after(self) -> list:
        """What to do after that: lessons that were read and can be practised, two at most."""
        if self.course is None:
            return []
        lessons = [x for x in self.course.lessons if x != self.lesson and x.is_read and x.known < x.total]
        return [x for x in lessons if any(passage.questions for passage in x.passages)][:2]


def home_page(learner, *, now, day: Day | None = None) -> tuple[NextStep, list[CourseView]]:
    """The next step and every course of this person, the one they last read in first. `day`: today's review.

    Three queries for a visitor, six for a learner.
    """
    courses = with_may_edit(courses_for(learner), learner)
    if learner.is_authenticated:
        courses = with_exam_on(courses, learner, course="pk", today=study_day(now, learner.time_zone))
    courses = list(courses)
    views = learner_overview(learner, courses, drafts_of=[c.pk for c in courses if c.may_edit], now=now)
    views.sort(key=lambda view: view.place.at.timestamp() if view.place else 0, reverse=True)
    if not views:
        return NextStep("nothing"), views
    run, sitting = _open_attempts(learner, views, now)
    if sitting:
        return NextStep("sitting", attempt=sitting), views
    day = day or Day()
    return replace(next_step(views, run, day), day=day), views


def next_step(views, run=None, day: Day | None = None) -> NextStep:
    """What to do now, from the courses (last read first) and an open practice, if one is the latest thing.

    A lesson that was begun is read to its end first; then comes what is due for review, then new material.
    """
    view = views[0]
    if run and (view.place is None or run.started_at > view.place.at):
        own = next(v for v in views if v.course.pk == run.course_id)
        lesson = next((x for x in own.lessons if x.pk == run.lesson_id), None)
        if lesson:
            return NextStep("run", own, lesson, left=run.left)
    if view.place is None and view.read == 0:
        return NextStep("begin", view, view.lessons[0] if view.lessons else None)
    if lesson := view.current:
        passage = next((p for p in lesson.passages if p.number == (lesson.at or 1)), None)
        return NextStep("continue", view, lesson, passage, lesson.minutes_left)
    if day and day.due and day.count:
        return NextStep("review", view)
    lesson = view.place and next((x for x in view.lessons if x.pk == view.place.lesson_id), None)
    if lesson and lesson.known == 0 and any(p.questions for p in lesson.passages):
        return NextStep("practice", view, lesson)
    if lesson := view.upcoming:
        return NextStep("next_lesson", view, lesson, minutes=lesson.minutes)
    weakest = [x for x in view.lessons if x.fading] or [x for x in view.lessons if x.known < x.total]
    return NextStep("practice", view, weakest[0] if weakest else view.lessons[0])


def _open_attempts(learner, views, now):
    """The practice that was begun last and has questions left, and the quiz that runs and ends first. One query."""
    if not learner.is_authenticated:
        return None, None
    found = Attempt.objects.filter(
        learner=learner,
        kind__in=[*KINDS, Attempt.Kind.QUIZ],
        state=Attempt.State.OPEN,
        course__in=[v.course.pk for v in views],
    )
    runs, sittings = [], []
    for attempt in found.with_left().select_related("quiz"):
        if attempt.quiz_id is None and attempt.left:
            runs.append(attempt)
        elif attempt.quiz_id and (attempt.deadline is None or attempt.deadline > now):
            sittings.append(attempt)
    run = max(runs, key=lambda attempt: attempt.started_at, default=None)
    return run, min(sittings, key=lambda a: (a.deadline is None, a.deadline or a.started_at), default=None)
