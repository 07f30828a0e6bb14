"""Matching: equal right sides are one choice; what the page says does not tell the pairs."""

import json
import random

import pytest

from content.questions import matching
from content.questions.base import Unreadable

CONTENT = matching.normalise(
    {
        "stem": "Which planet does each moon circle?",
        "pairs": [
            {"left": "Titan", "right": "Saturn"},
            {"left": "Europa", "right": "Jupiter"},
            {"left": "Rhea", "right": "Saturn"},
            {"left": "Io", "right": "Jupiter"},
        ],
        "extra": ["Mars"],
        "explanation": "So.",
    }
)


@pytest.mark.parametrize(
    ("pairs", "fraction"),
    [
        ({"a": "a", "b": "b", "c": "a", "d": "b"}, 1),
        # c and a both read "Saturn": whichever is meant, it counts
        ({"a": "c", "b": "d", "c": "c", "d": "b"}, 1),
        ({"a": "a", "b": "b", "c": "b", "d": "b"}, 0.75),
        ({"a": "a"}, 0.25),
        ({"a": "e", "b": "e", "c": "e", "d": "e"}, 0),
    ],
)
def test_score_is_right_pairs_over_pairs(pairs, fraction):
    assert matching.grade(CONTENT, {"pairs": pairs}).fraction == fraction


def test_extra_side_has_an_id_that_no_pair_has():
    assert CONTENT["extra"] == [{"id": "e", "text": "Mars"}]


def test_equal_sides_are_offered_once():
    rows = matching.laid_out(CONTENT, matching.present(CONTENT, random.Random(2)))["rows"]

    assert sorted(choice["text"] for choice in rows[0]["choices"]) == ["Jupiter", "Mars", "Saturn"]


def test_page_names_sides_by_words_that_do_not_tell_the_pairs():
    presented = matching.present(CONTENT, random.Random(2))
    shown = matching.laid_out(CONTENT, presented)["rows"]
    values = {choice["text"]: choice["value"] for choice in shown[0]["choices"]}

    assert not set(values.values()) & set("abcde")
    assert matching.read(CONTENT, {"pair-a": [values["Saturn"]], "pair-b": [values["Mars"]]}) == {
        "pairs": {"a": "a", "b": "e"}
    }


def test_words_for_sides_depend_on_what_no_reader_has_seen():
    other = CONTENT | {"explanation": "Another."}

    assert matching.laid_out(CONTENT, None) != matching.laid_out(other, None)


def test_some_pairs_left_open_are_an_answer():
    assert matching.read(CONTENT, {"pair-a": ["a"], "pair-b": [""], "pair-c": [" "]}) == {"pairs": {"a": "a"}}


def test_unknown_side_is_unreadable():
    with pytest.raises(Unreadable, match="does not belong"):
        matching.read(CONTENT, {"pair-a": ["zz"]})


def test_summary_names_both_sides():
    assert matching.summary(CONTENT, {"pairs": {"b": "e", "a": "c"}}) == "Titan → Saturn; Europa → Mars"


def test_guess_is_one_of_the_different_sides():
    assert matching.guess(CONTENT) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"extra": ["Saturn"]}, ("extra", 0, "text"), "not-extra"),
        (
            {"pairs": [{"left": "x", "right": "1"}, {"left": "x", "right": "2"}]},
            ("pairs", 1, "left"),
            "duplicated-left",
        ),
        (
            {"pairs": [{"left": "x", "right": "1"}, {"left": "y", "right": "1"}], "extra": []},
            ("pairs",),
            "one-side",
        ),
        ({"extra": [{"id": "a", "text": "Mars"}]}, ("extra", 0, "id"), "double-id"),
        ({"extra": ["*Saturn*"]}, ("extra", 0, "text"), "look-alike"),
    ],
)
def test_mistake_is_named_at_its_place(changes, path, code):
    problems = matching.check(matching.normalise(CONTENT | changes))

    assert [(p.path, p.code) for p in problems if p.is_error] == [(path, code)]


def test_stored_answer_is_json():
    response = matching.correct(CONTENT)

    assert json.loads(json.dumps(response)) == {"pairs": {"a": "a", "b": "b", "c": "a", "d": "b"}}
