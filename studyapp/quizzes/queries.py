"""Reads of the quiz pages: each a fixed number of queries, whatever the length of the quiz or the class."""

from dataclasses import dataclass, field
from datetime import datetime

from django.http import Http404

from content.questions import get_kind
from content.questions.rendering import answered, asked
from studyapp.classes.access import course_for, courses_for
from studyapp.quizzes.deadlines import seconds_left
from studyapp.quizzes.marking import answers_of, marked_items
from studyapp.quizzes.models import Attempt, AttemptItem, Quiz
from studyapp.quizzes.order import Left, NotYet
from studyapp.quizzes.scoring import Score, band_of, counting_score, current_of
from studyapp.quizzes.standing import Standing, standing_of, standings_of

_ALMOST = 1e-9
LOOKS = {"right": "is-right", "partly": "is-part", "wrong": "is-wrong", "unmarked": "is-part"}


def quiz_for(user, course: str, quiz: str) -> Quiz:
    """The quiz with its course (which has `may_edit`), or Http404. Drafts are for staff. Two queries."""
    course = course_for(user, course)
    found = Quiz.objects.filter(course=course, slug=quiz).exclude(state=Quiz.State.RETIRED)
    found = (found if course.may_edit else found.shown()).first()
    if found is None:
        raise Http404
    found.course = course
    return found


def attempt_of(user, pk: int) -> Attempt:
    """This person's own attempt at a quiz, with quiz, course and person; or Http404. It stays theirs to see,
    whatever class they left. One query."""
    attempt = None
    if user.is_authenticated:
        attempt = (
            Attempt.objects.filter(learner=user, quiz__isnull=False, pk=pk)
            .select_related("quiz", "course")
            .first()
        )
    if attempt is None:
        raise Http404
    attempt.learner = user
    attempt.quiz.course = attempt.course
    return attempt


# --- while it runs ----------------------------------------------------------------------------------------


@dataclass
class ItemView:
    """One question of a running attempt: never its key."""

    item: AttemptItem
    shown: dict
    response: object = None
    saved_at: datetime | None = None
    error: str = ""
    is_answered: bool = False
    # What stands in the page is this saved answer (its id; 0: none).
    shown_answer: int = 0
    current: object = None

    @property
    def number(self) -> int:
        return self.item.number

    @property
    def prefix(self) -> str:
        return f"q{self.number}_"


@dataclass
class AttemptPage:
    """A running attempt: `items` all of its questions, `asked` those that the document holds, `only` the one that it
    shows, where it shows one. It holds the others too, so that whoever goes offline can go on. In a quiz without a
    way back `only` is the question that is asked now, None behind the last; of the others nothing is known but their
    numbers and whether they have an answer."""

    attempt: Attempt
    items: list[ItemView]
    asked: list[ItemView]
    left: int | None  # seconds
    only: ItemView | None = None

    @property
    def answered(self) -> int:
        return sum(view.is_answered for view in self.items)

    @property
    def empty(self) -> list[ItemView]:
        return [view for view in self.items if not view.is_answered]

    @property
    def flagged(self) -> list[ItemView]:
        return [view for view in self.items if view.item.is_flagged]

    @property
    def before(self) -> int | None:
        return self.only.number - 1 if self.only and self.only.number > 1 else None

    @property
    def after(self) -> int | None:
        return self.only.number + 1 if self.only and self.only.number < len(self.items) else None


def attempt_page(attempt, *, now, number=None, errors=None) -> AttemptPage:
    """The page of a running attempt, showing all questions or one; Http404 where it has no such question. Two queries,
    three in a quiz without a way back, where the question that is asked now is shown, whatever `number` says.

    `errors`: number → (what is wrong with what was just posted, the text that stands in the field again, the saved
    answer that its page had shown).
    """
    answers, errors, views, one_way = answers_of(attempt), errors or {}, [], attempt.quiz.one_way
    items = attempt.items.select_related("question", "version").order_by("number")
    in_reach = {item.pk: item for item in (items.in_reach() if one_way else items)}
    others = attempt.items.only("attempt", "number", "is_flagged", "left_at").order_by("number")
    for item in others if one_way else in_reach.values():
        current = current_of(answers.get(item.pk, []))
        has_answer = current is not None and current.response is not None
        view = ItemView(in_reach.get(item.pk, item), {}, is_answered=has_answer)
        views.append(view)
        if item.pk in in_reach:
            _fill(view, current, errors)
    asked_here = [view for view in views if view.item.pk in in_reach]
    only = next((view for view in asked_here if one_way or view.number == number), None)
    if not views or (number is not None and number not in [view.number for view in views]):
        raise Http404
    return AttemptPage(attempt, views, asked_here, seconds_left(now, attempt.deadline), only)


