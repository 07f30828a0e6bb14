"""A text of one's own, marked by a person with a rubric.

With text, `grade` gives a fraction of None: a person has to mark it. A blank essay earns 0 without anyone's work.
"""

from content.questions.author_form import Rows, Text
from content.questions.base import (
    ANSWER_LENGTH,
    REMOVED,
    SHARED_TEXTS,
    STEM_LENGTH,
    Findings,
    Grade,
    as_number,
    convert,
    posted_text,
    tidied,
    with_ids,
    without_empty,
)
from content.questions.hints import hint, hints_on_task
from content.text import fold

NAME = "Essay"
DESCRIPTION = "A text of the learner’s own, marked by a person."
MARKED_BY_HAND = True
FIELDS = ("rubric", "model_answer", "min_words", "max_words")
TEXTS = SHARED_TEXTS | {
    ("rubric", "*", "criterion"): "inline",
    ("rubric", "*", "description"): "flow",
    ("model_answer",): "flow",
}
ESSAY_LENGTH = 5 * ANSWER_LENGTH
MOST_WORDS = 5_000
CRITERION = (
    Text("criterion", "Criterion"),
    Text("points", "Points"),
    Text("description", "What earns them", 2),
)
FORM = (
    Rows("rubric", "Rubric", "Add a criterion", CRITERION, at_first=3),
    Text("model_answer", "Model answer", 5, longest=STEM_LENGTH),
    Text("min_words", "At least, words"),
    Text("max_words", "At most, words"),
)


def normalise(content):
    content = tidied(content, FIELDS)
    if not isinstance(content, dict):
        return content
    if "rubric" in content:
        content["rubric"] = with_ids(content["rubric"])
        convert(content["rubric"], "points", as_number)
        without_empty(content["rubric"], "description")
    for key in ("min_words", "max_words"):
        if key in content:
            content[key] = as_number(content[key])
    return content


def check(content):
    findings = Findings()
    if not findings.shared(content, FIELDS):
        return findings.problems
    if "rubric" in content:
        fields = ("criterion", "points", "description")
        for where, row in findings.rows(
            content, "rubric", (), fields=fields, least=1, most=20, what="criterion"
        ):
            findings.text(row, "criterion", where, required=True)
            findings.text(row, "description", where)
            findings.number(row, "points", where, least=0, most=1000, required=True)
    findings.text(content, "model_answer", (), max_length=STEM_LENGTH)
    least = findings.number(content, "min_words", (), least=0, most=MOST_WORDS, whole=True)
    most = findings.number(content, "max_words", (), least=1, most=MOST_WORDS, whole=True)
    if least and most and least > most:
        findings.error(("max_words",), f'"max_words" is less than "min_words" ({least})', "words")
    if (
        not findings.has_errors
        and content.get("rubric")
        and not sum(row["points"] for row in content["rubric"])
    ):
        findings.error(("rubric",), "the rubric has no points to give", "points")
    return findings.problems if findings.has_errors else findings.problems + hints(content)


def hints(content):
    found = hints_on_task(content)
    if not content.get("rubric"):
        found.append(
            hint("no-rubric", (), "without a rubric two markers will differ; name criteria and points")
        )
    if not content.get("model_answer"):
        found.append(
            hint(
                "no-model-answer",
                (),
                "there is no model answer; write one to see whether the task can be done",
            )
        )
    return found


def present(content, rng):
    return {}


def read(content, data):
    text = posted_text(data, "essay", max_length=ESSAY_LENGTH, multiline=True).strip()
    return {"text": text} if text else None


def grade(content, response):
    return Grade(None) if response else Grade(0.0)


def correct(content):
    """The model answer: right in the author's eyes, though only a person can say so."""
    return {"text": content.get("model_answer") or "The author has not written a model answer."}


def choices(content, response):
    return []


def summary(content, response):
    return response["text"] if response else ""


def without_words(content, response):
    """Still a text, so that it is not marked as a blank one."""
    return {"text": REMOVED}


def same(content, a, b):
    """The same words; other line ends or spaces are no new try."""
    return fold((a or {}).get("text", ""), ignore_case=False) == fold(
        (b or {}).get("text", ""), ignore_case=False
    )


def guess(content):
    return 0.0


def points(content):
    """The highest sum that the rubric can give, or None without a rubric."""
    return sum(row["points"] for row in content.get("rubric", ())) or None


def laid_out(content, presented, response=None):
    return {
        "text": response["text"] if response else "",
        "criteria": [{"criterion": r["criterion"], "points": r["points"]} for r in content.get("rubric", ())],
        "min_words": content.get("min_words"),
        "max_words": content.get("max_words"),
    }


def reviewed(content, presented, response, marks, *, show_key=True):
    return {
        "text": response["text"] if response else "",
        "words": len(response["text"].split()) if response else 0,
        "rubric": content.get("rubric", []) if show_key else [],
        "model_answer": content.get("model_answer", "") if show_key else "",
        "needs_marking": marks.needs_marking,
    }
