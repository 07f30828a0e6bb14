"""A backup is taken while answers arrive: it is whole, it holds every answer acknowledged before, and nobody waits for it.

A copy of db.sqlite3 alone, taken the same way, loses the newest answers: they stand in the journal beside it.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.hall.servers import ENGINES, Hall, hall_on
from tests.hall.students import SOUND, compare, receipts_of
from tests.trust.test_promises import assert_kept, class_of, counts, gathered, run_with

ROOT = Path(__file__).parent.parent.parent
MEDIA = b"\x89PNG a picture, as far as a backup cares"


@pytest.fixture(scope="module", params=ENGINES)
def house(request, tmp_path_factory):
    with hall_on(request.param, tmp_path_factory.mktemp("hall")) as hall:
        hall.seated = []
        (hall.folder / "media" / "assets").mkdir(parents=True)
        (hall.folder / "media" / "assets" / "map.png").write_bytes(MEDIA)
        yield hall


def ask(hall, path, **env):
    """`manage.py backup`, as a person types it."""
    return subprocess.run(
        [sys.executable, "manage.py", "backup", str(path)],
        env=hall.env | env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        umask=0,
    )


def filled(hall, megabytes):
    """Make the database larger, so that copying it takes a while."""
    hall.office("fill", megabytes=megabytes)


@contextmanager
def put_back(backup, hall, folder):
    """A site of its own on what the backup holds, restored as the README says."""
    shutil.copytree(backup / "media", folder / "media")
    if hall.postgres is None:
        shutil.copy(backup / "db.sqlite3", folder / "db.sqlite3")
        again = Hall(folder)
    else:
        hall.postgres._run("createdb", "-h", str(hall.postgres.folder), "-U", "study", folder.name)
        dump = shutil.copy(backup / "db.dump", hall.postgres.folder / f"{folder.name}.dump")
        os.chmod(dump, 0o644)
        to = ["-h", str(hall.postgres.folder), "-U", "study", "-d", folder.name]
        hall.postgres._run("pg_restore", "--exit-on-error", "--no-owner", *to, str(dump))
        again = Hall(folder, database=hall.postgres.url.replace("/study?", f"/{folder.name}?"))
    try:
        yield again
    finally:
        again.close()


@pytest.mark.parametrize("megabytes", counts(2, 300))
def test_backup_under_load_is_whole_and_holds_every_answer_acknowledged_before(house, tmp_path, megabytes):
    hall = house.open()
    filled(hall, megabytes)
    students, seen = class_of(hall, 20)
    backup, before = tmp_path / "backup", []

    def take():
        gathered(students, least=40)
        before.extend(receipts_of(students))
        seen.waits.clear()
        done = ask(hall, backup)
        assert (done.returncode, done.stderr) == (0, "")
        seen.waits_during = list(seen.waits)
        gathered(students, least=10)

    run_with(students, take)
    hall.shut()

    assert_kept(hall, students)
    assert set(seen.statuses) == {200}, "nobody was sent away"
    assert seen.waits_during

    assert max(seen.waits_during) < 2.5  # SQLite would wait 5 s for a lock
    told = check_by_hand(backup)
    restored = tmp_path / f"again{os.getpid()}{megabytes}"
    restored.mkdir()
    with put_back(backup, hall, restored) as again:
        rows = again.office("rows", attempts=[student.seat["attempt"] for student in students])
        assert compare(before, rows) == SOUND
        assert again.office("integrity") == "ok"
        assert again.office("broken_links") == []
        assert again.office("verify")["differences"] == []
        assert again.office("count") == told["database"]["rows"]
    assert (restored / "media" / "assets" / "map.png").read_bytes() == MEDIA


def check_by_hand(backup):
    """What a person does with `sha256sum -c SHA256SUMS`, and with ls."""
    sums = dict(reversed(line.split("  ")) for line in (backup / "SHA256SUMS").read_text().splitlines())
    files = {str(p.relative_to(backup)) for p in backup.rglob("*") if p.is_file()} - {"SHA256SUMS"}
    assert set(sums) == files
    for name, digest in sums.items():
        assert hashlib.sha256((backup / name).read_bytes()).hexdigest() == digest
    assert [str(p) for p in [backup, *backup.rglob("*")] if p.stat().st_mode & 0o077] == []
    told = json.loads((backup / "manifest.json").read_text())
    assert told["files"].keys() == files - {"manifest.json"}
    assert "quizzes.0001_initial" in told["database"]["migrations"]
    assert told["version"]
    return told


@pytest.mark.soak
def test_copy_of_the_file_alone_loses_the_newest_answers(tmp_path):
    """Why there is a command at all."""
    with hall_on("sqlite", tmp_path) as hall:
        students, _ = class_of_one(hall)
        run_with(students, lambda: gathered(students, least=10))
        shutil.copy(hall.file, tmp_path / "copy.sqlite3")
        done = ask(hall, tmp_path / "backup")
        hall.shut()

        assert done.returncode == 0, done.stderr
        assert saved_in(tmp_path / "copy.sqlite3") < len(receipts_of(students))
        assert saved_in(tmp_path / "backup" / "db.sqlite3") == len(receipts_of(students))


def class_of_one(hall):
    hall.seated = []
    hall.open()
    return class_of(hall, 1)


def saved_in(path):
    try:
        with closing(sqlite3.connect(path)) as file:
            return file.execute("SELECT count(*) FROM quizzes_savedanswer").fetchone()[0]
    except sqlite3.DatabaseError:
        return 0


ON_SQLITE = pytest.mark.parametrize("house", ["sqlite"], indirect=True)  # what does not ask the database


@ON_SQLITE
def test_backup_never_replaces_anything(house, tmp_path):
    (tmp_path / "there").mkdir()

    done = ask(house, tmp_path / "there")

    assert one_line(done) == f"CommandError: {tmp_path}/there exists already: name a new folder."
    assert list((tmp_path / "there").iterdir()) == []


def one_line(done):
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


@ON_SQLITE
def test_folder_that_cannot_be_written_is_one_line(house, tmp_path):
    assert "cannot be written (No such file or directory)" in one_line(ask(house, tmp_path / "no" / "where"))
    assert "lies among the images" in one_line(ask(house, house.folder / "media" / "backup"))


def test_failure_leaves_nothing_behind(house, tmp_path):
    """The disk is full: no file may grow beyond 100 kB."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "backup")],
        env=house.env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    said = one_line(done)
    assert "cannot be" in said
    assert list(tmp_path.iterdir()) == []


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
sys.argv[:1] = ["manage.py", "backup"]
exec(open("manage.py").read())
"""


def test_missing_pg_dump_and_a_database_that_is_away_are_one_line(house, tmp_path):
    if house.postgres is None:
        gone = ask(house, tmp_path / "backup", DATABASE_URL=f"sqlite:///{tmp_path}/no/where.sqlite3")
        assert "The database cannot be copied" in one_line(gone)
    else:
        assert "pg_dump is missing" in one_line(ask(house, tmp_path / "backup", PATH=str(tmp_path)))
        gone = ask(house, tmp_path / "backup", DATABASE_URL=f"postgresql://a:canary@/b?host={tmp_path}")
        assert "The database cannot be copied" in one_line(gone)
        assert "canary" not in gone.stderr
    assert not (tmp_path / "backup").exists()


@ON_SQLITE
def test_image_that_is_named_and_not_there_is_told(house, tmp_path):
    house.office("name_image", file="assets/lost.png")

    done = ask(house, tmp_path / "backup")

    assert done.returncode == 0
    assert done.stderr == "Not there to be copied: 1 images, first assets/lost.png.\n"
    assert json.loads((tmp_path / "backup" / "manifest.json").read_text())["missing_images"] == [
        "assets/lost.png"
    ]
