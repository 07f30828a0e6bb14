"""A word or a few, typed, and compared whole with case, spaces, quotes and dashes folded.

The first answer that fits, in the author's order, gives mark and feedback. What ``*`` stands for says `match`:
``words`` (a few whole words, none that negates) or ``characters`` (anything, as in Moodle). Content without it was
written when a star stood for anything, and keeps that meaning. `display` is the answer people are shown.
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
from content.questions.author_form import ELSE_FEEDBACK, Choice, Flag, Rows, Text
from content.questions.base import REMOVED, SHARED_TEXTS, Findings, as_flag, posted_text, tidied
from content.questions.hints import hints_on_typed
from content.text import fold
from content.wildcards import (
    has_star,
    has_star_at_both_ends,
    has_star_in_a_word,
    match,
    match_words,
    pieces,
)

NAME = "Short text"
DESCRIPTION = "A word or a few, typed."
FIELDS = ("answers", "match", "display", "case_sensitive", "else_feedback")
TEXTS = SHARED_TEXTS | {("answers", "*", "feedback"): "flow", ("else_feedback",): "flow"}
ANSWER = (
    Text("text", "Answer", help="A * leaves a place open: what may stand there is chosen below."),
    Text("fraction", "Worth", help="Empty: the whole mark. 0 for a known wrong answer."),
    Text("feedback", "Feedback", 2),
)
MATCHES = (("words", "Up to three whole words"), ("characters", "Any letters, also parts of words"))
MATCH = Choice(
    "match", "A * in an answer stands for", MATCHES, help="Whole words are safer: “not” and “or” do not fit."
)
DISPLAY = Text(
    "display",
    "The right answer, as readers are shown it",
    help="Empty: the first right answer above. Needed where that one has a *.",
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
    MATCH,
    DISPLAY,
    Flag("case_sensitive", "Capitals and small letters count"),
    ELSE_FEEDBACK,
)


def normalise(content):
    content = tidied(content, FIELDS)
    if not isinstance(content, dict):
        return content
    content = with_answers(content)
    if not content.get("display"):
        content.pop("display", None)
    if content.get("match") in ("", None) or not _has_stars(content):
        content.pop("match", None)
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
    findings.one_of(content, "match", path, ("words", "characters"))
    display = findings.text(content, "display", path)
    for where, answer in check_answer_rows(findings, content, path, fields=("text", "fraction", "feedback")):
        text = findings.text(answer, "text", where, required=True)
        if text and answer.get("fraction") != 0 and not fold("".join(pieces(text))):
            findings.error((*where, "text"), "this answer fits everything; say what is wanted", "too-wide")
        elif text:
            _check_stars(findings, content, answer, text, (*where, "text"))
    if not findings.has_errors:
        check_reachable(
            findings, content, path, lambda text: _fitting(content, text), lambda a: _example(a["text"])
        )
    if not findings.has_errors:
        _check_display(findings, content, display, path)


def _check_stars(findings, content, answer, text, where):
    if answer.get("fraction") != 0 and has_star_at_both_ends(text):
        say = (
            "a star at both ends accepts every sentence with these words in it, also what is wrong; write out "
            'what is accepted, or write "match: characters" if every such sentence is right'
        )
        if content.get("match") == "characters":
            findings.warning(where, say, "star-both-ends")
        else:
            findings.error(where, say, "star-both-ends")
    elif answer.get("fraction") != 0 and has_star(text) and not content.get("match"):
        say = 'say what the star stands for: "match: words" (whole words) or "match: characters" (anything)'
        findings.warning(where, say, "star-unsaid")
    if content.get("match") == "words" and has_star_in_a_word(text):
        findings.error(
            where, 'a star stands for whole words; set "match" to characters for letters', "star-in-word"
        )


def _check_display(findings, content, display, path):
    first = next(answer for answer in content["answers"] if answer_fraction(answer) == 1)
    if display:
        if answer_fraction(_fitting(content, display) or {"fraction": 0}) != 1:
            findings.error(
                (*path, "display"), "this answer would not be marked right; show one that is", "display"
            )
    elif has_star(first["text"]):
        say = 'the right answer has a star; write the answer to show under "display"'
        if content.get("match") == "words":
            findings.error((*path, "display"), say, "display-missing")
        else:
            findings.warning((*path, "display"), say, "display-missing")


def form_of(content):
    """What has a star and says nothing of it was written when a star stood for anything."""
    return {"match": "characters"} | content if _has_stars(content) else content


def imported(content):
    """`content` from a format in which a star stands for any characters, told so where there is one."""
    return content | {"match": "characters"} if _has_stars(content) else content


def with_kept(old, new):
    """`new`, from a format without a place for `match` and `display`, with those of `old` that still fit it."""
    known, texts = _texts(old), _texts(new)
    if old.get("match") and texts and {text for text in texts if has_star(text)} <= set(known):
        new = new | {"match": old["match"]}
    shown = old.get("display")
    if shown and texts and not new.get("display"):
        fitting = _fitting(normalise(new), shown)
        if fitting and answer_fraction(fitting) == 1:
            new = new | {"display": shown}
    return new


def present(content, rng):
    return {}


def read(content, data):
    text = posted_text(data, "text").strip()
    return {"text": text} if text else None


def grade(content, response):
    return graded(content, response, _fitting(content, response["text"]) if response else None)


def correct(content):
    if content.get("display"):
        return {"text": content["display"]}
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
    instead = [REMOVED, f"({REMOVED})", "–"]
    if fitting:
        # With something in the place of a star, where an answer above takes the words without it.
        parts = pieces(fitting["text"])
        filled = [f"{parts[0]}{REMOVED}{''.join(parts[1:])}", REMOVED.join(parts)] if parts[1:] else []
        instead = [_example(fitting["text"]), *filled, *instead]
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
    """The first answer that the whole text fits, or None."""
    ignore_case = not content.get("case_sensitive")
    fits = match_words if content.get("match") == "words" else match
    folded = fold(text, ignore_case=ignore_case)
    return next(
        (a for a in content["answers"] if fits(fold(a["text"], ignore_case=ignore_case), folded)), None
    )


def _has_stars(content):
    return any(has_star(text) for text in _texts(content))


def _texts(content):
    """The texts of the answers, of a content that is not checked yet too; none if one of them is no text."""
    answers = content.get("answers")
    rows = answers if isinstance(answers, list) else []
    texts = [row.get("text") if isinstance(row, dict) else row for row in rows]
    return texts if all(isinstance(text, str) for text in texts) else []


def _example(pattern):
    """A text that fits the pattern: what stands between its stars."""
    parts = [part.strip() for part in pieces(pattern)]
    return (
        " ".join(part for part in parts if part)
        if match(pattern, " ".join(p for p in parts if p))
        else "".join(pieces(pattern)).strip()
    )
