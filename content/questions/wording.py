"""Are two questions the same to a reader? Compared by their words, whatever is right and whatever is explained. Pure."""

import hashlib

from content.markup import plain
from content.text import fold

# What tells nobody which question it is.
_BESIDE = {"feedback", "else_feedback", "explanation", "hint", "model_answer", "id", "scoring", "unit", "kind"}


def wording_of(kind, content):
    """A hash that is equal for questions of one kind with the same words, in whatever order they stand."""
    words = sorted(set(_texts(content)) - {""})
    return hashlib.sha256("\n".join([kind, *words]).encode("utf-8", "replace")).hexdigest()


def _texts(value, key=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in _BESIDE:
                yield from _texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str):
        yield fold(plain(value))
