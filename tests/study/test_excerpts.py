from hypothesis import given, settings
from hypothesis import strategies as st

from studyapp.study.excerpts import excerpt


def test_what_was_searched_for_is_marked():
    assert excerpt("The Council met in May.", ["council"]) == [
        ("The ", False),
        ("Council", True),
        (" met in May.", False),
    ]


def test_long_text_is_cut_round_the_first_hit():
    text = "word " * 200 + "needle " + "word " * 200

    pieces = excerpt(text, ["needle"], length=60)

    assert ("needle", True) in pieces
    assert pieces[0] == ("… ", False)
    assert pieces[-1][0].endswith(" …")
    assert sum(len(words) for words, _ in pieces) < 80


def test_citation_that_has_no_words_leaves_no_gap_before_the_stop():
    assert excerpt("It warned Iraq . London agreed , late.", ["nothing"]) == [
        ("It warned Iraq. London agreed, late.", False)
    ]


def test_text_without_a_hit_begins_at_its_beginning():
    assert excerpt("Nothing here.", ["needle"]) == [("Nothing here.", False)]


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=400), st.lists(st.text(min_size=1, max_size=5), max_size=3))
def test_pieces_are_the_text_itself(text, words):
    pieces = excerpt(text, words, length=10_000)

    assert "".join(piece for piece, _ in pieces) == " ".join(text.split())
