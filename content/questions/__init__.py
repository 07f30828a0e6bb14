"""The kinds of question. Adding one: its module, its template, its tests, and one line here."""

from content.questions import (
    essay,
    gaps,
    matching,
    multiple_choice,
    numeric,
    ordering,
    short_text,
    single_choice,
    true_false,
)
from content.questions.base import Unreadable, posted

NOT_ITS_OWN = "What was sent does not belong to this question. Load the page again and answer once more."

KINDS = {
    "single_choice": single_choice,
    "multiple_choice": multiple_choice,
    "true_false": true_false,
    "short_text": short_text,
    "numeric": numeric,
    "matching": matching,
    "ordering": ordering,
    "gaps": gaps,
    "essay": essay,
}


def marked_by_hand():
    """The names of the kinds whose answers wait for a person."""
    return [name for name, kind in KINDS.items() if getattr(kind, "MARKED_BY_HAND", False)]


def scripts_of(kinds):
    """The scripts of these kinds, each once, in a fixed order."""
    return sorted({KINDS[kind].SCRIPT for kind in kinds if hasattr(KINDS[kind], "SCRIPT")})


def pressed(kind, content, presented, data):
    """The posted fields as they stand after one of the question's own buttons, which is no answer yet; None where
    none was pressed."""
    if "move" not in data:
        return None
    answer = getattr(KINDS[kind], "pressed", None)
    return answer(content, presented, data) if answer else None


class _Asked:
    """Posted fields that note which of them a kind asked for."""

    def __init__(self, data):
        self._data, self.names = data, set()

    def get(self, name, default=None):
        self.names.add(name)
        return posted(self._data, name) or default


def read_answer(kind, content, data):
    """The response in the posted fields of one question, None where they are blank.

    Unreadable also where a field stands there that the kind does not ask for with this content: what nobody reads is
    no blank answer.
    """
    asked = _Asked(data)
    response = KINDS[kind].read(content, asked)
    if set(data) - asked.names:
        raise Unreadable(NOT_ITS_OWN)
    return response


def get_kind(name):
    """The module of a kind; KeyError for a name that no kind has."""
    return KINDS[name]
