"""Which questions an attempt gets: pure.

A draw succeeds whenever it can: slots that overlap are filled by augmenting paths (H. W. Kuhn, The Hungarian
method for the assignment problem, 1955), so a wide slot never takes what a narrow one after it needs.
"""

from collections import Counter
from dataclasses import dataclass, field

FIELDS = ("lessons", "passages", "levels", "tags", "kinds")


@dataclass(frozen=True)
class Candidate:
    """A question that is ready. `use` is both, practice or exam; the texts are ids as in course files."""

    question: int
    lesson: str = ""
    passage: str = ""
    level: str = ""
    kind: str = ""
    use: str = "both"
    tags: frozenset = frozenset()


@dataclass(frozen=True)
class Wanted:
    """A slot: a fixed question, or `draw` questions that its filter lets through."""

    question: int | None = None
    draw: int = 1
    filter: dict = field(default_factory=dict)

    def fits(self, candidate: Candidate) -> bool:
        if self.question is not None:
            return candidate.question == self.question
        one = {"lessons": "lesson", "passages": "passage", "levels": "level", "kinds": "kind"}
        for many, name in one.items():
            if self.filter.get(many) and getattr(candidate, name) not in self.filter[many]:
                return False
        return not self.filter.get("tags") or set(self.filter["tags"]) <= candidate.tags

    @property
    def count(self) -> int:
        return 1 if self.question is not None else self.draw


@dataclass(frozen=True)
class Lack:
    """A slot (its index) that wants more questions than there are for it beside the other slots."""

    slot: int
    wanted: int
    found: int

    def __str__(self):
        lacking = self.wanted - self.found
        return (
            f"Slot {self.slot + 1} draws {self.wanted} and there {'is' if self.found == 1 else 'are'} {self.found}: "
            f"{lacking} question{'' if lacking == 1 else 's'} too few."
        )


class CannotDraw(Exception):
    """The slots cannot all be filled: `lacks` says which, and how many each lacks."""

    def __init__(self, lacks):
        self.lacks = lacks
        super().__init__(" ".join(map(str, lacks)))


def fitting(slot: Wanted, candidates, *, for_exam: bool) -> int:
    """How many questions a slot could take if it were the only one."""
    first = _order(for_exam)
    return sum(slot.fits(c) and (slot.question is not None or c.use in first) for c in candidates)


def _order(for_exam):
    """Which use of a question a draw prefers; a use that is not named is never drawn."""
    return {"exam": 0, "both": 1} if for_exam else {"both": 0, "practice": 0, "exam": 1}


def draw(slots, candidates, rng, *, for_exam: bool, shuffle: bool = False) -> list[tuple[int, int]]:
    """(index of the slot, question) for each question of one attempt, no question twice, or CannotDraw.

    For an exam, questions kept for exams come first and those for practice only never; otherwise those kept
    for exams come last, when nothing else is left. Within that the draw takes a passage that was drawn least
    so far; chance decides between equals. A fixed question is asked whatever it is for.
    """
    first = _order(for_exam)
    mixed = sorted(candidates, key=lambda candidate: candidate.question)
    rng.shuffle(mixed)
    fitting = [
        [c for c in mixed if slot.fits(c) and (slot.question is not None or c.use in first)] for slot in slots
    ]
    by_question = {candidate.question: candidate for candidate in mixed}
    # Fixed questions first: whatever they are, nothing else may draw them.
    units = [(n, u) for n, slot in enumerate(slots) for u in range(slot.count)]
    units.sort(key=lambda unit: slots[unit[0]].question is None)
    taken = {}  # question → unit
    for unit in units:
        passages = Counter(by_question[question].passage for question in taken)
        fitting[unit[0]].sort(key=lambda c: (first.get(c.use, 0), passages[c.passage]))
        _assign(unit, fitting, taken, set())
    found = Counter(slot for slot, _ in taken.values())
    lacks = [Lack(n, slot.count, found[n]) for n, slot in enumerate(slots) if found[n] < slot.count]
    if lacks:
        raise CannotDraw(lacks)
    drawn = [(unit[0], question) for question, unit in sorted(taken.items(), key=lambda pair: pair[1])]
    if shuffle:
        rng.shuffle(drawn)
    return drawn


def also_practised(slots, candidates) -> set:
    """The questions that these slots of an exam ask, or may draw, and that can be practised as well.

    A draw takes questions kept for exams first. Where there are enough of them for it, whatever the other slots take,
    it never takes another.
    """
    fixed = {slot.question for slot in slots if slot.question is not None}
    found = {c.question for c in candidates if c.question in fixed and c.use != "exam"}
    draws = [slot for slot in slots if slot.question is None]
    kept = [{c.question for c in candidates if c.use == "exam" and slot.fits(c)} - fixed for slot in draws]
    for n, slot in enumerate(draws):
        taken = sum(min(other.draw, len(kept[m] & kept[n])) for m, other in enumerate(draws) if m != n)
        if len(kept[n]) - taken < slot.draw:
            found |= {c.question for c in candidates if c.use == "both" and slot.fits(c)} - fixed
    return found


def practised_words(count: int, *, exam="“Exams only”") -> str:
    """The warning that an exam can ask so many questions that can be practised as well. `exam`: how the use that keeps
    them unseen is called where this is read."""
    one = count == 1
    return (
        f"{count} of its questions can also be practised, right answer{'' if one else 's'} and all, while the exam is "
        f"open. Set {'its' if one else 'their'} use to {exam} to keep {'it' if one else 'them'} unseen."
    )


def _assign(unit, fitting, taken, tried) -> bool:
    """Give the unit a free question, or one whose holder can take another; False where there is none."""
    free = [c for c in fitting[unit[0]] if c.question not in taken]
    if free:
        taken[free[0].question] = unit
        return True
    for candidate in fitting[unit[0]]:
        if candidate.question in tried:
            continue
        tried.add(candidate.question)
        if _assign(taken[candidate.question], fitting, taken, tried):
            taken[candidate.question] = unit
            return True
    return False
