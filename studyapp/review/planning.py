"""What to read and to ask on each day until an exam, and what recall to expect then. Pure.

The plan is not stored: it is made anew from where the learner stands, so a missed day is spread over those that are
left. It looks ahead as the daily review would act, with the chances that FSRS predicts: an answer is right with the
predicted recall, and from there on both outcomes are followed with their weights.
"""

from collections import defaultdict, deque
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log

from studyapp.review.scheduling import DESIRED_RECALL, Memory, Rating, interval, recall, reviewed, worth

MOST_A_DAY = 200  # questions, whatever the minutes
MOST_WEIGHED = 120  # least certain questions among which a day's choice is made
FIRST_RIGHT = 0.7  # chance that a question is right when first asked, until there are answers to tell
ONLY_REVIEW = 0.15  # share of the days, the last ones, on which nothing new is read
SMALLEST = 0.1  # weight below which both outcomes are followed as one
STEP = 0.02  # stabilities are told apart by so much, which keeps the cache of outcomes small


@dataclass(frozen=True)
class Remembered:
    """A question that was answered: its memory, `elapsed` study days ago, due in `due_in` days (0 or less: due).

    `counts`: it belongs to the course of the exam; others only take their time.
    """

    memory: Memory
    elapsed: int
    due_in: int
    counts: bool = True


@dataclass(frozen=True)
class ToRead:
    """A passage not read before today, with as many `questions` that were never asked. `is_read`: read today."""

    minutes: float
    questions: int = 0
    is_read: bool = False


