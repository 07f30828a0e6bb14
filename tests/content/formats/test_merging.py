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


TYPED = {
    "stem": "Which fund?",
    "answers": ["Fund * Iraq", "DFI"],
    "match": "words",
    "display": "Fund for Iraq",
    "explanation": "So.",
}
OUTSIDE = [name for name in FORMATS if survival(name, "short_text") == "all" and name != "yaml"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_stars_of_a_file_stand_for_characters_and_those_of_the_course_stay_words(name):
    old, back = back_from(name, TYPED, "short_text")
    made = merged(name, "short_text", old, back)

    assert (back["match"], "display" in back) == ("characters", False)
    assert (made["match"], made["display"]) == ("words", "Fund for Iraq")
    assert made["answers"] == old["answers"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_new_star_and_answer_that_is_right_no_more_are_those_of_the_file(name):
    old, back = back_from(name, TYPED, "short_text")
    back["answers"] = [{"text": "Bank * Iraq"}]
    made = merged(name, "short_text", old, back)

    assert made["match"] == "characters"
    assert "display" not in made


def test_answer_to_show_comes_back_from_qti_first():
    old, back = back_from("qti", TYPED, "short_text")

    assert KINDS["short_text"].correct(KINDS["short_text"].normalise(back)) == {"text": "Fund for Iraq"}
    assert merged("qti", "short_text", old, back)["display"] == "Fund for Iraq"


@pytest.mark.parametrize("name", ["moodle_xml", "csv", "xlsx"])
def test_star_in_a_gap_of_a_file_stands_for_characters(name):
    gap = {key: TYPED[key] for key in ("answers", "match", "display")} | {"kind": "short_text"}
    old, back = back_from(
        name,
        {"stem": "Fill.", "text": "It was {{what}}.", "gaps": {"what": gap}, "explanation": "So."},
        "gaps",
    )
    (read_gap,) = back["gaps"].values()

    assert read_gap["match"] == "characters"
    if "what" in back["gaps"]:  # Moodle has no names for gaps
        assert merged(name, "gaps", old, back)["gaps"]["what"]["match"] == "words"
        assert merged(name, "gaps", old, back)["gaps"]["what"]["display"] == "Fund for Iraq"


@pytest.mark.parametrize("new", [{}, {"answers": 5}, {"answers": [None, 3]}, {"answers": [{"text": None}]}])
def test_merging_with_what_is_no_question_yet_does_not_fail(new):
    old = KINDS["short_text"].normalise(TYPED)

    merged("csv", "short_text", old, {"stem": "Which?"} | new)


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
