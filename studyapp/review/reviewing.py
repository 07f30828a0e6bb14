"""Verbs of review: what an answer teaches us about what a learner knows.

One log row an answer, one card a question. Whoever writes a card holds its learner's row first, so that of two
answers at once the second sees what the first did and a study day rates a question once. (On SQLite the transaction
itself holds the only write lock.)
"""

from dataclasses import dataclass
from uuid import uuid4, uuid5

from django.db import connection, transaction
from django.db.models import FilteredRelation, Q

from content.questions import get_kind
from studyapp.accounts.models import User
from studyapp.prepared import Prepared, insert_row, update_row
from studyapp.review import standing as standings
from studyapp.review.leeches import tell_authors
from studyapp.review.models import Card, ReviewLog
from studyapp.review.rebuilding import RESUME, key_of, rows_of_log, set_card, standing_of, standing_on
from studyapp.review.scheduling import DESIRED_RECALL
from studyapp.review.standing import Answered, Standing

WRITTEN_AT_ONCE = 200  # rows


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
    hint_used=False,
    held=False,
) -> Card:
    """Append one answer to the log and bring the card up to date. Three queries, four where rows can be locked.

    `fraction` is what the machine gave, 0 … 1; None waits for a person and changes no card. `sure`: what the
    learner said of it before the verdict, if anything. `held`: the feedback of this answer is kept back, so the
    card learns nothing and shows nowhere until `release`.
    The first answer to a question in a study day of the learner rates the memory, later ones are logged only.
    Raises IntegrityError where this learner's log has the client id already: the answer was recorded.
    """
    return _record(
        learner.pk,
        question,
        version,
        client_id=client_id,
        at=at,
        origin=origin,
        fraction=fraction,
        response=response,
        presented=presented,
        seconds=seconds,
        sure=sure,
        hint_used=hint_used,
        held=held,
    )[1]


@transaction.atomic(savepoint=False)
def record_answers(learner, answers):
    """`record_answer` for a whole sitting: its arguments after the learner, as dicts, each of another question.

    The same rows, in five queries and one for each card that is there already.
    """
    if not answers:
        return
    learner_id, questions = learner.pk, [given["question"] for given in answers]
    _hold(learner_id)
    zone, recall = (
        User.objects.filter(pk=learner_id).values_list("time_zone", "review_settings__desired_recall").get()
    )
    cards = {card.question_id: card for card in Card.objects.filter(learner=learner, question__in=questions)}
    rows, fresh = [], []
    for given in answers:
        question, card = given["question"], cards.get(given["question"].pk)
        current = _Current(
            card and card.pk,
            standing_on(card) if card else Standing(),
            bool(card and card.held),
            zone,
            DESIRED_RECALL if recall is None else recall,
        )
        row, after = _logged(current, learner_id, **given)
        rows.append(row)
        if card is None:
            card = Card(learner_id=learner_id, question_id=question.pk, course_id=question.course_id)
            fresh.append(card)
        set_card(card, after, current.held or row.held)
        if card.pk is not None:
            update_row(card)
        _tell_of_leech(learner_id, question, current.standing, after, now=row.at)
    ReviewLog.objects.bulk_create(rows)
    Card.objects.bulk_create(fresh)


@transaction.atomic(savepoint=False)
def answer_in_review(
    learner,
    question,
    version,
    *,
    client_id,
    at,
    fraction,
    response,
    presented,
    seconds=None,
    sure=None,
    hint_used=False,
) -> ReviewLog:
    """Record an answer given in the daily review and return its log row, the receipt.

    The same client id with the same response again is the same row. With another response it is a new answer under
    an id made here (a plain form sent again after Back).
    """
    current = _current(learner.pk, question)  # first, so that the same answer sent at once is seen below
    known = ReviewLog.objects.filter(learner=learner, client_id=client_id).first()
    if known is not None:
        if known.question_id == question.pk and known.response == response:
            return known
        client_id = uuid4()
    return _record(
        learner.pk,
        question,
        version,
        client_id=client_id,
        at=at,
        origin="review",
        fraction=fraction,
        response=response,
        presented=presented,
        seconds=seconds,
        sure=sure,
        hint_used=hint_used,
        current=current,
    )[0]


