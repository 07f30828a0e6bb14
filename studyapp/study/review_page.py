"""Reads of the daily review and of the place for mistakes. The order of questions is made in `review.queue`."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404

from content.models import Lesson, Question, QuestionVersion
from content.questions import get_kind
from studyapp.classes.access import courses_for
from studyapp.quizzes.picking import LONGEST_PRACTICE
from studyapp.quizzes.saving import new_save
from studyapp.review.days import study_day
from studyapp.review.exam_dates import with_exam_on
from studyapp.review.mixing import last_look_on
from studyapp.review.models import Card, ReviewLog
from studyapp.review.queue import Day, fresh, released, reviewable
from studyapp.study.queries import QuestionView, answered_question, asked_question
from studyapp.study.shelf import lesson_on_shelf

PREFIX = "q_"
JOINED = ["question__course", "question__lesson"]
NOT_NEEDED = [
    f"question__{name}"
    for name in (
        "search_text",
        "lesson__body",
        "lesson__lead",
        "lesson__claims",
        "lesson__summary_html",
        "lesson__apparatus",
    )
]


@dataclass
class ReviewStep:
    """One question of today's review, asked or answered. `round` tells this showing from the ones before."""

    day: Day
    question: QuestionView
    version: QuestionVersion
    round: int
    passage: str = ""  # the fold with the passage that the question is about
    comes_back: str = ""
    comes_back_more: str = ""
    undo: str = ""  # client id of the answer that can be undone

    @property
    def number(self) -> int:
        """Which of today's questions this is, from 1."""
        return self.day.answered + (0 if self.question.is_answered else 1)

    @property
    def total(self) -> int:
        return max(self.day.total, self.number)


def version_to_ask(learner, question_id) -> QuestionVersion:
    """The question's current wording with all that its page shows. One query."""
    return _with_round(learner).get(pk__in=Question.objects.filter(pk=question_id).values("current"))


def version_to_answer(learner, question_id, version_id, *, today) -> QuestionVersion:
    """The wording that was asked, or Http404 where this learner may not be asked that question. One query."""
    may_be_asked = Q(question__in=reviewable(learner).values("question")) | Q(
        question__in=fresh(learner).values("pk")
    )
    version = _with_round(learner, today).filter(may_be_asked, pk=version_id, question=question_id).first()
    if version is None:
        raise Http404
    return version


def _with_round(learner, today=None):
    """Wordings, each with `round` and, where `today` is given, the `exam_on` of its course."""
    last = ReviewLog.objects.filter(learner=learner, question=OuterRef("question")).order_by("-pk")
    versions = (
        QuestionVersion.objects.select_related(*JOINED)
        .defer(*NOT_NEEDED)
        .annotate(round=Coalesce(Subquery(last.values("pk")[:1]), 0))
    )
    return with_exam_on(versions, learner, course="question__course", today=today) if today else versions


def presented(learner, version, round):
    """The order of options at this showing: drawn, but alike whenever it is drawn again, since a GET stores nothing."""
    rng = random.Random(f"review {learner.pk} {version.pk} {round}")
    return get_kind(version.question.kind).present(version.content, rng)


def step_asked(learner, version, day, *, writer, shown, round=None, **so_far) -> ReviewStep:
    """The question to answer. `round`: as it was posted, where it was; `so_far`: see `input_of`."""
    round = version.round if round is None else round
    save = new_save("review", learner.pk, version.question_id, round, writer=writer, shown=shown)
    drawn = presented(learner, version, round)
    question = asked_question(
        version.question,
        version,
        drawn,
        prefix=PREFIX,
        heading="h1",
        save=save,
        **so_far,
    )
    return ReviewStep(day, question, version, round)


def step_answered(row: ReviewLog, version, day) -> ReviewStep:
    """The verdict on a logged answer, its passage, and when the question comes back."""
    question = version.question
    view = answered_question(
        question, version, row.presented, row.response, prefix=PREFIX, heading="h1", saved_at=row.at
    )
    step = ReviewStep(day, view, version, 0)
    if question.passage_id:
        step.passage = lesson_on_shelf(question.lesson, question.course).fold_of(question.passage_id)
    step.comes_back, step.comes_back_more = comes_back(row, version.exam_on)
    step.undo = str(row.client_id) if row.rating is not None else ""
    return step


def logged_answer(learner, client_id, *, today) -> tuple[ReviewLog, QuestionVersion] | None:
    """An answer of this learner in review with its wording, unless it was undone or a quiz holds the question now.

    Two queries.
    """
    held = Card.objects.filter(learner=learner, question=OuterRef("question"), held=True)
    row = (
        ReviewLog.objects.filter(
            learner=learner, client_id=client_id, origin="review", undone_by__isnull=True
        )
        .filter(question__course__in=courses_for(learner).values("pk"))
        .exclude(Exists(held))
        .first()
    )
    return row and (row, _with_round(learner, today).get(pk=row.version_id))


