"""Reads of the teacher's pages of quizzes: each a fixed number of queries, whatever the size of the class."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404

from content.questions import get_kind
from content.questions.rendering import asked
from studyapp.accounts.models import User
from studyapp.classes.models import Enrolment
from studyapp.quizzes.by_hand import items_by_hand
from studyapp.quizzes.closing import Closing
from studyapp.quizzes.marking import answers_of, marked_items
from studyapp.quizzes.models import (
    Allowance,
    Attempt,
    AttemptEvent,
    AttemptItem,
    DraftMark,
    Mark,
    ProblemReport,
    Quiz,
    QuizEvent,
    SavedAnswer,
)
from studyapp.quizzes.scoring import Score, counting_attempts, current_of
from studyapp.quizzes.standing import closing_of

LATE_SHOWN = 100
ATTEMPTS_SHOWN = 200  # of those without a class, whom nobody has counted


def quiz_of_class(cohort, slug: str, *, leads: bool) -> Quiz:
    """The quiz of the class's course, or Http404. Drafts only for whoever leads. One query."""
    found = Quiz.objects.filter(course=cohort.course_id, slug=slug)
    quiz = (found if leads else found.exclude(state=Quiz.State.DRAFT)).first()
    if quiz is None:
        raise Http404
    quiz.course = cohort.course
    return quiz


def attempts_of(group):
    """The attempts that count of a class, or of those who study a course without one (groups.WithoutClass)."""
    return Attempt.objects.filter(course=group.course_id, cohort=group.pk, kind=Attempt.Kind.QUIZ)


# --- all quizzes of a class -------------------------------------------------------------------------------


@dataclass
class QuizRow:
    """A quiz and what of it waits in one class."""

    quiz: Quiz
    running: int = 0
    handed_in: int = 0
    to_mark: int = 0
    drafts: int = 0
    late: int = 0
    reports: int = 0

    @property
    def waits(self) -> bool:
        return bool(self.to_mark or self.drafts or self.late or self.reports)


def quizzes_of_class(cohort, *, leads: bool) -> list[QuizRow]:
    """Six queries."""
    quizzes = Quiz.objects.filter(course=cohort.course_id).exclude(state=Quiz.State.RETIRED)
    if not leads:
        quizzes = quizzes.exclude(state=Quiz.State.DRAFT)
    rows = {quiz.pk: QuizRow(quiz) for quiz in quizzes}
    _count(rows, cohort)
    return list(rows.values())


def _count(rows, cohort):
    attempts = attempts_of(cohort).filter(quiz__in=rows)
    for quiz, state, count in attempts.order_by().values_list("quiz", "state").annotate(n=Count("pk")):
        name = "running" if state == Attempt.State.OPEN else "handed_in"
        setattr(rows[quiz], name, count)
    for row in marking_rows(items_by_hand(cohort)):
        quiz = rows.get(row.item.attempt.quiz_id)
        if quiz and row.state != "released":
            setattr(quiz, row.state, getattr(quiz, row.state) + 1)
    late = SavedAnswer.objects.filter(item__attempt__in=attempts, is_late=True, acceptance__isnull=True)
    for quiz, count in (
        late.order_by().values_list("item__attempt__quiz").annotate(n=Count("item", distinct=True))
    ):
        rows[quiz].late = count
    reports = ProblemReport.objects.filter(item__attempt__in=attempts, replied_at__isnull=True)
    for quiz, count in reports.order_by().values_list("item__attempt__quiz").annotate(n=Count("pk")):
        rows[quiz].reports = count


# --- one quiz of a class ----------------------------------------------------------------------------------


@dataclass
class LearnerRow:
    learner: User
    attempts: list[Attempt] = field(default_factory=list)
    counting: set = field(default_factory=set)

    @property
    def is_running(self) -> bool:
        return any(attempt.is_open for attempt in self.attempts)


@dataclass
class QuestionRow:
    """A question that people mark, over all handed-in attempts of a class."""

    stem: object
    first: int  # id of an item: where marking begins
    to_mark: int = 0
    drafts: int = 0
    released: int = 0

    @property
    def total(self) -> int:
        return self.to_mark + self.drafts + self.released


