"""Verb: a consistent copy of everything a site keeps, made while it runs.

A folder, since a person can look into it: `sha256sum -c SHA256SUMS` checks it, `sqlite3` or `pg_restore` opens the
database, and images are files. It is written beside its place, checked, and renamed when it is whole.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import django
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.backends.postgresql.client import DatabaseClient

from content.models import Asset
from studyapp.private import FOLDER, make_file

SQLITE, POSTGRESQL, IMAGES = "db.sqlite3", "db.dump", "media"
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
CHUNK = 1024 * 1024


class CannotBackUp(Exception):
    """The message is one line for the person who asked."""


@dataclass(frozen=True)
class Backup:
    """What was written: where, how many bytes, images and rows; names of images that were not in their place."""

    path: Path
    size: int
    images: int
    rows: int
    missing: list[str]


def back_up(path: Path, *, now) -> Backup:
    """Copy database and images into a new folder at `path`. Nobody waits for it: it only reads.

    Leaves nothing behind where it fails. Raises CannotBackUp.
    """
    path = Path(os.path.abspath(path))
    if path.exists() or path.is_symlink():
        raise CannotBackUp(f"{path} exists already: name a new folder.")
    if path.is_relative_to(Path(settings.MEDIA_ROOT).resolve()):
        raise CannotBackUp(f"{path} lies among the images: name a folder elsewhere.")
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        aside.mkdir(mode=FOLDER)
        try:
            made = _written(aside, path, now)
            os.rename(aside, path)
            _flush(path.parent)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    except OSError as error:
        raise CannotBackUp(f"{path} cannot be written ({error.strerror or error}).") from None
    except (DatabaseError, sqlite3.Error) as error:
        raise CannotBackUp(f"The database cannot be copied ({str(error).splitlines()[0]}).") from None
    return made


def _written(folder, path, now):
    """Everything in the folder, flushed to the disk."""
    copy = _copy_of_sqlite if connection.vendor == "sqlite" else _copy_of_postgresql
    database = copy(folder)
    # After the database, so that the images it names are there; none is ever removed.
    missing = _wait_for(database.pop("images"))
    files = {database["file"]: _measured(folder / database["file"])}
    files |= {f"{IMAGES}/{name}": _copied(source, folder / IMAGES / name) for name, source in _images()}
    manifest = {
        "backup": 1,
        "made_at": now.isoformat(timespec="seconds"),
        "version": _version(),
        "django": django.get_version(),
        "database": database,
        "missing_images": missing,
        "files": {name: {"bytes": size, "sha256": digest} for name, (digest, size) in files.items()},
    }
    _write(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    files[MANIFEST] = _measured(folder / MANIFEST)
    _write(folder / SUMS, "".join(f"{digest}  {name}\n" for name, (digest, _) in files.items()))
    for place in [*folder.rglob("*"), folder]:
        _flush(place)
    rows, size = sum(database["rows"].values()), sum(size for _, size in files.values())
    return Backup(path, size, len(files) - 2, rows, missing)


# --- the database


def _copy_of_sqlite(folder):
    """The database as it stands at one moment, in a file of its own. In WAL mode who reads holds nobody up.

    VACUUM INTO and not the copy page by page: pages hold what was deleted too, and somebody who was erased would be in
    every backup from then on.
    """
    source, target = Path(connection.settings_dict["NAME"]), folder / SQLITE
    make_file(target)
    with contextlib.closing(
        sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True, timeout=30, isolation_level=None)
    ) as live:
        live.execute("VACUUM INTO ?", [str(target)])
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as made:
        # One file without a journal beside it, whoever opens it.
        made.execute("PRAGMA journal_mode = DELETE")
        fault = made.execute("PRAGMA integrity_check").fetchone()[0]
        if fault != "ok" or made.execute("PRAGMA foreign_key_check").fetchone():
            raise CannotBackUp(
                f"The copy of the database is damaged ({fault}): look at the disk of {source}."
            )
        told = _told(lambda sql: made.execute(sql).fetchall(), connection.introspection.table_names())
        return {"engine": "sqlite", "server": sqlite3.sqlite_version, "file": SQLITE} | told


def _copy_of_postgresql(folder):
    """pg_dump's custom format, of the same moment as the numbers of rows beside it."""
    target = folder / POSTGRESQL
    make_file(target)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
        snapshot, server = cursor.fetchone()
        _dump(target, snapshot)

        def rows_of(sql):
            cursor.execute(sql)
            return cursor.fetchall()

        told = _told(rows_of, connection.introspection.table_names(cursor))
        return {"engine": "postgresql", "server": server, "file": POSTGRESQL} | told


def _dump(target, snapshot):
    # The password travels in the environment, never in the list of processes.
    found, env = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    command = ["pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}", *found[1:]]
    try:
        done = subprocess.run(command, env=os.environ | (env or {}), capture_output=True, text=True)
    except FileNotFoundError:
        raise CannotBackUp(
            "pg_dump is missing: install PostgreSQL's client programs (apt install postgresql-client)."
        ) from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit {done.returncode}"]
        raise CannotBackUp(f"The database cannot be copied ({said[0]}).")


def _told(rows_of, tables) -> dict:
    """What a restore can be compared with, migrations and the number of rows of each table; and the images named."""
    return {
        "migrations": [
            f"{app}.{name}" for app, name in rows_of("SELECT app, name FROM django_migrations ORDER BY id")
        ],
        "images": [
            name for (name,) in rows_of(f'SELECT DISTINCT file FROM "{Asset._meta.db_table}" ORDER BY file')
        ],
        "rows": {name: rows_of(f'SELECT count(*) FROM "{name}"')[0][0] for name in sorted(tables)},
    }


# --- files


def _images() -> Iterator[tuple[str, Path]]:
    """Every image, by its name below the folder. What is still being written begins with a dot."""
    root = Path(settings.MEDIA_ROOT)
    for source in sorted(root.rglob("*")) if root.exists() else ():
        if source.is_file() and not source.name.startswith("."):
            yield source.relative_to(root).as_posix(), source


def _wait_for(names) -> list[str]:
    """The images that are missing also after a moment: one gets its place just after its row is there."""
    for _ in range(10):
        missing = [name for name in names if not (Path(settings.MEDIA_ROOT) / name).exists()]
        if not missing:
            break
        time.sleep(0.1)
    return missing


def _copied(source, target):
    """Copy a file and give its hash and size."""
    target.parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    make_file(target)
    digest, size = hashlib.sha256(), 0
    with open(source, "rb") as read, open(target, "wb") as write:
        while piece := read.read(CHUNK):
            write.write(piece)
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _measured(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def _write(path, text):
    make_file(path)
    path.write_text(text, encoding="utf-8")


def _flush(path):
    """What the disk was told reaches it, also the names in a folder."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _version() -> str:
    return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
