"""Drafts → GIFT. Texts are Markdown and say so; one answer a line, weights to five decimals."""

import re

from content.formats import weights
from content.formats.answers import absolute_tolerance, decimal, extras, without_arrow
from content.formats.drafts import title_of, travelling_tags
from content.formats.gift import FORMAT_MARK
from content.questions import KINDS

KINDS_WRITTEN = (
    "single_choice",
    "multiple_choice",
    "true_false",
    "short_text",
    "numeric",
    "matching",
    "essay",
)
_TO_ESCAPE = str.maketrans({character: "\\" + character for character in "~=#{}:\\"} | {"\n": "\\n"})


def write(drafts, **options):
    """GIFT of the drafts it can express, as UTF-8. Texts are Markdown and say so."""
    parts, category = [], ()
    for draft in drafts:
        if draft.kind not in KINDS_WRITTEN or draft.skip:
            continue
        if draft.category != category:
            category = draft.category
            path = "/".join(part.replace("/", "//").replace("\n", " ") for part in category)
            parts.append(f"$CATEGORY: {path or 'top'}")
        parts.append(_written(draft))
    return ("\n\n".join(parts) + "\n").encode() if parts else b""


def _written(draft):
    content = KINDS[draft.kind].normalise(draft.content)
    fields = [("id", draft.ref)] if draft.ref else []
    fields += [("tag", tag) for tag in travelling_tags(draft)]
    lines = ["// " + " ".join(f"[{name}:{_in_brackets(value)}]" for name, value in fields)] if fields else []
    title = draft.title or title_of(draft.stem)
    head = f"::{_mark(' '.join(title.split()))}::" if title else ""
    answers = _ANSWERS[draft.kind](content)
    explanation = content.get("explanation")
    if explanation:
        answers.append("####" + _text(explanation))
    body = "{\n" + "\n".join("  " + answer for answer in answers) + "\n}" if answers else "{}"
    if draft.kind in ("numeric",):
        body = "{#\n" + body[2:]
    if draft.kind == "true_false":
        body = "{" + "\n  ".join(answers) + "\n}"
    lines.append(f"{head}[markdown]{_mark(content['stem'])}{body}")
    return "\n".join(lines)


def _in_brackets(value):
    return re.sub(r"([\\\]])", r"\\\1", " ".join(value.split()))


def _mark(text):
    return text.strip().translate(_TO_ESCAPE)


def _text(text):
    """Text behind a mark. What looks like a format or a weight there gets a format in front."""
    return ("[markdown]" if FORMAT_MARK.match(text) else "") + _mark(text)


def _feedback(row):
    return "#" + _text(row["feedback"]) if row.get("feedback") else ""


def _weighted(mark, percent, text):
    """`percent` is None where the mark says it; a text that starts like a weight needs one of its own."""
    if percent is None and text.lstrip().startswith("%"):
        percent = "100" if mark == "=" else "0"
    return mark + (f"%{percent}%" if percent is not None else "") + text


def _single_choice(content):
    lines = []
    for option in content["options"]:
        fraction = option.get("fraction", 1 if option.get("correct") else 0)
        mark = "=" if fraction == 1 else "~"
        percent = None if fraction in (0, 1) else weights.as_percent(fraction, decimals=5)
        lines.append(_weighted(mark, percent, _text(option["text"])) + _feedback(option))
    return lines


def _multiple_choice(content):
    shares = weights.net_percents([bool(option.get("correct")) for option in content["options"]])
    return [
        _weighted("~", weights.as_percent(share, decimals=5), _text(option["text"])) + _feedback(option)
        for option, share in zip(content["options"], shares, strict=True)
    ]


def _true_false(content):
    feedback, answer = content.get("feedback", {}), content["answer"]
    if_wrong, if_right = (
        feedback.get("false" if answer else "true"),
        feedback.get("true" if answer else "false"),
    )
    line = "T" if answer else "F"
    if if_wrong or if_right:
        line += "#" + _text(if_wrong or "")
    if if_right:
        line += "#" + _text(if_right)
    return [line]


def _short_text(content):
    lines = []
    for answer in content["answers"]:
        fraction = answer.get("fraction", 1)
        percent = None if fraction == 1 else weights.as_percent(fraction, decimals=5)
        lines.append(_weighted("=", percent, _text(answer["text"])) + _feedback(answer))
    otherwise = content.get("else_feedback")
    if otherwise or all("->" in answer["text"] for answer in content["answers"]) or _ends_like_else(content):
        lines.append("=%0%*" + ("#" + _text(otherwise) if otherwise else ""))
    return lines


def _ends_like_else(content):
    """A last answer ``*`` worth nothing would come back as what is said when none fits."""
    last = content["answers"][-1]
    return (
        last["text"] == "*"
        and last.get("fraction") == 0
        or any("->" in a["text"] for a in content["answers"])
    )


def _numeric(content):
    lines = []
    for answer in content["answers"]:
        fraction = answer.get("fraction", 1)
        percent = None if fraction == 1 else weights.as_percent(fraction, decimals=5)
        tolerance = absolute_tolerance(answer)
        number = decimal(answer["value"]) + (f":{decimal(tolerance)}" if tolerance else "")
        lines.append(_weighted("=", percent, number) + _feedback(answer))
    if content.get("else_feedback"):
        lines.append("~#" + _text(content["else_feedback"]))
    return lines


def _matching(content):
    lines = [f"={_side(pair['left'])} -> {_mark(pair['right'])}" for pair in content["pairs"]]
    return lines + [f"= -> {_mark(extra)}" for extra in extras(content)]


def _side(text):
    """A left side; an arrow inside is split by an escape that Markdown drops, for GIFT has none."""
    return _text(without_arrow(text))


def _essay(content):
    return []


_ANSWERS = {
    "single_choice": _single_choice,
    "multiple_choice": _multiple_choice,
    "true_false": _true_false,
    "short_text": _short_text,
    "numeric": _numeric,
    "matching": _matching,
    "essay": _essay,
}
