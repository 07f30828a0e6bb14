"""A question that comes back from a format keeps what that format has no place for."""

import random

import pytest

from content.formats import FORMATS, read, survival, write
from content.formats.merging import merged
from content.questions import KINDS
from tests.content.formats.made_drafts import make_draft

FULL = {
    "stem": "Which?",
    "options": [{"text": "A", "correct": True, "feedback": "yes"}, {"text": "B", "feedback": "no"}],
    "shuffle": False,
    "explanation": "Because.",
    "hint": "Think.",
}


def back_from(name, content, kind="single_choice"):
    old = KINDS[kind].normalise(content)
    draft = make_draft(kind, random.Random(1))
    draft.content = old
    (back,) = read(write(name, [draft]), "x", name).questions
    return old, back.content


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "anki"])
def test_unchanged_question_comes_back_whole(name):
    old, back = back_from(name, FULL)

    assert merged(name, "single_choice", old, back) == old


def test_what_the_file_says_wins():
    old, back = back_from("gift", FULL)
    back["options"][1]["feedback"] = "never"

    made = merged("gift", "single_choice", old, back)

    assert made["options"][1]["feedback"] == "never"
    assert made["hint"] == "Think."


def test_what_the_format_has_a_place_for_can_be_taken_away():
    old, back = back_from("moodle_xml", FULL)
    del back["hint"]

    assert "hint" not in merged("moodle_xml", "single_choice", old, back)


def test_feedback_stays_with_its_option_not_with_its_place():
    old, back = back_from("aiken", FULL)
    back["options"].reverse()
    back["options"].append({"id": "c", "text": "C"})

    made = merged("aiken", "single_choice", old, back)

    assert [(row["text"], row.get("feedback")) for row in made["options"]] == [
        ("B", "no"),
        ("A", "yes"),
        ("C", None),
    ]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if survival("yaml", kind) == "all"])
def test_our_own_format_says_all_and_nothing_is_added(kind):
    rng = random.Random(kind)
    old, new = (KINDS[kind].normalise(make_draft(kind, rng).content) for _ in range(2))

    assert merged("yaml", kind, old, new) == new


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_merging_never_breaks_a_question(name, kind):
    rng = random.Random(f"{name} {kind}")
    for _ in range(20):
        contents = [KINDS[kind].normalise(make_draft(kind, rng).content) for _ in range(2)]
        if any(p.is_error for content in contents for p in KINDS[kind].check(content)):
            continue

        made = merged(name, kind, *contents)

        assert not any(problem.is_error for problem in KINDS[kind].check(made))
