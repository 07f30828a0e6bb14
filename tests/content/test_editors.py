"""The form of each kind gives back exactly the content it was filled with, and lays problems at their fields."""

import pytest
from django.http import QueryDict

from content.editors import QuestionEditor
from content.questions import KINDS
from tests.content.posting import posted_from
from tests.factories import EXAMPLES


@pytest.mark.parametrize("kind", KINDS)
def test_content_survives_the_form(kind):
    content = KINDS[kind].normalise(EXAMPLES[kind])

    editor = QuestionEditor(kind, data=posted_from(QuestionEditor(kind, content=content)))

    assert editor.is_readable
    assert editor.content() == content


def test_form_says_what_stars_of_old_content_stood_for():
    """Written before an author could say it, they stood for any characters; saving it must not change a mark."""
    short = KINDS["short_text"].normalise({"stem": "Which?", "answers": ["*Iran"], "explanation": "So."})
    gap = {"kind": "short_text", "answers": ["*Iran"]}
    gaps = KINDS["gaps"].normalise(
        {"stem": "Fill.", "text": "{{a}}", "gaps": {"a": gap}, "explanation": "So."}
    )
    for kind, content in (("short_text", short), ("gaps", gaps)):
        editor = QuestionEditor(kind, data=posted_from(QuestionEditor(kind, content=content)))
        assert editor.is_readable
        saved = editor.content()
        assert (saved if kind == "short_text" else saved["gaps"]["a"])["match"] == "characters"


def test_new_typed_answer_starts_with_whole_words():
    """A select with nothing chosen sends its first choice."""
    for kind in ("short_text", "gaps"):
        fields = [field for form in QuestionEditor(kind).all_forms for field in form if field.name == "match"]
        assert fields
        assert all(field.value() is None and field.field.choices[0][0] == "words" for field in fields)


