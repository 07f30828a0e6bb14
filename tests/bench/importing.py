"""What an import costs: the command on a database of its own, at 500 and at 5,000 questions of all kinds.

While it runs, a second process asks for the write lock again and again: the longest it had to wait is what a
learner's answer would have waited.
"""

import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from content.formats import survival, write
from content.questions import KINDS
from tests.content.formats.made_drafts import make_draft

ROOT = Path(__file__).parent.parent.parent
FEW, MANY = 500, 5_000
FORMATS = ("gift", "moodle_xml", "qti", "xlsx")


def file_of(name, count):
    """A file of `count` different questions of every kind that the format takes."""
    rng = random.Random(7)
    kinds = [kind for kind in KINDS if survival(name, kind) != "none"]
    drafts = []
    for number in range(count):
        draft = make_draft(kinds[number % len(kinds)], rng, nasty=False)
        draft.ref, draft.sources, draft.passage, draft.objective = f"q-{number}", [], "", ""
        draft.content["stem"] = f"{number}. {draft.content['stem']}"
        drafts.append(draft)
    return write(name, drafts)


class Waiting(threading.Thread):
    """Takes the write lock every 20 ms, as a saved answer does; `longest` is the longest wait in seconds."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self.database, self.longest, self.ended = database, 0.0, threading.Event()

    def run(self):
        connection = sqlite3.connect(self.database, timeout=30, isolation_level=None)
        while not self.ended.wait(0.02):
            start = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            self.longest = max(self.longest, time.perf_counter() - start)
            connection.execute("ROLLBACK")
        connection.close()


def run(prepared: Path, folder: Path, file: Path, name: str):
    """(seconds, seconds of the processor, MB at most, longest wait for the lock) of one import into a fresh copy."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prepared, folder)
    env = {**os.environ, "VAR_DIR": str(folder)}
    env.pop("DATABASE_URL", None)
    command = [sys.executable, str(ROOT / "manage.py"), "import_questions", str(file), "--as", name]
    command += ["--course", "us-iraq-relations", "--lesson", "after-the-invasion", "--verbosity", "0"]
    waiting = Waiting(folder / "db.sqlite3")
    waiting.start()
    start = time.perf_counter()
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE)
    told = process.stdout.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - start
    waiting.ended.set()
    waiting.join()
    assert status == 0, told
    return took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, waiting.longest


def bench(rounds=3):
    """Print the table; gives the worst of each column that has a limit."""
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        prepared, folder = Path(place) / "prepared", Path(place) / "run"
        env = {**os.environ, "VAR_DIR": str(prepared)}
        env.pop("DATABASE_URL", None)
        manage = [sys.executable, str(ROOT / "manage.py")]
        for words in (["migrate", "-v", "0"], ["load_course", "content/library/us-iraq-relations"]):
            subprocess.run([*manage, *words], env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        print(
            f"\nimport of questions: medians of {rounds} rounds; a question in processor time, without the start\n"
        )
        print(
            f"| format | start | {FEW} | {MANY:,} | a question | ratio {MANY:,} / {FEW} | a second | MB | lock |"
        )
        print("|---|---|---|---|---|---|---|---|---|")
        for name in FORMATS:
            files = {}
            for count in (1, FEW, MANY):
                files[count] = Path(place) / f"{count}.{name}"
                files[count].write_bytes(file_of(name, count))
            found = {count: [] for count in files}
            for _ in range(rounds):
                for count, file in files.items():
                    found[count].append(run(prepared, folder, file, name))
            start, few, many = (statistics.median(row[0] for row in rows) for rows in found.values())
            idle, some, all = (statistics.median(row[1] for row in rows) for rows in found.values())
            memory = max(mb for _, _, mb, _ in found[MANY])
            lock = statistics.median(wait for *_, wait in found[MANY])
            # By the processor's clock: what else the machine does would weigh more than 500 questions.
            ratio = ((all - idle) / MANY) / ((some - idle) / FEW)
            print(
                f"| {name} | {start:.2f} s | {few:.2f} s | {many:.2f} s | {1000 * (all - idle) / MANY:.2f} ms "
                f"| **{ratio:.2f}** | {MANY / many:.0f} | {memory:.0f} | {lock:.2f} s |",
                flush=True,
            )
    print("\nasked: ratio at most 1.3, at least 250 questions a second, under 300 MB")


if __name__ == "__main__":
    bench()
