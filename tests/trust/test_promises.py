"""What the product promises about answers, made to happen for real: each test is named after its promise.

Servers, students, database and network are real processes and connections (tests/hall). The short counts run with
the suite, the full ones with `make soak`.
"""

import asyncio
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import IN_CI
from tests.hall.network import FAULTS, HalfDead
from tests.hall.servers import Hall, Postgres
from tests.hall.students import SOUND, Seen, Student, compare, receipts_of

ENGINES = ("sqlite", "postgresql")
SOAK = pytest.mark.soak


def counts(short, full):
    """The same test twice: with a short count in the suite, with the full one in `make soak`."""
    return [pytest.param(short), pytest.param(full, marks=SOAK)]


@pytest.fixture(scope="module", params=ENGINES)
def house(request, tmp_path_factory):
    """A hall whose office stands, on each database; its servers may be down."""
    postgres = None
    if request.param == "postgresql":
        if Postgres.BIN is None and not IN_CI:
            pytest.skip("PostgreSQL is missing: apt install postgresql")
        postgres = Postgres()
    hall = Hall(tmp_path_factory.mktemp("hall"), database=postgres.url if postgres else "")
    hall.postgres = postgres
    try:
        hall.office("migrate")
        yield hall
    finally:
        hall.close()
        if postgres:
            postgres.close()


@pytest.fixture
def hall(house):
    """The hall with its doors open; what was saved in a test must follow from its rows after it."""
    house.seated = []
    yield house.open()
    check_marks(house, house.seated)


def check_marks(hall, seats):
    """Promise 21: stored scores are right. After every test here each attempt is handed in and marked anew."""
    found = hall.office("verify", attempts=[seat["attempt"] for seat in seats])
    assert found["differences"] == []
    assert hall.office("integrity") == "ok"


def seated(hall, count, **options):
    seats = hall.seat(count, **options)
    hall.seated += [seat for seat in seats if seat["attempt"]]
    return seats


def class_of(hall, count, *, port=None, pace=0.05, questions=4, **options):
    """So many students in one exam, with one record of what all of them see."""
    seen, rng = Seen(), random.Random(count)
    return [
        Student(
            port or hall.port, seat, rng=random.Random(rng.random()), seen=seen, pace=pace, **options
        )
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
            gathered(students, least=40)
            time.sleep(chance.uniform(0, 0.05))
            hall.kill()
            assert hall.office("integrity") == "ok"
            hall.open()

    run_with(students, trouble)

    assert_kept(hall, students)


@pytest.mark.parametrize("crashes", counts(2, 20))
def test_promise_2_acknowledged_answers_survive_a_crash_of_postgresql(hall, crashes):
    if not hall.postgres:
        pytest.skip("of SQLite: test_promise_2_…_a_power_cut_below_sqlite")
    students, _ = class_of(hall, 30)

    def trouble():
        for _ in range(crashes):
            gathered(students, least=40)
            hall.postgres.crash()

    run_with(students, trouble)

    assert_kept(hall, students)


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
