"""Who waits holds up only who stands behind in the same line, and not for ever."""

import threading
import time

import pytest
from django.db import OperationalError, connection, transaction

from studyapp import patience
from studyapp.lanes import Lane
from tests.factories import create_course


@pytest.fixture
def lane():
    return Lane("test", threads=1, most=2, line=5, lock=0.2)


@pytest.fixture
def held(lane):
    """The only thread of the lane is busy until held.set()."""
    busy, free = threading.Event(), threading.Event()
    lane.enter(lambda: (busy.set(), free.wait(10)))
    busy.wait(10)
    yield free
    free.set()


def test_line_that_is_full_takes_nobody(lane, held):
    assert lane.enter(print)
    assert lane.enter(print)
    assert lane.enter(print) is None


def test_who_gave_up_waiting_is_not_run(lane, held):
    ran, done = [], threading.Event()
    first = lane.enter(lambda: ran.append("first"))
    lane.enter(done.set)

    assert first.claim()
    held.set()

    assert done.wait(10)
    assert ran == []
    assert not first.claim()


def test_thread_goes_on_after_a_request_that_failed(lane):
    done = threading.Event()
    lane.enter(lambda: 1 / 0)
    lane.enter(done.set)

    assert done.wait(10)


def test_what_waited_in_line_is_taken_off_the_wait_for_a_lock():
    left, done = [], threading.Event()
    lane = Lane("test", threads=1, most=2, line=3, lock=5)
    lane.enter(lambda: (left.append(patience.left(5)), done.set()))

    assert done.wait(10)
    assert 1 < left[0] <= 3


@pytest.mark.django_db(transaction=True)
def test_reader_waits_for_a_lock_for_its_own_short_time(lane):
    course = create_course("rivers")
    seen, done = [], threading.Event()

    def write():
        began = time.monotonic()
        try:
            with transaction.atomic():
                type(course).objects.filter(pk=course.pk).update(title="Other")
        except OperationalError:
            seen.append(time.monotonic() - began)
        finally:
            connection.close()
            done.set()

    with transaction.atomic():
        type(course).objects.filter(pk=course.pk).update(title="Mine")
        lane.enter(write)
        assert done.wait(10)

    assert 0.1 < seen[0] < 3
