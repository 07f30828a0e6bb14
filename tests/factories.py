"""Rows for tests. Name only what the test is about; everything else has a plain default."""

from datetime import UTC, datetime

from content.models import Course, CourseStaff, Lesson, Module, Passage
from studyapp.accounts.models import User
from studyapp.classes.models import Cohort, Enrolment

THEN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PASSWORD = "a-long-enough-phrase"


def create_user(username="someone", **fields):
    return User.objects.create_user(username, fields.pop("password", PASSWORD), **fields)


def create_course(slug="rivers", *, staff=(), **fields):
    course = Course.objects.create(slug=slug, title=fields.pop("title", slug.title()), **fields)
    for user in staff:
        CourseStaff.objects.create(course=course, user=user, role=CourseStaff.Role.INSTRUCTOR)
    return course


def create_lesson(course, slug="sources", *, passages=2, module=None, **fields):
    module = module or Module.objects.get_or_create(course=course, slug="one", defaults={"title": "One"})[0]
    lesson = Lesson.objects.create(
        course=course, module=module, slug=slug, title=fields.pop("title", slug.title()), **fields
    )
    for n in range(1, passages + 1):
        Passage.objects.create(
            course=course,
            lesson=lesson,
            slug=f"{slug}-{n}",
            title=f"Part {n} of {lesson.title}",
            position=n,
            segments=[{"html": f"<p>Text of part {n}.</p>"}],
            text=f"Text of part {n}.",
        )
    return lesson


def create_cohort(course, *, instructors=(), learners=(), name="Class A", **fields):
    fields.setdefault("join_code", f"code-{course.slug}-{name}"[:20])
    cohort = Cohort.objects.create(course=course, name=name, created_at=THEN, **fields)
    for role, people in ((Enrolment.Role.INSTRUCTOR, instructors), (Enrolment.Role.LEARNER, learners)):
        for user in people:
            Enrolment.objects.create(cohort=cohort, user=user, role=role, joined_at=THEN)
    return cohort
