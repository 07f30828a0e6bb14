"""A statement that is true or false."""

import pytest

from content.questions import true_false
from content.questions.base import Unreadable

CONTENT = true_false.normalise(
    {
        "stem": "It turns.",
        "answer": "false",
        "feedback": {"true": "No.", "false": "Yes."},
        "explanation": "So.",
    }
)


@pytest.mark.parametrize(("answer", "fraction", "feedback"), [(False, 1, "Yes."), (True, 0, "No.")])
def test_answer_is_right_or_wrong_with_its_reason(answer, fraction, feedback):
    marks = true_false.grade(CONTENT, {"answer": answer})

    assert (marks.fraction, marks.feedback) == (fraction, feedback)


def test_false_is_an_answer_and_not_a_blank():
    assert true_false.read(CONTENT, {"answer": ["false"]}) == {"answer": False}
    assert true_false.summary(CONTENT, {"answer": False}) == "False"
    assert true_false.choices(CONTENT, {"answer": False}) == ["false"]


def test_other_words_are_unreadable():
    with pytest.raises(Unreadable):
        true_false.read(CONTENT, {"answer": ["maybe"]})


def test_feedback_under_yaml_booleans_is_understood():
    content = true_false.normalise({"stem": "It turns.", "answer": True, "feedback": {False: "n", True: "y"}})

    assert content["feedback"] == {"true": "y", "false": "n"}
    assert list(content["feedback"]) == ["true", "false"]


def test_missing_answer_is_an_error():
    problems = true_false.check(true_false.normalise({"stem": "It turns."}))

    assert [p.message for p in problems if p.is_error] == ['"answer" should be true or false']
