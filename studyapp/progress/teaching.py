"""What teachers see of a class: learners × lessons, and down to one learner and each answer.

Every function needs a fixed number of queries, whatever the size of the class. The table is computed whole, then
filtered and sorted in Python: the screen and the CSV take the same rows in the same order from it.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q

from content.models import Lesson, Passage, Question
from content.questions import get_kind
from content.questions.rendering import plain_stem
from content.text import fold
from studyapp.accounts.models import User
from studyapp.classes.access import cohorts_taught_by
from studyapp.classes.models import Enrolment
from studyapp.progress import mastery
from studyapp.progress.attention import Reason, reason_for
from studyapp.progress.queries import EVIDENCE, evidence_of, numbered_lessons
from studyapp.reading.models import PassageRead
from studyapp.review.models import Card, ReviewLog
from studyapp.review.rebuilding import RESUME

# What a kind raises at a response that is not of its shape: one of an older kind, or of a hand-made import.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, StopIteration)
STEPS = ((95, "h5"), (75, "h4"), (55, "h3"), (30, "h2"), (0, "h1"))


@dataclass(frozen=True)
class Cell:
    """One learner and one lesson: how many of its passages are read, known now, and slipping."""

    passages: int
    read: int
    known: int
    fading: int
    touched: bool

    def percent(self, measure: str) -> int | None:
        """Per cent of passages `known` or `read`, rounded down so that only all is 100; None where nothing happened."""
        if not self.touched or not self.passages:
            return None
        return 100 * (self.read if measure == "read" else self.known) // self.passages

    def step(self, measure: str) -> str:
        """The class of its colour: h0 (nothing yet) to h5 (95 per cent and more)."""
        value = self.percent(measure)
        return "h0" if value is None else next(name for least, name in STEPS if value >= least)


@dataclass(frozen=True)
class Row:
    """One learner of a class."""

    learner: User
    joined_at: datetime
    last_at: datetime | None
    cells: tuple[Cell, ...]
    reason: Reason | None

    @property
    def known(self) -> int:
        return sum(cell.known for cell in self.cells)

    @property
    def read(self) -> int:
        return sum(cell.read for cell in self.cells)

    @property
    def fading(self) -> int:
        return sum(cell.fading for cell in self.cells)


@dataclass(frozen=True)
class Column:
    """One lesson, with its number in the course (2.1: the first lesson of the second module)."""

    lesson: Lesson
    number: str
    passages: int


@dataclass(frozen=True)
class ClassTable:
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    groups: tuple[tuple[str, str, int], ...] = field(default=())  # module number, title, how many lessons

    @property
    def passages(self) -> int:
        return sum(column.passages for column in self.columns)


def classes_taught(user):
    """The classes whose progress this person may see, with how many learners each has: one query."""
    counted = Q(
        enrolments__role=Enrolment.Role.LEARNER,
        enrolments__left_at__isnull=True,
        enrolments__user__is_guest=False,
        enrolments__user__is_active=True,
    )
    return (
        cohorts_taught_by(user)
        .select_related("course")
        .annotate(learners=Count("enrolments", filter=counted, distinct=True))
        .order_by("course__title", "name", "pk")
    )


def learners_of(cohort):
    """The enrolments of those who learn in this class now. Guests, teachers and those who left are not among them."""
    return (
        Enrolment.objects.filter(
            cohort=cohort,
            role=Enrolment.Role.LEARNER,
            left_at__isnull=True,
            user__is_guest=False,
            user__is_active=True,
        )
        .select_related("user")
        .order_by("user__name", "user__username", "pk")
    )


def class_table(cohort, *, now) -> ClassTable:
    """Every learner of the class against every lesson of its course: six queries."""
    passages = dict(_passages(cohort.course_id).values_list("pk", "lesson_id"))
    columns, groups = _columns(cohort.course_id, Counter(passages.values()))
    place = {column.lesson.pk: index for index, column in enumerate(columns)}
    asked = _asked(cohort.course_id)
    enrolments = list(learners_of(cohort))
    people = [enrolment.user_id for enrolment in enrolments]
    reads, last = _reads(people, cohort.course_id)
    cards = _evidence(people, cohort.course_id, last, now)

    rows = []
    for enrolment in enrolments:
        person = enrolment.user_id
        counts = [[0, 0, 0, 0, False] for _ in columns]
        for passage, lesson in passages.items():
            count = counts[place[lesson]]
            evidence, read = cards.get((person, passage), ()), (person, passage) in reads
            count[0] += 1
            if not evidence and not read:
                continue
            state = mastery.state(evidence, read=read, questions=asked.get(passage, 0), now=now)
            count[1] += read
            count[2] += state.is_known
            count[3] += state.name == mastery.FADING
            count[4] = True
        cells = tuple(Cell(*count) for count in counts)
        rows.append(
            Row(
                learner=enrolment.user,
                joined_at=enrolment.joined_at,
                last_at=last.get(person),
                cells=cells,
                reason=reason_for(
                    joined_at=enrolment.joined_at,
                    last_at=last.get(person),
                    read=sum(cell.read for cell in cells),
                    known=sum(cell.known for cell in cells),
                    fading=sum(cell.fading for cell in cells),
                    now=now,
                ),
            )
        )
    return ClassTable(columns, tuple(rows), groups)


# --- what the reader of the table asked for ------------------------------------

SHOWS = {
    "all": "All",
    "help": "Who need help",
    "started": "Who have started",
    "not-started": "Who have not started",
}
SORTS = {
    "name": "Name",
    "known": "Fewest known first",
    "known-most": "Most known first",
    "read": "Fewest read first",
    "read-most": "Most read first",
    "seen": "Longest away first",
    "seen-last": "Last seen first",
}
MEASURES = {"known": "Known now", "read": "Read"}


@dataclass(frozen=True)
class Choice:
    """Filter, order and measure of the table, as its address says. What is not understood falls back, never fails."""

    find: str = ""
    show: str = "all"
    sort: str = "name"
    measure: str = "known"

    @classmethod
    def read(cls, data) -> "Choice":
        return cls(
            find=data.get("q", "")[:100],
            show=_one_of(SHOWS, data.get("show"), "all"),
            sort=data.get("sort", "name")[:100],
            measure=_one_of(MEASURES, data.get("measure"), "known"),
        )


def chosen(table: ClassTable, choice: Choice) -> list[Row]:
    """The rows that the choice keeps, in its order. A lesson's id as order puts those first who know least of it."""
    wanted = fold(choice.find)
    rows = [row for row in table.rows if wanted in fold(row.learner.shown_name)]
    if choice.show == "help":
        rows = [row for row in rows if row.reason]
    elif choice.show == "started":
        rows = [row for row in rows if row.last_at]
    elif choice.show == "not-started":
        rows = [row for row in rows if not row.last_at]
    rows.sort(key=lambda row: (fold(row.learner.shown_name), row.learner.pk))
    lessons = {column.lesson.slug: index for index, column in enumerate(table.columns)}
    if choice.sort in lessons:
        place = lessons[choice.sort]
        rows.sort(key=lambda row: _least_first(row.cells[place].percent(choice.measure)))
    elif choice.sort in ("known", "known-most"):
        rows.sort(key=lambda row: row.known, reverse=choice.sort == "known-most")
    elif choice.sort in ("read", "read-most"):
        rows.sort(key=lambda row: row.read, reverse=choice.sort == "read-most")
    elif choice.sort in ("seen", "seen-last"):
        rows.sort(
            key=lambda row: row.last_at.timestamp() if row.last_at else 0, reverse=choice.sort == "seen-last"
        )
    return rows


