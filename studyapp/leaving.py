"""How a worker of the server leaves: told to end, it first says "not ready", then stops taking requests, then finishes.

A balancer that asks `/readyz` needs a moment to send people elsewhere; until then they are still answered. The server
itself would close its door at once. So SIGTERM is kept from it (blocked in every thread of the worker) and taken by a
thread of ours, which passes on the signal that the server stops at when the moment is over. Ctrl-C stops at once.
"""

import os
import signal
import threading
import time

from studyapp.supervisor import FINISH, MOMENT, leave_with_parent

_told = threading.Event()


def is_leaving() -> bool:
    """True once this process was told to end."""
    return _told.is_set()


def leave_in_steps() -> None:
    """Call it in the main thread of a worker, before any other thread is there: a new thread inherits what is blocked."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    leave_with_parent()
    threading.Thread(target=_leave, args=(threading.main_thread().ident,), daemon=True).start()


def _leave(main_thread: int) -> None:
    signal.sigwait({signal.SIGTERM})
    _told.set()
    time.sleep(MOMENT)
    signal.pthread_kill(main_thread, signal.SIGINT)
    # Whoever started this worker would not wait longer either; it may be gone.
    time.sleep(FINISH)
    os._exit(1)
