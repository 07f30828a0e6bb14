"""Who holds on to the server, to the database or kills what answers: it is still there for everybody else.

On servers of their own, with production settings. The short counts run with the suite, the full ones with `make soak`.
"""

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from statistics import median

import pytest

from studyapp import supervisor
from tests.hall.servers import ENGINES, ROOT, hall_on
from tests.hall.siege import Siege
from tests.hall.students import SECRET, Seen, Student
from tests.trust.test_promises import SOAK, counts

PATIENCE = 5.0  # seconds that who writes waits for a lock, in line and at the lock together
FONT = "/static/fonts/literata-latin-wght-normal.woff2"  # a large file, sent in many pieces
QUIET = 0.05  # seconds: below this nobody asks whether a save takes three times as long as usual


ON_SQLITE = pytest.mark.parametrize("hall", ["sqlite"], indirect=True)


@pytest.fixture(scope="module", params=ENGINES)
def hall(request, tmp_path_factory):
    with hall_on(request.param, tmp_path_factory.mktemp("hall")) as hall:
        yield hall.open()


@pytest.fixture
def seats(hall):
    return hall.seat(8)


def ask(hall, path, *, session=None, timeout=10):
    """(status, seconds) of a page; 0 where nobody answers in time."""
    request = urllib.request.Request(hall.url + path)
    if session:
        request.add_header("Cookie", f"session={session}")
    began = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            answer.read()
            status = answer.status
    except urllib.error.HTTPError as answer:
        status = answer.code
    except OSError:
        status = 0
    return status, time.monotonic() - began


def saves(hall, seat, *, count=20):
    """How long each of so many saves took, a connection each: chance chooses the worker."""

    async def run():
        student = Student(hall.port, seat, rng=random.Random(), seen=Seen(), timeout=10)
        for n in range(count):
            status, _, _ = await student.post(2, student.new_answer(2, f"answer {n}"))
            assert status == 200
            student.hang_up()
        await asyncio.sleep(0.05)
        return student.seen.waits

    return asyncio.run(run())


def assert_there_for_everybody(hall, seat, quiet):
    for path in ["/healthz", "/readyz", "/accounts/sign-in/"] * 4:
        status, took = ask(hall, path)
        assert (status, took < 1) == (200, True), (path, status, took)
    assert median(saves(hall, seat)) < max(3 * quiet, QUIET)


# --- 1: half-sent and half-read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("count", counts(50, 200))
def test_half_sent_posts_stop_nobody(hall, seats, count):
    quiet = median(saves(hall, seats[0]))
    with Siege(hall.port) as siege:
        siege.half_posts(count)
        siege.half_posts(count // 2, f"/attempts/{seats[0]['attempt']}/1/save/", length=100_000)
        assert_there_for_everybody(hall, seats[0], quiet)
        siege.drip()
        assert_there_for_everybody(hall, seats[0], quiet)


@ON_SQLITE
@pytest.mark.parametrize("count", counts(50, 200))
def test_half_sent_heads_and_slow_readers_stop_nobody(hall, seats, count):
    quiet = median(saves(hall, seats[0]))
    with Siege(hall.port) as siege:
        siege.half_heads(count)
        siege.slow_readers(count, FONT)
        siege.slow_readers(count, "/accounts/sign-in/")
        assert_there_for_everybody(hall, seats[0], quiet)


@ON_SQLITE
@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("POST /accounts/sign-in/ HTTP/1.1\r\nContent-Length: 30000000", 413),
        ("POST /admin/content/questionimport/add/ HTTP/1.1\r\nContent-Length: 99000000", 413),
        ("POST /accounts/sign-in/ HTTP/1.1\r\nContent-Length: 000000000000300000000", 413),
        ("POST /accounts/sign-in/ HTTP/1.1\r\nTransfer-Encoding: chunked", 411),
        ("PUT /accounts/sign-in/ HTTP/1.1\r\nContent-Length: 30000000", 405),
    ],
)
def test_body_that_nobody_wants_is_refused_unread(hall, head, status):
    with Siege(hall.port) as siege:
        held = siege.connect()
        held.sendall(f"{head}\r\nHost: 127.0.0.1:{hall.port}\r\n\r\n".encode())
        answer = held.recv(65536).decode()

    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert "content-security-policy" in answer
    assert "x-request-id" in answer


