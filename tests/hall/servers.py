"""Real processes: the group of servers that answers, the office beside it, and a PostgreSQL that may be crashed."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from studyapp import supervisor
from tests.hall.disk import COMPILER, Small, Watched, missing

ROOT = Path(__file__).parent.parent.parent
LEFT_OUT = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "VAR_DIR", "PORT", "LD_PRELOAD"}


def free_port() -> int:
    """Below the ports that the system lends to connections: none of those may take it before the server does."""
    while True:
        port = random.SystemRandom().randrange(20_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Hall:
    """One database with an office, and a group of servers that is started, ended and killed as a whole."""

    def __init__(self, folder: Path, *, database="", workers=2, settings="tests.hall.settings"):
        self.folder, self.port, self.workers = folder, free_port(), workers
        self.env = {
            **{name: value for name, value in os.environ.items() if name not in LEFT_OUT},
            "VAR_DIR": str(folder),
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": settings,
            "PYTHONPATH": str(ROOT),
            "SECRET_KEY": "a key of the hall, long enough for everybody and never used elsewhere 0123456789",
        }
        if database:
            self.env["DATABASE_URL"] = database
        self.servers, self.desks, self.postgres, self.disk = None, [], None, None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def file(self) -> Path:
        return self.folder / "db.sqlite3"

    # --- the office

    def order(self, do, *, desk=0, **what):
        """Tell a clerk of the office what to do; each desk is a process of its own."""
        while len(self.desks) <= desk:
            self.desks.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.hall.office"],
                    env=self.env,
                    cwd=ROOT,
                    text=True,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            )
        self.desks[desk].stdin.write(json.dumps({"do": do, **what}) + "\n")
        self.desks[desk].stdin.flush()

    def answer(self, desk=0):
        line = self.desks[desk].stdout.readline()
        assert line, "the office is gone"
        answer = json.loads(line)
        assert not (isinstance(answer, dict) and "failed" in answer), answer["failed"]
        return answer

    def office(self, do, **what):
        self.order(do, **what)
        return self.answer()

    def seat(self, students, **options):
        return self.office("seat", students=students, **options)

    @contextlib.contextmanager
    def full_disk(self, *, spare):
        """The disk of the database has no room, nor has the database in its files: answers in attempt `spare` took it."""
        self.office("begin_log")
        with self.disk.full():
            self.office("use_up", attempt=spare)
            yield

    @contextlib.contextmanager
    def disk_full_of_log(self):
        """As full, and PostgreSQL has ended of it; it starts again when there is room."""
        with self.disk.full():
            for _ in range(300):
                self.office("write_log")
                if self.postgres.is_down():
                    break
                time.sleep(0.1)
            else:
                raise AssertionError("PostgreSQL goes on")
            yield
        self.postgres.start()

    # --- the servers

    def open(self, **env):
        """Start the group of servers, unless it runs. `env`: more variables for it alone."""
        if self.servers is not None and self.servers.poll() is None:
            return self
        with open(self.folder / "servers.log", "ab") as log:
            self.servers = subprocess.Popen(
                supervisor.command("127.0.0.1", self.port, self.workers),
                env=self.env | env,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        for _ in range(900):
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                    return self
            assert self.servers.poll() is None, self.log()
            time.sleep(0.05)
        raise AssertionError("the servers did not come up\n" + self.log())

    def kill(self):
        """The power of the administrator: every process of the group at once, without a word."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.servers.pid, signal.SIGKILL)
        self.servers.wait()

    def shut(self):
        """Ask them to end, as a deployment does."""
        if self.servers is None or self.servers.poll() is not None:
            return
        self.servers.send_signal(signal.SIGTERM)
        try:
            self.servers.wait(40)
        finally:
            self.kill()

    def close(self):
        if self.servers is not None:
            self.kill()
        for desk in self.desks:
            with desk:
                desk.stdin.close()

    def log(self) -> str:
        path = self.folder / "servers.log"
        return path.read_text(errors="replace") if path.exists() else ""


class Postgres:
    """A PostgreSQL of its own in a temporary folder, which may be crashed."""

    BIN = next((p for p in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None) or (
        Path(shutil.which("initdb")).parent if shutil.which("initdb") else None
    )

    def __init__(self, *, with_disk=False):
        """`with_disk`: its files lie on a `disk` that can be filled."""
        self.folder, self.disk = Path(tempfile.mkdtemp(prefix="pg-")), None
        self.folder.chmod(0o755)
        if os.getuid() == 0:  # which PostgreSQL refuses to run as
            shutil.chown(self.folder, "postgres")
        if with_disk:
            self.disk = Small.made(Path(self.data), owner="postgres")
            if self.disk is None and COMPILER:
                self.disk = Watched(self.folder, Path(self.data))
        try:
            self._run(
                "initdb", "-D", self.data, "-U", "study", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"
            )
            self.start()
            self._run("createdb", "-h", str(self.folder), "-U", "study", "study")
        except BaseException:
            self.close()
            raise

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    @property
    def url(self) -> str:
        return f"postgresql://study@/study?host={self.folder}"

    def _run(self, program, *arguments):
        command = [str(self.BIN / program), *arguments]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        with open(self.folder / "output", "ab") as out:
            env = os.environ | (self.disk.env if self.disk else {})
            subprocess.run(command, cwd="/", stdout=out, stderr=out, check=True, env=env, timeout=60)

    def _control(self, what, *more):
        options = f"-k {self.folder} -c listen_addresses='' -c max_connections=60"
        self._run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "-o", options, *more, what)

    def start(self):
        self._control("start", "-l", str(self.folder / "log"))

    def crash(self):
        """Every process of PostgreSQL ends at once, nothing is flushed; it starts again and recovers."""
        self._control("restart", "-l", str(self.folder / "log"))

    def is_down(self) -> bool:
        return not (Path(self.data) / "postmaster.pid").exists()

    def close(self):
        with contextlib.suppress(subprocess.SubprocessError):
            self._run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        if self.disk:
            self.disk.close()
        shutil.rmtree(self.folder, ignore_errors=True)


ENGINES = ("sqlite", "postgresql")


@contextlib.contextmanager
def hall_on(engine, folder, *, with_disk=False, workers=2):
    """A hall whose office stands, on a database of its own; its doors are shut.

    `with_disk`: the database lies on `hall.disk`, which can be filled; None where this machine can make none.
    At the end every stored score must follow from what was saved, as `verify_scores` sees it.
    """
    if engine == "postgresql" and Postgres.BIN is None:
        missing("PostgreSQL", "postgresql")
    postgres = Postgres(with_disk=with_disk) if engine == "postgresql" else None
    hall = Hall(folder, database=postgres.url if postgres else "", workers=workers)
    try:
        hall.postgres = postgres
        if postgres:
            hall.disk = postgres.disk
        elif with_disk and COMPILER:
            hall.disk = Watched(folder, hall.file)
            hall.env |= hall.disk.env
        hall.office("migrate")
        yield hall
        assert hall.office("verify")["differences"] == []
    finally:
        hall.close()
        if postgres:
            postgres.close()
