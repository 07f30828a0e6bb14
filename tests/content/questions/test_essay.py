"""Essays wait for a person; a blank one does not."""

import pytest

from content.questions import essay
from content.questions.base import Unreadable

CONTENT = essay.normalise(
    {
        "stem": "Why?",
        "rubric": [{"criterion": "Reason", "points": "2"}, {"criterion": "Example", "points": 1.5}],
        "model_answer": "Because.",
        "min_words": "3",
        "max_words": 300,
        "explanation": "So.",
    }
)


def test_text_waits_for_a_person():
    marks = essay.grade(CONTENT, {"text": "Because."})

    assert (marks.fraction, marks.needs_marking, marks.verdict) == (None, True, "unmarked")


def test_blank_needs_nobody():
    marks = essay.grade(CONTENT, None)

    assert (marks.fraction, marks.needs_marking, marks.verdict) == (0, False, "wrong")


def test_paragraphs_are_kept():
    assert essay.read(CONTENT, {"essay": ["One.\r\n\r\nTwo.  "]}) == {"text": "One.\n\nTwo."}


def test_long_essay_is_kept_and_an_endless_one_refused():
    assert essay.read(CONTENT, {"essay": ["word " * 9_000]})
    with pytest.raises(Unreadable, match="too long"):
        essay.read(CONTENT, {"essay": ["a" * 60_000]})


def test_other_line_ends_are_no_new_try():
    assert essay.same(CONTENT, {"text": "one\ntwo"}, {"text": "one  two"})
    assert not essay.same(CONTENT, {"text": "One"}, {"text": "one"})


def test_points_are_the_sum_of_the_rubric():
    assert essay.points(CONTENT) == 3.5
    assert essay.points({"stem": "Why?"}) is None


def test_learner_sees_criteria_and_points_but_no_description():
    content = CONTENT | {
        "rubric": [{"id": "a", "criterion": "Reason", "points": 2, "description": "the secret"}]
    }

    assert essay.laid_out(content, None)["criteria"] == [{"criterion": "Reason", "points": 2}]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"min_words": 500}, ("max_words",)),
        ({"min_words": "many"}, ("min_words",)),
        ({"rubric": [{"criterion": "x", "points": 0}]}, ("rubric",)),
        ({"rubric": [{"criterion": "x"}]}, ("rubric", 0)),
        ({"rubric": [{"points": 1}]}, ("rubric", 0)),
        ({"rubric": "good"}, ("rubric",)),
    ],
)
def test_mistake_is_named_at_its_place(changes, path):
    problems = essay.check(essay.normalise(CONTENT | changes))

    assert [p.path for p in problems if p.is_error] == [path]
