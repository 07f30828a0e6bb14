"""Answers that came after the end, or never came by themselves: looked at by staff, and accepted with a reason.

The file that a student downloads holds what their browser could not send (`entries` of static/quizzes/autosave.js).
It is read here, shown with what it would add, and stored only then; what it adds is late and accepted in one act.
"""

import json
import math
import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from content.questions import get_kind, read_answer
from content.questions.base import Unreadable
from studyapp.quizzes.marking import answers_of, mark_attempt
from studyapp.quizzes.models import Acceptance, Attempt, AttemptEvent, AttemptItem, SavedAnswer
from studyapp.quizzes.saving import BadSave, read_save
from studyapp.quizzes.scoring import current_of

What = AttemptEvent.What
LARGEST_FILE = 2_000_000
MOST_ENTRIES = 2_000


class BadFile(ValueError):
    """Not a file of unsent answers of this attempt; the message is a sentence for staff."""


@transaction.atomic
def accept_late(answer, *, by, reason, now) -> bool:
    """Let a late answer count, as if it had come in time, and mark the attempt anew; False where it counts already."""
    attempt = _held(answer.item.attempt_id)
    if not answer.is_late or not _accept(answer, by=by, reason=reason, now=now):
        return False
    AttemptEvent.objects.create(attempt=attempt, what=What.ACCEPTED, at=now, by=by, reason=reason)
    if not attempt.is_open:
        mark_attempt(attempt, now=now)
    return True


def _held(pk):
    attempts = Attempt.objects.select_for_update(of=("self",), no_key=True)
    return attempts.select_related("quiz", "learner").get(pk=pk)


def _accept(answer, *, by, reason, now):
    try:
        with transaction.atomic():
            Acceptance.objects.create(answer=answer, by=by, reason=reason, at=now)
    except IntegrityError:
        return False
    return True


@dataclass
class Brought:
    """The newest entry of the file for one question, and what it would do. `response` None: left empty."""

    item: AttemptItem
    client_id: uuid.UUID
    writer: str
    number: int
    response: object = None
    typed_at: int | None = None  # milliseconds since 1970 by the student's clock
    problem: str = ""
    stored: SavedAnswer | None = None  # the very answer, where it has arrived by itself
    current: SavedAnswer | None = None  # what counts now

    @property
    def is_new(self) -> bool:
        """Something would be added."""
        return not self.problem and self.stored is None

    @property
    def replaces(self) -> bool:
        return self.is_new and self.current is not None and self.current.response is not None

    @property
    def summary(self) -> str:
        return self._said(self.response)

    @property
    def current_summary(self) -> str:
        return self._said(self.current.response if self.current else None)

    def _said(self, response):
        if response is None:
            return ""
        return get_kind(self.item.question.kind).summary(self.item.version.content, response)


def read_file(attempt, raw: bytes) -> list[Brought]:
    """What the file would add to this attempt, question by question; or BadFile. Three queries."""
    entries = _entries(attempt, raw)
    answers = answers_of(attempt)
    items = {item.number: item for item in attempt.items.select_related("question", "version")}
    newest = {}
    for entry in entries:
        item = items.get(entry["item"])
        if item is None:
            raise BadFile(f"The file names question {entry['item']}, which this attempt does not have.")
        newest[item.number] = entry
    return [
        _brought(items[number], entry, answers.get(items[number].pk, []))
        for number, entry in sorted(newest.items())
    ]


def _entries(attempt, raw):
    """The entries of the file in the order in which they were typed."""
    if len(raw) > LARGEST_FILE:
        raise BadFile("The file is larger than any file of unsent answers.")
    try:
        told = json.loads(
            raw.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_constant=_finite,
            parse_float=_finite,
        )
    except (ValueError, RecursionError):
        raise BadFile("This is not a file of unsent answers.") from None
    entries = told.get("entries") if isinstance(told, dict) else None
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        raise BadFile("This is not a file of unsent answers.")
    if str(told.get("attempt")) != str(attempt.pk) or str(told.get("user")) != str(attempt.learner_id):
        raise BadFile("The file belongs to another attempt.")
    read = []
    for entry in entries:
        try:
            fields = {}
            for name, value in entry["data"]:
                if not (isinstance(name, str) and isinstance(value, str)):
                    raise BadFile("This is not a file of unsent answers.")
                fields.setdefault(name, []).append(value)
            save = read_save({name: values[-1] for name, values in fields.items()})
            number, at = int(str(entry["item"])[:7]), entry.get("at")
        except (BadSave, KeyError, TypeError, ValueError):
            raise BadFile("An entry of the file cannot be read.") from None
        at = at if isinstance(at, int) and 0 < at < 10**14 else None
        read.append({"item": number, "save": save, "fields": fields, "at": at})
    return sorted(read, key=lambda entry: (entry["at"] or 0, entry["save"].number))


def _object(pairs):
    """An object of JSON; a name that stands in it twice would mean one thing here and another elsewhere."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


def _finite(word):
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(f"{word} is no number")
    return number


def _brought(item, entry, answers):
    save, prefix = entry["save"], f"q{item.number}_"
    found = Brought(item, save.client_id, save.writer, save.number, typed_at=entry["at"])
    found.current = current_of(answers)
    fields = {
        name.removeprefix(prefix): values
        for name, values in entry["fields"].items()
        if name.startswith(prefix)
    }
    try:
        found.response = read_answer(item.question.kind, item.version.content, fields)
    except Unreadable as refusal:
        found.problem = str(refusal)
        return found
    found.stored = next(
        (
            answer
            for answer in answers
            if answer.client_id == save.client_id and answer.response == found.response
        ),
        None,
    )
    return found


@transaction.atomic
def bring_in(attempt, brought, *, by, reason, now) -> int:
    """Store these answers of a file as late and accepted, and mark the attempt anew; how many were added."""
    attempt = _held(attempt.pk)
    added = 0
    for row in brought:
        if not row.is_new:
            continue
        fields = {
            "item": row.item, "response": row.response, "at": now, "is_late": True, "brought_by": by,
        }  # fmt: skip
        try:
            with transaction.atomic():
                answer = SavedAnswer.objects.create(
                    client_id=row.client_id, writer=row.writer, number=row.number, **fields
                )
        except IntegrityError:
            # Its names are taken by another answer: it is kept beside that one.
            answer = SavedAnswer.objects.create(
                client_id=uuid.uuid4(), writer=uuid.uuid4().hex, number=0, **fields
            )
        _accept(answer, by=by, reason=reason, now=now)
        added += 1
    if added:
        AttemptEvent.objects.create(attempt=attempt, what=What.BROUGHT, at=now, by=by, reason=reason)
        if not attempt.is_open:
            mark_attempt(attempt, now=now)
    return added
