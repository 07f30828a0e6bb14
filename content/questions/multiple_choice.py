"""Every option that applies is ticked ("select all").

Scoring `net_correct` (default): max(0, right ticks − wrong ticks) ÷ number of right options, so that ticking
everything earns nothing and leaving out one costs one share. `all_or_nothing`: 1 for exactly the right ones.
"""

from math import comb

from content.markup import plain
from content.questions.author_form import OPTION, SHUFFLE, WHY_OPTION, Choice, Rows
from content.questions.base import (
    SHARED_TEXTS,
    Findings,
    Grade,
    Part,
    as_flag,
    clamped,
    posted_ids,
    shuffled,
    tidied,
)
from content.questions.choosing import (
    check_options,
    option_ids,
    options_laid_out,
    options_reviewed,
    texts_of,
    with_options,
)
from content.questions.hints import hints_on_choice

NAME = "Select all that apply"
DESCRIPTION = "Several options, some of them right."
FIELDS = ("options", "scoring", "shuffle")
TEXTS = SHARED_TEXTS | {("options", "*", "text"): "inline", ("options", "*", "feedback"): "flow"}
SCORINGS = ("net_correct", "all_or_nothing")
FORM = (
    Rows("options", "Options", "Add an option", (*OPTION, WHY_OPTION), "Mark every right one."),
    Choice(
        "scoring",
        "Scoring",
        (
            ("net_correct", "Right ticks minus wrong ticks, out of the right ones"),
            ("all_or_nothing", "All or nothing"),
        ),
    ),
    SHUFFLE,
)


def normalise(content):
    content = tidied(content, FIELDS)
    if not isinstance(content, dict):
        return content
    content = with_options(content)
    content = {"scoring": "net_correct", "shuffle": True} | content
    return tidied(content | {"shuffle": as_flag(content["shuffle"])}, FIELDS)


def check(content):
    findings = Findings()
    if not findings.shared(content, FIELDS):
        return findings.problems
    findings.flag(content, "shuffle", ())
    findings.one_of(content, "scoring", (), SCORINGS)
    check_options(findings, content, (), fields=("text", "correct", "feedback"))
    if not findings.has_errors and not _keys(content):
        findings.error(("options",), "no option is correct; mark each right one with correct: true", "keys")
    return findings.problems if findings.has_errors else findings.problems + hints(content)


def hints(content):
    return hints_on_choice(content, several=True)


def present(content, rng):
    return {"order": shuffled(option_ids(content), rng, shuffle=content.get("shuffle", True))}


def read(content, data):
    chosen = posted_ids(data, "choice", option_ids(content))
    return {"choices": sorted(chosen)} if chosen else None


def grade(content, response):
    chosen = choices(content, response)
    keys = _keys(content)
    parts = []
    for option in content["options"]:
        right, ticked = option["id"] in keys, option["id"] in chosen
        share = (1 if right else -1) / len(keys) if ticked else 0.0
        parts.append(Part(option["id"], share, ticked, right, option.get("feedback", "")))
    return Grade(_score(content, set(chosen), keys), tuple(parts))


def correct(content):
    return {"choices": sorted(_keys(content))}


def choices(content, response):
    return list(response["choices"]) if response else []


def summary(content, response):
    return "; ".join(plain(text) for text in texts_of(content, choices(content, response)))


def same(content, a, b):
    return set(choices(content, a)) == set(choices(content, b))


def guess(content):
    """All sets of ticks but the empty one are equally likely to a blind reader."""
    right, options = len(_keys(content)), len(content["options"])
    wrong, sets = options - right, 2**options - 1
    if content.get("scoring") == "all_or_nothing":
        return 1 / sets
    return (
        sum(
            comb(right, r) * comb(wrong, w) * max(0, r - w) / right
            for r in range(right + 1)
            for w in range(wrong + 1)
        )
        / sets
    )


def laid_out(content, presented, response=None):
    return {
        "options": options_laid_out(content, presented, choices(content, response)),
        "scoring": content.get("scoring", "net_correct"),
    }


def reviewed(content, presented, response, marks, *, show_key=True):
    return {"options": options_reviewed(content, presented, marks, show_key=show_key)}


def _keys(content):
    return {option["id"] for option in content["options"] if option.get("correct")}


def _score(content, ticked, keys):
    if content.get("scoring") == "all_or_nothing":
        return 1.0 if ticked == keys else 0.0
    return clamped((len(ticked & keys) - len(ticked - keys)) / len(keys))