@transaction.atomic(savepoint=False)
def undo(log: ReviewLog, *, now) -> bool:
    """Take back the last rating of a card: the card is as if the answer had not been given.

    Once: False where this answer was undone before, did not rate, or is not the newest that rated its card.
    """
    current = _current(log.learner_id, log.question)
    rows = list(rows_of_log().filter(learner=log.learner_id, question=log.question_id))
    rated = [row for row in rows if row.rating is not None]
    if not rated or rated[-1].pk != log.pk or rated[-1].is_undone:
        return False
    back = standing_of([row for row in rows if row.pk != log.pk], log.learner_id, log.question.slug)
    ReviewLog.objects.create(
        learner_id=log.learner_id,
        question_id=log.question_id,
        version_id=log.version_id,
        client_id=uuid5(log.client_id, "undo"),
        at=now,
        origin="undo",
        fraction=None,
        response=None,
        before=current.standing.as_json(),
        after=back.as_json(),
        undoes_id=log.pk,
    )
    _write_card(current, log.learner_id, log.question, back, held=current.held)
    return True


def resume_question(question, *, now) -> int:
    """Ask a paused question again as it stands, of all for whom it is paused; return of how many.

    Its authors found that the wording is not to blame. A row of the log each, so that a rebuilt card agrees.
    """
    paused = Card.objects.filter(question=question, suspended_at__isnull=False).values_list(
        "learner", flat=True
    )
    return sum(_resume(learner_id, question, now) for learner_id in list(paused))


@transaction.atomic
def _resume(learner_id, question, now) -> bool:
    current = _current(learner_id, question)
    if current.standing.suspended_at is None:
        return False
    after = standings.resumed(current.standing)
    ReviewLog.objects.create(
        learner_id=learner_id,
        question=question,
        version_id=question.current_id,
        client_id=uuid4(),
        at=now,
        origin=RESUME,
        fraction=None,
        response=None,
        before=current.standing.as_json(),
        after=after.as_json(),
    )
    _write_card(current, learner_id, question, after, held=current.held)
    return True


@transaction.atomic
def release(client_ids, *, learners, now) -> int:
    """Let held answers of these learners (ids) count, each learner's in order of their time; return how many did.

    `client_ids` are those given to `record_answer`. An answer released before, or never held, is left alone. A card
    shows again once no held answer of it is left. `now` is when a notice about a leech would be dated. Six queries and
    what the batches of writing need, whatever the number of learners and answers.
    """
    _hold(*learners)
    people = {
        pk: (zone, DESIRED_RECALL if recall is None else recall)
        for pk, zone, recall in User.objects.filter(pk__in=learners).values_list(
            "pk", "time_zone", "review_settings__desired_recall"
        )
    }
    held = ReviewLog.objects.filter(learner__in=learners, held=True, released_by__isnull=True)
    waiting = list(
        held.filter(client_id__in=list(client_ids)).select_related("question", "version").order_by("at", "pk")
    )
    if not waiting:
        return 0
    theirs = {
        "learner__in": {row.learner_id for row in waiting},
        "question__in": {r.question_id for r in waiting},
    }
    cards = {(card.learner_id, card.question_id): card for card in Card.objects.filter(**theirs)}
    rows, touched, leeches = [], {}, []
    for row in waiting:
        place = (row.learner_id, row.question_id)
        card = touched[place] = cards.setdefault(
            place, Card(learner_id=place[0], question_id=place[1], course_id=row.question.course_id)
        )
        current = _Current(card.pk, standing_on(card), card.held, *people[row.learner_id])
        released, after = _logged(
            current,
            row.learner_id,
            row.question,
            row.version,
            client_id=uuid5(row.client_id, "release"),
            at=row.at,
            origin=row.origin,
            fraction=row.fraction,
            response=row.response,
            presented=row.presented,
            seconds=row.seconds,
            sure=row.sure,
            hint_used=row.hint_used,
            zone=row.zone,
            releases=row,
        )
        rows.append(released)
        set_card(card, after, card.held)
        leeches.append((row.learner_id, row.question, current.standing, after))
    ReviewLog.objects.bulk_create(rows, batch_size=WRITTEN_AT_ONCE)
    still = set(held.filter(question__in=theirs["question__in"]).values_list("learner", "question"))
    for place, card in touched.items():
        card.held = place in still
    _store(touched.values())
    for leech in leeches:
        _tell_of_leech(*leech, now=now)
    return len(rows)


