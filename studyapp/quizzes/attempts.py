"""The verbs of an attempt: start, save an answer, mark it, finish.

A save inserts; nothing here updates or deletes an answer. What may happen twice (a double click, a repeated
request, two tabs) is decided by the database's unique constraints, not by a look before the insert: the
whole save is one transaction, and where it meets a row that is there already it is undone and told apart.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from content.questions import get_kind
from studyapp.prepared import insert_row
from studyapp.quizzes.models import Attempt, AttemptItem, Mark, SavedAnswer
from studyapp.review.models import ReviewLog
from studyapp.review.reviewing import record_answer

ORIGINS = {
    Attempt.Kind.CHECK: "check",
    Attempt.Kind.PRACTICE: "practice",
    Attempt.Kind.MISTAKES: "practice",
}
LONGEST_SECONDS = 24 * 3600
MOST_TRIES = 3


class Closed(Exception):
    """The attempt was finished before this answer came."""


@dataclass(frozen=True)
class Receipt:
    """Proof that one answer is stored. `fraction`: its mark, 0 … 1, or None while there is none."""

    answer: SavedAnswer
    fraction: float | None

    @property
    def at(self) -> datetime:
        return self.answer.at

    @property
    def item(self) -> AttemptItem:
        return self.answer.item


def start_attempt(learner, *, kind, course, lesson=None, questions, now, rng) -> Attempt:
    """The learner's open attempt of this kind at the lesson (or course), else a new one over the questions.

    Each item is pinned to the question's current version, with what is drawn for it once. A check attempt
    grows: questions it lacks are added; where one has a newer wording than its item, the attempt is
    finished and the next one begins. `questions` come with their current version; `rng` draws the order of
    options.
    """
    attempt = _open_attempt(learner, kind, course, lesson)
    if attempt and kind == Attempt.Kind.CHECK:
        pinned = dict(attempt.items.values_list("question_id", "version_id"))
        if any(pinned.get(q.pk, q.current_id) != q.current_id for q in questions):
            finish_attempt(attempt, now=now)
            attempt = None
        else:
            missing = [q for q in questions if q.pk not in pinned]
            _add_items(attempt, missing, first=len(pinned) + 1, rng=rng)
    if attempt:
        return attempt
    try:
        with transaction.atomic():
            attempt = Attempt.objects.create(
                learner=learner, kind=kind, course=course, lesson=lesson, started_at=now
            )
            _add_items(attempt, questions, first=1, rng=rng)
    except IntegrityError:
        # Somebody, most likely this learner in another tab, opened one between our look and our insert.
        attempt = _open_attempt(learner, kind, course, lesson)
        if attempt is None:
            raise
    return attempt


def _open_attempt(learner, kind, course, lesson):
    return Attempt.objects.filter(
        learner=learner, kind=kind, course=course, lesson=lesson, state=Attempt.State.OPEN
    ).first()


def _add_items(attempt, questions, *, first, rng):
    """Items for these questions. One that another request added meanwhile is left as it is."""
    AttemptItem.objects.bulk_create(
        [
            AttemptItem(
                attempt=attempt,
                number=number,
                question=question,
                version=question.current,
                presented=get_kind(question.kind).present(question.current.content, rng),
            )
            for number, question in enumerate(questions, start=first)
        ],
        ignore_conflicts=True,
    )


def save_answer(
    item, *, learner, client_id, writer, number, response, seconds, now, sure=None, hint_used=False
) -> Receipt:
    """Store one answer, mark it and record it for review, all or nothing; the receipt says when.

    The same client id with the same response again is the same receipt and no new row. With another
    response it is a new answer under an id made here (a plain form sent again after Back). `item` comes with
    its attempt, question and version, from `with_standing(writer)` to spare a query; `response` is what the
    kind's `read` returned, never blank. An answer overtaken by a later one of its writer is kept, but not
    marked. `sure`, `hint_used`: what is logged beside it (`record_answer`). Raises Closed where the attempt is finished.
    """
    if item.attempt.state != Attempt.State.OPEN:
        if stored := _stored(item, client_id, response):
            return stored
        raise Closed
    standing = item if hasattr(item, "marks_made") else _standing(item, writer)
    fraction = get_kind(item.question.kind).grade(item.version.content, response).fraction
    for _ in range(MOST_TRIES):
        answer = SavedAnswer(
            item=item,
            client_id=client_id,
            writer=writer,
            number=number,
            response=response,
            at=now,
            seconds=None if seconds is None else max(0, min(int(seconds), LONGEST_SECONDS)),
        )
        try:
            with transaction.atomic():
                insert_row(answer)
                if number >= standing.newest_of_writer:
                    mark_answer(
                        answer,
                        learner=learner,
                        fraction=fraction,
                        number=standing.marks_made + 1,
                        now=now,
                        sure=sure,
                        hint_used=hint_used,
                    )
            return Receipt(answer, fraction=fraction)
        except IntegrityError:
            if stored := _stored(item, client_id, response):
                return stored
            if _is_taken(item, learner, client_id, writer, number):
                client_id, writer, number = uuid.uuid4(), uuid.uuid4().hex, 0
            standing = _standing(item, writer)
    raise IntegrityError("the answer could not be stored beside those that arrived with it")


@transaction.atomic(savepoint=False)  # inside a save it is undone with the save
def mark_answer(answer, *, learner, fraction, number, now, sure=None, hint_used=False):
    """Give an answer its mark, the item's `number`-th, and tell review of it. No mark where a person marks."""
    item = answer.item
    if fraction is not None:
        insert_row(Mark(item=item, number=number, answer=answer, fraction=fraction, at=now))
    record_answer(
        learner,
        item.question,
        item.version,
        client_id=answer.client_id,
        at=now,
        origin=ORIGINS[item.attempt.kind],
        fraction=fraction,
        response=answer.response,
        presented=item.presented,
        seconds=answer.seconds,
        sure=sure,
        hint_used=hint_used,
    )


def finish_attempt(attempt, *, now) -> bool:
    """Close an open attempt; False where somebody did so before."""
    moved = Attempt.objects.filter(pk=attempt.pk, state=Attempt.State.OPEN).update(
        state=Attempt.State.FINISHED, finished_at=now
    )
    attempt.refresh_from_db(fields=["state", "finished_at"])
    return moved == 1


def _standing(item, writer):
    return AttemptItem.objects.with_standing(writer).only("pk").get(pk=item.pk)


def _stored(item, client_id, response):
    """The receipt of this very answer, if it is stored already."""
    answer = SavedAnswer.objects.filter(item=item, client_id=client_id).select_related("mark").first()
    if answer is None or answer.response != response:
        return None
    answer.item = item
    mark = getattr(answer, "mark", None)
    return Receipt(answer, fraction=mark and mark.fraction)


def _is_taken(item, learner, client_id, writer, number):
    """True where an id of this answer belongs to another one: of this item, or of this learner elsewhere."""
    return (
        SavedAnswer.objects.filter(item=item)
        .filter(Q(client_id=client_id) | Q(writer=writer, number=number))
        .exists()
        or ReviewLog.objects.filter(learner=learner, client_id=client_id).exists()
    )
