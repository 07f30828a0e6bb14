"""A question that comes back from a format keeps what that format has no place for. Pure."""

from content.formats.table import FORMATS, lost_codes
from content.questions import KINDS, short_text

# Codes of what a format loses → the fields of a content that hold it.
_FIELDS = {
    "hint": ("hint",),
    "explanation": ("explanation",),
    "shuffle": ("shuffle",),
    "scoring": ("scoring",),
    "unit": ("unit",),
    "case": ("case_sensitive",),
    "rubric": ("rubric",),
    "words": ("min_words", "max_words"),
    "model_answer": ("model_answer",),
    "feedback": ("feedback",),
    "order_feedback": ("feedback",),
}
# Codes → the rows whose feedback is lost, with the fields by which a row is known again.
_ROWS = {"feedback": ("options", ("text",)), "pair_feedback": ("pairs", ("left", "right"))}


def merged(format, kind, old, new):
    """`new` with the fields of `old` that a file of this format could not have held."""
    if format not in FORMATS:
        return new
    made = dict(new)
    if lost_codes(format):
        made = _with_typed(kind, old, made)
    for code in lost_codes(format):
        for name in _FIELDS.get(code, ()):
            if name in old and not _says(kind, new, name):
                made[name] = old[name]
        if code in _ROWS:
            made |= _with_feedback(old, made, *_ROWS[code])
        if code == "gap_feedback" and isinstance(made.get("gaps"), dict):
            made["gaps"] = {
                name: _merged_gap(old["gaps"].get(name), gap) for name, gap in made["gaps"].items()
            }
    return KINDS[kind].normalise(made)


def _with_typed(kind, old, new):
    """With what a star stands for and the answer to show, of the question or of its gaps."""
    if kind == "short_text":
        return short_text.with_kept(old, new)
    if kind != "gaps" or not isinstance(new.get("gaps"), dict):
        return new
    return new | {
        "gaps": {
            name: short_text.with_kept(old["gaps"][name], gap)
            if gap.get("kind") == old["gaps"].get(name, {}).get("kind") == "short_text"
            else gap
            for name, gap in new["gaps"].items()
        }
    }


def _says(kind, content, name):
    """Does the content hold a value of its own here, and not what it would have anyway?"""
    if name not in content:
        return False
    bare = {key: value for key, value in content.items() if key != name}
    return KINDS[kind].normalise(bare).get(name) != content[name]


def _merged_gap(old, new):
    if not old or old.get("kind") != new.get("kind"):
        return new
    made = dict(new)
    if old.get("else_feedback") and not made.get("else_feedback"):
        made["else_feedback"] = old["else_feedback"]
    for rows, known_by in (("options", ("text",)), ("answers", ("text", "value"))):
        made |= _with_feedback(old, made, rows, known_by)
    return made


def _with_feedback(old, new, rows, known_by):
    if not isinstance(new.get(rows), list) or not isinstance(old.get(rows), list):
        return {}

    def key(row):
        return tuple(row.get(name) for name in known_by)

    said = {key(row): row["feedback"] for row in old[rows] if row.get("feedback")}
    return {
        rows: [
            row if row.get("feedback") or key(row) not in said else {**row, "feedback": said[key(row)]}
            for row in new[rows]
        ]
    }
