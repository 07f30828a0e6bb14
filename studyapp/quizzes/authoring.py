"""Verbs of those who make quizzes: from course files, and the check before one is shown to learners."""

import hashlib
import json
import random
from dataclasses import dataclass, field

from django.db import transaction

from content.models import Lesson, Module, Question
from studyapp.quizzes.drawing import (
    FIELDS,
    Candidate,
    CannotDraw,
    Wanted,
    also_practised,
    draw,
    fitting,
    practised_words,
)
from studyapp.quizzes.models import Attempt, Quiz, Slot

RULES = ("title", "preset", "pass_percent")
OPEN_EXAM = (
    "This exam is open to everyone: guests, and whoever makes another account, can start it again and again and read "
    "its questions while classes still sit it. Right answers are shown to nobody before it has closed for all, or "
    "its results are released."
)


def candidates_of(course) -> list[Candidate]:
    """Every question of the course that a quiz may ask. Two queries."""
    questions = (
        Question.objects.ready()
        .filter(course=course, lesson__state=Lesson.State.READY, current__isnull=False)
        .prefetch_related("topics")
        .select_related("lesson", "passage")
        .only("pk", "kind", "level", "use", "lesson__slug", "passage__slug")
    )
    return [
        Candidate(
            question=question.pk,
            lesson=question.lesson.slug,
            passage=question.passage.slug if question.passage else "",
            level=question.level,
            kind=question.kind,
            use=question.use,
            tags=frozenset(topic.name for topic in question.topics.all()),
        )
        for question in questions
    ]


def wanted_of(slots) -> list[Wanted]:
    return [Wanted(slot.question_id, slot.draw, slot.filter) for slot in slots]


def draw_questions(quiz, slots, rng) -> list[tuple[Slot, int]]:
    """The slot and the question's id for each item of one attempt, or CannotDraw."""
    drawn = draw(
        wanted_of(slots),
        candidates_of(quiz.course),
        rng,
        for_exam=quiz.is_exam,
        shuffle=quiz.shuffle_questions,
    )
    return [(slots[slot], question) for slot, question in drawn]


class NotReady(Exception):
    """The quiz cannot be shown to learners: `problems`, each a sentence."""

    def __init__(self, problems):
        self.problems = list(problems)
        super().__init__(" ".join(self.problems))


@dataclass(frozen=True)
class SlotOutlook:
    """What one slot can draw from: `found` questions fit it, if it were the only one."""

    slot: Slot
    wanted: int
    found: int


@dataclass(frozen=True)
class Outlook:
    """Whether a quiz can be drawn, before anybody tries: chance has no say in it."""

    slots: list[SlotOutlook]
    problems: list[str]
    warnings: list[str] = field(default_factory=list)  # what is the author's choice, and should be one

    @property
    def questions(self) -> int:
        return sum(row.wanted for row in self.slots)

    @property
    def points(self) -> int:
        return sum(row.wanted * row.slot.points for row in self.slots)


def outlook_of(quiz, slots) -> Outlook:
    """What these slots (rows, saved or not) can draw from the quiz's course. Two queries."""
    candidates, wanted = candidates_of(quiz.course), wanted_of(slots)
    rows = [
        SlotOutlook(slot, want.count, fitting(want, candidates, for_exam=quiz.is_exam))
        for slot, want in zip(slots, wanted, strict=True)
    ]
    if not slots:
        return Outlook([], ["A quiz needs at least one slot before learners can see it."])
    ready = {candidate.question for candidate in candidates}
    problems = [
        f"Slot {n} asks “{slot.question.slug}”, which is not ready, or whose lesson is not."
        for n, slot in enumerate(slots, start=1)
        if slot.question_id and slot.question_id not in ready
    ]
    try:
        draw(wanted, candidates, random.Random(0), for_exam=quiz.is_exam)
    except CannotDraw as refusal:
        problems += [
            str(lack) for lack in refusal.lacks if slots[lack.slot].question_id not in _missing(slots, ready)
        ]
    practised = also_practised(wanted, candidates) if quiz.is_exam else ()
    warnings = [practised_words(len(practised))] if practised else []
    if quiz.is_exam and quiz.open_to_everyone:
        warnings.append(OPEN_EXAM)
    return Outlook(rows, problems, warnings)


