"""The cast, the clock and what every test of the product starts from."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from tests import factories

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
JAVA = shutil.which("java")
VNU = Path(__file__).parent.parent / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
IN_CI = os.environ.get("CI") == "true"
# Fixtures by which a test shows that it needs the database; the PostgreSQL run takes these tests only.
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "admin_client", "django_db_reset_sequences"}


def pytest_addoption(parser):
    parser.addoption("--touching-database", action="store_true", help="only tests that touch the database")


def pytest_collection_modifyitems(config, items):
    """Leave out by name what this machine cannot run; in CI nothing may be left out."""
    for item in items:
        if "browser" in Path(str(item.fspath)).parts:
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("browser") and not CHROMIUM and not IN_CI:
            item.add_marker(pytest.mark.skip(reason="Chromium is missing: apt install chromium"))
    if config.getoption("--touching-database"):
        touching = [
            item
            for item in items
            if item.get_closest_marker("django_db")
            or DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
        ]
        config.hook.pytest_deselected(items=[item for item in items if item not in touching])
        items[:] = touching


@pytest.fixture(autouse=True)
def _media_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def now():
    return datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def today(monkeypatch):
    """About noon of this day, for tests of views that read the clock themselves; the clock goes on from there.

    Otherwise a study day could end between what a test makes and what it then looks at.
    """
    real = timezone.now
    ahead = real().replace(hour=12, minute=0) - real()
    monkeypatch.setattr(timezone, "now", lambda: real() + ahead)
    return timezone.now()


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


@pytest.fixture
def lock():
    """Queries that an answer takes beside the others to hold its learner's row: one, where rows can be locked."""
    return int(connection.features.has_select_for_update)
