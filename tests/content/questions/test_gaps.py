"""Gaps: each marked as its kind is, the whole their mean; a gap stands where a field can stand."""

import pytest

from content.questions import gaps
from content.questions.base import Unreadable
from content.questions.rendering import asked, render_content

CONTENT = gaps.normalise(
    {
        "stem": "Fill the gaps.",
        "text": "The *{{size}}* planet has {{count}} large moons, seen by {{who}}.",
        "gaps": {
            "size": {
                "kind": "choice",
                "options": [
                    {"text": "largest", "correct": "true"},
                    {"text": "smallest"},
                    {"text": "big", "fraction": "0.5"},
                ],
            },
            "count": {
                "kind": "numeric",
                "answers": [{"value": 4}, {"value": 4, "absolute": 1, "fraction": 0.5}],
            },
            "who": {"kind": "short_text", "answers": ["*Galilei"], "else_feedback": "An Italian."},
        },
        "explanation": "So.",
    }
)


@pytest.mark.parametrize(
    ("sent", "fraction"),
    [
        ({"gap-size": ["a"], "gap-count": ["4"], "gap-who": ["galileo galilei"]}, 1),
        ({"gap-size": ["c"], "gap-count": ["5"], "gap-who": ["Kepler"]}, 1 / 3),
        ({"gap-size": ["a"]}, 1 / 3),
        ({"gap-size": ["b"], "gap-count": [""], "gap-who": [" "]}, 0),
    ],
)
def test_score_is_the_mean_of_the_gaps(sent, fraction):
    assert gaps.grade(CONTENT, gaps.read(CONTENT, sent)).fraction == pytest.approx(fraction)


def test_gap_that_cannot_be_read_is_named_by_its_number():
    with pytest.raises(Unreadable, match="^Gap 2: “many”"):
        gaps.read(CONTENT, {"gap-count": ["many"]})


def test_all_gaps_empty_is_blank():
    assert gaps.read(CONTENT, {"gap-size": [""], "gap-count": [" "]}) is None


def test_part_of_each_gap_tells_its_share_and_feedback():
    parts = {p.id: p for p in gaps.grade(CONTENT, gaps.read(CONTENT, {"gap-who": ["Kepler"]})).parts}

    assert (parts["who"].chosen, parts["who"].right, parts["who"].feedback) == (True, False, "An Italian.")
    assert not parts["size"].chosen


def test_choices_and_summary_name_the_gap():
    response = gaps.read(CONTENT, {"gap-size": ["b"], "gap-count": ["7"]})

    assert gaps.choices(CONTENT, response) == ["size:b", "count:else"]
    assert gaps.summary(CONTENT, response) == "size: smallest; count: 7"


def test_fields_stand_in_the_rendered_text():
    shown = asked("gaps", render_content("gaps", CONTENT), None)

    assert [piece.get("text") or piece["gap"]["field"] for piece in shown["pieces"]] == [
        "The <em>",
        "gap-size",
        "</em> planet has ",
        "gap-count",
        " large moons, seen by ",
        "gap-who",
        ".",
    ]


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"text": "{{size}} {{count}}"}, ("gaps", "who"), "gap-unused"),
        ({"text": "{{size}} {{count}} {{who}} {{when}}"}, ("text",), "gap-undefined"),
        ({"text": "{{size}} {{size}} {{count}} {{who}}"}, ("text",), "gap-twice"),
        ({"text": "{{size}} {{count}} [x](http://example.org/{{who}})"}, ("text",), "gap-place"),
        ({"text": "{{a}}", "gaps": {"a": {"kind": "essay"}}}, ("gaps", "a"), "gap-kind"),
        (
            {"text": "{{a}}", "gaps": {"a": {"kind": "numeric", "answers": [{"value": "x"}]}}},
            ("gaps", "a", "answers", 0, "value"),
            "type",
        ),
        (
            {"text": "{{a}}", "gaps": {"a": {"kind": "choice", "options": [{"text": "x"}, {"text": "y"}]}}},
            ("gaps", "a", "options"),
            "keys",
        ),
        (
            {"text": "{{a}}", "gaps": {"a": {"kind": "short_text", "anwers": []}}},
            ("gaps", "a", "anwers"),
            "unknown-key",
        ),
        ({"gaps": {}}, ("gaps",), "missing"),
    ],
)
def test_mistake_is_named_at_its_place(changes, path, code):
    problems = gaps.check(gaps.normalise(CONTENT | changes))

    assert (path, code) in [(p.path, p.code) for p in problems if p.is_error]


def test_guess_is_the_mean_of_the_gaps():
    assert gaps.guess(CONTENT) == pytest.approx(0.5 / 3)
