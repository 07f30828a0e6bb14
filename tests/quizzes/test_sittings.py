"""Start, save, hand in: what is kept, what counts, what is refused."""

from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from django.core.management import call_command

from content.questions.base import Unreadable
from studyapp.quizzes.deadlines import GRACE
from studyapp.quizzes.models import Attempt, AttemptEvent, Mark, SavedAnswer
from studyapp.quizzes.scoring import current_of
from studyapp.quizzes.sittings import (
    CannotStart,
    Left,
    NoSuchItem,
    close_if_overdue,
    close_overdue,
    flag_item,
    leave_item,
    start_again,
    submit_attempt,
)
from studyapp.review.models import Card, ReviewLog
from tests.factories import create_cohort, create_question, create_quiz, save_in

pytestmark = pytest.mark.django_db
TRUE, FALSE, BLANK = {"answer": ["true"]}, {"answer": ["false"]}, {}
MINUTE, MILLISECOND = timedelta(minutes=1), timedelta(milliseconds=1)


def right(item):
    """What to post for the right answer to this true-or-false question."""
    return TRUE if item.version.content["answer"] else FALSE


def wrong(item):
    return FALSE if item.version.content["answer"] else TRUE


def current(attempt, number):
    return current_of(SavedAnswer.objects.filter(item__attempt=attempt, item__number=number))


# --- start ------------------------------------------------------------------------------------------------


def test_attempt_pins_the_versions_it_draws(start, quiz, bank, now):
    attempt = start(quiz)

    items = list(attempt.items.all())
    assert [item.question for item in items] == bank
    assert [item.version for item in items] == [question.current for question in bank]
    assert (attempt.deadline, attempt.points_possible) == (now + 30 * MINUTE, 3)


def test_starting_twice_is_one_attempt(start, quiz, now):
    assert start(quiz) == start(quiz, at=now + MINUTE)
    assert AttemptEvent.objects.count() == 1


def test_edited_quiz_and_question_leave_a_running_attempt_alone(start, quiz, bank, now):
    attempt = start(quiz)
    before = list(attempt.items.values("version", "presented", "points"))
    quiz.slots.all().delete()
    create_question(bank[0].lesson, "q-1", content=bank[0].current.content | {"stem": "Another wording?"})

    assert list(attempt.items.values("version", "presented", "points")) == before
    save_in(attempt, 1, TRUE, at=now)
    assert submit_attempt(attempt, now=now, by=attempt.learner)


def test_attempts_are_used_up(start, quiz, learner, now):
    submit_attempt(start(quiz), now=now, by=learner)

    with pytest.raises(CannotStart, match="no attempt left"):
        start(quiz, at=now + MINUTE)


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"opens_at": 1}, "not open yet"),
        ({"closes_at": 0}, "is closed"),
        ({"password": "open sesame"}, "asks for a password"),
    ],
)
def test_rules_are_looked_at_when_it_starts(start, course, bank, now, rules, sentence):
    rules = {k: now + v * MINUTE if isinstance(v, int) else v for k, v in rules.items()}
    quiz = create_quiz(course, slots=bank, **rules)

    with pytest.raises(CannotStart, match=sentence):
        start(quiz)
    assert not Attempt.objects.exists()


def test_password_opens_and_a_wrong_one_does_not(start, course, bank):
    quiz = create_quiz(course, slots=bank, password="open sesame")

    with pytest.raises(CannotStart, match="not the password"):
        start(quiz, password="open barley")
    assert start(quiz, password=" open sesame ").is_open


def test_wait_between_attempts_is_kept_to_the_moment(start, course, bank, learner, now):
    quiz = create_quiz(course, slots=bank, delay_minutes=60)
    submit_attempt(start(quiz), now=now, by=learner)

    with pytest.raises(CannotStart, match="wait"):
        start(quiz, at=now + 60 * MINUTE - MILLISECOND)
    assert start(quiz, at=now + 60 * MINUTE).is_open


