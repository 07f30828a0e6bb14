"""What the app keeps on disk is readable by its owner only: the database, the secret, images, mail.

Pure of Django: settings use it before there are any. Every file is made private where it is made; this mends what an
older version, a copy or another program left open.
"""

import contextlib
import os
import stat
from pathlib import Path

OTHERS = 0o077  # every right of group and others
FOLDER, FILE = 0o700, 0o600
# What we put into VAR_DIR, by the beginnings of names.
OURS = ("db.sqlite3", "secret_key", "media", "mail", "starting.lock", "static")
# Not the static files: they are in the checkout anyway, and collecting makes them anew.
CLOSED = ("db.sqlite3", "secret_key", "media", "mail", "starting.lock")


def keep_private(folder: Path) -> None:
    """Make the folder, or mend it: what is ours in it is closed, and the folder itself where it holds nothing else.

    What belongs to somebody else is left as it is; so is a folder that others use too, such as /tmp.
    """
    if not folder.exists():
        folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    is_ours_alone = True
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(OURS):
                is_ours_alone = False
            elif entry.name.startswith(CLOSED):
                close(Path(entry.path))
    if is_ours_alone:
        _close_one(folder)


def close(path: Path) -> None:
    """Take every right from group and others; of a folder, from all that is in it first, so that what was interrupted
    is done again."""
    if not _is_open(path):
        return
    if path.is_dir() and not path.is_symlink():
        for inside in path.rglob("*"):
            _close_one(inside)
    _close_one(path)


def make_file(path: Path) -> None:
    """An empty file that only its owner reads, where there is none. Whoever opens it later keeps its mode."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE))


def _is_open(path):
    try:
        return bool(path.lstat().st_mode & OTHERS)
    except OSError:
        return False


def _close_one(path):
    with contextlib.suppress(OSError):  # somebody else's: theirs to close
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode) or found.st_mode & stat.S_ISVTX or found.st_uid != os.geteuid():
            return
        if found.st_mode & OTHERS:
            os.chmod(path, stat.S_IMODE(found.st_mode) & ~OTHERS)
