"""Marks of an attempt at a quiz, from what was saved: `score = f(saved answers, versions, rules)`, at any time again."""

import uuid
from dataclasses import dataclass

from django.db import transaction

from content.models import Question
from content.questions import get_kind
from studyapp.quizzes.models import Attempt, AttemptItem, Mark, SavedAnswer
from studyapp.quizzes.scoring import current_of, score_of
from studyapp.quizzes.standing import standing_of
from studyapp.review.models import ReviewLog
from studyapp.review.reviewing import record_answers

_NAMESPACE = uuid.UUID("0c1b1a57-6b9d-4f0e-8a60-6a5a1d0f9b3e")


@dataclass
class Marked:
    """An item with the answer that counts, what the machine gives for it, and the mark that stands."""

    item: AttemptItem
    answer: SavedAnswer | None
    fraction: float | None  # of the machine; None: a person has to mark
    mark: Mark | None

    @property
    def response(self):
        return self.answer and self.answer.response

    @property
    def stands(self) -> bool:
        """The newest mark is a person's, or the machine's for this very answer. What a person gave for an answer
        that has been replaced since (a late one was accepted) waits to be looked at again."""
        if self.mark is None:
            return False
        if self.mark.draft is not None:
            return self.answer is not None and self.mark.draft.answer_id == self.answer.pk
        if self.mark.is_by_person:
            return True
        return self.fraction is not None and self.mark.fraction == self.fraction

    @property
    def standing_fraction(self) -> float | None:
        return self.mark.fraction if self.stands else None


def answers_of(attempt) -> dict[int, list[SavedAnswer]]:
    """Item id → everything saved for it, in order of arrival. One query."""
    found = {}
    for answer in SavedAnswer.objects.filter(item__attempt=attempt).with_accepted().order_by("pk"):
        found.setdefault(answer.item_id, []).append(answer)
    return found


def marked_items(attempt) -> list[Marked]:
    """Every item of the attempt, graded again from its saved answers. Three queries."""
    answers = answers_of(attempt)
    marks = {}
    for mark in Mark.objects.filter(item__attempt=attempt).select_related("draft").order_by("number"):
        marks[mark.item_id] = mark
    found = []
    for item in attempt.items.select_related("question", "version").order_by("number"):
        answer = current_of(answers.get(item.pk, []))
        grade = get_kind(item.question.kind).grade(item.version.content, answer and answer.response)
        found.append(Marked(item, answer, grade.fraction, marks.get(item.pk)))
    return found


@transaction.atomic
def mark_attempt(attempt, *, now):
    """Mark every item by machine, store the total, and tell review of the answers.

    Blank is 0. A person's mark stays. What waits for a person has no mark, and while it does the attempt has no
    total. Doing it again changes nothing.
    """
    items = marked_items(attempt)
    fresh = []
    for marked in items:
        if marked.fraction is not None and not marked.stands:
            number = marked.mark.number + 1 if marked.mark else 1
            answer = marked.answer if marked.response is not None else None
            # An answer has one mark of its own; where it is marked anew the row stands beside it.
            if answer and marked.mark and Mark.objects.filter(answer=answer).exists():
                answer = None
            marked.mark = Mark(
                item=marked.item, number=number, answer=answer, fraction=marked.fraction, at=now
            )
            fresh.append(marked.mark)
    Mark.objects.bulk_create(fresh)
    store_total(attempt, items)
    _tell_review(attempt, items, now=now)


def total_of(items) -> float | None:
    return score_of((marked.item.points, marked.standing_fraction) for marked in items).points


def store_total(attempt, items):
    attempt.points = total_of(items)
    Attempt.objects.filter(pk=attempt.pk).update(points=attempt.points)


def review_id(answer) -> uuid.UUID:
    """The name under which review knows an answer given in a quiz."""
    return uuid.uuid5(_NAMESPACE, f"answer {answer.pk}")


def _tell_review(attempt, items, *, now):
    """Each answer that the machine marked, once; held back as long as `Seen.opens_review` says."""
    if attempt.kind == Attempt.Kind.PREVIEW:
        return
    answered = [m for m in items if m.response is not None and m.fraction is not None]
    ids = {review_id(marked.answer): marked for marked in answered}
    known = set(
        ReviewLog.objects.filter(learner=attempt.learner_id, client_id__in=ids).values_list(
            "client_id", flat=True
        )
    )
    seen = standing_of(attempt.learner, attempt.quiz).seen(attempt, now)
    record_answers(
        attempt.learner,
        [
            {
                "question": marked.item.question,
                "version": marked.item.version,
                "client_id": client_id,
                "at": marked.answer.at,
                "origin": "quiz" if attempt.counts else "practice",
                "fraction": marked.fraction,
                "response": marked.response,
                "presented": marked.item.presented,
                "seconds": marked.answer.seconds,
                "held": not seen.opens_review(exam_only=marked.item.question.use == Question.Use.EXAM),
            }
            for client_id, marked in ids.items()
            if client_id not in known
        ],
    )
