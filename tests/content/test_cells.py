import pytest

from content.cells import safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＠x", "  =1+1", "\u3000=1"]
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize(
    "value", ["", "plain", "1+1", "a=b", 'with "quotes", and; more', "’tis", 0, -3, 1.5, None]
)
def test_everything_else_stays_as_it_is(value):
    assert safe_cell(value) == value
