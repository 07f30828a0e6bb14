from datetime import date, timedelta

import pytest

from content.models import Course
from studyapp.classes.models import Enrolment
from studyapp.review.exam_dates import (
    DateRefused,
    exam_day,
    remove_exam_date,
    set_exam_date,
    studied_for,
    with_exam_on,
)
from studyapp.review.mixing import HORIZON, Waiting, horizon_until, worth_most
from studyapp.review.models import Card, ReviewSettings
from studyapp.review.queue import day_of, next_question
from studyapp.review.scheduling import Memory
from tests import factories
from tests.review.test_queue import many_cards

TODAY = date(2026, 3, 10)
JUNE, MAY = date(2026, 6, 12), date(2026, 5, 2)


@pytest.fixture
def course(db):
    return factories.create_course()


def both(learner, course):
    """The date as a page asks for one course, and as a list of courses carries it."""
    found = exam_day(learner, course, today=TODAY)
    row = with_exam_on(Course.objects.filter(pk=course.pk), learner, course="pk", today=TODAY).get()
    return found and found.on, row.exam_on


def test_without_a_date_there_is_none(learner, course):
    assert both(learner, course) == (None, None)


def test_learner_sets_changes_and_removes_a_date(learner, course, now):
    set_exam_date(learner, course, JUNE, now=now)
    assert both(learner, course) == (JUNE, JUNE)

    set_exam_date(learner, course, MAY, now=now)
    assert both(learner, course) == (MAY, MAY)

    assert remove_exam_date(learner, course)
    assert both(learner, course) == (None, None)
    assert not remove_exam_date(learner, course)


def test_date_of_the_class_holds_until_the_learner_sets_one(learner, course, now):
    factories.create_cohort(course, learners=[learner], exam_on=JUNE)
    assert both(learner, course) == (JUNE, JUNE)

    set_exam_date(learner, course, MAY, now=now)

    found = exam_day(learner, course, today=TODAY)
    assert (found.on, found.own, found.class_on, found.class_name) == (MAY, True, JUNE, "Class A")


def test_own_date_that_is_over_gives_way_to_that_of_the_class(learner, course, now):
    factories.create_cohort(course, learners=[learner], exam_on=JUNE)
    set_exam_date(learner, course, TODAY - timedelta(days=3), now=now)

    assert both(learner, course) == (JUNE, JUNE)


def test_next_date_of_several_classes_holds(learner, course):
    for name, on in (("A", TODAY - timedelta(days=9)), ("B", JUNE), ("C", MAY)):
        factories.create_cohort(course, learners=[learner], name=name, exam_on=on)

    assert both(learner, course) == (MAY, MAY)


def test_class_that_was_left_or_is_only_taught_gives_no_date(learner, classmate, course, now):
    cohort = factories.create_cohort(course, learners=[learner], instructors=[classmate], exam_on=JUNE)
    Enrolment.objects.filter(cohort=cohort, user=learner).update(left_at=now)

    assert both(learner, course) == (None, None)
    assert both(classmate, course) == (None, None)


def test_date_of_another_course_or_person_is_none_of_ours(learner, classmate, course, now):
    set_exam_date(learner, factories.create_course("deltas"), JUNE, now=now)
    set_exam_date(classmate, course, JUNE, now=now)

    assert both(learner, course) == (None, None)


@pytest.mark.parametrize("days", [0, -1, 367])
def test_day_for_which_one_cannot_study_is_refused(days):
    with pytest.raises(DateRefused):
        studied_for(TODAY + timedelta(days=days), today=TODAY)


@pytest.mark.parametrize("days", [1, 366])
def test_day_for_which_one_can_study_is_taken(days):
    on = TODAY + timedelta(days=days)

    assert studied_for(on, today=TODAY) == on


# --- what a backlog gives up then -------------------------------------------------------------------------


def test_backlog_is_weighed_for_the_day_of_the_exam():
    assert horizon_until(JUNE, TODAY) == 94
    assert horizon_until(TODAY, TODAY) == 1
    assert horizon_until(TODAY - timedelta(days=1), TODAY) == horizon_until(None, TODAY) == HORIZON


def test_of_a_backlog_that_is_asked_which_helps_most_on_the_day():
    """A memory soon lost is worth more the nearer the exam; one that lasts gains over a longer time."""
    frail, firm = Memory(0.5, 9.0), Memory(30.0, 5.0)

    def first(horizon):
        waiting = [Waiting(1, 1, 1, frail, 2, horizon), Waiting(2, 2, 1, firm, 40, horizon)]
        return worth_most(waiting, 1)[0].question

    assert (first(1), first(120)) == (1, 2)


@pytest.mark.parametrize(("days", "is_frail"), [(1, True), (120, False)])
def test_daily_review_asks_for_the_exam(learner, now, days, is_frail):
    frail, *firm = many_cards(learner, 3, now, lessons=1)
    ReviewSettings.objects.create(learner=learner, minutes_a_day=1)  # two questions
    for question, stability, elapsed in ((frail, 0.5, 2), *((q, 30.0, 40) for q in firm)):
        Card.objects.filter(question=question).update(
            stability=stability,
            difficulty=9.0 if question == frail else 5.0,
            last_rated_at=now - timedelta(days=elapsed),
            due_at=now - timedelta(days=1),
        )
    set_exam_date(learner, frail.course, TODAY + timedelta(days=days), now=now)

    asked = next_question(learner, day_of(learner, now=now), now=now)

    assert (asked == frail.pk) is is_frail
