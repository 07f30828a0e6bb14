"""Study days: they begin at 04:00 where the learner is, so that an answer at 01:00 belongs to the evening before. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

STARTS_AT = time(4)


def study_day(at: datetime, zone: str) -> date:
    """The study day of a moment, in the learner's zone."""
    local = at.astimezone(ZoneInfo(zone))
    return local.date() if local.time() >= STARTS_AT else local.date() - timedelta(days=1)


def begins(day: date, zone: str) -> datetime:
    """The moment (UTC) at which a study day begins. Where the clock change skips 04:00, the moment after the gap."""
    return datetime.combine(day, STARTS_AT, ZoneInfo(zone)).astimezone(UTC)


def elapsed_days(since: datetime, until: datetime, zone: str) -> int:
    """Study days between two moments, never negative: travel westwards gives back no day."""
    return max((study_day(until, zone) - study_day(since, zone)).days, 0)
