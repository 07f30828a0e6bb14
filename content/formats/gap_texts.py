"""A text with gaps, as formats that know one text only hold it: the task above, the text with ``{{name}}`` below.

Pure. Also the short notation for one gap, ``=red ~blue``, ``=colour =color``, ``#3.5:0.1``.
"""

import re
from fractions import Fraction

from content.formats import weights
from content.formats.answers import absolute_tolerance, answer_worth, best, decimal, option_worth
from content.numbers import NotANumber, as_text, exact
from content.questions import short_text

TASK = "Fill in the gaps."
BLANK = "_____"
GAP = re.compile(r"\{\{ *([a-z0-9]+(?:[-_][a-z0-9]+)*) *\}\}")
_MARK = re.compile(r"(?:^|(?<=\s))([=~])\s*(?:%(\d{1,3}(?:\.\d{1,9})?)%)?")
_ESCAPE = re.compile(r"\\([=~#%\\])")


class BadGap(ValueError):
    """The notation of a gap cannot be read; the message says what to do."""


def divided(markdown):
    """(stem, text): the paragraphs before the first one with a gap are the task, the rest is the text."""
    paragraphs = markdown.split("\n\n")
    first = next(
        (index for index, paragraph in enumerate(paragraphs) if GAP.search(paragraph)), len(paragraphs)
    )
    stem = "\n\n".join(paragraphs[:first]).strip()
    return stem or TASK, "\n\n".join(paragraphs[first:]).strip()


def joined(content):
    """The task and the text as one Markdown."""
    return f"{content['stem']}\n\n{content['text']}"


def name_for(wanted, taken):
    """A name for a gap that our rules allow and that is free: words of `wanted`, else g1, g2 …"""
    name = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")[:40].strip("-")
    if name and name not in taken:
        return name
    number = len(taken) + 1
    while f"{name or 'g'}{number}" in taken:
        number += 1
    return f"{name or 'g'}{number}"


# --- the short notation ----------------------------------------------------------


def from_notation(text, *, decimal_comma=False):
    """A gap of our content from ``=red ~blue`` (choice), ``=a =%50%b`` (short text) or ``#3.5:0.1`` (number)."""
    text = text.strip()
    if text.startswith("#"):
        return _number(text[1:].strip(), decimal_comma)
    found = list(_MARK.finditer(text))
    if not found or found[0].start() > 0:
        raise BadGap("Write the answers of a gap as =right ~wrong, =one =another, or #3.5:0.1.")
    ends = [mark.start() for mark in found[1:]] + [len(text)]
    rows = [
        (mark[1], mark[2] and Fraction(mark[2]), _ESCAPE.sub(r"\1", text[mark.end() : end].strip()))
        for mark, end in zip(found, ends, strict=True)
    ]
    if any(mark == "~" for mark, _, _ in rows):
        worth = [percent if percent is not None else 100 if mark == "=" else 0 for mark, percent, _ in rows]
        keys = weights.single_choice(worth)
        return {
            "kind": "choice",
            "options": [{"text": t} | k for (_, _, t), k in zip(rows, keys, strict=True)],
        }
    answers = [
        {"text": text} | ({} if percent in (None, 100) else {"fraction": weights.as_fraction(percent)})
        for _, percent, text in rows
    ]
    return short_text.imported({"kind": "short_text", "answers": answers})


def _number(text, decimal_comma):
    value, colon, tolerance = (text.replace(",", ".") if decimal_comma else text).partition(":")
    try:
        answer = {"value": as_text(exact(value))}
        if colon and exact(tolerance):
            answer["absolute"] = as_text(exact(tolerance))
    except NotANumber as refusal:
        raise BadGap(str(refusal)) from None
    return {"kind": "numeric", "answers": [answer]}


def to_notation(gap):
    """The short notation of a gap: what is right and wrong, without feedback."""
    if gap["kind"] == "numeric":
        answer = best(gap["answers"])
        tolerance = absolute_tolerance(answer)
        return f"#{decimal(answer['value'])}" + (f":{decimal(tolerance)}" if tolerance else "")
    if gap["kind"] == "choice":
        rows = [(row["text"], option_worth(row), "~") for row in gap["options"]]
    else:
        rows = [(row["text"], answer_worth(row), "=") for row in gap["answers"]]
    return " ".join(_noted(*row) for row in rows)


def _noted(text, worth, otherwise):
    mark = "=" if worth == 1 else otherwise
    percent = (
        "" if worth == 1 or (worth == 0 and mark == "~") else f"%{weights.as_percent(worth, decimals=5)}%"
    )
    text = re.sub(r"\\(?=[=~#%\\])", r"\\\\", text)
    text = re.sub(r"(^|(?<=\s))(?=[=~])", r"\\", text)
    return mark + percent + (("\\" if text.startswith("%") else "") + text)
