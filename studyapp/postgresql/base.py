"""PostgreSQL as Django has it, but nobody waits for a row longer than their thread may (studyapp/patience.py)."""

from django.db.backends.postgresql import base

from studyapp import patience

USUAL = 5.0  # seconds, as SQLite's `timeout`
MUCH = 1.0  # so much must be used up before it is worth a query to say so


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self):
        params = super().get_connection_params()
        asked = params.get("options", "")
        if "lock_timeout" not in asked:
            params["options"] = f"{asked} -c lock_timeout={_ms(patience.standing(USUAL))}".strip()
        return params

    def _set_autocommit(self, autocommit):
        super()._set_autocommit(autocommit)
        if not autocommit and (left := patience.left(USUAL)) < patience.standing(USUAL) - MUCH:
            with self.wrap_database_errors:
                self.connection.execute(f"SET LOCAL lock_timeout = {_ms(left)}")


def _ms(seconds: float) -> int:
    return round(1000 * seconds)
