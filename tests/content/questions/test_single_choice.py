"""One choice: partial and negative worth, feedback, what an author may forget."""

import random

import pytest

from content.questions import single_choice
from content.questions.base import Unreadable


def content(options=None, **changes):
    options = options or [
        {"text": "Full", "correct": True, "feedback": "Yes."},
        {"text": "Half", "fraction": 0.5, "feedback": "Nearly."},
        {"text": "None", "feedback": "No."},
        {"text": "Less", "fraction": -0.5},
    ]
    return single_choice.normalise({"stem": "Which?", "options": options, "explanation": "So."} | changes)


@pytest.mark.parametrize(
    ("choice", "fraction", "verdict", "feedback"),
    [
        ("a", 1, "right", "Yes."),
        ("b", 0.5, "partly", "Nearly."),
        ("c", 0, "wrong", "No."),
        ("d", 0, "wrong", ""),
    ],
)
def test_option_earns_what_it_is_worth_and_never_less_than_nothing(choice, fraction, verdict, feedback):
    marks = single_choice.grade(content(), {"choice": choice})

    assert (marks.fraction, marks.verdict, marks.feedback) == (fraction, verdict, feedback)


def test_ids_follow_the_writing_and_given_ones_stay():
    options = single_choice.normalise(
        {"options": [{"text": "x"}, {"id": "a", "text": "y"}, {"text": "z"}, {"id": "kept", "text": "w"}]}
    )["options"]

    assert [option["id"] for option in options] == ["b", "a", "c", "kept"]


def test_words_of_a_text_file_become_values():
    options = [
        {"text": "x", "correct": "true"},
        {"text": "y", "correct": "false"},
        {"text": "z", "fraction": "0.5"},
    ]

    question = content(options, shuffle="false")

    assert question["shuffle"] is False
    assert question["options"] == [
        {"id": "a", "text": "x", "correct": True},
        {"id": "b", "text": "y"},
        {"id": "c", "text": "z", "fraction": 0.5},
    ]


def test_options_that_are_not_shuffled_keep_the_authors_order():
    assert single_choice.present(content(shuffle=False), random.Random(1))["order"] == list("abcd")


@pytest.mark.parametrize(
    ("options", "path", "words"),
    [
        ([{"text": "x", "correct": True}, {"text": "y", "correct": True}], ("options", 1), "only one option"),
        ([{"text": "x"}, {"text": "y"}], ("options",), "no option is correct"),
        ([{"text": "x", "correct": True}], ("options",), "2 to 50 entries"),
        ([{"text": "x", "correct": True}, {"text": "x"}], ("options", 1, "text"), "stands here twice"),
        ([{"text": "x", "correct": True}, {"txt": "y"}], ("options", 1, "txt"), 'did you mean "text"?'),
        ([{"text": "x", "correct": True}, {"text": ""}], ("options", 1, "text"), '"text" is missing'),
        ([{"text": "x", "correct": True}, {"text": ["y"]}], ("options", 1, "text"), "should be text"),
        ([{"text": "x", "correct": "maybe"}, {"text": "y"}], ("options", 0, "correct"), "true or false"),
        (
            [{"text": "x", "correct": True}, {"text": "y", "fraction": 2}],
            ("options", 1, "fraction"),
            "from -1 to 1",
        ),
        ([{"text": "x", "correct": True, "id": "B 1"}, {"text": "y"}], ("options", 0, "id"), "lower-case"),
        (
            [{"text": "x", "correct": True, "id": "z"}, {"text": "y", "id": "z"}],
            ("options", 1, "id"),
            "used twice",
        ),
        ([{"text": "x", "correct": True}, "y"], ("options", 1), "group of named fields"),
        ("x", ("options",), "should be a list"),
        ([{"text": "x\x00", "correct": True}, {"text": "y"}], ("options", 0, "text"), "NUL"),
    ],
)
def test_mistake_is_named_at_its_place(options, path, words):
    errors = [problem for problem in single_choice.check(content(options)) if problem.is_error]

    assert [problem.path for problem in errors if words in problem.message] == [path], errors


def test_unknown_key_of_the_question_is_named_with_the_nearest():
    problems = single_choice.check(content(explanaton="x"))

    assert [(p.path, p.message) for p in problems if p.is_error] == [
        (("explanaton",), 'unknown key "explanaton"; did you mean "explanation"?')
    ]


def test_missing_stem_and_options_are_both_reported():
    paths = [problem.message for problem in single_choice.check({}) if problem.is_error]

    assert paths == ['"stem" is missing', '"options" is missing']


def test_two_choices_at_once_are_unreadable():
    with pytest.raises(Unreadable, match="Only one choice"):
        single_choice.read(content(), {"choice": ["a", "b"]})


def test_guess_is_the_mean_worth():
    assert single_choice.guess(content()) == pytest.approx(1.5 / 4)


def test_summary_is_plain_text():
    question = content([{"text": "*Mercury* & `x`", "correct": True}, {"text": "Mars"}])

    assert single_choice.summary(question, {"choice": "a"}) == "Mercury & x"
