"""Whose quizzes are looked after together: a class, or everybody who sits the quizzes of a course without one."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from content.access import courses_edited_by
from content.models import Course
from studyapp.classes.access import cohort_taught_by, course_led_by, leads_class
from studyapp.quizzes.models import Attempt


@dataclass(frozen=True)
class WithoutClass:
    """Stands where a class stands, for a course that people study alone. Its `pk` is what their attempts have for a
    class: none."""

    course: Course

    pk = None
    name = "Learners without a class"

    @property
    def course_id(self) -> int:
        return self.course.pk

    @property
    def zone(self) -> str:
        return self.course.time_zone


def group_for(user, *, cohort=None, course=None):
    """(group, may this person change something for it) of the class with this id, or of those who study the course
    with this slug without one; or Http404. Whoever is in no class is looked after by the staff of the course."""
    if course is not None:
        return WithoutClass(course_led_by(user, course)), True
    group = cohort_taught_by(user, cohort)
    return group, leads_class(user, group)


def courses_without_class(user):
    """The courses of this person's which somebody studies, or may study, without a class. One query."""
    alone = Attempt.objects.filter(course=OuterRef("pk"), cohort__isnull=True, kind=Attempt.Kind.QUIZ)
    found = courses_edited_by(user).filter(Q(access=Course.Access.OPEN) | Exists(alone))
    return found.distinct().order_by("title", "pk")


def address_of(group, page, *rest) -> str:
    """The address of a teacher's page for a group: `quizzes`, `quiz`, `attempt` or `mark`."""
    if group.pk is None:
        return reverse(f"quizzes:course_{page}", args=[group.course.slug, *rest])
    name = page if page == "mark" else f"class_{page}"
    return reverse(f"quizzes:{name}", args=[group.pk, *rest])
