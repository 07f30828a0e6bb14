"""Verbs of review: what an answer teaches us about what a learner knows.

One log row an answer, one card a question. Whoever writes a card holds its learner's row first, so that of two
answers at once the second sees what the first did and a study day rates a question once. (On SQLite the transaction
itself holds the only write lock.)
"""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from uuid import uuid4, uuid5

from django.db import connection, transaction
from django.db.models import Exists, FilteredRelation, OuterRef, Q
from django.urls import reverse

from content.models import CourseStaff, Question, QuestionVersion
from content.questions import get_kind
from studyapp.accounts.models import Notice, User
from studyapp.prepared import Prepared, insert_row, update_row
from studyapp.review import standing as standings
from studyapp.review.models import Card, ReviewLog
from studyapp.review.scheduling import DESIRED_RECALL, Rating
from studyapp.review.standing import Answered, Standing

NOTICE_LENGTH = 500


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
    """Append one answer to the log and bring the card up to date. Three queries, four where rows can be locked.

    `fraction` is what the machine gave, 0 … 1; None waits for a person and changes no card. `held`: the
    feedback of this answer is kept back, so the card learns nothing and shows nowhere until `release`.
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
        held=held,
    )[1]


@transaction.atomic(savepoint=False)
def answer_in_review(
    learner, question, version, *, client_id, at, fraction, response, presented, seconds=None, sure=None
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
        current=current,
    )[0]


@transaction.atomic(savepoint=False)
def undo(log: ReviewLog, *, now) -> bool:
    """Take back the last rating of a card: the card is as if the answer had not been given.

    Once: False where this answer was undone before, did not rate, or is not the newest that rated its card.
    """
    current = _current(log.learner_id, log.question)
    rows = list(_rows().filter(learner=log.learner_id, question=log.question_id))
    rated = [row for row in rows if row.rating is not None]
    if not rated or rated[-1].pk != log.pk or rated[-1].is_undone:
        return False
    back = _standing_of([row for row in rows if row.pk != log.pk], log.learner_id, log.question.slug)
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


@transaction.atomic
def release(learner, client_ids, *, now) -> int:
    """Let held answers of one learner count, in order of their time; return how many did.

    `client_ids` are those given to `record_answer`. An answer released before, or never held, is left alone. A card
    shows again once no held answer of it is left. `now` is when a notice about a leech would be dated.
    """
    lock = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=learner.pk)
    lock.only("pk").get()
    waiting = (
        ReviewLog.objects.filter(learner=learner, client_id__in=list(client_ids), held=True)
        .filter(released_by__isnull=True)
        .select_related("question", "version")
        .order_by("at", "pk")
    )
    released = 0
    for row in list(waiting):
        _record(
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
            zone=row.zone,
            releases=row,
            told_at=now,
        )
        released += 1
    return released


def rebuild_cards(learner_id, *, questions=None) -> int:
    """Compute the cards of one learner (all, or of these question ids) from the log again; return the rows read.

    Linear in the number of rows. One transaction, which holds the learner's row: no answer comes between.
    """
    with transaction.atomic():
        list(User.objects.select_for_update(of=("self",), no_key=True).filter(pk=learner_id).only("pk"))
        mine = Q(learner=learner_id) if questions is None else Q(learner=learner_id, question__in=questions)
        slugs = dict(
            Question.objects.filter(
                Exists(ReviewLog.objects.filter(mine, question=OuterRef("pk")))
            ).values_list("pk", "slug")
        )
        courses = dict(Question.objects.filter(pk__in=slugs).values_list("pk", "course_id"))
        cards = {card.question_id: card for card in Card.objects.filter(mine)}
        by_question, count = {}, 0
        for row in _rows().filter(mine).iterator(chunk_size=2000):
            by_question.setdefault(row.question_id, []).append(row)
            count += 1
        guess_of = _guesses()
        changed, new = [], []
        for question_id, rows in by_question.items():
            found = _standing_of(rows, learner_id, slugs[question_id], guess_of)
            held = any(row.held and not row.is_released for row in rows)
            card = cards.pop(question_id, None)
            if card is None:
                card = Card(learner_id=learner_id, question_id=question_id, course_id=courses[question_id])
                new.append(card)
            elif _standing_on(card) != found or card.held != held:
                changed.append(card)
            _set(card, found, held)
        Card.objects.filter(pk__in=[card.pk for card in cards.values()]).delete()
        Card.objects.bulk_create(new, batch_size=500)
        Card.objects.bulk_update(changed, [*standings.COLUMNS, "held"], batch_size=200)
    return count


# --- one row and one card ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Current:
    """A learner's card of one question as it stands, and what of the learner the schedule needs."""

    card_id: int | None
    standing: Standing
    held: bool
    zone: str
    desired_recall: float


def _current(learner_id, question) -> _Current:
    """Take hold of the learner's row and read card and settings. One query; two where rows can be locked."""
    if connection.features.has_select_for_update:
        # By a statement of its own: what a locking read joins is as old as the moment it began to wait.
        User.objects.select_for_update(no_key=True).filter(pk=learner_id).values_list("pk").get()
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


