"""Where questions are used and how they fare, for those who write them: each a fixed number of queries."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

from content.models import Question
from studyapp.quizzes.models import Attempt, AttemptItem, Quiz, SavedAnswer, Slot
from studyapp.review.models import ReviewLog

# Below this many answers a share says nothing; counts are all that is shown.
ENOUGH = 10


@dataclass(frozen=True)
class QuizUse:
    """A quiz that asks a question: `is_fixed` always, else it may draw it."""

    quiz: Quiz
    is_fixed: bool


@dataclass(frozen=True)
class VersionFares:
    """How one wording of a question was answered. `blank`: left empty in a quiz that was handed in."""

    number: int
    answers: int = 0
    right: int = 0
    partly: int = 0
    blank: int = 0
    unmarked: int = 0

    @property
    def asked(self) -> int:
        """Answers that have a mark, and blanks: what the shares are of."""
        return self.answers - self.unmarked + self.blank

    @property
    def share_right(self) -> float | None:
        """Per cent right, blanks counted as not right; None below ten."""
        return 100 * self.right / self.asked if self.asked >= ENOUGH else None

    @property
    def share_blank(self) -> float | None:
        return 100 * self.blank / self.asked if self.asked >= ENOUGH else None


def fits(slot: Slot) -> Q:
    """The questions that a slot asks or may draw, as a condition on Question; see drawing.Wanted for one row."""
    if slot.question_id is not None:
        return Q(pk=slot.question_id)
    wanted = Q(state=Question.State.READY)
    for name, column in (
        ("lessons", "lesson__slug__in"),
        ("passages", "passage__slug__in"),
        ("levels", "level__in"),
        ("kinds", "kind__in"),
    ):
        if slot.filter.get(name):
            wanted &= Q(**{column: slot.filter[name]})
    Tagged = Question.topics.through
    for name in slot.filter.get("tags") or ():
        wanted &= Q(Exists(Tagged.objects.filter(question=OuterRef("pk"), topic__name=name)))
    return wanted


def asked_by(quiz: Quiz) -> Q:
    """The questions that a quiz asks or may draw. One query, for its slots."""
    any_slot = Q(pk__in=())
    for slot in quiz.slots.all():
        drawn = Q() if slot.question_id is not None or not quiz.is_exam else ~Q(use=Question.Use.PRACTICE)
        any_slot |= fits(slot) & drawn
    return Q(course=quiz.course_id) & any_slot


def fixed_in_a_quiz() -> Q:
    """Questions that stand in a slot of a quiz that is not retired."""
    slots = Slot.objects.filter(question=OuterRef("pk")).exclude(quiz__state=Quiz.State.RETIRED)
    return Q(Exists(slots))


def asked_of_nobody() -> Q:
    """Questions that no learner has met: not in an attempt, staff's previews apart, and not in review."""
    items = AttemptItem.objects.filter(question=OuterRef("pk")).exclude(attempt__kind=Attempt.Kind.PREVIEW)
    return ~Q(Exists(items)) & ~Q(Exists(ReviewLog.objects.filter(question=OuterRef("pk"))))


def quizzes_asking(question: Question) -> list[QuizUse]:
    """The quizzes of its course that ask this question or may draw it. Three queries."""
    quizzes = Quiz.objects.filter(course=question.course_id).exclude(state=Quiz.State.RETIRED)
    tags = set(question.topics.values_list("name", flat=True))
    found = []
    for quiz in quizzes.prefetch_related("slots").order_by("position", "pk"):
        slots = list(quiz.slots.all())
        is_fixed = any(slot.question_id == question.pk for slot in slots)
        if is_fixed or any(_may_draw(quiz, slot, question, tags) for slot in slots):
            found.append(QuizUse(quiz, is_fixed))
    return found


def _may_draw(quiz, slot, question, tags):
    if slot.question_id is not None or question.state != Question.State.READY:
        return False
    if quiz.is_exam and question.use == Question.Use.PRACTICE:
        return False
    has = {
        "lessons": question.lesson.slug,
        "passages": question.passage.slug if question.passage else "",
        "levels": question.level,
        "kinds": question.kind,
    }
    wanted = all(not slot.filter.get(name) or value in slot.filter[name] for name, value in has.items())
    return wanted and set(slot.filter.get("tags") or ()) <= tags


def fixed_uses(questions) -> list[tuple[Question, Quiz]]:
    """(question, quiz) for each of these questions that stands in a slot of a quiz. One query."""
    slots = Slot.objects.filter(question__in=questions).exclude(quiz__state=Quiz.State.RETIRED)
    slots = slots.select_related("question", "quiz").order_by("quiz__position", "quiz__pk", "position")
    return list({(slot.question_id, slot.quiz_id): (slot.question, slot.quiz) for slot in slots}.values())


def fares(question: Question) -> list[VersionFares]:
    """How each wording was answered, the newest first: in texts, practice, quizzes and review. Two queries.

    Previews by staff do not count. A wording that nobody answered is left out.
    """
    last = SavedAnswer.objects.filter(item=OuterRef("pk")).order_by("-pk").values("response")[:1]
    said, blank = Q(last__isnull=False), Q(last__isnull=True)
    handed_in = Q(attempt__state=Attempt.State.FINISHED)
    items = (
        AttemptItem.objects.filter(question=question)
        .exclude(attempt__kind=Attempt.Kind.PREVIEW)
        .with_fraction()
        .annotate(last=Subquery(last))
        .order_by()
        .values(wording=F("version__number"))
        .annotate(
            answers=Count("pk", filter=said & (Q(fraction__isnull=False) | handed_in)),
            right=Count("pk", filter=said & Q(fraction__gte=1)),
            partly=Count("pk", filter=said & Q(fraction__gt=0, fraction__lt=1)),
            unmarked=Count("pk", filter=said & handed_in & Q(fraction__isnull=True)),
            blank=Count("pk", filter=blank & handed_in & Q(attempt__kind=Attempt.Kind.QUIZ)),
        )
    )
    reviews = (
        ReviewLog.objects.filter(question=question, origin="review", undone_by__isnull=True)
        .order_by()
        .values(wording=F("version__number"))
        .annotate(
            answers=Count("pk"),
            right=Count("pk", filter=Q(fraction__gte=1)),
            partly=Count("pk", filter=Q(fraction__gt=0, fraction__lt=1)),
        )
    )
    sums = {}
    for row in [*items, *reviews]:
        number = row.pop("wording")
        mine = sums.setdefault(number, {})
        for name, count in row.items():
            mine[name] = mine.get(name, 0) + count
    found = [VersionFares(number, **counts) for number, counts in sorted(sums.items(), reverse=True)]
    return [row for row in found if row.answers or row.blank]