@dataclass(frozen=True)
class Released:
    """Who let out what, and when. `attempts`: in how many of the group marks by people; None: all results."""

    at: datetime
    by: str
    attempts: int | None = None


@dataclass
class ClassQuiz:
    learners: list[LearnerRow]
    questions: list[QuestionRow]
    late: list[SavedAnswer]
    reports: list[ProblemReport]
    allowances: list[Allowance]
    releases: list[Released]
    closing: Closing
    # How many learners: those shown, but for the quiz of a course without a class, where not all are.
    running: int
    handed_in: int
    not_started: int | None  # None: nobody knows who might
    is_cut: bool = False  # more attempts than are shown

    @property
    def to_mark(self) -> int:
        return sum(row.to_mark for row in self.questions)

    @property
    def drafts(self) -> int:
        return sum(row.drafts for row in self.questions)


def class_quiz(cohort, quiz) -> ClassQuiz:
    """Who is where with this quiz in a class, and what waits. Nine queries, and those of `closing_of`."""
    members = Enrolment.objects.filter(
        cohort=cohort, role=Enrolment.Role.LEARNER, left_at__isnull=True
    ).select_related("user")
    rows = {member.user_id: LearnerRow(member.user) for member in members}
    attempts = attempts_of(cohort).filter(quiz=quiz)
    # Who has left the class keeps a row as long as there is an attempt of theirs in it.
    _seat(rows, attempts.select_related("learner").order_by("started_at", "pk"), quiz)
    shown = sorted(rows.values(), key=lambda row: (row.learner.shown_name.casefold(), row.learner.pk))
    return ClassQuiz(
        shown,
        questions_to_mark(cohort, quiz),
        *_waiting(attempts),
        allowances_of(cohort, quiz, rows),
        releases_of(quiz, attempts),
        closing_of(quiz),
        running=sum(row.is_running for row in shown),
        handed_in=sum(any(not attempt.is_open for attempt in row.attempts) for row in shown),
        not_started=sum(not row.attempts for row in shown),
    )


def lone_quiz(group, quiz, *, find="") -> ClassQuiz:
    """The same for whoever sits the quiz without a class: the newest attempts, of those whose name has `find` in it.
    As many queries."""
    attempts = attempts_of(group).filter(quiz=quiz)
    counts = attempts.aggregate(
        running=Count("learner", distinct=True, filter=Q(state=Attempt.State.OPEN)),
        handed_in=Count("learner", distinct=True, filter=Q(state=Attempt.State.FINISHED)),
    )
    found = attempts.select_related("learner").order_by("-started_at", "-pk")
    if find:
        named = Q(learner__name__icontains=find) | Q(learner__username__icontains=find)
        found = found.filter(named, learner__is_guest=False)
    newest, rows = list(found[: ATTEMPTS_SHOWN + 1]), {}
    _seat(rows, newest[ATTEMPTS_SHOWN - 1 :: -1], quiz)
    return ClassQuiz(
        list(reversed(rows.values())),
        questions_to_mark(group, quiz),
        *_waiting(attempts),
        lone_allowances(quiz),
        releases_of(quiz, attempts),
        closing_of(quiz),
        **counts,
        not_started=None,
        is_cut=len(newest) > ATTEMPTS_SHOWN,
    )


def _seat(rows, attempts, quiz):
    """Put these attempts, oldest first, into the rows of their learners, and say which of them count."""
    for attempt in attempts:
        row = rows.setdefault(attempt.learner_id, LearnerRow(attempt.learner))
        row.attempts.append(attempt)
    for row in rows.values():
        done = [attempt for attempt in row.attempts if not attempt.is_open]
        percents = [Score(attempt.points, attempt.points_possible).percent for attempt in done]
        row.counting = {done[n].pk for n in counting_attempts(percents, quiz.counting)}


