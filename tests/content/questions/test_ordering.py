"""Ordering: neighbours kept together, places that do not work out, and a page that does not tell the order."""

import random

import pytest

from content.questions import ordering
from content.questions.base import Unreadable

CONTENT = ordering.normalise(
    {
        "stem": "Put them in order.",
        "items": ["Mercury", "Venus", "Earth", "Mars", "Jupiter"],
        "explanation": "So.",
    }
)


@pytest.mark.parametrize(
    ("order", "adjacent", "whole"),
    [
        ("abcde", 1, 1),
        ("bcdea", 0.75, 0),
        ("bacde", 0.5, 0),
        ("edcba", 0, 0),
        ("abdce", 0.25, 0),
        ("cdeab", 0.75, 0),
        ("acebd", 0, 0),
    ],
)
def test_score_is_the_share_of_neighbours_kept(order, adjacent, whole):
    response = {"order": list(order)}

    assert ordering.grade(CONTENT, response).fraction == adjacent
    assert ordering.grade(CONTENT | {"scoring": "all_or_nothing"}, response).fraction == whole


def test_right_order_is_never_what_is_shown_first():
    for seed in range(200):
        assert ordering.present(CONTENT, random.Random(seed))["order"] != list("abcde")


def test_page_names_items_by_words_that_do_not_tell_the_order():
    rows = ordering.laid_out(CONTENT, None)["rows"]
    fields = [row["field"] for row in rows]

    assert len(set(fields)) == 5
    assert not {f"position-{id}" for id in "abcde"} & set(fields)
    sent = {row["field"]: [str(6 - n)] for n, row in enumerate(rows, 1)}
    assert ordering.read(CONTENT, sent) == {"order": list("edcba")}


def test_places_may_be_given_by_id_and_in_other_digits():
    sent = {f"position-{id}": [place] for id, place in zip("abcde", "٢١345", strict=True)}

    assert ordering.read(CONTENT, sent) == {"order": list("bacde")}


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ("11345", "Place 1 is given twice"),
        ("1234", "Place 5 is still free"),
        ("12346", "number from 1 to 5"),
        ("0", "number from 1 to 5"),
        ("x", "number from 1 to 5"),
        ("²", "number from 1 to 5"),
    ],
)
def test_places_that_do_not_work_out_are_not_understood(places, words):
    with pytest.raises(Unreadable, match=words):
        ordering.read(
            CONTENT, {f"position-{id}": [place] for id, place in zip("abcde", places, strict=False)}
        )


def moved(order, places, button, *, presented="edcba"):
    """The order that a page holds after a button: `order` as it showed the items, `places` as chosen, "" for none."""
    sent = {f"position-{id}": [place] for id, place in zip(order, places, strict=True)}
    fields = ordering.pressed(CONTENT, {"order": list(presented)}, sent | {"move": [button]})
    return "".join(ordering.read(CONTENT, fields)["order"])


@pytest.mark.parametrize(
    ("order", "places", "button", "then"),
    [
        ("edcba", ["", "", "", "", ""], "c-up", "ecdba"),
        ("edcba", ["", "", "", "", ""], "c-down", "edbca"),
        ("edcba", ["1", "2", "3", "4", "5"], "a-up", "edcab"),
        ("edcba", ["", "", "", "", ""], "e-up", "edcba"),
        ("edcba", ["", "", "", "", ""], "a-down", "edcba"),
        # a place that was chosen counts, whatever stands where
        ("edcba", ["", "", "", "", "1"], "a-down", "eadcb"),
        ("edcba", ["5", "4", "3", "2", "1"], "c-up", "acbde"),
        # places that do not work out are no obstacle
        ("edcba", ["1", "1", "9", "x", "²"], "c-up", "ecdba"),
        # a page that shows an answer saved before
        ("abcde", ["1", "2", "3", "4", "5"], "b-up", "bacde"),
    ],
)
def test_arrow_moves_an_item_by_one_and_gives_every_item_its_place(order, places, button, then):
    assert moved(order, places, button) == then


@pytest.mark.parametrize("button", ["", "z-up", "c-sideways", "c", "-up", "\x00"])
def test_arrow_that_no_page_has_is_refused(button):
    with pytest.raises(Unreadable):
        moved("edcba", [""] * 5, button)


def test_arrow_is_read_by_the_words_of_the_page():
    rows = ordering.laid_out(CONTENT, {"order": list("edcba")})["rows"]

    sent = {row["field"]: [""] for row in rows} | {"move": [f"{rows[1]['word']}-up"]}

    assert ordering.read(CONTENT, ordering.pressed(CONTENT, None, sent)) == {"order": list("decba")}


def test_page_shows_an_answer_in_its_own_order():
    shown = ordering.laid_out(CONTENT, {"order": list("edcba")}, {"order": list("bacde")})

    assert [row["text"] for row in shown["rows"]] == ["Venus", "Mercury", "Earth", "Mars", "Jupiter"]


def test_same_item_twice_is_an_error():
    problems = ordering.check(ordering.normalise(CONTENT | {"items": ["Mars", "*Mars*"]}))

    assert [(p.path, p.code) for p in problems if p.is_error] == [(("items", 1, "text"), "duplicated-item")]


def test_guess_is_the_expected_share_over_all_orders():
    from itertools import permutations

    items = ordering.normalise({"stem": "x", "items": ["p", "q", "r", "s"]})
    orders = [list(order) for order in permutations("abcd")]
    for scoring in ("adjacent", "all_or_nothing"):
        question = items | {"scoring": scoring}
        mean = sum(ordering.grade(question, {"order": order}).fraction for order in orders) / len(orders)
        assert ordering.guess(question) == pytest.approx(mean)


def test_review_keeps_the_key_back_where_told():
    response = {"order": list("bacde")}
    marks = ordering.grade(CONTENT, response)

    shown = ordering.reviewed(CONTENT, None, response, marks, show_key=False)

    assert shown["key"] == []
    assert [row["right"] for row in shown["rows"]] == [False, False, True, True, True]