def heading_words(table: ClassTable) -> str:
    """The state of the class in one sentence."""
    total, asking = len(table.rows), sum(1 for row in table.rows if row.reason)
    if not total:
        return "Nobody has joined this class yet"
    if not asking:
        return "Nobody needs you today" if total > 1 else "Your learner does not need you today"
    rest = total - asking
    # One sentence says its numbers in one way.
    said = _words if max(asking, rest) < len(SMALL) else str
    who = f"{said(asking)} learner{' needs' if asking == 1 else 's need'}"
    if not rest:
        return f"{who} you."
    return f"{who} you; {said(rest).lower()} {'is' if rest == 1 else 'are'} on their way."


# --- one learner ---------------------------------------------------------------


@dataclass(frozen=True)
class PassageState:
    passage: Passage
    number: int
    state: object
    read_at: datetime | None
    asked: int
    answered: int


@dataclass(frozen=True)
class LessonStates:
    column: Column
    passages: tuple[PassageState, ...]

    @property
    def known(self) -> int:
        return sum(1 for row in self.passages if row.state.is_known)

    @property
    def read(self) -> int:
        return sum(1 for row in self.passages if row.read_at)


@dataclass(frozen=True)
class Answer:
    """One answer in plain words. `verdict`: right, partly, wrong, blank or unmarked."""

    log: ReviewLog
    stem: str
    response: str
    verdict: str

    @property
    def word(self) -> str:
        words = {"right": "Right", "partly": "Partly right", "wrong": "Not right", "blank": "No answer"}
        return words.get(self.verdict, "Not marked yet")


