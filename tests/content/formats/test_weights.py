from fractions import Fraction

import pytest

from content.formats import weights
from content.formats.weights import BadWeights


@pytest.mark.parametrize(
    ("percent", "meant"),
    [
        ("33.333", Fraction(100, 3)),
        ("33.33333", Fraction(100, 3)),
        ("66.667", Fraction(200, 3)),
        ("16.667", Fraction(100, 6)),
        ("14.2857", Fraction(100, 7)),
        ("5.26316", Fraction(100, 19)),
        ("-33.333", Fraction(-100, 3)),
        ("33.3", Fraction("33.3")),
        ("50", Fraction(50)),
        ("12.34", Fraction("12.34")),
        ("0", Fraction(0)),
    ],
)
def test_rounded_weight_is_the_simple_fraction_that_was_meant(percent, meant):
    assert weights.snapped(percent) == meant


@pytest.mark.parametrize(
    ("fraction", "text"), [(1 / 3, "33.33333"), (0.5, "50"), (-0.25, "-25"), (1, "100"), (0, "0")]
)
def test_fraction_is_written_as_short_as_it_can_be(fraction, text):
    assert weights.as_percent(fraction, decimals=5) == text


def test_single_choice_with_one_key_is_marked_correct_others_carry_fractions():
    assert weights.single_choice([0, 100]) == [{}, {"correct": True}]
    assert weights.single_choice([50, 100, -25]) == [{"fraction": 0.5}, {"fraction": 1}, {"fraction": -0.25}]
    assert weights.single_choice([100, 100]) == [{"fraction": 1}, {"fraction": 1}]


@pytest.mark.parametrize(
    ("percents", "correct", "lossy"),
    [
        ([50, 50, -50], (True, True, False), False),
        ([33.333, 33.333, 33.333, -33.333], (True, True, True, False), False),
        ([100, -100, -100], (True, False, False), False),
        ([50, 50, 0], (True, True, False), True),
        ([50, 50, -100], (True, True, False), True),
        ([60, 40], (True, True), True),
        ([50, 50], (True, True), False),
    ],
)
def test_weights_of_net_correct_are_kept_and_others_are_named(percents, correct, lossy):
    ticks = weights.select_all(percents)

    assert (ticks.correct, ticks.lossy) == (correct, lossy)


@pytest.mark.parametrize(
    ("function", "percents", "code"),
    [
        (weights.single_choice, [50, 0], "weights.no-key"),
        (weights.single_choice, [150, 0], "weights.range"),
        (weights.single_choice, [100, -101], "weights.range"),
        (weights.select_all, [50, 25, 0], "weights.sum"),
        (weights.select_all, [60, 60], "weights.sum"),
        (weights.select_all, [0, 0], "weights.no-key"),
    ],
)
def test_weights_that_make_no_question_are_refused(function, percents, code):
    with pytest.raises(BadWeights) as bad:
        function(percents)

    assert bad.value.code == code
