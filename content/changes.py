"""What changed between two wordings, for people: pieces of text that stayed, went and came. Pure."""

import difflib
import re
from dataclasses import dataclass

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# Keys of question content as authors know them from the form; others are shown as they are, without underscores.
_LABELS = {
    "stem": "Question",
    "options": "Option",
    "answers": "Answer",
    "pairs": "Pair",
    "items": "Item",
    "rubric": "Criterion",
    "extra": "Right side without a partner",
    "else_feedback": "Feedback when nothing fits",
    "shuffle": "Options in random order",
    "correct": "right",
    "fraction": "worth",
    "criterion": "name",
    "is_retired": "retired",
    "is_draft": "draft",
}
_ROWS = ("options", "answers", "pairs", "items", "rubric", "extra")
_CONTEXT = 1


@dataclass(frozen=True)
class Piece:
    """`sort`: same, gone or new."""

    sort: str
    text: str


@dataclass(frozen=True)
class Change:
    """One text of a question that differs: where it stands, and its pieces in reading order."""

    label: str
    pieces: tuple[Piece, ...]


def content_changes(old: dict | None, new: dict) -> list[Change]:
    """What differs between two contents of a question, in the order of the new one, then what is gone."""
    before, after = dict(_flat(old or {})), dict(_flat(new))
    found = []
    for path, text in after.items():
        if before.get(path, "") != text:
            found.append(Change(_label(path), word_pieces(before.get(path, ""), text)))
    for path, text in before.items():
        if path not in after:
            found.append(Change(_label(path), (Piece("gone", text),)))
    if old is not None and (moved := _moved(old, new)):
        found.append(Change(moved, ()))
    return found


def word_pieces(old: str, new: str) -> tuple[Piece, ...]:
    """The two texts as one sequence of words that stayed, went and came; equal neighbours are joined."""
    if not old or not new:
        return tuple(Piece(sort, text) for sort, text in (("gone", old), ("new", new)) if text)
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    pieces = []
    for op, a1, a2, b1, b2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if op == "equal":
            pieces.append(Piece("same", "".join(a[a1:a2])))
            continue
        if a2 > a1:
            pieces.append(Piece("gone", "".join(a[a1:a2])))
        if b2 > b1:
            pieces.append(Piece("new", "".join(b[b1:b2])))
    return tuple(pieces)


def line_changes(old: str, new: str) -> list[Piece]:
    """A document's changed lines with one unchanged line around them; a piece of sort ``cut`` where lines are left out."""
    a, b = old.splitlines(), new.splitlines()
    pieces, last = [], 0
    for group in difflib.SequenceMatcher(None, a, b, autojunk=False).get_grouped_opcodes(_CONTEXT):
        if group[0][1] > last:
            pieces.append(Piece("cut", ""))
        for op, a1, a2, b1, b2 in group:
            if op == "equal":
                pieces += [Piece("same", line) for line in a[a1:a2]]
            else:
                pieces += [Piece("gone", line) for line in a[a1:a2]] + [
                    Piece("new", line) for line in b[b1:b2]
                ]
        last = group[-1][2]
    if pieces and last < len(a):
        pieces.append(Piece("cut", ""))
    return pieces


def _flat(value, path=()):
    """(path, text) of every leaf; rows are named by their id, so that moving one is not a change of its words."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if not (key == "id" and path):
                yield from _flat(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            name = inner.get("id", index + 1) if isinstance(inner, dict) else index + 1
            yield from _flat(inner, (*path, name))
    elif isinstance(value, bool):
        yield path, "yes" if value else "no"
    elif value is not None:
        yield path, str(value)


def _label(path) -> str:
    words = [_LABELS.get(step, str(step).replace("_", " ")) for step in path]
    label = f"{words[0]} {words[1]}" if path[0] in _ROWS and len(words) > 1 else words[0]
    rest = words[2:] if path[0] in _ROWS else words[1:]
    return ", ".join([label[:1].upper() + label[1:], *rest])


def _moved(old, new) -> str:
    for key in _ROWS:
        before, after = _ids(old.get(key)), _ids(new.get(key))
        kept = [id for id in after if id in before]
        if kept != [id for id in before if id in after]:
            return f"{_LABELS[key]}s in another order: {', '.join(after)}"
    return ""


def _ids(rows):
    return [str(row["id"]) for row in rows or () if isinstance(row, dict) and "id" in row]
