"""Hints for authors: each flaw is found where it is, and a sound item gets none."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.questions import KINDS
from content.questions.hints import no_passage
from tests.content.questions.examples import EXAMPLES
from tests.content.questions.strategies import contents
from tests.content.questions.test_properties import paths

SOUND = {
    "stem": "In which year did the council first meet?",
    "options": [
        {"text": "2004", "feedback": "No."},
        {"text": "2005", "feedback": "No."},
        {"text": "2006", "correct": True, "feedback": "Yes."},
    ],
    "explanation": "It met in March.",
}


def hints(kind, content):
    """(code, path) of each warning; the content must be free of errors."""
    problems = KINDS[kind].check(KINDS[kind].normalise(content))
    assert not [problem for problem in problems if problem.is_error], problems
    return [(problem.code, problem.path) for problem in problems]


def options(*texts, key=0):
    return [
        {"text": text, "feedback": "So."} | ({"correct": True} if n == key else {})
        for n, text in enumerate(texts)
    ]


def test_sound_item_gets_no_hint():
    assert hints("single_choice", SOUND) == []


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"stem": "The first meeting of the council"}, "stem-no-question", ("stem",)),
        ({"stem": "Which of these is not a province?"}, "negative-stem", ("stem",)),
        ({"stem": "All of them signed, except whom?"}, "negative-stem", ("stem",)),
        ({"stem": "Which isn’t a province?"}, "negative-stem", ("stem",)),
        ({"options": options("Basra", "Erbil", "All of the above")}, "all-or-none", ("options", 2, "text")),
        ({"options": options("Basra", "None of these", "Erbil")}, "all-or-none", ("options", 1, "text")),
        (
            {"options": options("It grew", "It always fell", "It stayed")},
            "absolute-word",
            ("options", 1, "text"),
        ),
        (
            {"options": options("The head of the provisional authority", "The president", "The parliament")},
            "key-longest",
            ("options", 0, "text"),
        ),
        (
            {
                "stem": "Who signed the agreement on withdrawal?",
                "options": options("The withdrawal office", "The court", "The bank"),
            },
            "clue-word",
            ("options", 0, "text"),
        ),
        (
            {
                "options": options(
                    "A bank", "A court", "An office of the ministry that was founded in the year before"
                )
            },
            "unlike-length",
            ("options", 2, "text"),
        ),
        ({"options": options("It was a bank.", "A court", "An office")}, "unlike-grammar", ("options",)),
        ({"options": options("a bank", "A court", "An office")}, "unlike-grammar", ("options",)),
        (
            {"options": options("10–20 per cent", "20–30 per cent", "31–40 per cent")},
            "overlapping-numbers",
            ("options", 1, "text"),
        ),
        ({"options": options("Basra", "basra.", "Erbil")}, "duplicated-option", ("options", 1, "text")),
        (
            {"options": [{"text": "Basra", "correct": True}, {"text": "Erbil", "feedback": "x"}]},
            "missing-feedback",
            ("options", 0, "feedback"),
        ),
        ({"explanation": ""}, "missing-explanation", ()),
    ],
)
def test_flaw_of_a_choice_is_found_where_it_is(changes, code, path):
    assert (code, path) in hints("single_choice", SOUND | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"stem": "Name the year in which it met."},
        {"stem": "ما هي عاصمة العراق؟"},
        {"stem": "The council met in _____."},
        {"stem": "Which notable northern city fell?"},
        {"options": options("10–19 per cent", "20–30 per cent", "31–40 per cent")},
        {"options": options("30 June 2009", "31 August 2010", "31 December 2011")},
    ],
)
def test_what_only_looks_like_a_flaw_gets_no_hint(changes):
    assert hints("single_choice", SOUND | changes) == []


def test_select_all_with_one_key_is_better_a_single_choice():
    assert ("one-key", ("options",)) in hints("multiple_choice", SOUND)
    assert ("one-key", ("options",)) not in hints("single_choice", SOUND)


def test_statement_is_asked_for_one_fact_and_a_reason_for_either_answer():
    content = {
        "stem": "It always met, and it voted.",
        "answer": True,
        "feedback": {"true": "Yes."},
        "explanation": "x",
    }

    assert hints("true_false", content) == [
        ("absolute-word", ("stem",)),
        ("two-facts", ("stem",)),
        ("missing-feedback", ("feedback", "false")),
    ]


def test_typed_answers_want_feedback_for_what_fits_none():
    content = {"stem": "Who?", "answers": [{"text": "x", "feedback": "Yes."}], "explanation": "x"}

    assert hints("short_text", content) == [("missing-feedback", ("else_feedback",))]


def test_number_wants_a_unit_unless_it_is_a_year():
    whole = {"stem": "How many?", "explanation": "x", "else_feedback": "x"}

    assert hints("numeric", whole | {"answers": [{"value": 91, "feedback": "x"}]}) == [("no-unit", ())]
    assert hints("numeric", whole | {"answers": [{"value": 2008, "feedback": "x"}]}) == []


def test_answers_whose_ranges_overlap_are_pointed_out():
    answers = [
        {"value": 10, "absolute": 1, "feedback": "x"},
        {"value": 12, "absolute": 1, "fraction": 0.5, "feedback": "x"},
        {"value": 20, "fraction": 0.5, "feedback": "x"},
    ]
    content = {"stem": "How many?", "answers": answers, "unit": "m", "else_feedback": "x", "explanation": "x"}

    assert hints("numeric", content) == [("overlapping-numbers", ("answers", 1, "value"))]


def test_matching_wants_more_targets_than_stems():
    pairs = [{"left": "a", "right": "1", "feedback": "x"}, {"left": "b", "right": "2", "feedback": "x"}]
    content = {"stem": "Which goes with which?", "pairs": pairs, "explanation": "x"}

    assert hints("matching", content) == [("no-extra", ("pairs",))]
    assert hints("matching", content | {"extra": ["3"]}) == []


def test_hints_on_a_gap_point_into_the_gap():
    gap = {"kind": "choice", "options": [{"text": "x", "correct": True, "feedback": "x"}, {"text": "y"}]}
    content = {"stem": "Fill it.", "text": "so {{one}}", "gaps": {"one": gap}, "explanation": "x"}

    assert hints("gaps", content) == [("missing-feedback", ("gaps", "one", "options", 1, "feedback"))]


def test_essay_wants_rubric_and_model_answer():
    assert hints("essay", {"stem": "Why?", "explanation": "x"}) == [
        ("no-rubric", ()),
        ("no-model-answer", ()),
    ]


def weak(kind):
    """A question of the kind with as many weaknesses as one can have and still be asked."""
    content = KINDS[kind].normalise(EXAMPLES[kind]) | {"stem": "It is never not so; and that is all"}
    for rows in ("options", "answers", "pairs"):
        for row in content.get(rows, ()):
            row.pop("feedback", None)
    if "options" in content:
        content["options"][0]["text"], content["options"][1]["text"] = (
            "All of the above",
            "Always 3 to 9 weeks.",
        )
    left_out = ("explanation", "rubric", "model_answer", "unit", "feedback", "else_feedback")
    return {key: value for key, value in content.items() if key not in left_out}


@pytest.mark.parametrize("kind", KINDS)
def test_every_hint_gives_one_reason_and_how_to_mend_it(kind):
    found = KINDS[kind].check(weak(kind))

    assert found
    for problem in [*found, no_passage()]:
        assert problem.severity == "warning"
        assert problem.code
        assert problem.message.count("; ") == 1, problem.message


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_hints_on_what_is_still_being_written_never_raise(kind, data):
    content = copy.deepcopy(data.draw(contents(kind)))
    for _ in range(data.draw(st.integers(1, 6))):
        places = list(paths(content))
        if not places:
            break
        path = data.draw(st.sampled_from(places))
        holder = content
        for key in path[:-1]:
            holder = holder[key]
        if isinstance(holder, dict) and data.draw(st.booleans()):
            del holder[path[-1]]
        else:
            holder[path[-1]] = data.draw(st.sampled_from(["", None, [], {}, "x", "1,2", 7]))

    for problem in KINDS[kind].hints(content):
        assert problem.severity == "warning"


def test_blank_options_are_not_written_yet_and_no_flaw():
    unfinished = {"stem": "Which river is it?", "options": [{"text": "The Tigris"}, {"text": ""}, {}]}

    codes = [problem.code for problem in KINDS["single_choice"].hints(unfinished)]

    assert set(codes) == {"missing-explanation", "missing-feedback"}
