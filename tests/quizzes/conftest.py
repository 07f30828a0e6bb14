from random import Random

import pytest

from studyapp.quizzes.sittings import start_quiz
from tests.factories import create_course, create_lesson, create_question, create_quiz

KINDS = ("true_false", "single_choice", "numeric", "essay")


@pytest.fixture
def course(db):
    return create_course()


@pytest.fixture
def bank(course):
    """Three questions that are true or false."""
    lesson = create_lesson(course)
    return [create_question(lesson, f"q-{n}") for n in range(1, 4)]


@pytest.fixture
def quiz(course, bank):
    """An exam of 30 minutes over the three questions, one attempt."""
    return create_quiz(course, slots=bank, time_limit_minutes=30, attempts_allowed=1)


@pytest.fixture
def start(learner, now):
    def start(quiz, *, by=learner, at=now, **options):
        return start_quiz(by, quiz, now=at, rng=Random(1), **options)

    return start


@pytest.fixture
def rng():
    return Random(1)
