"""Highlights find their words again, and marking them changes nothing but the marks."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.markup import render
from studyapp.reading.anchoring import Wanted, around, find, marked, quoted, read, sentences

MARK = re.compile(r'<mark class="hl" data-hl="[0-9 ]+">|</mark>')
VOID = {"br", "hr", "img", "wbr"}


class Nesting(HTMLParser):
    """Raises where tags are not closed in order; gathers the words that a reader sees."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.words = [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def words_of(html):
    return "".join(Nesting(html).words)


def without_marks(html):
    return MARK.sub("", html)


def one(html, quote, before="", after=""):
    (out,), lost = marked([html], [Wanted(7, quote, before, after)])
    return out, lost


# --- golden -----------------------------------------------------------------------------------------------


def test_words_are_marked_where_they_stand():
    out, lost = one("<p>Rivers carry silt to the sea.</p>", "carry silt")

    assert out == '<p>Rivers <mark class="hl" data-hl="7">carry silt</mark> to the sea.</p>'
    assert lost == set()


def test_words_across_tags_are_marked_piece_by_piece():
    out, _ = one(
        '<p>On 23&nbsp;May the <a class="term" href="#x">Authority</a> signed.</p>', "May the Authority"
    )

    assert out == (
        '<p>On 23&nbsp;<mark class="hl" data-hl="7">May the </mark><a class="term" href="#x">'
        '<mark class="hl" data-hl="7">Authority</mark></a> signed.</p>'
    )


def test_words_across_blocks_leave_the_space_between_alone():
    out, _ = one("<ul>\n<li>One two</li>\n<li>three</li>\n</ul>", "two three")

    assert out == (
        '<ul>\n<li>One <mark class="hl" data-hl="7">two</mark></li>\n'
        '<li><mark class="hl" data-hl="7">three</mark></li>\n</ul>'
    )


def test_highlights_that_overlap_share_their_words():
    (out,), _ = marked(["<p>one two three</p>"], [Wanted(1, "one two"), Wanted(2, "two three")])

    assert out == (
        '<p><mark class="hl" data-hl="1">one </mark><mark class="hl" data-hl="1 2">two</mark>'
        '<mark class="hl" data-hl="2"> three</mark></p>'
    )


def test_words_may_run_over_a_question_between_two_pieces():
    out, lost = marked(["<p>before it</p>", "<p>after it</p>"], [Wanted(3, "before it after")])

    assert [MARK.sub("|", piece) for piece in out] == ["<p>|before it|</p>", "<p>|after| it</p>"]
    assert lost == set()


@pytest.mark.parametrize(
    "quote",
    ["carry  silt", "Carry\nsilt", "carry silt\u200b", "carry\u00a0silt"],
    ids=["spaces", "case", "invisible", "hard space"],
)
def test_spaces_case_and_invisible_signs_do_not_matter(quote):
    assert one("<p>Rivers carry silt.</p>", quote)[1] == set()


def test_shapes_of_quotation_marks_and_dashes_do_not_matter():
    assert one("<p>It’s a “sea” – truly</p>", 'it\'s a "sea" - truly')[1] == set()


def test_of_several_places_the_one_with_the_same_neighbours_is_meant():
    text = "the sea is wide. We sailed the sea at night. He feared the sea."
    begin, end = 27, 34
    assert text[begin:end] == "the sea"

    before, after = around(text, begin, end)

    assert find(text, "the sea", before, after) == (begin, end)
    assert find("Longer now. " + text, "the sea", before, after) == (begin + 12, end + 12)


def test_words_that_moved_within_the_passage_are_found():
    assert (
        one("<p>New beginning.</p><p>Rivers carry silt to the sea.</p>", "carry silt", "Rivers", "to the")[1]
        == set()
    )


def test_long_quotation_of_which_a_word_changed_is_still_found():
    text = "In summer the large rivers of the north carry silt and sand down to the sea."

    begin, end = find(text, "the great rivers of the north carry silt and sand down")

    assert text[begin:end] == "the large rivers of the north carry silt and sand down"


@pytest.mark.parametrize("quote", ["great rivers", "none of these eight words stand in that text"])
def test_words_that_are_gone_are_lost_and_nothing_is_marked(quote):
    html = "<p>In summer the large rivers carry silt.</p>"

    assert one(html, quote) == (html, {7})


