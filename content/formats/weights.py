"""Per cent of other formats ↔ our fractions and scorings.

Pure. Other formats write 33.333 % for one third; we find the third again before sums are checked.
"""

from dataclasses import dataclass
from fractions import Fraction

# How far, in percentage points, a rounded weight may lie from the simple fraction that was meant.
SNAP = Fraction(1, 100)
LARGEST_DENOMINATOR = 20


class BadWeights(ValueError):
    """The weights make no question; the message says why and what to do. `code` is stable."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Ticks:
    """Which answers of a select-all are right, and whether the file's weights were other than net correct."""

    correct: tuple[bool, ...]
    lossy: bool


def snapped(percent):
    """`percent` as an exact `Fraction` of 100: n/d with d ≤ 20 if one lies within 0.01 points, else itself."""
    exact = Fraction(str(percent)) if not isinstance(percent, Fraction) else percent
    near = (exact / 100).limit_denominator(LARGEST_DENOMINATOR) * 100
    return near if abs(near - exact) <= SNAP else exact


def as_fraction(percent):
    """The number that our content holds for this percentage: an int where whole, else a float of 7 decimals."""
    share = snapped(percent) / 100
    return int(share) if share.denominator == 1 else round(float(share), 7)


def as_percent(fraction, *, decimals):
    """A fraction of our content as per cent for a file: ``33.33333``, without zeros that say nothing."""
    value = snapped(Fraction(str(fraction)) * 100)
    text = f"{float(value):.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_points(fraction):
    """A fraction of our content as a plain decimal of at most 7 places."""
    text = f"{float(fraction):.7f}"
    return text.rstrip("0").rstrip(".")


def single_choice(percents):
    """For each answer of a single choice: {"correct": True}, {"fraction": f} or {} (worth nothing).

    Raises `BadWeights` unless one is worth 100 %.
    """
    _check_range(percents)
    exact = [snapped(percent) for percent in percents]
    if 100 not in exact:
        raise BadWeights("weights.no-key", "No answer is worth 100 %; mark the right one.")
    if exact.count(100) == 1 and all(value in (0, 100) for value in exact):
        return [{"correct": True} if value == 100 else {} for value in exact]
    return [{"fraction": as_fraction(value)} for value in exact]


def select_all(percents):
    """The `Ticks` of a select-all. Raises `BadWeights` unless the right ones make 100 % together."""
    _check_range(percents)
    exact = [snapped(percent) for percent in percents]
    right = [value for value in exact if value > 0]
    if not right:
        raise BadWeights("weights.no-key", "No answer has a weight above 0; mark the right ones.")
    if abs(sum(right) - 100) > SNAP * len(right):
        total = as_percent(sum(right) / 100, decimals=2)
        raise BadWeights("weights.sum", f"The right answers make {total} % together; they should make 100 %.")
    share = Fraction(100, len(right))
    net = all(abs(value - (share if value > 0 else -share)) <= SNAP for value in exact)
    return Ticks(tuple(value > 0 for value in exact), lossy=not net)


def net_percents(correct):
    """The weights, as fractions of 1, by which other systems score net correct."""
    share = Fraction(1, max(1, sum(correct)))
    return [share if right else -share for right in correct]


def _check_range(percents):
    for percent in percents:
        if not -100 <= percent <= 100:
            raise BadWeights("weights.range", f"A weight of {float(percent):g} % is outside −100 … 100.")
