"""Memory behaves as FSRS-6 says: a golden table from its published formulas, and what must hold for all inputs."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studyapp.review.scheduling import Memory, Rating, interval, recall, reviewed, spread

# Default parameters w0 … w20 of FSRS-6, and the formulas of
# https://github.com/open-spaced-repetition/awesome-fsrs/wiki/The-Algorithm, written out without the package.
W = (
    *(0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796),
    *(1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542),
)
F = 0.9 ** (-1 / W[20]) - 1


def published_recall(s, t):
    return (1 + F * t / s) ** -W[20]


def published_first(g):
    return W[g - 1], min(max(W[4] - math.exp(W[5] * (g - 1)) + 1, 1), 10)


def published_next(s, d, g, t):
    r = published_recall(s, t)
    if t < 1:
        growth = math.exp(W[17] * (g - 3 + W[18])) * s ** -W[19]
        after = s * (max(growth, 1) if g >= 2 else growth)
    elif g == 1:
        long_term = W[11] * d ** -W[12] * ((s + 1) ** W[13] - 1) * math.exp(W[14] * (1 - r))
        after = min(long_term, s / math.exp(W[17] * W[18]))
    else:
        hard = W[15] if g == 2 else 1
        after = s * (1 + math.exp(W[8]) * (11 - d) * s ** -W[9] * (math.exp(W[10] * (1 - r)) - 1) * hard)
    damped = d - W[6] * (g - 3) * (10 - d) / 9
    easy = W[4] - math.exp(W[5] * 3) + 1
    return after, min(max(W[7] * easy + (1 - W[7]) * damped, 1), 10)


# rating, days since the answer before → stability, difficulty, interval at 0.9; from the functions above, to six digits.
HISTORIES = {
    "good from the start": [
        (3, 0, 2.306500, 2.118104, 2),
        (3, 2, 10.964332, 2.111214, 11),
        (3, 11, 46.280217, 2.104331, 46),
        (3, 46, 162.862202, 2.097455, 163),
    ],
    "forgotten, then learned": [
        (1, 0, 0.212000, 6.413300, 1),
        (3, 1, 1.886788, 6.402115, 2),
        (1, 5, 0.571630, 8.802628, 1),
        (2, 1, 1.220409, 9.190357, 1),
        (3, 3, 3.263101, 9.176395, 3),
    ],
    "twice in one day": [
        (2, 0, 1.293100, 5.112171, 1),
        (3, 0, 1.335900, 5.102287, 1),
        (1, 0, 0.465346, 8.375383, 1),
        (3, 4, 2.830080, 8.362236, 3),
    ],
    "late and right": [
        (3, 0, 2.306500, 2.118104, 2),
        (3, 30, 37.420638, 2.111214, 37),
    ],
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_memory_follows_the_published_formulas(history):
    memory, published = None, None

    for rating, days, stability, difficulty, wait in history:
        memory = reviewed(memory, Rating(rating), elapsed_days=days)
        published = published_next(*published, rating, days) if published else published_first(rating)

        assert (memory.stability, memory.difficulty) == pytest.approx(published, rel=1e-9)
        assert (memory.stability, memory.difficulty) == pytest.approx((stability, difficulty), abs=1e-6)
        assert interval(memory) == wait


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
