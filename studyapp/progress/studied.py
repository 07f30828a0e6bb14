"""Reads of how a learner studied: on which days, for how long, and how far their feeling of being sure can be trusted."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, DateTimeField, Value, When

from studyapp.progress import plots
from studyapp.progress.planned import TALLY, Tally, answered_first, long, short
from studyapp.reading.models import PassageRead
from studyapp.review.days import begins, study_day
from studyapp.review.models import ReviewLog
from studyapp.review.rebuilding import RESUME

DAYS = 30
LONGEST = 180  # seconds of one answer that count as studying; the rest was a pause
ENOUGH = 10  # answers; below that a share says nothing


@dataclass(frozen=True)
class Studied:
    """The last 30 study days, today last: on which of them something was read or answered, and seconds of answering."""

    days: tuple[date, ...]
    answers: dict
    reads: dict
    seconds: dict

    @property
    def count(self) -> int:
        return sum(self.has(day) for day in self.days)

    def has(self, day) -> bool:
        return bool(self.answers.get(day) or self.reads.get(day))

    @property
    def total_answers(self) -> int:
        return sum(self.answers.values())

    @property
    def total_reads(self) -> int:
        return sum(self.reads.values())

    @property
    def minutes(self) -> int:
        return round(sum(self.seconds.values()) / 60)

    @property
    def time(self) -> str:
        """ "2 h 10 min"."""
        hours, minutes = divmod(self.minutes, 60)
        return f"{hours} h {minutes} min" if hours else f"{minutes} min"

    @property
    def days_plot(self) -> plots.Plot:
        return plots.days(
            [(day.day, self.has(day)) for day in self.days],
            title=f"Days studied of the last {DAYS}",
            desc=f"{self.count} of {DAYS} days, from {self.days[0].day} {self.days[0]:%B} to "
            f"{self.days[-1].day} {self.days[-1]:%B}; studied days are filled.",
            table=[
                ("Day", "Passages read", "Answers"),
                *((long(day), self.reads.get(day, 0), self.answers.get(day, 0)) for day in self.days),
            ],
        )

    @property
    def time_plot(self) -> plots.Plot:
        minutes = [(day, -(-self.seconds.get(day, 0) // 60)) for day in self.days]
        most = max(n for _, n in minutes)
        return plots.standing(
            [
                plots.Column(
                    (("bar", n),),
                    text=f"{n}" if n and n == most else "",
                    note=short(day) if i % 10 == 0 else "",
                )
                for i, (day, n) in enumerate(minutes)
            ],
            title="Minutes of answering questions, by day",
            desc=f"{self.time} in {DAYS} days, at most {most} minutes on one day.",
            table=[("Day", "Minutes"), *((long(day), n) for day, n in minutes)],
        )


@dataclass(frozen=True)
class Feeling:
    """How often answers were right that the learner called sure, or unsure."""

    name: str
    right: int
    total: int

    @property
    def share(self) -> float | None:
        """None while there are too few to say."""
        return self.right / self.total if self.total >= ENOUGH else None

    @property
    def in_words(self) -> str:
        if not self.total:
            return "not said yet"
        if self.share is None:
            return f"{self.right} of {self.total} right"
        return f"{self.share:.0%} of {self.total} right"


@dataclass(frozen=True)
class Calibration:
    sure: Feeling
    unsure: Feeling

    @property
    def total(self) -> int:
        return self.sure.total + self.unsure.total

    @property
    def is_enough(self) -> bool:
        """At least one of the two says something."""
        return self.sure.share is not None or self.unsure.share is not None

    @property
    def advice(self) -> str:
        """What to make of it, in one sentence."""
        sure, unsure = self.sure.share, self.unsure.share
        if sure is not None and sure < 0.8:
            return "Of what you were sure of, more than a fifth was not right: look twice where you feel certain."
        if unsure is not None and unsure >= 0.8:
            return "You know more than you think: most of what you were unsure of was right."
        if sure is not None and unsure is not None and sure - unsure >= 0.15:
            return "Your feeling is a good guide: what you are unsure of is worth another look."
        if sure is not None:
            return "When you are sure, you can mostly trust it."
        return "What you are unsure of is often not right yet: another look at it pays."

    @property
    def plot(self) -> plots.Plot:
        feelings = [self.sure, self.unsure]
        return plots.lying(
            [
                plots.Lying(f.name, f.share, f.in_words, look)
                for f, look in zip(feelings, ("k-m", "k-f"), strict=True)
            ],
            title="How often you were right when you felt sure, and when not",
            desc=". ".join(f"{f.name}: {f.in_words}" for f in feelings) + ".",
            table=[("You felt", "Right", "Answers"), *((f.name, f.right, f.total) for f in feelings)],
        )


@dataclass(frozen=True)
class History:
    """What a learner did so far: the last 30 days, how far their feeling can be trusted, and their first answers."""

    studied: Studied
    calibration: Calibration
    firsts: Tally


READ, ANSWERED, FIRST, SURE, UNSURE = "read", "answered", "first", "sure", "unsure"


def history_of(learner, *, now) -> History:
    """Everything that is told from what was answered and read. One query."""
    today = study_day(now, learner.time_zone)
    days = tuple(today - timedelta(days=DAYS - 1 - n) for n in range(DAYS))
    since = begins(days[0], learner.time_zone)
    answers, reads, seconds, tallies = Counter(), Counter(), Counter(), {}
    rows = _answered(learner, since).union(
        _read(learner, since),
        _tally(answered_first(learner), Value(FIRST)),
        _tally(_said(learner), Case(When(sure=True, then=Value(SURE)), default=Value(UNSURE))),
        all=True,
    )
    for what, at, number, right in rows.iterator(chunk_size=2000):
        if at is None:
            tallies[what] = Tally(number, right)
            continue
        day = study_day(at, learner.time_zone)
        (reads if what == READ else answers)[day] += 1
        seconds[day] += min(number or 0, LONGEST)
    return History(
        Studied(days, answers, reads, seconds),
        Calibration(_feeling("Sure", tallies.get(SURE)), _feeling("Unsure", tallies.get(UNSURE))),
        tallies.get(FIRST) or Tally(),
    )


def _feeling(name, tally):
    return Feeling(name, tally.right, tally.total) if tally else Feeling(name, 0, 0)


def _answered(learner, since):
    log = ReviewLog.objects.filter(
        learner=learner, at__gte=since, undoes__isnull=True, releases__isnull=True
    ).exclude(origin=RESUME)
    return log.values_list(Value(ANSWERED), "at", "seconds", Value(0))


def _read(learner, since):
    reads = PassageRead.objects.filter(learner=learner, read_at__gte=since)
    return reads.values_list(Value(READ), "read_at", Value(0), Value(0))


def _said(learner):
    """Answers of which the learner said beforehand how sure they were. What a quiz holds back is left out."""
    return ReviewLog.objects.filter(
        learner=learner, sure__isnull=False, fraction__isnull=False, held=False,
        undoes__isnull=True, undone_by__isnull=True,
    )  # fmt: skip


def _tally(rows, what):
    """How many of these rows there are for each `what`, and how many are right; in the columns of the rows above."""
    counted = rows.order_by().values(what=what).annotate(**TALLY)
    return counted.values_list("what", Value(None, DateTimeField()), "total", "right")
