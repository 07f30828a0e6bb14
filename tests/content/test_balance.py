"""What the check of a course says of its questions as a whole."""

import pytest

from content.coursefiles.balance import check_balance
from content.coursefiles.definitions import CourseDefinition, Entry
from content.coursefiles.nodes import Node
from content.coursefiles.problems import Report

LINES = ("grey clay", "blue lias", "red marl!")  # alike in length


def question(kind, state="ready", **content):
    data = {"id": "q", "kind": kind, "state": state, "content": content}
    return Entry(data, "questions/rivers.yaml", Node({}))


def choice(key, texts=LINES, **more):
    options = [{"text": text} | ({"correct": True} if n == key else {}) for n, text in enumerate(texts)]
    return question("single_choice", options=options, **more)


def said_of(*questions):
    report = Report()
    course = CourseDefinition(course=Entry({}, "course.toml", Node({})), questions=list(questions))
    check_balance(course, report)
    return [problem.message for problem in report.sorted()]


def test_spread_keys_and_even_options_are_no_reason_to_complain():
    assert said_of(*(choice(n % 3) for n in range(30))) == []


def test_key_that_is_often_the_longest_is_told():
    long = ("grey clay over lias", "blue lias", "red marl")

    assert said_of(*(choice(0, long) for _ in range(7)), *(choice(n % 2 + 1) for n in range(13))) == [
        "the right option is the longest in 7 of 20 single choices, which readers learn to look for; "
        "three in ten are enough"
    ]


def test_favourite_place_of_the_key_is_told():
    [said] = said_of(*(choice(1) for _ in range(9)), *(choice(n % 2 * 2) for n in range(11)))

    assert said == "of 20 single choices with three options the second is right in 9; spread the right ones"


def test_options_of_unlike_length_are_told():
    [said] = said_of(*(choice(n % 3, ("a", "bb", "cccc")) if n % 3 < 2 else choice(2) for n in range(30)))

    assert said.startswith("options are alike in length in 10 of 30 single choices")


@pytest.mark.parametrize(
    ("true", "all", "told"), [(3, 10, True), (4, 10, False), (6, 10, False), (7, 10, True)]
)
def test_share_of_true_statements_is_told_where_it_leans(true, all, told):
    said = said_of(*(question("true_false", answer=n < true) for n in range(all)))

    assert said == (
        [f"{true} of {all} statements are true; with two to three in five a guess is worth least"]
        if told
        else []
    )


def test_few_questions_are_left_to_chance():
    assert (
        said_of(*(choice(0) for _ in range(19)), *(question("true_false", answer=True) for _ in range(9)))
        == []
    )


def test_drafts_do_not_count():
    assert said_of(*(choice(0, state="draft") for _ in range(30))) == []


def test_number_without_a_tolerance_is_told_also_in_a_gap():
    bare, near = {"value": 3}, {"value": 3, "absolute": 0}
    gap = {"kind": "numeric", "answers": [bare]}

    assert said_of(question("numeric", answers=[near])) == []
    assert len(said_of(question("numeric", answers=[near, bare]))) == 1
    assert len(said_of(question("gaps", gaps={"a": gap}))) == 1


def test_content_that_cannot_be_judged_is_passed_over():
    odd = [
        question("single_choice"),
        question("single_choice", options=[{"text": "one"}]),
        question("single_choice", options=[{"text": None}, {"text": "two", "correct": True}]),
        question("true_false"),
        question("numeric"),
        question("gaps", gaps=None),
    ]

    assert said_of(*odd * 30) == []