def learner_states(cohort, learner, *, now) -> list[LessonStates]:
    """Each lesson with its passages and what this learner knows of them: five queries."""
    passages = list(_passages(cohort.course_id).only("pk", "lesson_id", "slug", "title"))
    columns, _ = _columns(cohort.course_id, Counter(passage.lesson_id for passage in passages))
    asked = _asked(cohort.course_id)
    read_at = dict(
        PassageRead.objects.filter(learner=learner, passage__course=cohort.course_id).values_list(
            "passage", "read_at"
        )
    )
    cards = _evidence([learner.pk], cohort.course_id, {}, now)
    by_lesson = defaultdict(list)
    for passage in passages:
        evidence = cards.get((learner.pk, passage.pk), ())
        questions = asked.get(passage.pk, 0)
        by_lesson[passage.lesson_id].append(
            PassageState(
                passage=passage,
                number=len(by_lesson[passage.lesson_id]) + 1,
                state=mastery.state(evidence, read=passage.pk in read_at, questions=questions, now=now),
                read_at=read_at.get(passage.pk),
                asked=questions,
                answered=len(evidence),
            )
        )
    return [LessonStates(column, tuple(by_lesson[column.lesson.pk])) for column in columns]


def answers_of(cohort, learner):
    """Every answer of this learner in the course of the class, newest first; an undo is no answer."""
    return (
        ReviewLog.objects.filter(
            learner=learner, question__course=cohort.course_id, undoes__isnull=True, releases__isnull=True
        )
        .exclude(origin=RESUME)
        .select_related("version", "question__lesson", "question__passage")
        .order_by("-at", "-pk")
    )


def in_words(log: ReviewLog) -> Answer:
    """The answer as a person would say it. A response that its kind cannot read any more is said to be so."""
    kind, content = get_kind(log.question.kind), log.version.content
    try:
        response = kind.summary(content, log.response) if log.response is not None else ""
    except UNREADABLE:
        response = "(this answer cannot be read any more)"
    if log.response is None:
        verdict = "blank"
    elif log.fraction is None:
        verdict = "unmarked"
    else:
        verdict = "right" if log.fraction >= 1 else "wrong" if log.fraction <= 0 else "partly"
    return Answer(log, plain_stem(content), response, verdict)


# --- rows of the two CSV files ---------------------------------------------------


