"""Short text: Moodle's published rules for wildcards and case as a table, and the folding of look-alikes."""

import pytest

from content.questions import short_text
from content.questions.base import Unreadable

# The rules of docs.moodle.org, "Short-Answer question type": the whole answer is compared; * fits any run of
# characters; \* is a star; case counts only if told; the first answer that fits decides. Examples are ours.
MOODLE = [
    # answers (text, fraction), case counts, typed, fraction
    ([("ran", 1)], False, "ran", 1),
    ([("ran", 1)], False, "I ran", 0),
    ([("ran*", 1)], False, "ran away", 1),
    ([("ran*", 1)], False, "ran", 1),
    ([("*ran*", 1)], False, "I ran home", 1),
    ([("r*n", 1)], False, "rain", 1),
    ([("r*n", 1)], False, "rains", 0),
    ([("*green*blue*", 1)], False, "a green and a blue one", 1),
    ([("*green*blue*", 1)], False, "a blue and a green one", 0),
    ([("x\\*y", 1)], False, "x*y", 1),
    ([("x\\*y", 1)], False, "x times y", 0),
    ([("Basra", 1)], False, "BASRA", 1),
    ([("Basra", 1)], True, "BASRA", 0),
    ([("Basra", 1)], True, "Basra", 1),
    ([("Basra", 1), ("B*", 0.5)], False, "Basra", 1),
    ([("Basra", 1), ("B*", 0.5)], False, "Baghdad", 0.5),
    ([("B*", 0.5), ("Erbil", 1)], False, "Basra", 0.5),
    ([("no*", 0), ("*yes", 1)], False, "no, yes", 0),
    ([("no*", 0), ("*yes", 1)], False, "oh yes", 1),
]
LOOK_ALIKES = [
    ("al-Askari", "Al‐Askari"),
    ("al-Askari", "al–askari"),
    ("Sons of Iraq", "  sons   of\u00a0Iraq "),
    ("Qur'an", "Qur’an"),
    ('"Surge"', "“surge”"),
    ("Café", "Cafe\u0301"),
    ("Falluja", "Fal\u200bluja"),
    ("Straße", "STRASSE"),
]


def content(answers, **changes):
    rows = [{"text": text, "fraction": fraction} for text, fraction in answers]
    return short_text.normalise({"stem": "What?", "answers": rows, "explanation": "So."} | changes)


@pytest.mark.parametrize(("answers", "case", "typed", "fraction"), MOODLE)
def test_moodles_rules(answers, case, typed, fraction):
    question = content(answers, case_sensitive=case)

    assert short_text.grade(question, {"text": typed}).fraction == fraction


@pytest.mark.parametrize(("answer", "typed"), LOOK_ALIKES)
def test_what_looks_alike_is_alike(answer, typed):
    question = content([(answer, 1)])

    assert short_text.grade(question, short_text.read(question, {"text": [typed]})).verdict == "right"


def test_a_small_not_is_no_right_answer():
    assert short_text.grade(content([("it is legal", 1)]), {"text": "it is not legal"}).fraction == 0


def test_answer_that_fits_none_gets_the_feedback_for_others():
    question = content([("Titan", 1)], else_feedback="Think of giants.")

    marks = short_text.grade(question, {"text": "Rhea"})

    assert (marks.feedback, short_text.choices(question, {"text": "Rhea"})) == ("Think of giants.", ["else"])


def test_typed_text_is_kept_as_typed_without_outer_spaces():
    assert short_text.read(content([("x", 1)]), {"text": ["  A <b> \u200bword "]}) == {
        "text": "A <b> \u200bword"
    }


@pytest.mark.parametrize("blank", ["", "  ", "\u3000", "\u200b", "\n"])
def test_nothing_visible_is_blank(blank):
    assert short_text.read(content([("x", 1)]), {"text": [blank]}) is None


def test_text_that_cannot_be_stored_is_unreadable_in_words():
    with pytest.raises(Unreadable, match="NUL"):
        short_text.read(content([("x", 1)]), {"text": ["a\x00"]})


def test_ten_thousand_characters_are_an_answer():
    assert short_text.read(content([("x", 1)]), {"text": ["a" * 10_000]})["text"] == "a" * 10_000


def test_same_words_in_other_case_are_no_new_try():
    question = content([("x", 1)])

    assert short_text.same(question, {"text": "Two  words"}, {"text": "two words"})
    assert not short_text.same(content([("x", 1)], case_sensitive=True), {"text": "A"}, {"text": "a"})


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([("B*", 0.5), ("Basra", 1)], "put the right one first"),
        ([("Basra", 0.5)], "no answer is worth the whole mark"),
        ([("*", 1)], "fits everything"),
    ],
)
def test_answers_that_cannot_work_are_refused(answers, words):
    assert [p.message for p in short_text.check(content(answers)) if p.is_error and words in p.message]


def test_catch_all_worth_nothing_is_allowed_last():
    assert not [p for p in short_text.check(content([("Basra", 1), ("*", 0)])) if p.is_error]


def test_bare_texts_are_answers():
    assert short_text.normalise({"answers": ["Titan"]})["answers"] == [{"id": "a", "text": "Titan"}]


@pytest.mark.parametrize(
    ("pattern", "example"), [("*Galilei", "Galilei"), ("a*b", "a b"), ("5 \\* 3", "5 * 3")]
)
def test_key_of_a_pattern_reads_like_an_answer(pattern, example):
    assert short_text.correct(content([(pattern, 1)])) == {"text": example}
