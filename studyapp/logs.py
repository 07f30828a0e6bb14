"""What is written about a request: numbers and names of routes, never what people typed or where they came from."""

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

current_request_id = ContextVar("current_request_id", default=None)

OWN = ("studyapp", "content")
# Their messages hold paths, host names and values of cookies.
TALKATIVE = ("django.request", "django.security", "django.server")
FIELDS = ("method", "route", "status", "ms", "user", "reason")


def described(record) -> dict:
    """The record as plain values, without anything a person typed.

    Messages of our own loggers are kept; of others only those that hold no values. Of an exception its type and
    the places it passed are kept, not its message, which on PostgreSQL quotes the offending row.
    """
    line = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "request": current_request_id.get(),
    }
    if record.name.startswith(OWN):
        line["message"] = record.getMessage()
    elif not record.name.startswith(TALKATIVE):
        line["message"] = str(record.msg) if not record.args else str(record.msg).split("%")[0].strip()
    for name in FIELDS:
        if (value := getattr(record, name, None)) is not None:
            line[name] = value
    if (status := getattr(record, "status_code", None)) is not None:
        line["status"] = status
    if record.exc_info and record.exc_info[0]:
        kind, _, trace = record.exc_info
        line["exception"] = f"{kind.__module__}.{kind.__qualname__}"
        line["trace"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)]
    return {key: value for key, value in line.items() if value is not None}


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record):
        return json.dumps(described(record), ensure_ascii=False)


class PlainLines(logging.Formatter):
    """The same for people: the time, the level, then what is known."""

    def format(self, record):
        line = described(record)
        at, level, logger = line.pop("at"), line.pop("level"), line.pop("logger")
        message, trace = line.pop("message", ""), line.pop("trace", [])
        rest = " ".join(f"{key}={value}" for key, value in line.items())
        return "\n  ".join([f"{at} {level} {logger} {message} {rest}".rstrip(), *trace])
