import pytest
from django.db import connection

from studyapp import readiness


def test_healthz_touches_nothing(client):
    # No database fixture: a query would raise.
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_healthz_answers_to_the_name_of_this_machine(client, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1", "study.example"]

    assert client.get("/healthz", headers={"host": "127.0.0.1:8000"}).status_code == 200


def test_readyz_is_ok_on_a_migrated_database(client, db):
    response = client.get("/readyz")

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_readyz_costs_few_queries(client, db, django_assert_max_num_queries):
    client.get("/readyz")

    with django_assert_max_num_queries(4):
        client.get("/readyz")


def test_readyz_fails_without_detail_where_a_migration_is_missing(client, db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'accounts'")

    response = client.get("/readyz")

    assert (response.status_code, response.content) == (503, b"not ready\n")
    assert "accounts.0001" in readiness.missing_migrations()


def test_readyz_fails_below_a_hundred_free_megabytes(client, db, monkeypatch):
    monkeypatch.setattr(readiness, "LEAST_FREE", 10**18)

    assert client.get("/readyz").status_code == 503
    assert "free" in readiness.no_room()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own settings")
@pytest.mark.parametrize(
    ("pragmas", "reason"),
    [
        ("PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL", None),
        ("PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL", "synchronous=1"),
        ("PRAGMA journal_mode=DELETE;PRAGMA synchronous=FULL", "journal_mode=delete"),
        ("PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF", "synchronous=0"),
    ],
)
def test_durability_is_read_back_from_sqlite(db, tmp_path, monkeypatch, pragmas, reason):
    settings = {**connection.settings_dict, "NAME": str(tmp_path / "x.sqlite3")}
    settings["OPTIONS"] = {**settings["OPTIONS"], "init_command": pragmas}
    other = connection.copy("other")
    other.settings_dict.update(settings)
    monkeypatch.setattr(readiness, "connection", other)

    found = readiness.weak_durability()
    other.close()

    assert (found is None) if reason is None else (reason in found)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own settings")
def test_durability_is_read_back_from_postgresql(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")

    assert "synchronous_commit=off" in readiness.weak_durability()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a file of SQLite")
@pytest.mark.parametrize(
    ("kind", "refused"), [("nfs4", True), ("cifs", True), ("9p", True), ("ext4", False), ("tmpfs", False)]
)
def test_sqlite_on_a_network_disk_is_refused(tmp_path, monkeypatch, kind, refused):
    other = connection.copy("other")
    other.settings_dict["NAME"] = str(tmp_path / "x.sqlite3")
    monkeypatch.setattr(readiness, "connection", other)
    mounts = f"/dev/sda1 / ext4 rw 0 0\nserver:/share {tmp_path.parent} {kind} rw 0 0\n"

    reason = readiness.sqlite_on_network_disk(mounts)

    assert bool(reason) == refused


def test_unwritable_media_is_refused(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.MEDIA_ROOT = tmp_path / "file" / "media"

    assert "cannot be written" in readiness.unwritable_media()
