"""SQLite as Django has it, but a transaction that waits for the end of another one notices it at once.

SQLite itself looks again after 1, 2, 5, 10, 15, 20, 25 … milliseconds. To save an answer takes about one, so most of such
a wait is sleep, and whoever has waited longest looks least often and is overtaken by everybody else.
"""

import contextlib
import random
import sqlite3
import time
from pathlib import Path

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from studyapp import patience
from studyapp.private import close, make_file

SHORTEST, LONGEST = (
    0.0004,
    0.005,
)  # seconds from one look to the next, half as much or half as long again by chance


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params):
        """Only its owner reads the file. SQLite gives its journal the mode of the database.

        It is closed to others when it has shown itself to be a database: a wrong path may name any file of the machine.
        It must not be opened to look: closing it again would take away every lock that this process has on it.
        """
        conn_params = conn_params | {"timeout": patience.standing(conn_params["timeout"])}
        if self.is_in_memory_db():
            return super().get_new_connection(conn_params)
        path = Path(conn_params["database"])
        with contextlib.suppress(OSError):  # what is wrong with the path, the connection says
            make_file(path)
        connection = super().get_new_connection(conn_params)
        for name in ("", "-wal", "-shm"):
            close(path.with_name(path.name + name))
        return connection

    def _start_transaction_under_autocommit(self):
        """BEGIN as soon as it can be had. Raises OperationalError as SQLite does, after the `timeout` of the settings or
        when this thread's patience is over."""
        usual, began = self.settings_dict["OPTIONS"]["timeout"], time.monotonic()
        timeout = patience.left(usual)
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    return super()._start_transaction_under_autocommit()
                except OperationalError as error:
                    waited = time.monotonic() - began
                    if not _is_busy(error) or waited > timeout:
                        raise
                time.sleep(random.uniform(0.5, 1.5) * min(max(waited / 20, SHORTEST), LONGEST))
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {int(patience.standing(usual) * 1000)}")


def _is_busy(error) -> bool:
    return getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