@dataclass(frozen=True)
class Habits:
    """How much this learner does in a day, and has done today."""

    minutes_a_day: int = 20
    seconds: int = 25  # a question
    new_a_day: int = 10
    desired_recall: float = DESIRED_RECALL
    first_right: float = FIRST_RIGHT
    answered_today: int = 0
    new_today: int = 0

    @property
    def most(self) -> int:
        """Questions that fit into a day."""
        return min(max(1, 60 * self.minutes_a_day // self.seconds), MOST_A_DAY)


@dataclass(frozen=True)
class PlanDay:
    """One day from today (`number` 0). `read`: places in the list of passages; `reviews` and `new`: questions."""

    number: int
    read: tuple[int, ...] = ()
    reading_minutes: float = 0.0
    reviews: float = 0.0
    new: int = 0
    seconds: int = 25

    @property
    def questions(self) -> int:
        return round(self.reviews) + self.new

    @property
    def review_minutes(self) -> int:
        return -(-self.questions * self.seconds // 60)

    @property
    def minutes(self) -> int:
        return self.review_minutes + round(self.reading_minutes)


@dataclass(frozen=True)
class Plan:
    """The days before the exam, and shares (0 … 1) of the course's questions: recalled `today`, on the day of the
    exam if the plan is followed (`followed`), and then if nothing more is done (`left_alone`).

    A question that was not asked by then counts as not known; `never_asked` says how many these are.
    """

    days: tuple[PlanDay, ...]
    questions: int
    today: float
    followed: float
    left_alone: float
    never_asked: int

    @property
    def reviews(self) -> int:
        return sum(day.questions for day in self.days)

    @property
    def unread(self) -> int:
        return sum(len(day.read) for day in self.days)


@dataclass(frozen=True)
class _Branch:
    """One way in which a question may have gone, with its weight; all of a question add up to 1."""

    weight: float
    memory: Memory
    last: int  # day of the last rated answer, today being 0
    counts: bool


def plan(days: int, *, remembered=(), fresh=(), reading=(), habits: Habits | None = None) -> Plan:
    """The plan for `days` days, today included; the exam is on the day after them.

    fresh: for each new question on what was read, in the order in which they are asked, whether it counts.
    reading: passages in course order, those read today first.
    """
    habits = habits or Habits()
    due = defaultdict(list)
    for known in remembered:
        due[max(known.due_in, 0)].append(_Branch(1.0, known.memory, -known.elapsed, known.counts))
    questions = (
        sum(k.counts for k in remembered) + sum(fresh) + sum(r.questions for r in reading if not r.is_read)
    )
    portions, waiting, overdue, made = spread_reading(reading, days), deque(fresh), [], []
    today = _recalled(due.values(), at=0)
    left_alone = _recalled(due.values(), at=days)
    for number in range(days):
        portion = [i for i in portions[number] if not reading[i].is_read]
        for i in portion:
            waiting.extend([True] * reading[i].questions)
        room = habits.most - (habits.answered_today if number == 0 else 0)
        asked, overdue = _choose(overdue + due.pop(number, []), number, room, until=days)
        reviews = sum(branch.weight for branch in asked)
        for branch in asked:
            _answer(due, branch, number, habits)
        allowed = habits.new_a_day - (habits.new_today if number == 0 else 0)
        new = max(0, min(allowed, len(waiting), int(room - reviews)))
        for _ in range(new):
            _answer_first(due, number, habits, counts=waiting.popleft())
        minutes = sum(reading[i].minutes for i in portion)
        made.append(PlanDay(number, tuple(portion), minutes, reviews, new, habits.seconds))
    followed = _recalled([overdue, *due.values()], at=days)
    whole = questions or 1
    return Plan(tuple(made), questions, today / whole, followed / whole, left_alone / whole, sum(waiting))


def spread_reading(reading, days: int) -> list[list[int]]:
    """For each day the places of the passages to read on it: in order, evenly by minutes, each once.

    The last days are for review only. What was read today stands first and counts towards today.
    """
    portions = [[] for _ in range(max(days, 0))]
    usable = days - max(1, round(days * ONLY_REVIEW)) if days > 1 else days
    whole, before = sum(passage.minutes for passage in reading), 0.0
    for i, passage in enumerate(reading):
        if usable > 0:
            share = before / whole if whole else i / len(reading)
            portions[min(int(share * usable), usable - 1)].append(i)
        before += passage.minutes
    return portions


def _choose(waiting, number, room, *, until):
    """The branches asked on a day and those left for the next: what gains most until the exam, as in `mixing`."""
    if sum(branch.weight for branch in waiting) <= room:
        return waiting, []
    waiting = sorted(waiting, key=lambda b: (number - b.last) / b.memory.stability, reverse=True)
    weighed, rest = waiting[: max(MOST_WEIGHED, room)], waiting[max(MOST_WEIGHED, room) :]
    weighed.sort(key=lambda b: -b.weight * _worth(*_about(b.memory), number - b.last, until - number))
    asked, total = [], 0.0
    for place, branch in enumerate(weighed):
        if total + branch.weight > room + 0.5:
            return asked, weighed[place:] + rest
        asked.append(branch)
        total += branch.weight
    return asked, rest


def _answer(due, branch, number, habits):
    """Put what may follow from asking this branch today among what is due later."""
    elapsed = number - branch.last
    chance = recall(branch.memory, elapsed)
    step, difficulty = _about(branch.memory)
    right, wrong = (_reviewed(step, difficulty, rating, elapsed) for rating in (Rating.GOOD, Rating.AGAIN))
    _split(due, branch.weight, chance, right, wrong, number, habits, branch.counts)


def _answer_first(due, number, habits, *, counts):
    right, wrong = (reviewed(None, rating) for rating in (Rating.GOOD, Rating.AGAIN))
    _split(due, 1.0, habits.first_right, right, wrong, number, habits, counts)


def _split(due, weight, chance, right, wrong, number, habits, counts):
    outcomes = [(weight * chance, right), (weight * (1 - chance), wrong)]
    if min(outcomes[0][0], outcomes[1][0]) < SMALLEST:
        outcomes = [(weight, _between(right, wrong, chance))]
    for share, memory in outcomes:
        day = number + interval(memory, desired_recall=habits.desired_recall)
        due[day].append(_Branch(share, memory, number, counts))


def _between(right, wrong, chance):
    """One memory for two outcomes: the mean of their difficulty, and of their stability by its logarithm."""
    stability = exp(chance * log(right.stability) + (1 - chance) * log(wrong.stability))
    return Memory(stability, chance * right.difficulty + (1 - chance) * wrong.difficulty)


def _recalled(groups, *, at) -> float:
    """How many of the questions that count are expected to be recalled on day `at`."""
    return sum(b.weight * recall(b.memory, at - b.last) for group in groups for b in group if b.counts)


def _about(memory):
    return round(log(memory.stability) / STEP), round(memory.difficulty, 1)


@lru_cache(maxsize=50_000)
def _reviewed(step, difficulty, rating, elapsed):
    return reviewed(Memory(exp(step * STEP), difficulty), rating, elapsed_days=elapsed)


@lru_cache(maxsize=50_000)
def _worth(step, difficulty, elapsed, horizon):
    return worth(Memory(exp(step * STEP), difficulty), elapsed, horizon=horizon)
