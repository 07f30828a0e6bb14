"""A text with gaps, ``{{name}}``, each filled by a choice, a short text or a number. Score: the mean of its gaps."""

import re

from content.markup import render_flow
from content.questions import numeric, short_text, single_choice
from content.questions.author_form import Choice, Flag, Rows, Text
from content.questions.base import (
    SHARED_TEXTS,
    STEM_LENGTH,
    Findings,
    Grade,
    Part,
    Unreadable,
    clamped,
    posted,
    tidied,
)
from content.questions.hints import hints_on_choice, hints_on_number, hints_on_task, hints_on_typed

NAME = "Gaps in a text"
DESCRIPTION = "A text with gaps to be filled."
FIELDS = ("text", "gaps")
TEXTS = SHARED_TEXTS | {
    ("text",): "flow",
    ("gaps", "*", "options", "*", "text"): "plain",  # it stands in a select, which shows no markup
    ("gaps", "*", "options", "*", "feedback"): "flow",
    ("gaps", "*", "answers", "*", "feedback"): "flow",
    ("gaps", "*", "else_feedback"): "flow",
}
GAP_KINDS = {"choice": single_choice, "short_text": short_text, "numeric": numeric}
_FIELD = {"choice": "choice", "short_text": "text", "numeric": "number"}
_GAP_FIELDS = {kind: ("kind", *module.FIELDS) for kind, module in GAP_KINDS.items()}

GAP = (
    Text("name", "Gap", help="As in {{name}}."),
    Choice(
        "kind",
        "Filled by",
        (("choice", "Choose from a list"), ("short_text", "Type words"), ("numeric", "Type a number")),
    ),
    Text("unit", "Unit", help="Numbers only."),
    Choice("match", "A * stands for", short_text.MATCHES, help="Words only."),
    Text(
        "display",
        "The right answer, as readers are shown it",
        help="Words only. Needed where the first has a *.",
    ),
    Flag("case_sensitive", "Capitals count", help="Words only."),
    Text("else_feedback", "Feedback when nothing fits", 2),
)
GAP_ANSWER = (
    Text("gap", "Of the gap"),
    Text("text", "Option, words or number"),
    Flag("correct", "Right", help="Only for lists."),
    Text("absolute", "Give or take", help="Numbers only."),
    Text("relative", "or as a share", help="Numbers only."),
    Text("fraction", "Worth"),
    Text("feedback", "Feedback", 2),
)
FORM = (
    Text(
        "text",
        "Text with gaps",
        5,
        help="Write a gap as {{name}}: small letters, digits and hyphens.",
        longest=STEM_LENGTH,
    ),
    Rows("gaps", "Gaps", "Add a gap", GAP, at_first=2, blank=1, has_ids=False),
    Rows("gap_answers", "What fills them", "Add an answer", GAP_ANSWER),
)

_GAP = re.compile(r"\{\{ *([a-z0-9]+(?:[-_][a-z0-9]+)*) *\}\}")
_TAG = re.compile(r"<[^>]*>")


def normalise(content):
    content = tidied(content, FIELDS)
    if not isinstance(content, dict) or not isinstance(content.get("gaps"), dict):
        return content
    content["gaps"] = {name: _normalised_gap(gap) for name, gap in content["gaps"].items()}
    return content


def check(content):
    findings = Findings()
    if not findings.shared(content, FIELDS):
        return findings.problems
    text = findings.text(content, "text", (), required=True, max_length=STEM_LENGTH)
    gaps = content.get("gaps")
    if not isinstance(gaps, dict) or not gaps:
        findings.error(
            ("gaps",) if "gaps" in content else (), '"gaps" should name each gap of the text', "missing"
        )
        return findings.problems
    if len(gaps) > 30:
        findings.error(("gaps",), "a text can have at most 30 gaps", "count")
    _check_places(findings, text, gaps)
    for name, gap in gaps.items():
        _check_gap(findings, gap, ("gaps", name))
    return findings.problems if findings.has_errors else findings.problems + hints(content)


def hints(content):
    found = hints_on_task(content)
    ask = {"choice": hints_on_choice, "short_text": hints_on_typed, "numeric": hints_on_number}
    gaps = content.get("gaps")
    for name, gap in gaps.items() if isinstance(gaps, dict) else ():
        if isinstance(gap, dict) and gap.get("kind") in list(ask):
            found += ask[gap["kind"]](gap, at=("gaps", name))
    return found


