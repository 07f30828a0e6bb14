"""Keeps the workers alive: each is a granian of its own on the same port, and one that ends is started again.

`manage.py serve` becomes this when all is prepared. granian's own way to start workers again gives up when one dies
twice within seconds, and ends the healthy ones too; and what it leaves behind when it is killed goes on answering. So
here nobody is waited for, and the end of a parent, however it comes, ends its children (`leave_with_parent`).
"""

import argparse
import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

MOMENT = 2.0  # seconds of "not ready" during which a worker that was told to end still takes requests
FINISH = 30  # seconds that running requests have afterwards
SHORTEST, LONGEST = 0.25, 10.0  # seconds before a worker is started again, doubled each time
STEADY = 20.0  # seconds after which one that ends is no longer one that ends again and again
MOST_CONNECTIONS = 4096  # of a worker; one that only waits costs some kB and no thread
HEAD_MS = 20_000  # milliseconds that the head of a request has

PR_SET_PDEATHSIG = 1


def granian(host: str, port: int, application: str) -> list[str]:
    """The command of one worker."""
    return [
        *(str(Path(sys.executable).with_name("granian")), "--interface", "rsgi", "--http", "1", "--no-ws"),
        *("--workers", "1", "--loop", "asyncio", "--log-level", "warning"),
        *("--backlog", "1024", "--backpressure", str(MOST_CONNECTIONS)),
        # Of the head of a request; a connection that stays open between two requests has as long.
        *("--http1-header-read-timeout", str(HEAD_MS), "--http1-buffer-size", "65536"),
        *("--workers-kill-timeout", str(round(MOMENT) + FINISH)),
        *("--host", host, "--port", str(port), application),
    ]


def leave_with_parent(parent: int | None = None) -> None:
    """This process is told to end when the one that started it is gone (Linux). `parent`: who that is, if it is known;
    it may be gone already."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if parent and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


class Worker:
    def __init__(self, command):
        self.command, self.process = command, None
        self.began = self.due = time.monotonic()
        self.wait = SHORTEST

    def look(self, now: float) -> None:
        """Start it where it is due; where it has ended, say so and when it is due again."""
        if self.process is None:
            if now >= self.due:
                self.start(now)
        elif (code := self.process.poll()) is not None:
            self.wait = SHORTEST if now - self.began > STEADY else min(2 * self.wait, LONGEST)
            say(f"A worker ended ({code}): it starts again in {self.wait:g} seconds.")
            self.process, self.due = None, now + self.wait

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def start(self, now: float) -> None:
        self.began = now
        try:
            self.process = subprocess.Popen(self.command, preexec_fn=partial(leave_with_parent, os.getpid()))
        except OSError as error:  # no memory for another process, or too many of them
            self.due = now + LONGEST
            say(f"A worker could not be started ({error.strerror}): again in {LONGEST:g} seconds.")


class Supervisor:
    def __init__(self, host: str, port: int, workers: int, application: str, lock: int | None = None):
        self.host, self.port, self.lock = host, port, lock
        self.workers = [Worker(granian(host, port, application)) for _ in range(workers)]
        self.told = None

    def run(self) -> int:
        """Until told to end: then 0. 1 where no worker ever came up: what is wrong then is not mended by trying on."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.tell)
        allow_files()
        for worker in self.workers:
            worker.start(time.monotonic())
        has_answered = False
        while not self.told:
            if not has_answered and answers(self.host, self.port):
                has_answered = True
                self.let_next_start()
            if not has_answered and all(w.has_ended() for w in self.workers):
                return 1
            if has_answered:
                for worker in self.workers:
                    worker.look(time.monotonic())
            time.sleep(0.1)
        return self.end()

    def tell(self, number, frame) -> None:
        """What this process was told, its workers are told as well; a second time they are not waited for."""
        if self.told:
            number = signal.SIGKILL
        self.told = signal.SIGTERM if number == signal.SIGHUP else number
        for worker in self.workers:
            if worker.process is not None:
                worker.process.send_signal(self.told)

    def end(self) -> int:
        for worker in self.workers:
            if worker.process is not None:
                worker.process.send_signal(self.told)  # once more: it may have been started meanwhile
                worker.process.wait()
        return 0

    def let_next_start(self) -> None:
        """Another start on the same folder may go on: it finds the port taken now."""
        if self.lock is not None:
            os.close(self.lock)


def answers(host: str, port: int) -> bool:
    """True where somebody takes connections there."""
    try:
        with socket.create_connection((host, port), 0.5):
            return True
    except OSError:
        return False


def allow_files() -> None:
    """As many open connections as the system allows: its usual 1,024 are a class with a few tabs each."""
    import resource

    with contextlib.suppress(ValueError, OSError):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def say(line: str) -> None:
    print(line, flush=True)


def command(host: str, port: int, workers: int, *, application="studyapp.served:application", lock=None):
    """What runs a supervisor; the current folder must be the project's."""
    asked = [sys.executable, "-m", "studyapp.supervisor", host, str(port), str(workers), application]
    return asked if lock is None else [*asked, "--lock", str(lock)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("workers", type=int)
    parser.add_argument("application")
    parser.add_argument("--lock", type=int, help="a lock to let go of when the site answers")
    sys.exit(Supervisor(**vars(parser.parse_args())).run())


if __name__ == "__main__":
    main()
