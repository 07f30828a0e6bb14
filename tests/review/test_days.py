"""A study day begins at 04:00 where the learner is: through clock changes, and on journeys."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyapp.review.days import begins, elapsed_days, study_day
from studyapp.review.standing import Answered, Standing, after, rating_in


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-03-10T03:59:59", "UTC", "2026-03-09"),
        ("2026-03-10T04:00:00", "UTC", "2026-03-10"),
        ("2026-03-10T00:30:00", "Asia/Baghdad", "2026-03-09"),  # 03:30 there
        ("2026-03-10T01:00:00", "Asia/Baghdad", "2026-03-10"),  # 04:00 there
        ("2026-03-10T12:30:00", "Pacific/Kiritimati", "2026-03-10"),  # 02:30 of the 11th there
        ("2026-03-29T01:59:00", "Europe/Berlin", "2026-03-28"),  # 03:59 after the clock went forward
        ("2026-03-29T02:00:00", "Europe/Berlin", "2026-03-29"),
        ("2026-10-25T02:59:00", "Europe/Berlin", "2026-10-24"),  # 03:59 after the clock went back
        ("2026-10-25T03:00:00", "Europe/Berlin", "2026-10-25"),
    ],
)
def test_study_day_begins_at_four_in_the_learners_zone(moment, zone, day):
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)

    assert study_day(at, zone) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Baghdad", "Australia/Lord_Howe"]
)
def test_a_day_begins_where_the_day_before_ends(zone):
    for month, day in ((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1)):
        start = begins(date(2026, month, day), zone)

        assert study_day(start, zone) == date(2026, month, day)
        assert start.tzinfo is UTC


def test_an_evening_and_the_next_morning_are_one_day_apart_over_a_clock_change():
    evening = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)
    morning = datetime(2026, 3, 29, 6, 0, tzinfo=UTC)

    assert elapsed_days(evening, morning, "Europe/Berlin") == 1


def test_travel_westwards_never_gives_a_negative_day():
    at = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)

    assert elapsed_days(at, at, "Asia/Tokyo") == 0
    assert elapsed_days(datetime(2026, 3, 10, 9, 0, tzinfo=UTC), at, "America/Los_Angeles") == 0


# --- for every zone and moment ----------------------------------------------------------------------------

ZONES = ["Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Baghdad", "Australia/Lord_Howe",
         "Pacific/Apia", "Africa/Casablanca", "UTC"]  # fmt: skip
moments = st.integers(0, 4 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
zones = st.sampled_from(ZONES)


@given(moments, zones)
def test_every_moment_lies_in_its_own_study_day(moment, zone):
    day = study_day(moment, zone)

    assert begins(day, zone) <= moment < begins(day + timedelta(days=1), zone)


@given(moments, st.integers(0, 400), zones)
def test_as_many_days_elapse_as_the_calendar_says_over_any_clock_change(moment, days, zone):
    later = begins(study_day(moment, zone) + timedelta(days=days), zone)

    assert elapsed_days(moment, max(later, moment), zone) == days


@given(moments, st.integers(0, 60), zones, zones)
def test_travel_adds_or_takes_a_day_at_most(moment, hours, there, here):
    later = moment + timedelta(hours=hours)

    assert abs(elapsed_days(moment, later, there) - elapsed_days(moment, later, here)) <= 1


@given(moments, zones, zones, st.lists(st.integers(0, 200), max_size=12))
def test_a_traveller_never_rates_a_study_day_twice(start, there, here, hours):
    """Of the answers of any journey between two zones those that rate lie on different study days where they rate."""
    standing, rated = Standing(), []
    for n, hour in enumerate(sorted(hours)):
        at, zone = start + timedelta(hours=hour), (there, here)[n % 2]
        rating = rating_in(standing, at=at, fraction=1.0, zone=zone)
        if rating is not None:
            assert not rated or study_day(at, zone) > study_day(rated[-1], zone)
            rated.append(at)
        standing = after(standing, Answered(at, 1.0, rating, zone, "key"))
