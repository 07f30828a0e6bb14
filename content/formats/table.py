"""The formats by name, what of each kind survives in them, and what is lost."""

from collections.abc import Callable
from dataclasses import dataclass

from content.formats import (
    aiken,
    anki,
    anki_writing,
    gift,
    gift_writing,
    moodle_writing,
    moodle_xml,
    qti,
    qti_writing,
    spreadsheet,
    table_writing,
    yaml_questions,
)
from content.formats.drafts import ReadingProblem
from content.html_markdown import images_of
from content.questions import KINDS


@dataclass(frozen=True)
class Format:
    """A format: `read(data, limits=…)` → Reading, `write(drafts, **options)` → bytes, and what people call it."""

    name: str
    label: str
    suffix: str
    media_type: str
    read: Callable
    write: Callable


FORMATS = {
    format.name: format
    for format in (
        Format("gift", "GIFT", ".gift", "text/plain", gift.read, gift_writing.write),
        Format("aiken", "Aiken", ".txt", "text/plain", aiken.read, aiken.write),
        Format("moodle_xml", "Moodle XML", ".xml", "application/xml", moodle_xml.read, moodle_writing.write),
        Format("qti", "QTI", ".zip", "application/zip", qti.read, qti_writing.write),
        Format("yaml", "YAML", ".yaml", "application/yaml", yaml_questions.read, yaml_questions.write),
        Format("csv", "CSV", ".csv", "text/csv", spreadsheet.read_csv, spreadsheet.write_csv),
        Format(
            "xlsx",
            "Excel (XLSX)",
            ".xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            spreadsheet.read_xlsx,
            spreadsheet.write_xlsx,
        ),
        Format("anki", "Anki", ".apkg", "application/octet-stream", anki.read, anki_writing.write),
    )
}

_COLUMNS = ("yaml", "gift", "aiken", "moodle_xml", "qti", "csv", "anki")
# all: export → import gives the same; core: what can be answered survives; none: not offered.
_SURVIVAL = {
    "single_choice": "all  core core all  core all  core",
    "multiple_choice": "all core none core core all  core",
    "true_false": "all  core core all  core all  core",
    "short_text": "all  core none all  core all  core",
    "numeric": "all  core none core core core core",
    "matching": "all  core none core core core core",
    "ordering": "all  none none core core all  core",
    "gaps": "all  none none core core core core",
    "essay": "all  core none core core core core",
}


def survival(format, kind):
    """``all``, ``core`` or ``none``: what of a kind survives export to this format and import from it."""
    column = _COLUMNS.index("csv" if format == "xlsx" else format)
    return _SURVIVAL[kind].split()[column]


def losses(format, drafts):
    """What this format cannot carry of these drafts: a list of warnings, each with the ref of its question.

    ``export.kind``: the question is left out, and the message names a format that takes it;
    ``lossy.…``: it is written without something.
    """
    found = []
    for draft in drafts:
        if draft.skip or draft.kind not in KINDS:
            continue
        content = KINDS[draft.kind].normalise(draft.content)
        name = draft.title or draft.ref
        if survival(format, draft.kind) == "none":
            able = [FORMATS[other].label for other in FORMATS if survival(other, draft.kind) != "none"]
            label, kind = FORMATS[format].label, KINDS[draft.kind].NAME
            message = f'"{name}": {label} has no place for the kind {kind}; {_or(able[:3])} takes it.'
            found.append(ReadingProblem("warning", "export.kind", message, ref=draft.ref))
            continue
        if format in ("csv", "xlsx") and not table_writing.can_write(draft):
            message = f'"{name}" has more options than the table has letters; YAML takes it.'
            found.append(ReadingProblem("warning", "export.size", message, ref=draft.ref))
            continue
        for code, what in _lost(format, draft, content):
            message = f'"{name}": {what} will be missing in {FORMATS[format].label}.'
            found.append(ReadingProblem("warning", f"lossy.{code}", message, ref=draft.ref))
    return found


def _or(words):
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _lost(format, draft, content):
    """(code, words) of everything this question holds and the format does not."""
    return [(code, _WORDS[code]) for code in _LOSSES[format] if _HOLDS[code](content)]


def _rows(content, *keys):
    return [row for key in keys for row in content.get(key) or () if isinstance(row, dict)]


def _has(*keys):
    return lambda content: any(content.get(key) for key in keys)


def _gap_rows(content):
    gaps = content["gaps"].values() if isinstance(content.get("gaps"), dict) else ()
    return [(gap, gap.get("options") or gap.get("answers") or ()) for gap in gaps]


def _markdown_of(value):
    if isinstance(value, str):
        return [value]
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in values for text in _markdown_of(item)]


