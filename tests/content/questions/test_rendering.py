"""Content with HTML in place of Markdown, and only that marked safe."""

import copy
import json

import pytest
from django.utils.safestring import SafeString

from content.questions import KINDS
from content.questions.rendering import (
    answered,
    asked,
    hint_of,
    plain_stem,
    render_content,
    search_text,
    texts,
)
from tests.content.questions.examples import EXAMPLES

each_kind = pytest.mark.parametrize("kind", sorted(KINDS))


def content_of(kind, **changes):
    return KINDS[kind].normalise(copy.deepcopy(EXAMPLES[kind]) | changes)


@each_kind
def test_rendered_form_has_the_shape_of_the_content_and_is_json(kind):
    content = content_of(kind)

    rendered = render_content(kind, content)

    assert set(content) <= set(rendered)
    assert set(rendered) - set(content) <= {"stem_lead", "tokens"}
    assert json.loads(json.dumps(rendered)) == rendered


def test_texts_become_html_and_patterns_stay():
    content = content_of(
        "short_text", stem="*Which*?", answers=[{"text": "*<b>*", "feedback": "**Yes**"}, "x"]
    )

    rendered = render_content("short_text", content)

    assert rendered["stem"] == "<em>Which</em>?"
    assert rendered["answers"][0] == {"id": "a", "text": "*<b>*", "feedback": "<strong>Yes</strong>"}


def test_sides_that_stand_in_a_select_become_plain_words():
    content = content_of("matching", pairs=[{"left": "*a*", "right": "*b*"}, {"left": "c", "right": "d"}])

    rendered = render_content("matching", content)

    assert (rendered["pairs"][0]["left"], rendered["pairs"][0]["right"]) == ("<em>a</em>", "b")


def test_several_paragraphs_of_feedback_stay_paragraphs():
    content = content_of("true_false", explanation="One.\n\nTwo.")

    assert render_content("true_false", content)["explanation"] == "<p>One.</p>\n<p>Two.</p>"


def test_only_rendered_texts_are_marked_safe():
    content = content_of("numeric", unit="<b>m</b>")
    rendered = render_content("numeric", content)

    shown = asked("numeric", rendered, {}, {"text": "<i>", "value": "1"})

    assert isinstance(shown["stem"], SafeString)
    assert not isinstance(shown["unit"], SafeString)
    assert not isinstance(shown["text"], SafeString)


def test_key_of_typed_answers_is_not_marked_safe():
    content = content_of("short_text", answers=["<b>x</b>"])

    shown = answered(
        "short_text", content, render_content("short_text", content), {}, {"text": "y"}, show_key=True
    )

    assert shown["key"] == "<b>x</b>"
    assert not isinstance(shown["key"], SafeString)


@each_kind
def test_feedback_can_be_held_back_while_the_verdict_is_shown(kind):
    content = content_of(kind)
    response = KINDS[kind].correct(content)

    shown = answered(
        kind, content, render_content(kind, content), {}, response, show_key=False, show_feedback=False
    )

    shown.pop("text", None)  # the model answer of the essay is the response here
    assert "SECRET" not in json.dumps(shown)
    assert shown["verdict"] in ("right", "unmarked")


def test_image_of_a_question_is_asked_for_by_its_name():
    content = content_of("single_choice", stem="What is this?\n\n![A moon](assets/moon.png)")

    rendered = render_content("single_choice", content, asset_url=lambda name: f"/assets/{name}")

    assert rendered["stem_lead"] == '<p><img src="/assets/moon.png" alt="A moon"></p>'
    assert rendered["stem"] == "What is this?"


def test_texts_lists_every_markdown_text_with_its_path():
    content = content_of("gaps", hint="Look up.")

    paths = [path for path, _ in texts("gaps", content)]

    assert ("stem",) in paths
    assert ("hint",) in paths
    assert ("gaps", "planet", "options", 1, "text") in paths
    assert ("gaps", "who", "answers", 0, "text") not in paths


def test_search_finds_stem_options_feedback_and_typed_answers():
    words = search_text("short_text", content_of("short_text"))

    assert "largest moon" in words
    assert "Titan" in words
    assert "mind the spelling" in words


def test_hint_and_plain_stem():
    content = content_of("true_false", hint="*Slowly*", stem="It *turns*.")

    assert hint_of("true_false", render_content("true_false", content)) == "<em>Slowly</em>"
    assert hint_of("true_false", render_content("true_false", content_of("true_false"))) == ""
    assert plain_stem(content) == "It turns."
