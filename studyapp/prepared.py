"""Statements whose SQL is built once: for the few that stand in the path of every answer.

Building a join over six tables costs Django's ORM several times what the database takes to run it. A prepared query is
written with the ORM like any other; its SQL is kept for each connection, and a later run only fills in the values.
While a transaction waits for Python to write SQL, on SQLite nobody else writes.
"""

import threading
from datetime import UTC, date, datetime, timedelta
from functools import cache

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections


class Prepared:
    """A `values_list` query with numbers, texts, dates and moments left open.

    `build` takes a stand-in for each value and returns the queryset; `takes` names the type of each. A value
    may only be used where the database sees it as it is: in a plain comparison, not in a pattern, a JSON path, a slice or
    as None. `rows(*values)` gives the tuples that the queryset would give.
    """

    def __init__(self, *takes, build):
        self._takes, self._build = takes, build
        self._kept = threading.local()

    def rows(self, *values) -> list[tuple]:
        compiler, sql, places, converters = self._compiled()
        adapted = [_as_param(value) for value in values]
        filled = [adapted[kept] if is_open else kept for is_open, kept in places]
        with connection.cursor() as cursor:
            cursor.execute(sql, filled)
            found = cursor.fetchall()
        return [tuple(row) for row in compiler.apply_converters(found, converters)]

    def _compiled(self):
        # A connection belongs to its thread; tests and forks may put another one in its place.
        kept = getattr(self._kept, "compiled", None)
        if kept is None or kept[0] is not connection.connection:
            connection.ensure_connection()
            kept = self._kept.compiled = (connection.connection, self._compile())
        return kept[1]

    def _compile(self):
        stand_ins = [_STAND_INS[kind](n) for n, kind in enumerate(self._takes)]
        compiler = self._build(*stand_ins).query.get_compiler(connection=_own_connection())
        sql, params = compiler.as_sql()
        stand_ins, places = [_as_param(value) for value in stand_ins], []
        for param in params:
            n = next((n for n, value in enumerate(stand_ins) if value == param), None)
            places.append((False, param) if n is None else (True, n))
        missing = set(range(len(stand_ins))) - {n for is_open, n in places if is_open}
        if missing:
            raise ValueError(
                f"values {sorted(missing)} of a prepared query do not reach the database as they are"
            )
        columns = [column for column, _, _ in compiler.select[: compiler.col_count]]
        return compiler, sql, tuple(places), compiler.get_converters(columns)


# For each type values that no query has by itself.
_STAND_INS = {
    int: lambda n: 2**61 + n,
    str: lambda n: f"\ue000prepared-{n}\ue000",
    date: lambda n: date(8888, 1, 1) + timedelta(days=n),
    datetime: lambda n: datetime(8888, 1, 1, 1, 2, 3, n, tzinfo=UTC),
}


def _as_param(value):
    """As the database driver is given it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value


def insert_row(row):
    """Store a new row, as `row.save(force_insert=True)` does for a model without parents, and give it its id.

    Every column holds a plain value, no expression. Raises IntegrityError as a save does.
    """
    own = _own_connection()
    sql, fields = _insert_of(type(row), own.vendor)
    with own.cursor() as cursor:
        cursor.execute(sql, [f.get_db_prep_save(f.pre_save(row, add=True), own) for f in fields])
        (row.pk,) = cursor.fetchone()
    row._state.adding, row._state.db = False, own.alias


def update_row(row):
    """Write every column of a row that exists, as `row.save(force_update=True)` does."""
    own = _own_connection()
    sql, fields = _update_of(type(row), own.vendor)
    with own.cursor() as cursor:
        cursor.execute(sql, [*(f.get_db_prep_save(f.pre_save(row, add=False), own) for f in fields), row.pk])
        if cursor.rowcount != 1:
            raise DatabaseError("the row to be written is not there")


def _own_connection():
    """This thread's connection itself: `connection` looks it up for each attribute that is asked of it."""
    return connections[DEFAULT_DB_ALIAS]


@cache
def _insert_of(model, vendor):
    fields, columns, table, key = _names(model)
    marks = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) RETURNING {key}", fields


@cache
def _update_of(model, vendor):
    fields, columns, table, key = _names(model)
    return f"UPDATE {table} SET {', '.join(f'{name} = %s' for name in columns)} WHERE {key} = %s", fields


def _names(model):
    quoted, meta = connection.ops.quote_name, model._meta
    fields = [field for field in meta.local_concrete_fields if not field.primary_key]
    return fields, [quoted(field.column) for field in fields], quoted(meta.db_table), quoted(meta.pk.column)
