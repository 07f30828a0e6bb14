import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studyapp.study.figures import brief, draw, scale_top, shown

TROOPS = {
    "title": "Troops",
    "sub": "Average, thousands",
    "description": "Three bars.",
    "kind": "bars",
    "source": "crs",
    "columns": ["Year", "Troops", "Basis"],
    "rows": [["2003", 100, "count"], ["2004", 200, "count"], ["2005", 50, "estimate"]],
    "label_column": 0,
    "value_columns": [1],
    "basis_column": 2,
}


def marks(definition, kind):
    return [mark for mark in draw(definition).marks if mark.kind == kind]


def texts(definition):
    return [mark.text for mark in draw(definition).marks if mark.kind == "text"]


def test_upright_bars_are_as_high_as_their_values():
    first, second = marks(TROOPS, "bar")
    (guess,) = marks(TROOPS, "guess")

    assert (first.height, second.height, guess.height) == (100, 200, 50)
    assert first.y + first.height == second.y + second.height == guess.y + guess.height


def test_estimates_are_drawn_apart_and_explained():
    assert draw(TROOPS).legend == [("bar", "Counted"), ("guess", "Estimate or projection")]


def test_shares_of_different_groups_are_drawn_apart_and_explained():
    rows = [["2018", 45, "registered voters"], ["2021", 43, "card holders"], ["2025", 56, "card holders"]]
    definition = TROOPS | {"columns": ["Vote", "Turnout", "Share of"], "rows": rows}

    assert draw(definition).legend == [("s1", "Share of registered voters"), ("s2", "Share of card holders")]
    assert [mark.look for mark in marks(definition, "bar")] == ["s1", "s2", "s2"]


def test_broken_edges_of_pairs_are_explained():
    definition = TROOPS | {
        "kind": "grouped_bars",
        "columns": ["Year", "A", "B", "Basis"],
        "rows": [["2003", 1, 2, "count"], ["2004", 3, 4, "estimate"]],
        "value_columns": [1, 2],
        "basis_column": 3,
    }

    assert ("guess", "Broken edge: estimate or projection") in draw(definition).legend


def test_narrow_pages_get_numbers_that_fit_and_are_told_their_unit():
    rows = [[str(year), 12_152 + year, "count"] for year in range(2003, 2012)]
    drawing = draw(TROOPS | {"rows": rows})
    words = {mark.text: mark.look.split() for mark in drawing.marks if mark.kind == "text"}

    assert "on-wide" in words["14,155"]
    assert "on-narrow" in words["14.2"]
    assert drawing.hint == "The numbers on the bars are thousands."


def test_few_bars_keep_their_exact_numbers_on_every_page():
    drawing = draw(TROOPS | {"rows": [["2003", 12_152, "count"], ["2004", 11_737, "count"]]})

    assert {"12,152", "11,737"} <= {mark.text for mark in drawing.marks}
    assert not [mark for mark in drawing.marks if "on-" in mark.look]
    assert drawing.hint == ""


def test_many_years_lose_their_century_on_a_narrow_page():
    rows = [[str(year), 5, "count"] for year in range(2003, 2013)]

    short = [mark.text for mark in draw(TROOPS | {"rows": rows}).marks if "on-narrow" in mark.look]
    assert short == [f"’{year:02}" for year in range(4, 13)]


def test_highest_count_stands_out():
    assert [mark.look for mark in marks(TROOPS, "bar")] == ["", "top1"]


def test_long_labels_make_the_bars_lie():
    rows = [["January 2005, National Assembly", 57.7], ["March 2010, parliament", 62.4]]
    definition = TROOPS | {"rows": rows, "columns": ["Vote", "Turnout"], "basis_column": None}

    first, second = marks(definition, "bar")

    assert first.height == second.height
    assert second.width > first.width
    assert "January 2005, National Assembly" in texts(definition)


def test_missing_value_is_said_and_not_drawn():
    definition = TROOPS | {"rows": [["2003", 100, "count"], ["2004", "", "count"]]}

    assert len(marks(definition, "bar")) == 1
    assert "no data" in texts(definition)


def test_stacked_parts_lie_end_to_end():
    definition = TROOPS | {
        "kind": "stacked_bars",
        "columns": ["Fund", "Spent", "Left"],
        "rows": [["A", 30, 10]],
        "value_columns": [1, 2],
        "basis_column": None,
    }

    spent, left = marks(definition, "bar")

    assert (spent.look, left.look) == ("s1", "s2")
    assert spent.x == 0
    assert left.x == pytest.approx(spent.width + 0.3)
    assert "40" in texts(definition)


def test_lines_join_only_neighbours_that_are_known():
    definition = TROOPS | {
        "kind": "lines",
        "columns": ["Year", "A", "B"],
        "rows": [["2003", 1, 4], ["2004", "", 5], ["2005", 3, 6]],
        "value_columns": [1, 2],
        "basis_column": None,
    }

    drawn = marks(definition, "line")

    assert [line.look for line in drawn] == ["s2", "s2"]
    assert len(marks(definition, "dot")) == 5


