"""Lines of requests before the threads that answer them, so that one who waits holds up only those behind it in its line.

A worker has two: who only reads never stands behind who waits for a lock. Threads are few and live as long as the
worker, since each has a connection and prepared queries of its own.
"""

import logging
import threading
import time
from queue import SimpleQueue

from studyapp import patience

log = logging.getLogger(__name__)


class Turn:
    """One request in a line. It is run, or refused because it waited too long: `claim` says which, once."""

    __slots__ = ("_claim", "came", "run")

    def __init__(self, run):
        self.run, self.came, self._claim = run, time.monotonic(), threading.Lock()

    def claim(self) -> bool:
        return self._claim.acquire(blocking=False)


class Lane:
    def __init__(self, name: str, *, threads: int, most: int, line: float, lock: float):
        """`most` may wait, for `line` seconds at most; who runs waits `lock` seconds for a lock, and never longer in
        all than the line allows."""
        self.most, self.line, self.lock = most, line, lock
        self.length = 0
        self._turns, self._count = SimpleQueue(), threading.Lock()
        for n in range(threads):
            threading.Thread(target=self._work, name=f"{name} {n + 1}", daemon=True).start()

    def enter(self, run) -> Turn | None:
        """Stand in line; None where it is too long. `run()` is called in one of the threads of this lane."""
        if self.length >= self.most:
            return None
        with self._count:
            self.length += 1
        turn = Turn(run)
        self._turns.put(turn)
        return turn

    def _work(self):
        patience.be_patient(self.lock)
        while True:
            turn = self._turns.get()
            with self._count:
                self.length -= 1
            if not turn.claim():
                continue
            patience.wait_until(turn.came + self.line)
            try:
                turn.run()
            except BaseException:  # the thread goes on: it is the only one of its kind
                log.exception("a request could not be answered")
