"""Does the scheduler help? Students with a known forgetting curve study this course for 120 days and sit an exam.

    python -m tests.bench.memory [--students 40] [--minutes 10]

Every student reads the same passages on the same days. Beside that, each has some minutes a day, spent in three ways:

* this scheduler: the product's own pure modules (`standing`, `mixing`, `scheduling`), with the exam date set;
* fixed intervals: each question after 1, 3, 7, 14, 30 and 60 days, from the start again after a wrong answer;
* re-reading: the passage not read for longest is read again.

What the students really remember is decided by one of three laws that the scheduler does not know, each with
parameters drawn anew for every student and every question. None is FSRS with its published parameters.
"""

import argparse
import math
import random
import statistics
import time
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from studyapp.review.mixing import HORIZON, Asked, Waiting, following, has_last_look, worth_most
from studyapp.review.planning import Habits, Remembered, ToRead, plan, spread_reading
from studyapp.review.standing import Answered, Standing, after, rating_in

COURSE = Path(__file__).parent.parent.parent / "content" / "library" / "us-iraq-relations"
DAYS = 120
SECONDS = 25  # a question with its feedback
WORDS_A_MINUTE = 200
NEW_A_DAY = 10
FIXED = (1, 3, 7, 14, 30, 60)
START = datetime(2026, 1, 12, 18, 0, tzinfo=UTC)
PROMISED_ON = DAYS // 2  # the day on which the plan is asked what to expect


@dataclass(frozen=True)
class Question:
    number: int
    passage: int
    lesson: int
    guess: float


def course():
    """Minutes of each passage in course order, and the questions that practice may ask, from the course's own files."""
    outline = tomllib.loads((COURSE / "course.toml").read_text())
    minutes, questions = [], []
    for lesson, slug in enumerate(slug for module in outline["modules"] for slug in module["lessons"]):
        place = {}
        for part in (COURSE / "lessons" / f"{slug}.md").read_text().split("\n## ")[1:]:
            heading, _, text = part.partition("\n")
            place[heading.rpartition("{#")[2].rstrip("} ")] = len(minutes)
            minutes.append(max(0.5, len(text.split()) / WORDS_A_MINUTE))
        for entry in yaml.safe_load((COURSE / "questions" / f"{slug}.yaml").read_text()) or []:
            asked = entry.get("use", "both") != "exam" and entry.get("state", "ready") == "ready"
            if asked and entry["kind"] != "essay" and entry.get("passage") in place:
                options = {"true_false": 2, "single_choice": len(entry.get("options", ())) or 4}
                guess = 1 / options[entry["kind"]] if entry["kind"] in options else 0.0
                questions.append(Question(len(questions), place[entry["passage"]], lesson, guess))
    return minutes, questions


# --- what students really remember ------------------------------------------------------------------------


class OwnParameters:
    """The law of FSRS-6 with parameters of the student's own: the kind of model is right, its numbers are not."""

    name = "FSRS's law, own parameters for each student"

    def __init__(self, rng, reading):
        self.first = [s * rng.lognormvariate(0, 0.5) for s in (0.212, 1.8, 2.3065)]
        self.growth = 1.8722 + rng.gauss(0, 0.35)
        self.decay = min(max(0.1542 * rng.lognormvariate(0, 0.35), 0.08), 0.6)
        self.factor = 0.9 ** (-1 / self.decay) - 1
        self.lost = 1.4835 * rng.lognormvariate(0, 0.3)
        self.difficulty = defaultdict(lambda: min(max(rng.gauss(5, 2), 1), 10))
        self.reading, self.state = reading, {}

    def recall(self, q, day):
        if q not in self.state:
            return 0.0
        stability, last = self.state[q]
        return (1 + self.factor * max(day - last, 0) / stability) ** -self.decay

    def asked(self, q, day, right):
        if q not in self.state:
            self.state[q] = (self.first[2 if right else 0], day)
            return
        stability, _ = self.state[q]
        p, d = self.recall(q, day), self.difficulty[q]
        if right:
            stability *= 1 + math.exp(self.growth) * (11 - d) * stability**-0.1666 * (
                math.exp(0.796 * (1 - p)) - 1
            )
        else:
            stability = min(
                self.lost * d**-0.0614 * ((stability + 1) ** 0.2629 - 1) * math.exp(1.6483 * (1 - p)),
                stability,
            )
        self.state[q] = (max(stability, 0.1), day)

    def read(self, q, day):
        """As a success of which only a share arrives."""
        if q not in self.state:
            self.state[q] = (self.first[2] * self.reading, day)
            return
        stability, last = self.state[q]
        self.asked(q, day, True)
        self.state[q] = (stability + self.reading * (self.state[q][0] - stability), day)


