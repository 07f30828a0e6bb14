from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from content.models import Course, CourseStaff
from studyapp.review.mixing import Asked, Waiting, following, worth_most
from studyapp.review.models import Card, ReviewLog, ReviewSettings
from studyapp.review.planning import MOST_A_DAY, MOST_WEIGHED
from studyapp.review.queue import _least_certain, day_of, next_question
from studyapp.review.rebuilding import rebuild_cards
from studyapp.review.scheduling import Memory, recall, worth
from tests import factories
from tests.review.cards import many_cards


def waiting(question, *, passage=None, lesson=1, stability=10.0, elapsed=10.0, new=False):
    memory = None if new else Memory(stability, 5.0)
    return Waiting(question, passage or question, lesson, memory, elapsed)


def run_through(questions, *, wrong=()):
    """The order in which they are asked, `wrong` ones answered wrong."""
    left, order, last = list(questions), [], None
    while chosen := following(left, last):
        order.append(chosen.question)
        left.remove(chosen)
        last = Asked(chosen.question, chosen.passage, chosen.lesson, chosen.question not in wrong)
    return order


# --- which comes next (pure) ------------------------------------------------------------------------------


def test_least_certain_comes_first():
    assert run_through([waiting(1, elapsed=1), waiting(2, elapsed=90), waiting(3, elapsed=20)]) == [2, 3, 1]


def test_two_of_one_passage_do_not_follow_each_other():
    assert run_through(
        [waiting(1, passage=7, elapsed=9), waiting(2, passage=7, elapsed=8), waiting(3, passage=8, elapsed=1)]
    ) == [1, 3, 2]


def test_two_of_one_passage_follow_where_nothing_else_is_left():
    assert run_through([waiting(1, passage=7), waiting(2, passage=7)]) == [1, 2]


def test_wrong_answer_brings_another_question_of_the_same_passage():
    questions = [
        waiting(1, passage=7, elapsed=9),
        waiting(2, passage=8, elapsed=8),
        waiting(3, passage=7, elapsed=1),
    ]

    assert run_through(questions, wrong=[1]) == [1, 3, 2]


def test_lessons_are_mixed_among_the_least_certain():
    questions = [waiting(n, lesson=1 if n < 4 else 2, elapsed=90 - n) for n in range(1, 7)]

    assert run_through(questions) == [1, 4, 2, 5, 3, 6]


def test_new_questions_come_last():
    assert run_through([waiting(1, new=True), waiting(2, elapsed=0.1)]) == [2, 1]


def test_nothing_waits():
    assert following([]) is None


# --- what a backlog gives up ------------------------------------------------------------------------------


def test_backlog_keeps_what_gains_most():
    fresh_memory, fading, lost = (waiting(n, elapsed=days) for n, days in ((1, 1), (2, 30), (3, 300)))

    assert worth_most([fresh_memory, fading, lost], 2) == [lost, fading]


def test_all_are_kept_where_all_fit():
    few = [waiting(1), waiting(2)]

    assert worth_most(few, 2) == few


@pytest.mark.parametrize("stability", [2.0, 20.0, 100.0])
def test_review_is_worth_more_the_less_certain_the_memory(stability):
    gains = [worth(Memory(stability, 5.0), stability * times, horizon=30) for times in (0.5, 1, 3, 10)]

    assert gains == sorted(gains)
    assert all(0 < gain < 1 for gain in gains)


# --- limits of a day --------------------------------------------------------------------------------------


def test_least_certain_of_all_cards_is_asked_first(learner, now):
    many_cards(learner, 100, now)
    certain = {
        card.question_id: recall(Memory(card.stability, card.difficulty), (now - card.last_rated_at).days)
        for card in Card.objects.all()
    }
    ReviewSettings.objects.create(learner=learner, minutes_a_day=120)

    chosen = next_question(learner, day_of(learner, now=now), now=now)

    assert certain[chosen] == min(certain.values())


def test_backlog_is_cut_to_the_minutes_of_a_day(learner, now):
    many_cards(learner, 100, now)

    day = day_of(learner, now=now, tomorrow=True)

    assert (day.most, day.count, day.minutes, day.rest) == (48, 48, 20, True)
    assert day.tomorrow == 48


def test_day_counts_for_each_person_what_they_may_open(learner, classmate, instructor, now):
    """Whoever writes courses sees drafts: the same counts are asked in other words for them."""
    for user in (learner, classmate, instructor):
        many_cards(user, 5, now, stem=user.username)
    own = Card.objects.filter(learner=instructor).first().course
    CourseStaff.objects.create(course=own, user=instructor)
    Course.objects.update(is_draft=True)
    for user in (classmate, instructor):
        user.is_staff = True
    classmate.is_superuser = True

    assert [day_of(user, now=now).due for user in (learner, classmate, instructor, learner)] == [0, 5, 5, 0]

    classmate.is_active = False
    assert day_of(classmate, now=now).due == 0


def test_queue_of_5000_cards_takes_as_many_queries_as_one_of_50(
    client, learner, classmate, django_assert_max_num_queries
):
    """And weighs no more of them than a day could hold. `make bench` prints how long both take."""
    now = timezone.now()  # the view reads the clock
    many_cards(learner, 50, now)
    many_cards(classmate, 5000, now, stem="big")
    if connection.vendor == "postgresql":
        # What autovacuum does within a minute: it plans by what it last saw of tables that tests have emptied since.
        connection.cursor().execute("ANALYZE")

    for user in (learner, classmate):
        client.force_login(user)
        with django_assert_max_num_queries(8):
            assert client.get("/review/", {"ask": 1}).status_code == 200
    day = day_of(classmate, now=now, tomorrow=True)
    assert (day.due, day.due_tomorrow) == (MOST_A_DAY, MOST_A_DAY)
    assert len(_least_certain(classmate, day, now)) == MOST_WEIGHED


@pytest.mark.parametrize("answers", [300, 3000])
def test_rebuilding_reads_each_row_once_in_as_many_queries(
    learner, now, answers, django_assert_max_num_queries
):
    question = factories.create_question(factories.create_lesson(factories.create_course()))
    ReviewLog.objects.bulk_create(
        ReviewLog(
            learner=learner, question=question, version=question.current, client_id=uuid4(), origin="practice",
            at=now + timedelta(days=n), fraction=n % 3 / 2, rating=1 + n % 3, response={},
        )
        for n in range(answers)
    )  # fmt: skip

    with django_assert_max_num_queries(11):
        assert rebuild_cards(learner.pk) == answers