def present(content, rng):
    drawn = {name: _module(gap).present(gap, rng) for name, gap in content["gaps"].items()}
    return {"order": {name: shown["order"] for name, shown in drawn.items() if shown}}


def read(content, data):
    answers = {}
    for number, name in enumerate(_in_text(content), 1):
        gap = content["gaps"][name]
        try:
            answer = _module(gap).read(gap, {_FIELD[gap["kind"]]: posted(data, f"gap-{name}")})
        except Unreadable as refusal:
            raise Unreadable(f"Gap {number}: {refusal}") from None
        if answer:
            answers[name] = answer
    return {"gaps": answers} if answers else None


def grade(content, response):
    answers = response["gaps"] if response else {}
    parts = []
    for name, gap in content["gaps"].items():
        marks = _module(gap).grade(gap, answers.get(name))
        share = marks.fraction / len(content["gaps"])
        parts.append(Part(name, share, name in answers, marks.verdict == "right", marks.feedback))
    return Grade(clamped(sum(part.fraction for part in parts)), tuple(parts))


def correct(content):
    return {"gaps": {name: _module(gap).correct(gap) for name, gap in content["gaps"].items()}}


def choices(content, response):
    answers = response["gaps"] if response else {}
    return [
        f"{name}:{choice}"
        for name, gap in content["gaps"].items()
        for choice in _module(gap).choices(gap, answers.get(name))
    ]


def summary(content, response):
    answers = response["gaps"] if response else {}
    return "; ".join(
        f"{name}: {_module(content['gaps'][name]).summary(content['gaps'][name], answers[name])}"
        for name in _in_text(content)
        if name in answers
    )


def without_words(content, response):
    answers = {
        name: module.without_words(content["gaps"][name], answer)
        if hasattr(module := _module(content["gaps"][name]), "without_words")
        else answer
        for name, answer in response["gaps"].items()
        if name in content["gaps"]
    }
    return {"gaps": answers}


def same(content, a, b):
    first, second = (a or {}).get("gaps", {}), (b or {}).get("gaps", {})
    return all(
        _module(gap).same(gap, first.get(name), second.get(name)) for name, gap in content["gaps"].items()
    )


def guess(content):
    return sum(_module(gap).guess(gap) for gap in content["gaps"].values()) / len(content["gaps"])


def laid_out(content, presented, response=None):
    answers = response["gaps"] if response else {}
    return {
        "pieces": [
            piece if "text" in piece else {"gap": _gap_laid_out(content, piece["gap"], presented, answers)}
            for piece in _pieces(content)
        ]
    }


def reviewed(content, presented, response, marks, *, show_key=True):
    answers = response["gaps"] if response else {}
    parts = {part.id: part for part in marks.parts}
    rows = {name: _gap_reviewed(content, name, answers, parts[name], show_key) for name in _in_text(content)}
    return {
        "pieces": [piece if "text" in piece else {"gap": rows[piece["gap"]]} for piece in _pieces(content)],
        "rows": list(rows.values()),
    }


# --- the author's form: gaps in one list, what fills them in another ---------------------------------------

_LIST = {"choice": "options", "short_text": "answers", "numeric": "answers"}
_ANSWER = {"choice": "text", "short_text": "text", "numeric": "value"}
_OF_GAP = {
    "choice": ("text", "correct", "fraction", "feedback"),
    "short_text": ("text", "fraction", "feedback"),
    "numeric": ("value", "absolute", "relative", "fraction", "feedback"),
}
_WITH_GAP = {
    "choice": (),
    "short_text": ("match", "display", "case_sensitive", "else_feedback"),
    "numeric": ("unit", "else_feedback"),
}


def form_of(content):
    gaps, answers = [], []
    for name, gap in (content.get("gaps") or {}).items():
        kind = gap.get("kind", "choice")
        gap = short_text.form_of(gap) if kind == "short_text" else gap
        gaps.append(
            {"name": name} | {key: value for key, value in gap.items() if key not in ("options", "answers")}
        )
        for row in gap.get(_LIST.get(kind, "answers"), ()):
            answers.append({"gap": name} | row | {"text": row.get(_ANSWER.get(kind, "text"), "")})
    return content | {"gaps": gaps, "gap_answers": answers}