def _store(cards):
    Card.objects.bulk_create([card for card in cards if card.pk is None], batch_size=WRITTEN_AT_ONCE)
    Card.objects.bulk_update(
        [card for card in cards if card.pk is not None],
        [*standings.COLUMNS, "held"],
        batch_size=WRITTEN_AT_ONCE,
    )


# --- one row and one card ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Current:
    """A learner's card of one question as it stands, and what of the learner the schedule needs."""

    card_id: int | None
    standing: Standing
    held: bool
    zone: str
    desired_recall: float


def _hold(*learner_ids):
    """By a statement of its own: what a locking read joins is as old as the moment it began to wait."""
    if connection.features.has_select_for_update:
        rows = User.objects.select_for_update(no_key=True).filter(pk__in=learner_ids)
        list(rows.order_by("pk").values_list("pk"))


def _current(learner_id, question) -> _Current:
    """Take hold of the learner's row and read card and settings. One query; two where rows can be locked."""
    _hold(learner_id)
    ((zone, recall, card_id, held, *columns),) = _LEARNER_AND_CARD.rows(question.pk, learner_id)
    standing = Standing() if card_id is None else Standing(*columns)
    return _Current(card_id, standing, bool(held), zone, DESIRED_RECALL if recall is None else recall)


_LEARNER_AND_CARD = Prepared(
    *(int, int),
    build=lambda question, learner: (
        User.objects.filter(pk=learner)
        .annotate(own=FilteredRelation("cards", condition=Q(cards__question=question)))
        .values_list(
            "time_zone",
            "review_settings__desired_recall",
            *(f"own__{name}" for name in ("id", "held", *standings.COLUMNS)),
        )
    ),
)


def _record(learner_id, question, version, *, held=False, current=None, **given):
    """The log row and the card after one answer. `current`: what `_current` gave in this transaction."""
    current = current or _current(learner_id, question)
    row, after = _logged(current, learner_id, question, version, held=held, **given)
    insert_row(row)
    card = _write_card(current, learner_id, question, after, held=current.held or held)
    _tell_of_leech(learner_id, question, current.standing, after, now=given["at"])
    return row, card


def _logged(
    current,
    learner_id,
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
    hint_used=False,
    held=False,
    zone=None,
    releases=None,
):
    """The log row of one answer, not stored yet, and where the card stands after it."""
    zone = zone or current.zone
    before = after = current.standing
    rating = None
    counts = fraction is not None and not held
    if counts:
        rating = standings.rating_in(before, at=at, fraction=fraction, zone=zone, hint_used=hint_used)
        guess = get_kind(question.kind).guess(version.content)
        key = key_of(learner_id, question.slug)
        after = standings.after(
            before, Answered(at, fraction, rating, zone, key, guess, current.desired_recall)
        )
    row = ReviewLog(
        learner_id=learner_id,
        question=question,
        version=version,
        client_id=client_id,
        at=at,
        origin=origin,
        fraction=fraction,
        rating=rating,
        response=response,
        presented=presented,
        seconds=seconds,
        sure=sure,
        hint_used=hint_used,
        held=held,
        elapsed_days=None if rating is None else standings.days_since(before, at, zone),
        zone=zone,
        desired_recall=current.desired_recall,
        before=before.as_json() if counts else None,
        after=after.as_json() if counts else None,
        releases=releases,
    )
    return row, after


def _tell_of_leech(learner_id, question, before, after, *, now):
    if after.lapses > before.lapses and standings.is_leech(after.lapses):
        tell_authors(learner_id, question, after.lapses, now=now)


def _write_card(current, learner_id, question, standing, *, held) -> Card:
    card = Card(
        pk=current.card_id, learner_id=learner_id, question_id=question.pk, course_id=question.course_id
    )
    set_card(card, standing, held)
    if current.card_id is None:
        insert_row(card)
    else:
        update_row(card)
    return card
