"""Which questions one practice asks, and in which order: pure."""

from dataclasses import dataclass
from datetime import datetime

LONGEST_PRACTICE = 12


@dataclass(frozen=True)
class Candidate:
    """A question that practice may ask, and how its last answer went (None: never answered)."""

    question: int
    passage: int | None
    last_fraction: float | None = None
    last_answered_at: datetime | None = None


def pick(candidates, rng, *, most=LONGEST_PRACTICE) -> list[int]:
    """Ids of the questions of one practice, at most `most`.

    First those last answered wrong, then those never answered, then the ones answered longest ago; chance
    decides between equals. They are asked so that two of one passage do not follow each other where that
    can be had: what is mixed is remembered better.
    """
    shuffled = sorted(candidates, key=lambda c: c.question)
    rng.shuffle(shuffled)
    chosen = sorted(shuffled, key=_need)[:most]
    return [candidate.question for candidate in _spread(chosen)]


def _need(candidate):
    if candidate.last_fraction is None:
        return (1, 0.0)
    at = candidate.last_answered_at.timestamp() if candidate.last_answered_at else 0.0
    return (0, at) if candidate.last_fraction < 1 else (2, at)


def _spread(candidates):
    """Take each time from the passage with most questions left, but not from the one just asked."""
    left, order, last = list(candidates), [], object()
    while left:
        counts = {c.passage: sum(d.passage == c.passage for d in left) for c in left}
        others = [c for c in left if c.passage != last] or left
        following = max(others, key=lambda c: counts[c.passage])
        left.remove(following)
        order.append(following)
        last = following.passage
    return order
