"""What a learner may see of a handed-in attempt, and when: pure. What is not seen is never sent to the browser."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# The four moments (Moodle's review options): while the attempt runs, just after it, later, after the quiz closed.
DURING, JUST_AFTER, LATER, CLOSED = MOMENTS = ("during", "just_after", "later", "closed")
JUST = timedelta(minutes=2)
PARTS = ("verdict", "mark", "feedback", "key")


@dataclass(frozen=True)
class Seen:
    """`verdict`: right or wrong; `mark`: points and the total; `feedback`: on what was chosen; `key`: the right
    answer and the explanation."""

    verdict: bool = False
    mark: bool = False
    feedback: bool = False
    key: bool = False

    def __bool__(self):
        return self.verdict or self.mark or self.feedback or self.key

    def opens_review(self, *, exam_only: bool) -> bool:
        """May review and practice ask the question again, and so show its key? What is kept for exams waits for the key,
        as in *try again*; of another question practice shows it anyway."""
        return self.verdict and (self.key or not exam_only)


NOTHING, ALL = Seen(), Seen(True, True, True, True)
PRESETS = {
    "learn": {DURING: NOTHING, JUST_AFTER: ALL, LATER: ALL, CLOSED: ALL},
    "exam": {DURING: NOTHING, JUST_AFTER: NOTHING, LATER: NOTHING, CLOSED: ALL},
    "try-again": {
        DURING: NOTHING,
        JUST_AFTER: Seen(verdict=True, mark=True),
        LATER: Seen(verdict=True, mark=True),
        CLOSED: ALL,
    },
}


def moment_of(*, finished_at: datetime | None, closes_at: datetime | None, now: datetime) -> str:
    """A closing that falls into the two minutes after hand-in does not cut them short."""
    if finished_at is None:
        return DURING
    if now < finished_at + JUST:
        return JUST_AFTER
    return CLOSED if closes_at is not None and now >= closes_at else LATER


def seen(preset: str, custom: dict, *, moment: str, is_closed: bool, is_released: bool) -> Seen:
    """What may be seen. `is_closed`: the quiz is over for everybody it concerns; `is_released`: somebody opened
    the results. Either shows all of a preset, in an attempt that was handed in; `custom` says itself what it shows.
    """
    if moment == DURING:
        return NOTHING if preset != "custom" else _custom(custom, DURING)
    if is_released:
        return ALL
    if preset == "custom":
        found = _custom(custom, moment)
        return _custom(custom, CLOSED) if is_closed and moment != JUST_AFTER else found
    return PRESETS[preset][CLOSED if is_closed else moment]


def _custom(custom, moment):
    shown = custom.get(moment, ()) if isinstance(custom, dict) else ()
    return Seen(**{part: part in shown for part in PARTS})
