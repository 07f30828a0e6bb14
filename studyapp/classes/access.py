"""Who may see what. Each function returns the object or raises Http404, alike for a missing and a foreign one."""

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, OuterRef, Q
from django.http import Http404

from content.access import courses_edited_by
from content.models import Course
from studyapp.classes.models import Cohort, Enrolment
from studyapp.prepared import Prepared


def courses_for(user):
    """Courses this person may open: open ones, those of their classes, those they write. Drafts only for staff."""
    published = Q(access=Course.Access.OPEN)
    if not user.is_authenticated:
        return Course.objects.filter(published, is_draft=False)
    member = Q(cohorts__enrolments__user=user, cohorts__enrolments__left_at__isnull=True)
    visible = Q(is_draft=False) & (published | member)
    return Course.objects.filter(visible | Q(pk__in=courses_edited_by(user).values("pk"))).distinct()


def with_may_edit(courses, user):
    """Each course with `may_edit`: this person writes it, and so sees its drafts."""
    return courses.annotate(may_edit=Exists(courses_edited_by(user).filter(pk=OuterRef("pk"))))


_COLUMNS = [field.attname for field in Course._meta.concrete_fields]
_COURSE = Prepared(str, build=lambda slug: Course.objects.filter(slug=slug).order_by().values_list(*_COLUMNS))


def course_for(user, slug: str) -> Course:
    """The course, with `may_edit`, where `courses_for` has it.

    Every page of a course asks this, so it asks the database no more than it must: one short query where
    the course is open to all.
    """
    rows = _COURSE.rows(slug)
    if not rows:
        raise Http404
    return opened(user, Course.from_db(DEFAULT_DB_ALIAS, _COLUMNS, rows[0]))


def opened(user, course: Course) -> Course:
    """This course, with `may_edit`, or Http404 where this person may not open it."""
    course.may_edit = user.is_staff and courses_edited_by(user).filter(pk=course.pk).exists()
    if course.may_edit or (course.access == Course.Access.OPEN and not course.is_draft):
        return course
    if course.is_draft or not _is_member(user, course):
        raise Http404
    return course


def _is_member(user, course):
    return (
        user.is_authenticated
        and Enrolment.objects.filter(cohort__course=course, user=user, left_at__isnull=True).exists()
    )


def cohorts_taught_by(user):
    """Classes whose progress this person may see: as their instructor or assistant, or as staff of the course."""
    if not user.is_authenticated or not user.is_active:
        return Cohort.objects.none()
    if user.is_superuser:
        return Cohort.objects.all()
    teaching = Enrolment.objects.filter(
        user=user, left_at__isnull=True, role__in=[Enrolment.Role.INSTRUCTOR, Enrolment.Role.ASSISTANT]
    )
    return Cohort.objects.filter(
        Q(pk__in=teaching.values("cohort")) | Q(course__in=courses_edited_by(user).values("pk"))
    )


def cohort_taught_by(user, pk: int) -> Cohort:
    try:
        return cohorts_taught_by(user).select_related("course").get(pk=pk)
    except Cohort.DoesNotExist:
        raise Http404 from None


def leads_class(user, cohort: Cohort) -> bool:
    """True for whoever may change something for the class: its instructors and the staff of its course. An
    assistant sees and marks, and changes nothing else."""
    if not user.is_authenticated or not user.is_active:
        return False
    if user.is_superuser or courses_edited_by(user).filter(pk=cohort.course_id).exists():
        return True
    return Enrolment.objects.filter(
        cohort=cohort, user=user, left_at__isnull=True, role=Enrolment.Role.INSTRUCTOR
    ).exists()


def course_led_by(user, slug: str) -> Course:
    """The course, for its staff: they alone may change something for whoever studies it without a class."""
    course = courses_edited_by(user).filter(slug=slug).first()
    if course is None:
        raise Http404
    return course


def memberships_of(user):
    """The classes this person is in now, in any role: a list of enrolments with class and course, oldest first."""
    if not user.is_authenticated:
        return []
    return list(
        Enrolment.objects.select_related("cohort__course")
        .filter(user=user, left_at__isnull=True)
        .order_by("joined_at", "pk")
    )
