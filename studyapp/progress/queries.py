"""What one learner has read and knows, in a number of queries that no course, however long, changes."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import BooleanField, Count, Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from content.markup import marked_safe
from content.models import Course, Lesson, Objective, Passage, Question
from studyapp.progress import fore, plots
from studyapp.progress.mastery import (
    FADING,
    NAMES,
    NOT_STARTED,
    STATES,
    Evidence,
    State,
    Whole,
    state,
    state_of_objective,
    whole,
)
from studyapp.reading.models import PassageRead, ReadingPlace
from studyapp.review.models import Card
from studyapp.review.scheduling import Memory, recall

FROM_BEST = [*reversed(STATES[:-1]), FADING]


@dataclass(frozen=True)
class PassageView:
    """One passage as one learner knows it. `number` counts from 1 within its lesson."""

    pk: int
    slug: str
    title: str
    number: int
    questions: int
    is_read: bool
    state: State
    # Predicted for now, one for each of its questions that has a memory; 0 where the last answer was not right: of what
    # was answered a moment ago the model only says that it has not been forgotten since.
    recalls: tuple[float, ...] = ()


@dataclass(frozen=True)
class ObjectiveView:
    """One thing a lesson teaches, and whether this learner can do it now."""

    text: str
    questions: int
    state: State


class Counts:
    """What pages say of a lesson, a module or a course: sums over its passages."""

    passages: list

    @property
    def total(self) -> int:
        return len(self.passages)

    @property
    def read(self) -> int:
        return sum(p.is_read for p in self.passages)

    @property
    def known(self) -> int:
        return sum(p.state.is_known for p in self.passages)

    @property
    def fading(self) -> int:
        return sum(p.state.name == FADING for p in self.passages)

    @property
    def mastery(self) -> Whole:
        """What is known of the whole of it now, with one sentence of evidence."""
        return whole([p.state for p in self.passages])

    @property
    def remembered(self) -> int:
        """Questions of which there is a memory to predict from."""
        return sum(len(p.recalls) for p in self.passages)

    @property
    def recall(self) -> float | None:
        """Mean predicted recall of these now; None where there are none."""
        return sum(sum(p.recalls) for p in self.passages) / self.remembered if self.remembered else None

    @property
    def not_started(self) -> int:
        return sum(p.state.name == NOT_STARTED for p in self.passages)

    @property
    def begun(self) -> int:
        """Seen or familiar: neither known, nor fading, nor untouched."""
        return self.total - self.known - self.fading - self.not_started

    @property
    def is_read(self) -> bool:
        return 0 < self.total == self.read

    @property
    def is_untouched(self) -> bool:
        return self.not_started == self.total

    @property
    def in_words(self) -> str:
        """ "3 mastered, 1 fading": how many passages are in which state, for those who do not see the drawing."""
        counts = [
            (sum(p.state.name == name for p in self.passages), NAMES[name].lower()) for name in FROM_BEST
        ]
        return ", ".join(f"{count} {name}" for count, name in counts if count) or "no passages"


@dataclass
class LessonView(Counts):
    """A lesson in its place: `number` is "3.2", the second lesson of the third module."""

    pk: int
    slug: str
    title: str
    number: str
    minutes: int
    is_draft: bool
    at: int | None = None  # number of the passage where the learner stopped
    at_slug: str = ""
    passages: list[PassageView] = field(default_factory=list)
    objectives: list[ObjectiveView] = field(default_factory=list)  # where a page asks for them

    @property
    def minutes_left(self) -> int:
        """About how long the passages that are not read take, at least a minute where there are any."""
        unread = self.total - self.read
        return max(1, round(self.minutes * unread / self.total)) if unread else 0

    @property
    def fore(self):
        """The fore-edge of this lesson: edges to draw, and its width in px."""
        return fore.small([p.state.name for p in self.passages])


@dataclass
class ModuleView(Counts):
    number: int
    title: str
    lessons: list[LessonView] = field(default_factory=list)
    pk: int | None = None

    @property
    def passages(self):
        return [passage for lesson in self.lessons for passage in lesson.passages]

    @property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson in self.lessons)

    @property
    def is_here(self) -> bool:
        """The learner is in the middle of one of its lessons."""
        return any(lesson.at and not lesson.is_read for lesson in self.lessons)


@dataclass
class CourseView(Counts):
    course: Course
    modules: list[ModuleView] = field(default_factory=list)
    place: ReadingPlace | None = None  # where the learner last read in this course

    @property
    def lessons(self):
        return [lesson for module in self.modules for lesson in module.lessons]

    @property
    def last_lesson(self) -> LessonView | None:
        lessons = self.lessons
        return lessons[-1] if lessons else None

    @property
    def passages(self):
        return [passage for lesson in self.lessons for passage in lesson.passages]

    @property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson in self.lessons)

    @property
    def summary(self):
        """The course's summary as safe HTML."""
        return marked_safe(self.course.summary_html)

    @property
    def notice(self):
        """Where the course comes from, as safe HTML."""
        return marked_safe(self.course.notice_html)

    @property
    def fore(self):
        """The fore-edge of the whole course."""
        return fore.whole([[p.state.name for p in lesson.passages] for lesson in self.lessons])

    @property
    def fore_here(self) -> float | None:
        """Where the learner stands on it, in per cent of its width."""
        lessons = self.lessons
        lesson = self.current
        if lesson is None or lesson.at is None:
            return None
        states = [[p.state.name for p in x.passages] for x in lessons]
        return fore.middle_of(states, lessons.index(lesson), lesson.at - 1)

    @property
    def to_practise(self) -> LessonView | None:
        """The lesson to practise: one that fades, else one that was read and is not known, else none."""
        with_questions = [x for x in self.lessons if any(p.questions for p in x.passages)]
        fading = [x for x in with_questions if x.fading]
        unknown = [x for x in with_questions if x.read and x.known < x.total]
        return next(iter(fading + unknown), None)

    @property
    def memory_by_module(self) -> plots.Plot:
        """Predicted recall of what was answered in each module, so far as anything was."""
        modules = [m for m in self.modules if m.remembered]
        shares = [(f"{m.number}  {m.title}", m.recall, f"{m.recall:.0%} of {m.remembered}") for m in modules]
        return plots.lying(
            [plots.Lying(*row) for row in shares],
            title="What you would probably recall today, by module",
            desc="Of the questions you have answered. "
            + " ".join(f"Module {name}: {text}." for name, _, text in shares),
            table=[
                ("Module", "Predicted recall", "Questions answered"),
                *((f"{m.number} {m.title}", f"{m.recall:.0%}", m.remembered) for m in modules),
            ],
        )

    @property
    def by_module(self) -> dict:
        """Stacked bars of the modules: the longest fills the width, each part is a share of passages."""
        return fore.stacked(
            [
                (
                    m.number,
                    m.title,
                    (("k-m", m.known), ("k-f", m.begun), ("k-x", m.fading), ("k-0", m.not_started)),
                )
                for m in self.modules
            ]
        )

    @property
    def minutes_left(self) -> int:
        return sum(lesson.minutes_left for lesson in self.lessons)

    @property
    def current(self) -> LessonView | None:
        """The lesson that the learner last read in, while it is not read to the end."""
        if self.place is None:
            return None
        return next((x for x in self.lessons if x.pk == self.place.lesson_id and not x.is_read), None)

    @property
    def upcoming(self) -> LessonView | None:
        """The lesson to read now: the one begun, else the first that is not read after the last place."""
        if current := self.current:
            return current
        lessons = self.lessons
        after = 0
        if self.place:
            after = next((i for i, x in enumerate(lessons) if x.pk == self.place.lesson_id), 0)
        return next((x for x in lessons[after:] + lessons[:after] if not x.is_read), None)


