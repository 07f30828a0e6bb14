"""One of several options is chosen. Options may be worth a part of the mark, or less than nothing."""

from content.markup import plain
from content.questions.author_form import OPTION, SHUFFLE, WHY_OPTION, Rows, Text
from content.questions.base import (
    SHARED_TEXTS,
    Findings,
    Grade,
    Part,
    Unreadable,
    as_flag,
    clamped,
    posted_ids,
    shuffled,
    tidied,
)
from content.questions.choosing import (
    OPTION_FIELDS,
    check_options,
    option_fraction,
    option_ids,
    options_laid_out,
    options_reviewed,
    texts_of,
    with_options,
)
from content.questions.hints import hints_on_choice

NAME = "Single choice"
DESCRIPTION = "Several options, one of them right."
FIELDS = ("options", "shuffle")
TEXTS = SHARED_TEXTS | {("options", "*", "text"): "inline", ("options", "*", "feedback"): "flow"}
PART_OF_THE_MARK = Text(
    "fraction", "Part of the mark", help="Only for an option that is partly right, for example 0.5."
)
FORM = (
    Rows(
        "options", "Options", "Add an option", (*OPTION, PART_OF_THE_MARK, WHY_OPTION), "Mark one as right."
    ),
    SHUFFLE,
)


def normalise(content):
    content = tidied(content, FIELDS)
    if not isinstance(content, dict):
        return content
    content = with_options(content)
    return tidied(content | {"shuffle": as_flag(content.get("shuffle", True))}, FIELDS)


def check(content):
    findings = Findings()
    if not findings.shared(content, FIELDS):
        return findings.problems
    findings.flag(content, "shuffle", ())
    check_one_key(findings, content, ())
    return findings.problems if findings.has_errors else findings.problems + hints(content)


def hints(content):
    return hints_on_choice(content)


def check_one_key(findings, content, path):
    """Options of which exactly one is correct, or which say what each is worth, one of them the whole."""
    rows = check_options(findings, content, path, fields=OPTION_FIELDS)
    for where, option in rows:
        findings.number(option, "fraction", where, least=-1, most=1)
        if option.get("correct") and option.get("fraction") not in (None, 1):
            findings.error(
                (*where, "fraction"), "an option that is correct is worth 1; leave one of the two out"
            )
    if findings.has_errors:
        return
    keys = [where for where, option in rows if option.get("correct")]
    if len(keys) > 1:
        findings.error(
            keys[1], "only one option can be correct here; for several use multiple_choice", "keys"
        )
    elif not any(option_fraction(option) == 1 for _, option in rows):
        findings.error((*path, "options"), "no option is correct; mark one with correct: true", "keys")


def present(content, rng):
    return {"order": shuffled(option_ids(content), rng, shuffle=content.get("shuffle", True))}


def read(content, data):
    chosen = posted_ids(data, "choice", option_ids(content))
    if len(chosen) > 1:
        raise Unreadable("Only one choice is possible here. Please choose again.")
    return {"choice": chosen[0]} if chosen else None


def grade(content, response):
    chosen = response["choice"] if response else None
    parts, fraction, feedback = [], 0.0, ""
    for option in content["options"]:
        worth = option_fraction(option)
        if option["id"] == chosen:
            fraction, feedback = clamped(worth), option.get("feedback", "")
        parts.append(
            Part(
                id=option["id"],
                fraction=worth if option["id"] == chosen else 0.0,
                chosen=option["id"] == chosen,
                right=worth == 1,
                feedback=option.get("feedback", ""),
            )
        )
    return Grade(fraction, tuple(parts), feedback)


def correct(content):
    return {"choice": next(option["id"] for option in content["options"] if option_fraction(option) == 1)}


def choices(content, response):
    return [response["choice"]] if response else []


def summary(content, response):
    return "; ".join(plain(text) for text in texts_of(content, choices(content, response)))


def same(content, a, b):
    return a == b


def guess(content):
    worths = [clamped(option_fraction(option)) for option in content["options"]]
    return sum(worths) / len(worths)


def laid_out(content, presented, response=None):
    return {"options": options_laid_out(content, presented, choices(content, response))}


def reviewed(content, presented, response, marks, *, show_key=True):
    return {"options": options_reviewed(content, presented, marks, show_key=show_key)}
