"""What all answers of one learner to one question add up to. Pure: the same answers give the same standing."""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from studyapp.review.days import begins, elapsed_days, study_day
from studyapp.review.rating import rating_of
from studyapp.review.scheduling import DESIRED_RECALL, Memory, Rating, interval, reviewed, spread

LEECH_AT = 8  # lapses that pause a question for a learner …
LEECH_AGAIN = 4  # … and again after each so many more


@dataclass(frozen=True)
class Standing:
    """The derived columns of a card, under the same names."""

    answers: int = 0
    last_fraction: float | None = None
    last_answered_at: datetime | None = None
    first_right_at: datetime | None = None
    last_right_at: datetime | None = None
    stability: float | None = None
    difficulty: float | None = None
    last_rated_at: datetime | None = None
    due_at: datetime | None = None
    lapses: int = 0
    suspended_at: datetime | None = None

    @property
    def memory(self) -> Memory | None:
        return None if self.stability is None else Memory(self.stability, self.difficulty)

    def as_json(self) -> dict:
        """With times as ISO text, for the log."""
        return {
            name: value.isoformat() if isinstance(value := getattr(self, name), datetime) else value
            for name in COLUMNS
        }


COLUMNS = tuple(field.name for field in fields(Standing))


@dataclass(frozen=True)
class Answered:
    """One machine-marked answer as memory sees it.

    `fraction`: 0 … 1. `zone`: where the learner was, for study days. `guess`: the chance that a blind answer
    to this wording is right. `key`: what spreads due dates, always alike for one learner and question.
    `rating`: None where this answer does not rate (see `rating_in`).
    """

    at: datetime
    fraction: float
    rating: Rating | None
    zone: str
    key: str
    guess: float = 0.0
    desired_recall: float = DESIRED_RECALL


def rating_in(
    standing: Standing, *, at: datetime, fraction: float | None, zone: str, hint_used: bool = False
) -> Rating | None:
    """How an answer rates the memory; None where it does not.

    Only the first answer of a study day rates, and none that waits for a person (fraction None). An answer that
    is older than one already counted, such as one a quiz released late, rates nothing either.
    """
    if fraction is None:
        return None
    last = standing.last_answered_at
    if last is not None and study_day(at, zone) <= study_day(last, zone):
        return None
    return rating_of(fraction, hint_used=hint_used)


def days_since(standing: Standing, at: datetime, zone: str) -> int | None:
    """Study days since the last rated answer; None before the first."""
    return None if standing.last_rated_at is None else elapsed_days(standing.last_rated_at, at, zone)


def after(standing: Standing, answer: Answered) -> Standing:
    """The standing with one more answer."""
    new = _with_evidence(standing, answer)
    return new if answer.rating is None else _with_memory(standing, new, answer)


def _with_evidence(standing, answer):
    changes = {"answers": standing.answers + 1}
    if standing.last_answered_at is None or answer.at >= standing.last_answered_at:
        changes |= {"last_fraction": answer.fraction, "last_answered_at": answer.at}
    if answer.fraction >= 1:
        changes["first_right_at"] = min(filter(None, (standing.first_right_at, answer.at)))
        changes["last_right_at"] = max(filter(None, (standing.last_right_at, answer.at)))
    return replace(standing, **changes)


def _with_memory(standing, new, answer):
    memory = reviewed(
        standing.memory,
        answer.rating,
        elapsed_days=days_since(standing, answer.at, answer.zone) or 0,
        guess=answer.guess,
    )
    days = spread(interval(memory, desired_recall=answer.desired_recall), answer.key)
    lapsed = answer.rating == Rating.AGAIN and standing.memory is not None
    lapses = standing.lapses + lapsed
    suspended_at = standing.suspended_at
    if lapsed and is_leech(lapses):
        suspended_at = answer.at
    elif answer.rating == Rating.GOOD:
        suspended_at = None  # right at last, in practice: it may come back
    return replace(
        new,
        stability=memory.stability,
        difficulty=memory.difficulty,
        last_rated_at=answer.at,
        due_at=begins(study_day(answer.at, answer.zone) + timedelta(days=days), answer.zone),
        lapses=lapses,
        suspended_at=suspended_at,
    )


def resumed(standing: Standing) -> Standing:
    """The standing after an author let a paused question be asked again."""
    return replace(standing, suspended_at=None)


def is_leech(lapses: int) -> bool:
    """True at the 8th lapse and at every 4th after it."""
    return lapses >= LEECH_AT and (lapses - LEECH_AT) % LEECH_AGAIN == 0
