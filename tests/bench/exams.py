"""Whole classes in an exam, as load: how long saves, starts, sign-ins and hand-ins take, and whether one is lost.

Server, database and clients share the machine. Each scene is measured against /healthz, asked as often by as many
connections just before it. Each receipt is kept and compared with the database at the end.
"""

import asyncio
import os
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.hall.office import PASSWORD
from tests.hall.servers import Hall, Postgres
from tests.hall.students import SECRET, Seen, Student, compare, percentile, receipts_of

QUESTIONS = 20


@dataclass
class Scene:
    """What was seen in one scene: seconds that each request took, and /healthz asked as often."""

    title: str
    floor: list[float]
    took: list[float]
    ceiling: float  # milliseconds
    ratio: float | None = None  # how many times /healthz it may be
    statuses: dict = field(default_factory=dict)
    broken: int = 0
    lost: int = 0
    double: int = 0

    def line(self):
        p50, p95 = (1000 * percentile(self.took, share) for share in (0.5, 0.95))
        floor = 1000 * percentile(self.floor, 0.95)
        wrong = {status: n for status, n in self.statuses.items() if status >= 400}
        asked = f"≤ {self.ceiling:.0f} ms" + (f", ≤ {self.ratio} ×" if self.ratio else "")
        kept = p95 <= self.ceiling and (self.ratio is None or p95 <= self.ratio * floor)
        return (
            f"| {self.title} | {len(self.took)} | {floor:.1f} | {p50:.1f} | {p95:.1f} | {max(self.took) * 1000:.0f} | "
            f"{p95 / floor:.1f} | {asked} {'held' if kept else '**missed**'} | {self.lost} | {self.double} | "
            f"{', '.join(f'{n} of {status}' for status, n in sorted(wrong.items())) or 'none'}"
            f"{f', {self.broken} broken' if self.broken else ''} |"
        )


