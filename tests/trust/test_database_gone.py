import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DataError, OperationalError, ProgrammingError, connection, transaction
from django.db.utils import ConnectionHandler
from django.test import Client

from studyapp import environment
from studyapp.outage import is_outage, names_no_row

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What a browser gets while a real file of SQLite is locked, full, gone and empty."""
    environ = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
    done = subprocess.run(
        [sys.executable, "-m", "tests.trust.outages"],
        env=environ | {"VAR_DIR": str(tmp_path_factory.mktemp("var"))},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("when", ["locked", "locked, session", "full", "gone"])
def test_outage_is_503_with_a_page_that_says_when_to_try_again(seen, when):
    assert seen[when] == {"status": 503, "retry": "2", "sentence": True, "part": None, "number": True}


def test_outage_in_a_part_leaves_the_page_as_it_is(seen):
    answer = seen["locked, by htmx"]

    assert (answer["status"], answer["retry"], answer["part"]) == (503, "2", "#trouble")


@pytest.mark.parametrize("when", ["locked, reading", "full, reading", "gone, health"])
def test_what_needs_no_room_goes_on(seen, when):
    assert seen[when]["status"] == 200


@pytest.mark.parametrize(("when", "status"), [("free", 303), ("unlocked", 303), ("room again", 200)])
def test_afterwards_all_is_well(seen, when, status):
    assert seen[when]["status"] == status


def test_readyz_says_so(seen):
    assert seen["gone, ready"]["status"] == 503


def test_missing_table_is_our_mistake_and_no_outage(seen):
    assert seen["empty, a mistake"]["status"] == 500


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own way to go")
@pytest.mark.django_db(transaction=True)
def test_connection_that_postgresql_ended_is_503(learner):
    client = Client(raise_request_exception=False)
    client.force_login(learner)
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    gone = client.get("/accounts/notices/")
    connection.close()
    back = client.get("/accounts/notices/")

    assert (gone.status_code, gone["Retry-After"], back.status_code) == (503, "2", 200)


def test_postgresql_that_never_answers_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://study@127.0.0.1:{silent.getsockname()[1]}/study"
        hasty = environment.database(address + "?connect_timeout=2", None)
        other = ConnectionHandler({"default": hasty})["default"]

        with pytest.raises(OperationalError) as raised, other.wrap_database_errors:
            other.connect()

    assert is_outage(raised.value)
    assert environment.database(address, None)["OPTIONS"]["connect_timeout"] == "5"


def test_number_beyond_any_row_is_told_from_other_overflows(db):
    with (
        pytest.raises((OverflowError, DataError)) as raised,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1 FROM django_migrations WHERE id = CAST(%s AS bigint)", [2**63])

    assert names_no_row(raised.value)
    assert not names_no_row(OverflowError("int too large to convert to float"))


@pytest.mark.parametrize("error", [ProgrammingError("x"), ValueError("x"), None])
def test_other_errors_are_no_outage(error):
    assert not is_outage(error)
