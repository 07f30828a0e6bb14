"""When an attempt ends, and what a person may beside the rules of the quiz: pure, in UTC, the server's clock only."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

# What left the learner's computer in time may take so long to arrive; a display that counts down does not know it.
GRACE = timedelta(seconds=5)


@dataclass(frozen=True)
class Grant:
    """What one allowance says; None where it says nothing."""

    factor: float | None = None
    extra_minutes: int | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    extra_attempts: int | None = None


@dataclass(frozen=True)
class Window:
    """The rules as they hold for one person. `limit` None: as long as the window is open."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None
    limit: timedelta | None = None
    attempts: int | None = None  # None: any number

    def is_open(self, now: datetime) -> bool:
        return not self.is_before(now) and not self.is_over(now)

    def is_before(self, now: datetime) -> bool:
        return self.opens_at is not None and now < self.opens_at

    def is_over(self, now: datetime) -> bool:
        return self.closes_at is not None and now >= self.closes_at


def combined(personal, of_classes) -> Grant:
    """One grant from many: field by field a personal one wins over those of classes, and among several of the
    same rank the most generous value does."""
    values = {}
    for name in (field.name for field in fields(Grant)):
        for grants in (personal, of_classes):
            said = [value for grant in grants if (value := getattr(grant, name)) is not None]
            if said:
                values[name] = min(said) if name == "opens_at" else max(said)
                break
    return Grant(**values)


def window_of(*, opens_at, closes_at, limit_minutes: int, attempts: int, grant: Grant) -> Window:
    """The rules of a quiz with what is granted. A grant never shortens: a closing date before the quiz's own,
    an opening date after it, count for nothing. `limit_minutes` and `attempts` 0: none, any number."""
    limit = None
    if limit_minutes:
        limit = timedelta(minutes=limit_minutes) * max(1.0, grant.factor or 1.0)
        limit += timedelta(minutes=grant.extra_minutes or 0)
    if opens_at and grant.opens_at:
        opens_at = min(opens_at, grant.opens_at)
    if closes_at and grant.closes_at:
        closes_at = max(closes_at, grant.closes_at)
    return Window(opens_at, closes_at, limit, attempts + (grant.extra_attempts or 0) if attempts else None)


def ends_at(started_at: datetime, window: Window) -> datetime | None:
    """The earlier of start + limit and the closing of the window; None where neither ends it.

    Started at 8:45 with 30 minutes in a window until 9:00 it ends at 9:00. Nothing stops the clock.
    """
    ends = [] if window.limit is None else [started_at + window.limit]
    if window.closes_at is not None:
        ends.append(window.closes_at)
    return min(ends, default=None)


def is_late(now: datetime, deadline: datetime | None) -> bool:
    """True for what arrives when the grace after the deadline is over."""
    return deadline is not None and now > deadline + GRACE


def seconds_left(now: datetime, deadline: datetime | None) -> int | None:
    """Whole seconds for the display, without the grace, never below 0; None without a deadline."""
    return None if deadline is None else max(0, int((deadline - now).total_seconds()))
