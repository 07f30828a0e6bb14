"""Numbers as people write them, and what is no number."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.numbers import NotANumber, as_text, exact, parse_number, readings

often = settings(max_examples=100, deadline=None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"),
        ("007", "7"),
        ("1.5", "1.5"),
        ("1,5", "1.5"),
        (".5", "0.5"),
        (",5", "0.5"),
        ("5.", "5"),
        ("0,123", "0.123"),
        ("12,34", "12.34"),
        ("1,2345", "1.2345"),
        ("1234,567", "1234.567"),
        # thousands
        ("1 234 567", "1234567"),
        ("1\u202f234,5", "1234.5"),
        ("1\u2009234.5", "1234.5"),
        ("1\u00a0234", "1234"),
        ("1'234'567.89", "1234567.89"),
        ("1’234", "1234"),
        ("1.000,5", "1000.5"),
        ("1,000.5", "1000.5"),
        ("1.000.000", "1000000"),
        ("1,000,000", "1000000"),
        ("1.234.567,89", "1234567.89"),
        # signs
        ("-5", "-5"),
        ("−5", "-5"),
        ("–5", "-5"),
        ("﹣5", "-5"),
        ("－5", "-5"),
        ("- 5", "-5"),
        ("+5", "5"),
        # exponents
        ("1e3", "1000"),
        ("1.5E-3", "0.0015"),
        ("1,5e3", "1500"),
        ("1.5×10^3", "1500"),
        ("1.5 x 10^-3", "0.0015"),
        ("1,5 · 10³", "1500"),
        ("2*10⁻²", "0.02"),
        # fractions and per cent
        ("3/4", "0.75"),
        ("-1/3", "-1/3"),
        ("3 / 4", "0.75"),
        ("½", "0.5"),
        ("⅓", "1/3"),
        ("3⁄4", "0.75"),
        ("45%", "0.45"),
        ("45 %", "0.45"),
        ("12,5 %", "0.125"),
        # digits of other scripts
        ("٣", "3"),
        ("٣٫٥", "3.5"),
        ("١٬٢٣٤٫٥", "1234.5"),
        ("۱۲", "12"),
        ("１２．５", "12.5"),
        ("٤٥٪", "0.45"),
        ("٪٤٥", "0.45"),
        ("%45", "0.45"),
        ("-%5", "-0.05"),
        ("¾ %", "0.0075"),
        ("٣/٤", "0.75"),
        ("−٣٬٠٠٠", "-3000"),
        ("٣٫٥e٢", "350"),
        ("١٫٥×١٠^٣", "1500"),
        ("1.5e−3", "0.0015"),
        ("5 × 10^−3", "0.005"),
        ("-0", "0"),
        # what surrounds it
        ("  7  ", "7"),
        ("\u200e7\u200f", "7"),
    ],
)
def test_number_is_understood(text, value):
    assert as_text(parse_number(text)) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "abc",
            "nan",
            "NaN",
            "inf",
            "-inf",
            "Infinity",
            "0x10",
            "0b1",
            "1_000",
            "1e400",
            "1e-400",
            "1e",
            "e5",
        ),
        *(
            "1,,2",
            "1..2",
            "1.2.3",
            "1,23,456",
            "12 34",
            "1 2",
            "1'23",
            "1.000,5,5",
            "1,000.5.5",
            "--5",
            "+-5",
            "5-",
            "5 -",
        ),
        *(
            "1/0",
            "1/2/3",
            "1½",
            "²",
            "%",
            "5%%",
            "%5%",
            "%%5",
            "2^3",
            "$5",
            "1 1/2",
            "1 000/4",
            "1.5/2",
            "five",
            "12 troops",
            "9" * 101,
            "1" * 5000,
            "1e1e1",
        ),
        *(".", ",", "-", "+"),
    ],
)
def test_what_is_no_number_is_refused_with_an_example(text):
    with pytest.raises(NotANumber, match="Write it like 1200"):
        parse_number(text)


@pytest.mark.parametrize("minus", "-‐‑‒–—―−﹘﹣－⁻˗➖")
@pytest.mark.parametrize("dress", ["{}5", "{} 5", "{}5,0", "{}5.0e0", "{}10/2", "{}500 %", "{}٥"])
def test_minus_of_every_shape_is_a_minus(minus, dress):
    assert parse_number(dress.format(minus)) == -5


@pytest.mark.parametrize(
    ("text", "both"),
    [("1,234", ["1234", "1.234"]), ("157.800", ["157.8", "157800"]), ("-12,500", ["-12500", "-12.5"])],
)
def test_one_mark_before_three_digits_has_two_readings(text, both):
    assert [as_text(value) for value in readings(text)] == both


@pytest.mark.parametrize(
    ("text", "decimal_comma", "value"),
    [
        ("1,234", True, "1.234"),
        ("1,234", False, "1234"),
        ("1.234", True, "1234"),
        ("1.234", False, "1.234"),
        ("0,123", False, "0.123"),
    ],
)
def test_a_known_habit_leaves_one_reading(text, decimal_comma, value):
    assert [as_text(found) for found in readings(text, decimal_comma=decimal_comma)] == [value]


@given(st.fractions(max_denominator=10**6))
@often
def test_text_of_a_number_reads_back(number):
    assert exact(as_text(number)) == number


@given(st.decimals(-(10**9), 10**9, places=2))
@often
def test_typed_decimal_reads_back_in_every_dress(number):
    for dress in (
        f"{number}",
        f"{number:,}",
        f"{number:,}".translate(str.maketrans(",.", ".,")),
        f"{number:,}".replace(",", " "),
    ):
        assert parse_number(dress) == Fraction(number), dress


@given(st.text(max_size=30) | st.text(st.sampled_from("0123456789.,' e-+%/×^"), max_size=15))
@often
def test_anything_is_read_or_refused(text):
    try:
        found = readings(text)
    except NotANumber:
        return

    assert 1 <= len(found) <= 2
    assert all(isinstance(value, Fraction) for value in found)


@pytest.mark.parametrize(
    "value", [True, None, [], float("nan"), float("inf"), "1,5", "0x1", "1_0", "1/0", "", "1e999"]
)
def test_exact_takes_only_plain_numbers(value):
    with pytest.raises(NotANumber):
        exact(value)


def test_exact_takes_a_float_as_the_decimal_it_prints_as():
    assert exact(0.1) == Fraction(1, 10)
    assert exact("1e-3") == Fraction(1, 1000)
