"""The door for people's text: what is kept, what is made alike, what is refused and in which words."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.text import TextRefused, clean_name, clean_text, fold, is_blank

anything = st.text(st.characters(exclude_categories=()), max_size=60)
often = settings(max_examples=100, deadline=None)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "",
        "tab\tand\nnewline",
        "zero\u200bwidth",
        "می\u200cخواهم",
        "ﬁ, ², Ⅳ",
        "İstanbul ısı Straße ẞ",
        "👩‍👩‍👧 🇮🇶 \U0010ffff",
        "العراق beside Latin",
        "<script>alert(1)</script>",
        "{{ settings.SECRET_KEY }} ${7*7}",
        "=1+1",
        "' OR 1=1 --",
        "a" * 10_000,
    ],
)
def test_clean_text_keeps_what_does_no_harm(text):
    assert clean_text(text, max_length=10_000) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\ufeffafter a byte order mark", "after a byte order mark"),
        ("e\u0301", "é"),
        ("a\r\nb\rc\u2028d\u2029e", "a\nb\nc\nd\ne"),
        ("\u202egnp.exe", "\u202egnp.exe\u202c"),
        ("\u2066left open", "\u2066left open\u2069"),
        ("\u2067a\u202bb", "\u2067a\u202bb\u202c\u2069"),
        ("closes nothing\u202c\u2069", "closes nothing"),
        ("\u2066isolate\u202aembedding\u2069 after", "\u2066isolate\u202aembedding\u2069 after"),
        ("\u202aembedding\u2069 inside\u202c", "\u202aembedding inside\u202c"),
    ],
)
def test_clean_text_normalises(text, kept):
    assert clean_text(text, max_length=100) == kept


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a\x00b", "NUL"),
        ("\x01", "U+0001"),
        ("\x1b[31m", "U+001B"),
        ("\x7f", "U+007F"),
        ("\x85", "U+0085"),
        ("half \ud800", "surrogate"),
        ("x" + "\u0301" * 500, "marks"),
        ("a" * 101, "too long"),
        ("a" * 1_000_000, "1,000,000 characters"),
        (None, "not text"),
        (7, "not text"),
        (b"bytes", "not text"),
    ],
)
def test_clean_text_refuses_with_a_reason(text, word):
    with pytest.raises(TextRefused, match=word.replace("+", r"\+")):
        clean_text(text, max_length=100)


def test_thirty_marks_on_a_letter_are_kept():
    assert len(clean_text("x" + "\u0316" * 30, max_length=100)) == 31


def test_one_line_has_spaces_for_line_ends():
    assert clean_text("one\r\ntwo\nthree", max_length=100, multiline=False) == "one two three"


@given(anything)
@often
def test_what_was_cleaned_is_clean(text):
    try:
        once = clean_text(text, max_length=100)
    except TextRefused:
        return

    assert clean_text(once, max_length=200) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode("utf-8")
    assert "\x00" not in once


@given(st.text(st.sampled_from("a\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), max_size=20))
@often
def test_directions_are_closed_whatever_the_mixture(text):
    cleaned = clean_text(text, max_length=100)

    assert sum(cleaned.count(c) for c in "\u2066\u2067\u2068") == cleaned.count("\u2069")
    assert cleaned.count("\u202c") <= sum(cleaned.count(c) for c in "\u202a\u202b\u202d\u202e")
    assert clean_text(cleaned, max_length=100) == cleaned


def test_name_loses_what_cannot_be_seen():
    assert clean_name("  Learner\u200b \u202e 07\ufeff ") == "Learner 07"


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u200d", "\u3000", "\u2066\u2069"])
def test_name_without_anything_visible_is_refused(name):
    with pytest.raises(TextRefused, match="can be seen"):
        clean_name(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Baghdad", "  baghdad "),
        ("new   york\ncity", "New York City"),
        ("al‑Maliki", "al-Maliki"),
        ("2003–11", "2003-11"),
        ("rock ’n’ roll", "rock 'n' roll"),
        ("Qur’an", "Qurʼan"),
        ("“yes”", '"yes"'),
        ("«oui»", '"oui"'),
        ("zero\u200bwidth", "zerowidth"),
        ("cafe\u0301", "café"),
        ("Straße", "STRASSE"),
        ("wait…", "wait..."),
    ],
)
def test_fold_makes_alike_what_looks_alike(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("shapes", "plain"),
    [
        ("‘’‚‛′ʹʻʼʽʾʿ‹›＇`´", "'"),
        ("“”„‟″«»＂", '"'),
        ("‐‑‒–—―−⸺⸻﹘﹣－¯˗", "-"),
        ("\u00a0\u2009\u202f\u3000\t\n", " "),
    ],
)
def test_quotes_apostrophes_dashes_and_spaces_of_every_shape_are_one_each(shapes, plain):
    for shape in shapes:
        assert fold(f"a{shape}b") == f"a{plain}b", f"U+{ord(shape):04X}"


@pytest.mark.parametrize(
    ("one", "other"), [("x²", "x2"), ("resume", "résumé"), ("is", "is not"), ("a b", "ab")]
)
def test_fold_keeps_apart_what_differs(one, other):
    assert fold(one) != fold(other)


def test_fold_can_mind_the_case():
    assert fold("Ba", ignore_case=False) != fold("ba", ignore_case=False)


@given(anything)
@often
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("text", ["", " ", "\t\u3000\n", "\u200b", "\u200e \ufeff"])
def test_blank_is_what_shows_nothing(text):
    assert is_blank(text)
    assert not is_blank(text + "٣")
