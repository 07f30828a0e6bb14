"""The hidden fields that travel with an answer, so that the same answer sent twice is told from a new one."""

import re
import uuid
from dataclasses import dataclass

_NAMESPACE = uuid.UUID("6f1d7c58-3b0e-4f6b-9a53-0c4b8f0c2a11")
_WRITER = re.compile(r"[0-9A-Za-z-]{1,36}")
KEPT = "kept_answers"  # in a session: forms that came after their session had ended
_NUMBER = re.compile(r"[0-9]{1,18}")


class BadSave(ValueError):
    """The hidden fields are not ones that a page of ours sent."""


@dataclass(frozen=True)
class Save:
    """`client_id` names this answer, `writer` the page that sends it, `number` counts up within the writer.

    `shown` is when the question was shown, in whole seconds since 1970, or None where that tells nothing.
    """

    client_id: uuid.UUID
    writer: str
    number: int
    shown: int | None = None

    def seconds(self, now) -> int | None:
        """Time taken over the question, where the form says when it was shown."""
        if self.shown is None:
            return None
        return max(0, int(now.timestamp()) - self.shown)


def new_save(*about, writer: str, shown: int | None = None) -> Save:
    """The fields for one form. `about`: who answers what for which time; two tabs that show the same thing
    get the same client id, so that the same answer from both is stored once."""
    return Save(uuid.uuid5(_NAMESPACE, "/".join(map(str, about))), writer, 0, shown)


def read_save(data) -> Save:
    """The posted fields, or BadSave."""
    try:
        client_id = uuid.UUID(data.get("client_id", ""))
    except ValueError:
        raise BadSave("client_id is not a UUID") from None
    writer, number, shown = read_writer(data), data.get("number", ""), data.get("shown", "")
    if not _NUMBER.fullmatch(number):
        raise BadSave("number is not a count")
    return Save(client_id, writer, int(number), int(shown) if _NUMBER.fullmatch(shown) else None)


def read_writer(data) -> str:
    """The posted id of the page that sends, or BadSave."""
    writer = data.get("writer", "")
    if not _WRITER.fullmatch(writer):
        raise BadSave("writer is not an id of a page")
    return writer


# What pages post beside the fields of one question: with a single save, and in a form of many questions.
_OF_A_SAVE = r"csrfmiddlewaretoken|client_id|writer|number"
_OF_A_FORM = _OF_A_SAVE + r"|here|save|next|back|look_over|(?:f|shown)[1-9][0-9]{0,5}|q[1-9][0-9]{0,5}_.+"
_SHOWN = re.compile(r"([0-9]{1,18})(-flagged)?")


def fields_of(data, prefix: str) -> dict[str, list[str]]:
    """The posted fields of one question, without the prefix that keeps several on a page apart."""
    return {name.removeprefix(prefix): data.getlist(name) for name in data if name.startswith(prefix)}


def fields_in_quiz(data, number: int, *, alone: bool) -> dict[str, list[str]]:
    """The posted fields of question `number` of a quiz, from a save of it `alone` or from a form of many. Without any
    the question is blank, unless something came that no page of ours sends there: that may be its answer, and is
    handed on, under a name that no field has, for the kind to refuse."""
    beside = _OF_A_SAVE if alone else _OF_A_FORM
    strange = (name for name in data if not re.fullmatch(beside, name, re.DOTALL))
    return fields_of(data, f"q{number}_") or {f"?{name}": data.getlist(name) for name in strange}


@dataclass(frozen=True)
class Shown:
    """What a plain form showed of one question: the saved answer (its id; 0: none), and whether it was flagged."""

    answer: int
    is_flagged: bool


def shown_in(data, number: int) -> Shown | None:
    """What the posted form showed of question `number`; None where it does not say, as forms of older pages."""
    found = _SHOWN.fullmatch(data.get(f"shown{number}", ""))
    return found and Shown(int(found[1]), bool(found[2]))
