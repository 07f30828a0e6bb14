"""Numbers: Moodle's published tolerance rules as a table, generous reading, exact marking."""

import pytest

from content.questions import numeric
from content.questions.base import Unreadable

# docs.moodle.org, "Numerical question type": nominal |x − a| ≤ t, relative |x − a| ≤ |a| · t, bounds included.
# RELATE: where both are given, both must hold. Examples are ours.
TOLERANCES = [
    # value, absolute, relative, typed, fits
    ("10", None, None, "10", True),
    ("10", None, None, "10.000", True),
    ("10", None, None, "10.001", False),
    ("10", "1", None, "9", True),
    ("10", "1", None, "11", True),
    ("10", "1", None, "11.0001", False),
    ("0.3", "0.1", None, "0.4", True),
    ("0.1", "0.2", None, "0.3", True),
    ("1.1", "2.2", None, "3.3", True),
    ("-10", "1", None, "-11", True),
    ("-10", "1", None, "11", False),
    ("0", "0.5", None, "-0.5", True),
    ("200", None, "0.05", "210", True),
    ("200", None, "0.05", "190", True),
    ("200", None, "0.05", "210.1", False),
    ("-200", None, "0.05", "-210", True),
    ("100", "10", "0.05", "105", True),
    ("100", "10", "0.05", "106", False),
    ("100", "2", "0.05", "105", False),
    ("6.626e-34", None, "0.001", "6.63e-34", True),
    ("6.626e-34", None, "0.001", "7e-34", False),
    ("6.626e-34", None, None, "0", False),
    ("1/3", None, None, "1/3", True),
    ("1/3", "0.01", None, "0.333", True),
    ("1e300", None, None, "1e300", True),
]
TYPED = [
    # the answer is 157800 ± 500, unit "troops"
    *[
        "157800",
        "157,800",
        "157.800",
        "157 800",
        "157'800",
        "1.578e5",
        "1,578×10^5",
        "١٥٧٨٠٠",
        "157 800 troops",
        "157,800 Troops",
    ],
]


def content(answers, **changes):
    return numeric.normalise({"stem": "How many?", "answers": answers, "explanation": "So."} | changes)


def graded(question, typed):
    return numeric.grade(question, numeric.read(question, {"number": [typed]}))


@pytest.mark.parametrize(("value", "absolute", "relative", "typed", "fits"), TOLERANCES)
def test_tolerance(value, absolute, relative, typed, fits):
    answer = {"value": value, "absolute": absolute, "relative": relative}
    question = content([{key: given for key, given in answer.items() if given is not None}])

    assert graded(question, typed).fraction == (1 if fits else 0)


@pytest.mark.parametrize("typed", TYPED)
def test_reader_may_write_a_number_in_the_way_of_home(typed):
    question = content([{"value": 157800, "absolute": 500}], unit="troops")

    assert graded(question, typed).verdict == "right"


def test_first_answer_that_fits_decides():
    question = content(
        [{"value": 88, "absolute": 1}, {"value": 88, "absolute": 5, "fraction": 0.5, "feedback": "Near."}]
    )

    assert graded(question, "87").fraction == 1
    assert (graded(question, "84").fraction, graded(question, "84").feedback) == (0.5, "Near.")
    assert graded(question, "50").fraction == 0


def test_of_two_readings_the_one_that_earns_more_counts():
    question = content([{"value": "1.234"}, {"value": 1234, "fraction": 0.5}])

    assert graded(question, "1,234").fraction == 1
    assert numeric.read(question, {"number": ["1,234"]}) == {
        "text": "1,234",
        "value": "1234",
        "also": "1.234",
    }


def test_response_holds_what_was_typed_and_its_exact_value():
    assert numeric.read(content([{"value": 1}]), {"number": ["1,5"]}) == {"text": "1,5", "value": "1.5"}


@pytest.mark.parametrize("typed", ["many", "nan", "inf", "1e400", "0x10", "1_000", "1" * 5000, "12 %%"])
def test_what_is_no_number_is_not_understood_rather_than_wrong(typed):
    with pytest.raises(Unreadable, match="Write it like 1200"):
        numeric.read(content([{"value": 1}]), {"number": [typed]})


def test_per_cent_is_a_share_unless_the_unit_says_so():
    assert graded(content([{"value": "0.445"}]), "44.5 %").verdict == "right"
    assert graded(content([{"value": "44.5"}], unit="%"), "44.5 %").verdict == "right"
    assert graded(content([{"value": "44.5"}], unit="per cent"), "44.5 per cent").verdict == "right"


@pytest.mark.parametrize("unit", ["%", "per cent", "percent"])
@pytest.mark.parametrize("typed", ["44.5", "44,5 %", "%44,5", "44.5%", "٤٤٫٥٪", "٪٤٤٫٥", "４４．５％"])
def test_sign_of_per_cent_in_every_shape_is_the_unit_where_that_is_per_cent(unit, typed):
    assert graded(content([{"value": "44.5"}], unit=unit), typed).verdict == "right"


def test_values_are_stored_as_the_author_wrote_them():
    answers = content(
        [{"value": 0.1, "absolute": "1e-3"}, {"value": 3, "relative": 0.05, "fraction": "0.5"}]
    )["answers"]

    assert answers == [
        {"id": "a", "value": "0.1", "absolute": "1e-3"},
        {"id": "b", "value": "3", "relative": "0.05", "fraction": 0.5},
    ]


@pytest.mark.parametrize(
    ("answers", "path", "words"),
    [
        ([{"value": 0, "relative": 0.1}], ("answers", 0, "relative"), "give an absolute tolerance"),
        ([{"value": "1,5"}], ("answers", 0, "value"), "decimal point"),
        ([{"value": 1, "absolute": -1}], ("answers", 0, "absolute"), "cannot be negative"),
        ([{"absolute": 1}], ("answers", 0), '"value" is missing'),
        (
            [{"value": 1, "absolute": 5, "fraction": 0.5}, {"value": 1}],
            ("answers",),
            "put the right one first",
        ),
        ([{"value": 1, "id": "else"}], ("answers", 0, "id"), "reserved"),
        ([], ("answers",), "1 to 50 entries"),
    ],
)
def test_mistake_is_named_at_its_place(answers, path, words):
    errors = [problem for problem in numeric.check(content(answers)) if problem.is_error]

    assert path in [problem.path for problem in errors if words in problem.message], errors


@pytest.mark.parametrize(
    ("value", "shown"),
    [("157800", "157,800"), ("-42800.5", "−42,800.5"), ("2003", "2003"), ("0.5", "0.5"), ("1/3", "1/3")],
)
def test_key_is_grouped_from_five_digits_on(value, shown):
    assert numeric.grouped(value) == shown
