"""Which questions are the same question: found whatever the dress, and never beyond the course."""

import pytest

from content.queries import same_wording
from content.questions import KINDS
from content.wording import wording_of
from tests import factories
from tests.factories import EXAMPLES


def choice(stem="Which river is it?", options=("The Tigris", "The Don’s mouth"), **more):
    rows = [{"text": text} for text in options]
    rows[more.pop("key", 0)]["correct"] = True
    return KINDS["single_choice"].normalise({"stem": stem, "options": rows} | more)


def wording(content, kind="single_choice"):
    return wording_of(kind, content)


@pytest.mark.parametrize(
    "same",
    [
        choice("  WHICH river *is*  it?"),
        choice(options=("the tigris", "The Don's mouth")),
        choice(options=("The Don’s mouth", "The Tigris"), key=1),
        choice(key=1),
        choice(explanation="Because.", hint="Think."),
        choice(options=("The **Tigris**", "The Don’s mouth")),
    ],
)
def test_dress_order_and_what_comes_after_the_answer_make_no_other_question(same):
    assert wording(same) == wording(choice())


@pytest.mark.parametrize(
    "other",
    [
        choice("Which river is it not?"),
        choice(options=("The Tigris", "The Don")),
        choice(options=("The Tigris", "The Don’s mouth", "The Rhine")),
    ],
)
def test_other_words_make_another_question(other):
    assert wording(other) != wording(choice())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_wording_that_begins_with_its_stem(kind):
    content = KINDS[kind].normalise(EXAMPLES[kind])

    first, *rest = wording_of(kind, content)

    assert first
    assert "SECRET" not in " ".join([first, *rest]).upper()


@pytest.fixture
def lesson(db):
    return factories.create_lesson(factories.create_course())


def asked(lesson, slug, content, **more):
    return factories.create_question(lesson, slug, kind="single_choice", content=content, **more)


def test_questions_of_the_same_wording_are_found_in_the_course(lesson):
    first = asked(lesson, "first", choice())
    second = asked(lesson, "second", choice("which RIVER is it?"))
    asked(lesson, "other-options", choice(options=("Rhine", "Rhone")))

    found = same_wording(lesson.course, [wording(choice()), wording(choice("Which sea is it?"))])

    assert found == {wording(choice()): [first, second]}


def test_wording_is_that_of_the_current_version(lesson):
    question = asked(lesson, "first", choice("Which sea is it?"))
    asked(lesson, "first", choice())

    assert same_wording(lesson.course, [wording(choice())]) == {wording(choice()): [question]}
    assert same_wording(lesson.course, [wording(choice("Which sea is it?"))]) == {}


def test_retired_ones_other_courses_and_the_question_itself_do_not_count(lesson):
    question = asked(lesson, "first", choice())
    asked(lesson, "gone", choice(), state="retired")
    elsewhere = factories.create_lesson(factories.create_course("deltas"))
    asked(elsewhere, "first", choice())

    assert same_wording(lesson.course, [wording(choice())], apart_from=[question.pk]) == {}


def test_a_thousand_wordings_cost_two_queries(lesson, django_assert_num_queries):
    for number in range(3):
        asked(lesson, f"question-{number}", choice(f"Which river is number {number}?"))
    wordings = [wording(choice(f"Which river is number {number}?")) for number in range(1000)]

    with django_assert_num_queries(2):
        found = same_wording(lesson.course, wordings)

    assert len(found) == 3


def test_more_questions_alike_than_a_list_of_ids_can_hold_are_found(lesson, monkeypatch):
    monkeypatch.setattr("content.queries.FEW", 2)
    for number in range(3):
        asked(lesson, f"question-{number}", choice())

    assert len(same_wording(lesson.course, [wording(choice())])[wording(choice())]) == 3
