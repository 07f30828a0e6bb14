"""The author's Markdown as safe HTML: what is kept, what is tamed, and that nothing takes long."""

import subprocess
import sys
import time
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.markup import (
    find_images,
    find_raw_html,
    marked_safe,
    plain,
    render,
    render_flow,
    render_inline,
    render_passage,
    render_stem,
)

often = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PIECES = [
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        '<a href="javascript:x">',
    ),
    *(
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://other.example/p.gif)",
    ),
    *(
        "{#location .btn onclick=x style=y}",
        "`code`",
        "**",
        "*",
        "_",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "&",
        '"',
        "'",
    ),
    *(
        "\n",
        "\n\n",
        "# ",
        "- ",
        "> ",
        "|a|b|\n|-|-|\n",
        "[^a]",
        "[^a]: x\n",
        "[[cpa|words]]",
        "[@src]",
        ":::note\n",
        ":::\n",
    ),
    *(
        "::: check x\n:::\n",
        ":::check x\n:::\n",
        "{{ x }}",
        "{% x %}",
        "al-Maliki",
        "2003–11",
        "\\",
        "~~",
        "![a](assets/a.png)",
    ),
]
TAGS = {
    *(
        "p",
        "br",
        "hr",
        "strong",
        "em",
        "s",
        "del",
        "sub",
        "sup",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
    ),
    *(
        "dd",
        "a",
        "img",
        "cite",
        "abbr",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "div",
    ),
    *("span", "section", "ruby", "rt", "rp"),
}