class Traces:
    """Every meeting leaves a trace that fades by a power law, faster the fresher the memory was (the shape of
    Pavlik and Anderson's model of spacing); recall is a logistic function of their sum. Not FSRS's law."""

    name = "sum of fading traces (another law)"

    def __init__(self, rng, reading):
        self.base, self.spacing = rng.uniform(0.28, 0.4), rng.uniform(0.2, 0.35)
        self.threshold, self.noise = rng.gauss(-0.85, 0.12), rng.uniform(0.22, 0.34)
        self.ease = defaultdict(lambda: rng.gauss(0, 0.25))
        self.reading, self.traces = reading, defaultdict(list)

    def _activation(self, q, day):
        total = sum(weight * (day - then + 0.1) ** -decay for then, decay, weight in self.traces[q])
        return math.log(total) if total else -math.inf

    def recall(self, q, day):
        if not self.traces[q]:
            return 0.0
        above = self._activation(q, day) + self.ease[q] - self.threshold
        return 1 / (1 + math.exp(min(-above / self.noise, 500)))

    def _leave(self, q, day, weight):
        activation = self._activation(q, day)
        fresh = math.exp(min(activation, 1.0)) if self.traces[q] else 0.0
        self.traces[q].append((day, self.base + self.spacing * fresh, weight))

    def asked(self, q, day, right):
        self._leave(q, day, 1.0 if right else 0.7)

    def read(self, q, day):
        self._leave(q, day, self.reading)


class HalfLives:
    """Recall halves in a fixed time, which grows with each success: forgetting without FSRS's long tail, so what is
    not met again is lost."""

    name = "half-lives (steeper than FSRS believes)"

    def __init__(self, rng, reading):
        self.start = 4.0 * rng.lognormvariate(0, 0.3)
        self.gain = rng.uniform(2.2, 4.2)
        self.ease = defaultdict(lambda: rng.lognormvariate(0, 0.3))
        self.reading, self.state = reading, {}

    def recall(self, q, day):
        if q not in self.state:
            return 0.0
        half, last = self.state[q]
        return 2 ** (-max(day - last, 0) / half)

    def asked(self, q, day, right):
        first = self.start * self.ease[q]
        if q not in self.state:
            self.state[q] = (first if right else first / 3, day)
            return
        half, _ = self.state[q]
        grown = half * (1.3 + self.gain * (1 - self.recall(q, day)))
        self.state[q] = (grown if right else max(first / 3, 0.4 * half), day)

    def read(self, q, day):
        if q not in self.state:
            self.state[q] = (self.start * self.ease[q] * self.reading, day)
            return
        half, _ = self.state[q]
        grown = half * (1.3 + self.gain * (1 - self.recall(q, day)))
        self.state[q] = (half + self.reading * (grown - half), day)


LAWS = (OwnParameters, Traces, HalfLives)


# --- three ways to spend the minutes ----------------------------------------------------------------------


@dataclass
class Outcome:
    recall: float = 0.0
    minutes: list = field(default_factory=list)  # by day
    promised: float | None = None  # what the plan said half-way


class Student:
    """One student's memory, which answers when asked."""

    def __init__(self, law, seed, reading):
        self.truth, self.rng = (
            law(random.Random(f"{law.__name__} {seed}"), reading),
            random.Random(f"answers {seed}"),
        )

    def answers(self, question, day) -> bool:
        p = self.truth.recall(question.number, day)
        right = self.rng.random() < p + (1 - p) * question.guess
        self.truth.asked(question.number, day, right)
        return right


