"""Reads of how a learner studied: on which days, for how long, and how far their feeling of being sure can be trusted."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q

from studyapp.progress import plots
from studyapp.progress.planned import long, short
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


def studied(learner, *, now) -> Studied:
    """What was read and answered in the last 30 study days. Two queries."""
    zone = learner.time_zone
    today = study_day(now, zone)
    days = tuple(today - timedelta(days=DAYS - 1 - n) for n in range(DAYS))
    since = begins(days[0], zone)
    log = ReviewLog.objects.filter(
        learner=learner, at__gte=since, undoes__isnull=True, releases__isnull=True
    ).exclude(origin=RESUME)
    answers, seconds = Counter(), Counter()
    for at, took in log.values_list("at", "seconds").iterator(chunk_size=2000):
        day = study_day(at, zone)
        answers[day] += 1
        seconds[day] += min(took or 0, LONGEST)
    reads = Counter(
        study_day(at, zone)
        for at in PassageRead.objects.filter(learner=learner, read_at__gte=since).values_list(
            "read_at", flat=True
        )
    )
    return Studied(days, answers, reads, seconds)


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


def calibration(learner) -> Calibration:
    """Answers of which the learner said beforehand how sure they were. What a quiz holds back is left out. One query."""
    said = ReviewLog.objects.filter(
        learner=learner, sure__isnull=False, fraction__isnull=False, held=False,
        undoes__isnull=True, undone_by__isnull=True,
    )  # fmt: skip
    right = Q(fraction__gte=1)
    found = said.aggregate(
        sure_all=Count("pk", filter=Q(sure=True)),
        sure_right=Count("pk", filter=Q(sure=True) & right),
        unsure_all=Count("pk", filter=Q(sure=False)),
        unsure_right=Count("pk", filter=Q(sure=False) & right),
    )
    return Calibration(
        Feeling("Sure", found["sure_right"], found["sure_all"]),
        Feeling("Unsure", found["unsure_right"], found["unsure_all"]),
    )