@dataclass(frozen=True)
class NumberedLesson:
    """A lesson (its module joined, its texts left out) and its number, such as "3.2"."""

    number: str
    module_number: int
    lesson: Lesson


_OUTLINE = [
    *("course_id", "slug", "title", "minutes", "state", "position"),
    *(f"module__{name}" for name in ("title", "slug", "position")),
]


def numbered_lessons(course_ids, *, drafts_of=(), texts=False, reader=None):
    """The lessons of these courses in course order, as a list of NumberedLesson.

    Drafts only of the courses in `drafts_of`. Lessons come without their texts unless these are asked for; with
    `place_passage` and `place_at`, where a `reader` last stood in them. One query.
    """
    rows = (
        Lesson.objects.filter(course__in=course_ids, module__is_retired=False)
        .exclude(state=Lesson.State.RETIRED)
        .select_related("module")
        .order_by("course_id", "module__position", "module_id", "position", "pk")
    )
    rows = rows.defer("body") if texts else rows.only(*_OUTLINE)
    if reader is not None:
        place = ReadingPlace.objects.filter(learner=reader, lesson=OuterRef("pk"))
        rows = rows.annotate(
            place_passage=Subquery(place.values("passage_id")[:1]), place_at=Subquery(place.values("at")[:1])
        )
    numbered, course_id, module_id, module_number, lesson_number = [], None, None, 0, 0
    for lesson in rows:
        if not lesson.is_shown and lesson.course_id not in drafts_of:
            continue
        if lesson.course_id != course_id:
            course_id, module_id, module_number = lesson.course_id, None, 0
        if lesson.module_id != module_id:
            module_id, module_number, lesson_number = lesson.module_id, module_number + 1, 0
        lesson_number += 1
        numbered.append(NumberedLesson(f"{module_number}.{lesson_number}", module_number, lesson))
    return numbered