_WORDS = {
    "hint": "the hint",
    "explanation": "the explanation",
    "feedback": "the feedback",
    "shuffle": "that the order stays fixed",
    "scoring": "the scoring all or nothing",
    "adjacent": "that neighbours in order earn a share (it becomes all or nothing)",
    "typed_feedback": "the feedback of the answers",
    "unit": "the unit",
    "relative": "the relative tolerance (it becomes absolute)",
    "tolerances": "the two tolerances of one answer (the narrower one stays)",
    "several_numbers": "all numbers but the first",
    "case": "that upper and lower case count",
    "wildcards": "the wildcards",
    "word_stars": "that a star stands for whole words",
    "display": "the right answer to show",
    "weights": "what partly right answers are worth",
    "rubric": "the rubric",
    "words": "the limits of words",
    "model_answer": "the model answer",
    "pair_feedback": "the feedback of the pairs",
    "order_feedback": "the feedback of the order",
    "gap_feedback": "the feedback of the gaps",
    "gap_details": "names, units and weights of the gaps",
    "else_feedback": "the feedback for all other answers",
    "pictures": "the pictures",
    "structure": "how it is answered and marked (it comes back as front and back)",
}
_HOLDS = {
    "hint": _has("hint"),
    "explanation": _has("explanation"),
    "feedback": lambda c: (
        any(row.get("feedback") for row in _rows(c, "options", "answers")) or bool(c.get("feedback"))
    ),
    "shuffle": lambda c: c.get("shuffle") is False,
    "scoring": lambda c: c.get("scoring") == "all_or_nothing",
    "adjacent": lambda c: c.get("scoring") == "adjacent",
    "typed_feedback": lambda c: any(row.get("feedback") for row in _rows(c, "answers")),
    "unit": _has("unit"),
    "relative": lambda c: any(row.get("relative") is not None for row in _rows(c, "answers")),
    "tolerances": lambda c: any(
        row.get("relative") is not None and row.get("absolute") is not None for row in _rows(c, "answers")
    ),
    "several_numbers": lambda c: any("value" in row for row in _rows(c, "answers")[1:]),
    "case": _has("case_sensitive"),
    "wildcards": lambda c: any(
        "*" in str(row.get("text", ""))
        for part in (c, *(gap for gap, _ in _gap_rows(c)))
        for row in _rows(part, "answers")
    ),
    "word_stars": lambda c: any(
        part.get("match") == "words" for part in (c, *(gap for gap, _ in _gap_rows(c)))
    ),
    "display": lambda c: any(part.get("display") for part in (c, *(gap for gap, _ in _gap_rows(c)))),
    "weights": lambda c: any(
        row.get("fraction") not in (None, 0, 1) for row in _rows(c, "options", "answers")
    ),
    "rubric": _has("rubric"),
    "words": _has("min_words", "max_words"),
    "model_answer": _has("model_answer"),
    "pair_feedback": lambda c: any(row.get("feedback") for row in _rows(c, "pairs")),
    "order_feedback": lambda c: bool(c.get("items") and c.get("feedback")),
    "gap_feedback": lambda c: any(
        gap.get("else_feedback") or any(row.get("feedback") for row in rows) for gap, rows in _gap_rows(c)
    ),
    "gap_details": lambda c: bool(_gap_rows(c)),
    "else_feedback": _has("else_feedback"),
    "pictures": lambda c: any(images_of(text) for text in _markdown_of(c)),
    "structure": lambda c: True,
}
_LOSSES = {
    "yaml": (),
    "gift": (
        *("hint", "shuffle", "scoring", "unit", "relative", "case", "rubric", "words", "model_answer"),
        *("pair_feedback", "pictures", "word_stars", "display"),
    ),
    "aiken": ("hint", "explanation", "feedback", "shuffle", "weights", "pictures"),
    "moodle_xml": (
        "scoring",
        "relative",
        "pair_feedback",
        "order_feedback",
        "gap_details",
        "rubric",
        "words",
        "word_stars",
        "display",
    ),
    "qti": (
        "hint",
        "scoring",
        "wildcards",
        "case",
        "several_numbers",
        "unit",
        "rubric",
        "words",
        "pair_feedback",
        "order_feedback",
        "gap_feedback",
        "adjacent",
        "typed_feedback",
        "else_feedback",
    ),
    "csv": (
        *("tolerances", "pair_feedback", "gap_feedback", "rubric", "words", "pictures"),
        *("word_stars", "display"),
    ),
    "xlsx": (
        *("tolerances", "pair_feedback", "gap_feedback", "rubric", "words", "pictures"),
        *("word_stars", "display"),
    ),
    "anki": ("structure",),
}


def lost_codes(format):
    """The codes of what this format has no place for (see `losses`)."""
    return _LOSSES[format]