def line_of(*labels):
    rows = [[label, 7 * n] for n, label in enumerate(labels, 1)]
    return TROOPS | {"kind": "lines", "columns": ["When", "A"], "rows": rows, "basis_column": None}


def test_points_of_a_line_stand_as_far_apart_as_their_dates():
    first, second, third = marks(line_of("February 2004", "February 2005", "February 2007"), "dot")

    assert third.x - second.x == pytest.approx(2 * (second.x - first.x))


@pytest.mark.parametrize("labels", [("one", "two", "four"), ("2007", "2003", "2005")])
def test_points_without_dates_in_order_stand_evenly(labels):
    first, second, third = marks(line_of(*labels), "dot")

    assert third.x - second.x == pytest.approx(second.x - first.x)


def test_few_points_say_their_values_and_a_month_stands_above_its_year():
    found = texts(line_of("February 2004", "March 2007", "August 2007"))

    assert {"7", "14", "21"} <= set(found)
    assert [text for text in found if text in ("Feb", "Mar", "Aug", "2004", "2007")] == [
        *("Feb", "2004", "Mar", "2007", "Aug")
    ]


def test_labels_that_would_run_together_are_left_out():
    found = texts(line_of(*map(str, range(2003, 2025))))

    assert [text for text in found if text.startswith("20") and len(text) == 4] == [
        str(year) for year in range(2003, 2025, 3)
    ]


@pytest.mark.parametrize(
    ("highest", "ends"),
    [
        (112, ["0", "50", "100", "150"]),
        (79, ["0", "20", "40", "60", "80"]),
        (24, ["0", "5", "10", "15", "20", "25"]),
    ],
)
def test_every_line_of_the_axis_has_a_round_number(highest, ends):
    definition = line_of("2003", "2004") | {"rows": [["2003", highest], ["2004", highest]]}

    assert [mark.text for mark in draw(definition).marks if mark.look == "end"] == ends


def test_diagram_has_a_box_a_node_and_an_arrow_a_link():
    definition = {
        "title": "Who",
        "kind": "diagram",
        "nodes": [
            {"id": "a", "label": "Above", "detail": "gives orders", "row": 1, "col": 1},
            {"id": "b", "label": "Below", "detail": "", "row": 2, "col": 1},
        ],
        "links": [{"from": "a", "to": "b", "label": "commands"}],
    }

    drawing = draw(definition)
    above, below = (mark for mark in drawing.marks if mark.kind == "box")
    (arrow,) = (mark for mark in drawing.marks if mark.kind == "arrow")

    assert arrow.y == above.y + above.height
    assert arrow.y2 == below.y
    assert [[cell["text"] for cell in row] for row in drawing.rows] == [["Above", "commands", "Below"]]


def test_table_says_what_the_drawing_says():
    drawing = draw(TROOPS)

    assert [column["text"] for column in drawing.columns] == ["Year", "Troops", "Basis"]
    assert [column["is_number"] for column in drawing.columns] == [False, True, False]
    assert [cell["text"] for cell in drawing.rows[1]] == ["2004", "200", "count"]


@pytest.mark.parametrize("broken", [{"rows": []}, {"value_columns": [9]}, {"kind": "pie"}, {"rows": [["x"]]}])
def test_figure_that_cannot_be_drawn_keeps_its_table(broken):
    drawing = draw(TROOPS | broken)

    assert drawing.marks == []
    assert drawing.title == "Troops"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (157800, "157,800"),
        (2003, "2003"),
        (57.7, "57.7"),
        (-5, "−5"),
        ("", "–"),
        (0.1 + 0.2, "0.3"),
        (60.0, "60"),
    ],
)
def test_values_are_written_as_people_write_them(value, words):
    assert shown(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(157800, "157.8 k"), (2_500_000, "2.5 m"), (42, "42"), (6e9, "6 bn")]
)
def test_values_on_bars_are_short(value, words):
    assert brief(value) == words


@pytest.mark.parametrize(
    ("highest", "top"), [(157.8, 200), (97, 100), (1, 1), (0.034, 0.04), (0, 1), (1200, 1500)]
)
def test_axis_ends_at_a_round_number(highest, top):
    assert scale_top(highest) == pytest.approx(top)


_values = st.one_of(st.integers(-(10**12), 10**12), st.floats(-1e12, 1e12), st.just(""))


@settings(max_examples=100, deadline=None)
@given(
    kind=st.sampled_from(["bars", "grouped_bars", "stacked_bars", "lines"]),
    rows=st.lists(st.tuples(st.text(max_size=12), _values, _values), min_size=1, max_size=9),
)
def test_nothing_is_drawn_beside_the_page(kind, rows):
    definition = TROOPS | {"kind": kind, "columns": ["x", "a", "b"], "rows": [list(row) for row in rows]}
    drawing = draw(definition | {"value_columns": [1, 2], "basis_column": None})

    for mark in drawing.marks:
        assert all(math.isfinite(v) for v in (mark.x, mark.y, mark.width, mark.height, mark.x2, mark.y2))
        assert mark.width >= 0
        assert mark.height >= 0
        if mark.kind in ("bar", "guess", "line", "dot"):
            assert -0.01 <= mark.x <= 100.01
            assert mark.x + mark.width <= 100.01