def learner_overview(
    learner, courses, *, drafts_of=(), cards=None, objectives=False, now
) -> list[CourseView]:
    """Each course with its modules, lessons and passages as this learner knows them, and `objectives` if asked for.

    `learner` may be anonymous. Drafts show only in the courses in `drafts_of` (ids). Two queries for a
    visitor, three for a learner, however many courses there are; one less where the caller has the learner's `cards`
    of these courses already: rows that begin with the columns CARD.
    """
    ids = [course.pk for course in courses]
    known = learner.is_authenticated
    if cards is None:
        cards = cards_of(learner, ids).values_list(*CARD)
    passages, taught = _parts(learner, ids, cards, objectives=objectives, now=now)
    views = {course.pk: CourseView(course) for course in courses}
    for numbered in numbered_lessons(ids, drafts_of=drafts_of, reader=learner if known else None):
        lesson, view = numbered.lesson, views[numbered.lesson.course_id]
        if not view.modules or view.modules[-1].number != numbered.module_number:
            view.modules.append(ModuleView(numbered.module_number, lesson.module.title, pk=lesson.module_id))
        place = _place_in(lesson) if known else None
        here = next((p for p in passages[lesson.pk] if place and p.pk == place.passage_id), None)
        view.modules[-1].lessons.append(
            LessonView(
                pk=lesson.pk,
                slug=lesson.slug,
                title=lesson.title,
                number=numbered.number,
                minutes=lesson.minutes,
                is_draft=not lesson.is_shown,
                at=here and here.number,
                at_slug=here.slug if here else "",
                passages=passages[lesson.pk],
                objectives=taught[lesson.pk],
            )
        )
        if place and (view.place is None or place.at > view.place.at):
            view.place = place
    return [views[course.pk] for course in courses]


def with_is_read(passages, learner):
    """Passages, each with `is_read` for this learner (a visitor has read nothing)."""
    if not learner.is_authenticated:
        return passages.annotate(is_read=Value(False))
    return passages.annotate(
        is_read=Exists(PassageRead.objects.filter(learner=learner, passage=OuterRef("pk")))
    )


