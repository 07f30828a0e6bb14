import pytest

from content.coursefiles.definitions import work_label, work_short


@pytest.mark.parametrize(
    ("work", "label"),
    [
        (
            {"author": "Toby Dodge", "title": "Iraq", "year": 2012, "publisher": "Routledge"},
            "Toby Dodge, Iraq, Routledge, 2012.",
        ),
        (
            {"author": "Reuters", "title": "Banks", "year": 2023, "publisher": "Reuters, 20 July 2023"},
            "Reuters, Banks, 20 July 2023.",
        ),
        (
            {
                "author": "Kamal Taha",
                "title": "Fuel",
                "year": 2005,
                "publisher": "Arab News, 31 December 2005",
            },
            "Kamal Taha, Fuel, Arab News, 31 December 2005.",
        ),
        (
            {
                "author": "Republic of Iraq",
                "title": "Constitution",
                "year": 2005,
                "publisher": "Republic of Iraq",
            },
            "Republic of Iraq, Constitution, 2005.",
        ),
        (
            {"author": "BBC", "title": "Survey", "year": 2003, "publisher": "BBC World", "number": "7"},
            "BBC, Survey, 7, BBC World, 2003.",
        ),
        ({"title": "Unsigned"}, "Unsigned."),
        ({"author": "A", "title": "Two. Sentences.", "year": 2020}, "A, Two. Sentences, 2020."),
    ],
)
def test_a_reference_says_nothing_twice(work, label):
    assert work_label(work) == label


def test_a_citation_is_short_as_its_author_wants_it():
    work = {"author": "United Nations Security Council", "title": "Resolution 1483", "number": "S/RES/1483"}

    assert work_short(work | {"year": 2003}) == "United Nations Security Council, S/RES/1483 (2003)"
    assert work_short(work | {"short": "Resolution 1483 (2003)"}) == "Resolution 1483 (2003)"
