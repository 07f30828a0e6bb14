"""A transaction that finds the database taken waits for it, as long as the settings say and no longer."""

import sqlite3
import threading

import pytest
from django.db import OperationalError, connection, transaction

from studyapp.classes.models import Cohort
from tests.factories import create_course

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's own lock"),
]


@pytest.fixture
def taken():
    """Somebody else who writes; taken.rollback() lets go."""
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    yield other
    if other.in_transaction:
        other.rollback()
    other.close()


def patience():
    return connection.cursor().execute("PRAGMA busy_timeout").fetchone()[0]


def test_it_begins_when_the_other_one_ends(taken, monkeypatch):
    looks, let_go = [], threading.Event()
    monkeypatch.setattr(
        "studyapp.sqlite.base.time.sleep", lambda seconds: (looks.append(seconds), let_go.set())
    )
    ending = threading.Thread(target=lambda: (let_go.wait(10), taken.rollback()))
    ending.start()

    with transaction.atomic():
        create_course("rivers")
    ending.join()

    assert looks
    assert patience() == 5000


def test_it_gives_up_after_the_time_of_the_settings(taken, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)

    with pytest.raises(OperationalError, match="locked"), transaction.atomic():
        raise AssertionError("nobody comes here")

    assert patience() == 50
    taken.rollback()
    with transaction.atomic():
        assert not Cohort.objects.exists()
