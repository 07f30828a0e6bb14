"""A lesson file taken apart: every part with its line, every mistake with line, column and what to do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.lessons import RESERVED_IDS, RawBlock, Reference, parse_lesson

LESSON = """\
---
id: after-the-invasion
title: After the invasion
---

Opening [[cpa|authority]].

## Who governed {#who-governed}

Text [@unsc-1483].

:::check first-decrees
:::

## And then? {#and-then}

:::figure troops-by-year
:::

More [[cpa]]. ![A map](assets/map.png)

:::claims
- claim: "…"
  verdict: imprecise
:::

:::summary
In short [@unami-2006].
:::
"""


def test_parts_of_a_lesson_come_with_their_lines():
    doc = parse_lesson(LESSON)

    assert doc.problems == []
    assert doc.front_matter == RawBlock("id: after-the-invasion\ntitle: After the invasion", 2)
    assert doc.lead == "Opening [[cpa|authority]]."
    assert [(p.id, p.title, p.line) for p in doc.passages] == [
        ("who-governed", "Who governed", 8),
        ("and-then", "And then?", 15),
    ]
    assert doc.passages[0].markdown == "Text [@unsc-1483].\n\n:::check first-decrees\n:::"
    assert doc.claims == RawBlock('- claim: "…"\n  verdict: imprecise', 23)
    assert doc.summary == RawBlock("In short [@unami-2006].", 28)


def test_references_come_with_line_and_column():
    doc = parse_lesson(LESSON)

    assert doc.checks == [Reference("first-decrees", 12, 10)]
    assert doc.figures == [Reference("troops-by-year", 17, 11)]
    assert doc.terms == [Reference("cpa", 6, 11), Reference("cpa", 20, 8)]
    assert doc.citations == [Reference("unsc-1483", 10, 8), Reference("unami-2006", 28, 12)]
    assert doc.images == [(Reference("assets/map.png", 20, 15), "A map")]


def test_body_without_front_matter_is_a_lesson_too():
    doc = parse_lesson("Lead.\n\n## One {#one}\nText.\r\nMore.")

    assert (doc.front_matter, doc.lead, doc.problems) == (None, "Lead.", [])
    assert doc.passages[0].markdown == "Text.\nMore."


def test_words_are_counted_without_front_matter_and_claims():
    assert (
        parse_lesson(LESSON).words
        == len("Opening authority. Text . More cpa. A map In short .".replace(" .", "").split()) + 2
    )


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("## No id", 1, 1, "no id; write ## No id {#no-id}"),
        ("x\n\n## One {#One}", 3, 10, '"One" is no id'),
        ("## One {#one}\n## Two {#one}", 2, 10, "used twice in this lesson"),
        ("## One {#main}", 1, 10, "used by the page itself"),
        ("## One {#src-x}", 1, 10, "used by the page itself"),
        ("# Title", 1, 1, "stands in the front matter"),
        ("Title\n=====", 2, 1, "no id; write ## Title"),
        ("## {#one}", 1, 1, "no words"),
        ("a\nb <b>c</b>", 2, 3, "raw HTML is not allowed (<b>)"),
        (":::check one", 1, 1, "never closed"),
        (":::claims\n- x", 1, 1, "never closed"),
        (":::note\nx\n\n## One {#one}", 4, 1, 'cannot begin inside ":::note"'),
        (":::note\nx", 1, 1, 'the block ":::note" is never closed'),
        (":::chekc one\n:::", 1, 4, 'unknown block "chekc"; did you mean "check"?'),
        (":::check\n:::", 1, 4, "needs the id of a question"),
        (":::figure Not An Id\n:::", 1, 4, "needs the id of a figure"),
        (":::check one\ntext\n:::", 2, 1, "holds nothing"),
        (":::check one\n:::\n:::check one\n:::", 3, 10, "stands in this lesson twice"),
        (":::", 1, 1, "closes nothing"),
        (":::summary\na\n:::\n:::summary\nb\n:::", 4, 1, "one block"),
        (":::summary x\na\n:::", 1, 4, "takes no id"),
        (":::note\n:::check one\n:::\n:::", 2, 1, "inside another block"),
        ("see [[Not Good|x]]", 1, 7, "no id of a glossary term"),
        ("see [@Not Good]", 1, 7, "no id of a source"),
        ("a[^1]", 1, 2, 'footnote "1" is not written in this passage'),
        ("## A {#a}\nx[^1]\n## B {#b}\n[^1]: y", 2, 2, "not written in this passage"),
        ("![](assets/x.png)", 1, 1, "no alt text"),
        ("see ![x](https://other.example/x.png)", 1, 5, "not a file of assets/"),
        ("---\nid: x", 1, 1, "never closed"),
        (":::summary\n<i>x</i>\n:::", 2, 1, "raw HTML"),
    ],
)
def test_mistake_is_named_with_line_and_column(text, line, column, words):
    problems = parse_lesson(text).problems

    assert (line, column) in [(p.line, p.column) for p in problems if words in p.message], problems


@pytest.mark.parametrize(
    "text",
    [
        "`<b>` and `[[no|x]]` and `[@No]`",
        "```\n## Not a heading\n<b>\n:::check\n[[No]]\n```",
        "~~~\n:::\n~~~",
        "    ## code\n",
        "a < b and 3 > 2 & so on",
        "text\n\n---\n\nafter a rule",
        "| a |\n|---|\n| b |",
        ":::note Title\ntext\n:::",
        "### Below a passage",
        "## One {#one} ",
        "a[^1]\n\n[^1]: written",
        "-- dashes\n--",
    ],
)
def test_what_only_looks_like_a_mistake_is_none(text):
    assert parse_lesson(text).problems == []


def test_problems_are_sorted_by_place():
    places = [
        (p.line, p.column) for p in parse_lesson("<b>\n\n[[X]] # a\n\n## x\n\n:::\n\n# y\n<i>z</i>").problems
    ]

    assert places == sorted(places)
    assert len(places) >= 4


LINES = [
    *(
        "",
        "text",
        "## One {#one}",
        "## Two",
        "# H",
        ":::check a",
        ":::figure b",
        ":::claims",
        ":::summary",
        ":::note",
        ":::",
    ),
    *(
        "---",
        "===",
        "```",
        "~~~",
        "[[a|b]]",
        "[[",
        "[@a]",
        "[^1]",
        "[^1]: x",
        "<b>",
        "![](x)",
        "![a](assets/a.png)",
        "- ",
        "> q",
    ),
]


@given(st.lists(st.sampled_from(LINES) | st.text(max_size=10), max_size=14).map("\n".join))
@settings(max_examples=100, deadline=None)
def test_any_text_is_taken_apart_with_places_inside_it(text):
    doc = parse_lesson(text)

    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for problem in doc.problems:
        assert 1 <= problem.line <= len(lines)
        assert problem.column >= 1
    assert all(passage.line <= len(lines) for passage in doc.passages)


def test_reserved_ids_hold_those_of_the_base_page():
    assert {"main", "question", "said"} <= RESERVED_IDS
