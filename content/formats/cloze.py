"""The notation of embedded answers, ``{2:MC:=right#feedback~%50%half~wrong}``, as Moodle's cloze questions use it. Pure."""

import html
import re
from dataclasses import dataclass
from fractions import Fraction

from content.formats import weights
from content.formats.answers import absolute_tolerance, answer_worth, decimal, option_worth
from content.numbers import NotANumber, as_text, exact
from content.questions import short_text

# What stands in a text in place of a gap while the text changes its form.
OPEN, CLOSE = "\ufdd0", "\ufdd1"
MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")

_START = re.compile(r"\{(\d{0,4}):([A-Z_]{2,25}):")
_STOP = re.compile(r"\\.|\}", re.DOTALL)
_ESCAPED = re.compile(r'\\([}#~/"\\:=])')
_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|#60|#62|#38|#x3[ce]|#x26);)#?\w{1,10};", re.IGNORECASE)
_KINDS = {
    **dict.fromkeys(("SHORTANSWER", "SA", "MW"), ("short_text", False)),
    **dict.fromkeys(("SHORTANSWER_C", "SAC", "MWC"), ("short_text", True)),
    **dict.fromkeys(("NUMERICAL", "NM"), ("numeric", False)),
    **dict.fromkeys(("MULTICHOICE", "MC", "MULTICHOICE_V", "MCV", "MULTICHOICE_H", "MCH"), ("choice", False)),
    **dict.fromkeys(
        ("MULTICHOICE_S", "MCS", "MULTICHOICE_VS", "MCVS", "MULTICHOICE_HS", "MCHS"), ("choice", True)
    ),
}


class BadCloze(ValueError):
    """An embedded answer cannot be read; the message says what to do."""


class Unknown(ValueError):
    """An embedded answer of a type that we have no kind for; the message names it."""


@dataclass(frozen=True)
class Answer:
    """One answer: weight in per cent, text and feedback, both HTML."""

    percent: Fraction
    text: str
    feedback: str


def cut(text):
    """(text with a mark in place of each embedded answer, [(weight, type, body)])."""
    parts, found, at = [], [], 0
    while start := _START.search(text, at):
        end = start.end()
        while (stop := _STOP.search(text, end)) and stop[0] != "}":
            end = stop.end()
        if not stop:
            break
        parts.append(text[at : start.start()] + f"{OPEN}{len(found)}{CLOSE}")
        found.append((int(start[1] or 1), start[2], text[start.end() : stop.start()]))
        at = stop.end()
    return "".join([*parts, text[at:]]), found


def gap(type, body, *, words, flow):
    """The gap of our content. `words(html)` gives plain text, `flow(html)` Markdown for feedback."""
    if type not in _KINDS:
        raise Unknown(f"an embedded answer of the type {type}")
    kind, variant = _KINDS[type]
    answers = [
        _answer(part) for part in re.split(r"(?<!\\)(?:\\\\)*~", _ENTITY.sub(_entity, body)) if part.strip()
    ]
    if not answers:
        raise BadCloze("An embedded answer is empty; write at least {1:SA:=answer}.")

    def said(answer):
        text = flow(answer.feedback)
        return {"feedback": text} if text else {}

    if kind == "choice":
        keys = weights.single_choice([answer.percent for answer in answers])
        options = [{"text": words(a.text)} | key | said(a) for a, key in zip(answers, keys, strict=True)]
        return {"kind": "choice", "options": options, "shuffle": variant}
    content = {"kind": kind}
    if answers[-1].text.strip() == "*" and answers[-1].percent == 0 and len(answers) > 1:
        content |= {f"else_{key}": text for key, text in said(answers.pop()).items()}
    rows = []
    for answer in answers:
        if not 0 <= answer.percent <= 100:
            raise BadCloze(f"A weight of {float(answer.percent):g} % is outside 0 … 100.")
        worth = {} if answer.percent == 100 else {"fraction": weights.as_fraction(answer.percent)}
        row = {"text": words(answer.text)} if kind == "short_text" else _number(words(answer.text))
        rows.append(row | worth | said(answer))
    made = content | {"answers": rows} | ({"case_sensitive": True} if variant else {})
    return short_text.imported(made) if kind == "short_text" else made


def _entity(found):
    return html.unescape(found[0])


def _answer(part):
    found = re.match(r"\s*(?:(=)|%(-?\d{1,3}(?:\.\d{1,9})?)%)?", part)
    percent = Fraction(100) if found[1] else Fraction(found[2]) if found[2] else Fraction(0)
    pieces = re.split(r"(?<![\\&])#", part[found.end() :], maxsplit=1)
    text, feedback = (_ESCAPED.sub(r"\1", piece) for piece in (*pieces, "")[:2])
    return Answer(percent, text, feedback)


def _number(text):
    value, colon, tolerance = text.partition(":")
    try:
        row = {"value": as_text(exact(value))}
        return row | ({"absolute": as_text(exact(tolerance))} if colon and exact(tolerance) else {})
    except NotANumber as refusal:
        raise BadCloze(str(refusal)) from None


def notation(gap, *, flow):
    """A gap as an embedded answer. `flow(markdown)` gives the HTML of a feedback."""

    def said(row, key="feedback"):
        return "#" + _escaped(flow(row[key])) if row.get(key) else ""

    if gap["kind"] == "choice":
        type = "MCS" if gap.get("shuffle", True) else "MC"
        rows = [
            (option_worth(row), html.escape(row["text"], quote=False), said(row)) for row in gap["options"]
        ]
    elif gap["kind"] == "numeric":
        type = "NM"
        rows = [(answer_worth(row), _numbered(row), said(row)) for row in gap["answers"]]
    else:
        type = "SAC" if gap.get("case_sensitive") else "SA"
        rows = [
            (answer_worth(row), html.escape(row["text"], quote=False), said(row)) for row in gap["answers"]
        ]
    parts = [_weight(worth) + _escaped(text) + feedback for worth, text, feedback in rows]
    if gap.get("else_feedback"):
        parts.append("%0%*" + said(gap, "else_feedback"))
    return f"{{1:{type}:{'~'.join(parts)}}}"


def _numbered(answer):
    room = absolute_tolerance(answer)
    return decimal(answer["value"]) + (f":{decimal(room)}" if room else "")


def _weight(worth):
    return "=" if worth == 1 else f"%{weights.as_percent(worth, decimals=5)}%"


def _escaped(text):
    """HTML without line ends, its marks escaped; a backslash only where it would escape what follows."""
    text = re.sub(r'\\(?=[}#~/"\\:=]|$)', r"\\\\", text.replace("\n", " "))
    return re.sub(r"([}~#])", r"\\\1", text)
