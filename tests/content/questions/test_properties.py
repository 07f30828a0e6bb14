"""What holds for every question of every kind that can be published, whatever is answered."""

import copy
import json
import math
import random

import pytest
from django.template.loader import render_to_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.questions import KINDS, marked_by_hand
from content.questions.base import Unreadable, clamped
from content.questions.rendering import render_content
from tests.content.questions.strategies import RUBBISH, contents, posted, responses
from tests.content.questions.test_templates import posted_by

often = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# fmt: off
KEYS = [
    "stem", "explanation", "hint", "options", "answers", "pairs", "items", "gaps", "text", "rubric",
    "answer", "feedback", "extra", "id", "correct", "fraction", "value", "absolute", "relative", "kind",
    "left", "right", "unit", "scoring", "shuffle", "points",
]
# fmt: on
BY_HAND = marked_by_hand()
each_kind = pytest.mark.parametrize("kind", sorted(KINDS))


def drawn_with_response(data, kind):
    content = data.draw(contents(kind))
    return content, data.draw(responses(kind, content))


@each_kind
@given(data=st.data())
@often
def test_grade_never_raises_and_stays_in_range(kind, data):
    content, response = drawn_with_response(data, kind)

    marks = KINDS[kind].grade(content, response)

    assert marks.fraction is None if kind in BY_HAND and response else 0 <= marks.fraction <= 1
    assert {part.id for part in marks.parts} == {str(part.id) for part in marks.parts}


@each_kind
@given(data=st.data())
@often
def test_correct_response_earns_everything(kind, data):
    content = data.draw(contents(kind))

    marks = KINDS[kind].grade(content, KINDS[kind].correct(content))

    assert marks.needs_marking if kind in BY_HAND else marks.fraction == 1
    assert marks.verdict == ("unmarked" if kind in BY_HAND else "right")


@each_kind
@given(data=st.data())
@often
def test_blank_earns_nothing(kind, data):
    content = data.draw(contents(kind))

    marks = KINDS[kind].grade(content, None)

    assert (marks.fraction, marks.verdict) == (0, "wrong")
    assert not any(part.chosen for part in marks.parts)


@each_kind
@given(data=st.data())
@often
def test_grading_twice_is_the_same_and_changes_nothing(kind, data):
    content, response = drawn_with_response(data, kind)
    before = copy.deepcopy((content, response))

    first = KINDS[kind].grade(content, response)

    assert KINDS[kind].grade(content, response) == first
    assert (content, response) == before


@each_kind
@given(data=st.data())
@often
def test_grade_survives_a_round_trip_through_json(kind, data):
    content, response = drawn_with_response(data, kind)

    again = json.loads(json.dumps([content, response]))

    assert KINDS[kind].grade(*again) == KINDS[kind].grade(content, response)


@each_kind
@given(data=st.data(), seed=st.integers(0, 99))
@often
def test_order_of_what_is_shown_never_changes_a_grade(kind, data, seed):
    content, response = drawn_with_response(data, kind)
    presented = KINDS[kind].present(content, random.Random(seed))
    mixed = copy.deepcopy(content)
    for key in ("options", "pairs", "extra"):
        if key in mixed:
            random.Random(seed).shuffle(mixed[key])

    marks = KINDS[kind].grade(content, response)

    # The rows may stand in any order, in the file as on the page: answers hold ids.
    assert KINDS[kind].grade(mixed, response).fraction == marks.fraction
    shown = KINDS[kind].reviewed(content, presented, response, marks, show_key=True)
    assert shown == KINDS[kind].reviewed(content, presented, response, marks, show_key=True)


@each_kind
@given(data=st.data())
@often
def test_whatever_is_posted_is_read_or_refused(kind, data):
    content = data.draw(contents(kind))
    sent = data.draw(posted(kind, content))

    try:
        response = KINDS[kind].read(content, sent)
    except Unreadable:
        return

    if response is not None:
        stored = json.loads(json.dumps(response))
        assert stored == response
        marks = KINDS[kind].grade(content, stored)
        assert marks.needs_marking or 0 <= marks.fraction <= 1
        assert isinstance(KINDS[kind].summary(content, stored), str)
        assert all(isinstance(choice, str) for choice in KINDS[kind].choices(content, stored))


