"""From what a learner did to what they know of a passage now. It may fall.

====================  ==============================================================================
not started           nothing read, nothing answered
seen                  read, or its questions tried, none of them right
familiar              one of its questions last answered right
proficient            two different questions last answered right (all, where it has fewer)
mastered              proficient, and right again at least 7 days after becoming so
fading                was proficient, and the last answer was wrong, or predicted recall is under 0.8;
                      without a prediction: no right answer for 14 days
====================  ==============================================================================
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

NOT_STARTED, SEEN, FAMILIAR = "not_started", "seen", "familiar"
PROFICIENT, MASTERED, FADING = "proficient", "mastered", "fading"
STATES = (NOT_STARTED, SEEN, FAMILIAR, PROFICIENT, MASTERED, FADING)
NAMES = {
    NOT_STARTED: "Not started",
    SEEN: "Seen",
    FAMILIAR: "Familiar",
    PROFICIENT: "Proficient",
    MASTERED: "Mastered",
    FADING: "Fading",
}

QUESTIONS_TO_BE_PROFICIENT = 2
MASTERED_AFTER = timedelta(days=7)
FADES_AFTER = timedelta(days=14)
FADES_BELOW = 0.8


@dataclass(frozen=True)
class Evidence:
    """What is known of one question of the passage; the times are aware datetimes or None."""

    last_fraction: float | None
    last_answered_at: datetime | None
    first_right_at: datetime | None
    last_right_at: datetime | None
    recall: float | None = None  # predicted chance to answer it right now, 0 … 1

    @property
    def is_right(self) -> bool:
        return self.last_fraction is not None and self.last_fraction >= 1


@dataclass(frozen=True)
class State:
    """What a learner knows of a passage, and one sentence that says why."""

    name: str
    why: str

    @property
    def label(self) -> str:
        return NAMES[self.name]

    @property
    def is_known(self) -> bool:
        """Known now."""
        return self.name in (PROFICIENT, MASTERED)

    @property
    def was_known(self) -> bool:
        """Known once, now or before: "passed" as others count it."""
        return self.is_known or self.name == FADING


@dataclass(frozen=True)
class Whole:
    """What a learner knows of a lesson, a module or a course: its passages put together."""

    name: str
    why: str
    total: int
    known: int  # now
    passed: int  # now or once

    @property
    def label(self) -> str:
        return NAMES[self.name]


def whole(states) -> Whole:
    """The state of what consists of passages in these states.

    Fading as soon as less than four fifths of what was once known is still known; else mastered or proficient where
    every passage is, familiar where something is known or half known, seen where something was begun.
    """
    names = [s.name for s in states]
    total, known = len(names), sum(s.is_known for s in states)
    passed = sum(s.was_known for s in states)
    if passed and known < FADES_BELOW * passed:
        name = FADING
    elif total and known == total:
        name = MASTERED if all(n == MASTERED for n in names) else PROFICIENT
    elif passed or FAMILIAR in names:
        name = FAMILIAR
    else:
        name = SEEN if any(n != NOT_STARTED for n in names) else NOT_STARTED
    return Whole(name, _why_whole(total, known, passed, names), total, known, passed)


def _why_whole(total, known, passed, names):
    if not total:
        return "There is nothing in it yet."
    if not passed:
        begun = sum(n != NOT_STARTED for n in names)
        if not begun:
            return "You have not begun it yet."
        return f"You have begun {begun} of {total} {_passages(total)}, and know none yet."
    once = passed - known
    if not once:
        return f"You know {known} of {total} {_passages(total)} now."
    need = "it needs" if once == 1 else "they need"
    return (
        f"You know {known} of {total} {_passages(total)} now; {once} more you knew once, and {need} review."
    )


def _passages(count):
    return "passage" if count == 1 else "passages"


def state(evidence, *, read: bool, questions: int, now: datetime) -> State:
    """The state of one passage.

    `evidence`: one Evidence for each of its questions that was answered; `read`: the passage was read;
    `questions`: how many questions it has for practice.
    """
    # Of two answers at the same moment the one that was not right counts as the later.
    answered = sorted(
        (e for e in evidence if e.last_answered_at), key=lambda e: (e.last_answered_at, not e.is_right)
    )
    right = [e for e in answered if e.is_right]
    needed = max(1, min(QUESTIONS_TO_BE_PROFICIENT, max(questions, len(answered))))
    if not answered:
        return _unanswered(read=read, questions=questions)
    since = _proficient_since(answered, needed)
    if since is not None:
        if fades := _fading(answered, now):
            return State(FADING, fades)
        if len(right) >= needed:
            return _proficient_or_mastered(right, since, _recall(answered))
    if right:
        missing = "one more question answered right makes it proficient"
        return State(FAMILIAR, f"You answered {_questions(len(right))} right; {missing}.")
    return State(SEEN, f"You tried {_questions(len(answered))}, not yet right at the last try.")


def state_of_objective(evidence, *, questions: int, now: datetime) -> State:
    """The state of what a lesson teaches, from the `questions` that ask for it: as a passage's, but reading alone
    tells nothing."""
    if any(e.last_answered_at for e in evidence):
        return state(evidence, read=False, questions=questions, now=now)
    if not questions:
        return State(NOT_STARTED, "No question asks for it yet.")
    asks = "the question that asks" if questions == 1 else f"any of the {questions} questions that ask"
    return State(NOT_STARTED, f"You have not answered {asks} for it yet.")


def _unanswered(*, read, questions):
    if not read:
        return State(NOT_STARTED, "You have not read this yet.")
    if not questions:
        return State(SEEN, "You read it. It has no questions to practise.")
    return State(SEEN, "You read it. No question on it answered yet.")


def _proficient_since(answered, needed):
    """When enough different questions had been answered right at least once, or None."""
    firsts = sorted(e.first_right_at for e in answered if e.first_right_at)
    return firsts[needed - 1] if len(firsts) >= needed else None


def _fading(answered, now):
    """Why a passage that was proficient is fading, or an empty string."""
    last = answered[-1]
    if not last.is_right:
        return f"You knew it, but your last answer, on {_day(last.last_answered_at)}, was not right."
    share = _recall(answered)
    if share is not None:
        return (
            f"You knew it, but would probably recall {share:.0%} of it today." if share < FADES_BELOW else ""
        )
    last_right = max(e.last_right_at for e in answered if e.last_right_at)
    if now - last_right >= FADES_AFTER:
        return f"You knew it; the last right answer was {(now - last_right).days} days ago."
    return ""


def _recall(answered):
    """Mean predicted recall of what was answered, or None without predictions."""
    recalls = [e.recall for e in answered if e.recall is not None]
    return sum(recalls) / len(recalls) if recalls else None


def _proficient_or_mastered(right, since, share):
    today = f", and would probably recall {share:.0%} of it today" if share is not None else ""
    again = max(e.last_right_at for e in right)
    if again - since >= MASTERED_AFTER:
        days = (again - since).days
        return State(MASTERED, f"You were right again {days} days after you first knew it{today}.")
    return State(PROFICIENT, f"You answered {_questions(len(right))} right, last on {_day(again)}{today}.")


def _questions(count):
    return "one question" if count == 1 else f"{count} questions"


def _day(at):
    return f"{at.day} {at:%B}"
