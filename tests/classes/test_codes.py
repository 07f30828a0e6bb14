from math import log2

from hypothesis import given, settings
from hypothesis import strategies as st

from studyapp.classes.codes import GROUP, LENGTH, SIGNS, folded_code, new_join_code


def test_code_has_at_least_forty_bits_and_no_sign_that_looks_like_another():
    assert LENGTH * log2(len(SIGNS)) >= 40
    assert not set(SIGNS) & set("01ILOU")


def test_code_is_shown_in_groups_of_three():
    assert new_join_code(choose=lambda signs: signs[-1]) == "ZZZ-ZZZ-ZZZ"
    assert [len(group) for group in new_join_code().split("-")] == [GROUP] * 3


def test_code_is_understood_however_it_is_typed():
    for typed in ("bcd-234-xyz", " BCD 234 XYZ ", "bcd234xyz", "BCD–234–XYZ"):
        assert folded_code(typed) == "BCD-234-XYZ"


def test_code_with_a_sign_that_no_code_has_is_none():
    for typed in ("", "BCD-234", "BCD-234-XYO", "BCD-234-XYZZ", "ＢCD-234-XYZ", "\x00" * 9):
        assert folded_code(typed) == ""


@given(st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_folding_a_folded_code_changes_nothing(typed):
    assert folded_code(folded_code(typed)) == folded_code(typed)