@each_kind
@given(data=st.data(), seed=st.integers(0, 99))
@often
def test_what_a_page_posts_back_is_the_response_it_showed(kind, data, seed):
    content, response = drawn_with_response(data, kind)
    presented = KINDS[kind].present(content, random.Random(seed))

    form = form_of(kind, KINDS[kind].laid_out(content, presented, response))

    assert KINDS[kind].same(content, KINDS[kind].read(content, form), response)


@each_kind
@given(data=st.data())
@often
def test_a_response_is_the_same_try_as_itself_only(kind, data):
    content, response = drawn_with_response(data, kind)

    assert KINDS[kind].same(content, response, copy.deepcopy(response))
    assert KINDS[kind].same(content, response, None) == (response is None)


@each_kind
@given(data=st.data())
@often
def test_guess_is_a_share(kind, data):
    content = data.draw(contents(kind))

    assert 0 <= KINDS[kind].guess(content) <= 1


@each_kind
@given(data=st.data())
@often
def test_rendered_form_grades_like_its_source(kind, data):
    content, response = drawn_with_response(data, kind)

    rendered = json.loads(json.dumps(render_content(kind, content)))

    marks, again = KINDS[kind].grade(content, response), KINDS[kind].grade(rendered, response)
    assert again.fraction == marks.fraction
    assert [part.right for part in again.parts] == [part.right for part in marks.parts]


@each_kind
@given(
    data=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | RUBBISH,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(KEYS),
                inner,
                max_size=6,
            )
        ),
        max_leaves=25,
    )
)
@often
def test_check_reports_on_anything_and_never_raises(kind, data):
    content = KINDS[kind].normalise(data)

    problems = KINDS[kind].check(content)

    assert all(problem.severity in ("error", "warning") and problem.message for problem in problems)
    if not isinstance(content, dict) or "stem" not in content:
        assert any(problem.is_error for problem in problems)


@each_kind
@given(data=st.data())
@often
def test_a_damaged_question_is_reported_at_its_place(kind, data):
    """Any value replaced by rubbish gives problems, whose paths lead to something or to its holder."""
    content = data.draw(contents(kind))
    damaged = copy.deepcopy(content)
    path = data.draw(st.sampled_from(list(paths(damaged))))
    holder = damaged
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = data.draw(
        st.sampled_from([None, [], {}, "", 7, "\x00", [[]], True, math.inf, "🙂", "*"])
    )

    for problem in KINDS[kind].check(KINDS[kind].normalise(damaged)):
        assert isinstance(problem.path, tuple)
        assert all(isinstance(key, str | int) for key in problem.path)


@given(st.floats(-2, 2))
@often
def test_clamped_is_within_0_and_1(fraction):
    assert 0 <= clamped(fraction) <= 1


def paths(value, path=()):
    """The paths of everything below the top."""
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in rows:
        yield (*path, key)
        yield from paths(inner, (*path, key))


def form_of(kind, shown):
    """The data that a browser would post for a layout without anything being changed."""
    if "options" in shown:
        field = "answer" if kind == "true_false" else "choice"
        return {field: [option["id"] for option in shown["options"] if option["chosen"]]}
    if kind == "matching":
        return {r["field"]: [c["value"] for c in r["choices"] if c["chosen"]] or [""] for r in shown["rows"]}
    if kind == "ordering":
        return {
            r["field"]: [str(p["value"]) for p in r["places"] if p["chosen"]] or [""] for r in shown["rows"]
        }
    if kind == "gaps":
        fields = [piece["gap"] for piece in shown["pieces"] if "gap" in piece]
        return {
            gap["field"]: [o["id"] for o in gap["options"] if o["chosen"]]
            if "options" in gap
            else [gap["text"]]
            for gap in fields
        }
    fields = {"short_text": "text", "numeric": "number", "essay": "essay"}
    if kind in fields:
        return {fields[kind]: [shown["text"]]}
    return posted_by(render_to_string(f"questions/{kind}.html#input", {"shown": shown, "prefix": ""}))
