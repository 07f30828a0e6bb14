"""Nothing that was typed is lost: versions are added, tabs do not overwrite each other, highlights keep their words."""

from datetime import timedelta
from itertools import permutations

import pytest

from studyapp.reading.models import Highlight, Note
from studyapp.reading.notes import (
    MOST_HIGHLIGHTS,
    NotInText,
    bring_notes,
    clear_replaced,
    remove_highlight,
    save_note,
    words_in,
)
from studyapp.reading.notes import highlight as keep
from tests import factories

PIECES = ["<p>Rivers carry silt to the sea. The sea is wide.</p>"]


def highlight(learner, passage, pieces, quote, *, now, **neighbours):
    return keep(learner, passage, words_in(pieces, quote, **neighbours), now=now)


@pytest.fixture
def passage(db):
    return factories.create_lesson(factories.create_course()).passages.first()


@pytest.fixture
def save(learner, passage, now):
    """save(text, number, writer=…, seen=…) as the learner."""

    def save(text, number=1, *, writer="tab-a", seen=(), by=learner, at=now):
        return save_note(by, passage, text, writer=writer, number=number, seen=seen, now=at)

    return save


def current(learner):
    return sorted(Note.objects.written().filter(learner=learner).values_list("text", flat=True))


def test_later_save_of_a_tab_replaces_the_earlier_and_both_are_kept(save, learner):
    save("One", 1)
    save("One two", 2)

    assert current(learner) == ["One two"]
    assert sorted(Note.objects.values_list("text", flat=True)) == ["One", "One two"]


def test_same_save_sent_again_is_one_version_with_the_same_receipt(save):
    receipts = [save("One", 1).note for _ in range(3)]

    assert len({note.pk for note in receipts}) == 1
    assert Note.objects.count() == 1


def test_saving_what_stands_there_already_adds_nothing(save):
    first = save("One", 1).note

    assert save("One", 2).note == first
    assert save("One", 1, writer="tab-b", seen=[first.pk]).note == first
    assert Note.objects.count() == 1


def test_empty_note_is_not_begun(save):
    receipt = save("", 1)

    assert (receipt.note.pk, Note.objects.count()) == (None, 0)


def test_two_tabs_that_did_not_know_of_each_other_both_stay(save, learner):
    start = save("Start", 1).note
    save("Start, by A", 2, seen=[start.pk])

    receipt = save("Start, by B", 1, writer="tab-b", seen=[start.pk])

    assert current(learner) == ["Start, by A", "Start, by B"]
    assert [note.text for note in receipt.others] == ["Start, by A"]


def test_joining_two_versions_leaves_one(save, learner):
    a = save("A", 1).note
    b = save("B", 1, writer="tab-b").note

    receipt = save("A and B", 1, writer="tab-c", seen=[a.pk, b.pk])

    assert (current(learner), receipt.others) == (["A and B"], [])
    assert Note.objects.count() == 3


def test_typing_on_in_one_of_two_tabs_keeps_the_other_version(save, learner):
    save("A", 1)
    save("B", 1, writer="tab-b")

    save("B, longer", 2, writer="tab-b")

    assert current(learner) == ["A", "B, longer"]


def test_emptying_a_note_keeps_what_stood_there(save, learner):
    first = save("One", 1).note

    save("", 1, writer="tab-b", seen=[first.pk])

    assert current(learner) == []
    assert "One" in Note.objects.values_list("text", flat=True)


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
def test_in_whatever_order_saves_of_a_tab_arrive_the_last_typed_stands(save, learner, order):
    for number in order:
        save(f"text {number}", number)

    assert current(learner) == ["text 3"]
    assert Note.objects.count() == 3


def test_form_sent_again_after_back_with_other_words_is_kept_and_stands(save, learner):
    save("One", 1)

    save("Two", 1)

    assert current(learner) == ["Two"]
    assert Note.objects.count() == 2