class Scheduler:
    """The product's daily review, question by question."""

    def __init__(self, questions, key, *, knows_exam=True):
        self.questions, self.key, self.knows_exam = questions, key, knows_exam
        self.standing, self.missing = {}, []

    def open(self, questions):
        self.missing += questions

    def day(self, student, day, seconds):
        at, left, new, last = START + timedelta(days=day), int(seconds // SECONDS), 0, None
        due = [
            q
            for q, s in self.standing.items()
            if s.suspended_at is None and (s.due_at <= at or self.knows_exam and self._looks(q, s, day))
        ]
        waiting = [
            Waiting(
                q, self.questions[q].passage, self.questions[q].lesson, self.standing[q].memory,
                (at - self.standing[q].last_rated_at).days, max(DAYS - day, 1) if self.knows_exam else HORIZON,
            )
            for q in due
        ]  # fmt: skip
        waiting = worth_most(waiting, left)
        fresh = self.missing[: max(0, min(NEW_A_DAY, left - len(waiting)))]
        waiting += [Waiting(q.number, q.passage, q.lesson) for q in fresh]
        spent = 0
        while chosen := following(waiting, last):
            question = self.questions[chosen.question]
            right = student.answers(question, day)
            self._count(question, at + timedelta(seconds=spent), right)
            waiting.remove(chosen)
            last = Asked(chosen.question, chosen.passage, chosen.lesson, right)
            spent += SECONDS
            new += chosen.memory is None
        self.missing = self.missing[new:]
        return spent

    def _looks(self, number, standing, day):
        return has_last_look(DAYS - day, number, DAYS - (standing.last_rated_at - START).days)

    def _count(self, question, at, right):
        standing = self.standing.get(question.number, Standing())
        rating = rating_in(standing, at=at, fraction=float(right), zone="UTC")
        answer = Answered(at, float(right), rating, "UTC", f"{self.key}:{question.number}", question.guess)
        self.standing[question.number] = after(standing, answer)

    def promise(self, day, minutes_a_day, unread):
        """What the plan says on this day."""
        at = START + timedelta(days=day)
        known = [
            Remembered(
                s.memory, (at - s.last_rated_at).days, (s.due_at.date() - at.date()).days, True, DAYS - day, q
            )
            for q, s in self.standing.items()
            if s.suspended_at is None
        ]
        own = Habits(minutes_a_day=max(1, round(minutes_a_day)), seconds=SECONDS, new_a_day=NEW_A_DAY)
        return plan(
            DAYS - day, remembered=known, fresh=[True] * len(self.missing), reading=unread, habits=own
        ).followed


class FixedIntervals:
    """The same for every question; what there is no time for waits, the oldest first. Minutes left over go to what
    would be next."""

    def __init__(self, questions, key):
        self.questions, self.step, self.due = questions, {}, {}

    def open(self, questions):
        for question in questions:
            self.step[question.number], self.due[question.number] = -1, 0

    def day(self, student, day, seconds, *, only_due=False):
        spent, asked = 0, set()
        while spent + SECONDS <= seconds:
            left = [q for q in self.due if q not in asked and (not only_due or self.due[q] <= day)]
            if not left:
                break
            number = min(left, key=lambda q: (self.due[q], q))
            right = student.answers(self.questions[number], day)
            self.step[number] = min(self.step[number] + 1, len(FIXED) - 1) if right else 0
            self.due[number] = day + FIXED[self.step[number]]
            asked.add(number)
            spent += SECONDS
        return spent


class ReReading:
    """Passages again, the one not read for longest first; minutes that do not reach for a passage are saved up."""

    def __init__(self, questions, key, minutes):
        self.minutes, self.saved, self.last = minutes, 0.0, {}
        self.of_passage = defaultdict(list)
        for question in questions:
            self.of_passage[question.passage].append(question.number)

    def open(self, questions):
        for question in questions:
            self.last.setdefault(question.passage, -1)

    def day(self, student, day, seconds):
        self.saved += seconds
        before, today = self.saved, set()
        while left := [p for p in self.last if p not in today]:
            passage = min(left, key=lambda p: (self.last[p], p))
            if 60 * self.minutes[passage] > self.saved:
                break
            self.saved -= 60 * self.minutes[passage]
            for number in self.of_passage[passage]:
                student.truth.read(number, day)
            self.last[passage] = day
            today.add(passage)
        return before - self.saved


def study(way, student, minutes, questions, seconds_on, *, promise_minutes=None, **more) -> Outcome:
    """120 days of reading on the plan's days, with the seconds that `seconds_on(day)` allows for revision."""
    reading = [ToRead(m, sum(q.passage == i for q in questions)) for i, m in enumerate(minutes)]
    portions, outcome = spread_reading(reading, DAYS), Outcome()
    for day in range(DAYS):
        for passage in portions[day]:
            of_passage = [q for q in questions if q.passage == passage]
            for question in of_passage:
                student.truth.read(question.number, day)
            way.open(of_passage)
        if promise_minutes and day == PROMISED_ON:
            unread = [reading[p] for d in range(day, DAYS) for p in portions[d]]
            outcome.promised = way.promise(day, promise_minutes, unread)
        outcome.minutes.append(way.day(student, day, seconds_on(day), **more) / 60)
    outcome.recall = statistics.fmean(student.truth.recall(q.number, DAYS) for q in questions)
    return outcome


# --- the tables -------------------------------------------------------------------------------------------


def compare(law, students, minutes_a_day, reading):
    """Outcomes of the three ways for each student, each with the same minutes on the same days."""
    minutes, questions = course()
    found = defaultdict(list)
    for seed in range(students):
        student = lambda: Student(law, seed, reading)  # noqa: E731, B023  used at once
        ours = study(
            Scheduler(questions, seed), student(), minutes, questions, lambda day: 60 * minutes_a_day,
            promise_minutes=minutes_a_day,
        )  # fmt: skip
        spent = [60 * m for m in ours.minutes]
        found["this scheduler"].append(ours)
        equal = lambda day, spent=spent: spent[day]  # noqa: E731
        found["fixed intervals"].append(
            study(FixedIntervals(questions, seed), student(), minutes, questions, equal)
        )
        found["re-reading"].append(
            study(ReReading(questions, seed, minutes), student(), minutes, questions, equal)
        )
        found["fixed, as they fall"].append(
            study(
                FixedIntervals(questions, seed),
                student(),
                minutes,
                questions,
                lambda day: 24 * 3600,
                only_due=True,
            )
        )
        found["ours, no exam date set"].append(
            study(
                Scheduler(questions, seed, knows_exam=False), student(), minutes, questions,
                lambda day: 60 * minutes_a_day,
            )
        )  # fmt: skip
        found["nothing"].append(
            study(ReReading(questions, seed, minutes), student(), minutes, questions, lambda d: 0)
        )
    return found


def mean(values):
    return statistics.fmean(values)


def line(name, outcomes, ours):
    recalls = [o.recall for o in outcomes]
    better = [a.recall - b.recall for a, b in zip(ours, outcomes, strict=True)]
    margin = 1.96 * statistics.stdev(better) / math.sqrt(len(better)) if name != "this scheduler" else 0
    loads = [m for o in outcomes for m in o.minutes]
    gain = "" if name == "this scheduler" else f"{100 * mean(better):+.1f} ± {100 * margin:.1f}"
    return (
        f"| {name} | {100 * mean(recalls):.1f} % | {100 * min(recalls):.0f}–{100 * max(recalls):.0f} % | {gain} "
        f"| {mean(sum(o.minutes) for o in outcomes):.0f} | {mean(loads):.1f} "
        f"| {mean(sorted(o.minutes)[int(0.95 * DAYS)] for o in outcomes):.1f} "
        f"| {mean(max(o.minutes) for o in outcomes):.1f} |"
    )


def by_weeks(outcomes):
    """Minutes a day in each of six spans of 20 days."""
    return " · ".join(
        f"{mean(mean(o.minutes[start : start + 20]) for o in outcomes):.1f}" for start in range(0, DAYS, 20)
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory")
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--minutes", type=int, default=10, help="most minutes of revision a day")
    options = parser.parse_args(arguments)
    minutes, questions = course()
    began = time.perf_counter()
    print(
        f"\nMemory on the day of the exam: {options.students} made-up students, {DAYS} days, {len(minutes)} passages, "
        f"{len(questions)} questions, at most {options.minutes} minutes a day"
    )
    for law, reading in [*((law, 0.5) for law in LAWS), (Traces, 1.0)]:
        found = compare(law, options.students, options.minutes, reading)
        ours = found["this scheduler"]
        print(f"\n**{law.name}; reading a passage is worth {reading:.1f} of being asked**\n")
        print("| way | recall | of students | ours better by | minutes in all | a day | 95th | most |")
        print("|---|---|---|---|---|---|---|---|")
        for name, outcomes in found.items():
            print(line(name, outcomes, ours))
        promised = mean(o.promised for o in ours)
        off = [o.recall - o.promised for o in ours]
        print(
            f"\nminutes a day in spans of 20 days: ours {by_weeks(ours)}; fixed, as they fall "
            f"{by_weeks(found['fixed, as they fall'])}\n"
            f"the plan promised on day {PROMISED_ON}: {100 * promised:.1f} %; came true less promise: "
            f"{100 * mean(off):+.1f} (of students {100 * min(off):+.0f} to {100 * max(off):+.0f})",
            flush=True,
        )
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
