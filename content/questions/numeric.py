"""A number, typed as people type numbers, compared exactly.

An answer fits if |x − a| ≤ absolute, or |x − a| ≤ |a| · relative; if both are given, both must hold; if
neither, the two must be equal. Bounds are inclusive, with room for rounding of one part in 10¹² of a.
What cannot be read as a number is not understood, never wrong.
"""

from fractions import Fraction
from math import isfinite

from content.numbers import LARGEST, NotANumber, as_text, exact, readings
from content.questions.answering import (
    ELSE,
    answer_fraction,
    check_answer_rows,
    check_reachable,
    feedback_for,
    graded,
    with_answers,
)
from content.questions.author_form import ELSE_FEEDBACK, Rows, Text
from content.questions.base import SHARED_TEXTS, Findings, Unreadable, posted_text, tidied
from content.questions.hints import hints_on_number
from content.text import fold

NAME = "Number"
DESCRIPTION = "A number, with a tolerance."
FIELDS = ("answers", "unit", "else_feedback")
TEXTS = SHARED_TEXTS | {("answers", "*", "feedback"): "flow", ("else_feedback",): "flow"}
ANSWER = (
    Text("value", "Number"),
    Text("absolute", "Give or take", help="In the same unit."),
    Text("relative", "or as a share", help="0.05 is five per cent of the number."),
    Text("fraction", "Worth", help="Empty: the whole mark."),
    Text("feedback", "Feedback", 2),
)
FORM = (
    Rows("answers", "Answers", "Add an answer", ANSWER, at_first=1, blank=1),
    Text("unit", "Unit", help="Shown behind the field, for example soldiers or %."),
    ELSE_FEEDBACK,
)
EPSILON = Fraction(1, 10**12)
PER_CENT_SIGNS = "%\u066a\uff05\ufe6a"
PER_CENT = ("%", "\u066a", "per cent", "percent")
LONGEST = 200  # of a number with its unit, in characters


def normalise(content):
    content = tidied(content, FIELDS)
    if not isinstance(content, dict):
        return content
    content = with_answers(content)
    for answer in content["answers"] if isinstance(content.get("answers"), list) else ():
        if not isinstance(answer, dict):
            continue
        if "text" in answer and "value" not in answer:
            answer["value"] = answer.pop("text")
        for key in ("value", "absolute", "relative"):
            if key in answer:
                answer[key] = _stored(answer[key])
    return content


def check(content):
    findings = Findings()
    if not findings.shared(content, FIELDS):
        return findings.problems
    check_answers(findings, content, ())
    return findings.problems if findings.has_errors else findings.problems + hints(content)


def hints(content):
    return hints_on_number(content)


def check_answers(findings, content, path):
    findings.text(content, "unit", path, max_length=40)
    fields = ("value", "absolute", "relative", "fraction", "feedback")
    for where, answer in check_answer_rows(findings, content, path, fields=fields):
        value = _number(findings, answer, "value", where, required=True)
        _number(findings, answer, "absolute", where, negative=False)
        relative = _number(findings, answer, "relative", where, negative=False)
        if value == 0 and relative is not None:
            findings.error(
                (*where, "relative"), "a share of 0 is 0; give an absolute tolerance", "relative-to-zero"
            )
    if not findings.has_errors:
        check_reachable(
            findings, content, path, lambda value: _fitting(content, [value]), lambda a: exact(a["value"])
        )


def present(content, rng):
    return {}


def read(content, data):
    text = posted_text(data, "number").strip()
    if not text:
        return None
    try:
        values = readings(_without_unit(text, content.get("unit", "")))
    except NotANumber as refusal:
        raise Unreadable(str(refusal)) from None
    response = {"text": text, "value": as_text(values[0])}
    if len(values) > 1:
        # "1,234" and "157.800" have two readings; the one that earns more counts.
        response["also"] = as_text(values[1])
    return response


def grade(content, response):
    return graded(content, response, _fitting(content, _values(response)))


def correct(content):
    for answer in content["answers"]:
        value = exact(answer["value"])
        if (
            answer_fraction(answer) == 1
            and answer_fraction(_fitting(content, [value]) or {"fraction": 0}) == 1
        ):
            return {"text": as_text(value), "value": as_text(value)}
    raise ValueError("no answer of this question is fully right; check() says so")


def choices(content, response):
    if not response:
        return []
    fitting = _fitting(content, _values(response))
    return [fitting["id"] if fitting else ELSE]


def summary(content, response):
    return response["text"] if response else ""


def without_words(content, response):
    return response | {"text": response["value"]}


def same(content, a, b):
    return _values(a) == _values(b)


def guess(content):
    return 0.0


def laid_out(content, presented, response=None):
    return {"text": response["text"] if response else "", "unit": content.get("unit", "")}


def reviewed(content, presented, response, marks, *, show_key=True):
    return {
        "text": response["text"] if response else "",
        "unit": content.get("unit", ""),
        "feedback": feedback_for(content, marks),
        "key": grouped(correct(content)["value"]) if show_key else "",
    }


def grouped(value):
    """``"157800"`` → ``"157,800"``: five digits and more before the point are grouped."""
    whole, point, decimals = value.partition(".")
    digits = whole.lstrip("-")
    if not digits.isdecimal() or len(digits) < 5:
        return value
    return f"{'−' if whole.startswith('-') else ''}{int(digits):,}{point}{decimals}"


def fits(answer, value):
    """Does `value` (a Fraction) lie within the tolerance of the answer?"""
    wanted = exact(answer["value"])
    distance, room = abs(value - wanted), abs(wanted) * EPSILON
    absolute, relative = answer.get("absolute"), answer.get("relative")
    if absolute is None and relative is None:
        return distance <= room
    if absolute is not None and distance > exact(absolute) + room:
        return False
    return relative is None or distance <= abs(wanted) * exact(relative) + room


def _fitting(content, values):
    """The first answer that fits; of two readings the one that earns more, at a tie the more usual."""
    found = [next((answer for answer in content["answers"] if fits(answer, value)), None) for value in values]
    return max((answer for answer in found if answer), key=answer_fraction, default=None)


def _values(response):
    return [Fraction(response[key]) for key in ("value", "also") if key in response] if response else []


def _without_unit(text, unit):
    """`text` without the unit behind it, if the reader wrote it. Where the unit is per cent, its sign is the unit
    in every shape and on either side; elsewhere ``45 %`` stays a number of per cent."""
    wanted = fold(unit)
    if not wanted or len(text) > LONGEST:
        return text
    if wanted in PER_CENT:
        bare = text.strip().strip(PER_CENT_SIGNS)
        if bare != text.strip():
            return bare
    # Folding may change lengths, so the place to cut is where the folded end is the unit.
    cuts = (cut for cut in range(1, len(text)) if fold(text[cut:]) == wanted)
    return text[: next(cuts, len(text))]


def _number(findings, answer, key, path, *, required=False, negative=True):
    if answer.get(key) is None:
        if required:
            findings.error(path, f'"{key}" is missing', "missing")
        return None
    try:
        value = exact(answer[key])
    except NotANumber as refusal:
        findings.error((*path, key), str(refusal), "type")
        return None
    if value < 0 and not negative:
        findings.error((*path, key), f'"{key}" cannot be negative', "type")
    return value


def _stored(value):
    """Numbers are kept as text, as the author wrote them: 0.1 stays 0.1 and 6.626e-34 stays readable."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(value) if abs(value) < LARGEST and isfinite(value) else value
