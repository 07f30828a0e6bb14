"""Which questions of those waiting are asked today, and which of them next. Pure."""

from dataclasses import dataclass
from datetime import date

from studyapp.review.scheduling import Memory, recall, worth

HORIZON = 30  # days ahead for which a review is judged where no exam is ahead
MIXED_AMONG = 5  # of so many that are least certain, one of another lesson is taken


@dataclass(frozen=True)
class Waiting:
    """A question that may be asked. `memory`: None for a new one. `elapsed_days` since it was last rated.

    `horizon`: days until the exam for which its course is studied, or HORIZON.
    """

    question: int
    passage: int | None
    lesson: int
    memory: Memory | None = None
    elapsed_days: float = 0.0
    horizon: int = HORIZON

    @property
    def recall(self) -> float:
        """Predicted chance to know it now; a new question sorts behind all that are due."""
        return 2.0 if self.memory is None else recall(self.memory, self.elapsed_days)


@dataclass(frozen=True)
class Asked:
    """What was asked last today, and whether the answer was right."""

    question: int
    passage: int | None
    lesson: int
    is_right: bool


def worth_most(waiting, most: int) -> list[Waiting]:
    """The `most` questions whose review now raises recall at their horizon most. A backlog is spread this way: the
    rest waits for the days after, where it is weighed again."""
    if len(waiting) <= most:
        return list(waiting)
    gains = {w.question: worth(w.memory, w.elapsed_days, horizon=w.horizon) for w in waiting}
    return sorted(waiting, key=lambda w: (-gains[w.question], w.question))[: max(most, 0)]


def horizon_until(exam: date | None, today: date) -> int:
    """Days from today to the exam, at least one; HORIZON where no exam is ahead."""
    return HORIZON if exam is None or exam < today else max((exam - today).days, 1)


def following(waiting, last: Asked | None = None) -> Waiting | None:
    """The question to ask next; None where none waits.

    After a wrong answer another question of the same passage, if one waits. Otherwise never one of the passage just
    asked while there are others; of the five least certain, one of another lesson than the last; new ones at the end.
    """
    left = sorted(waiting, key=lambda w: (w.recall, w.question))
    if last is None:
        return left[0] if left else None
    others = [w for w in left if w.question != last.question] or left
    same = [w for w in others if w.passage is not None and w.passage == last.passage]
    if same and not last.is_right:
        return same[0]
    others = [w for w in others if w not in same] or others
    elsewhere = [w for w in others[:MIXED_AMONG] if w.lesson != last.lesson]
    return next(iter(elsewhere or others), None)
