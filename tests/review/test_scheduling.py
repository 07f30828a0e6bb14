"""Memory behaves as FSRS-6 says: golden tables computed from its published formulas without the package
(tests/data/fsrs6.py), and what must hold for all inputs."""

import csv
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studyapp.review.scheduling import Memory, Rating, interval, recall, reviewed, spread
from tests.data import fsrs6

TABLE = Path(fsrs6.__file__).with_suffix(".csv")
GOLDEN = [
    (name, list(rows))
    for name, rows in groupby(csv.DictReader(TABLE.read_text().splitlines()), key=lambda row: row["history"])
]


@pytest.mark.parametrize(("name", "rows"), GOLDEN, ids=[name for name, _ in GOLDEN])
def test_memory_follows_the_published_formulas(name, rows):
    memory = None

    for row in rows:
        memory = reviewed(memory, Rating(int(row["rating"])), elapsed_days=int(row["days"]))

        golden = float(row["stability"]), float(row["difficulty"])
        assert (memory.stability, memory.difficulty) == pytest.approx(golden, rel=1e-9)
        for desired in (0.8, 0.9, 0.95):
            assert interval(memory, desired_recall=desired) == int(row[f"at {desired}"])
        for later in (1, 30):
            assert recall(memory, later) == pytest.approx(float(row[f"in {later}"]), abs=1e-9)


def test_golden_table_is_what_its_formulas_give():
    assert list(csv.reader(TABLE.read_text().splitlines())) == [
        [str(cell) for cell in row] for row in fsrs6.rows()
    ]


def test_golden_table_covers_the_same_day_and_every_rating():
    rows = [row for _, rows in GOLDEN for row in rows[1:]]

    assert {(row["rating"], row["days"] == "0") for row in rows} >= {
        *((rating, False) for rating in "123"),
        *((rating, True) for rating in "13"),
    }


@pytest.mark.parametrize(
    ("stability", "desired", "days"),
    [(100, 0.95, 40), (100, 0.9, 100), (100, 0.85, 191), (2.3065, 0.9, 2), (0.2, 0.9, 1)],
)
def test_interval_for_a_desired_recall(stability, desired, days):
    assert interval(Memory(stability, 5), desired_recall=desired) == days


def test_recall_is_nine_in_ten_after_as_many_days_as_the_stability():
    assert recall(Memory(37.0, 5), 37) == pytest.approx(0.9)
    assert recall(Memory(37.0, 5), 0) == 1


memories = st.builds(Memory, st.floats(0.1, 500), st.floats(1, 10))
ratings = st.sampled_from(Rating)
days = st.integers(1, 400)
several = settings(max_examples=100, deadline=None)


@several
@given(memories, memories)
def test_interval_rises_with_stability(one, other):
    assert (interval(one) <= interval(other)) or one.stability > other.stability


@several
@given(memories, days, days)
def test_late_and_right_gives_more_than_on_time(memory, early, later):
    early, later = sorted((early, later))

    assert (
        reviewed(memory, Rating.GOOD, elapsed_days=early).stability
        <= reviewed(memory, Rating.GOOD, elapsed_days=later).stability + 1e-9
    )


@several
@given(memories, st.floats(0.75, 0.96), st.floats(0.75, 0.96))
def test_lower_desired_recall_gives_longer_intervals(memory, one, other):
    low, high = sorted((one, other))

    assert interval(memory, desired_recall=low) >= interval(memory, desired_recall=high)


@several
@given(memories, st.integers(0, 400), st.floats(0, 0.9))
def test_failure_never_strengthens_and_success_never_weakens(memory, elapsed, guess):
    assert reviewed(memory, Rating.AGAIN, elapsed_days=elapsed).stability <= memory.stability
    for rating in (Rating.HARD, Rating.GOOD):
        after = reviewed(memory, rating, elapsed_days=elapsed, guess=guess)
        assert after.stability >= memory.stability - 1e-9


@several
@given(st.one_of(st.none(), memories), st.integers(0, 400), st.floats(0.05, 0.9))
def test_a_right_answer_that_could_be_guessed_counts_less(memory, elapsed, guess):
    sure = reviewed(memory, Rating.GOOD, elapsed_days=elapsed)
    guessed = reviewed(memory, Rating.GOOD, elapsed_days=elapsed, guess=guess)

    assert guessed.stability <= sure.stability


@several
@given(memories, ratings, st.integers(0, 400))
def test_memory_stays_within_bounds_and_is_reproducible(memory, rating, elapsed):
    after = reviewed(memory, rating, elapsed_days=elapsed)

    assert after == reviewed(memory, rating, elapsed_days=elapsed)
    assert after.stability > 0
    assert 1 <= after.difficulty <= 10
    assert 0 < recall(after, elapsed) <= 1


@several
@given(st.integers(1, 365), st.text(max_size=12))
def test_spread_is_stable_small_and_never_before_tomorrow(planned, key):
    moved = spread(planned, key)

    assert moved == spread(planned, key)
    assert moved >= 1
    assert abs(moved - planned) <= 1 + 0.15 * 4.5 + 1.3 + 0.05 * 345 + 1
    if planned <= 2:
        assert moved == planned


def test_spread_sends_what_was_learned_together_to_different_days():
    assert len({spread(30, f"question {n}") for n in range(40)}) >= 4
