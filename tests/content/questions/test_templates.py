"""Each kind's template draws its two parts, escapes what people wrote, and never shows the key early."""

import copy
import json
import random
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string

from content.questions import KINDS
from content.questions.rendering import answered, asked, render_content
from tests.content.questions.examples import EXAMPLES

each_kind = pytest.mark.parametrize("kind", sorted(KINDS))
NASTY = "<img src=x onerror=alert(1)>"
VOID = {"input", "br", "hr", "img"}


class Balance(HTMLParser):
    """Reads a part and remembers what is wrong with it: tags that do not close, ids that stand twice."""

    def __init__(self, html):
        super().__init__()
        self.open, self.wrong, self.ids, self.fields, self.named = [], [], [], [], []
        self.feed(html)
        self.close()
        self.wrong += self.open + [id for id in set(self.ids) if self.ids.count(id) > 1]
        self.wrong += [name for name in self.named if name not in self.ids]

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag in ("input", "select", "textarea"):
            self.fields.append(attributes["name"])
        self.named += attributes.get("for", "").split()
        self.named += (attributes.get("aria-describedby") or attributes.get("aria-labelledby") or "").split()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")


def prepared(kind, **changes):
    content = KINDS[kind].normalise(copy.deepcopy(EXAMPLES[kind]) | changes)
    presented = KINDS[kind].present(content, random.Random(3))
    return content, json.loads(json.dumps(render_content(kind, content))), presented


def drawn_input(kind, response=None, *, prefix="q4-", **more):
    content, rendered, presented = prepared(kind, **more.pop("changes", {}))
    shown = asked(kind, rendered, presented, response)
    return render_to_string(shown["input"], {"shown": shown, "prefix": prefix, **more})


def drawn_review(kind, response, *, show_key=True, **more):
    content, rendered, presented = prepared(kind)
    shown = answered(kind, content, rendered, presented, response, show_key=show_key)
    return render_to_string(shown["review"], {"shown": shown, "prefix": "q4-", **more})


@each_kind
@pytest.mark.parametrize("heading", ["", "h1", "h2"])
def test_input_is_sound_markup_whose_fields_carry_the_prefix(kind, heading):
    part = Balance(drawn_input(kind, heading=heading, error="Not understood.", keys=True))

    assert part.wrong == []
    assert part.fields
    assert all(name.startswith("q4-") for name in part.fields)


@each_kind
def test_review_is_sound_markup(kind):
    content, *_ = prepared(kind)

    for response in (None, KINDS[kind].correct(content)):
        assert Balance(drawn_review(kind, response)).wrong == []


@each_kind
def test_nothing_of_the_key_is_in_the_page_before_the_answer(kind):
    html = drawn_input(kind)

    assert "SECRET" not in html
    # Fields of the fields' own order: no name or value follows the order in which the author wrote the key.
    if kind in ("matching", "ordering"):
        assert not any(f'"{word}"' in html for word in ("a", "b", "c", "d", "position-a", "q4-position-a"))


@each_kind
def test_review_without_the_key_tells_only_of_the_answer(kind):
    content, *_ = prepared(kind)

    html = drawn_review(kind, None, show_key=False)

    assert "SECRET" not in html
    assert "Right answer" not in html
    assert "The right order" not in html
    assert "Right, not chosen" not in html


@each_kind
def test_page_posts_back_the_answer_that_it_shows(kind):
    content, *_ = prepared(kind)
    right = KINDS[kind].correct(content)

    sent = posted_by(drawn_input(kind, right, prefix=""))

    assert KINDS[kind].same(content, KINDS[kind].read(content, sent), right)


@each_kind
def test_stem_keeps_its_markup_and_escapes_html(kind):
    html = drawn_input(kind, changes={"stem": "Is <b>this</b> *so*?"})

    assert "Is &lt;b&gt;this&lt;/b&gt; <em>so</em>?" in html


@pytest.mark.parametrize(
    ("kind", "response"),
    [
        ("short_text", {"text": NASTY}),
        ("essay", {"text": NASTY}),
        ("gaps", {"gaps": {"who": {"text": NASTY}}}),
        ("numeric", {"text": NASTY, "value": "1"}),
    ],
)
def test_answer_of_a_learner_is_escaped(kind, response):
    assert "<img" not in drawn_input(kind, response)
    assert "<img" not in drawn_review(kind, response)
    assert "&lt;img" in drawn_review(kind, response)


def test_right_and_wrong_are_said_in_words():
    html = drawn_review("single_choice", {"choice": "b"})

    assert "Your answer, not right" in html
    assert "Right answer" in html


def test_stem_with_a_quotation_puts_it_before_the_question():
    html = drawn_input("true_false", changes={"stem": "A text says:\n\n> It turns.\n\nIs that so?"})

    lead, question = html.index("<blockquote>"), html.index("Is that so?")
    assert lead < html.index("<fieldset") < question


class Form(HTMLParser):
    """What a browser would send for the fields of a part."""

    def __init__(self, html):
        super().__init__()
        self.sent, self.select, self.area = {}, None, None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "input" and (attributes["type"] == "text" or "checked" in attributes):
            self.sent.setdefault(attributes["name"], []).append(attributes["value"])
        elif tag == "select":
            self.select = attributes["name"]
            self.sent[self.select] = [""]
        elif tag == "option" and "selected" in attributes:
            self.sent[self.select] = [attributes["value"]]
        elif tag == "textarea":
            self.area = attributes["name"]

    def handle_data(self, text):
        if self.area:
            self.sent[self.area] = [text]

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.area = None


def posted_by(html):
    return Form(html).sent
