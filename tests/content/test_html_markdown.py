import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.html_markdown import MAX_DEPTH, from_html, from_plain, parse, to_html, to_plain
from content.markup import render_inline
from tests.content.formats.made_drafts import NASTY

PIECES = st.sampled_from(
    [*NASTY, *"*_`[](){}<>#!|~&\\+-=.:^ ab1\n", "![", "](", "{{", "**", "__", "  ", "1. ", "[^", "[@", "&lt;"]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


def spaced(text):
    return " ".join(text.split())


@pytest.mark.parametrize("text", NASTY)
def test_plain_text_stays_itself(text):
    assert spaced(to_plain(from_plain(text))) == spaced(text)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_plain_text_stays_itself(text):
    assert spaced(to_plain(from_plain(text))) == spaced(text)


@settings(max_examples=100, deadline=None)
@given(TEXTS.map(lambda text: re.sub("[\"'.\n-]", "", text)))
def test_plain_text_stays_itself_on_our_pages(text):
    shown = html.unescape(re.sub(r"<br ?/?>|</?p>", " ", render_inline(from_plain(text))))

    assert spaced(shown) == spaced(text)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_what_is_read_looks_like_what_was_read_from(text):
    shown = to_html(from_html(to_html(text)).markdown)

    assert to_html(from_html(shown).markdown) == shown


@pytest.mark.parametrize(
    ("source", "markdown"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two", "one\\\ntwo"),
        ("a <b>b </b>c", "a **b** c"),
        ("<em>x</em>", "*x*"),
        ("<i></i>x", "x"),
        ('x<b>"y"</b>z', 'x"y"z'),
        ("H<sub>2</sub>O, x<sup>2</sup>, x<sup>a b</sup>", "H₂O, x², x^(a b)"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<ul><li>a</li></ul><ul><li>b</li></ul>", "- a\n\n* b"),
        ('<ol start="3"><li>a</li><li>b<ul><li>c</li></ul></li></ol>', "3. a\n\n4. b\n\n   - c"),
        ("<pre>x = 1\n  y</pre>", "```\nx = 1\n  y\n```"),
        ("<code>a`b</code>", "``a`b``"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<table><tr><th>a<td>b|c</table>", "| a | b\\|c |\n| --- | --- |"),
        ('<a href="https://example.org/a_b">x</a>', "[x](https://example.org/a_b)"),
        ('<a href="JaVaScript:alert(1)">x</a>', "x"),
        ('<a href="data:text/html,x">x</a>', "x"),
        ("<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>", "漢字(かんじ)"),
        ("<div><span><p>a</p></span>b</div>", "a\n\nb"),
        ("a &lt;b&gt; &amp;amp; c", "a \\<b> \\&amp; c"),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
        ("a <3 b", "a <3 b"),
        ("<h2>Title</h2>text", "Title\n\ntext"),
        ("<!-- note -->a<!DOCTYPE x><?php x ?>b", "ab"),
    ],
)
def test_html_becomes_markdown(source, markdown):
    assert from_html(source).markdown == markdown


@pytest.mark.parametrize("tag", ["script", "style", "iframe", "object", "form", "svg"])
def test_dangerous_element_goes_with_its_text_and_is_named(tag):
    converted = from_html(f"a<{tag} onload='x()'>alert(1)</{tag}>b")

    assert (converted.markdown, converted.lost) == ("ab", (tag,))


def test_unclosed_script_takes_the_rest():
    assert from_html("a<script>b<p>c").markdown == "a"


def test_blocks_are_lines_where_only_lines_fit():
    converted = from_html("<p>a</p><ul><li>b</li></ul><pre>c\nd</pre>", inline=True)

    assert converted.markdown == "a\\\nb\\\n`c`\\\n`d`"


def test_picture_without_a_file_leaves_its_alt_text():
    converted = from_html('<img src="https://example.org/x.png" alt="a map"> here')

    assert (converted.markdown, converted.lost) == ("a map here", ("image",))


def test_picture_with_a_file_is_shown():
    assert (
        from_html('<img src="x.png" alt="a">', image=lambda src, alt: f"![{alt}](assets/{src})").markdown
        == "![a](assets/x.png)"
    )


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<a '> '",
        "<a =\"'",
        "<!--",
        "<b>",
        "<div>",
        "<ul><li>",
        "<table><tr><td>",
        "<script>",
        "&amp",
        "<x y=",
        "</b>",
    ],
)
def test_reading_html_takes_steps_in_proportion_to_its_length(piece):
    """Characters looked at, counted by a string that counts; ten times the text may take at most eleven times the steps."""

    class Counted(str):
        steps = 0

        def find(self, wanted, start=0, *end):
            found = super().find(wanted, start, *end)
            Counted.steps += (len(self) if found < 0 else found) - start + 1
            return found

    def steps(times):
        Counted.steps = 0
        parse(Counted(piece * times))
        return Counted.steps

    assert steps(5_000) <= 11 * steps(500) + 1_000


def test_deep_nesting_is_flattened():
    assert from_html("<div>" * 5_000 + "x").markdown == "x"
    assert from_html("<b><i>" * MAX_DEPTH + "x").markdown.strip("*") == "x"


@pytest.mark.parametrize(
    "source", ["<", "<a", "</", "<!", "<!--", "<a b", "<a b='", "&", "&#x110000;", "<p", "<>", "< a>", "</>"]
)
def test_broken_html_is_text_or_nothing(source):
    assert isinstance(from_html(source).markdown, str)
