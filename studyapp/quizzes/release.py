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


def moment_of(*, finished_at: datetime | None, is_closed: bool, now: datetime) -> str:
    """A closing that falls into the two minutes after hand-in does not cut them short. `is_closed` as in `seen`."""
    if finished_at is None:
        return DURING
    if now < finished_at + JUST:
        return JUST_AFTER
    return CLOSED if is_closed else LATER


def seen(preset: str, custom: dict, *, moment: str, is_closed: bool, is_released: bool) -> Seen:
    """What may be seen. `is_closed`: the quiz is over for everybody it concerns; `is_released`: somebody opened
    the results. Either shows all of a preset, in an attempt that was handed in; `custom` says itself what it shows.
    While an attempt runs nothing is shown, whatever the preset.
    """
    if moment == DURING:
        return NOTHING
    if is_released:
        return ALL
    if preset == "custom":
        return _custom(custom, CLOSED if is_closed and moment != JUST_AFTER else moment)
    return PRESETS[preset][CLOSED if is_closed else moment]


def _custom(custom, moment):
    shown = custom.get(moment, ()) if isinstance(custom, dict) else ()
    return Seen(**{part: part in shown for part in PARTS})


_WHEN = {
    JUST_AFTER: "for two minutes after hand-in",
    LATER: "later, while the quiz is open",
    CLOSED: "after it has closed",
}
_WHAT = {
    "verdict": "what was right",
    "mark": "your marks",
    "feedback": "feedback on your answers",
    "key": "the right answers and why",
}


def in_words(custom) -> list[tuple[str, str]]:
    """(when, what is seen then) of a custom choice, as a learner reads it; moments that show nothing are left out."""
    rows = []
    for moment in _WHEN:
        found = _custom(custom, moment)
        said = [words for part, words in _WHAT.items() if getattr(found, part)]
        if said:
            rows.append((_WHEN[moment].capitalize(), ", ".join(said)))
    return rows