def table_rows(table: ClassTable, rows: list[Row], choice: Choice, *, zone):
    """The screen's table as lists, its heading first."""
    measure = MEASURES[choice.measure].lower()
    yield [
        "Learner",
        *(f"{column.number} {column.lesson.title}, {measure}, per cent" for column in table.columns),
        f"Known of {table.passages}",
        f"Read of {table.passages}",
        "Last seen",
        "Needs you because",
    ]
    for row in rows:
        yield [
            row.learner.shown_name,
            *("" if (value := cell.percent(choice.measure)) is None else value for cell in row.cells),
            row.known,
            row.read,
            f"{row.last_at.astimezone(zone):%Y-%m-%d}" if row.last_at else "",
            row.reason.title if row.reason else "",
        ]


def answer_rows(answers, *, zone):
    """Answers as lists, the heading first, in the order in which they come."""
    yield [
        "Time",
        "Lesson",
        "Passage",
        "Question",
        "Version",
        "Answer",
        "Result",
        "Fraction",
        "Where",
        "Seconds",
    ]
    for answer in answers:
        log = answer.log
        yield [
            f"{log.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            log.question.lesson.title,
            log.question.passage.title if log.question.passage else "",
            log.question.slug,
            log.version.number,
            answer.response,
            answer.word,
            "" if log.fraction is None else round(log.fraction, 4),
            log.origin,
            "" if log.seconds is None else log.seconds,
        ]


# --- reads that several of them share ----------------------------------------------


def _columns(course_id, passages_by_lesson):
    """Lessons in course order, and the modules above them as (number, title, how many lessons)."""
    columns, groups = [], []
    for numbered in numbered_lessons([course_id]):
        lesson = numbered.lesson
        if not groups or groups[-1][0] != str(numbered.module_number):
            groups.append([str(numbered.module_number), lesson.module.title, 0])
        groups[-1][2] += 1
        columns.append(Column(lesson, numbered.number, passages_by_lesson.get(lesson.pk, 0)))
    return tuple(columns), tuple(tuple(group) for group in groups)


def _passages(course_id):
    return Passage.objects.filter(
        course=course_id, is_retired=False, lesson__state=Lesson.State.READY, lesson__module__is_retired=False
    ).order_by("lesson", "position", "pk")


def _asked(course_id):
    """passage → how many questions it has for practice."""
    ready = Question.objects.for_practice().filter(course=course_id, passage__isnull=False).order_by()
    return dict(ready.values_list("passage").annotate(n=Count("pk")))


def _reads(people, course_id):
    """Pairs (learner, passage) that were read, and learner → when they last read."""
    reads, last = set(), {}
    rows = PassageRead.objects.filter(learner__in=people, passage__course=course_id)
    for person, passage, at in rows.values_list("learner_id", "passage_id", "read_at"):
        reads.add((person, passage))
        last[person] = max(at, last.get(person, at))
    return reads, last


def _evidence(people, course_id, last, now):
    """(learner, passage) → the evidence of its questions; `last` is brought forward to the newest answer.

    The same cards count as on the learner's own page of progress, so that both say the same.
    """
    found = defaultdict(list)
    cards = Card.objects.filter(learner__in=people, course=course_id, held=False).values_list(
        "learner_id", "question__passage_id", *EVIDENCE
    )
    for person, passage, *facts in cards.iterator(chunk_size=5000):
        evidence = evidence_of(facts, now)
        if evidence.last_answered_at:
            last[person] = max(evidence.last_answered_at, last.get(person, evidence.last_answered_at))
        if passage:
            found[person, passage].append(evidence)
    return found


def _least_first(value):
    return -1 if value is None else value


def _one_of(known, value, default):
    return value if value in known else default


SMALL = ("No", "One", "Two", "Three", "Four", "Five", "Six")
SMALL += ("Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


def _words(number: int) -> str:
    return SMALL[number] if number < len(SMALL) else str(number)