def _fill(view, current, errors):
    item = view.item
    view.current = current
    if current is not None:
        view.response, view.saved_at, view.shown_answer = current.response, current.at, current.pk
    view.shown = asked(item.question.kind, item.version.rendered, item.presented, view.response)
    if view.number in errors:
        view.error, typed, shown = errors[view.number]
        if typed and "text" in view.shown:
            view.shown["text"] = typed
            view.shown_answer = view.shown_answer if shown is None else shown


def item_in_turn(attempt, number: int) -> AttemptItem:
    """One question of an attempt with its version, for a page about it alone; Http404 where there is none, and
    OutOfTurn where it may not be seen now. One or two queries."""
    item = attempt.items.select_related("question", "version").in_reach().filter(number=number).first()
    if item is None:
        other = attempt.items.filter(number=number).only("left_at").first()
        if other is None:
            raise Http404
        raise NotYet(number) if other.left_at is None else Left(number)
    return item


# --- afterwards -------------------------------------------------------------------------------------------


@dataclass
class ItemResult:
    """One question afterwards; what may not be seen yet is not in it."""

    number: int
    points: int
    stem: object
    summary: str
    is_blank: bool
    verdict: str = ""  # right, partly, wrong, unmarked; "" where it may not be seen
    earned: float | None = None
    shown: dict | None = None
    passage: object = None
    late: int = 0
    is_accepted: bool = False  # what counts came late, and staff let it count
    criteria: list = field(
        default_factory=list
    )  # of a person's mark: (criterion of the rubric, points given)
    comment: str = ""

    @property
    def look(self) -> str:
        return "is-empty" if self.is_blank and self.verdict != "right" else LOOKS.get(self.verdict, "")


@dataclass
class PassageResult:
    passage: object
    earned: float = 0.0
    points: float = 0.0

    @property
    def percent(self) -> int:
        return round(100 * self.earned / self.points) if self.points else 0


@dataclass
class Result:
    """A handed-in attempt as its learner may see it now."""

    attempt: Attempt
    standing: Standing
    seen: object
    score: Score
    waits_for: str = ""  # what opens it, as `Standing.waits_for` has it
    items: list[ItemResult] = field(default_factory=list)

    @property
    def is_passed(self):
        return self.score.is_passed(self.attempt.quiz.pass_percent) if self.seen.mark else None

    @property
    def band(self) -> str:
        return band_of(self.attempt.quiz.bands, self.score.percent) if self.seen.mark else ""

    @property
    def answered(self) -> int:
        return sum(not item.is_blank for item in self.items)

    @property
    def late(self) -> int:
        return sum(item.late for item in self.items)

    @property
    def waits(self) -> bool:
        """A person still has to mark something."""
        return self.seen.mark and self.score.points is None

    @property
    def mistakes(self) -> list[ItemResult]:
        return [item for item in self.items if item.verdict in ("wrong", "partly")]

    @property
    def counts_in_words(self) -> str:
        """ "10 right, 2 partly right, 1 left empty"."""
        counts = {
            "right": sum(item.verdict == "right" for item in self.items),
            "partly right": sum(item.verdict == "partly" for item in self.items),
            "not right": sum(item.verdict == "wrong" and not item.is_blank for item in self.items),
            "left empty": sum(item.is_blank for item in self.items),
            "waiting for a mark": sum(item.verdict == "unmarked" for item in self.items),
        }
        return ", ".join(f"{count} {what}" for what, count in counts.items() if count)

    @property
    def passages(self) -> list[PassageResult]:
        """By passage, in the order of the course; only where marks may be seen and all is marked."""
        if not self.seen.mark or self.score.points is None:
            return []
        found = {}
        for item in self.items:
            if item.passage is not None and item.points:
                row = found.setdefault(item.passage.pk, PassageResult(item.passage))
                row.earned += item.earned or 0.0
                row.points += item.points
        order = lambda row: (  # noqa: E731
            row.passage.lesson.module.position,
            row.passage.lesson.position,
            row.passage.position,
        )
        return sorted(found.values(), key=order)

    @property
    def costliest(self) -> PassageResult | None:
        """The passage on which most points were lost; of equal ones the first. None where there is only one, or none
        was lost."""
        rows = self.passages
        worst = max(rows, key=lambda row: row.points - row.earned, default=None)
        return worst if len(rows) > 1 and worst.points - worst.earned > _ALMOST else None