def test_words_in_figures_are_no_text():
    html = "<figure><svg><title>silt</title><text>silt</text></svg><p>silt</p></figure><p>sand</p>"

    assert read([html]).text == "sand"
    assert one(html, "silt") == (html, {7})


def test_attributes_comments_and_lone_signs_are_left_alone():
    html = "<p title=\"silt > 'x'\" data-x='a \"silt\"'>1 < 2 & silt &amp; &lt;b&gt; <!-- silt --></p>"

    out, _ = one(html, "silt & <b>")

    assert out == html.replace(
        "& silt &amp; &lt;b&gt;", '& <mark class="hl" data-hl="7">silt &amp; &lt;b&gt;</mark>'
    )


def test_entity_of_two_characters_is_never_cut():
    html = "<p>a &nGt; b</p>"  # one entity, two characters

    out, _ = marked([html], [Wanted(1, "a ≫"), Wanted(2, "\u20d2 b")])

    assert without_marks(out[0]) == html


def test_sentences_end_where_a_reader_hears_them_end():
    html = (
        "<p>On 23 May Order No. 2 was signed by L. Paul Bremer. “Nothing was left.” He went!</p>"
        "<ul>\n<li>A list item</li>\n<li>Another one</li></ul>"
    )
    reading = read([html])

    assert [quoted(reading.text, *span) for span in sentences(reading)] == [
        "On 23 May Order No. 2 was signed by L. Paul Bremer.",
        "“Nothing was left.”",
        "He went!",
        "A list item",
        "Another one",
    ]


# --- properties -------------------------------------------------------------------------------------------

MARKDOWN = st.lists(
    st.sampled_from(
        ["Rivers *carry* silt.", "- one\n- two", "| a | b |\n|---|---|\n| 1 | 2 |", "> said & done", "“x” < y > z",
         "a\u00a0b é 🌊", "`code &amp;`", "[link](https://example.org/?a=1&b=2)", "word", "ﬃ ß İ …", "نهر طويل"]
    ),
    min_size=1, max_size=6,
).map("\n\n".join)  # fmt: skip


@st.composite
def texts_and_spans(draw):
    """HTML of our renderer, and words of it to be highlighted."""
    pieces = [render(draw(MARKDOWN)) for _ in range(draw(st.integers(1, 3)))]
    text = read(pieces).text
    wanted = []
    for pk in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = draw(st.integers(begin, len(text)))
        wanted.append(Wanted(pk, text[begin:end], *around(text, begin, end)))
    return pieces, wanted


@given(texts_and_spans())
def test_marking_changes_nothing_but_the_marks(case):
    pieces, wanted = case

    out, _ = marked(pieces, wanted)

    assert [without_marks(piece) for piece in out] == pieces
    assert [words_of(piece) for piece in out] == [words_of(piece) for piece in pieces]


@given(texts_and_spans())
def test_words_of_the_text_are_always_found_there_again(case):
    pieces, wanted = case

    _, lost = marked(pieces, wanted)

    assert lost == {one.pk for one in wanted if not re.sub(r"[\s\u200b]", "", one.quote)}


@given(texts_and_spans())
def test_kept_as_quoted_the_words_are_found_at_the_same_place(case):
    pieces, wanted = case
    text = read(pieces).text

    for one in wanted:
        found = find(text, one.quote, one.before, one.after)
        if found:
            again = find(text, quoted(text, *found), *around(text, *found))
            assert quoted(text, *again) == quoted(text, *found)


ANYTHING = st.text(
    st.sampled_from("<>&\"'/=;#abx \n") | st.characters(exclude_categories=["Cs"]), max_size=80
)


@given(st.lists(ANYTHING, max_size=3), st.lists(ANYTHING, max_size=3))
def test_no_text_and_no_words_can_bring_in_markup(pieces, quotes):
    out, _ = marked(pieces, [Wanted(pk, quote, quote, quote) for pk, quote in enumerate(quotes)])

    assert [without_marks(piece) for piece in out] == [without_marks(piece) for piece in pieces]


@given(MARKDOWN)
def test_sentences_hold_every_letter_once_and_in_order(source):
    reading = read([render(source)])

    spans = sentences(reading)

    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))
    kept = "".join(reading.text[a:b] for a, b in spans)
    assert [c for c in kept if c.isalnum()] == [c for c in reading.text if c.isalnum()]
