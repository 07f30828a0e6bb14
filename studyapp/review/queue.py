"""Reads of the daily review: how much there is today and tomorrow, and what to ask next.

Counts and limits are made by the database, so that a page costs as much with 5,000 cards as with 50.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import chain

from django.db.models import (
    Count,
    DateField,
    DateTimeField,
    Exists,
    F,
    FloatField,
    Func,
    OuterRef,
    Q,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Mod
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from content.models import Lesson, Question
from content.questions import marked_by_hand
from studyapp.accounts.models import User
from studyapp.classes.access import courses_for
from studyapp.prepared import Prepared
from studyapp.reading.models import PassageRead
from studyapp.review.days import begins, study_day
from studyapp.review.exam_dates import exam_within, with_exam_on
from studyapp.review.mixing import LAST_LOOK, Asked, Waiting, following, horizon_until, worth_most
from studyapp.review.models import Card, ReviewLog, ReviewSettings
from studyapp.review.planning import MOST_A_DAY, MOST_WEIGHED
from studyapp.review.scheduling import DESIRED_RECALL, Memory

SECONDS_A_QUESTION = 25  # until there are answers enough to tell
MOST_UNASKED = 700  # new questions that two weeks can bring, at 50 a day
TIMED = 21  # answers whose median tells how long this learner takes
SHORTEST, LONGEST = 8, 180  # seconds; what lies outside says nothing about the question
CHOSEN = ("minutes_a_day", "new_a_day", "desired_recall")  # columns of ReviewSettings
COUNTED = (
    *CHOSEN, "answered", "right", "fresh_today", "timed", "median", "unasked", "due", "due_tomorrow",
)  # fmt: skip


class InDays(Func):
    """A moment as a number of days, for arithmetic inside the database."""

    output_field = FloatField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="julianday(%(expressions)s)", **context)

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(
            compiler,
            connection,
            template="(extract(epoch from %(expressions)s) / 86400.0)::double precision",
            **context,
        )


@dataclass(frozen=True)
class Day:
    """A learner's review today.

    `due`: questions due (counted up to MOST_A_DAY), `fresh`: new ones that may come today, `answered`: answered in
    review today, `right` of them; `due_tomorrow`, `fresh_tomorrow`: what waits when the next day begins, if nothing
    more is done today; `new_today`: questions asked for the first time today; `unasked`: questions on what was read that
    were never asked (counted up to MOST_UNASKED). The rest is what the learner chose, and the `seconds` they take over
    a question.
    """

    answered: int = 0
    right: int = 0
    due: int = 0
    fresh: int = 0
    due_tomorrow: int = 0
    fresh_tomorrow: int = 0
    seconds: int = SECONDS_A_QUESTION
    minutes_a_day: int = 20
    new_a_day: int = 10
    new_today: int = 0
    unasked: int = 0
    desired_recall: float = DESIRED_RECALL

    @property
    def most(self) -> int:
        """Questions that fit into a day's minutes."""
        return min(max(1, 60 * self.minutes_a_day // self.seconds), MOST_A_DAY)

    @property
    def left(self) -> int:
        """How many more questions may come today."""
        return max(0, self.most - self.answered)

    @property
    def count(self) -> int:
        """How many questions are still asked today: what is due first, then new ones."""
        return min(self.left, self.due + self.fresh)

    @property
    def minutes(self) -> int:
        return self.minutes_for(self.count)

    @property
    def tomorrow(self) -> int:
        """How many questions come tomorrow."""
        return min(self.most, self.due_tomorrow + self.fresh_tomorrow)

    @property
    def minutes_tomorrow(self) -> int:
        return self.minutes_for(self.tomorrow)

    @property
    def total(self) -> int:
        """Today's questions, those answered included."""
        return self.answered + self.count

    @property
    def rest(self) -> bool:
        """More is due than today's minutes hold; it is spread over the days after."""
        return self.due > self.left

    def minutes_for(self, questions: int) -> int:
        """About how many minutes so many questions take, rounded up."""
        return -(-questions * self.seconds // 60)


# --- what may be asked ------------------------------------------------------------------------------------


def released(learner):
    """Exists: an answer that a quiz has shown to this learner, for the question of the outer query."""
    shown = ReviewLog.objects.filter(learner=learner, origin="quiz", held=False, undoes__isnull=True)
    return shown.filter(question=OuterRef("question"))


def reviewable(learner):
    """The cards of this learner whose questions may be shown to them now.

    Not: what a quiz holds back, what is paused (unless its wording was changed since), what was retired, what belongs
    to a course they may not open, and what is kept for exams, unless a quiz that is released has shown it to them.
    """
    return (
        Card.objects.filter(
            learner=learner,
            held=False,
            course__in=courses_for(learner).values("pk"),
            question__state=Question.State.READY,
            question__lesson__state=Lesson.State.READY,
            question__lesson__module__is_retired=False,
        )
        .filter(~Q(question__use=Question.Use.EXAM) | Exists(released(learner)))
        .filter(Q(suspended_at__isnull=True) | Q(suspended_at__lt=F("question__current__created_at")))
    )


def due(learner, *, until):
    """Cards of `reviewable` that are due at a moment, or have their last look before an exam by then, each with
    `exam_on`. (What `mixing.has_last_look` says, for the database.)"""
    return _due(learner, *_look(learner, until))


def _look(learner, until):
    """A moment, its study day, and the last day of an exam whose last look may fall on that."""
    today = study_day(until, learner.time_zone)
    return until, today, today + timedelta(days=LAST_LOOK)


def _due(learner, until, today, soon):
    cards = with_exam_on(reviewable(learner), learner, course="course", today=today)
    days_left = InDays(F("exam_on")) - InDays(Value(today, DateField()))
    rated_before = InDays(F("exam_on")) - InDays(F("last_rated_at"))
    last_look = exam_within(learner, (today, soon)) & Q(
        LessThanOrEqual(days_left, Mod(F("question_id"), LAST_LOOK) + 1.0),
        GreaterThan(rated_before, float(LAST_LOOK)),
    )
    return cards.filter(Q(due_at__lte=until) | last_look)


def never_asked(learner):
    """Questions on passages that this learner has not answered yet, read or not, and that practice may ask."""
    known = Card.objects.filter(learner=learner, question=OuterRef("pk")).filter(
        Q(answers__gt=0) | Q(held=True)
    )
    return (
        Question.objects.for_practice()
        .filter(
            passage__is_retired=False,
            lesson__state=Lesson.State.READY,
            lesson__module__is_retired=False,
            course__in=courses_for(learner).values("pk"),
            current__isnull=False,
        )
        .exclude(kind__in=marked_by_hand())  # nobody marks an answer between two questions
        .exclude(Exists(known))
    )


def fresh(learner):
    """Of these, those on passages that were read: new material that review may bring."""
    return never_asked(learner).filter(
        passage__in=PassageRead.objects.filter(learner=learner).values("passage")
    )


def in_course_order(questions):
    """The order in which new questions are asked."""
    return questions.order_by("course_id", "lesson__module__position", "lesson__position", "position", "pk")


# --- today ------------------------------------------------------------------------------------------------


def day_of(learner, *, now: datetime, tomorrow: bool = False) -> Day:
    """How much review there is today, and `tomorrow` as well if asked for. One query."""
    if not learner.is_authenticated:
        return Day()
    today = study_day(now, learner.time_zone)
    since, until = (begins(today + timedelta(days=n), learner.time_zone) for n in (0, 1))
    looks = [_look(learner, now), _look(learner, until)] if tomorrow else [_look(learner, now)]
    writes = learner.is_active and learner.is_staff
    counting = _counting(len(looks), is_staff=writes, is_superuser=writes and learner.is_superuser)
    (values,) = counting.rows(learner.pk, since, *chain(*looks))
    row = dict(zip(COUNTED[: len(values)], values, strict=True))
    chosen = {name: _or_default(row[name], name) for name in CHOSEN}
    seconds = row["median"] if row["timed"] == TIMED else SECONDS_A_QUESTION
    return Day(
        answered=row["answered"],
        right=row["right"],
        due=row["due"],
        fresh=max(0, min(row["unasked"], chosen["new_a_day"] - row["fresh_today"])),
        due_tomorrow=row.get("due_tomorrow", 0),
        fresh_tomorrow=min(row["unasked"], chosen["new_a_day"]),
        seconds=min(max(seconds, SHORTEST), LONGEST),
        new_today=row["fresh_today"],
        unasked=row["unasked"],
        **chosen,
    )


@cache
def _counting(looks, *, is_staff, is_superuser):
    """The query of `day_of`, for people who may write courses and others: the columns COUNTED, `due` for each look.

    Every page asks it, and Django would take many times longer to write it than the database to answer."""
    return Prepared(
        *(int, datetime),
        *(datetime, date, date) * looks,
        build=lambda pk, since, *looks: _counted(
            User(pk=pk, is_staff=is_staff, is_superuser=is_superuser),
            since,
            zip(*[iter(looks)] * 3, strict=True),
        ),
    )


def _counted(learner, since, looks):
    answered = _answered(learner, since)
    timed = ReviewLog.objects.filter(learner=learner, seconds__isnull=False).order_by("-at", "-pk")
    timed = ReviewLog.objects.filter(pk__in=timed.values("pk")[:TIMED])
    counts = [
        _count(answered),
        _count(answered.filter(fraction__gte=1)),
        _count(answered.filter(rating__isnull=False, elapsed_days__isnull=True)),
        _count(timed),
        Subquery(timed.order_by("seconds").values("seconds")[TIMED // 2 : TIMED // 2 + 1]),
        _count(_bounded(Question, fresh(learner), most=MOST_UNASKED)),
        *(_count(_bounded(Card, _due(learner, *look))) for look in looks),
    ]
    chosen = [F(f"review_settings__{name}") for name in CHOSEN]
    return User.objects.filter(pk=learner.pk).values_list(*chosen, *counts)


def _answered(learner, since):
    return ReviewLog.objects.filter(
        learner=learner, origin="review", at__gte=since, undoes__isnull=True, undone_by__isnull=True
    )


def _bounded(model, rows, most=MOST_A_DAY):
    """As many of these rows as could ever be asked, so that counting them ends."""
    return model.objects.filter(pk__in=rows.order_by().values("pk")[:most])


def _count(rows):
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def _or_default(value, name):
    return ReviewSettings._meta.get_field(name).default if value is None else value


# --- the next question ------------------------------------------------------------------------------------


def next_question(learner, day: Day, *, now: datetime) -> int | None:
    """The id of the question to ask now, or None where today is done. At most three queries."""
    if day.count <= 0:
        return None
    waiting = []
    if day.due:
        waiting = worth_most(_least_certain(learner, day, now), day.left)
    if day.left > day.due and day.fresh:
        waiting += _new(learner, min(day.fresh, day.left - day.due))
    chosen = following(waiting, last_asked(learner, now=now))
    return chosen and chosen.question


def _least_certain(learner, day, now):
    """Due cards, lowest predicted recall first. That falls with elapsed ÷ stability, so the database can sort by it."""
    elapsed = InDays(Value(now, DateTimeField())) - InDays(F("last_rated_at"))
    today = study_day(now, learner.time_zone)
    rows = (
        due(learner, until=now)
        .annotate(elapsed=elapsed, uncertain=elapsed / F("stability"))
        .order_by("-uncertain", "pk")
        .values_list(
            "question_id", "question__passage_id", "question__lesson_id", "stability", "difficulty", "elapsed",
            "exam_on",
        )
    )  # fmt: skip
    most = day.left if day.due <= day.left else max(day.left, MOST_WEIGHED)
    return [
        Waiting(q, p, lesson, Memory(s, d), days, horizon_until(exam_on, today))
        for q, p, lesson, s, d, days, exam_on in rows[:most]
    ]


def _new(learner, most):
    """New questions in the order of their course."""
    rows = in_course_order(fresh(learner)).values_list("pk", "passage_id", "lesson_id")
    return [Waiting(q, p, lesson) for q, p, lesson in rows[:most]]


def last_asked(learner, *, now: datetime) -> Asked | None:
    """What was answered last in review today, undone or not. One query."""
    since = begins(study_day(now, learner.time_zone), learner.time_zone)
    row = (
        ReviewLog.objects.filter(learner=learner, origin="review", at__gte=since)
        .order_by("-at", "-pk")
        .values_list("question_id", "question__passage_id", "question__lesson_id", "fraction")
        .first()
    )
    return None if row is None else Asked(*row[:3], is_right=(row[3] or 0) >= 1)
