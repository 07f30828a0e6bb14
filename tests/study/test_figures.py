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