def _parts(learner, course_ids, cards, *, objectives, now):
    """Two maps from the id of a lesson: to its PassageViews, and to its ObjectiveViews. One query."""
    by_passage, by_objective = _evidence(cards, now)
    passages, taught = defaultdict(list), defaultdict(list)
    for is_passage, lesson_id, _, pk, slug, words, is_read, questions in _rows_of_parts(
        learner, course_ids, objectives=objectives
    ):
        if is_passage:
            found = by_passage[pk]
            view = PassageView(
                pk=pk,
                slug=slug,
                title=words,
                number=len(passages[lesson_id]) + 1,
                questions=questions,
                is_read=is_read,
                state=state(found, read=is_read, questions=questions, now=now),
                recalls=tuple(e.recall if e.is_right else 0.0 for e in found if e.recall is not None),
            )
            passages[lesson_id].append(view)
        else:
            known = state_of_objective(by_objective[pk], questions=questions, now=now)
            taught[lesson_id].append(ObjectiveView(words, questions, known))
    return passages, taught


def _rows_of_parts(learner, course_ids, *, objectives):
    """What the lessons of these courses are made of, in its order: their passages, and what they teach if asked for."""
    passages = with_is_read(Passage.objects.filter(course__in=course_ids, is_retired=False), learner)
    rows = _columns_of_parts(passages, asks="passage", words="title", is_read="is_read")
    if objectives:
        ready = Objective.objects.filter(
            course__in=course_ids, is_retired=False, lesson__state=Lesson.State.READY
        )
        unread = Value(False, BooleanField())
        rows = rows.union(_columns_of_parts(ready, asks="objective", words="text", is_read=unread), all=True)
    return rows.order_by("lesson_id", "position", "pk")


def _columns_of_parts(rows, *, asks, words, is_read):
    """`asks`: the column by which questions point to such a row."""
    questions = Question.objects.for_practice().filter(**{asks: OuterRef("pk")}).order_by().values(asks)
    count = Coalesce(Subquery(questions.annotate(n=Count("pk")).values("n")), 0)
    is_passage = Value(asks == "passage", BooleanField())
    return rows.order_by().values_list(
        is_passage, "lesson_id", "position", "pk", "slug", words, is_read, count
    )


def _place_in(lesson):
    """Where the reader of `numbered_lessons` last stood in this lesson, or None."""
    if lesson.place_at is None:
        return None
    return ReadingPlace(lesson_id=lesson.pk, passage_id=lesson.place_passage, at=lesson.place_at)


# Columns of a card from which `evidence_of` makes what mastery is told.
EVIDENCE = (
    "last_fraction", "last_answered_at", "first_right_at", "last_right_at",
    "stability", "difficulty", "last_rated_at",
)  # fmt: skip
CARD = ("question__passage_id", "question__objective_id", *EVIDENCE)


def evidence_of(facts, now) -> Evidence:
    """Evidence of one question from the columns EVIDENCE of its card, with the recall predicted for now."""
    *times, stability, difficulty, rated_at = facts
    if stability is None:
        return Evidence(*times)
    days = (now - rated_at).total_seconds() / 86400
    return Evidence(*times, recall(Memory(stability, difficulty), days))


def cards_of(learner, course_ids):
    """The cards of these courses that tell what this learner knows. What is held back tells nothing."""
    if not learner.is_authenticated:
        return Card.objects.none()
    return Card.objects.filter(learner=learner, course__in=course_ids, held=False)


def _evidence(cards, now):
    """Two maps, from the id of a passage and of an objective, to Evidence for each of its questions."""
    by_passage, by_objective = defaultdict(list), defaultdict(list)
    for passage_id, objective_id, *columns in cards:
        evidence = evidence_of(columns[: len(EVIDENCE)], now)
        by_passage[passage_id].append(evidence)
        by_objective[objective_id].append(evidence)
    return by_passage, by_objective
