"""A small open course to read and practise, as large as a test wants it."""

import pytest

from content.models import Module
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}


def create_rivers(*, lessons=2, passages=3, questions=2, checks=True, **fields):
    """A course "rivers": lessons "lesson-1" …, each with passages "lesson-1-1" … and questions "lesson-1-1-q1" …

    The first question of the first passage of each lesson stands in its text as a check.
    """
    course = factories.create_course(**fields)
    for n in range(1, lessons + 1):
        module = Module.objects.create(course=course, slug=f"module-{n}", title=f"Module {n}", position=n)
        lesson = factories.create_lesson(
            course, f"lesson-{n}", title=f"Lesson {n}", module=module, passages=passages, minutes=6
        )
        for passage in lesson.passages.all():
            for q in range(1, questions + 1):
                factories.create_question(lesson, f"{passage.slug}-q{q}", passage=passage, position=q)
        if checks and questions:
            first = lesson.passages.first()
            first.segments.append({"check": f"{first.slug}-q1"})
            first.save()
    return course


@pytest.fixture
def rivers(db):
    return create_rivers()


@pytest.fixture
def reading(client, learner):
    """The client of a learner who is signed in."""
    client.force_login(learner)
    return client
