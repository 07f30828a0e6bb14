"""Rules of item writing that no question breaks by itself: what a reader learns to guess from all of them.

After Haladyna, Downing and Rodriguez (2002). Below FEW questions of a sort a share is chance, and nothing is said.
"""

from collections import Counter

from content.coursefiles.nodes import Place
from content.coursefiles.problems import Report
from content.markup import plain

FEW = 20
TOP = Place(1, 1)
ORDINALS = ("first", "second", "third")


def check_balance(course, report: Report):
    """Warn where keys, lengths or truth of a course's questions lean to one side."""
    ready = [question.data for question in course.questions if question.data["state"] == "ready"]
    for message in (*_on_choices(ready), *_on_statements(ready)):
        report.warn(course.course.file, TOP, message)
    for question in course.questions:
        for content in _numeric(question.data):
            if not all("absolute" in answer or "relative" in answer for answer in content["answers"]):
                message = "an answer has no tolerance, so it counts only to the last digit; say how near is near enough"
                report.warn(question.file, question.place(), message)


def _on_choices(questions):
    choices = [
        choice
        for question in questions
        if question["kind"] == "single_choice"
        for choice in _choice(question)
    ]
    if len(choices) >= FEW:
        longest = sum(lengths[key] > max(lengths[:key] + lengths[key + 1 :]) for lengths, key in choices)
        if longest > 0.3 * len(choices):
            yield (
                f"the right option is the longest in {longest} of {len(choices)} single choices, which readers learn "
                "to look for; three in ten are enough"
            )
        alike = sum(max(lengths) <= 1.6 * min(lengths) for lengths, _ in choices)
        if alike <= 0.5 * len(choices):
            yield (
                f"options are alike in length in {alike} of {len(choices)} single choices; in most of them let the "
                "longest be at most 1.6 times the shortest"
            )
    of_three = [key for lengths, key in choices if len(lengths) == 3]
    if len(of_three) >= FEW:
        key, count = Counter(of_three).most_common(1)[0]
        if count > 0.4 * len(of_three):
            yield (
                f"of {len(of_three)} single choices with three options the {ORDINALS[key]} is right in {count}; "
                "spread the right ones"
            )


def _choice(question):
    """The lengths of the options and the place of the key, where both can be told."""
    options = question["content"].get("options") or []
    if len(options) > 1 and all(isinstance(option.get("text"), str) for option in options):
        keys = [
            at for at, option in enumerate(options) if option.get("correct") or option.get("fraction") == 1
        ]
        if len(keys) == 1:
            yield [max(1, len(plain(option["text"]))) for option in options], keys[0]


def _on_statements(questions):
    answers = [
        question["content"]["answer"]
        for question in questions
        if question["kind"] == "true_false" and isinstance(question["content"].get("answer"), bool)
    ]
    if len(answers) >= FEW // 2 and not 0.4 * len(answers) <= sum(answers) <= 0.6 * len(answers):
        yield (
            f"{sum(answers)} of {len(answers)} statements are true; with two to three in five a guess is worth least"
        )


def _numeric(question):
    """What is answered with a number in a question: its content, or gaps of it."""
    content = question["content"]
    gaps = content.get("gaps") if question["kind"] == "gaps" else None
    contents = [content] if question["kind"] == "numeric" else []
    contents += [gap for gap in (gaps or {}).values() if gap.get("kind") == "numeric"]
    return [found for found in contents if found.get("answers")]