def _waiting(attempts):
    """(late answers, reports) of these attempts, the newest first. Two queries."""
    late = (
        SavedAnswer.objects.filter(item__attempt__in=attempts, is_late=True, acceptance__isnull=True)
        .select_related("item__attempt__learner", "item__question", "item__version")
        .order_by("-pk")[:LATE_SHOWN]
    )
    reports = ProblemReport.objects.filter(item__attempt__in=attempts).select_related(
        "item__attempt__learner", "item__question", "replied_by"
    )
    return list(late), list(reports.order_by("replied_at", "-pk")[:LATE_SHOWN])


def releases_of(quiz, attempts) -> list[Released]:
    """Every release of the quiz's results, and of marks in these attempts, the newest first. Two queries."""
    of_results = quiz.events.filter(what=QuizEvent.What.RELEASED).select_related("by")
    of_marks = (
        AttemptEvent.objects.filter(attempt__in=attempts.order_by(), what=AttemptEvent.What.RELEASED)
        .order_by()
        .values_list("at", "by__name", "by__username")
        .annotate(attempts=Count("attempt", distinct=True))
    )
    found = [Released(event.at, event.by.shown_name if event.by else "") for event in of_results]
    found += [Released(at, name or username or "", count) for at, name, username, count in of_marks]
    return sorted(found, key=lambda row: row.at, reverse=True)


def allowances_of(cohort, quiz, learners) -> list[Allowance]:
    """What is allowed now, beside the rules, to the class or to these learners, in this quiz. One query."""
    return list(_allowed_in(quiz).filter(Q(cohort=cohort) | Q(user__in=list(learners))))


def lone_allowances(quiz) -> list[Allowance]:
    """What is allowed now, in this quiz, to people who learn in no class of its course. One query."""
    learns = Enrolment.objects.filter(
        cohort__course=quiz.course_id,
        user=OuterRef("user"),
        role=Enrolment.Role.LEARNER,
        left_at__isnull=True,
    )
    return list(_allowed_in(quiz).filter(~Exists(learns), user__isnull=False))


def _allowed_in(quiz):
    return (
        Allowance.objects.filter(course=quiz.course_id, removed_at__isnull=True)
        .filter(Q(quiz=quiz) | Q(quiz__isnull=True))
        .select_related("user", "cohort", "by")
        .order_by("-pk")
    )


def questions_to_mark(cohort, quiz) -> list[QuestionRow]:
    """Every question that people mark, with how far that is. Two queries."""
    found = {}
    for row in marking_rows(items_by_hand(cohort, quiz)):
        question = found.setdefault(
            row.item.question_id,
            QuestionRow(
                asked(row.item.question.kind, row.item.version.rendered, row.item.presented)["stem"],
                row.item.pk,
            ),
        )
        setattr(question, row.state, getattr(question, row.state) + 1)
    return list(found.values())


# --- marking ----------------------------------------------------------------------------------------------


@dataclass
class MarkingRow:
    """An item that a person marks, with the answer that counts (without its text) and the newest draft."""

    item: AttemptItem
    answer: SavedAnswer
    draft: DraftMark | None = None
    mark: Mark | None = None

    @property
    def was_replaced(self) -> bool:
        """What was marked is no longer the answer that counts."""
        return self.draft is not None and self.draft.answer_id != self.answer.pk

    @property
    def state(self) -> str:
        if self.was_replaced:
            return "to_mark"
        if self.draft is not None:
            return "released" if hasattr(self.draft, "mark") else "drafts"
        return "released" if self.mark is not None and self.mark.is_by_person else "to_mark"


def marking_rows(items) -> list[MarkingRow]:
    """Those of these items (a queryset) that have an answer to be marked. Four queries.

    Left empty they need nobody: the machine gives 0. The order is the same for everybody, and tells nothing of
    names or times.
    """
    answers = {}
    sent = SavedAnswer.objects.filter(item__in=items).with_accepted()
    for answer in sent.annotate(is_blank=Q(response__isnull=True)).defer("response").order_by("pk"):
        answers.setdefault(answer.item_id, []).append(answer)
    drafts = {
        draft.item_id: draft
        for draft in DraftMark.objects.filter(item__in=items).select_related("mark").order_by("number")
    }
    marks = {mark.item_id: mark for mark in Mark.objects.filter(item__in=items).order_by("number")}
    rows = []
    for item in items.select_related("question", "version", "attempt__learner"):
        answer = current_of(answers.get(item.pk, []))
        if answer is not None and not answer.is_blank:
            rows.append(MarkingRow(item, answer, drafts.get(item.pk), marks.get(item.pk)))
    return sorted(rows, key=lambda row: _mixed(row.item.pk))


