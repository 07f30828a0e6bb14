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