def _record(
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
    held=False,
    zone=None,
    releases=None,
    told_at=None,
    current=None,
):
    """The log row and the card after one answer. `current`: what `_current` gave in this transaction."""
    current = current or _current(learner_id, question)
    zone = zone or current.zone
    before = after = current.standing
    rating = None
    if fraction is not None and not held:
        rating = standings.rating_in(before, at=at, fraction=fraction, zone=zone)
        guess = get_kind(question.kind).guess(version.content)
        key = _key(learner_id, question.slug)
        after = standings.after(
            before, Answered(at, fraction, rating, zone, key, guess, current.desired_recall)
        )
    counts = fraction is not None and not held
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
        held=held,
        elapsed_days=None if rating is None else standings.days_since(before, at, zone),
        zone=zone,
        desired_recall=current.desired_recall,
        before=before.as_json() if counts else None,
        after=after.as_json() if counts else None,
        releases=releases,
    )
    insert_row(row)
    is_held = current.held or held
    if releases is not None:
        is_held = _waits(learner_id, question)
    card = _write_card(current, learner_id, question, after, held=is_held)
    if after.lapses > before.lapses and standings.is_leech(after.lapses):
        _tell_authors(learner_id, question, after.lapses, now=told_at or at)
    return row, card


def _key(learner_id, slug):
    return f"{learner_id}:{slug}"


def _waits(learner_id, question) -> bool:
    """True while an answer of this learner to the question is held and not released."""
    held = ReviewLog.objects.filter(learner=learner_id, question=question, held=True)
    return held.filter(released_by__isnull=True).exists()


def _write_card(current, learner_id, question, standing, *, held) -> Card:
    card = Card(
        pk=current.card_id, learner_id=learner_id, question_id=question.pk, course_id=question.course_id
    )
    _set(card, standing, held)
    if current.card_id is None:
        insert_row(card)
    else:
        update_row(card)
    return card


def _set(card, standing, held):
    for name in standings.COLUMNS:
        setattr(card, name, getattr(standing, name))
    card.held = held


def _standing_on(card) -> Standing:
    return Standing(**{name: getattr(card, name) for name in standings.COLUMNS})


# --- from the log -----------------------------------------------------------------------------------------


def _rows():
    """Log rows in the order in which they were recorded, undos left out, each with what the fold needs."""
    return (
        ReviewLog.objects.filter(undoes__isnull=True)
        .annotate(
            is_undone=Exists(ReviewLog.objects.filter(undoes=OuterRef("pk"))),
            is_released=Exists(ReviewLog.objects.filter(releases=OuterRef("pk"))),
        )
        .only(
            "question_id", "version_id", "at", "fraction", "rating", "held", "zone", "desired_recall",
        )
        .order_by("pk")
    )  # fmt: skip


def _guesses():
    """version id → the chance that a blind answer to it is right; each wording looked up once."""

    @cache
    def guess_of(version_id):
        version = QuestionVersion.objects.select_related("question").only("content", "question__kind")
        version = version.get(pk=version_id)
        return get_kind(version.question.kind).guess(version.content)

    return guess_of


def _standing_of(rows, learner_id, slug, guess_of=None) -> Standing:
    """What these log rows of one learner and one question add up to."""
    guess_of = guess_of or _guesses()
    found = Standing()
    for row in rows:
        if row.fraction is None or row.held or row.is_undone:
            continue
        found = standings.after(
            found,
            Answered(
                at=row.at,
                fraction=row.fraction,
                rating=None if row.rating is None else Rating(row.rating),
                zone=row.zone,
                key=_key(learner_id, slug),
                guess=guess_of(row.version_id),
                desired_recall=row.desired_recall,
            ),
        )
    return found


# --- leeches ----------------------------------------------------------------------------------------------


def _tell_authors(learner_id, question, lapses, *, now):
    """Tell the course's staff of a question that somebody keeps forgetting, without saying who."""
    given = Counter()
    rows = ReviewLog.objects.filter(
        learner=learner_id, question=question, fraction__lt=1, held=False, undoes__isnull=True
    )
    for row in rows.select_related("version").order_by("-pk")[: 2 * lapses]:
        given[_in_words(question, row)] += 1
    answers = "; ".join(f"“{words}”{f' ({n} times)' if n > 1 else ''}" for words, n in given.most_common())
    stem = question.stem_text[:120] or question.slug
    text = (
        f"One learner forgot “{stem}” {lapses} times, so it is paused for them. Often the question is the reason. "
        f"Their answers: {answers}"
    )
    url = reverse("admin:content_question_change", args=[question.pk])
    staff = CourseStaff.objects.filter(course=question.course_id).values_list("user_id", flat=True)
    Notice.objects.bulk_create(
        Notice(user_id=user, text=_cut(text, NOTICE_LENGTH), url=url, created_at=now) for user in staff
    )


def _in_words(question, row):
    try:
        return _cut(get_kind(question.kind).summary(row.version.content, row.response), 60)
    except (KeyError, TypeError, ValueError, StopIteration):
        return "an answer that cannot be read any more"


def _cut(text, length):
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
