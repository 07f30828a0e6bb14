"""Pure: which database errors mean "not now" rather than "never", and which mean "there is no such row"."""

import sqlite3

from django.db import DataError, InterfaceError, OperationalError

# Primary result codes (the low byte) of https://sqlite.org/rescode.html that pass, or that an operator can mend
# while the app runs. SQLITE_ERROR is not among them: a missing table is a mistake, not an outage.
PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}


def is_outage(exception) -> bool:
    """True where the database is gone, locked, full or overloaded.

    PostgreSQL keeps mistakes out of OperationalError (they are ProgrammingError or DataError); SQLite does not,
    so there the result code decides.
    """
    if isinstance(exception, InterfaceError):
        return True
    if not isinstance(exception, OperationalError):
        return False
    cause = exception.__cause__
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in PASSING
    return True


def outage_behind(exception) -> bool:
    """True where the error, or one that it arose from, is an outage: Django's session store tells of one as UpdateError."""
    while exception is not None:
        if is_outage(exception):
            return True
        exception = exception.__context__
    return False


def in_one_line(exception) -> str | None:
    """What an operator should know of a database that could not be used; None where that was a mistake of ours."""
    is_none = getattr(exception.__cause__, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB
    if not is_none and not is_outage(exception):
        return None
    said = (str(exception).strip().splitlines() or [type(exception).__name__])[0].rstrip(".:")
    todo = "write the path of another file" if is_none else "see that it runs, and that the address is right"
    return f"DATABASE_URL: the database cannot be used ({said}): {todo}."


def names_no_row(exception) -> bool:
    """True for what no row has as its number: one beyond what a column can hold, or none at all.

    Django answers so itself where a number is compared with a number, not where with a row that a column points to;
    and the lists of its admin compare whatever is sent as a ticked row.
    """
    if isinstance(exception, ValueError) and str(exception).startswith(
        "Field 'id' expected a number but got '"
    ):
        return True
    if isinstance(exception, OverflowError):
        return "SQLite INTEGER" in str(exception)
    return isinstance(exception, DataError) and getattr(exception.__cause__, "sqlstate", "") == "22003"