@pytest.mark.parametrize("kind", KINDS)
def test_empty_form_is_refused_and_not_a_crash(kind):
    editor = QuestionEditor(kind, data=posted_from(QuestionEditor(kind)))

    assert editor.is_readable
    assert any(problem.is_error for problem in editor.check(editor.content()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "rubbish",
    [{}, {"options-TOTAL_FORMS": "x"}, {"options-TOTAL_FORMS": "99999", "options-INITIAL_FORMS": "-1"}],
)
def test_rubbish_is_refused_and_not_a_crash(kind, rubbish):
    data = QueryDict(mutable=True)
    data.update(rubbish)

    editor = QuestionEditor(kind, data=data)

    if editor.is_readable:
        assert any(problem.is_error for problem in editor.check(editor.content()))


def test_position_numbers_put_rows_in_order():
    content = KINDS["single_choice"].normalise(EXAMPLES["single_choice"])
    data = posted_from(QuestionEditor("single_choice", content=content))
    last = len(content["options"]) - 1
    data["options-0-ORDER"], data[f"options-{last}-ORDER"] = str(last + 1), "1"

    editor = QuestionEditor("single_choice", data=data)
    assert editor.is_readable

    ids = [option["id"] for option in editor.content()["options"]]
    assert ids[0] == content["options"][last]["id"]
    assert ids[-1] == content["options"][0]["id"]


def test_removed_row_is_gone_and_the_others_keep_their_ids():
    content = KINDS["multiple_choice"].normalise(EXAMPLES["multiple_choice"])
    data = posted_from(QuestionEditor("multiple_choice", content=content))
    data["options-1-DELETE"] = "on"

    editor = QuestionEditor("multiple_choice", data=data)
    assert editor.is_readable

    kept = [option["id"] for option in editor.content()["options"]]
    assert kept == [option["id"] for n, option in enumerate(content["options"]) if n != 1]


def test_button_for_more_rows_adds_two_and_keeps_what_was_typed():
    data = posted_from(QuestionEditor("single_choice"))
    data["q-stem"] = "Which?"

    editor = QuestionEditor("single_choice", data=data, more="options")

    assert len(editor.row_sets[0].forms) == int(data["options-TOTAL_FORMS"]) + 2
    assert editor.stem["stem"].value() == "Which?"


def test_problem_stands_at_the_row_it_is_about_though_a_blank_row_stands_before():
    data = posted_from(QuestionEditor("single_choice"))
    data["q-stem"] = "Which of the two is right?"
    for name, value in {"1-text": "One", "1-correct": "on", "3-text": "Two", "3-fraction": "7"}.items():
        data[f"options-{name}"] = value

    editor = QuestionEditor("single_choice", data=data)
    assert editor.is_readable
    editor.check(editor.content())

    assert "fraction" in editor.row_sets[0].forms[3].errors
    assert not editor.row_sets[0].forms[1].errors


def test_hint_stands_beside_its_field():
    content = KINDS["single_choice"].normalise(
        {
            "stem": "Which is not a river?",
            "options": [{"text": "Tigris"}, {"text": "Baghdad", "correct": True}],
        }
    )

    editor = QuestionEditor("single_choice", content=content)
    editor.hint_on(content)

    assert [problem.code for problem in editor.hints["id_q-stem"]] == ["negative-stem"]
    assert [problem.code for problem in editor.hints["id_q-explanation"]] == ["missing-explanation"]
    assert "id_options-0-feedback" in editor.hints


def test_new_row_never_takes_the_id_of_a_removed_one():
    content = KINDS["multiple_choice"].normalise(EXAMPLES["multiple_choice"])
    data = posted_from(QuestionEditor("multiple_choice", content=content))
    fresh = len(content["options"])
    data["options-0-DELETE"], data[f"options-{fresh}-text"] = "on", "Quite another option"

    editor = QuestionEditor("multiple_choice", content=content, data=data)
    assert editor.is_readable

    added = editor.content()["options"][-1]
    assert added["text"] == "Quite another option"
    assert added["id"] not in {option["id"] for option in content["options"]}


def test_problem_speaks_of_the_form_and_not_of_course_files():
    data = posted_from(QuestionEditor("single_choice"))
    for name, value in {"q-stem": "Which?", "options-0-text": "One", "options-1-text": "Two"}.items():
        data[name] = value

    editor = QuestionEditor("single_choice", data=data)
    assert editor.is_readable
    editor.check(editor.content())

    assert [problem.message for problem in editor.row_sets[0].told] == [
        "No option is correct; tick “Right” at one"
    ]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("single_choice", "“Options” should have 2 to 50 entries and has 1"),
        ("true_false", "“The statement is” should be true or false"),
        ("matching", "“Pairs” is missing"),
        ("gaps", "“Text with gaps” is missing"),
    ],
)
def test_field_that_is_missing_is_called_by_its_label(kind, message):
    data = posted_from(QuestionEditor(kind))
    data["q-stem"], data["options-0-text"] = "Which?", "One"

    editor = QuestionEditor(kind, data=data)
    assert editor.is_readable

    assert message in [problem.message for problem in editor.check(editor.content())]


def test_hints_come_while_the_question_is_not_finished():
    data = posted_from(QuestionEditor("single_choice"))
    data["q-stem"], data["options-2-text"] = "Which is not a river", "All of the above"

    editor = QuestionEditor("single_choice", data=data)
    assert editor.is_readable
    problems = editor.check(editor.content())

    assert any(problem.is_error for problem in problems)
    assert [hint.code for hint in editor.hints["id_q-stem"]] == ["negative-stem", "stem-no-question"]
    assert [hint.code for hint in editor.hints["id_options-2-text"]] == ["all-or-none"]


def test_hint_on_all_options_stands_at_the_options():
    content = KINDS["multiple_choice"].normalise(
        {
            "stem": "Which of these are rivers?",
            "options": [{"text": "Tigris", "correct": True}, {"text": "Baghdad"}],
        }
    )

    editor = QuestionEditor("multiple_choice", content=content)
    editor.hint_on(content)

    assert [hint.code for hint in editor.row_sets[0].hints] == ["one-key"]
    assert editor.general == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_hint_and_problem_of_a_kind_finds_a_place_in_its_form(kind):
    """A content of weaknesses: nothing but what concerns the whole question stands above the form."""
    weak = KINDS[kind].normalise(EXAMPLES[kind] | {"stem": "Not never"})
    for rows in ("options", "answers", "pairs"):
        for row in weak.get(rows, ()):
            row.pop("feedback", None)
    weak = {
        key: value
        for key, value in weak.items()
        if key not in ("explanation", "rubric", "model_answer", "unit")
    }

    editor = QuestionEditor(kind, content=weak)
    editor.hint_on(weak)

    assert [hint.code for hint in editor.general] == []
