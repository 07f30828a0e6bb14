import uuid
from datetime import timedelta
from random import Random

import pytest
from django.db import IntegrityError

from studyapp.quizzes.attempts import Closed, finish_attempt, save_answer, start_attempt
from studyapp.quizzes.models import Attempt, AttemptItem, Mark, SavedAnswer
from studyapp.review import reviewing
from studyapp.review.models import Card, ReviewLog
from tests import factories

RIGHT, WRONG = {"answer": True}, {"answer": False}


@pytest.fixture
def lesson(db):
    return factories.create_lesson(factories.create_course())


@pytest.fixture
def question(lesson):
    return factories.create_question(lesson)


def start(learner, questions, now, *, kind=Attempt.Kind.PRACTICE):
    first = questions[0]
    return start_attempt(
        learner,
        kind=kind,
        course=first.course,
        lesson=first.lesson,
        questions=questions,
        now=now,
        rng=Random(1),
    )


@pytest.fixture
def item(learner, question, now):
    attempt = start(learner, [question], now)
    return attempt.items.select_related("attempt", "question", "version").get()


def save(item, learner, now, response=RIGHT, **fields):
    fields = {"client_id": uuid.uuid4(), "writer": uuid.uuid4().hex, "number": 0, "seconds": 5} | fields
    return save_answer(item, learner=learner, response=response, now=now, **fields)


def test_start_pins_each_item_to_the_current_version(learner, question, now):
    attempt = start(learner, [question], now)

    item = attempt.items.get()
    assert (item.number, item.question, item.version) == (1, question, question.current)


def test_start_keeps_the_order_of_options_that_was_drawn(learner, lesson, now):
    question = factories.create_question(lesson, kind="single_choice")

    item = start(learner, [question], now).items.get()

    assert sorted(item.presented["order"]) == sorted(o["id"] for o in question.current.content["options"])


def test_start_returns_the_open_attempt(learner, question, now):
    first = start(learner, [question], now)

    assert start(learner, [question], now + timedelta(hours=1)) == first


def test_start_after_the_end_begins_anew(learner, question, now):
    first = start(learner, [question], now)
    finish_attempt(first, now=now)

    assert start(learner, [question], now) != first


def test_practice_and_mistakes_may_be_open_side_by_side(learner, question, now):
    practice = start(learner, [question], now)

    assert start(learner, [question], now, kind=Attempt.Kind.MISTAKES) != practice


def test_check_attempt_takes_in_questions_it_lacks(learner, lesson, now):
    one, two = (factories.create_question(lesson, slug) for slug in ("one", "two"))
    attempt = start(learner, [one], now, kind=Attempt.Kind.CHECK)

    again = start(learner, [two], now, kind=Attempt.Kind.CHECK)

    assert again == attempt
    assert list(attempt.items.values_list("number", "question__slug")) == [(1, "one"), (2, "two")]


def test_check_attempt_begins_anew_where_the_wording_changed(learner, lesson, question, now):
    attempt = start(learner, [question], now, kind=Attempt.Kind.CHECK)
    content = question.current.content | {"stem": "Venus turns faster than it circles the Sun."}
    changed = factories.create_question(lesson, question.slug, content=content)

    again = start(learner, [changed], now, kind=Attempt.Kind.CHECK)

    assert again != attempt
    assert again.items.get().version == changed.current
    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.FINISHED


def test_save_stores_marks_and_records_at_once(item, learner, now):
    receipt = save(item, learner, now, RIGHT, seconds=7)

    assert (receipt.at, receipt.fraction) == (now, 1.0)
    answer, mark, log, card = (m.objects.get() for m in (SavedAnswer, Mark, ReviewLog, Card))
    assert (answer.response, answer.seconds, answer.at) == (RIGHT, 7, now)
    assert (mark.answer, mark.number, mark.fraction, mark.by) == (answer, 1, 1.0, None)
    assert (log.client_id, log.origin, log.rating) == (answer.client_id, "practice", ReviewLog.Rating.GOOD)
    assert (card.answers, card.last_fraction) == (1, 1.0)


def test_same_answer_sent_again_gets_the_same_receipt(item, learner, now):
    client_id, writer = uuid.uuid4(), "tab"
    first = save(item, learner, now, client_id=client_id, writer=writer)

    again = save(item, learner, now + timedelta(seconds=9), client_id=client_id, writer=writer)

    assert (again.answer.pk, again.at, again.fraction) == (first.answer.pk, first.at, first.fraction)
    assert [m.objects.count() for m in (SavedAnswer, Mark, ReviewLog, Card)] == [1, 1, 1, 1]
    assert Card.objects.get().answers == 1


def test_same_answer_from_another_tab_gets_the_same_receipt(item, learner, now):
    client_id = uuid.uuid4()
    save(item, learner, now, client_id=client_id, writer="one")

    save(item, learner, now, client_id=client_id, writer="two")

    assert SavedAnswer.objects.count() == 1