HEAD = (
    "| scene | requests | /healthz p95 | p50 | p95 | max | ratio of p95 | asked | lost | double | errors |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


async def spread(students, act, seconds):
    """Each student acts once, all of them spread evenly over so many seconds."""

    async def one(n, student):
        await asyncio.sleep(seconds * n / len(students))
        began = time.monotonic()
        await act(student)
        return time.monotonic() - began

    return await asyncio.gather(*(one(n, student) for n, student in enumerate(students)))


async def healthz(student):
    for _ in range(100):
        try:
            status, _, _ = await student.ask("GET", "/healthz")
            assert status == 200, status
            return
        except OSError:
            await asyncio.sleep(0.1)


def students_of(hall, seats, seen):
    chance = random.Random(1)
    return [
        Student(hall.port, seat, rng=random.Random(chance.random()), seen=seen, timeout=60) for seat in seats
    ]


def run(coroutine, students):
    async def whole():
        try:
            return await coroutine
        finally:
            for student in students:
                student.hang_up()
            await asyncio.sleep(0.1)

    return asyncio.run(whole())


def saving(hall, count, seconds, *, ceiling, ratio=None, every=10.0):
    """So many students, a save each ten seconds."""
    seats, seen = hall.seat(count, questions=QUESTIONS), Seen()
    students = students_of(hall, seats, seen)

    async def scene():
        await spread(students, healthz, every / 3)  # opens the connections
        floor = await spread(students, healthz, every)
        over = asyncio.Event()
        writing = [asyncio.ensure_future(student.write(over, every=every)) for student in students]
        await asyncio.sleep(seconds)
        over.set()
        await asyncio.gather(*writing)
        return floor

    floor = run(scene(), students)
    return told(
        hall, f"{count} students, a save each {every:.0f} s, {seconds:.0f} s", floor, seen.waits, students, seats,
        ceiling=ceiling, ratio=ratio,
    )  # fmt: skip


def told(hall, title, floor, took, students, seats, *, ceiling, ratio=None):
    attempts = [seat["attempt"] for seat in seats if seat["attempt"]]
    found = {"lost": 0, "double": 0}
    if attempts:
        found = compare(receipts_of(students), hall.office("rows", attempts=attempts))
    seen = students[0].seen
    return Scene(
        title, floor, took, ceiling, ratio, dict(seen.statuses), seen.broken,
        found["lost"] + found.get("other", 0), found["double"],
    )  # fmt: skip


def answered(student, status, expected):
    student.seen.statuses[status] += 1
    assert status == expected or status == 503, status


def starting(hall, count, seconds):
    """So many starts of an exam of 20 questions."""
    seats, seen = hall.seat(count, questions=QUESTIONS, begin=False), Seen()
    students = students_of(hall, seats, seen)

    async def start(student):
        status, _, _ = await student.ask("POST", student.seat["quiz"], {"start": "1"})
        answered(student, status, 303)

    async def scene():
        await spread(students, healthz, seconds / 3)
        floor = await spread(students, healthz, seconds)
        return floor, await spread(students, start, seconds)

    floor, took = run(scene(), students)
    title = f"{count} starts in {seconds:.0f} s, {QUESTIONS} questions each"
    return told(hall, title, floor, took, students, seats, ceiling=500, ratio=20)


def signing_in(hall, count, seconds):
    seats, seen = hall.seat(count, questions=1, begin=False, password=True), Seen()
    students = students_of(hall, seats, seen)

    async def enter(student):
        fields = {"name": student.seat["name"], "password": PASSWORD, "csrfmiddlewaretoken": SECRET}
        student.seat["session"] = ""
        status, _, _ = await student.ask("POST", "/accounts/sign-in/", fields)
        answered(student, status, 303)

    async def scene():
        await spread(students, healthz, seconds / 3)
        floor = await spread(students, healthz, seconds)
        return floor, await spread(students, enter, seconds)

    floor, took = run(scene(), students)
    return told(hall, f"{count} sign-ins in {seconds:.0f} s", floor, took, students, seats, ceiling=1000)


def handing_in(hall, count, seconds, *, answers=QUESTIONS):
    seats, seen = hall.seat(count, questions=QUESTIONS), Seen()
    students = students_of(hall, seats, seen)

    async def write(student):
        for number in range(1, answers + 1):
            await student.save(number, "Titan" if number % 2 == 0 else "true")

    async def hand_in(student):
        path = f"/attempts/{student.seat['attempt']}/review/"
        status, _, _ = await student.ask("POST", path, {"hand_in": "1"})
        answered(student, status, 303)

    async def scene():
        await spread(students, write, 0)
        floor = await spread(students, healthz, seconds)
        return floor, await spread(students, hand_in, seconds)

    floor, took = run(scene(), students)
    title = f"{count} hand-ins in {seconds:.0f} s, {answers} answers each"
    return told(hall, title, floor, took, students, seats, ceiling=2000)


def flush(folder: Path) -> float:
    """Milliseconds that one flush of this disk takes, the median of 50."""
    took = []
    with open(folder / "flush", "wb") as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            file.flush()
            began = time.monotonic()
            os.fdatasync(file.fileno())
            took.append(1000 * (time.monotonic() - began))
    return percentile(took, 0.5)


def bench(engine, *, full, only=()):
    """Print the table of one database. Not `full`: a fifth of the starts, as dense, and saves for half a minute."""
    postgres = Postgres() if engine == "PostgreSQL" else None
    share = 1 if full else 0.2
    with tempfile.TemporaryDirectory() as folder:
        hall = Hall(Path(folder), database=postgres.url if postgres else "")
        try:
            hall.office("migrate")
            hall.open()
            print(
                f"\n{engine}, two workers; one flush of the disk takes {flush(Path(folder)):.2f} ms\n\n{HEAD}"
            )
            scenes = {
                "saves": lambda: saving(hall, 300, 300 if full else 20, ceiling=300, ratio=20),
                "many": lambda: saving(hall, 1000, 300 if full else 20, ceiling=5000),
                "starts": lambda: starting(hall, round(500 * share), 30 * share),
                "sign-ins": lambda: signing_in(hall, round(500 * share), 30 * share),
                "hand-ins": lambda: handing_in(hall, round(300 * share), 10 * share),
            }
            for name, scene in scenes.items():
                if name in only or (not only and (full or name != "many" or postgres)):
                    print(scene().line(), flush=True)
            found = hall.office("verify")
            print(f"\nverify_scores: {found['looked_at']} attempts, {len(found['differences'])} differences")
        finally:
            hall.close()
            if postgres:
                postgres.close()
