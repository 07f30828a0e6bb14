"""A statement is true or false, with a reason for either answer."""

from content.questions.author_form import Choice, Text
from content.questions.base import (
    SHARED_TEXTS,
    Findings,
    Grade,
    Part,
    Unreadable,
    as_flag,
    posted_ids,
    tidied,
)
from content.questions.hints import hints_on_statement

NAME = "True or false"
DESCRIPTION = "A statement to be judged, with a reason for either answer."
FIELDS = ("answer", "feedback")
TEXTS = SHARED_TEXTS | {("feedback", "*"): "flow"}
WORDS = {"true": "True", "false": "False"}
STEM = Text("stem", "Statement", help="Markdown. The statement to be judged; ends with a full stop.")
FORM = (
    Choice("answer", "The statement is", tuple(WORDS.items()), spread=True),
    Text("feedback.true", "Said to those who answer true", 2),
    Text("feedback.false", "Said to those who answer false", 2),
)


def normalise(content):
    content = tidied(content, FIELDS)
    if not isinstance(content, dict):
        return content
    if "answer" in content:
        content["answer"] = as_flag(content["answer"])
    if isinstance(content.get("feedback"), dict):
        # YAML reads an unquoted true as a value, JSON knows only text as a key.
        named = {
            (str(key).lower() if isinstance(key, bool) else key): text
            for key, text in content["feedback"].items()
        }
        content["feedback"] = {key: named[key] for key in ("true", "false") if key in named} | named
    return content


def check(content):
    findings = Findings()
    if not findings.shared(content, FIELDS):
        return findings.problems
    findings.flag(content, "answer", (), required=True)
    feedback = content.get("feedback", {})
    if findings.keys(feedback, ("feedback",), tuple(WORDS)):
        for word in WORDS:
            findings.text(feedback, word, ("feedback",))
    return findings.problems if findings.has_errors else findings.problems + hints(content)


def hints(content):
    return hints_on_statement(content)


def present(content, rng):
    return {}


def read(content, data):
    chosen = posted_ids(data, "answer", list(WORDS))
    if len(chosen) > 1:
        raise Unreadable("Only one choice is possible here. Please choose again.")
    return {"answer": chosen[0] == "true"} if chosen else None


def grade(content, response):
    chosen = choices(content, response)
    right = _word(content["answer"])
    feedback = content.get("feedback", {})
    parts = tuple(
        Part(
            id=word,
            fraction=1.0 if word == right and word in chosen else 0.0,
            chosen=word in chosen,
            right=word == right,
            feedback=feedback.get(word, ""),
        )
        for word in WORDS
    )
    return Grade(1.0 if chosen == [right] else 0.0, parts, feedback.get(chosen[0], "") if chosen else "")


def correct(content):
    return {"answer": content["answer"]}


def choices(content, response):
    return [_word(response["answer"])] if response else []


def summary(content, response):
    return WORDS[_word(response["answer"])] if response else ""


def same(content, a, b):
    return a == b


def guess(content):
    return 0.5


def laid_out(content, presented, response=None):
    chosen = choices(content, response)
    return {"options": [{"id": word, "text": text, "chosen": word in chosen} for word, text in WORDS.items()]}


def reviewed(content, presented, response, marks, *, show_key=True):
    feedback = content.get("feedback", {})
    rows = []
    for part in marks.parts:
        told = show_key or part.chosen
        rows.append(
            {
                "id": part.id,
                "text": WORDS[part.id],
                "chosen": part.chosen,
                "right": part.right if told else None,
                "partly": False,
                "feedback": feedback.get(part.id, "") if told else "",
            }
        )
    return {"options": rows}


def _word(answer):
    return "true" if answer else "false"