def test_same_id_with_another_answer_is_a_new_row_under_an_id_of_ours(item, learner, now):
    client_id = uuid.uuid4()
    save(item, learner, now, RIGHT, client_id=client_id, writer="tab")

    receipt = save(item, learner, now, WRONG, client_id=client_id, writer="tab")

    assert receipt.answer.client_id != client_id
    assert receipt.fraction == 0.0
    assert list(Mark.objects.values_list("number", "fraction")) == [(1, 1.0), (2, 0.0)]


def test_same_id_on_two_items_stores_both(learner, lesson, now):
    questions = [factories.create_question(lesson, slug) for slug in ("one", "two")]
    items = start(learner, questions, now).items.select_related("attempt", "question", "version")
    client_id = uuid.uuid4()

    for item in items:
        save(item, learner, now, client_id=client_id)

    assert SavedAnswer.objects.count() == 2
    assert Card.objects.count() == 2


def test_taken_number_of_a_writer_is_a_new_row(item, learner, now):
    save(item, learner, now, RIGHT, writer="tab", number=3)

    save(item, learner, now, WRONG, writer="tab", number=3)

    assert SavedAnswer.objects.count() == 2


def test_overtaken_answer_is_kept_but_never_becomes_current(item, learner, now):
    save(item, learner, now, RIGHT, writer="tab", number=2)

    save(item, learner, now, WRONG, writer="tab", number=1)

    assert SavedAnswer.objects.count() == 2
    assert Mark.objects.get().fraction == 1.0
    assert Card.objects.get().last_fraction == 1.0


def test_trying_again_adds_a_mark_and_a_log_row_without_rating(item, learner, now):
    save(item, learner, now, WRONG)

    save(item, learner, now + timedelta(minutes=1), RIGHT)

    assert list(Mark.objects.values_list("number", "fraction")) == [(1, 0.0), (2, 1.0)]
    assert list(ReviewLog.objects.order_by("pk").values_list("rating", flat=True)) == [1, None]
    assert Card.objects.get().answers == 2


def test_finished_attempt_takes_no_answer(item, learner, now):
    finish_attempt(item.attempt, now=now)

    with pytest.raises(Closed):
        save(item, learner, now)

    assert SavedAnswer.objects.count() == 0


def test_finished_attempt_still_gives_the_receipt_of_what_it_took(item, learner, now):
    client_id = uuid.uuid4()
    first = save(item, learner, now, client_id=client_id)
    finish_attempt(item.attempt, now=now)

    assert save(item, learner, now, client_id=client_id).answer == first.answer


def test_finish_happens_once(learner, question, now):
    attempt = start(learner, [question], now)

    assert finish_attempt(attempt, now=now) is True
    assert finish_attempt(attempt, now=now + timedelta(hours=1)) is False
    assert attempt.finished_at == now


def test_save_stores_nothing_where_review_fails(item, learner, now, monkeypatch):
    """All or nothing: an answer without its mark and its log row would be a lie."""
    monkeypatch.setattr(reviewing, "insert_row", _refuse)

    with pytest.raises(IntegrityError):
        save(item, learner, now)

    assert SavedAnswer.objects.count() == Mark.objects.count() == 0


def _refuse(_):
    raise IntegrityError("planted")


@pytest.mark.parametrize(("seconds", "stored"), [(None, None), (-5, 0), (10**9, 24 * 3600), (12, 12)])
def test_seconds_taken_are_kept_within_a_day(item, learner, now, seconds, stored):
    assert save(item, learner, now, seconds=seconds).answer.seconds == stored


def test_save_of_a_prepared_item_takes_seven_queries(item, learner, now, lock, django_assert_num_queries):
    prepared = (
        AttemptItem.objects.with_standing("tab")
        .select_related("attempt", "question", "version")
        .get(pk=item.pk)
    )

    # savepoint, answer, mark, card looked up, log, card written, released
    with django_assert_num_queries(7 + lock):
        save(prepared, learner, now, writer="tab")


def test_with_run_counts_the_other_items(learner, lesson, now):
    questions = [factories.create_question(lesson, f"q{n}") for n in range(4)]
    items = list(start(learner, questions, now).items.select_related("attempt", "question", "version"))
    save(items[0], learner, now, RIGHT)
    save(items[2], learner, now, WRONG)

    item = AttemptItem.objects.with_run().get(pk=items[0].pk)

    assert (item.others, item.others_marked, item.others_right) == (3, 1, 0)
    assert (item.next_after, item.next_any) == (2, 2)


def test_with_run_leads_back_to_what_was_left_out(learner, lesson, now):
    questions = [factories.create_question(lesson, f"q{n}") for n in range(3)]
    items = list(start(learner, questions, now).items.select_related("attempt", "question", "version"))
    save(items[2], learner, now, RIGHT)

    item = AttemptItem.objects.with_run().get(pk=items[2].pk)

    assert (item.next_after, item.next_any) == (None, 1)