def test_what_was_seen_of_another_learner_or_passage_is_not_touched(save, learner, classmate, passage, now):
    theirs = save("Theirs", 1, by=classmate).note
    elsewhere = save_note(
        learner, passage.lesson.passages.last(), "Elsewhere", writer="x", number=1, seen=(), now=now
    ).note

    save("Mine", 1, seen=[theirs.pk, elsewhere.pk])

    assert current(classmate) == ["Theirs"]
    assert current(learner) == ["Elsewhere", "Mine"]


def test_replaced_versions_go_after_thirty_days_and_current_ones_never(save, learner, now):
    save("One", 1)
    save("Two", 2, at=now)

    assert clear_replaced(now=now + timedelta(days=30)) == 0
    assert clear_replaced(now=now + timedelta(days=30, seconds=1)) == 1
    assert clear_replaced(now=now + timedelta(days=9999)) == 0
    assert current(learner) == ["Two"]


def test_notes_of_a_guest_come_along_and_stand_beside_those_of_the_account(save, learner, passage, now):
    guest = factories.create_user("guest-1", is_guest=True)
    save("Mine", 1)
    save("As a guest", 1, by=guest)  # the same tab and number, before and after signing in
    highlight(learner, passage, PIECES, "carry silt", now=now)
    for words in ("carry silt", "The sea is wide."):
        highlight(guest, passage, PIECES, words, now=now)

    bring_notes(guest, learner)

    assert current(learner) == ["As a guest", "Mine"]
    assert sorted(h.quote for h in Highlight.objects.filter(learner=learner)) == [
        "The sea is wide.",
        "carry silt",
    ]
    assert not Highlight.objects.filter(learner=guest).exists()


# --- highlights -------------------------------------------------------------------------------------------


def test_highlight_keeps_the_words_of_the_text_and_their_neighbours(learner, passage, now):
    kept = highlight(learner, passage, PIECES, "CARRY   silt", now=now)

    assert (kept.quote, kept.before, kept.after) == ("carry silt", "Rivers", "to the sea. The sea is wide.")


def test_same_words_twice_are_one_highlight(learner, passage, now):
    first = highlight(learner, passage, PIECES, "carry silt", now=now)
    changed = ["<p>Great rivers now carry silt away.</p>"]

    assert highlight(learner, passage, PIECES, "carry silt", now=now) == first
    assert highlight(learner, passage, changed, "carry silt", now=now) == first


def test_same_words_at_two_places_are_two_highlights(learner, passage, now):
    highlight(learner, passage, PIECES, "the sea", before="silt to", now=now)
    highlight(learner, passage, PIECES, "the sea", after="is wide", now=now)

    assert Highlight.objects.count() == 2


@pytest.mark.parametrize("words", ["", "   ", "<script>alert(1)</script>", "not in the text"])
def test_words_that_do_not_stand_in_the_text_are_refused(learner, passage, now, words):
    with pytest.raises(NotInText):
        highlight(learner, passage, PIECES, words, now=now)

    assert not Highlight.objects.exists()


def test_too_much_is_refused(learner, passage, now):
    with pytest.raises(NotInText, match="shorter"):
        highlight(learner, passage, [f"<p>{'silt ' * 500}</p>"], "silt " * 500, now=now)
    pieces = [f"<p>{' '.join(f'word{n}.' for n in range(MOST_HIGHLIGHTS + 1))}</p>"]
    for n in range(MOST_HIGHLIGHTS):
        highlight(learner, passage, pieces, f"word{n}.", now=now)
    with pytest.raises(NotInText, match="at most"):
        highlight(learner, passage, pieces, f"word{MOST_HIGHLIGHTS}.", now=now)


def test_only_own_highlights_can_be_removed(learner, classmate, passage, now):
    kept = highlight(learner, passage, PIECES, "carry silt", now=now)

    assert not remove_highlight(classmate, passage, kept.pk)
    assert remove_highlight(learner, passage, kept.pk)
    assert not remove_highlight(learner, passage, kept.pk)
