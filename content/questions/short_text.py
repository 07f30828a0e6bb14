"""A word or a few, typed, and compared whole with case, spaces, quotes and dashes folded.

``*`` in an answer stands for anything. The first answer that fits, in the author's
order, gives mark and feedback.
"""

from content.questions.answering import (
    ELSE,
    answer_fraction,
    check_answer_rows,
    check_reachable,
    feedback_for,
    graded,
    with_answers,
)
from content.questions.author_form import ELSE_FEEDBACK, Flag, Rows, Text
from content.questions.base import REMOVED, SHARED_TEXTS, Findings, as_flag, posted_text, tidied
from content.questions.hints import hints_on_typed
from content.text import fold
from content.wildcards import match, pieces

NAME = "Short text"
DESCRIPTION = "A word or a few, typed."
FIELDS = ("answers", "case_sensitive", "else_feedback")
TEXTS = SHARED_TEXTS | {("answers", "*", "feedback"): "flow", ("else_feedback",): "flow"}
ANSWER = (
    Text("text", "Answer", help="* stands for anything."),
    Text("fraction", "Worth", help="Empty: the whole mark. 0 for a known wrong answer."),
    Text("feedback", "Feedback", 2),
)
FORM = (
    Rows(
        "answers",
        "Answers",
        "Add an answer",
        ANSWER,
        "The first that fits decides, from the top.",
        at_first=2,
    ),
    Flag("case_sensitive", "Capitals and small letters count"),
    ELSE_FEEDBACK,
)


def normalise(content):
    content = tidied(content, FIELDS)
    if not isinstance(content, dict):
        return content
    content = with_answers(content)
    return tidied(content | {"case_sensitive": as_flag(content.get("case_sensitive", False))}, FIELDS)


def check(content):
    findings = Findings()
    if not findings.shared(content, FIELDS):
        return findings.problems
    check_answers(findings, content, ())
    return findings.problems if findings.has_errors else findings.problems + hints(content)


def hints(content):
    return hints_on_typed(content)


def check_answers(findings, content, path):
    findings.flag(content, "case_sensitive", path)
    for where, answer in check_answer_rows(findings, content, path, fields=("text", "fraction", "feedback")):
        text = findings.text(answer, "text", where, required=True)
        if text and answer.get("fraction") != 0 and not fold("".join(pieces(text))):
            findings.error((*where, "text"), "this answer fits everything; say what is wanted", "too-wide")
    if not findings.has_errors:
        check_reachable(
            findings, content, path, lambda text: _fitting(content, text), lambda a: _example(a["text"])
        )


def present(content, rng):
    return {}


def read(content, data):
    text = posted_text(data, "text").strip()
    return {"text": text} if text else None


def grade(content, response):
    return graded(content, response, _fitting(content, response["text"]) if response else None)


def correct(content):
    for answer in content["answers"]:
        text = _example(answer["text"])
        if answer_fraction(answer) == 1 and answer_fraction(_fitting(content, text) or {"fraction": 0}) == 1:
            return {"text": text}
    raise ValueError("no answer of this question is fully right; check() says so")


def choices(content, response):
    if not response:
        return []
    fitting = _fitting(content, response["text"])
    return [fitting["id"] if fitting else ELSE]


def summary(content, response):
    return response["text"] if response else ""


def without_words(content, response):
    """The author's words for the answer that fitted; where none did, words that fit none either."""
    fitting = _fitting(content, response["text"])
    instead = ([_example(fitting["text"])] if fitting else []) + [REMOVED, f"({REMOVED})", "–"]
    return {"text": next((text for text in instead if _fitting(content, text) is fitting), REMOVED)}


def same(content, a, b):
    if not a or not b:
        return not a and not b
    ignore_case = not content.get("case_sensitive")
    return fold(a["text"], ignore_case=ignore_case) == fold(b["text"], ignore_case=ignore_case)


def guess(content):
    return 0.0


def laid_out(content, presented, response=None):
    return {"text": response["text"] if response else ""}


def reviewed(content, presented, response, marks, *, show_key=True):
    return {
        "text": response["text"] if response else "",
        "feedback": feedback_for(content, marks),
        "key": correct(content)["text"] if show_key else "",
    }


def _fitting(content, text):
    """The first answer whose pattern the whole text fits, or None."""
    ignore_case = not content.get("case_sensitive")
    folded = fold(text, ignore_case=ignore_case)
    return next(
        (a for a in content["answers"] if match(fold(a["text"], ignore_case=ignore_case), folded)), None
    )


def _example(pattern):
    """A text that fits the pattern: what stands between its stars."""
    parts = [part.strip() for part in pieces(pattern)]
    return (
        " ".join(part for part in parts if part)
        if match(pattern, " ".join(p for p in parts if p))
        else "".join(pieces(pattern)).strip()
    )