class Elements(HTMLParser):
    """The elements of HTML: their names and attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def elements(html):
    return Elements(html).found


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("one *two* **three** `four`", "<p>one <em>two</em> <strong>three</strong> <code>four</code></p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ('"real" quotes -- and dashes...', "<p>“real” quotes – and dashes…</p>"),
        ("[CRS](https://example.org/r)", '<p><a href="https://example.org/r">CRS</a></p>'),
        ("### A heading", "<h3>A heading</h3>"),
        ("# Too high", "Too high"),
        ("Term\n: What it is", "<dl>\n<dt>Term</dt>\n<dd>What it is</dd>\n</dl>"),
        ("{lang=ar dir=rtl}\nقال", '<p lang="ar" dir="rtl">قال</p>'),
        ("[قال]{lang=ar dir=rtl}", '<p><span lang="ar" dir="rtl">قال</span></p>'),
        ("Nouri al-Maliki’s call", '<p>Nouri <span class="nb">al-Maliki’s</span> call</p>'),
        ("in 2003–11", '<p>in <span class="nb">2003–11</span></p>'),
        ("on 30 June 2009", "<p>on 30&nbsp;June 2009</p>"),
        ("Order No. 2", "<p>Order No.&nbsp;2</p>"),
    ],
)
def test_markdown_becomes_html(source, html):
    assert render(source) == html


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<svg><p><style><a id="</style><img src=1 onerror=alert(1)>">',
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<form id=x><input name=attributes>",
        '<p id="location">',
        '<a style="position:fixed">x</a><style>*{}</style>',
        "<iframe srcdoc=x></iframe><meta http-equiv=refresh>",
        "{{ settings.SECRET_KEY }}{% debug %}",
    ],
)
def test_html_of_an_author_is_shown_as_text(source):
    shown = Elements(render(source))

    assert {tag for tag, _ in shown.found} <= {"p"}
    assert plain(source)[:4] == source[:4]


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#10;script:alert(1)",
        "vbscript:x",
        "data:text/html;base64,eA==",
        "file:///etc/x",
        "tel:1",
    ],
)
def test_links_lead_to_the_web_or_to_mail_only(link):
    for html in (render(f"[x]({link})"), render(f"<{link}>"), render(f"[x][r]\n\n[r]: {link}")):
        assert all(not attributes.get("href") for tag, attributes in elements(html))


def test_ids_and_classes_of_authors_cannot_pass_for_the_pages_own():
    [(tag, attributes), *_] = elements(render("{#main .btn .num onclick=x style=y}\ntext"))

    assert (tag, attributes) == ("p", {"id": "x-main", "class": "num"})


def test_image_of_the_course_is_shown_and_any_other_is_its_alt_text():
    source = "![Map](assets/map.png) ![Spy](https://other.example/p.gif) ![Up](assets/../x.png) ![Svg](assets/a.svg)"

    assert (
        render(source, asset_url=lambda name: f"/a/{name}?v=1")
        == '<p><img src="/a/map.png?v=1" alt="Map"> Spy Up Svg</p>'
    )


def test_image_that_the_course_does_not_hold_is_its_alt_text():
    assert render("![Map](assets/map.png)", asset_url=lambda name: None) == "<p>Map</p>"


def test_table_aligns_by_class_and_can_be_scrolled_by_keyboard():
    html = render("| Year | Troops |\n|---|--:|\n| 2003 | 67,700 |")

    assert 'role="region" aria-label="Table: Year, Troops" tabindex="0"' in html
    assert '<th class="num" scope="col">Troops</th>' in html
    assert '<td class="num">67,700</td>' in html
    assert "style" not in html


def test_terms_and_citations_lead_to_glossary_and_sources():
    html = render(
        "[[cpa|the authority]], [[cpa]], [[gone|lost]] [@unsc-1483, p. 4] [@nobody]",
        terms={"cpa": "CPA"},
        glossary_url="/courses/x/glossary/",
        sources={"unsc-1483": "UNSC 1483"},
        sources_url="/courses/x/one/",
    )

    link = '<a class="term" href="/courses/x/glossary/#term-cpa" data-term="cpa">'
    assert html == (
        f"<p>{link}the authority</a>, {link}CPA</a>, lost "
        '<a class="cite" href="/courses/x/one/#src-unsc-1483">[UNSC 1483, p. 4]</a> [nobody]</p>'
    )


def test_words_of_a_term_are_escaped():
    assert "<b>" not in render("[[cpa|<b>x</b>]]", terms={"cpa": "x"})


def test_footnotes_of_two_passages_do_not_meet():
    one, two = (render_passage("Text.[^1]\n\n[^1]: Note.", prefix=name)[0]["html"] for name in ("one", "two"))

    ids = [attributes["id"] for html in (one, two) for _, attributes in elements(html) if "id" in attributes]
    assert len(ids) == len(set(ids)) == 4
    for html in (one, two):
        for _, attributes in elements(html):
            assert not attributes.get("href") or attributes["href"].removeprefix("#") in ids
    assert 'aria-label="Back to the text"' in one


def test_passage_is_cut_at_checks_and_figures():
    source = "First.\n\n:::check one\n:::\n\n:::figure troops\n\n:::\nLast.[^n]\n\n[^n]: Note."

    segments = render_passage(source, prefix="here")

    assert [next(iter(segment)) for segment in segments] == ["html", "check", "figure", "html"]
    assert segments[1:3] == [{"check": "one"}, {"figure": "troops"}]
    assert "Note." in segments[3]["html"]


def test_box_has_its_title_as_heading():
    assert render(":::note Read the *label*\nText.\n:::") == (
        '<div class="side box-note">\n<h3>Read the *label*</h3>\n<p>Text.</p>\n</div>'
    )


def test_inline_has_no_blocks_and_flow_only_where_needed():
    assert render_inline("- *one*") == "- <em>one</em>"
    assert render_flow("one *two*") == "one <em>two</em>"
    assert render_flow("one\n\ntwo") == "<p>one</p>\n<p>two</p>"


@pytest.mark.parametrize(
    ("source", "lead", "question"),
    [
        ("What?", "", "What?"),
        (
            "> Quoted.\n\nWhat is *that*?",
            "<blockquote>\n<p>Quoted.</p>\n</blockquote>",
            "What is <em>that</em>?",
        ),
        ("What?\n\n- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>", "What?"),
        ("One.\n\nTwo?", "<p>One.</p>", "Two?"),
        ("One.\n\nTwo.", "<p>One.</p>", "Two."),
        ("What?\n\n![x](y.png)", "<p>x</p>", "What?"),
        ("- only a list", "<ul>\n<li>only a list</li>\n</ul>", ""),
    ],
)
def test_stem_is_parted_into_lead_and_question(source, lead, question):
    assert render_stem(source) == (lead, question)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("plain", "plain"),
        ("*one* **two** `three`", "one two three"),
        ("[link](https://example.org) ![alt](x.png)", "link alt"),
        ("# Head\n\n- a\n- b", "Head a b"),
        ("a < b & c", "a < b & c"),
        ("2 \\* 3", "2 * 3"),
        ("one\ntwo", "one two"),
        ("[[cpa|the authority]] [@unsc-1483]", "the authority"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b 1 2"),
        ("<b>kept</b>", "<b>kept</b>"),
    ],
)
def test_plain_is_the_words(source, words):
    assert plain(source) == words


def test_raw_html_is_found_with_line_and_column():
    source = "fine `<b>`\n\nsome <b>bold</b> <b>x\n\n<div>\nblock\n</div>"

    assert find_raw_html(source, first_line=10) == [
        (12, 6, "<b>"),
        (12, 13, "</b>"),
        (12, 18, "<b>"),
        (14, 1, "<div>"),
    ]


def test_images_are_found_with_line_and_alt():
    assert find_images("x\n\n![A *map*](assets/map.png)\n\n![](b.png)") == [
        (3, "assets/map.png", "A map"),
        (5, "b.png", ""),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "[" * 20_000,
        ">" * 5_000,
        "![" * 10_000,
        "[[a|" * 5_000,
        "*a " * 7_000,
        "[a](" * 5_000,
        "^[" * 10_000,
        "- " * 5_000,
        ":::note\n" * 3_000,
    ],
)
def test_nothing_takes_long(source):
    begun = time.perf_counter()

    render(source)

    assert time.perf_counter() - begun < 20  # ten times what is asked of a page: only what explodes fails


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=14).map("".join))
@often
def test_nothing_but_allowed_elements_leaves(source):
    references = {
        "asset_url": lambda name: f"/a/{name}",
        "terms": {"cpa": "CPA"},
        "sources": {"src": "S"},
        "prefix": "p",
    }

    for html in (
        render(source, **references),
        render_inline(source, **references),
        *render_stem(source, **references),
    ):
        for tag, attributes in elements(html):
            assert tag in TAGS
            assert not [
                name for name in attributes if name.startswith("on") or name in ("style", "srcdoc", "srcset")
            ]
            assert (
                not str(attributes.get("href") or "").lower().startswith(("javascript", "data", "vbscript"))
            )
            assert str(attributes.get("src", "/a/")).startswith("/a/")
            assert attributes.get("id", "x-").startswith(("x-", "fn-p-", "fnref-p-"))
    assert isinstance(plain(source), str)
    assert isinstance(find_raw_html(source), list)


def test_unknown_reference_is_a_mistake_of_the_caller():
    with pytest.raises(TypeError, match="asset"):
        render("x", assets={})


def test_mark_keeps_a_template_from_escaping():
    assert marked_safe("<p>x</p>").__html__() == "<p>x</p>"


def test_module_needs_no_django():
    code = "import sys, content.markup, content.lessons, content.questions.rendering; sys.exit('django' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
