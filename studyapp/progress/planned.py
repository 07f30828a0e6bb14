"""Reads of the plan for an exam and of the reviews to come. What to do when is decided in `review.planning`."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.db.models import Count, Q

from studyapp.progress import plots
from studyapp.progress.queries import CourseView, LessonView, PassageView, learner_overview
from studyapp.reading.models import PassageRead
from studyapp.review.days import begins, study_day
from studyapp.review.exam_dates import ExamDay, with_exam_on
from studyapp.review.models import ReviewLog
from studyapp.review.planning import FIRST_RIGHT, Habits, Plan, PlanDay, Remembered, ToRead, plan
from studyapp.review.queue import Day, fresh, in_course_order, never_asked, reviewable
from studyapp.review.scheduling import Memory

FORECAST_DAYS = 14
FIRSTS = 20  # first answers from which on a learner's own share of right ones is used
LISTED = 7  # days of the plan that are written out
FURTHEST_PLANNED = 5 * 366  # days; for later ones nothing is planned yet
LONGEST_BY_DAY = 60  # a longer plan is drawn by week
REMEMBERED = (
    "question_id",
    "course_id",
    "due_at",
    "exam_on",
)  # beside its memory, what planning asks of a card
TALLY = {"total": Count("pk"), "right": Count("pk", filter=Q(fraction__gte=1))}


@dataclass(frozen=True)
class Portion:
    """Passages of one lesson to read on a day, in order."""

    lesson: LessonView
    passages: list[PassageView]

    @property
    def sections(self) -> str:
        """ "§ 2" or "§ 2–4"."""
        first, last = self.passages[0].number, self.passages[-1].number
        return f"§ {first}" if first == last else f"§ {first}–{last}"


@dataclass(frozen=True)
class DayShown:
    """One day of the plan with its date and what to read."""

    on: date
    portions: list[Portion]
    planned: PlanDay

    @property
    def reading_minutes(self) -> int:
        return max(1, round(self.planned.reading_minutes)) if self.planned.read else 0

    @property
    def is_free(self) -> bool:
        return not self.planned.read and not self.planned.questions


@dataclass(frozen=True)
class CoursePlan:
    """The plan of one learner for one course."""

    exam: ExamDay
    days_left: int
    plan: Plan
    days: list[DayShown]
    day: Day
    answers: int  # first answers that the plan rests on

    @property
    def today(self) -> DayShown | None:
        return self.days[0] if self.days else None

    @property
    def listed(self) -> list[DayShown]:
        return self.days[:LISTED]

    @property
    def more_today(self) -> int:
        """Questions planned for today beside those that wait now: they follow what is read today."""
        return max(0, self.today.planned.questions - self.day.count) if self.days else 0

    @property
    def followed(self) -> int:
        """Of 100 questions, how many are recalled on the day if the plan is followed."""
        return round(100 * self.plan.followed)

    @property
    def left_alone(self) -> int:
        return round(100 * self.plan.left_alone)

    @property
    def now(self) -> int:
        return round(100 * self.plan.today)

    @property
    def minutes_a_day(self) -> int:
        """Of an average day."""
        return round(sum(day.planned.minutes for day in self.days) / len(self.days)) if self.days else 0

    @property
    def expected_plot(self) -> plots.Plot:
        rows = [
            ("Today", self.now, "k-f"),
            ("On the day, if you stop now", self.left_alone, "k-f"),
            ("On the day, with this plan", self.followed, "k-m"),
        ]
        return plots.lying(
            [plots.Lying(name, value / 100, f"{value} of 100", look) for name, value, look in rows],
            title="What you would recall, of 100 questions of this course",
            desc=f"A prediction. Today {self.now}; on the day of the exam {self.left_alone} if you stop now, "
            f"and {self.followed} with this plan.",
            table=[("When", "Of 100 questions"), *((name, value) for name, value, _ in rows)],
        )

    @property
    def minutes_plot(self) -> plots.Plot:
        by_week = len(self.days) > LONGEST_BY_DAY
        groups = (
            [self.days[i : i + 7] for i in range(0, len(self.days), 7)]
            if by_week
            else [[d] for d in self.days]
        )
        sums = [
            (group[0].on, sum(d.reading_minutes for d in group), sum(d.planned.review_minutes for d in group))
            for group in groups
        ]
        marked = max(1, len(sums) // 4)
        return plots.standing(
            [
                plots.Column(
                    (("k-m", review), ("k-f", reading)),
                    text=str(reading + review) if len(sums) <= FORECAST_DAYS else "",
                    note=short(on) if i % marked == 0 and i + marked / 2 <= len(sums) else "",
                )
                for i, (on, reading, review) in enumerate(sums)
            ],
            title=f"Minutes {'a week' if by_week else 'a day'} until the exam",
            desc=f"Reading and review together, about {self.minutes_a_day} minutes on an average day.",
            table=[
                ("Week from" if by_week else "Day", "Reading", "Review"),
                *((long(on), f"{reading} min", f"{review} min") for on, reading, review in sums),
            ],
            legend=[("k-m", "Review"), ("k-f", "Reading")],
        )


def course_plan(learner, course, exam: ExamDay, day: Day, *, now) -> CoursePlan:
    """What to do on each day until the exam, made from where the learner stands now. Eight queries."""
    today = study_day(now, learner.time_zone)
    (view,) = learner_overview(learner, [course], now=now)
    passages, reading = _reading(learner, view, today)
    habits = habits_of(day, first_answers(learner))
    days_left = max(0, exam.days_from(today))
    made = plan(
        min(days_left, FURTHEST_PLANNED),
        remembered=remembered(_reviewable(learner, today), today, learner.time_zone, course=course),
        fresh=[pk == course.pk for pk in _fresh(learner)],
        reading=reading,
        habits=habits,
    )
    days = [DayShown(today + timedelta(days=d.number), _portions(d, passages), d) for d in made.days]
    return CoursePlan(exam, days_left, made, days, day, _answers(learner, course))


def reviews_to_come(learner, day: Day, *, now) -> plots.Plot:
    """The forecast of reviews for two weeks, as the daily review would ask them. Two queries."""
    today = study_day(now, learner.time_zone)
    cards = remembered(_reviewable(learner, today), today, learner.time_zone)
    return forecast(cards, day, habits_of(day, first_answers(learner)), today=today)


def forecast(cards: list[Remembered], day: Day, habits: Habits, *, today: date) -> plots.Plot:
    """The same from what was read already. Pure."""
    made = plan(FORECAST_DAYS, remembered=cards, fresh=[False] * day.unasked, habits=habits)
    counts = [(today + timedelta(days=d.number), d.questions) for d in made.days]
    whole = sum(count for _, count in counts)
    highest = max(count for _, count in counts[1:])
    return plots.standing(
        [
            plots.Column(
                (("now" if i == 0 else "bar", count),),
                text=str(count) if count else "",
                tick=f"{on:%a}"[0],
                note=f"{short(on)}, today" if i == 0 else short(on) if i == 7 else "",
                is_now=i == 0,
            )
            for i, (on, count) in enumerate(counts)
        ],
        title="Questions expected in the next 14 days",
        desc=f"{counts[0][1]} today, then at most {highest} on one day; {whole} in all.",
        table=[("Day", "Questions"), *((long(on), count) for on, count in counts)],
    )


@dataclass(frozen=True)
class Tally:
    """How many answers there were of some sort, and how many of them were right."""

    total: int = 0
    right: int = 0


def first_answers(learner) -> Tally:
    """Of all questions. One query."""
    return Tally(**answered_first(learner).aggregate(**TALLY))


def answered_first(learner):
    """Answers that rated a question for the first time."""
    return ReviewLog.objects.filter(
        learner=learner, rating__isnull=False, elapsed_days__isnull=True, undone_by__isnull=True
    )


def habits_of(day: Day, firsts: Tally) -> Habits:
    """What the learner does in a day, for the plan. Pure."""
    return Habits(
        minutes_a_day=day.minutes_a_day,
        seconds=day.seconds,
        new_a_day=day.new_a_day,
        desired_recall=day.desired_recall,
        first_right=firsts.right / firsts.total if firsts.total >= FIRSTS else FIRST_RIGHT,
        answered_today=day.answered,
        new_today=day.new_today,
    )


def short(on: date) -> str:
    return f"{on.day} {on:%b}"


def long(on: date) -> str:
    return f"{on:%a} {on.day} {on:%b}"


def remembered(cards, today: date, zone: str, *, course=None) -> list[Remembered]:
    """What planning is told of these cards, so far as they have a memory. `course`: the one that
    counts, if not all do. Pure."""
    return [
        Remembered(
            Memory(card.stability, card.difficulty),
            max((today - study_day(card.last_rated_at, zone)).days, 0),
            (study_day(card.due_at, zone) - today).days,
            course is None or course.pk == card.course_id,
            card.exam_on and (card.exam_on - today).days,
            card.question_id,
        )
        for card in cards
        if card.stability is not None and card.last_rated_at is not None
    ]


def _reviewable(learner, today):
    cards = with_exam_on(reviewable(learner), learner, course="course", today=today)
    return cards.values_list("stability", "difficulty", "last_rated_at", *REMEMBERED, named=True)


def _fresh(learner):
    return in_course_order(fresh(learner)).values_list("course_id", flat=True)


def _answers(learner, course):
    return ReviewLog.objects.filter(
        learner=learner, question__course=course, rating__isnull=False, undone_by__isnull=True
    ).count()


def _reading(learner, view: CourseView, today):
    """The passages that the plan spreads, those read today first, beside what planning is told of them."""
    since = begins(today, learner.time_zone)
    read_today = set(
        PassageRead.objects.filter(
            learner=learner, passage__course=view.course.pk, read_at__gte=since
        ).values_list("passage", flat=True)
    )
    asked = never_asked(learner).filter(course=view.course.pk).order_by().values_list("passage", flat=True)
    questions = Counter(asked)
    found = []
    for lesson in view.lessons:
        minutes = lesson.minutes / (lesson.total or 1)
        for passage in lesson.passages:
            if not passage.is_read or passage.pk in read_today:
                found.append((lesson, passage, ToRead(minutes, questions[passage.pk], passage.is_read)))
    found.sort(key=lambda row: not row[1].is_read)
    return [row[:2] for row in found], [row[2] for row in found]


def _portions(day: PlanDay, passages):
    chosen = [passages[i] for i in day.read]
    return [
        Portion(lesson, [passage for _, passage in rows])
        for lesson, rows in groupby(chosen, key=lambda row: row[0])
    ]
