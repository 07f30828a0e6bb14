"""Reads of the practice page: the run of questions, the one being asked, and how a practice went."""

from dataclasses import dataclass, field

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404

from content.markup import marked_safe
from content.models import Passage
from studyapp.classes.access import courses_for
from studyapp.quizzes.models import Attempt, AttemptItem, Mark
from studyapp.quizzes.picking import Candidate
from studyapp.quizzes.saving import new_save
from studyapp.review.models import Card
from studyapp.study.queries import (
    QuestionView,
    answered_question,
    asked_question,
    figure_piece,
    practisable,
    terms_of,
)

KINDS = [Attempt.Kind.PRACTICE, Attempt.Kind.MISTAKES]


@dataclass(frozen=True)
class Dot:
    """One question of the run in the margin."""

    number: int
    fraction: float | None
    is_here: bool

    @property
    def look(self) -> str:
        if self.fraction is None:
            return ""
        return "is-right" if self.fraction >= 1 else "is-wrong"


@dataclass
class PassageShown:
    """The passage that a question is about, as it stands under the verdict."""

    slug: str
    title: str
    number: int
    pieces: list
    terms: list


@dataclass
class Step:
    """One question of a run, and where the run stands."""

    item: AttemptItem
    question: QuestionView
    total: int
    answered: int
    right: int
    following: int | None  # number of the next question without an answer
    passage: PassageShown | None = None
    dots: list[Dot] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.item.number

    @property
    def again(self) -> int:
        """How many are to be looked at again."""
        return self.answered - self.right


def open_run(learner, lesson, *, pk=None):
    """The run of this lesson with that id, or the open one that was started last; None where there is none."""
    if not learner.is_authenticated:
        return None
    runs = Attempt.objects.filter(learner=learner, lesson=lesson, kind__in=KINDS)
    if pk is not None:
        return runs.filter(pk=pk).first()
    return runs.filter(state=Attempt.State.OPEN).order_by("-started_at", "-pk").first()


def passage_number(passage: str):
    """Annotation: the number in its lesson, from 1, of the passage that this column of the outer query points to."""
    before = (
        Passage.objects.filter(
            lesson=OuterRef(f"{passage}__lesson"), position__lte=OuterRef(f"{passage}__position"), is_retired=False
        )
        .order_by()
        .values("lesson")
    )
    return Coalesce(Subquery(before.annotate(n=Count("pk")).values("n")), 1)


def steps():
    """Items with all that a step shows, in one query."""
    return (
        AttemptItem.objects.not_held()
        .with_fraction()
        .with_run()
        .annotate(passage_number=passage_number("question__passage"))
        .select_related("attempt__course", "attempt__lesson__module", "question__passage", "version")
        .defer(
            "attempt__lesson__body",
            "attempt__lesson__lead",
            "attempt__lesson__claims",
            "question__search_text",
            "question__passage__source",
            "question__passage__text",
        )
    )


def item_to_answer(learner, course_slug, lesson_slug, pk, *, writer) -> AttemptItem:
    """The item of this learner's practice of this lesson, ready for `save_answer`, or Http404. One query."""
    item = (
        steps()
        .with_standing(writer)
        .filter(
            pk=pk,
            attempt__learner=learner,
            attempt__kind__in=KINDS,
            attempt__course__slug=course_slug,
            attempt__lesson__slug=lesson_slug,
            attempt__course__in=courses_for(learner),
        )
        .first()
    )
    if item is None:
        raise Http404
    return item


def step_asked(item, *, writer, shown, typed="", error="") -> Step:
    """The question to answer; a new form, so a client id of its own for each try."""
    save = new_save("item", item.pk, item.marks_made, writer=writer, shown=shown)
    question = asked_question(
        item.question, item.version, item.presented, save=save, typed=typed, error=error
    )
    return _step(item, question)


def step_answered(item, response, *, saved_at, fraction) -> Step:
    """The question with its verdict and its passage."""
    item.fraction = fraction
    question = answered_question(item.question, item.version, item.presented, response, saved_at=saved_at)
    step = _step(item, question)
    if item.question.passage:
        step.passage = passage_shown(item.question.passage, item.attempt.lesson, number=item.passage_number)
    return step


def step_at(run, number, *, again, writer, shown) -> Step:
    """The run's question with this number as it stands; number None: the first without an answer.

    Two queries, three for one that has been answered. Http404 for a number the run does not have.
    """
    items = list(
        AttemptItem.objects.not_held()
        .filter(attempt=run)
        .with_fraction()
        .order_by("number")
        .values_list("number", "fraction")
    )
    if number is None:
        number = next((n for n, fraction in items if fraction is None), items[-1][0] if items else None)
    item = steps().with_standing(writer).filter(attempt=run, number=number).first()
    if item is None:
        raise Http404
    if item.fraction is not None and not again:
        mark = Mark.objects.filter(item=item, answer__isnull=False).select_related("answer").latest("number")
        step = step_answered(item, mark.answer.response, saved_at=mark.answer.at, fraction=mark.fraction)
    else:
        step = step_asked(item, writer=writer, shown=shown)
    step.dots = [Dot(n, fraction, n == item.number) for n, fraction in items]
    return step


def dots_of(run, number) -> list[Dot]:
    rows = AttemptItem.objects.not_held().filter(attempt=run).with_fraction().order_by("number")
    return [Dot(n, fraction, n == number) for n, fraction in rows.values_list("number", "fraction")]


def _step(item, question):
    return Step(
        item=item,
        question=question,
        total=item.others + 1,
        answered=item.others_marked + (item.fraction is not None),
        right=item.others_right + (item.fraction is not None and item.fraction >= 1),
        following=item.next_after or item.next_any,
    )


def passage_shown(passage, lesson, *, number) -> PassageShown:
    """A passage as it stands under a verdict. `lesson` comes with its apparatus."""
    pieces = []
    for segment in passage.segments:
        if "html" in segment:
            pieces.append({"html": marked_safe(segment["html"])})
        elif figure := lesson.apparatus.get("figures", {}).get(segment.get("figure")):
            pieces.append(figure_piece(segment["figure"], figure, lesson))
    html = "".join(segment.get("html", "") for segment in passage.segments)
    return PassageShown(
        slug=passage.slug,
        title=passage.title,
        number=number,
        pieces=pieces,
        terms=terms_of(lesson, used_in=html),
    )


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