def undoable(learner, client_id) -> ReviewLog:
    """The answer in review with this id, with its question, or Http404."""
    rows = ReviewLog.objects.filter(learner=learner, origin="review", client_id=client_id)
    row = rows.select_related("question").first()
    if row is None:
        raise Http404
    return row


def comes_back(row: ReviewLog, exam: date | None = None) -> tuple[str, str]:
    """When the question of an answer comes back, and the date with what it was before. `exam`: the next one. Pure."""
    after, before = row.after or {}, row.before or {}
    if after.get("suspended_at") and not before.get("suspended_at"):
        return "It is paused.", (
            "You forgot it eight times; often the question is the reason. Its authors were told, without your name."
        )
    if not after.get("due_at"):
        return "", ""
    day = study_day(datetime.fromisoformat(after["due_at"]), row.zone)
    rated_on = study_day(datetime.fromisoformat(after["last_rated_at"]), row.zone)
    look = exam and last_look_on(exam, row.question_id, rated_on)
    before_exam = look is not None and study_day(row.at, row.zone) < look < day
    day = look if before_exam else day
    days = (day - study_day(row.at, row.zone)).days
    more = f"{day:%A}, {day.day} {day:%B}{', for a last look before your exam' if before_exam else ''}."
    if exam and day >= exam >= study_day(row.at, row.zone):
        more += f" That is after your exam on {exam.day} {exam:%B}."
    if row.rating is None:
        more += " Only the first answer of a day counts for that."
    elif before.get("due_at") and before.get("last_rated_at"):
        was = datetime.fromisoformat(before["due_at"]) - datetime.fromisoformat(before["last_rated_at"])
        was = max(1, round(was.total_seconds() / 86400))
        more += f" Last time it was {in_days(was)}"
        more += "; you know it better now." if days > was else "."
    return f"It comes back {'tomorrow' if days <= 1 else f'in {in_days(days)}'}.", more


def in_days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


# --- my mistakes ------------------------------------------------------------------------------------------


@dataclass
class MistakenPassage:
    """The questions on one passage that were last answered wrong; `slug` empty for those on none."""

    slug: str
    title: str
    stems: list[str] = field(default_factory=list)
    in_review: list[str] = field(default_factory=list)  # stems of exam questions: practice never asks them


@dataclass
class MistakenLesson:
    course_slug: str
    course_title: str
    course_language: str
    slug: str
    title: str
    passages: list[MistakenPassage] = field(default_factory=list)

    @property
    def to_practise(self) -> int:
        return sum(len(passage.stems) for passage in self.passages)

    @property
    def run_length(self) -> int:
        """How many of them one run of practice asks."""
        return min(self.to_practise, LONGEST_PRACTICE)

    @property
    def total(self) -> int:
        return self.to_practise + sum(len(passage.in_review) for passage in self.passages)


def mistakes(learner, *, lesson=None) -> list[MistakenLesson]:
    """Every question that this learner did not get right when last asked, by lesson and passage. One query.

    A question leaves as soon as it is answered right, wherever that is. One that a quiz holds back is not there, nor
    one kept for exams before its quiz has shown it. With `lesson`: of that lesson only.
    """
    if not learner.is_authenticated:
        return []
    cards = Card.objects.filter(
        ~Q(question__use=Question.Use.EXAM) | Exists(released(learner)),
        learner=learner,
        held=False,
        last_fraction__lt=1,
        course__in=courses_for(learner).values("pk"),
        question__state=Question.State.READY,
        question__lesson__state=Lesson.State.READY,
        question__lesson__module__is_retired=False,
    )
    if lesson is not None:
        cards = cards.filter(question__lesson=lesson)
    rows = cards.order_by(
        "course__title", "course", "question__lesson__module__position", "question__lesson__position",
        "question__lesson", "question__passage__position", "question__passage", "question__position", "pk",
    ).values_list(
        "course__slug", "course__title", "course__language", "question__lesson__slug", "question__lesson__title",
        "question__passage__slug", "question__passage__title", "question__passage__is_retired",
        "question__stem_text", "question__use",
    )  # fmt: skip
    lessons = []
    for *of_lesson, passage_slug, passage_title, is_retired, stem, use in rows:
        course_slug, _, _, slug, _ = of_lesson
        if not lessons or (lessons[-1].course_slug, lessons[-1].slug) != (course_slug, slug):
            lessons.append(MistakenLesson(*of_lesson))
        passages = lessons[-1].passages
        about = "" if is_retired or not passage_slug else passage_slug
        if not passages or passages[-1].slug != about:
            passages.append(MistakenPassage(about, passage_title if about else "The whole lesson"))
        (passages[-1].in_review if use == Question.Use.EXAM else passages[-1].stems).append(stem)
    return lessons
