import pytest

from studyapp.study.dates import span, within_year


@pytest.mark.parametrize(
    ("date", "words"),
    [("2003-05-16", "16 May"), ("2003-05", "May"), ("2003", "in the course of the year"), ("2003-13", "13")],
)
def test_date_is_as_exact_as_it_is_known(date, words):
    assert within_year(date) == words


@pytest.mark.parametrize(
    ("date", "end", "words"),
    [
        ("2003-05-16", "", "16 May"),
        ("2003-05-16", "2003-05-18", "16 May to 18 May"),
        ("2014-06", "2017-12", "June to December 2017"),
        ("2003", "2011", "2003 to 2011"),
    ],
)
def test_what_lasted_has_two_ends(date, end, words):
    assert span(date, end) == words
