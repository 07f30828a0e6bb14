"""Patterns with stars: what they match, and that they cannot be made expensive."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.wildcards import count_steps, escape, match, pieces

often = settings(max_examples=100, deadline=None)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("frog", "frog", True),
        ("frog", "frogs", False),
        ("frog", "Frog", False),
        ("*", "", True),
        ("*", "anything", True),
        ("**", "anything", True),
        ("", "", True),
        ("", "a", False),
        ("*frog*", "the frog sat", True),
        ("*frog*", "the toad sat", False),
        ("fr*g", "frg", True),
        ("fr*g", "frogg", True),
        ("fr*g", "frogs", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*ab*ab*", "ab", False),
        ("*ab*ab*", "abab", True),
        ("1 \\* 2", "1 * 2", True),
        ("1 \\* 2", "1 x 2", False),
        ("\\**", "*anything", True),
        ("back\\slash", "back\\slash", True),
        ("a*b*c", "a b c b c", True),
        ("*aab", "aaab", True),
        ("*aba*", "abbaba", True),
        (".+", "xy", False),
        ("[a-z]*", "b", False),
    ],
)
def test_match(pattern, text, fits):
    assert match(pattern, text) is fits


def test_pieces_are_what_stands_between_stars():
    assert pieces("a*b\\*c*") == ["a", "b*c", ""]
    assert pieces("none") == ["none"]


@given(st.text(st.sampled_from("ab*"), max_size=8), st.text(st.sampled_from("ab"), max_size=12))
@often
def test_match_agrees_with_a_regular_expression(pattern, text):
    expected = re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text, re.DOTALL)

    assert match(pattern, text) == bool(expected)


@given(st.text(st.sampled_from("ab*"), max_size=12))
@often
def test_escaped_text_matches_itself(text):
    assert match(escape(text), text)


@given(st.text(st.sampled_from("ab*"), max_size=30), st.text(st.sampled_from("ab"), max_size=60))
@often
def test_steps_stay_within_the_promised_bound(pattern, text):
    assert count_steps(pattern, text) <= 4 * (len(pattern) + len(text)) + 4


@pytest.mark.parametrize(
    "pattern", ["*a" * 100 + "*b", "a*" * 100 + "b", "*" + "a" * 99 + "b*", "*ab" * 100, "*" * 100]
)
def test_steps_grow_linearly_with_the_text(pattern):
    once, tenfold = (count_steps(pattern, "a" * length) for length in (1_000, 10_000))

    assert tenfold <= 11 * once


@pytest.mark.parametrize("piece", ["*a", "a*", "*ab", "*aab", "*"])
def test_steps_grow_linearly_with_the_stars(piece):
    text = "a" * 10_000

    hundred, thousand = (count_steps(piece * stars + "*b", text) for stars in (100, 1_000))

    assert thousand <= 11 * hundred
    assert hundred <= 4 * (len(text) + 100 * len(piece) + 2)
