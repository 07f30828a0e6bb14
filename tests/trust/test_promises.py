"""What the product promises about answers, made to happen for real: each test is named after its promise.

Servers, students, database and network are real processes and connections (tests/hall). The short counts run with
the suite, the full ones with `make soak`.
"""

import asyncio
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from urllib.parse import urlencode

import pytest

from tests.hall.disk import Watched, after_power_cut, missing, read_steps
from tests.hall.network import FAULTS, HalfDead
from tests.hall.servers import ENGINES, hall_on
from tests.hall.students import SECRET, SOUND, Seen, Student, compare, receipts_of

SOAK = pytest.mark.soak


def counts(short, full):
    """The same test twice: with a short count in the suite, with the full one in `make soak`."""
    return [pytest.param(short), pytest.param(full, marks=SOAK)]


ON_SQLITE = pytest.mark.parametrize("house", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("house", ["postgresql"], indirect=True)


@pytest.fixture(scope="module", params=ENGINES)
def house(request, tmp_path_factory):
    """A hall whose office stands, on each database; its servers may be down."""
    with hall_on(request.param, tmp_path_factory.mktemp("hall")) as hall:
        yield hall


@pytest.fixture
def hall(house):
    """The hall with its doors open; what was saved in a test must follow from its rows after it."""
    house.seated = []
    yield house.open()
    check_marks(house, house.seated)


def check_marks(hall, seats):
    """Promise 21: stored scores are right. After every test here each attempt is handed in and marked anew, and
    after all of them `verify_scores` finds nothing."""
    assert hall.office("hand_in", attempts=[seat["attempt"] for seat in seats]) == []
    assert hall.office("integrity") == "ok"


def seated(hall, count, **options):
    seats = hall.seat(count, **options)
    hall.seated += [seat for seat in seats if seat["attempt"]]
    return seats


def class_of(hall, count, *, port=None, pace=0.05, questions=4, **options):
    """So many students in one exam, with one record of what all of them see."""
    seen, rng = Seen(), random.Random(count)
    return [
        Student(port or hall.port, seat, rng=random.Random(rng.random()), seen=seen, pace=pace, **options)
        for seat in seated(hall, count, questions=questions)
    ], seen


def assert_kept(hall, students):
    """Every receipt is in the database, once and as it was sent; nothing was answered with an error of ours."""
    rows = hall.office("rows", attempts=[student.seat["attempt"] for student in students])
    receipts = receipts_of(students)
    assert receipts
    assert compare(receipts, rows) == SOUND
    seen = students[0].seen
    assert {status for status in seen.statuses if status >= 500} <= {503}
    assert seen.retry_after <= {"2"}


def run_with(students, trouble, *, every=0.4):
    """All students write while `trouble()`, in a thread, does its worst; then each brings its last answer home."""

    async def run():
        over = asyncio.Event()
        writing = [asyncio.ensure_future(student.write(over, every=every)) for student in students]
        try:
            await asyncio.to_thread(trouble)
        finally:
            over.set()
            done, hanging = await asyncio.wait(writing, timeout=60)
            await let_go(students)
        assert not hanging, f"{len(hanging)} answers never came home"
        for task in done:
            task.result()

    asyncio.run(run())


async def let_go(students):
    """Every connection closed before its event loop is."""
    for student in students:
        student.hang_up()
    await asyncio.sleep(0.05)


def gathered(students, *, least, within=30):
    """Wait until so many more receipts are there."""
    goal = len(receipts_of(students)) + least
    for _ in range(within * 50):
        if len(receipts_of(students)) >= goal:
            return
        time.sleep(0.02)
    raise AssertionError(f"only {len(receipts_of(students))} of {goal} receipts came")


# --- 1, 2: what was acknowledged survives -------------------------------------------------------------------


@pytest.mark.parametrize("kills", counts(5, 50))
def test_promise_1_acknowledged_answers_survive_kill_9_of_the_whole_server_group(hall, kills):
    students, _ = class_of(hall, 30)
    chance = random.Random(1)

    def trouble():
        for _ in range(kills):
            gathered(students, least=25)
            time.sleep(chance.uniform(0, 0.05))
            hall.kill()
            assert hall.office("integrity") == "ok"
            hall.open()

    run_with(students, trouble)

    assert_kept(hall, students)


@ON_POSTGRESQL
@pytest.mark.parametrize("crashes", counts(2, 20))
def test_promise_2_acknowledged_answers_survive_a_crash_of_postgresql(hall, crashes):
    students, _ = class_of(hall, 30)

    def trouble():
        for _ in range(crashes):
            gathered(students, least=25)
            hall.postgres.crash()

    run_with(students, trouble)

    assert_kept(hall, students)


@ON_SQLITE
@pytest.mark.parametrize("cuts", counts(10, 100))
def test_promise_2_acknowledged_answers_survive_a_power_cut_below_sqlite(house, tmp_path, cuts):
    """The real servers on a disk that writes down what reached it and when it was flushed (tests/hall/disk.c): from
    one run under load the files are made as a disk holds them after the power failed at any moment of it."""
    disk = Watched(tmp_path, house.file)
    house.shut()
    house.seated = []
    students, seen = class_of(house, 20)
    before = {house.file.name: house.file.read_bytes()}
    house.open(**disk.env, DISK_LOG=str(tmp_path / "log"))
    try:
        began = time.monotonic()
        run_with(students, lambda: gathered(students, least=12 * cuts), every=0.2)
        ended = time.monotonic()
    finally:
        house.kill()
    steps, receipts = read_steps(tmp_path / "log"), receipts_of(students)
    assert {"write", "flushed"} <= {step.what for step in steps}
    chance, known = random.Random(2), 0

    for n in range(cuts):
        at = chance.uniform(began, ended)
        files = after_power_cut(before, steps, at, None if n % 2 else chance)
        rows = rows_after(tmp_path / f"cut-{n}", files)
        safe = {receipt.client_id.replace("-", "") for receipt in receipts if receipt.at <= at}
        assert safe <= rows
        known += len(safe)

    assert known > cuts
    assert_kept(house, students)
    check_marks(house, house.seated)


def rows_after(folder, files) -> set:
    """The client ids in the database that these files are; it must be whole."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return {row[0] for row in database.execute("SELECT client_id FROM quizzes_savedanswer")}


@pytest.mark.parametrize(("synchronous", "loses"), [("FULL", False), ("NORMAL", True)])
def test_power_cut_of_these_tests_loses_what_was_not_flushed(tmp_path, synchronous, loses):
    writer = (
        "import sqlite3, sys, time\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        f"db.execute('PRAGMA synchronous={synchronous}')\n"
        "for n in range(200):\n"
        "    db.execute('INSERT INTO quizzes_savedanswer VALUES (?)', [str(n)])\n"
        "print(time.monotonic())\n"
        "import os; os._exit(0)\n"
    )
    path = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE quizzes_savedanswer (client_id)")
    before = {path.name: path.read_bytes()}
    done = subprocess.run(
        [sys.executable, "-c", writer, str(path)],
        env=os.environ | Watched(tmp_path, path).env | {"DISK_LOG": str(tmp_path / "log")},
        capture_output=True,
        text=True,
        check=True,
    )
    files = after_power_cut(before, read_steps(tmp_path / "log"), float(done.stdout), None)

    kept = len(rows_after(tmp_path / "after", files))

    assert (kept == 200) is not loses


# --- 4: a half-dead network ---------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", counts(6, 60))
def test_promise_4_half_dead_network_does_no_harm(hall, answers):
    chance = random.Random(4)

    async def run():
        async with HalfDead(hall.port, lambda: chance.choice(FAULTS), rng=chance) as network:
            students, _ = class_of(hall, 12, port=network.port, pace=0.01, timeout=2)

            async def sit(student):
                for n in range(answers):
                    await student.save(2, f"{student.writer_id} {n}")
                    if n % 2:
                        student.hang_up()  # so that the next goes through another connection

            await asyncio.gather(*map(sit, students))
            await let_go(students)
            assert set(network.struck) == set(FAULTS)
            return students

    students = asyncio.run(run())

    rows = hall.office("rows", attempts=[student.seat["attempt"] for student in students])
    assert_kept(hall, students)
    assert len(rows) == len(students) * answers
    assert students[0].seen.broken > 0


def test_promise_4_half_a_form_is_not_taken_for_a_whole_one(hall):
    [student], _ = class_of(hall, 1)
    fields = student.new_answer(2, "a long answer of which the end is missing")

    async def run():
        reader, writer = await asyncio.open_connection("127.0.0.1", hall.port)
        body = urlencode(fields).encode()
        head = (
            f"POST /attempts/{student.seat['attempt']}/2/save/ HTTP/1.1\r\nHost: 127.0.0.1:{hall.port}\r\n"
            f"Cookie: session={student.seat['session']}; csrf={SECRET}\r\nX-CSRFToken: {SECRET}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body[:-10])
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 10)
        writer.transport.abort()
        await asyncio.sleep(0.05)

    asyncio.run(run())
    assert hall.office("rows", attempts=[student.seat["attempt"]]) == []

    async def again():
        status = (await student.post(2, fields))[0]
        await let_go([student])
        return status

    assert asyncio.run(again()) == 200
    assert_kept(hall, [student])


# --- 5, 6: repeats -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", counts(4, 60))
def test_promise_5_repeats_change_nothing(hall, answers):
    """Each save is sent three times by each of eight connections, all at once."""
    [seat] = seated(hall, 1)
    seen = Seen()
    students = [Student(hall.port, seat, rng=random.Random(n), seen=seen) for n in range(8)]
    saves = [students[0].new_answer(2, f"answer {n}") for n in range(answers)]

    async def run():
        for fields in saves:
            await asyncio.gather(*(three_times(student, fields) for student in students))
        await let_go(students)

    async def three_times(student, fields):
        for _ in range(3):
            await student.post(2, fields)

    asyncio.run(run())

    receipts = receipts_of(students)
    assert seen.statuses == {200: 24 * answers}
    assert len({(receipt.client_id, receipt.told["saved_at"]) for receipt in receipts}) == answers
    assert len(hall.office("rows", attempts=[seat["attempt"]])) == answers
    assert_kept(hall, students)


@pytest.mark.parametrize("rounds", counts(1, 20))
def test_promise_6_twenty_hand_ins_at_once_count_once(hall, rounds):
    for _ in range(rounds):
        [seat] = seated(hall, 1)
        students = [Student(hall.port, seat, rng=random.Random(n)) for n in range(20)]

        async def run(students=students):
            await students[0].save(1, "true")
            await students[0].save(2, "Titan")
            address = f"/attempts/{seat['attempt']}/"  # noqa: B023
            answers = await asyncio.gather(
                *(student.ask("POST", address + "review/", {"hand_in": "1"}) for student in students)
            )
            pages = await asyncio.gather(
                *(student.ask("GET", address + "result/") for student in students[:2])
            )
            await let_go(students)
            return answers, pages

        answers, pages = asyncio.run(run())

        assert {(status, headers["location"]) for status, headers, _ in answers} == {
            (303, f"/attempts/{seat['attempt']}/result/")
        }
        assert all(b"Handed in at" in body for _, _, body in pages)
        [attempt] = hall.office("attempts", attempts=[seat["attempt"]])
        assert (attempt["state"], attempt["ended"]) == ("finished", ["handed in"])
        assert (attempt["marks"], attempt["reviewed"]) == (4, 2)


# --- 10: the deadline ---------------------------------------------------------------------------------------


OFFSETS = (-1, 0, 5000, 5001)  # milliseconds beside the deadline; the grace is five seconds


@pytest.mark.parametrize("rounds", counts(20, 200))
def test_promise_10_deadline_races_have_one_answer(house, rounds):
    """Four processes at once: a save, a hand-in and two closings, each with a clock of its own around the deadline."""
    seats, chance = house.seat(rounds, questions=1, minutes=30, apart=60), random.Random(10)
    for seat in seats:
        offsets = {what: chance.choice(OFFSETS) for what in ("save", "submit", "close", "close again")}
        start = time.monotonic() + 0.05
        for desk, (what, offset) in enumerate(offsets.items()):
            house.order("move", desk=desk, what=what, attempt=seat["attempt"], offset=offset, start=start)
        told = {what: house.answer(desk) for desk, what in enumerate(offsets)}

        moved = told["submit"]["moved"] + told["close"]["moved"] + told["close again"]["moved"]
        [attempt] = house.office("attempts", attempts=[seat["attempt"]])
        assert (moved, attempt["state"], len(attempt["ended"])) == (1, "finished", 1), offsets
        assert attempt["ended"] == [
            "handed in" if told["submit"]["moved"] and offsets["submit"] <= 5000 else "time up"
        ]
        assert attempt["points"] == (0 if told["save"]["is_late"] else 1), (offsets, told)
    check_marks(house, seats)


# --- 12: an expired session ---------------------------------------------------------------------------------


def test_promise_12_expired_session_is_told_by_401_and_loses_nothing(hall):
    [student], seen = class_of(hall, 1)
    fields, session = student.new_answer(2, "typed while signed out"), student.seat["session"]

    async def run():
        student.seat["session"] = "gone"
        first = await student.post(2, fields)
        student.seat["session"] = session
        second = await student.post(2, fields)
        await let_go([student])
        return first[0], second[0]

    assert asyncio.run(run()) == (401, 200)
    assert_kept(hall, [student])


# --- 15: two graders ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rounds", counts(2, 20))
def test_promise_15_of_two_graders_at_once_the_second_is_told_and_nothing_is_overwritten(hall, rounds):
    for turn in range(rounds):
        found = hall.office("seat_graders", graders=2)
        graders = [
            Student(hall.port, {"session": session}, rng=random.Random(n))
            for n, session in enumerate(found["sessions"])
        ]

        async def run(graders=graders, found=found):
            pages = await asyncio.gather(*(grader.ask("GET", found["path"]) for grader in graders))
            forms = [found["points"], dict.fromkeys(found["points"], 0)]
            answers = await asyncio.gather(
                *(
                    grader.ask("POST", found["path"], {"seen": 0, "save": 1, "comment": "", **points})
                    for grader, points in zip(graders, forms, strict=True)
                )
            )
            await let_go(graders)
            return pages, answers

        pages, answers = asyncio.run(run())

        assert [status for status, _, _ in pages] == [200, 200]
        assert sorted(status for status, _, _ in answers) == [303, 409], turn
        told = next(body.decode() for status, _, body in answers if status == 409)
        assert re.search(r"Already marked at \d\d:\d\d by another marker: \d. Keep or replace\?", told)
        [[number, fraction]] = hall.office("drafts", item=found["item"])
        assert (number, fraction) == (1, 1.0 if answers[0][0] == 303 else 0.0)


# --- 16, 17: full, locked -----------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=ENGINES)
def cramped(request, tmp_path_factory):
    """An open hall of which the database lies on a disk that can be filled."""
    with hall_on(request.param, tmp_path_factory.mktemp("cramped"), with_disk=True) as hall:
        if hall.disk is None:
            missing("A C compiler", "gcc libc6-dev")
        hall.seated = []
        yield hall.open()
        check_marks(hall, hall.seated)


def refused(students, seen):
    """Wait until each student was told so many more times that the answer could not be saved."""
    goal = seen.statuses[503] + 4 * len(students)
    for _ in range(1500):
        if seen.statuses[503] >= goal:
            return
        time.sleep(0.02)
    raise AssertionError(f"only {seen.statuses[503]} of {goal} refusals came")


def read(hall, seat, *paths):
    """How each of these pages is answered to this student."""
    reader = Student(hall.port, seat, rng=random.Random(0))

    async def run():
        statuses = [(await reader.ask("GET", path))[0] for path in paths]
        await let_go([reader])
        return statuses

    return asyncio.run(run())


def test_promise_16_full_disk_is_told_and_the_queue_drains_when_there_is_room(cramped):
    """The system itself says that nothing more fits (tests/hall/disk.py), while reads go on."""
    students, seen = class_of(cramped, 6)
    [spare] = seated(cramped, 1)
    page = f"/attempts/{students[0].seat['attempt']}/"

    def trouble():
        gathered(students, least=10)
        with cramped.full_disk(spare=spare["attempt"]):
            kept = len(receipts_of(students))
            refused(students, seen)
            assert read(cramped, students[0].seat, page, page + "2/saved/", "/") == [200, 200, 200]
            assert len(receipts_of(students)) - kept <= len(students)  # those that were under way
        gathered(students, least=10)

    run_with(students, trouble, every=0.2)

    assert seen.retry_after == {"2"}
    assert_kept(cramped, students)


@pytest.mark.parametrize("cramped", ["postgresql"], indirect=True)
def test_promise_16_postgresql_that_a_full_disk_ended_loses_nothing(cramped):
    """Where there is no room for its log either, PostgreSQL ends, and cannot start before there is."""
    students, seen = class_of(cramped, 6)
    page = f"/attempts/{students[0].seat['attempt']}/"

    def trouble():
        gathered(students, least=10)
        with cramped.disk_full_of_log():
            refused(students, seen)
            assert read(cramped, students[0].seat, page, "/readyz", "/healthz") == [503, 503, 200]
        gathered(students, least=10)

    run_with(students, trouble, every=0.2)

    assert seen.retry_after == {"2"}
    assert_kept(cramped, students)


def test_promise_17_locked_database_waits_then_says_when_to_try_again(hall):
    """Another process holds the lock for 8 seconds: the first save gives up after 5, a second waits and is saved."""
    [student], seen = class_of(hall, 1)
    fields = student.new_answer(2, "against a lock")
    hall.order("hold", desk=1, seconds=8, attempt=student.seat["attempt"])
    assert hall.answer(1) == "held"

    async def run():
        status, headers, _ = await student.post(2, fields)
        again = await student.post(2, fields)
        await let_go([student])
        return status, headers.get("retry-after"), again[0]

    assert asyncio.run(run()) == (503, "2", 200)
    hall.answer(1)
    assert_kept(hall, [student])


# --- 18: restart --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restarts", counts(1, 10))
def test_promise_18_restart_in_an_exam_loses_nothing(hall, restarts):
    students, seen = class_of(hall, 100)

    def trouble():
        for _ in range(restarts):
            gathered(students, least=100)
            hall.shut()
            hall.open()

    run_with(students, trouble, every=2)

    assert_kept(hall, students)
    assert {student.seat["attempt"] for student in students} == {r.attempt for r in receipts_of(students)}


@pytest.mark.parametrize("count", counts(60, 300))
def test_trap_13_a_whole_class_starts_at_the_same_moment(hall, count):
    seen = Seen()
    students = [
        Student(hall.port, seat, rng=random.Random(n), seen=seen, timeout=60)
        for n, seat in enumerate(seated(hall, count, questions=8, begin=False))
    ]

    async def start(student):
        while True:
            status, headers, _ = await student.ask("POST", student.seat["quiz"], {"start": "1"})
            if status == 303:
                return headers["location"]
            assert status == 503, status

    async def run():
        first = await asyncio.gather(*map(start, students))
        again = await asyncio.gather(*map(start, students))
        await let_go(students)
        return first, again

    first, again = asyncio.run(run())

    assert first == again
    assert len(set(first)) == count
    attempts = hall.office("attempts", attempts=[int(address.split("/")[2]) for address in first])
    assert [attempt["state"] for attempt in attempts] == ["open"] * count
