"""Drafts → rows of a table with our headers. Pure."""

import re

from content.formats import gap_texts, weights
from content.formats.answers import absolute_tolerance, answer_worth, decimal, extras, without_arrow
from content.formats.table_rows import HEAD, LETTERS, RUNS, TAIL, WEIGHTED
from content.numbers import exact
from content.questions import KINDS

TEMPLATE_LETTERS = LETTERS[:10]


def quoted(text, name):
    """The text with a ' in front where a spreadsheet would take it for a formula; numbers stay numbers."""
    if name in ("answer", "tolerance") and re.fullmatch(r"-\d+(?:\.\d+)?", text):
        return text
    return "'" + text if text.startswith(RUNS) else text


def can_write(draft):
    """Do the rows of this question (options, answers …) fit the columns a … z?"""
    content = draft.content
    rows = [content.get(key) or () for key in ("options", "pairs", "items", "gaps", "answers")]
    return sum(map(len, rows)) + len(content.get("extra") or ()) <= len(LETTERS)


def rows_of(drafts):
    """(header, rows as dicts): the columns of the template, and more letters where a question needs them."""
    rows = [_row(draft) for draft in drafts if not draft.skip and draft.kind in KINDS and can_write(draft)]
    used = {name for row in rows for name in row}
    letters = [
        letter
        for letter in LETTERS
        if letter in TEMPLATE_LETTERS or {f"option_{letter}", f"feedback_{letter}"} & used
    ]
    options = [f"option_{letter}" for letter in letters]
    feedback = [f"feedback_{letter}" for letter in letters]
    return [*HEAD, *options, *feedback, *TAIL], rows


def _row(draft):
    content = KINDS[draft.kind].normalise(draft.content)
    row = {
        "id": draft.ref,
        "kind": draft.kind,
        "passage": draft.passage,
        "objective": draft.objective,
        "level": draft.level,
        "tags": "; ".join(tag.replace(";", ",") for tag in draft.tags),
        "sources": "; ".join(tag.replace(";", ",") for tag in draft.sources),
        "stem": content["stem"],
        "explanation": content.get("explanation", ""),
        "hint": content.get("hint", ""),
    }
    for key in ("case_sensitive", "shuffle"):
        if key in content:
            row[key] = "yes" if content[key] else "no"
    for key in ("scoring", "unit", "else_feedback"):
        row[key] = content.get(key) or ""
    row |= _WRITERS[draft.kind](content)
    return {name: text.replace("\r", "") for name, text in row.items() if text}


def _lettered(name, texts):
    return {f"{name}_{letter}": text for letter, text in zip(LETTERS, texts, strict=False) if text}


def _feedbacks(rows):
    return _lettered("feedback", [row.get("feedback", "") for row in rows])


def _choice(content):
    options = content["options"]
    keys = []
    for letter, option in zip(LETTERS.upper(), options, strict=False):
        if "fraction" in option:
            keys.append(f"{letter}={weights.as_percent(option['fraction'], decimals=5)}")
        elif option.get("correct"):
            keys.append(letter)
    return (
        _lettered("option", [option["text"] for option in options])
        | _feedbacks(options)
        | {"correct": ";".join(keys)}
    )


def _true_false(content):
    feedback = content.get("feedback", {})
    return {
        "correct": "TRUE" if content["answer"] else "FALSE",
        "feedback_a": feedback.get("true", ""),
        "feedback_b": feedback.get("false", ""),
    }


def _weighted_lines(answers, text_of):
    lines = []
    for answer in answers:
        text, worth = text_of(answer).replace("\n", " "), answer_worth(answer)
        if worth != 1 or WEIGHTED.fullmatch(text):
            text = f"{weights.as_percent(worth, decimals=5)}%: {text}"
        lines.append(text)
    return "\n".join(lines)


def _short_text(content):
    answers = content["answers"]
    return {"answer": _weighted_lines(answers, lambda answer: answer["text"])} | _feedbacks(answers)


def _numeric(content):
    answers = content["answers"]
    tolerances = [_tolerance(answer) for answer in answers]
    shared = tolerances[0] if len(set(tolerances)) == 1 else "\n".join(text or "0" for text in tolerances)
    return {
        "answer": _weighted_lines(answers, lambda answer: decimal(answer["value"])),
        "tolerance": shared,
        **_feedbacks(answers),
    }


def _tolerance(answer):
    if answer.get("relative") is not None and answer.get("absolute") is None:
        return f"{decimal(exact(answer['relative']) * 100)}%"
    room = absolute_tolerance(answer)
    return decimal(room) if room else ""


def _matching(content):
    pairs = [f"{without_arrow(pair['left'])} -> {pair['right']}" for pair in content["pairs"]]
    extra = [f"-> {text}" for text in extras(content)]
    return _lettered("option", pairs + extra)


def _ordering(content):
    return _lettered("option", [item["text"] for item in content["items"]]) | {
        "feedback_a": content.get("feedback", "")
    }


def _gaps(content):
    notes = [f"{name}: {gap_texts.to_notation(gap)}" for name, gap in content["gaps"].items()]
    return _lettered("option", notes) | {"stem": gap_texts.joined(content)}


def _essay(content):
    return {"answer": content.get("model_answer", "")}


_WRITERS = {
    "single_choice": _choice,
    "multiple_choice": _choice,
    "true_false": _true_false,
    "short_text": _short_text,
    "numeric": _numeric,
    "matching": _matching,
    "ordering": _ordering,
    "gaps": _gaps,
    "essay": _essay,
}