def test_preview_heeds_no_rule_and_never_counts(start, course, bank, instructor, now):
    quiz = create_quiz(course, slots=bank, password="x", closes_at=now - MINUTE, state="draft")

    attempt = start(quiz, by=instructor, preview=True)

    save_in(attempt, 1, TRUE, at=now)
    submit_attempt(attempt, now=now, by=instructor)
    assert not attempt.counts
    assert not ReviewLog.objects.exists()


# --- save -------------------------------------------------------------------------------------------------


def test_save_is_one_row_with_the_servers_time(start, quiz, now):
    attempt = start(quiz)

    receipt = save_in(attempt, 2, TRUE, at=now + MINUTE)

    assert receipt.answer.at == now + MINUTE
    assert not receipt.is_late
    assert SavedAnswer.objects.get().item.number == 2
    assert not Mark.objects.exists()


def test_same_save_again_is_the_same_receipt(start, quiz, now):
    attempt, client_id = start(quiz), uuid4()

    first = save_in(attempt, 1, TRUE, at=now, client_id=client_id)
    again = save_in(attempt, 1, TRUE, at=now + MINUTE, client_id=client_id)

    assert again.answer == first.answer
    assert again.answer.at == now
    assert SavedAnswer.objects.count() == 1


def test_same_id_with_another_answer_is_a_new_row(start, quiz, now):
    """A plain form sent again after Back carries the ids of the first time."""
    attempt, client_id = start(quiz), uuid4()
    save_in(attempt, 1, TRUE, at=now, client_id=client_id)

    save_in(attempt, 1, FALSE, at=now + MINUTE, client_id=client_id)

    assert SavedAnswer.objects.count() == 2
    assert current(attempt, 1).response == {"answer": False}


def test_promise_7_last_typed_stands_in_all_120_orders_of_arrival(start, course, bank, learner, now):
    typed = [TRUE, FALSE, BLANK, FALSE, TRUE]
    attempt = start(create_quiz(course, slots=bank[:1]))

    for order in permutations(range(5)):
        SavedAnswer.objects.all().delete()
        for n in order:
            save_in(attempt, 1, typed[n], at=now, sequence=n)
        assert current(attempt, 1).number == 4, order


def test_other_tab_is_told_and_the_last_arrival_wins(start, quiz, now):
    attempt = start(quiz)
    save_in(attempt, 1, TRUE, at=now, writer="one")

    second = save_in(attempt, 1, FALSE, at=now + MINUTE, writer="two")
    first_again = save_in(attempt, 1, TRUE, at=now + 2 * MINUTE, writer="one", sequence=1)
    alone = save_in(attempt, 1, TRUE, at=now + 3 * MINUTE, writer="one", sequence=2)

    assert (second.other_at, first_again.other_at, alone.other_at) == (now, now + MINUTE, None)
    assert current(attempt, 1).writer == "one"


def test_emptied_answer_is_kept_as_empty(start, quiz, now):
    attempt = start(quiz)
    save_in(attempt, 1, TRUE, at=now)

    save_in(attempt, 1, BLANK, at=now, sequence=1)

    assert current(attempt, 1).response is None
    assert SavedAnswer.objects.count() == 2


def test_what_cannot_be_understood_is_not_stored_and_not_wrong(start, course, bank, now):
    number = create_question(bank[0].lesson, "how-many", kind="numeric")
    attempt = start(create_quiz(course, slots=[number]))

    with pytest.raises(Unreadable):
        save_in(attempt, 1, {"number": ["about a dozen"]}, at=now)
    assert not SavedAnswer.objects.exists()


def test_save_into_somebody_elses_attempt_is_nowhere(start, quiz, classmate, now):
    attempt = start(quiz)

    for number, who in ((1, classmate), (99, attempt.learner)):
        with pytest.raises(NoSuchItem):
            save_in(attempt, number, TRUE, at=now, learner=who)
    assert not SavedAnswer.objects.exists()


