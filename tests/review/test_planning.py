"""The plan for an exam keeps its promises for every learner: nothing is left out, no day holds too much, and what it
predicts is what FSRS predicts."""

import random
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studyapp.review.planning import Habits, Remembered, ToRead, plan, spread_reading
from studyapp.review.scheduling import Memory, Rating, interval, recall, reviewed

several = settings(max_examples=60, deadline=None)
readings = st.lists(
    st.builds(ToRead, st.floats(0.2, 6), st.integers(0, 4), st.just(False)), max_size=40
)  # fmt: skip
cards = st.lists(
    st.builds(
        Remembered,
        st.builds(Memory, st.floats(0.2, 200), st.floats(1, 10)),
        st.integers(0, 90),
        st.integers(-60, 60),
    ),
    max_size=40,
)
habits = st.builds(
    Habits, minutes_a_day=st.integers(1, 60), seconds=st.integers(8, 60), new_a_day=st.integers(0, 30)
)
lengths = st.integers(1, 60)


# --- reading ----------------------------------------------------------------------------------------------


@several
@given(readings, lengths)
def test_every_passage_is_read_once_in_order_before_the_exam(reading, days):
    portions = spread_reading(reading, days)

    assert [i for portion in portions for i in portion] == list(range(len(reading)))
    assert len(portions) == days


@several
@given(readings, lengths)
def test_no_day_is_asked_to_read_much_more_than_its_share(reading, days):
    portions = spread_reading(reading, days)
    usable = days - max(1, round(days * 0.15)) if days > 1 else 1
    share = sum(passage.minutes for passage in reading) / usable
    longest = max((passage.minutes for passage in reading), default=0)

    for portion in portions:
        assert sum(reading[i].minutes for i in portion) <= share + longest + 1e-9


@pytest.mark.parametrize("days", [2, 10, 40])
def test_last_days_are_for_review_only(days):
    portions = spread_reading([ToRead(1.0)] * 50, days)

    assert portions[-1] == []
    assert portions[0]


@several
@given(readings.filter(bool), st.integers(3, 60))
def test_a_missed_day_is_spread_over_those_that_are_left(reading, days):
    before, after = spread_reading(reading, days), spread_reading(reading, days - 1)

    assert sum(map(len, after)) == sum(map(len, before)) == len(reading)
    heaviest = max(sum(reading[i].minutes for i in portion) for portion in after)
    usable = days - 1 - max(1, round((days - 1) * 0.15))
    assert heaviest <= sum(passage.minutes for passage in reading) / usable + max(p.minutes for p in reading)


def test_what_was_read_today_counts_towards_today():
    untouched = [ToRead(1.0)] * 18
    begun = [ToRead(1.0, is_read=True)] * 2 + [ToRead(1.0)] * 16

    assert plan(11, reading=untouched).days[0].read == (0, 1)
    assert plan(11, reading=begun).days[0].read == ()
    assert plan(11, reading=begun).days[1].read == (2, 3)


# --- limits of a day --------------------------------------------------------------------------------------


@several
@given(cards, readings, habits, lengths)
def test_no_day_asks_more_than_its_minutes_or_more_new_than_wanted(remembered, reading, own, days):
    made = plan(days, remembered=remembered, reading=reading, habits=own)

    for day in made.days:
        assert day.reviews + day.new <= own.most + 1
        assert day.new <= own.new_a_day
    assert made.never_asked >= 0


@several
@given(cards, readings, habits, lengths)
def test_what_was_done_today_is_taken_off_today_only(remembered, reading, own, days):
    done = Habits(**{**vars(own), "answered_today": own.most, "new_today": own.new_a_day})

    made = plan(days, remembered=remembered, reading=reading, habits=done)

    assert made.days[0].questions == 0


@several
@given(readings, habits, lengths)
def test_every_question_is_asked_or_said_not_to_be(reading, own, days):
    made = plan(days, reading=reading, habits=own)

    assert sum(day.new for day in made.days) + made.never_asked == sum(r.questions for r in reading)
    assert made.questions == sum(r.questions for r in reading)


# --- what it predicts -------------------------------------------------------------------------------------


@several
@given(cards, readings, habits, lengths)
def test_predictions_are_shares(remembered, reading, own, days):
    made = plan(days, remembered=remembered, reading=reading, habits=own)

    for share in (made.today, made.followed, made.left_alone):
        assert 0 <= share <= 1 + 1e-9
    assert made.left_alone <= made.today + 1e-9


@several
@given(cards.filter(bool), lengths)
def test_doing_nothing_predicts_what_fsrs_predicts(remembered, days):
    made = plan(days, remembered=remembered)

    assert isclose(
        made.left_alone, sum(recall(k.memory, k.elapsed + days) for k in remembered) / len(remembered)
    )


def test_minutes_too_few_for_what_is_due_promise_less():
    remembered = [Remembered(Memory(1.0 + n % 20, 5.0), n % 25, -(n % 9)) for n in range(300)]

    def promised(minutes):
        return plan(30, remembered=remembered, habits=Habits(minutes_a_day=minutes)).followed

    assert plan(30, remembered=remembered).left_alone < promised(1) < promised(3) < promised(8)


def test_questions_that_nobody_will_ask_count_as_not_known():
    made = plan(5, reading=[ToRead(1.0, 10)], habits=Habits(new_a_day=1))

    assert (made.questions, made.never_asked) == (10, 5)
    assert made.followed < 0.5


def test_questions_of_another_course_take_time_and_count_nothing():
    other = [Remembered(Memory(3.0, 5.0), 3, 0, counts=False)] * 10

    made = plan(10, remembered=other)

    assert (made.questions, made.followed) == (0, 0)
    assert made.days[0].reviews == 10


def test_an_exam_today_leaves_nothing_to_plan():
    made = plan(0, remembered=[Remembered(Memory(10.0, 5.0), 10, 0)])

    assert made.days == ()
    assert made.followed == made.today == pytest.approx(0.9)


def test_prediction_agrees_with_drawing_every_answer():
    """Where memory is as FSRS says, learners who follow the plan recall on the day what it said they would."""
    rng = random.Random(11)
    memories = [Memory(rng.uniform(1, 30), rng.uniform(3, 8)) for _ in range(40)]
    remembered = [Remembered(memory, round(memory.stability), 0) for memory in memories]
    days, shares = 40, []

    for _ in range(40):
        standing = [(memory, -round(memory.stability), 0) for memory in memories]
        for today in range(days):
            for i, (memory, last, due) in enumerate(standing):
                if due <= today:
                    rating = Rating.GOOD if rng.random() < recall(memory, today - last) else Rating.AGAIN
                    after = reviewed(memory, rating, elapsed_days=today - last)
                    standing[i] = (after, today, today + interval(after))
        shares.append(sum(recall(memory, days - last) for memory, last, _ in standing) / len(standing))

    promised = plan(days, remembered=remembered, habits=Habits(minutes_a_day=120)).followed
    assert promised == pytest.approx(sum(shares) / len(shares), abs=0.02)