def result_of(attempt, *, now) -> Result:
    """What the learner may see of a handed-in attempt. Seven queries, and those of the quiz's closing."""
    standing = standing_of(attempt.learner, attempt.quiz)
    seen = standing.seen(attempt, now)
    saved = answers_of(attempt)
    late = {item: sum(not answer.counts for answer in answers) for item, answers in saved.items()}
    rows = AttemptItem.objects.select_related("question__passage__lesson__module").in_bulk(
        list(attempt.items.values_list("pk", flat=True))
    )
    score = Score(attempt.points, attempt.points_possible)
    result = Result(attempt, standing, seen, score, standing.waits_for(now, attempt))
    for marked in marked_items(attempt):
        item, response = marked.item, marked.response
        content, rendered = item.version.content, item.version.rendered
        kind = item.question.kind
        view = ItemResult(
            number=item.number,
            points=item.points,
            stem=asked(kind, rendered, item.presented)["stem"],
            summary=get_kind(kind).summary(content, response) if response is not None else "",
            is_blank=response is None,
            passage=rows[item.pk].question.passage,
            late=late.get(item.pk, 0),
            is_accepted=marked.answer is not None and marked.answer.is_accepted,
        )
        fraction = marked.standing_fraction
        if seen.mark and fraction is not None:
            view.earned = item.points * fraction
            if draft := marked.mark.draft:
                view.comment = draft.comment
                view.criteria = [
                    (row, draft.criteria.get(row["id"]))
                    for row in content.get("rubric", ())
                    if draft.criteria
                ]
        if seen.verdict:
            view.verdict = "unmarked" if fraction is None else verdict_of(fraction)
            view.shown = answered(
                kind, content, rendered, item.presented, response,
                show_key=seen.key, show_feedback=seen.feedback,
            )  # fmt: skip
            if fraction is not None:
                view.shown["needs_marking"] = False
        result.items.append(view)
    return result


def verdict_of(fraction: float) -> str:
    return "right" if fraction >= 1 else "wrong" if fraction <= 0 else "partly"


# --- my marks ---------------------------------------------------------------------------------------------


@dataclass
class MarkRow:
    """One handed-in attempt on the page of marks; its score only where it may be seen."""

    attempt: Attempt
    score: Score | None
    counts: bool


@dataclass
class QuizMarks:
    standing: Standing
    rows: list[MarkRow]
    percent: float | None  # what counts, where it may be seen
    brought: list[MarkRow] = field(default_factory=list)  # done as a guest, not counted; running ones too
    waits_for: str = ""

    @property
    def quiz(self) -> Quiz:
        return self.standing.quiz

    @property
    def is_hidden(self) -> bool:
        """Something was handed in and its marks may not be seen yet."""
        return any(row.score is None for row in self.rows)


def my_marks(learner, *, now) -> list[QuizMarks]:
    """Every quiz that this person may take or has taken, with attempts and marks. Four queries, and those of the
    quizzes' closings."""
    if not learner.is_authenticated:
        return []
    kinds = [Attempt.Kind.QUIZ, Attempt.Kind.GUEST]
    taken = Attempt.objects.filter(learner=learner, kind__in=kinds).values("quiz")
    open_to = Quiz.objects.shown().filter(course__in=courses_for(learner))
    quizzes = (
        Quiz.objects.filter(pk__in=taken) | Quiz.objects.filter(pk__in=open_to.values("pk"))
    ).distinct()
    quizzes = quizzes.select_related("course").order_by("course__title", "position", "pk")
    return [marks_of(standing, now=now) for standing in standings_of(learner, list(quizzes))]


def marks_of(standing, *, now) -> QuizMarks:
    """The handed-in attempts of one standing, with what may be seen. No query."""
    counting = standing.counting()
    rows = [_mark_row(standing, attempt, counting, now) for attempt in standing.finished]
    brought = [_mark_row(standing, attempt, (), now) for attempt in standing.brought]
    percent = None
    if rows and all(row.score is not None for row in rows):
        percent = counting_score([row.score.percent for row in rows], standing.quiz.counting)
    hidden = next((row.attempt for row in rows if row.score is None), None)
    return QuizMarks(standing, rows, percent, brought, standing.waits_for(now, hidden))


def _mark_row(standing, attempt, counting, now):
    may_see = standing.seen(attempt, now).mark
    score = Score(attempt.points, attempt.points_possible) if may_see else None
    return MarkRow(attempt, score, bool(score) and attempt.pk in counting)


def quizzes_of(course) -> list[Quiz]:
    """The quizzes of a course as its map lists them; drafts for whoever writes it. One query."""
    found = Quiz.objects.filter(course=course).exclude(state=Quiz.State.RETIRED)
    return list(found if course.may_edit else found.shown())
