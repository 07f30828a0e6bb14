import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from content.authoring import save_question
from content.models import CourseStaff
from studyapp.accounts.models import Notice
from studyapp.review import rebuilding
from studyapp.review.days import begins, study_day
from studyapp.review.models import Card, ReviewLog, ReviewSettings
from studyapp.review.reviewing import answer_in_review, record_answer, release, undo
from studyapp.review.scheduling import Memory, Rating, interval, recall, reviewed, spread
from studyapp.review.standing import COLUMNS
from tests import factories

RIGHT, WRONG = 1.0, 0.0


@pytest.fixture
def lesson(db):
    return factories.create_lesson(factories.create_course())


@pytest.fixture
def question(lesson):
    """Hard to guess: a blind answer is never right."""
    return factories.create_question(lesson, kind="short_text")


def record(learner, question, at, fraction, **fields):
    fields = {
        "client_id": uuid.uuid4(),
        "origin": "practice",
        "response": {"text": "x"},
        "presented": {},
    } | fields
    return record_answer(learner, question, question.current, at=at, fraction=fraction, **fields)


def last_row():
    return ReviewLog.objects.latest("pk")


def columns(card):
    return {name: getattr(card, name) for name in (*COLUMNS, "held")}


def memory_of(card):
    return Memory(card.stability, card.difficulty)


def every_card():
    return list(Card.objects.order_by("pk").values())


# --- what rates -------------------------------------------------------------------------------------------


def test_first_answer_rates_the_card(learner, question, now):
    card = record(learner, question, now, RIGHT)

    assert memory_of(card) == reviewed(None, Rating.GOOD)
    assert (card.last_rated_at, last_row().rating, last_row().elapsed_days) == (now, Rating.GOOD, None)


def test_due_date_is_the_interval_spread_and_counted_in_study_days(learner, question, now):
    learner.time_zone = "Asia/Baghdad"
    learner.save()

    card = record(learner, question, now, RIGHT)

    days = spread(interval(memory_of(card)), f"{learner.pk}:{question.slug}")
    day = study_day(now, "Asia/Baghdad") + timedelta(days=days)
    assert card.due_at == begins(day, "Asia/Baghdad")


def test_second_answer_of_a_study_day_is_logged_and_does_not_rate(learner, question, now):
    first = record(learner, question, now, WRONG)

    second = record(learner, question, now + timedelta(minutes=5), RIGHT)

    assert (memory_of(second), second.due_at) == (memory_of(first), first.due_at)
    assert (second.answers, second.last_fraction, last_row().rating) == (2, RIGHT, None)


@pytest.mark.parametrize(
    ("zone", "first", "second", "rates"),
    [
        ("Europe/Berlin", "2026-03-10 22:00", "2026-03-11 02:30", False),  # 23:00 and 03:30 of one study day
        ("Europe/Berlin", "2026-03-10 22:00", "2026-03-11 03:30", True),  # 04:30: the next one
        ("Europe/Berlin", "2026-03-28 22:00", "2026-03-29 01:30", False),  # the night the clocks go forward
        ("Europe/Berlin", "2026-03-28 22:00", "2026-03-29 02:00", True),  # 04:00 summer time
        ("America/New_York", "2026-03-10 23:00", "2026-03-11 07:00", False),  # 19:00 and 03:00
        ("UTC", "2026-03-10 05:00", "2026-03-11 04:00", True),
    ],
)
def test_study_day_ends_at_four_where_the_learner_is(learner, question, zone, first, second, rates):
    learner.time_zone = zone
    learner.save()
    record(learner, question, datetime.fromisoformat(first).replace(tzinfo=UTC), RIGHT)

    record(learner, question, datetime.fromisoformat(second).replace(tzinfo=UTC), RIGHT)

    assert (last_row().rating is not None) == rates


def test_travel_westwards_rates_no_day_twice(learner, question):
    learner.time_zone = "Pacific/Auckland"
    learner.save()
    at = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)  # 11 March, 09:00
    record(learner, question, at, RIGHT)
    learner.time_zone = "America/Los_Angeles"
    learner.save()

    record(learner, question, at + timedelta(hours=3), RIGHT)  # 10 March, 16:00: still the day that has begun

    assert last_row().rating is None