@pytest.mark.parametrize(
    ("after", "late"),
    [(-MILLISECOND, False), (0 * MINUTE, False), (GRACE, False), (GRACE + MILLISECOND, True)],
)
def test_answer_after_the_grace_is_kept_but_not_counted(start, quiz, now, after, late):
    attempt = start(quiz)

    receipt = save_in(attempt, 1, TRUE, at=attempt.deadline + after)

    assert receipt.is_late is late
    assert (current(attempt, 1) is None) is late


def test_answer_typed_in_one_tab_after_hand_in_in_another_is_kept_as_late(start, quiz, now):
    attempt = start(quiz)
    save_in(attempt, 1, TRUE, at=now)
    submit_attempt(attempt, now=now + MINUTE, by=attempt.learner)
    points = Attempt.objects.get().points

    receipt = save_in(attempt, 1, FALSE, at=now + 2 * MINUTE, writer="two")

    assert receipt.is_late
    assert current(attempt, 1).response == {"answer": True}
    assert Attempt.objects.get().points == points
    call_command("verify_scores", verbosity=0)


def test_question_left_behind_takes_no_answer(start, course, bank, now):
    attempt = start(create_quiz(course, slots=bank, one_way=True))
    leave_item(attempt.learner, attempt=attempt.pk, number=1, now=now)

    with pytest.raises(Left):
        save_in(attempt, 1, TRUE, at=now)


def test_flag_is_set_and_taken_off_by_its_owner_only(start, quiz, learner, classmate):
    attempt = start(quiz)

    assert flag_item(learner, attempt=attempt.pk, number=1, is_flagged=True)
    assert not flag_item(classmate, attempt=attempt.pk, number=1, is_flagged=False)
    assert attempt.items.get(number=1).is_flagged


# --- hand in ----------------------------------------------------------------------------------------------


def test_hand_in_marks_every_item_and_blank_is_nothing(start, quiz, learner, now):
    attempt = start(quiz)
    one, two, _ = attempt.items.select_related("version")
    save_in(attempt, 1, right(one), at=now)
    save_in(attempt, 2, wrong(two), at=now)

    assert submit_attempt(attempt, now=now + MINUTE, by=learner)

    assert [mark.fraction for mark in Mark.objects.order_by("item__number")] == [1, 0, 0]
    assert (attempt.points, attempt.finished_at, attempt.ended_by_time) == (1.0, now + MINUTE, False)


def test_handing_in_twice_counts_once(start, quiz, learner, now):
    attempt = start(quiz)
    save_in(attempt, 1, TRUE, at=now)

    assert submit_attempt(attempt, now=now, by=learner)
    assert not submit_attempt(attempt, now=now + MINUTE, by=learner)

    assert ReviewLog.objects.count() == 1
    assert Mark.objects.count() == 3
    assert AttemptEvent.objects.filter(what="handed in").count() == 1


def test_answers_of_an_exam_reach_review_held_back(start, course, bank, learner, now):
    create_cohort(course, learners=[learner])
    attempt = start(create_quiz(course, slots=bank, attempts_allowed=1))
    save_in(attempt, 1, TRUE, at=now)

    submit_attempt(attempt, now=now, by=learner)

    log = ReviewLog.objects.get()
    assert (log.origin, log.held) == ("quiz", True)
    assert Card.objects.get().held


def test_answers_of_a_quiz_that_tells_the_verdict_reach_review_at_once(start, course, bank, learner, now):
    attempt = start(create_quiz(course, slots=bank, preset="try-again"))
    save_in(attempt, 1, TRUE, at=now)

    submit_attempt(attempt, now=now, by=learner)

    assert not ReviewLog.objects.get().held


