"""The cast, the clock and what every test of the product starts from."""

from datetime import UTC, datetime

import pytest

from tests import factories


@pytest.fixture
def now():
    return datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def learner(db):
    return factories.create_user("learner", name="Learner One")


@pytest.fixture
def classmate(db):
    return factories.create_user("classmate", name="Learner Two")


@pytest.fixture
def instructor(db):
    return factories.create_user("instructor", name="Instructor One", is_staff=True)


@pytest.fixture
def stranger(db):
    """Signed in, but in no class and on no staff."""
    return factories.create_user("stranger", name="A Stranger")