def test_answer_that_a_person_marks_never_rates(learner, lesson, now):
    essay = factories.create_question(lesson, "an-essay", kind="essay")

    card = record(learner, essay, now, None)

    assert (card.stability, card.due_at, card.answers, last_row().rating) == (None, None, 0, None)


@pytest.mark.parametrize(
    ("fraction", "rating"), [(0.0, Rating.AGAIN), (0.5, Rating.HARD), (1.0, Rating.GOOD)]
)
def test_mark_becomes_a_rating(learner, question, now, fraction, rating):
    record(learner, question, now, fraction)

    assert last_row().rating == rating


def test_right_answer_that_could_be_a_guess_counts_less(learner, lesson, question, now):
    guessable = factories.create_question(lesson, "true-or-false")

    assert record(learner, guessable, now, RIGHT).stability < record(learner, question, now, RIGHT).stability


def test_elapsed_days_and_both_states_stand_in_the_log(learner, question, now):
    first = record(learner, question, now, RIGHT)

    second = record(learner, question, now + timedelta(days=4), RIGHT)

    row = last_row()
    assert (row.version, row.elapsed_days, row.rating) == (question.current, 4, Rating.GOOD)
    assert (row.before["stability"], row.after["stability"]) == (first.stability, second.stability)
    assert row.after["due_at"] == second.due_at.isoformat()
    assert memory_of(second) == reviewed(memory_of(first), Rating.GOOD, elapsed_days=4)


def test_lower_desired_recall_brings_a_question_back_later(learner, classmate, question, now):
    ReviewSettings.objects.create(learner=classmate, desired_recall=0.8)

    usual, relaxed = record(learner, question, now, RIGHT), record(classmate, question, now, RIGHT)

    assert relaxed.due_at > usual.due_at
    assert relaxed.stability == usual.stability


def test_answer_takes_three_queries(learner, question, now, lock, django_assert_num_queries):
    record(learner, question, now, RIGHT)

    with django_assert_num_queries(3 + lock):
        record(learner, question, now + timedelta(days=1), RIGHT)


def test_answer_given_earlier_but_recorded_later_does_not_turn_back_the_card(learner, question, now):
    newer = record(learner, question, now, RIGHT)

    older = record(learner, question, now - timedelta(days=3), WRONG)

    assert (older.last_fraction, older.last_answered_at, older.stability) == (RIGHT, now, newer.stability)
    assert last_row().rating is None


# --- in review --------------------------------------------------------------------------------------------


def review(learner, question, now, *, fraction=RIGHT, client_id=None, text="x"):
    return answer_in_review(
        learner,
        question,
        question.current,
        client_id=client_id or uuid.uuid4(),
        at=now,
        fraction=fraction,
        response={"text": text},
        presented={},
    )


def test_same_review_answer_sent_twice_is_one_row(learner, question, now):
    client_id = uuid.uuid4()

    first = review(learner, question, now, client_id=client_id)
    second = review(learner, question, now + timedelta(days=2), client_id=client_id)

    assert (first, ReviewLog.objects.count(), Card.objects.get().answers) == (second, 1, 1)


def test_other_answer_under_the_same_id_is_kept_and_does_not_rate_again(learner, question, now):
    client_id = uuid.uuid4()
    review(learner, question, now, client_id=client_id, text="first")

    second = review(learner, question, now, client_id=client_id, text="second")

    assert (ReviewLog.objects.count(), second.response, second.rating) == (2, {"text": "second"}, None)


# --- undo -------------------------------------------------------------------------------------------------


def test_undo_puts_the_card_back(learner, question, now):
    record(learner, question, now, RIGHT)
    before = columns(Card.objects.get())
    row = review(learner, question, now + timedelta(days=3), fraction=WRONG)

    assert undo(row, now=now + timedelta(days=3, minutes=1)) is True

    assert columns(Card.objects.get()) == before
    assert (last_row().undoes, last_row().after, last_row().origin) == (row, row.before, "undo")


def test_undo_happens_once(learner, question, now):
    row = review(learner, question, now)
    undo(row, now=now)

    assert undo(row, now=now) is False
    assert ReviewLog.objects.count() == 2


def test_only_the_last_rating_can_be_undone(learner, question, now):
    first = review(learner, question, now)
    second = review(learner, question, now + timedelta(days=3))

    assert undo(first, now=now) is False
    assert undo(second, now=now) is True
    assert undo(first, now=now) is False


