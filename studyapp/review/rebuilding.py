"""Cards are a summary of the log: what its rows add up to, for one question or for all of a learner."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from content.models import Question, QuestionVersion
from content.questions import get_kind
from studyapp.accounts.models import User
from studyapp.review import standing as standings
from studyapp.review.models import Card, ReviewLog
from studyapp.review.scheduling import Rating
from studyapp.review.standing import Answered, Standing

RESUME = "resume"  # origin of the row by which an author lets a paused question be asked again
CHUNK = 2000  # rows between two words about progress


def rebuild_cards(learner_id, *, questions=None, progress=None) -> int:
    """Compute the cards of one learner (all, or of these question ids) from the log again; return the rows read.

    Linear in the number of rows, in a number of queries that does not depend on it. One transaction, which holds the
    learner's row: no answer comes between. `progress` is told how many rows are read, every CHUNK of them.
    """
    with transaction.atomic():
        list(User.objects.select_for_update(of=("self",), no_key=True).filter(pk=learner_id).only("pk"))
        mine = Q(learner=learner_id) if questions is None else Q(learner=learner_id, question__in=questions)
        facts = {
            pk: (slug, course_id)
            for pk, slug, course_id in Question.objects.filter(
                Exists(ReviewLog.objects.filter(mine, question=OuterRef("pk")))
            ).values_list("pk", "slug", "course_id")
        }
        guesses = guesses_of(ReviewLog.objects.filter(mine))
        found, held, count = {}, set(), 0
        for row in rows_of_log().filter(mine).iterator(chunk_size=CHUNK):
            standing = found.get(row.question_id) or Standing()
            key = key_of(learner_id, facts[row.question_id][0])
            found[row.question_id] = _with_row(standing, row, key, guesses)
            if row.held and not row.is_released:
                held.add(row.question_id)
            count += 1
            if progress and count % CHUNK == 0:
                progress(count)
        _write(learner_id, mine, facts, found, held)
    return count


def _write(learner_id, mine, facts, found, held):
    cards = {card.question_id: card for card in Card.objects.filter(mine)}
    changed, new = [], []
    for question_id, standing in found.items():
        card, is_held = cards.pop(question_id, None), question_id in held
        if card is None:
            card = Card(learner_id=learner_id, question_id=question_id, course_id=facts[question_id][1])
            new.append(card)
        elif standing_on(card) != standing or card.held != is_held:
            changed.append(card)
        set_card(card, standing, is_held)
    Card.objects.filter(pk__in=[card.pk for card in cards.values()]).delete()
    Card.objects.bulk_create(new, batch_size=500)
    Card.objects.bulk_update(changed, [*standings.COLUMNS, "held"], batch_size=200)


def standing_of(rows, learner_id, slug) -> Standing:
    """What these log rows of one learner and one question add up to. One query."""
    guesses = guesses_of(ReviewLog.objects.filter(pk__in=[row.pk for row in rows]))
    found = Standing()
    for row in rows:
        found = _with_row(found, row, key_of(learner_id, slug), guesses)
    return found


def rows_of_log():
    """Log rows in the order in which they were recorded, undos left out, each with what the fold needs."""
    return (
        ReviewLog.objects.filter(undoes__isnull=True)
        .annotate(
            is_undone=Exists(ReviewLog.objects.filter(undoes=OuterRef("pk"))),
            is_released=Exists(ReviewLog.objects.filter(releases=OuterRef("pk"))),
        )
        .only(
            "question_id", "version_id", "at", "origin", "fraction", "rating", "held", "zone", "desired_recall",
        )
        .order_by("pk")
    )  # fmt: skip


def _with_row(standing, row, key, guesses):
    if row.origin == RESUME:
        return standings.resumed(standing)
    if row.fraction is None or row.held or row.is_undone:
        return standing
    return standings.after(
        standing,
        Answered(
            at=row.at,
            fraction=row.fraction,
            rating=None if row.rating is None else Rating(row.rating),
            zone=row.zone,
            key=key,
            guess=guesses[row.version_id],
            desired_recall=row.desired_recall,
        ),
    )


def guesses_of(rows) -> dict:
    """version id → the chance that a blind answer to that wording is right, for the wordings of these log rows."""
    versions = QuestionVersion.objects.filter(pk__in=rows.order_by().values("version"))
    return {
        pk: get_kind(kind).guess(content)
        for pk, kind, content in versions.values_list("pk", "question__kind", "content").iterator(
            chunk_size=CHUNK
        )
    }


# --- what a standing is on a card -------------------------------------------------------------------------


def key_of(learner_id, slug) -> str:
    """What spreads the due dates of one learner and one question."""
    return f"{learner_id}:{slug}"


def standing_on(card) -> Standing:
    return Standing(**{name: getattr(card, name) for name in standings.COLUMNS})


def set_card(card, standing, held):
    for name in standings.COLUMNS:
        setattr(card, name, getattr(standing, name))
    card.held = held
