"""Select all that apply: the table of scores, and what a page may say."""

import random

import pytest

from content.questions import multiple_choice
from content.questions.base import Unreadable

# Five options, A B C right, D E wrong. Ticked, net correct, all or nothing: the published definitions of
# net-correct scoring (right ticks − wrong ticks over number right, not below 0) and of dichotomous scoring.
SCORES = [
    ("ABC", 1, 1),
    ("AB", 2 / 3, 0),
    ("A", 1 / 3, 0),
    ("ABD", 1 / 3, 0),
    ("ABCD", 2 / 3, 0),
    ("ABCDE", 1 / 3, 0),
    ("D", 0, 0),
    ("DE", 0, 0),
    ("AD", 0, 0),
    ("", 0, 0),
]


def content(**changes):
    options = [{"text": f"Option {letter}", "correct": letter in "ABC"} for letter in "ABCDE"]
    return multiple_choice.normalise({"stem": "Which?", "options": options, "explanation": "So."} | changes)


def ticked(letters):
    return {"choices": [letter.lower() for letter in letters]} if letters else None


@pytest.mark.parametrize(("letters", "net", "whole"), SCORES)
def test_score_of_a_selection(letters, net, whole):
    assert multiple_choice.grade(content(), ticked(letters)).fraction == pytest.approx(net)
    assert multiple_choice.grade(content(scoring="all_or_nothing"), ticked(letters)).fraction == whole


@pytest.mark.parametrize(("letters", "verdict"), [("ABC", "right"), ("AB", "partly"), ("DE", "wrong")])
def test_partly_right_is_reported_as_partly(letters, verdict):
    assert multiple_choice.grade(content(), ticked(letters)).verdict == verdict


def test_net_correct_is_what_is_scored_unless_told():
    assert content()["scoring"] == "net_correct"


def test_option_ticked_twice_counts_once():
    assert multiple_choice.read(content(), {"choice": ["c", "a", "a", "c"]}) == {"choices": ["a", "c"]}


def test_one_field_sent_a_thousand_times_is_one_answer():
    assert multiple_choice.read(content(), {"choice": ["b"] * 1000}) == {"choices": ["b"]}


def test_unknown_option_is_unreadable():
    with pytest.raises(Unreadable, match="not one of the choices"):
        multiple_choice.read(content(), {"choice": ["a", "z"]})


def test_parts_tell_what_each_tick_was_worth():
    parts = {part.id: part for part in multiple_choice.grade(content(), ticked("AD")).parts}

    assert (parts["a"].fraction, parts["a"].chosen, parts["a"].right) == (pytest.approx(1 / 3), True, True)
    assert (parts["d"].fraction, parts["d"].chosen, parts["d"].right) == (pytest.approx(-1 / 3), True, False)
    assert (parts["b"].fraction, parts["b"].chosen, parts["b"].right) == (0, False, True)


@pytest.mark.parametrize("scoring", ["net_correct", "all_or_nothing"])
def test_guess_is_the_mean_over_all_ways_to_tick(scoring):
    letters = "abcde"
    question = content(scoring=scoring)
    ways = [[letter for bit, letter in enumerate(letters) if n >> bit & 1] for n in range(1, 32)]

    mean = sum(multiple_choice.grade(question, {"choices": way}).fraction for way in ways) / len(ways)

    assert multiple_choice.guess(question) == pytest.approx(mean)


def test_question_without_a_right_option_is_refused():
    problems = multiple_choice.check(content(options=[{"text": "One"}, {"text": "Two"}]))

    assert [(p.path, p.code) for p in problems if p.is_error] == [(("options",), "keys")]


def test_review_without_the_key_leaves_the_rest_open():
    question = content()
    marks = multiple_choice.grade(question, ticked("AD"))

    rows = multiple_choice.reviewed(question, {"order": list("edcba")}, ticked("AD"), marks, show_key=False)[
        "options"
    ]

    assert [(row["id"], row["right"]) for row in rows] == [
        ("e", None),
        ("d", False),
        ("c", None),
        ("b", None),
        ("a", True),
    ]


def test_order_is_drawn_once_and_then_kept():
    question = content()

    presented = multiple_choice.present(question, random.Random(5))

    shown = multiple_choice.laid_out(question, presented, ticked("B"))["options"]
    assert sorted(presented["order"]) == list("abcde")
    assert [option["id"] for option in shown] == presented["order"]
    assert [option["id"] for option in shown if option["chosen"]] == ["b"]