def test_answer_after_an_undo_rates_the_day_once(learner, question, now):
    undo(review(learner, question, now, fraction=RIGHT), now=now)

    card = record(learner, question, now + timedelta(minutes=1), WRONG)
    record(learner, question, now + timedelta(minutes=2), RIGHT)

    assert memory_of(card) == reviewed(None, Rating.AGAIN)
    assert memory_of(Card.objects.get()) == memory_of(card)


def test_unrated_answer_has_nothing_to_undo(learner, question, now):
    review(learner, question, now)
    again = review(learner, question, now, text="again")

    assert undo(again, now=now) is False


# --- held and released ------------------------------------------------------------------------------------


def test_held_answers_count_after_their_release_in_order_of_time(learner, classmate, question, now):
    first, second = uuid.uuid4(), uuid.uuid4()
    record(learner, question, now, RIGHT, held=True, origin="quiz", client_id=first)
    record(learner, question, now + timedelta(days=3), WRONG, held=True, origin="quiz", client_id=second)
    assert (Card.objects.get().held, Card.objects.get().answers) == (True, 0)

    assert release([second, first], learners=[learner.pk], now=now + timedelta(days=9)) == 2

    card = Card.objects.get(learner=learner)
    expected = reviewed(reviewed(None, Rating.GOOD), Rating.AGAIN, elapsed_days=3)
    assert (card.held, card.answers, memory_of(card)) == (False, 2, expected)
    assert card.last_rated_at == now + timedelta(days=3)


def test_release_counts_each_answer_once(learner, question, now):
    client_id = uuid.uuid4()
    record(learner, question, now, RIGHT, held=True, client_id=client_id)
    release([client_id], learners=[learner.pk], now=now)

    assert release([client_id], learners=[learner.pk], now=now) == 0
    assert (Card.objects.get().answers, ReviewLog.objects.count()) == (1, 2)


def test_question_stays_hidden_while_another_quiz_holds_it(learner, question, now):
    first, second = uuid.uuid4(), uuid.uuid4()
    for client_id in (first, second):
        record(learner, question, now, RIGHT, held=True, client_id=client_id)

    release([first], learners=[learner.pk], now=now)

    assert Card.objects.get().held is True


def test_release_of_an_older_answer_leaves_newer_evidence_alone(learner, question, now):
    client_id = uuid.uuid4()
    record(learner, question, now, WRONG, held=True, client_id=client_id)
    newer = record(learner, question, now + timedelta(days=1), RIGHT)

    release([client_id], learners=[learner.pk], now=now + timedelta(days=2))

    card = Card.objects.get()
    assert (card.last_fraction, card.stability, card.answers) == (RIGHT, newer.stability, 2)


# --- leeches ----------------------------------------------------------------------------------------------


def lapse(learner, question, now, times, *, start=0):
    for n in range(start, start + times):
        record(learner, question, now + timedelta(days=n), WRONG, response={"text": f"answer {n % 2}"})
    return now + timedelta(days=start + times)


def test_eight_lapses_pause_the_card_and_tell_the_author(learner, instructor, question, now):
    CourseStaff.objects.create(course=question.course, user=instructor)
    # The first wrong answer is no lapse: there was nothing to forget.
    lapse(learner, question, now, 8)
    assert (Card.objects.get().suspended_at, Notice.objects.count()) == (None, 0)

    lapse(learner, question, now, 1, start=8)

    notice = Notice.objects.get()
    assert Card.objects.get().suspended_at == now + timedelta(days=8)
    assert (notice.user, notice.url) == (instructor, f"/admin/content/question/{question.pk}/change/")
    assert "“answer 0” (5 times)" in notice.text
    assert learner.shown_name not in notice.text


def test_authors_hear_again_after_four_more_lapses(learner, instructor, question, now):
    CourseStaff.objects.create(course=question.course, user=instructor)

    lapse(learner, question, now, 12)
    assert Notice.objects.count() == 1
    lapse(learner, question, now, 1, start=12)

    assert Notice.objects.count() == 2


def test_paused_card_returns_after_a_right_answer(learner, question, now):
    later = lapse(learner, question, now, 9)

    assert record(learner, question, later, RIGHT).suspended_at is None


# --- rebuilding -------------------------------------------------------------------------------------------


