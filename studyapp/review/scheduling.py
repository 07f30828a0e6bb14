"""Memory of one question: how it grows and fades (FSRS-6). Pure, and the only importer of the package `fsrs`.

Days are whole study days; the caller counts them in the learner's zone (`studyapp.review.days`). Formulas:
https://github.com/open-spaced-repetition/awesome-fsrs/wiki/The-Algorithm (FSRS-6), default parameters of py-fsrs.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

import fsrs

DESIRED_RECALL = 0.9
LONGEST = 365  # days: a course that nobody met for a year is met again at least then
_DAY_ZERO = datetime(2000, 1, 1, tzinfo=UTC)


class Rating(IntEnum):
    AGAIN = 1
    HARD = 2
    GOOD = 3


@dataclass(frozen=True)
class Memory:
    """Stability: days until predicted recall has fallen to 90 %. Difficulty: 1 (easy) to 10."""

    stability: float
    difficulty: float


def _scheduler(desired_recall=DESIRED_RECALL, longest=LONGEST) -> fsrs.Scheduler:
    # Without steps inside a day, and without the package's fuzz, which draws from the global `random`.
    return fsrs.Scheduler(
        desired_retention=desired_recall,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=longest,
        enable_fuzzing=False,
    )


_DEFAULT = _scheduler()


def _card(memory: Memory | None) -> fsrs.Card:
    # Always with an id and a due date: without them the package asks the clock, and sleeps.
    if memory is None:
        return fsrs.Card(card_id=0, due=_DAY_ZERO)
    return fsrs.Card(
        card_id=0,
        due=_DAY_ZERO,
        last_review=_DAY_ZERO,
        state=fsrs.State.Review,
        stability=memory.stability,
        difficulty=memory.difficulty,
    )


def reviewed(memory: Memory | None, rating: Rating, *, elapsed_days: int = 0, guess: float = 0.0) -> Memory:
    """The memory after an answer rated `rating`, `elapsed_days` study days after the last rated one.

    memory: None before the first answer. On the same day (0) the rule for short terms holds. guess: the chance that
    a blind answer is right (0 … 1): a right answer moves the memory only by the share 1 − guess of what FSRS says,
    from what a failure at first sight or no answer at all would have left; our rule, since FSRS knows only recall.
    """
    card, _ = _DEFAULT.review_card(
        _card(memory), fsrs.Rating(rating), _DAY_ZERO + timedelta(days=elapsed_days)
    )
    if rating == Rating.AGAIN or not guess:
        return Memory(card.stability, card.difficulty)
    floor = memory.stability if memory else _DEFAULT.parameters[0]
    return Memory(floor + (1 - guess) * (card.stability - floor), card.difficulty)


def recall(memory: Memory, elapsed_days: float) -> float:
    """Predicted probability (0 … 1) of recall `elapsed_days` after the last rated answer.

    R = (1 + F·t/S)^(−w₂₀), F = 0.9^(−1/w₂₀) − 1.
    """
    decay = _DEFAULT.parameters[20]
    factor = 0.9 ** (-1 / decay) - 1
    return (1 + factor * max(elapsed_days, 0) / memory.stability) ** -decay


def interval(memory: Memory, *, desired_recall: float = DESIRED_RECALL, longest: int = LONGEST) -> int:
    """Whole days (1 … longest) until predicted recall has fallen to `desired_recall` (0.7 … 0.97)."""
    decay = _DEFAULT.parameters[20]
    factor = 0.9 ** (-1 / decay) - 1
    days = memory.stability / factor * (desired_recall ** (-1 / decay) - 1)
    return min(max(round(days), 1), longest)


def spread(days: int, key: str) -> int:
    """`days` moved a little, so that what was learned together drifts apart; always alike for the same key.

    Reach as py-fsrs: none below 2.5 days, else 1 + 15 % of the part between 2.5 and 7 days, 10 % of 7–20, 5 % beyond.
    Never before tomorrow.
    """
    if days < 2.5:
        return days
    reach = 1 + 0.15 * (min(days, 7) - 2.5) + 0.1 * max(min(days, 20) - 7, 0) + 0.05 * max(days - 20, 0)
    share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64
    return max(round(days - reach + share * 2 * reach), 2)


def worth(memory: Memory, elapsed_days: float, *, horizon: int) -> float:
    """How much higher recall will be `horizon` days from now if the question is asked now than if it is not, −1 … 1.

    Our measure of which questions come first where not all fit into a day: expected recall over both outcomes (right
    with the predicted chance, else wrong), minus recall without a review.
    """
    chance = recall(memory, elapsed_days)
    days = max(round(elapsed_days), 0)
    if_right = recall(reviewed(memory, Rating.GOOD, elapsed_days=days), horizon)
    if_wrong = recall(reviewed(memory, Rating.AGAIN, elapsed_days=days), horizon)
    return chance * if_right + (1 - chance) * if_wrong - recall(memory, elapsed_days + horizon)
