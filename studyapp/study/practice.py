"""Reads of the practice page: the run of questions, the one being asked, and how a practice went."""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from django.db.models import F
from django.http import Http404
from django.template.loader import render_to_string

from content.markup import marked_safe
from content.models import Course, Lesson, Passage, Question
from studyapp.classes.access import opened
from studyapp.prepared import Prepared
from studyapp.quizzes.models import Attempt, AttemptItem, Mark
from studyapp.quizzes.picking import Candidate
from studyapp.quizzes.saving import new_save
from studyapp.review.models import Card
from studyapp.study.queries import QuestionView, answered_question, asked_question
from studyapp.study.shelf import lesson_on_shelf, practisable, version_on_shelf

PREFIX = "q_"
KINDS = [Attempt.Kind.PRACTICE, Attempt.Kind.MISTAKES]


class Dot(NamedTuple):
    """One question of the run in the margin; `is_right` is None before it is answered."""

    number: int
    is_right: bool | None
    is_here: bool

    @property
    def is_answered(self) -> bool:
        return self.is_right is not None


@cache  # as many as the longest practice has places
def drawn_dot(dot: Dot):
    return render_to_string("study/_dot.html", {"dot": dot})


@dataclass
class Step:
    """One question of a run, and where the run stands."""

    item: AttemptItem
    question: QuestionView
    dots: list[Dot]
    passage: str = ""  # the fold with the passage that the question is about

    @property
    def number(self) -> int:
        return self.item.number

    @property
    def total(self) -> int:
        return len(self.dots)

    @property
    def answered(self) -> int:
        return sum(dot.is_answered for dot in self.dots)

    @property
    def right(self) -> int:
        return sum(bool(dot.is_right) for dot in self.dots)

    @property
    def drawn_dots(self):
        return marked_safe("".join(map(drawn_dot, self.dots)))

    @property
    def again(self) -> int:
        """How many are to be looked at again."""
        return self.answered - self.right

    @property
    def following(self) -> int | None:
        """Number of the next question without an answer: after this one, else from the beginning."""
        left = [dot.number for dot in self.dots if not dot.is_answered and dot.number != self.number]
        return next((number for number in left if number > self.number), next(iter(left), None))


def open_run(learner, lesson, *, pk=None):
    """The run of this lesson with that id, or the open one that was started last; None where there is none."""
    if not learner.is_authenticated:
        return None
    runs = Attempt.objects.filter(learner=learner, lesson=lesson, kind__in=KINDS)
    if pk is not None:
        return runs.filter(pk=pk).first()
    return runs.filter(state=Attempt.State.OPEN).order_by("-started_at", "-pk").first()


# What a run is read as: plain values, since this stands in the path of every answer.
_ITEM = ("number", "pk", "presented", "version_id", "version__content_hash", "version__renderer")
_QUESTION = ("pk", "kind", "slug", "state", "course_id", "current_id", "passage_id")
_ATTEMPT = ("pk", "kind", "state", "learner_id")
_LESSON = ("pk", "slug", "title", "updated_at", "renderer")
_COURSE = ("pk", "slug", "title", "language", "licence", "access", "is_draft")


def _rows_of(items):
    """The rows of a `Run`: its items in order, each with every mark it has."""
    return items.order_by("number", "marks__number").values_list(
        *_ITEM,
        *(f"question__{name}" for name in _QUESTION),
        *(f"attempt__{name}" for name in _ATTEMPT),
        *(f"attempt__lesson__{name}" for name in _LESSON),
        *(f"attempt__course__{name}" for name in _COURSE),
        "marks__fraction",
        "marks__number",
    )


_RUN_OF_ITEM = Prepared(
    *(int, int, str, str),
    build=lambda item, learner, course, lesson: _rows_of(
        AttemptItem.objects.not_held().filter(
            attempt__items=item,
            attempt__learner=learner,
            attempt__kind__in=KINDS,
            attempt__course__slug=course,
            attempt__lesson__slug=lesson,
        )
    ),
)
_RUN_OF_ATTEMPT = Prepared(
    int, build=lambda attempt: _rows_of(AttemptItem.objects.not_held().filter(attempt=attempt))
)


