"""When an attempt ends: examples from the field, clock changes, and what must hold for every rule."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studyapp.quizzes.deadlines import (
    GRACE,
    Grant,
    Window,
    combined,
    ends_at,
    is_late,
    seconds_left,
    window_of,
)

EIGHT = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
NINE = EIGHT + timedelta(hours=1)
MILLISECOND = timedelta(milliseconds=1)
RULES = {"opens_at": EIGHT, "closes_at": NINE, "limit_minutes": 30, "attempts": 1}


def minutes(n):
    return timedelta(minutes=n)


def test_attempt_ends_when_its_limit_is_over():
    assert ends_at(EIGHT, window_of(**RULES, grant=Grant())) == EIGHT + minutes(30)


def test_attempt_started_late_ends_with_the_window():
    assert ends_at(EIGHT + minutes(45), window_of(**RULES, grant=Grant())) == NINE


def test_crash_does_not_stop_the_clock():
    ends = ends_at(EIGHT + minutes(15), window_of(**RULES, grant=Grant()))

    assert seconds_left(EIGHT + minutes(30), ends) == 15 * 60


def test_attempt_without_limit_and_window_never_ends():
    rules = {"opens_at": None, "closes_at": None, "limit_minutes": 0, "attempts": 0}

    assert ends_at(EIGHT, window_of(**rules, grant=Grant())) is None
    assert not is_late(EIGHT + timedelta(days=900), None)
    assert seconds_left(EIGHT, None) is None


@pytest.mark.parametrize(
    ("after", "late"),
    [(-MILLISECOND, False), (timedelta(0), False), (GRACE, False), (GRACE + MILLISECOND, True)],
)
def test_grace_ends_to_the_millisecond(after, late):
    assert is_late(NINE + after, NINE) is late


def test_factor_and_minutes_lengthen_the_limit_but_not_the_window():
    window = window_of(**RULES, grant=Grant(factor=1.5, extra_minutes=5))

    assert window.limit == minutes(50)
    assert ends_at(EIGHT + minutes(20), window) == NINE


def test_closing_date_is_the_first_moment_that_is_over():
    window = Window(opens_at=EIGHT, closes_at=NINE)

    assert window.is_open(EIGHT)
    assert window.is_before(EIGHT - MILLISECOND)
    assert window.is_open(NINE - MILLISECOND)
    assert window.is_over(NINE)


def test_personal_grant_wins_over_that_of_a_class_field_by_field():
    grant = combined([Grant(factor=1.25)], [Grant(factor=2.0, extra_minutes=10)])

    assert grant == Grant(factor=1.25, extra_minutes=10)


def test_most_generous_of_several_classes_holds():
    early, late = EIGHT - minutes(30), NINE + minutes(30)

    grant = combined([], [Grant(opens_at=early, closes_at=NINE), Grant(opens_at=EIGHT, closes_at=late)])

    assert (grant.opens_at, grant.closes_at) == (early, late)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Chicago", "Asia/Baghdad"])
def test_limit_lasts_its_minutes_across_the_clock_change(zone):
    """On 29 March 2026 Berlin skips 2:00 to 3:00; whoever has 90 minutes has 90 minutes."""
    start = datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    rules = RULES | {"opens_at": None, "closes_at": None, "limit_minutes": 60}

    ends = ends_at(start, window_of(**rules, grant=Grant(factor=1.5)))

    assert ends - start == minutes(90)


def test_midnight_at_the_end_of_a_day_is_the_next_day():
    midnight = datetime(2026, 3, 29, 0, 0, tzinfo=ZoneInfo("Europe/Berlin")) + timedelta(days=1)

    window = Window(closes_at=midnight.astimezone(UTC))

    assert window.is_open(datetime(2026, 3, 29, 23, 59, 59, tzinfo=ZoneInfo("Europe/Berlin")))
    assert window.is_over(midnight)


moments = st.integers(0, 365 * 24 * 60).map(lambda n: EIGHT + minutes(n))
grants = st.builds(
    Grant,
    factor=st.none() | st.floats(1, 10),
    extra_minutes=st.none() | st.integers(0, 600),
    opens_at=st.none() | moments,
    closes_at=st.none() | moments,
    extra_attempts=st.none() | st.integers(0, 9),
)
rules = st.fixed_dictionaries(
    {
        "opens_at": st.none() | moments,
        "closes_at": st.none() | moments,
        "limit_minutes": st.integers(0, 600),
        "attempts": st.integers(0, 9),
    }
)


@settings(max_examples=100, deadline=None)
@given(rules, grants, moments)
def test_no_grant_takes_anything_away(rules, grant, start):
    without, granted = window_of(**rules, grant=Grant()), window_of(**rules, grant=grant)
    before, after = ends_at(start, without), ends_at(start, granted)

    assert (before is None) == (after is None)
    assert before is None or after >= before
    assert not without.is_open(start) or granted.is_open(start)
    assert without.attempts is None or granted.attempts >= without.attempts


@settings(max_examples=100, deadline=None)
@given(st.lists(grants, max_size=3), st.lists(grants, max_size=3), st.randoms())
def test_order_of_grants_does_not_matter(personal, of_classes, rng):
    expected = combined(personal, of_classes)
    rng.shuffle(personal)
    rng.shuffle(of_classes)

    assert combined(personal, of_classes) == expected
