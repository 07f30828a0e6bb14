"""What a learner writes on a passage and marks in it. Nothing that was typed is lost on the way."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Q

from studyapp.accounts.models import User
from studyapp.reading.anchoring import around, find, quoted, read
from studyapp.reading.models import Highlight, Note

LONGEST_NOTE = 10_000
LONGEST_QUOTE = 2_000
MOST_HIGHLIGHTS = 200  # in one passage
REPLACED_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class NoteSaved:
    """The version that holds the text, and current versions that this tab did not know of."""

    note: Note
    others: list[Note]


@transaction.atomic
def save_note(learner, passage, text: str, *, writer: str, number: int, seen, now) -> NoteSaved:
    """Keep the text as the newest version of the learner's note.

    It replaces what this tab wrote before and the versions the tab had `seen` (ids); a version that came from
    elsewhere stays current beside it. Sent twice it is kept once. What arrives after something newer of the same tab
    is kept, but replaced already. The same number with another text (a form sent again after Back) is a new version.
    """
    _hold(learner)
    own = Note.objects.filter(learner=learner, passage=passage, writer=writer)
    same = own.filter(number=number).first()
    if same and same.text != text:
        last = own.order_by("-number").values_list("number", flat=True)[0]
        same, number = None, last + 1
    if same is None:
        same = _unchanged(learner, passage, text, writer, seen)
    if same is None:
        newer = own.filter(number__gt=number).exists()
        same = Note.objects.create(
            learner=learner,
            passage=passage,
            writer=writer,
            number=number,
            text=text,
            at=now,
            replaced_at=now if newer else None,
        )
        if not newer:
            known = Note.objects.current().filter(Q(pk__in=seen) | Q(writer=writer))
            known.filter(learner=learner, passage=passage).exclude(pk=same.pk).update(replaced_at=now)
    others = Note.objects.written().filter(learner=learner, passage=passage).exclude(pk=same.pk)
    return NoteSaved(same, list(others.exclude(writer=writer).exclude(pk__in=seen).order_by("-at", "-pk")))


def _unchanged(learner, passage, text, writer, seen):
    """The one current version where it is known to this tab and reads just so: there is nothing to keep."""
    current = list(Note.objects.current().filter(learner=learner, passage=passage)[:2])
    known = [note for note in current if note.text == text and (note.pk in seen or note.writer == writer)]
    if len(current) == 1 and known:
        return known[0]
    return Note(learner=learner, passage=passage, text="") if not current and not text else None


def versions_of(learner, passage):
    """Every version that is kept, newest first."""
    return Note.objects.filter(learner=learner, passage=passage).order_by("-at", "-pk")


@transaction.atomic
def bring_notes(guest, user):
    """Notes and highlights of a guest into an account: both notes on one passage stay, for the learner to join."""
    for note in Note.objects.filter(learner=guest):
        if Note.objects.filter(
            learner=user, passage=note.passage_id, writer=note.writer, number=note.number
        ).exists():
            Note.objects.filter(pk=note.pk).update(writer=uuid4().hex)
    Note.objects.filter(learner=guest).update(learner=user)
    own = {tuple(row) for row in Highlight.objects.filter(learner=user).values_list("passage", "fingerprint")}
    for highlight in Highlight.objects.filter(learner=guest):
        if (highlight.passage_id, highlight.fingerprint) in own:
            highlight.delete()
    Highlight.objects.filter(learner=guest).update(learner=user)


def clear_replaced(*, now) -> int:
    """Remove versions that were replaced 30 days ago. Current ones stay, however old."""
    return Note.objects.filter(replaced_at__lt=now - REPLACED_KEPT).delete()[0]


# --- highlights -------------------------------------------------------------------------------------------


class NotInText(ValueError):
    """The words do not stand in the passage; the message says so to the reader."""


@dataclass(frozen=True)
class Words:
    """Words as they stand in a passage, with their neighbours; `text` and `place`: where."""

    quote: str
    before: str
    after: str
    text: str
    place: tuple[int, int]


def words_in(pieces, quote: str, before: str = "", after: str = "") -> Words:
    """The words in the passage whose HTML is in `pieces`, as they stand there, or NotInText. Pure.

    So nothing is kept as a highlight that the course does not say.
    """
    text = read(pieces).text
    place = find(text, quote, before, after, nearly=False)
    if place is None:
        raise NotInText(
            "These words do not stand together in the passage. Select words of its text, without a question or "
            "a figure between them."
        )
    words = quoted(text, *place)
    if len(words) > LONGEST_QUOTE:
        raise NotInText(f"That is more than {LONGEST_QUOTE:,} characters. Highlight a shorter part.")
    return Words(words, *around(text, *place), text, place)


@transaction.atomic
def highlight(learner, passage, words: Words, *, now) -> Highlight:
    """Mark words of the passage; marking them again changes nothing."""
    _hold(learner)
    own = Highlight.objects.filter(learner=learner, passage=passage)
    for same in own.filter(quote=words.quote):
        if find(words.text, same.quote, same.before, same.after, nearly=False) == words.place:
            return same
    if own.count() >= MOST_HIGHLIGHTS:
        raise NotInText(f"A passage holds at most {MOST_HIGHLIGHTS} highlights. Remove one first.")
    kept = {"quote": words.quote, "before": words.before, "after": words.after}
    fingerprint = hashlib.sha256("\n".join(kept.values()).encode()).hexdigest()
    return Highlight.objects.create(learner=learner, passage=passage, fingerprint=fingerprint, at=now, **kept)


def remove_highlight(learner, passage, pk: int) -> bool:
    """Take a highlight away; False where there was none."""
    return bool(Highlight.objects.filter(learner=learner, passage=passage, pk=pk).delete()[0])


def _hold(learner):
    """Saves of one learner one after another, where rows can be locked."""
    list(User.objects.select_for_update(no_key=True).filter(pk=learner.pk).only("pk"))