def long_post(hall):
    """What is said to a form longer than what is kept in memory, in pieces with a pause between them."""
    body = b"name=" + b"x" * 300_000 + b"&password=y&next=%2Fthe-end%2F"
    with Siege(hall.port) as siege:
        held = siege.connect()
        held.sendall(
            f"POST /accounts/sign-in/ HTTP/1.1\r\nHost: 127.0.0.1:{hall.port}\r\n"
            f"Cookie: csrf={SECRET}\r\nX-CSRFToken: {SECRET}\r\nConnection: close\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        for place in range(0, len(body), 100_000):
            held.sendall(body[place : place + 100_000])
            time.sleep(0.1)
        answer = b""
        while piece := held.recv(65536):
            answer += piece
    return answer


@ON_SQLITE
def test_long_body_arrives_whole(hall):
    answer = long_post(hall)

    assert answer.startswith(b"HTTP/1.1 422 ")
    assert b"/the-end/" in answer


@ON_SQLITE
def test_large_bodies_that_are_announced_and_never_sent_keep_none_out(hall):
    with Siege(hall.port) as siege:
        siege.half_posts(60, "/admin/content/nothing/", length=31_900_000)
        assert long_post(hall).startswith(b"HTTP/1.1 422 ")


@SOAK
@ON_SQLITE
def test_half_sent_requests_are_ended_after_their_time(hall):
    with Siege(hall.port) as siege:
        siege.half_heads(1)
        siege.half_posts(1)
        siege.half_posts(1, "/admin/content/nothing/", length=31_900_000)
        head, post, large = siege.sockets
        for held in siege.sockets:
            held.settimeout(25)
        assert large.recv(65536).startswith(b"HTTP/1.1 408 ")
        assert post.recv(65536).startswith(b"HTTP/1.1 408 ")
        assert post.recv(65536) == b"", "and hangs up"
        said = head.recv(65536)
        assert said == b"" or said.startswith(b"HTTP/1.1 408 ")


# --- 2: a locked database ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", counts(6.5, 20))
def test_locked_database_stops_nobody_who_only_reads(hall, seats, seconds):
    overdue = seats.pop()
    hall.office("set_end", attempt=overdue["attempt"], seconds=-60)
    hall.order("hold_all", desk=1, seconds=seconds)
    assert hall.answer(1) == "held"
    held_until = time.monotonic() + seconds

    async def writing(seat):
        """Writes until the lock is gone: what each answer was and how long it took."""
        student, seen = Student(hall.port, seat, rng=random.Random(), timeout=30), []
        while time.monotonic() < held_until - 1:
            began = time.monotonic()
            status, headers, _ = await student.post(2, student.new_answer(2, "held up"))
            seen.append((status, headers.get("retry-after"), time.monotonic() - began))
        student.hang_up()
        return seen

    def reading():
        someone, seen = seats[0], []
        while time.monotonic() < held_until - 0.3:
            for path in ("/healthz", "/readyz", "/", f"/attempts/{someone['attempt']}/"):
                seen.append((path, *ask(hall, path, session=someone["session"])))
            time.sleep(0.05)
        return seen

    async def run():
        late = asyncio.to_thread(
            ask, hall, f"/attempts/{overdue['attempt']}/", session=overdue["session"]
        )  # its time is up: this page must hand it in
        read, handing_in, *wrote = await asyncio.gather(
            asyncio.to_thread(reading), late, *map(writing, seats)
        )
        await asyncio.sleep(0.05)
        return read, handing_in, [answer for answers in wrote for answer in answers]

    read, (status, took), wrote = asyncio.run(run())
    hall.answer(1)

    slow = [(path, status, took) for path, status, took in read if status != 200 or took > 1]
    assert (slow, len(read) > 40) == ([], True)
    assert (status, took < 1.5) == (503, True)
    refused = [took for status, retry, took in wrote if (status, retry) == (503, "2")]
    assert len(refused) >= len(seats)
    assert min(refused) > PATIENCE - 1
    assert max(refused) < PATIENCE + 2
    assert len(saves(hall, seats[0], count=3)) == 3


# --- 3: workers that are killed ---------------------------------------------------------------------------------


def children(*parents):
    """The processes that these have started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) in parents:
                found.append(int(stat.parent.name))
    return found


def workers_of(hall):
    return children(*children(hall.servers.pid))


def is_gone(process):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def within(seconds, condition):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {seconds} seconds"
        time.sleep(0.05)
    return found


@ON_SQLITE
@pytest.mark.parametrize("kills", counts(3, 12))
def test_workers_that_are_killed_again_and_again_come_back(hall, seats, kills):
    for _ in range(kills):
        for worker in within(15, lambda: workers_of(hall)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        time.sleep(0.5)

    within(12, lambda: ask(hall, "/healthz", timeout=2)[0] == 200)
    assert len(saves(hall, seats[0], count=3)) == 3
    assert hall.servers.poll() is None
    within(15, lambda: len(workers_of(hall)) == 2)


@SOAK
@ON_SQLITE
def test_one_worker_that_is_killed_leaves_the_other_alone(hall):
    first, second = within(15, lambda: len(found := workers_of(hall)) == 2 and found)
    os.kill(first, signal.SIGKILL)

    within(15, lambda: len(found := workers_of(hall)) == 2 and first not in found)

    assert second in workers_of(hall)


@ON_SQLITE
def test_killed_supervisor_leaves_nobody_behind(hall):
    servers = within(15, lambda: len(found := children(hall.servers.pid)) == 2 and found)
    everybody = servers + children(*servers)
    hall.servers.kill()
    hall.servers.wait()

    within(15, lambda: all(map(is_gone, everybody)))

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", hall.port)) != 0
    hall.open()


@SOAK
@ON_SQLITE
def test_killed_granian_leaves_no_worker_behind(hall):
    servers = within(15, lambda: len(found := children(hall.servers.pid)) == 2 and found)
    worker = children(servers[0])
    os.kill(servers[0], signal.SIGKILL)

    within(15, lambda: all(map(is_gone, worker)))
    within(15, lambda: len(workers_of(hall)) == 2)


@ON_SQLITE
@pytest.mark.parametrize("seconds", [0.4, 0.9])
def test_server_that_is_told_to_end_while_it_starts_ends(hall, seconds):
    """A signal that comes while a worker loads is not lost: nothing runs there yet that would have to finish."""
    hall.kill()
    run = subprocess.Popen(
        supervisor.command("127.0.0.1", hall.port, 2), env=hall.env, cwd=ROOT, start_new_session=True
    )
    try:
        time.sleep(seconds)
        run.send_signal(signal.SIGTERM)
        assert run.wait(20) == 0
        assert ask(hall, "/healthz", timeout=1)[0] == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        hall.open()
