"""What answers teach us about what a learner knows: one log row an answer, one card a question."""

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from studyapp.review.models import Card, ReviewLog


@transaction.atomic(savepoint=False)  # inside a save it is undone with the save
def record_answer(
    learner,
    question,
    version,
    *,
    client_id,
    at,
    origin,
    fraction,
    response,
    presented,
    seconds=None,
    sure=None,
    held=False,
) -> Card:
    """Append one answer to the log and bring the evidence on its card up to date.

    `fraction` is what the machine gave, 0 … 1; None waits for a person and changes no card. `held`: the
    feedback of this answer is kept back, so the card gains no evidence and shows nowhere until release.
    Raises IntegrityError where this learner's log has the client id already: the answer was recorded.
    """
    card = next(iter(Card.objects.filter(learner=learner, question=question)), None)
    ReviewLog.objects.create(
        learner=learner,
        question=question,
        version=version,
        client_id=client_id,
        at=at,
        origin=origin,
        fraction=fraction,
        response=response,
        presented=presented,
        seconds=seconds,
        sure=sure,
        held=held,
    )
    if card is None:
        card = Card(learner=learner, question=question, course_id=question.course_id, held=held)
        if fraction is not None and not held:
            card.answers, card.last_fraction, card.last_answered_at = 1, fraction, at
            card.first_right_at = card.last_right_at = at if fraction >= 1 else None
        card.save(force_insert=True)
        return card
    _update_evidence(card, at=at, fraction=fraction, held=held)
    return card


def _update_evidence(card, *, at, fraction, held):
    """One update, computed by the database, so that two answers at once are both counted."""
    if held:
        changes = {"held": True}
    elif fraction is None:
        return
    else:
        changes = {"answers": F("answers") + 1, "last_fraction": fraction, "last_answered_at": at}
        if fraction >= 1:
            changes["first_right_at"] = Coalesce(F("first_right_at"), Value(at))
            changes["last_right_at"] = at
    Card.objects.filter(pk=card.pk).update(**changes)
