"""A reader of RFC 5545 that forgives nothing, for the calendars we write."""

import re
from datetime import date, datetime

_NAME = r"[A-Z0-9-]+"
_PARAM = rf"{_NAME}=(?:\"[^\"\x00-\x1f]*\"|[^\x00-\x1f\",;:]*)"
_LINE = re.compile(rf"(?P<name>{_NAME})(?P<params>(?:;{_PARAM})*):(?P<value>[^\x00-\x08\x0a-\x1f\x7f]*)")
# What may stand once in each component, and what must.
ONCE = {
    "VCALENDAR": {
        "VERSION",
        "PRODID",
        "CALSCALE",
        "METHOD",
        "X-WR-CALNAME",
        "REFRESH-INTERVAL",
        "X-PUBLISHED-TTL",
    },
    "VEVENT": {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "URL", "TRANSP", "CLASS"},
}
MUST = {"VCALENDAR": {"VERSION", "PRODID"}, "VEVENT": {"UID", "DTSTAMP", "DTSTART"}}
TEXTS = {"SUMMARY", "DESCRIPTION", "UID", "X-WR-CALNAME"}


def parse(data: bytes) -> tuple[dict, list[dict]]:
    """(properties of the calendar, its events), or AssertionError with what is against the standard."""
    assert data.endswith(b"\r\n"), "the last line has no end"
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data), "a line ends otherwise than with CRLF"
    physical = data[:-2].split(b"\r\n")
    for line in physical:
        assert line, "an empty line"
        assert len(line) <= 75, f"{len(line)} octets: {line!r}"
        line.decode("utf-8")  # no character is cut by folding
    lines = []
    for line in physical:
        if line.startswith((b" ", b"\t")):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    return _calendar([_content(line.decode("utf-8")) for line in lines])


def _content(line):
    found = _LINE.fullmatch(line)
    assert found, f"no content line: {line!r}"
    params = dict(param.split("=", 1) for param in found["params"].split(";")[1:])
    return found["name"], params, found["value"]


def _calendar(lines):
    assert lines[0] == ("BEGIN", {}, "VCALENDAR")
    assert lines[-1] == ("END", {}, "VCALENDAR")
    properties, events, inside = {}, [], None
    for name, params, value in lines[1:-1]:
        if name == "BEGIN":
            assert (inside, value) == (None, "VEVENT"), f"unexpected component {value}"
            inside = {}
        elif name == "END":
            assert value == "VEVENT"
            assert MUST["VEVENT"] <= set(inside), "an event lacks something"
            events.append(inside)
            inside = None
        else:
            assert events == [] or inside is not None, "a property after the components"
            into, kind = (properties, "VCALENDAR") if inside is None else (inside, "VEVENT")
            assert name in ONCE[kind], f"{name} in {kind}"
            assert name not in into, f"{name} twice"
            into[name] = _value(name, params, value)
    assert inside is None
    assert MUST["VCALENDAR"] <= set(properties)
    assert properties["VERSION"] == "2.0"
    assert events, "a calendar needs a component"
    assert len({event["UID"] for event in events}) == len(events), "a UID twice"
    for event in events:
        if "DTEND" in event:
            assert event["DTEND"] > event["DTSTART"]
    return properties, events


def _value(name, params, value):
    if name in TEXTS:
        assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value), f"not escaped: {value}"
        assert re.fullmatch(r"(?:[^\\]|\\[\\;,nN])*", value), f"wrong escape: {value}"
        return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)
    if params.get("VALUE") == "DATE":
        assert re.fullmatch(r"\d{8}", value)
        return date.fromisoformat(f"{value[:4]}-{value[4:6]}-{value[6:]}")
    if name == "DTSTAMP":
        assert re.fullmatch(r"\d{8}T\d{6}Z", value), "a stamp is in UTC"
        return datetime.strptime(value, "%Y%m%dT%H%M%S%z")
    if params.get("VALUE") == "DURATION" or name == "X-PUBLISHED-TTL":
        assert re.fullmatch(r"P(?:\d+W|\d+D(?:T\d+H)?|T\d+H)", value)
    return value
