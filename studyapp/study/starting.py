"""One start at a time prepares a site: two that meet on an empty folder or database would make the tables twice."""

import fcntl
import os
import time

from django.core.management import CommandError
from django.db import connection

LONGEST = 300  # seconds that a start waits for another one
ADVISORY = 2_026_031_009  # of PostgreSQL's locks the one that means: this database is being prepared


def take_turn(folder, say) -> int:
    """Wait until no other start prepares what is in this folder. The descriptor that is returned holds the turn until
    it is closed in every process that has it."""
    turn = os.open(folder / "starting.lock", os.O_RDWR | os.O_CREAT, 0o600)
    _wait(lambda: _locked(turn), say, f"{folder}")
    if connection.vendor == "postgresql":  # another machine may have another folder
        _wait(_locked_on_postgresql, say, "this database")
    os.set_inheritable(turn, True)
    return turn


def _wait(is_ours, say, where):
    end = time.monotonic() + LONGEST
    said = False
    while not is_ours():
        if not said:
            say(f"Another start is preparing {where}: waiting until it serves …")
            said = True
        if time.monotonic() > end:
            raise CommandError(f"Another start has held {where} for {LONGEST // 60} minutes: end it first.")
        time.sleep(0.1)


def _locked(turn) -> bool:
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _locked_on_postgresql() -> bool:
    """Held until this connection is closed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY])
        return cursor.fetchone()[0]
