"""An import that is killed leaves nothing: neither rows nor pictures, and the next one is as if it were the first.

Real processes on a SQLite file of their own; each kill hits a process somewhere between reading and committing.
"""

import base64
import io
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent.parent
IN_THE_SUITE, IN_THE_SOAK = 5, 20
QUESTIONS, PICTURES = 400, 20
TABLES = (
    *("content_question", "content_questionversion", "content_question_topics", "content_topic"),
    *("content_questionimport", "content_importedquestion", "content_asset"),
)


def manage(folder, *words, **options):
    env = {**os.environ, "VAR_DIR": str(folder)}
    env.pop("DATABASE_URL", None)
    env.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    return subprocess.Popen(
        command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options
    )


def done(folder, *words):
    process = manage(folder, *words)
    told = process.communicate(timeout=120)[0].decode()
    assert process.returncode == 0, told
    return told


def picture(number):
    out = io.BytesIO()
    Image.new("RGB", (2, 2), (number, 0, 0)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def file_of_questions():
    questions = []
    for number in range(QUESTIONS):
        shown = f'<img src="@@PLUGINFILE@@/p{number}.png" alt="Dot {number}">' if number < PICTURES else ""
        held = (
            f'<file name="p{number}.png" path="/" encoding="base64">{picture(number)}</file>' if shown else ""
        )
        questions.append(
            f'<question type="truefalse"><name><text>N{number}</text></name><idnumber>n{number}</idnumber>'
            f'<questiontext format="html"><text><![CDATA[<p>Number {number}? {shown}</p>]]></text>{held}</questiontext>'
            '<answer fraction="100"><text>true</text></answer><answer fraction="0"><text>false</text></answer>'
            f"<tags><tag><text>tag{number % 7}</text></tag></tags></question>"
        )
    return f"<quiz>{''.join(questions)}</quiz>"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A migrated database with the tiny course of the tests, and the file; copied for each kill."""
    folder = tmp_path_factory.mktemp("prepared")
    done(folder, "migrate", "-v", "0")
    done(folder, "load_course", str(ROOT / "tests" / "data" / "broken_courses" / "valid"))
    (folder / "questions.xml").write_text(file_of_questions())
    return folder


def state_of(folder):
    """The rows of every table that an import writes, without the clock, and the pictures that can be served."""
    with sqlite3.connect(folder / "db.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES
        }
        wording = connection.execute(
            "SELECT q.slug, v.number, v.content_hash FROM content_question q JOIN content_questionversion v "
            "ON v.question_id = q.id ORDER BY q.slug, v.number"
        ).fetchall()
        files = {name for (name,) in connection.execute("SELECT file FROM content_asset")}
    connection.close()
    assets = folder / "media" / "assets"
    served = {f"assets/{path.name}" for path in assets.glob("[!.]*")} if assets.exists() else set()
    return counts, wording, files, served


def words_for(folder):
    return ["import_questions", str(folder / "questions.xml"), "--course", "rivers", "--verbosity", "0"]


@pytest.fixture(scope="module")
def clean(prepared, tmp_path_factory):
    """What an import that nobody disturbs leaves, and how long it takes."""
    folder = tmp_path_factory.mktemp("clean") / "run"
    shutil.copytree(prepared, folder)
    before = state_of(folder)
    start = time.monotonic()
    done(folder, *words_for(folder))
    return before, state_of(folder), time.monotonic() - start


def kill_once(prepared, clean, folder, moment):
    """Kill an import after a share of the time it takes; then check, and import again."""
    before, after, took = clean
    shutil.copytree(prepared, folder)
    process = manage(folder, *words_for(folder), start_new_session=True)
    time.sleep(moment * took)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    was_killed = process.returncode == -signal.SIGKILL
    counts, wording, files, served = state_of(folder)
    if counts == before[0]:
        assert (wording, files, served) == before[1:], "an interrupted import left something behind"
    else:
        # Killed after the commit: all of it is there; pictures may lack their bytes until the next import.
        assert (counts, wording, files) == after[:3], "half an import was committed"
    done(folder, *words_for(folder))
    again = state_of(folder)
    assert again == after, "the import after the interrupted one is not a clean one"
    shutil.rmtree(folder)
    return was_killed


def moments(count, seed):
    rng = random.Random(seed)
    # One in each part of the time, so that reading, rendering, writing and committing are all met.
    return [(number + rng.random()) / count for number in range(count)]


@pytest.mark.parametrize("moment", moments(IN_THE_SUITE, 1), ids=lambda moment: f"at {moment:.2f}")
def test_killed_import_leaves_nothing_and_the_next_is_clean(prepared, clean, tmp_path, moment):
    kill_once(prepared, clean, tmp_path / "run", moment)


@pytest.mark.soak
def test_import_killed_at_twenty_moments(prepared, clean, tmp_path):
    killed = [
        kill_once(prepared, clean, tmp_path / f"run{number}", moment)
        for number, moment in enumerate(moments(IN_THE_SOAK, 2))
    ]

    assert sum(killed) >= IN_THE_SOAK // 2, "too few kills hit a running import"


def test_import_killed_inside_its_transaction_leaves_nothing(prepared, clean, tmp_path):
    """Not by the clock: the process kills itself when everything is written and nothing is committed."""
    before, after, _ = clean
    folder = tmp_path / "run"
    shutil.copytree(prepared, folder)
    script = (
        "import os, signal, sys\n"
        "import django\n"
        "django.setup()\n"
        "from django.core.management import call_command\n"
        "from content import importing\n"
        "real = importing._write_pictures\n"
        "def stop(*given):\n"
        "    real(*given)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "importing._write_pictures = stop\n"
        "call_command(*sys.argv[1:])\n"
    )
    env = {**os.environ, "VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "studyapp.settings"}
    env.pop("DATABASE_URL", None)
    process = subprocess.run([sys.executable, "-c", script, *words_for(folder)], env=env, cwd=ROOT)

    assert process.returncode == -signal.SIGKILL
    assert state_of(folder) == before
    done(folder, *words_for(folder))
    assert state_of(folder) == after
