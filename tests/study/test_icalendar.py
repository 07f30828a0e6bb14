from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyapp.study.icalendar import DayEvent, calendar, folded
from tests.study.strict_calendar import parse

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def written(*events, name="Review"):
    return calendar(events, name=name, made_at=NOW).encode()


def test_day_is_written_as_the_standard_wants_it():
    data = written(
        DayEvent(
            "u-1@studyapp",
            date(2026, 12, 31),
            "Review: about 12 questions, 4 minutes",
            url="https://example.org/review/",
        )
    )

    assert data.decode() == (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//studyapp//Review by day//EN\r\nCALSCALE:GREGORIAN\r\n"
        "METHOD:PUBLISH\r\nX-WR-CALNAME:Review\r\nREFRESH-INTERVAL;VALUE=DURATION:PT6H\r\nX-PUBLISHED-TTL:PT6H\r\n"
        "BEGIN:VEVENT\r\nUID:u-1@studyapp\r\nDTSTAMP:20260310T090000Z\r\nDTSTART;VALUE=DATE:20261231\r\n"
        "DTEND;VALUE=DATE:20270101\r\nSUMMARY:Review: about 12 questions\\, 4 minutes\r\n"
        "URL:https://example.org/review/\r\nTRANSP:TRANSPARENT\r\nCLASS:PRIVATE\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def test_line_of_75_octets_stays_whole_and_one_of_76_is_folded():
    assert folded("x" * 75) == "x" * 75
    assert folded("x" * 76) == "x" * 75 + "\r\n x"


def test_folding_cuts_no_character():
    assert folded("é" * 40) == "é" * 37 + "\r\n " + "é" * 3


def test_calendar_without_events_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        written()


@given(st.lists(st.text(max_size=200), min_size=1, max_size=4), st.dates(max_value=date(9999, 12, 30)))
def test_whatever_is_written_is_read_back(texts, on):
    events = [DayEvent(f"u-{n}@studyapp", on, text, text) for n, text in enumerate(texts)]

    _, found = parse(written(*events, name=texts[0]))

    def plain(text):
        return "".join(
            c
            for c in text.replace("\r\n", "\n").replace("\r", "\n")
            if c in "\t\n" or c >= " " and c != "\x7f"
        )

    assert [event["SUMMARY"] for event in found] == [plain(text) for text in texts]
    assert {event["DTSTART"] for event in found} == {on}


@pytest.mark.parametrize(
    "broken",
    [
        b"BEGIN:VCALENDAR\nEND:VCALENDAR\n",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n",
        written(DayEvent("u", date(2026, 1, 1), "x")).replace(b"SUMMARY:x", b"SUMMARY:a,b"),
        written(DayEvent("u", date(2026, 1, 1), "x")).replace(b"SUMMARY:x", b"SUMMARY:" + b"x" * 80),
        written(DayEvent("u", date(2026, 1, 1), "x")).replace(b"UID:u\r\n", b""),
        written(DayEvent("u", date(2026, 1, 1), "x"), DayEvent("u", date(2026, 1, 2), "x")),
    ],
)
def test_strict_reader_refuses_what_is_against_the_standard(broken):
    with pytest.raises(AssertionError):
        parse(broken)