def content_of(filled):
    made = {}
    answers = filled.pop("gap_answers", [])
    for row in filled.get("gaps", []):
        kind = row.get("kind") or "choice"
        gap = {"kind": kind} | {key: row[key] for key in _WITH_GAP[kind] if key in row}
        gap[_LIST[kind]] = [
            _of_gap(answer, kind)
            for answer in answers
            if answer.get("gap", "").strip() == row.get("name", "").strip()
        ]
        made[row.get("name", "").strip()] = gap
    return filled | {"gaps": made}


def _of_gap(answer, kind):
    row = {_ANSWER[kind]: answer.get("text", "")} | answer
    return {key: row[key] for key in ("id", *_OF_GAP[kind]) if key in row}


def place_in_form(path, content):
    """("gaps", name, "options", n, key) → the n-th answer of that gap among all answers."""
    if path[:1] != ("gaps",) or len(path) < 2:
        return path
    names = list(content.get("gaps", {}))
    if path[1] not in names:
        return ("text",)
    if len(path) < 4 or not isinstance(path[3], int):
        return ("gaps", names.index(path[1]), *path[2:3])
    before = sum(len(_rows(content["gaps"][name])) for name in names[: names.index(path[1])])
    key = "text" if path[4:5] in (("value",), ()) else path[4]
    return ("gap_answers", before + path[3], key)


def _rows(gap):
    return gap.get(_LIST.get(gap.get("kind"), "answers"), ())


# --- inside ------------------------------------------------------------------------------------------------


def _module(gap):
    return GAP_KINDS[gap["kind"]]


def _normalised_gap(gap):
    if not isinstance(gap, dict) or gap.get("kind") not in list(GAP_KINDS):
        return gap
    kind = gap["kind"]
    return {"kind": kind} | _module(gap).normalise(
        {key: value for key, value in gap.items() if key != "kind"}
    )


def _in_text(content):
    """The names of the gaps in the order of the text."""
    return [name for name in dict.fromkeys(_GAP.findall(content["text"])) if name in content["gaps"]]


def _pieces(content):
    """The text (source or HTML) cut at its gaps: {"text": …} and {"gap": name} in turn."""
    parts = _GAP.split(content["text"])
    pieces = [{"gap": part} if index % 2 else {"text": part} for index, part in enumerate(parts)]
    return [piece for piece in pieces if piece.get("text") != ""]


def _gap_laid_out(content, name, presented, answers):
    gap = content["gaps"][name]
    order = ((presented or {}).get("order") or {}).get(name)
    shown = _module(gap).laid_out(gap, {"order": order}, answers.get(name))
    return {"kind": gap["kind"], "field": f"gap-{name}", "number": _in_text(content).index(name) + 1} | shown


def _gap_reviewed(content, name, answers, part, show_key):
    gap = content["gaps"][name]
    module, answer = _module(gap), answers.get(name)
    return {
        "number": _in_text(content).index(name) + 1,
        "answer": module.summary(gap, answer),
        "right": part.right,
        "key": module.summary(gap, module.correct(gap)) if show_key else "",
        "feedback": module.grade(gap, answer).feedback,
    }


def _check_places(findings, text, gaps):
    """Every gap stands in the text once, and where a field can stand."""
    names = _GAP.findall(text)
    for name in dict.fromkeys(names):
        if name not in gaps:
            findings.error(("text",), f'the gap "{name}" is in the text but not under gaps', "gap-undefined")
        elif names.count(name) > 1:
            findings.error(
                ("text",), f'the gap "{name}" stands in the text twice; give each its own name', "gap-twice"
            )
    shown = _GAP.findall(_TAG.sub("", render_flow(text)))
    for name in gaps:
        if name not in names:
            findings.error(
                ("gaps", name), f"the text has no {{{{{name}}}}}; put it where the gap is", "gap-unused"
            )
        elif name not in shown:
            findings.error(
                ("text",), f'the gap "{name}" stands inside a link or an attribute; move it out', "gap-place"
            )


def _check_gap(findings, gap, path):
    if not isinstance(gap, dict) or gap.get("kind") not in list(GAP_KINDS):
        findings.error(path, f"a gap needs a kind: {', '.join(GAP_KINDS)}", "gap-kind")
        return
    # Whether an answer can be reached is asked of sound gaps only, whatever the others are like.
    inner = Findings()
    if inner.keys(gap, path, _GAP_FIELDS[gap["kind"]]):
        if gap["kind"] == "choice":
            inner.flag(gap, "shuffle", path)
            single_choice.check_one_key(inner, gap, path)
        else:
            _module(gap).check_answers(inner, gap, path)
    findings.problems += inner.problems
