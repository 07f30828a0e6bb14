"""Is this process fit to take requests? Asked by /readyz on each call and by the start."""

import shutil
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from studyapp.leaving import is_leaving
from studyapp.outage import in_one_line

LEAST_FREE = 100 * 1024 * 1024  # bytes
SYNCHRONOUS_FULL = 2  # what SQLite answers to PRAGMA synchronous; 3 is EXTRA
NETWORK_FILE_SYSTEMS = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "fuse.sshfs",
    "ceph",
    "glusterfs",
    "afs",
}


def reason_not_ready() -> str | None:
    """One sentence on the first thing that is wrong, or None."""
    if is_leaving():
        return "This process was told to end."
    try:
        return missing_migrations() or weak_durability() or no_room()
    except DatabaseError as error:
        return f"The database does not answer ({type(error).__name__})."


@cache
def _migrations_on_disk() -> frozenset:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def missing_migrations() -> str | None:
    """Says which migration is the first that the database has not had."""
    if "django_migrations" not in connection.introspection.table_names():
        return "The database is empty: run `python manage.py migrate`."
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = set(cursor.fetchall())
    missing = sorted(_migrations_on_disk() - applied)
    if not missing:
        return None
    return f"{len(missing)} migrations are not applied, first {'.'.join(missing[0])}: run `python manage.py migrate`."


def weak_durability() -> str | None:
    """Reads back from the database what decides whether a confirmed answer survives a power cut."""
    if connection.vendor == "sqlite":
        if connection.is_in_memory_db():
            return None  # tests
        with connection.cursor() as cursor:
            journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
            synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
        if journal != "wal" or synchronous < SYNCHRONOUS_FULL:
            return f"SQLite runs with journal_mode={journal}, synchronous={synchronous}: it must be wal and 2 (FULL)."
        return None
    for name in ("fsync", "synchronous_commit"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting(%s)", [name])
            value = cursor.fetchone()[0]
        # remote_write, remote_apply and local all flush here first.
        if value == "off":
            return f"PostgreSQL runs with {name}=off: set it to on."
    return None


def no_room() -> str | None:
    """Says where less than 100 MB are free."""
    places = {Path(settings.MEDIA_ROOT)}
    if connection.vendor == "sqlite" and not connection.is_in_memory_db():
        places.add(Path(connection.settings_dict["NAME"]).parent)
    for place in places:
        if (existing := nearest(place)) and shutil.disk_usage(existing).free < LEAST_FREE:
            return f"Less than 100 MB are free at {place}."
    return None


def nearest(place: Path) -> Path | None:
    """The path itself or the first folder above it that exists."""
    return next((p for p in [place, *place.parents] if p.exists()), None)


def unwritable_media() -> str | None:
    """Tries to write a file where uploaded images go."""
    folder = Path(settings.MEDIA_ROOT)
    probe = folder / ".writable"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return f"MEDIA_ROOT {folder} cannot be written ({error.strerror}): set VAR_DIR to a folder that can."
    return None


def uncollected_static() -> str | None:
    """Without the table of hashed names no page could name its style sheet."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if "Manifest" in settings.STORAGES["staticfiles"]["BACKEND"] and not manifest.exists():
        return "Static files are not collected: run `python manage.py collectstatic`."
    return None


def sqlite_on_network_disk(mounts: str | None = None) -> str | None:
    """SQLite's locks do not hold on network disks. `mounts` is the text of /proc/mounts, read here if not given."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return None
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text(errors="replace")
        except OSError:
            return None  # not Linux: cannot be known
    path = Path(connection.settings_dict["NAME"]).resolve()
    kind, longest = "", -1
    for line in mounts.splitlines():
        _, where, file_system, *_ = line.split(" ")
        where = where.replace("\\040", " ")
        if path.is_relative_to(where) and len(where) > longest:
            kind, longest = file_system, len(where)
    if kind in NETWORK_FILE_SYSTEMS:
        return f"DATABASE_URL puts SQLite on a network disk ({kind}): use a local disk, or PostgreSQL."
    return None


def reason_not_to_start() -> str | None:
    """What stops a server before it takes its first request: one line that says what to do."""
    try:
        return (
            sqlite_on_network_disk()
            or missing_migrations()
            or weak_durability()
            or unwritable_media()
            or uncollected_static()
        )
    except DatabaseError as error:
        return in_one_line(error) or f"DATABASE_URL: the database does not answer ({type(error).__name__})."