class Run:
    """One attempt: its items, how each went, and the questions as pages show them.

    `rows` are those of `_rows_of`. One query made them; each version that is not on the shelf yet costs one more.
    """

    def __init__(self, rows):
        if not rows:
            raise Http404
        self.items, self.fractions, self.marks_made = {}, {}, {}
        for row in rows:
            self.items[row[0]] = row
            self.fractions[row[0]], self.marks_made[row[0]] = row[-2], row[-1] or 0
        at = len(_ITEM) + len(_QUESTION)
        self.attempt = Attempt(**dict(zip(_ATTEMPT, rows[0][at:], strict=False)))
        at += len(_ATTEMPT)
        self.attempt.lesson = Lesson(**dict(zip(_LESSON, rows[0][at:], strict=False)))
        at += len(_LESSON)
        self.attempt.course = Course(**dict(zip(_COURSE, rows[0][at:], strict=False)))
        self.attempt.lesson.course = self.attempt.course

    def number_of(self, item_pk):
        """The number of the item with this id, or Http404."""
        for number, row in self.items.items():
            if row[1] == item_pk:
                return number
        raise Http404

    def first_left(self):
        """The number of the first question without an answer, else of the last."""
        left = [number for number, fraction in self.fractions.items() if fraction is None]
        return next(iter(left), max(self.items))

    def item(self, number) -> AttemptItem:
        """The item with this number, its question and version, ready for `save_answer`, or Http404."""
        if number not in self.items:
            raise Http404
        row = self.items[number]
        _, pk, presented, version_id, content_hash, renderer = row[: len(_ITEM)]
        item = AttemptItem(
            pk=pk,
            attempt=self.attempt,
            number=number,
            question=Question(**dict(zip(_QUESTION, row[len(_ITEM) :], strict=False))),
            version=version_on_shelf(version_id, content_hash, renderer),
            presented=presented,
        )
        # A form of practice is a writer of its own, so nothing can have overtaken its answer.
        item.marks_made, item.newest_of_writer = self.marks_made[number], -1
        return item

    def dots(self, number):
        return [
            Dot(n, None if fraction is None else fraction >= 1, n == number)
            for n, fraction in self.fractions.items()
        ]

    # --- steps ---

    def asked(self, item, *, writer, shown, **so_far) -> Step:
        """The question to answer; a new form, so a client id of its own for each try. `so_far`: see `input_of`."""
        save = new_save("item", item.pk, item.marks_made, writer=writer, shown=shown)
        question = asked_question(
            item.question,
            item.version,
            item.presented,
            prefix=PREFIX,
            heading="h1",
            save=save,
            **so_far,
        )
        return Step(item, question, self.dots(item.number))

    def answered(self, item, response, *, saved_at, fraction) -> Step:
        """The question with its verdict and its passage."""
        self.fractions[item.number] = fraction
        question = answered_question(
            item.question,
            item.version,
            item.presented,
            response,
            prefix=PREFIX,
            heading="h1",
            saved_at=saved_at,
        )
        texts = lesson_on_shelf(self.attempt.lesson, self.attempt.course)
        return Step(item, question, self.dots(item.number), texts.fold_of(item.question.passage_id))

    def at(self, number, *, again, writer, shown) -> Step:
        """The question with this number as it stands; None: the first without an answer."""
        item = self.item(self.first_left() if number is None else number)
        # The answer to come shows a passage: drawn now, it costs that answer no query.
        lesson_on_shelf(self.attempt.lesson, self.attempt.course)
        if self.fractions[item.number] is None or again:
            return self.asked(item, writer=writer, shown=shown)
        mark = Mark.objects.filter(item=item, answer__isnull=False).select_related("answer").latest("number")
        return self.answered(item, mark.answer.response, saved_at=mark.answer.at, fraction=mark.fraction)


def run_to_answer(learner, course_slug, lesson_slug, item_pk) -> Run:
    """The run that holds this item of this learner, where they may still open its course; else Http404."""
    run = Run(_RUN_OF_ITEM.rows(item_pk, learner.pk, course_slug, lesson_slug))
    opened(learner, run.attempt.course)
    return run


def run_of(attempt, lesson) -> Run:
    """The run of an attempt at this lesson."""
    run = Run(_RUN_OF_ATTEMPT.rows(attempt.pk))
    run.attempt.lesson, run.attempt.course = lesson, lesson.course
    return run


# --- starting and ending ----------------------------------------------------------------------------------


def practice_questions(lesson):
    """The questions that practice of this lesson may ask, with their current versions."""
    questions = practisable(lesson.course).filter(lesson=lesson, current__isnull=False)
    return list(questions.select_related("current").order_by("position", "pk"))


def candidates(learner, questions) -> list[Candidate]:
    """Each question with how this learner's last answer went; what waits for a quiz's release is left out."""
    cards = {}
    if learner.is_authenticated:
        cards = {
            card.question_id: card for card in Card.objects.filter(learner=learner, question__in=questions)
        }
    found = []
    for question in questions:
        card = cards.get(question.pk)
        if card is None:
            found.append(Candidate(question.pk, question.passage_id))
        elif not card.held:
            found.append(
                Candidate(question.pk, question.passage_id, card.last_fraction, card.last_answered_at)
            )
    return found


def last_wrong(learner, questions) -> set[int]:
    """Ids of those of these questions that this learner did not get right when last asked."""
    if not learner.is_authenticated:
        return set()
    cards = Card.objects.filter(learner=learner, question__in=questions, held=False, last_fraction__lt=1)
    return set(cards.values_list("question_id", flat=True))


@dataclass
class PassageResult:
    """How the questions on one passage went. `slug` is empty for questions about none."""

    slug: str
    title: str
    number: int
    right: float = 0
    total: int = 0

    @property
    def is_right(self) -> bool:
        return self.right >= self.total

    @property
    def share(self) -> float:
        """Per cent right."""
        return 100 * self.right / self.total


@dataclass
class Ended:
    """How a practice went: by passage, those to read again first."""

    run: Attempt
    passages: list[PassageResult]
    right: int
    total: int
    answered: int
    mistakes: list[int]  # question ids


def ended(run) -> Ended:
    """The end page of a run. Two queries."""
    numbers = {
        pk: number
        for number, pk in enumerate(
            Passage.objects.filter(lesson=run.lesson_id, is_retired=False)
            .order_by("position", "pk")
            .values_list("pk", flat=True),
            start=1,
        )
    }
    items = (
        AttemptItem.objects.filter(attempt=run)
        .with_fraction()
        .order_by("number")
        .values("fraction", "question_id", passage=F("question__passage"), title=F("question__passage__title"),
                slug=F("question__passage__slug"))
    )  # fmt: skip
    results, right, answered, mistakes = {}, 0, 0, []
    for item in items:
        if item["fraction"] is None:
            continue
        answered += 1
        is_right = item["fraction"] >= 1
        right += is_right
        if not is_right:
            mistakes.append(item["question_id"])
        result = results.setdefault(
            item["passage"],
            PassageResult(
                item["slug"] or "", item["title"] or "The whole lesson", numbers.get(item["passage"], 0)
            ),
        )
        result.total += 1
        result.right += is_right
    ordered = sorted(results.values(), key=lambda r: (r.is_right, r.number))
    return Ended(run, ordered, right, len(items), answered, mistakes)
