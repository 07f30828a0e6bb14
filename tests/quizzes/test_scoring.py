from dataclasses import dataclass
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studyapp.quizzes.scoring import (
    Score,
    band_of,
    counting_attempts,
    counting_score,
    current_of,
    score_of,
)


@dataclass(frozen=True)
class Sent:
    writer: str
    number: int
    counts: bool = True


def test_nothing_sent_is_no_answer():
    assert current_of([]) is None


def test_last_typed_stands_in_whatever_order_it_arrives():
    typed = [Sent("tab", n) for n in range(5)]

    assert {current_of(order) for order in permutations(typed)} == {typed[-1]}


def test_between_two_tabs_the_last_arrival_wins():
    first, second = Sent("one", 9), Sent("two", 0)

    assert current_of([first, second]) is second
    assert current_of([second, first]) is first


def test_straggler_of_one_tab_does_not_overtake_the_other():
    """Tab one sent 0 and 1; 0 arrives last of all, after tab two: what stands is still tab two's."""
    newest, other, straggler = Sent("one", 1), Sent("two", 0), Sent("one", 0)

    assert current_of([newest, other, straggler]) is other


def test_late_answer_is_never_current():
    on_time, late = Sent("tab", 1), Sent("tab", 2, counts=False)

    assert current_of([on_time, late]) is on_time
    assert current_of([late]) is None


def test_total_is_the_sum_of_points_times_fractions():
    assert score_of([(1, 1.0), (2, 0.5), (3, 0.0)]) == Score(2.0, 6.0)


def test_total_is_withheld_while_something_waits_for_its_mark():
    score = score_of([(1, 1.0), (5, None)])

    assert (score.points, score.maximum, score.percent) == (None, 6.0, None)
    assert score.is_passed(50) is None


def test_item_worth_nothing_withholds_nothing():
    assert score_of([(1, 1.0), (0, None)]).points == 1.0


def test_quiz_that_gives_no_points_has_no_per_cent():
    score = score_of([(0, 1.0), (0, 0.0)])

    assert (score.points, score.percent, score.is_passed(50)) == (0.0, None, None)


def test_pass_mark_is_reached_exactly():
    assert Score(7.0, 10.0).is_passed(70) is True
    assert Score(6.9, 10.0).is_passed(70) is False
    assert Score(6.9, 10.0).is_passed(0) is None
    assert score_of([(1, 1 / 3)] * 3 + [(1, 0.0)]).is_passed(25) is True


@pytest.mark.parametrize(
    ("rule", "percent", "counts"),
    [("highest", 80, {1}), ("mean", 60, {0, 1, 2}), ("first", 40, {0}), ("last", 60, {2})],
)
def test_rule_says_which_attempt_counts(rule, percent, counts):
    assert counting_score([40, 80, 60], rule) == percent
    assert counting_attempts([40, 80, 60], rule) == counts


def test_unmarked_attempt_withholds_what_depends_on_it():
    assert counting_score([40, None], "highest") is None
    assert counting_score([40, None], "mean") is None
    assert counting_score([40, None], "first") == 40
    assert counting_score([40, None], "last") is None
    assert counting_score([], "highest") is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=6))
def test_another_attempt_never_lowers_the_highest(percents):
    assert counting_score(percents, "highest") >= counting_score(percents[:-1] or percents, "highest")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0, 1)), max_size=20))
def test_score_stays_between_nothing_and_the_maximum(items):
    score = score_of(items)

    assert -1e-9 <= score.points <= score.maximum + 1e-9


def test_band_is_the_highest_that_was_reached():
    bands = [
        {"from": 0, "text": "Read again."},
        {"from": 50, "text": "Nearly."},
        {"from": 80, "text": "Safe."},
    ]

    assert [band_of(bands, p) for p in (0, 49.9, 50, 100)] == [
        "Read again.",
        "Read again.",
        "Nearly.",
        "Safe.",
    ]
    assert band_of(bands, None) == ""
    assert band_of(bands[1:], 10) == ""