def _mixed(pk):
    return hashlib.blake2b(f"item {pk}".encode(), digest_size=8).digest()


@dataclass
class MarkingPage:
    """One answer to one question, and where the marker is among all of them."""

    row: MarkingRow
    rows: list[MarkingRow]
    response: object

    @property
    def item(self) -> AttemptItem:
        return self.row.item

    @property
    def place(self) -> int:
        return self.rows.index(self.row) + 1

    @property
    def content(self) -> dict:
        return self.item.version.content

    @property
    def rubric(self) -> list:
        return self.content.get("rubric", [])

    @property
    def before(self) -> MarkingRow | None:
        return self.rows[self.place - 2] if self.place > 1 else None

    @property
    def after(self) -> MarkingRow | None:
        return self.rows[self.place] if self.place < len(self.rows) else None

    @property
    def next_unmarked(self) -> MarkingRow | None:
        """The next one that nobody has marked, after this one, else from the beginning."""
        left = [
            row for row in self.rows[self.place :] + self.rows[: self.place - 1] if row.state == "to_mark"
        ]
        return left[0] if left else None

    def counts(self) -> dict:
        return {
            state: sum(row.state == state for row in self.rows) for state in ("to_mark", "drafts", "released")
        }


def marking_page(cohort, quiz, pk: int) -> MarkingPage:
    """The item with this id, among all answers of the class to its question; or Http404. Six queries."""
    items = items_by_hand(cohort, quiz)
    question = items.filter(pk=pk).values_list("question", flat=True).first()
    rows = marking_rows(items.filter(question=question)) if question else []
    row = next((row for row in rows if row.item.pk == pk), None)
    if row is None:
        raise Http404
    return MarkingPage(
        row, rows, SavedAnswer.objects.values_list("response", flat=True).get(pk=row.answer.pk)
    )


# --- one attempt ------------------------------------------------------------------------------------------


@dataclass
class ItemLog:
    """Everything that was saved for one question, oldest first, and what came of it."""

    item: AttemptItem
    stem: object
    answers: list[tuple[SavedAnswer, str]]  # with the words of each
    current: SavedAnswer | None
    fraction: float | None
    mark: Mark | None

    @property
    def earned(self) -> float | None:
        return None if self.fraction is None else self.item.points * self.fraction


@dataclass
class AttemptLog:
    attempt: Attempt
    items: list[ItemLog]
    events: list

    @property
    def late(self) -> int:
        return sum(
            answer.is_late and not answer.is_accepted for log in self.items for answer, _ in log.answers
        )


def attempt_in_class(cohort, quiz, pk: int) -> Attempt:
    """An attempt of the class at the quiz, with its learner; or Http404. One query."""
    attempt = attempts_of(cohort).filter(pk=pk, quiz=quiz).select_related("learner", "quiz", "course").first()
    if attempt is None:
        raise Http404
    return attempt


def attempt_log(attempt) -> AttemptLog:
    """What was saved in an attempt, when, and what came of it. Five queries."""
    saved, logs = answers_of(attempt), []
    for marked in marked_items(attempt):
        item = marked.item
        kind = get_kind(item.question.kind)
        answers = [
            (
                answer,
                kind.summary(item.version.content, answer.response) if answer.response is not None else "",
            )
            for answer in saved.get(item.pk, [])
        ]
        stem = asked(item.question.kind, item.version.rendered, item.presented)["stem"]
        logs.append(ItemLog(item, stem, answers, marked.answer, marked.standing_fraction, marked.mark))
    return AttemptLog(attempt, logs, list(attempt.events.select_related("by")))
