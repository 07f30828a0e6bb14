"""Starts that meet, and starts on a database that cannot be used: one line says what is the matter."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from studyapp import supervisor
from tests.hall.servers import ROOT, Postgres, free_port, missing
from tests.trust.test_promises import SOAK
from tests.trust.test_settings import GOOD, lines, run


class Start:
    """`manage.py serve` on a folder."""

    def __init__(self, folder, port, **env):
        kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
        self.port, self.log = port, folder / f"{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", "1"],
                env=kept | {"VAR_DIR": str(folder), "PORT": str(port)} | env,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def serves(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def settled(self) -> "Start":
        """Wait until it serves or has ended."""
        end = time.monotonic() + 120
        while self.process.poll() is None and not self.serves():
            assert time.monotonic() < end, self.said()
            time.sleep(0.1)
        return self

    def said(self) -> str:
        return self.log.read_text()


@pytest.fixture
def start(tmp_path):
    begun = []

    def start(*arguments, **env):
        begun.append(Start(tmp_path, *arguments, **env))
        return begun[-1]

    yield start
    for one in begun:
        one.process.terminate()
    for one in begun:
        one.process.wait(40)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=SOAK)])
def database(request):
    """The variables that name an empty database."""
    if request.param == "sqlite":
        yield {}
        return
    if Postgres.BIN is None:
        missing("PostgreSQL", "postgresql")
    postgres = Postgres()
    yield {"DATABASE_URL": postgres.url}
    postgres.close()


WAITING, TAKEN = "Another start is preparing", "is in use"


def test_of_two_first_starts_one_prepares_and_the_other_waits(start, database):
    both = [start(free_port(), **database), start(free_port(), **database)]
    said = [one.settled().said() for one in both]

    assert [one.process.poll() for one in both] == [None, None], said
    assert sum("Making the tables" in text for text in said) == 1, said
    assert sum(WAITING in text for text in said) == 1, said
    assert sum("Sign-in link" in text for text in said) == 1, said
    assert not any("Traceback" in text for text in said), said


@SOAK
def test_of_two_first_starts_on_one_port_the_second_is_told_so(start):
    port = free_port()
    both = [start(port), start(port)]
    end = time.monotonic() + 120
    while all(one.process.poll() is None for one in both) and time.monotonic() < end:
        time.sleep(0.1)
    both.sort(key=lambda one: one.process.poll() is None)
    refused, serving = both
    serving.settled()

    assert (refused.process.poll(), serving.process.poll()) == (1, None)
    assert f"Port {port} {TAKEN}" in refused.said()
    assert "Traceback" not in refused.said()
    assert serving.serves()


def test_server_whose_workers_never_come_up_ends(tmp_path):
    """`serve` asks first; what it did not see is not tried for ever either."""
    result = run(tmp_path, *supervisor.command("127.0.0.1", free_port(), 1)[1:], **GOOD)

    assert result.returncode == 1
    assert "Not started. The database is empty" in result.stderr
    assert "starts again" not in result.stdout


COMMANDS = {
    "serve": ["manage.py", "serve"],
    "migrate": ["manage.py", "migrate"],
    "another": ["manage.py", "create_instructor", "somebody"],
    "server": ["-c", "import studyapp.wsgi"],
}


ONE_AND_ALL = ["serve", *(pytest.param(name, marks=SOAK) for name in COMMANDS if name != "serve")]
PLACES = {
    "nowhere/db.sqlite3": "there is no folder",
    "folder": "is a folder",
    "file/db.sqlite3": "there is no folder",
    "file": "cannot be used (file is not a database)",
}


@pytest.mark.parametrize(
    ("command", "place"),
    [
        pytest.param(command, place, marks=[] if command == "serve" or place == "file" else SOAK)
        for command in COMMANDS
        for place in PLACES
    ],
)
def test_database_that_cannot_be_opened_is_one_line(tmp_path, command, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("no database, and long enough to be seen as none" * 30)

    result = run(tmp_path, *COMMANDS[command], **GOOD, DATABASE_URL=f"sqlite:///{tmp_path / place}")

    assert result.returncode == 1
    assert len(lines(result)) == 1, lines(result)
    assert "DATABASE_URL: " in lines(result)[0]
    assert PLACES[place] in lines(result)[0]


@pytest.mark.skipif(os.getuid() == 0, reason="an administrator may write everywhere")
def test_database_in_a_folder_that_may_not_be_written_is_one_line(tmp_path):
    (tmp_path / "shut").mkdir(mode=0o500)

    result = run(tmp_path, *COMMANDS["migrate"], **GOOD, DATABASE_URL=f"sqlite:///{tmp_path}/shut/db.sqlite3")

    assert len(lines(result)) == 1
    assert "cannot be written by this user" in lines(result)[0]


@pytest.mark.parametrize("command", ONE_AND_ALL)
def test_postgresql_without_its_package_is_one_line(tmp_path, command):
    (tmp_path / "psycopg.py").write_text("raise ImportError('as if it were not installed')")

    result = run(
        tmp_path,
        *COMMANDS[command],
        **GOOD,
        PYTHONPATH=str(tmp_path),
        DATABASE_URL="postgresql://study@127.0.0.1/study",
    )

    assert result.returncode == 1
    [line] = lines(result)
    assert line.startswith("Not started. DATABASE_URL names PostgreSQL")
    assert "pip install -r requirements-postgres.txt" in line


@pytest.mark.parametrize("command", ONE_AND_ALL)
def test_postgresql_that_is_not_there_is_one_line(tmp_path, command):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    result = run(
        tmp_path, *COMMANDS[command], **GOOD, DATABASE_URL=f"postgresql://study@127.0.0.1:{port}/study"
    )

    assert result.returncode == 1
    assert len(lines(result)) == 1, lines(result)
    assert "DATABASE_URL: " in lines(result)[0]