def lively_history(learner, lesson, now):
    """Everything that can happen to a card."""
    plain = factories.create_question(lesson, "plain", kind="short_text")
    guessable = factories.create_question(lesson, "guessable")
    essay = factories.create_question(lesson, "essay", kind="essay")
    quizzed = factories.create_question(lesson, "quizzed", kind="numeric")
    waiting = factories.create_question(lesson, "waiting", kind="numeric")
    for n, fraction in enumerate((0.0, 1.0, 0.5, 1.0, 0.0, 1.0)):
        at = now + timedelta(days=n * n)
        record(learner, plain, at, fraction)
        record(learner, plain, at + timedelta(minutes=3), 1.0)
        record(learner, guessable, at, fraction)
        if n == 2:
            learner.time_zone = "Asia/Tokyo"
            learner.save()
        if n == 3:
            ReviewSettings.objects.create(learner=learner, desired_recall=0.85)
    record(learner, essay, now, None)
    undo(review(learner, plain, now + timedelta(days=40), fraction=WRONG), now=now + timedelta(days=40))
    review(learner, plain, now + timedelta(days=40, hours=1), fraction=RIGHT)
    undo(review(learner, quizzed, now), now=now)
    held = uuid.uuid4()
    record(learner, quizzed, now + timedelta(days=1), RIGHT, held=True, client_id=held)
    record(learner, waiting, now + timedelta(days=1), RIGHT, held=True)
    release([held], learners=[learner.pk], now=now + timedelta(days=2))
    lapse(learner, factories.create_question(lesson, "leech", kind="short_text"), now, 10)


def test_rebuilt_cards_are_equal(learner, classmate, lesson, now, capsys):
    lively_history(learner, lesson, now)
    record(classmate, lesson.questions.first(), now, RIGHT)
    before, log = every_card(), list(ReviewLog.objects.order_by("pk").values())

    call_command("rebuild_cards")

    assert every_card() == before
    assert list(ReviewLog.objects.order_by("pk").values()) == log
    assert f"{len(log)} of {len(log)} answers" in capsys.readouterr().out


def test_rebuilding_mends_what_was_changed_lost_or_made_up(learner, lesson, now):
    lively_history(learner, lesson, now)
    wanted = {card["question_id"]: card | {"id": None} for card in every_card()}
    Card.objects.filter(question__slug="plain").update(stability=99.0, lapses=7, held=True)
    Card.objects.filter(question__slug="guessable").delete()
    Card.objects.create(
        learner=learner, course=lesson.course, question=factories.create_question(lesson, "never-answered")
    )

    call_command("rebuild_cards", learner=learner.username)

    assert {card["question_id"]: card | {"id": None} for card in every_card()} == wanted


def test_rebuilding_says_how_far_it_is_within_one_long_log(learner, question, now, monkeypatch, capsys):
    monkeypatch.setattr(rebuilding, "CHUNK", 10)
    for n in range(25):
        record(learner, question, now + timedelta(minutes=n), RIGHT)

    call_command("rebuild_cards")

    said = capsys.readouterr().out.splitlines()
    assert said[:3] == ["10 of 25 answers", "20 of 25 answers", "25 of 25 answers"]


def test_rebuilding_for_nobody_says_so(db):
    with pytest.raises(CommandError, match="no-such"):
        call_command("rebuild_cards", learner="no-such")


def test_rebuilding_takes_no_more_queries_for_more_answers(
    learner, lesson, now, django_assert_max_num_queries
):
    for n in range(60):
        record(learner, factories.create_question(lesson, f"q{n}"), now, RIGHT)
    Card.objects.update(stability=1.0)

    with django_assert_max_num_queries(12):
        call_command("rebuild_cards", verbosity=0)


def test_recall_falls_from_one_after_an_answer(learner, question, now):
    card = record(learner, question, now, RIGHT)

    assert recall(memory_of(card), 0) == 1 > recall(memory_of(card), 3) > recall(memory_of(card), 30)


def test_reworded_question_keeps_its_card(learner, question, now):
    record(learner, question, now, RIGHT)
    content = question.current.content | {"stem": "Said in another way?"}
    fields = {"lesson": question.lesson, "passage": question.passage, "level": "remember"}
    newer = save_question(
        question.course, question.slug, kind="short_text", content=content, use="both", state="ready",
        position=0, by=None, now=now, **fields,
    )  # fmt: skip

    card = record(learner, newer, now + timedelta(days=3), RIGHT)

    assert (card.answers, last_row().version.number, last_row().elapsed_days) == (2, 2, 3)