def test_total_is_withheld_while_an_essay_waits(start, course, bank, learner, now):
    essay = create_question(bank[0].lesson, "why", kind="essay")
    attempt = start(create_quiz(course, slots=[bank[0], essay]))
    save_in(attempt, 2, {"essay": ["Because of the rivers."]}, at=now)

    submit_attempt(attempt, now=now, by=learner)

    assert attempt.points is None
    assert Mark.objects.count() == 1
    call_command("verify_scores", verbosity=0)


def test_blank_essay_waits_for_nobody(start, course, bank, learner, now):
    essay = create_question(bank[0].lesson, "why", kind="essay")
    attempt = start(create_quiz(course, slots=[essay]))

    submit_attempt(attempt, now=now, by=learner)

    assert attempt.points == 0.0


@pytest.mark.parametrize("points", [0, 1, 7])
def test_quiz_of_one_question_and_any_points_is_scored(start, course, bank, learner, now, points):
    attempt = start(create_quiz(course, slots=[{"question": bank[0], "points": points}]))
    save_in(attempt, 1, right(attempt.items.select_related("version").get()), at=now)

    submit_attempt(attempt, now=now, by=learner)

    assert (attempt.points, attempt.points_possible) == (points, points)


# --- the end of time --------------------------------------------------------------------------------------


def test_attempt_is_closed_only_after_the_grace_and_ends_at_its_deadline(start, quiz, now):
    attempt = start(quiz)
    save_in(attempt, 1, TRUE, at=now)

    assert not close_if_overdue(attempt, now=attempt.deadline + GRACE)
    assert close_if_overdue(attempt, now=attempt.deadline + GRACE + MILLISECOND)
    assert (attempt.finished_at, attempt.ended_by_time) == (attempt.deadline, True)
    assert attempt.points is not None


def test_hand_in_during_the_grace_is_the_learners(start, quiz, learner):
    attempt = start(quiz)

    assert submit_attempt(attempt, now=attempt.deadline + GRACE, by=learner)

    assert (attempt.finished_at, attempt.ended_by_time) == (attempt.deadline, False)


def test_closing_overdue_attempts_again_finds_nothing(start, quiz, classmate, now):
    start(quiz)
    late = start(quiz, by=classmate, at=now + 20 * MINUTE)

    at = now + 31 * MINUTE
    assert (close_overdue(now=at), close_overdue(now=at)) == (1, 0)
    assert Attempt.objects.get(pk=late.pk).is_open
    assert AttemptEvent.objects.filter(what="time up").count() == 1


def test_command_closes_what_is_overdue(start, quiz, now, capsys):
    start(quiz)

    call_command("close_overdue_attempts", now=now + 31 * MINUTE)

    assert capsys.readouterr().out == "1 attempt handed in.\n"
    assert not Attempt.objects.filter(state="open").exists()


def test_overdue_attempt_is_handed_in_before_the_next_starts(start, course, bank, now):
    quiz = create_quiz(course, slots=bank, time_limit_minutes=30)
    first = start(quiz)

    second = start(quiz, at=now + 40 * MINUTE)

    assert second != first
    assert not Attempt.objects.get(pk=first.pk).is_open


# --- practice of a finished quiz --------------------------------------------------------------------------


def test_practice_again_asks_the_same_questions_and_never_counts(start, quiz, learner, now, rng):
    attempt = start(quiz)
    submit_attempt(attempt, now=now, by=learner)

    again = start_again(attempt, [i.question_id for i in attempt.items.all()], now=now, rng=rng)
    save_in(again, 1, TRUE, at=now)
    submit_attempt(again, now=now, by=learner)

    assert not again.counts
    assert again.deadline is None
    assert ReviewLog.objects.get().origin == "practice"


def test_practice_started_again_hands_in_the_one_before(start, quiz, learner, now, rng):
    attempt = start(quiz)
    submit_attempt(attempt, now=now, by=learner)
    first = start_again(attempt, [attempt.items.first().question_id], now=now, rng=rng)

    second = start_again(attempt, [attempt.items.last().question_id], now=now, rng=rng)

    assert second != first
    assert not Attempt.objects.get(pk=first.pk).is_open
