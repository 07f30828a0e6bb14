"""How long this thread may wait for somebody else's lock: what its request has left, or what its lane allows at all.

The databases ask (studyapp/sqlite, studyapp/postgresql), the lanes of the server say (studyapp/lanes.py). Without lanes,
in commands and tests, everybody waits as long as the settings say.
"""

import threading
import time

_mine = threading.local()
LEAST = 0.05  # seconds: a lock that is held for the length of one save is always waited for


def be_patient(standing: float) -> None:
    """This thread never waits longer than so many seconds, from now on. To be said before it has a connection."""
    _mine.standing = standing


def wait_until(moment: float | None) -> None:
    """What this thread does next waits for locks until that moment of time.monotonic() at most."""
    _mine.moment = moment


def standing(usual: float) -> float:
    """Seconds that any one wait of this thread may take, `usual` where nobody said."""
    return min(usual, getattr(_mine, "standing", usual))


def left(usual: float) -> float:
    """Seconds that a wait which begins now may take."""
    moment = getattr(_mine, "moment", None)
    seconds = standing(usual)
    return seconds if moment is None else min(seconds, max(LEAST, moment - time.monotonic()))
