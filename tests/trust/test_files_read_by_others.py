"""Another account of the machine reads the database, the secret, the images or the mail: every file is its owner's only."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connections

from studyapp import environment
from studyapp.private import keep_private
from studyapp.sqlite.base import DatabaseWrapper
from tests.trust.test_settings import GOOD

ROOT = Path(__file__).parent.parent.parent
# As a site does in its first minutes: tables, an image, a mail with a sign-in link, an answer that waits in the journal.
SITE = """
import sys
sys.argv = ["manage.py", "migrate", "-v0"]
exec(open("manage.py").read())
from studyapp.readiness import unwritable_media
from studyapp.accounts.mailing import send_later
from studyapp.accounts.models import User
from tests.factories import create_asset, create_course
assert unwritable_media() is None
create_asset(create_course())
send_later("A link", "It signs you in.", to="a@study.example").join()
User.objects.create(username="somebody")
import os
import sqlite3
var = os.environ["VAR_DIR"]
print(*sorted(os.listdir(var)))
assert os.path.getsize(var + "/db.sqlite3-wal") and os.path.exists(var + "/db.sqlite3-shm")
from studyapp.private import OTHERS
from pathlib import Path
print([str(p) for p in [Path(var), *Path(var).rglob("*")] if p.lstat().st_mode & OTHERS])
"""


def run(var, code=SITE):
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG", "LD_LIBRARY_PATH"}}
    address = {"BASE_URL": "http://127.0.0.1:8160", "EMAIL_URL": "file:"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | {"VAR_DIR": str(var), "SECRET_KEY": GOOD["SECRET_KEY"]} | address,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        umask=0,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def open_to_others(folder):
    return [str(p) for p in [folder, *folder.rglob("*")] if p.lstat().st_mode & 0o077]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of a site that ran under a umask that closes nothing; what it said while it ran."""
    var = tmp_path_factory.mktemp("site") / "deep" / "var"
    return var, run(var)


def test_nothing_that_a_site_keeps_is_open_to_others(site):
    var, (names, while_it_ran) = site

    assert {"db.sqlite3", "mail", "media"} <= set(names.split())
    assert while_it_ran == "[]"
    assert list((var / "mail").iterdir())
    assert list((var / "media" / "assets").iterdir())
    assert open_to_others(var) == []


def test_what_an_older_version_left_open_is_closed_at_the_next_start(site):
    var, _ = site
    (var / "secret_key").write_text("x" * 60)
    for path in [var, *var.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o666)

    run(var, "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'studyapp.settings'; django.setup()")

    assert open_to_others(var) == []


def test_database_elsewhere_is_closed_when_it_is_opened(tmp_path, django_db_blocker):
    path = tmp_path / "elsewhere.sqlite3"
    path.touch()
    path.chmod(0o664)
    journal = path.with_name("elsewhere.sqlite3-wal")
    settings = environment.database(f"sqlite:///{path}", "")
    whole = connections.configure_settings({"default": settings})["default"]
    with django_db_blocker.unblock():
        wrapper = DatabaseWrapper(whole)
        wrapper.connect()
        wrapper.connection.execute("CREATE TABLE anything (id)")
        assert journal.stat().st_mode & 0o777 == 0o600
        wrapper.close()

    assert path.stat().st_mode & 0o777 == 0o600


def test_file_that_is_no_database_keeps_its_rights(tmp_path, django_db_blocker):
    """A wrong path can name anything: the list of the machine's users, if it is root who starts the site."""
    path = tmp_path / "passwd"
    path.write_text("root:x:0:0:root:/root:/bin/bash\n")
    path.chmod(0o644)
    settings = environment.database(f"sqlite:///{path}", "")
    whole = connections.configure_settings({"default": settings})["default"]
    with django_db_blocker.unblock(), pytest.raises(sqlite3.DatabaseError):
        DatabaseWrapper(whole).connect()

    assert path.stat().st_mode & 0o777 == 0o644
    assert path.read_text().startswith("root:")


def test_folder_that_holds_something_else_and_what_is_not_ours_are_left_alone(tmp_path):
    for name in ("db.sqlite3", "homework.txt"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o644)
    (tmp_path / "media").mkdir(mode=0o755)
    (tmp_path / "media" / "a.png").touch(0o644)
    tmp_path.chmod(0o755)

    keep_private(tmp_path)

    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in [tmp_path, *tmp_path.rglob("*")]}
    assert modes == {
        tmp_path.name: 0o755,
        "db.sqlite3": 0o600,
        "homework.txt": 0o644,
        "media": 0o700,
        "a.png": 0o600,
    }


def test_folder_that_everybody_may_write_keeps_its_rights(tmp_path):
    tmp_path.chmod(0o1777)

    keep_private(tmp_path)

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777
