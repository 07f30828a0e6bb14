"""Marks that people give: drafts beside each other, a refusal to overwrite, and their release.

A draft is a row; whoever marks again adds one. Only a release makes a mark of it, once.
"""

import math
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Max

from content.questions import marked_by_hand
from studyapp.accounts.models import Notice
from studyapp.quizzes.marking import answers_of, marked_items, store_total
from studyapp.quizzes.models import Attempt, AttemptEvent, AttemptItem, DraftMark, Mark
from studyapp.quizzes.scoring import current_of
from studyapp.quizzes.standing import standing_of

COMMENT_LENGTH = 5000


class Overtaken(Exception):
    """Somebody marked this since the page was opened: `newest` is what they gave."""

    def __init__(self, newest):
        self.newest = newest
        super().__init__(str(newest))


class NotToBeMarked(Exception):
    """This person may not mark this, or there is nothing to mark; the message is a sentence for them."""


@dataclass(frozen=True)
class Judgement:
    """What a person gives: points for each criterion of the rubric (by id), or a share of all points without one."""

    fraction: float
    criteria: dict
    comment: str = ""


def judged(rubric, points: dict, whole: float | None, *, maximum: float, comment: str = "") -> Judgement:
    """A judgement from what was typed. `points`: criterion → points given; `whole`: of `maximum`, without a rubric."""
    if rubric:
        most = math.fsum(row["points"] for row in rubric)
        given = math.fsum(points[row["id"]] for row in rubric)
        return Judgement(_share(given, most), {row["id"]: points[row["id"]] for row in rubric}, comment)
    return Judgement(_share(whole, maximum), {}, comment)


def _share(given, most):
    return min(1.0, max(0.0, given / most)) if most else 0.0


@transaction.atomic
def draft_mark(item, judgement, *, by, seen: int, now) -> DraftMark:
    """Add a draft to the item. `seen` is the number of the newest draft on the page it was typed into (0: none).

    Raises Overtaken where there is a newer one, and NotToBeMarked for one's own attempt, a running one, or where
    nothing was answered.
    """
    attempt = Attempt.objects.select_for_update(no_key=True).get(pk=item.attempt_id)
    if attempt.learner_id == by.pk:
        raise NotToBeMarked("Nobody marks their own attempt.")
    if attempt.is_open:
        raise NotToBeMarked("This attempt is still running.")
    answer = current_of(answers_of(attempt).get(item.pk, []))
    if answer is None or answer.response is None:
        raise NotToBeMarked("There is no answer to mark.")
    newest = DraftMark.objects.filter(item=item).order_by("-number").first()
    if (newest.number if newest else 0) != seen:
        raise Overtaken(newest)
    try:
        with transaction.atomic():
            return DraftMark.objects.create(
                item=item,
                number=seen + 1,
                answer=answer,
                fraction=judgement.fraction,
                criteria=judgement.criteria,
                comment=judgement.comment,
                at=now,
                by=by,
            )
    except IntegrityError:
        raise Overtaken(DraftMark.objects.filter(item=item).order_by("-number").first()) from None


def release_marks(items, *, by, now) -> int:
    """Make marks of the newest drafts of these items (a queryset), as far as they are none yet; how many.

    Each attempt is a transaction of its own, and an event of it says who released. An attempt of which all is marked
    now gets its total, and its learner a notice where the marks may be seen.
    """
    waiting = pending_drafts(items)
    by_attempt = {}
    for draft in waiting:
        by_attempt.setdefault(draft.item.attempt_id, []).append(draft)
    return sum(_release_in(attempt, drafts, by=by, now=now) for attempt, drafts in sorted(by_attempt.items()))


def pending_drafts(items) -> list[DraftMark]:
    """The newest draft of each of these items, where it has not been released. Two queries."""
    found = {}
    drafts = DraftMark.objects.filter(item__in=items).select_related("item", "mark").order_by("number")
    for draft in drafts:
        found[draft.item_id] = draft
    return [draft for draft in found.values() if not hasattr(draft, "mark")]


@transaction.atomic
def _release_in(attempt_id, drafts, *, by, now):
    attempt = (
        Attempt.objects.select_for_update(of=("self",), no_key=True)
        .select_related("quiz", "learner")
        .get(pk=attempt_id)
    )
    made = 0
    for draft in drafts:
        number = Mark.objects.filter(item=draft.item_id).aggregate(n=Max("number"))["n"] or 0
        try:
            with transaction.atomic():
                Mark.objects.create(
                    item=draft.item,
                    number=number + 1,
                    answer=None if Mark.objects.filter(answer=draft.answer_id).exists() else draft.answer,
                    fraction=draft.fraction,
                    at=now,
                    by_id=draft.by_id,
                    draft=draft,
                )
        except IntegrityError:
            continue  # released by somebody else in the same moment
        made += 1
    if made:
        AttemptEvent.objects.create(attempt=attempt, what=AttemptEvent.What.RELEASED, at=now, by=by)
    if made and not attempt.is_open:
        store_total(attempt, marked_items(attempt))
        _tell(attempt, now=now)
    return made


def _tell(attempt, *, now):
    if attempt.points is None or not attempt.counts:
        return
    if standing_of(attempt.learner, attempt.quiz).seen(attempt, now).mark:
        text = f"All of “{attempt.quiz.title}” is marked."
        Notice.objects.create(
            user=attempt.learner, text=text[:500], url=f"/attempts/{attempt.pk}/result/", created_at=now
        )


def items_by_hand(cohort, quiz=None):
    """Handed-in items of a class (or of those without one) that a person marks, of one quiz or of all."""
    items = AttemptItem.objects.filter(
        attempt__course=cohort.course_id,
        attempt__cohort=cohort.pk,
        attempt__kind=Attempt.Kind.QUIZ,
        attempt__state=Attempt.State.FINISHED,
        question__kind__in=marked_by_hand(),
    )
    return items if quiz is None else items.filter(attempt__quiz=quiz)