def _missing(slots, ready):
    return {slot.question_id for slot in slots if slot.question_id and slot.question_id not in ready}


def save_quiz(quiz, slots) -> Quiz:
    """Store the rules of a quiz and its slots (rows in their order; one that keeps its id stays the same slot).

    Running attempts keep what they drew; previews are thrown away. Raises NotReady where it is to be shown to
    learners and cannot be drawn.
    """
    if quiz.state == Quiz.State.READY and (problems := outlook_of(quiz, slots).problems):
        raise NotReady(problems)
    with transaction.atomic():
        quiz.save()
        discard_previews([quiz])
        known = set(quiz.slots.values_list("pk", flat=True))
        kept = {slot.pk for slot in slots} & known
        quiz.slots.exclude(pk__in=kept).delete()
        for slot in slots:
            slot.quiz = quiz
            if slot.pk not in kept:
                slot.pk = None
                slot.save(force_insert=True)
            else:
                slot.save(force_update=True)
    return quiz


@transaction.atomic
def discard_previews(quizzes):
    """Throw away what staff tried of these quizzes, running or not: it shows them as they were, and counts nowhere.

    The attempts are held first, so that an answer on its way comes before this or finds nothing.
    """
    previews = Attempt.objects.filter(quiz__in=quizzes, kind=Attempt.Kind.PREVIEW)
    held = list(previews.select_for_update().order_by("pk").values_list("pk", flat=True))
    Attempt.objects.filter(pk__in=held).delete()


@transaction.atomic
def sync_quizzes(course, definitions, *, now) -> tuple[int, int]:
    """Bring the course's quizzes to what its files define; return how many changed and how many were retired.

    A definition that did not change since it was last loaded leaves its quiz alone, with whatever was edited in
    the product. Quizzes made in the product are not touched. What files no longer hold is retired: its attempts
    stay. Running attempts keep what they drew; previews of what changed or is retired are thrown away.
    """
    rows = {quiz.slug: quiz for quiz in Quiz.objects.filter(course=course)}
    modules = dict(Module.objects.filter(course=course).values_list("slug", "pk"))
    questions = dict(Question.objects.filter(course=course).values_list("slug", "pk"))
    touched = []
    for position, definition in enumerate(definitions):
        digest = _hash(definition)
        quiz = rows.get(definition["id"]) or Quiz(course=course, slug=definition["id"])
        if quiz.pk and quiz.loaded_hash == digest and quiz.state != Quiz.State.RETIRED:
            Quiz.objects.filter(pk=quiz.pk).exclude(position=position).update(position=position)
            continue
        for name in RULES:
            setattr(quiz, name, definition[name])
        quiz.position, quiz.loaded_hash, quiz.state = position, digest, Quiz.State.READY
        quiz.module_id = modules.get(definition["module"])
        quiz.time_limit_minutes = definition["time_limit_minutes"]
        quiz.attempts_allowed = definition["attempts"]
        quiz.open_to_everyone = definition.get("open_to_everyone", False)
        quiz.save()
        _replace_slots(quiz, definition["slots"], questions)
        touched.append(quiz.pk)
    left = {definition["id"] for definition in definitions}
    gone = Quiz.objects.filter(course=course).exclude(slug__in=left).exclude(loaded_hash="")
    retired = list(gone.exclude(state=Quiz.State.RETIRED).values_list("pk", flat=True))
    Quiz.objects.filter(pk__in=retired).update(state=Quiz.State.RETIRED)
    discard_previews([*touched, *retired])
    return len(touched), len(retired)


def _replace_slots(quiz, slots, questions):
    quiz.slots.all().delete()
    Slot.objects.bulk_create(
        Slot(
            quiz=quiz,
            position=position,
            points=slot["points"],
            question_id=questions[slot["question"]] if "question" in slot else None,
            draw=slot.get("draw", 1),
            filter={name: slot[name] for name in FIELDS if slot.get(name)},
        )
        for position, slot in enumerate(slots)
    )


def _hash(definition):
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
