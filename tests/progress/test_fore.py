from studyapp.progress.fore import FILLED, middle_of, small, stacked, whole
from studyapp.progress.mastery import STATES


def test_every_state_has_a_height():
    assert set(FILLED) == set(STATES)


def test_not_started_is_a_line_only():
    edges, width = small(["not_started"])

    assert [edge.look for edge in edges] == ["edge"]
    assert width == 12


def test_fading_shows_what_was_lost():
    edges, _ = small(["fading"])

    assert [edge.look for edge in edges] == ["edge", "fade", "lost"]


def test_mastered_is_as_high_as_the_drawing():
    edges, width = small(["seen", "mastered"])

    assert (edges[-1].y, edges[-1].height) == (0, 18)
    assert width == 27


def test_whole_course_fills_the_width():
    edges = whole([["seen"] * 3, [], ["seen"] * 2])

    assert edges[0].x == "0.00%"
    assert 99 < float(edges[-1].x[:-1]) + float(edges[-1].width[:-1]) <= 100.01


def test_place_stands_under_its_edge():
    lessons = [["seen"] * 3, ["seen"] * 2]
    edges = [edge for edge in whole(lessons) if edge.look == "edge"]

    middle = middle_of(lessons, 1, 0)

    assert float(edges[3].x[:-1]) < middle < float(edges[3].x[:-1]) + float(edges[3].width[:-1])


def test_course_without_passages_draws_nothing():
    assert whole([[], []]) == []
    assert middle_of([[]], 0, 0) is None
    assert stacked([])["rows"] == []


def test_longest_module_fills_the_width():
    rows = stacked([(1, "A", (("k-m", 2), ("k-0", 2))), (2, "B", (("k-m", 0), ("k-0", 1)))])["rows"]

    assert [(r["known"], r["total"], len(r["parts"])) for r in rows] == [(2, 4, 2), (0, 1, 1)]
    assert rows[0]["parts"][1]["x"] == "50.00"
