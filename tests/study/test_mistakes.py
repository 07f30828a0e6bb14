"""My mistakes: every question last answered wrong, by passage, until it is known; never what may not be seen."""

from datetime import timedelta

import pytest

from content.models import Passage, Question
from studyapp.quizzes.models import Attempt
from studyapp.quizzes.picking import LONGEST_PRACTICE
from tests import factories
from tests.study.conftest import create_rivers
from tests.study.test_review_pages import answered, text_of

PLACE = "/review/mistakes/"


def stem(slug, words):
    """The question with this id, worded so that it can be found on the page."""
    question = Question.objects.select_related("current", "lesson__course").get(slug=slug)
    content = question.current.content | {"stem": words}
    return factories.create_question(
        question.lesson, slug, passage=question.passage, content=content, use=question.use
    )


@pytest.mark.parametrize(("fraction", "stays"), [(0.0, True), (0.5, True), (1.0, False)])
def test_what_was_not_fully_right_is_a_mistake(reading, learner, rivers, today, fraction, stays):
    answered(learner, stem("lesson-1-1-q1", "Water flows up."), today, fraction=fraction)

    assert ("Water flows up." in text_of(reading.get(PLACE))) is stays


def test_questions_stand_in_the_order_of_course_lesson_and_passage(reading, learner, rivers, today):
    for n, slug in enumerate(["lesson-2-1-q1", "lesson-1-2-q1", "lesson-1-1-q2", "lesson-1-1-q1"]):
        answered(learner, stem(slug, f"Statement of {slug}."), today - timedelta(days=n), fraction=0.0)

    page = text_of(reading.get(PLACE))

    order = [
        page.index(f"Statement of {slug}.")
        for slug in ("lesson-1-1-q1", "lesson-1-1-q2", "lesson-1-2-q1", "lesson-2-1-q1")
    ]
    assert order == sorted(order)
    assert "4 questions you did not get right" in page


def test_right_in_review_or_in_a_lesson_takes_it_away_and_wrong_again_brings_it_back(
    reading, learner, rivers, today
):
    question = stem("lesson-1-1-q1", "Water flows up.")
    for origin, fraction, stands in (
        ("check", 0.0, True),
        ("review", 1.0, False),
        ("practice", 0.0, True),
        ("check", 1.0, False),
    ):
        today += timedelta(minutes=1)
        answered(learner, question, today, fraction=fraction, origin=origin)
        assert ("Water flows up." in text_of(reading.get(PLACE))) is stands


def test_answer_that_a_quiz_holds_back_is_no_mistake_yet(reading, learner, rivers, today):
    question = stem("lesson-1-1-q1", "Water flows up.")
    answered(learner, question, today - timedelta(days=1), fraction=0.0)
    assert "Water flows up." in text_of(reading.get(PLACE))

    answered(learner, question, today, fraction=0.0, origin="quiz", held=True)

    assert "Water flows up." not in text_of(reading.get(PLACE))


def test_exam_question_is_shown_only_after_its_quiz_has_shown_it_and_is_not_for_practice(
    reading, learner, rivers, today
):
    question = stem("lesson-1-1-q1", "Water flows up.")
    Question.objects.filter(pk=question.pk).update(use="exam")
    answered(learner, question, today, fraction=0.0)
    assert "Water flows up." not in text_of(reading.get(PLACE))

    answered(learner, question, today + timedelta(minutes=1), fraction=0.0, origin="quiz")

    page = text_of(reading.get(PLACE))
    assert "Water flows up." in page
    assert "it comes back in your daily review" in page
    assert "Practise" not in page


@pytest.mark.parametrize("how", ["retired", "draft", "draft lesson", "retired module", "closed course"])
def test_what_may_no_longer_be_seen_is_not_there(reading, learner, rivers, today, how):
    question = stem("lesson-1-1-q1", "Water flows up.")
    answered(learner, question, today, fraction=0.0)
    if how in ("retired", "draft"):
        Question.objects.filter(pk=question.pk).update(state=how)
    elif how == "draft lesson":
        rivers.lessons.update(state="draft")
    elif how == "retired module":
        rivers.modules.update(is_retired=True)
    else:
        type(rivers).objects.update(access="class")

    assert "Water flows up." not in text_of(reading.get(PLACE))


def test_question_whose_passage_was_retired_stands_under_the_lesson(reading, learner, rivers, today):
    answered(learner, stem("lesson-1-1-q1", "Water flows up."), today, fraction=0.0)
    Passage.objects.filter(slug="lesson-1-1").update(is_retired=True)

    page = reading.get(PLACE)

    assert "The whole lesson" in text_of(page)
    assert "#lesson-1-1" not in page.content.decode()


def test_mistakes_of_another_are_nowhere(client, learner, classmate, rivers, today):
    answered(learner, stem("lesson-1-1-q1", "Water flows up."), today, fraction=0.0)
    client.force_login(classmate)

    assert "Water flows up." not in text_of(client.get(PLACE))


def test_more_mistakes_than_one_run_asks_are_said_to_be_more(reading, learner, db, today):
    create_rivers(lessons=1, passages=1, questions=LONGEST_PRACTICE + 3)
    for question in Question.objects.select_related("current", "lesson__course"):
        answered(learner, question, today, fraction=0.0)

    assert f"Practise {LONGEST_PRACTICE} of these {LONGEST_PRACTICE + 3}" in text_of(reading.get(PLACE))
    reading.post("/courses/rivers/lesson-1/practice/", {"mistakes": "all"})
    assert Attempt.objects.get().items.count() == LONGEST_PRACTICE


@pytest.mark.parametrize("count", [1, 3])
def test_page_takes_as_many_queries_with_more_mistakes(
    reading, learner, db, today, django_assert_num_queries, count
):
    create_rivers(lessons=count)
    for question in Question.objects.select_related("current", "lesson__course"):
        answered(learner, question, today, fraction=0.0)

    with django_assert_num_queries(4):
        reading.get(PLACE)
