"""A calendar of whole days as RFC 5545 wants it. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

OCTETS = 75  # the longest line, its end not counted
PRODUCT = "-//studyapp//Review by day//EN"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class DayEvent:
    """Something that belongs to a day and to no hour. `uid` stays the same each time the calendar is made."""

    uid: str
    on: date
    summary: str
    description: str = ""
    url: str = ""


def calendar(events, *, name: str, made_at: datetime) -> str:
    """The calendar as text with the line ends of the standard. There must be an event: it allows no empty one.

    `made_at` is the stamp of each event.
    """
    if not events:
        raise ValueError("a calendar holds at least one event")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
    ]
    for event in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{escaped(event.uid)}",
            f"DTSTAMP:{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{_digits(event.on)}",
            f"DTEND;VALUE=DATE:{_digits(event.on + timedelta(days=1))}",
            f"SUMMARY:{escaped(event.summary)}",
            *([f"DESCRIPTION:{escaped(event.description)}"] if event.description else []),
            *([f"URL:{event.url}"] if event.url else []),
            "TRANSP:TRANSPARENT",
            "CLASS:PRIVATE",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in lines)


def _digits(on):
    return on.isoformat().replace("-", "")


def escaped(text: str) -> str:
    """Text as a value: line ends, commas, semicolons and backslashes are written with a backslash."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for sign in ("\\", ";", ","):
        text = text.replace(sign, "\\" + sign)
    return text.replace("\n", "\\n")


def folded(line: str) -> str:
    """The line in pieces of at most 75 octets, each but the first behind a space; no character is cut."""
    pieces, piece, size = [], [], 0
    for character in line:
        octets = len(character.encode())
        if size + octets > OCTETS:
            pieces.append("".join(piece))
            piece, size = [" "], 1
        piece.append(character)
        size += octets
    return "\r\n".join([*pieces, "".join(piece)])
