"""The day for which a learner studies a course: their own date, else that of their class."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from studyapp.classes.models import Cohort
from studyapp.review.models import ExamDate

FURTHEST = timedelta(days=366)


class DateRefused(ValueError):
    """The message says what to do."""


@dataclass(frozen=True)
class ExamDay:
    """The date that holds. `own`: the learner set it; else it is the date of their class `class_name`."""

    on: date
    own: bool
    class_on: date | None = None
    class_name: str = ""

    def days_from(self, today: date) -> int:
        return (self.on - today).days


def studied_for(on: date, *, today: date) -> date:
    """The day itself, where one can still study for it; else DateRefused. Pure."""
    if on <= today:
        raise DateRefused("Choose a day after today.")
    if on - today > FURTHEST:
        raise DateRefused("Choose a day within a year from now.")
    return on


def set_exam_date(learner, course, on: date, *, now) -> None:
    """From now on this course is studied for that day."""
    ExamDate.objects.update_or_create(learner=learner, course=course, defaults={"on": on, "set_at": now})


def remove_exam_date(learner, course) -> bool:
    """Forget the learner's own date; that of a class holds again. False where there was none."""
    return ExamDate.objects.filter(learner=learner, course=course).delete()[0] > 0


def exam_day(learner, course, *, today: date) -> ExamDay | None:
    """The date that holds for this learner, or None: their own, else the next of their classes, else one that is
    over. Two queries."""
    if not learner.is_authenticated:
        return None
    dates = list(_class_dates(learner).filter(course=course).values_list("exam_on", "name"))
    coming = [row for row in dates if row[0] >= today]
    class_on, name = next(iter(coming or dates[::-1]), (None, ""))
    own = ExamDate.objects.filter(learner=learner, course=course).values_list("on", flat=True).first()
    on = next((day for day in (own, class_on) if day and day >= today), own or class_on)
    return on and ExamDay(on, on == own, class_on, name)


def with_exam_on(rows, learner, *, course, today: date):
    """Rows, each with `exam_on`: the next exam of its course for this learner, or None. `course`: the name of the
    column that holds the course."""
    if not learner.is_authenticated:
        return rows
    own = ExamDate.objects.filter(learner=learner, course=OuterRef(course), on__gte=today).values("on")[:1]
    of_class = _class_dates(learner).filter(course=OuterRef(course), exam_on__gte=today)
    return rows.annotate(exam_on=Coalesce(Subquery(own), Subquery(of_class.values("exam_on")[:1])))


def exam_within(learner, soon: tuple[date, date]) -> Q:
    """A condition that is the same for every row: this learner has an exam between these days. Asked first, it spares
    those who have none the look at each row's own."""
    own = ExamDate.objects.filter(learner=learner, on__range=soon)
    return Q(Exists(own)) | Q(Exists(_class_dates(learner).filter(exam_on__range=soon)))


def _class_dates(learner):
    member = Cohort.objects.filter(
        enrolments__user=learner, enrolments__role="learner", enrolments__left_at__isnull=True
    )
    return member.filter(exam_on__isnull=False).order_by("exam_on", "pk")
