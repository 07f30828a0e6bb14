"""The simulation behind docs/learning.md is fair: memory behaves like memory, every way has the same minutes, and a
run can be repeated."""

import random

import pytest

from tests.bench.memory import DAYS, LAWS, SECONDS, OwnParameters, Traces, compare, course


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("seed", range(5))
def test_memory_fades_and_grows_firmer_by_being_asked(law, seed):
    truth = law(random.Random(seed), 0.5)

    assert truth.recall(1, 0) == 0
    truth.read(1, 0)
    once = [truth.recall(1, day) for day in range(1, 60)]
    for day in (3, 9, 20):
        truth.asked(1, day, True)
    later = [truth.recall(1, 20 + day) for day in range(1, 60)]

    assert all(0 <= p <= 1 for p in once + later)
    assert once == sorted(once, reverse=True)
    assert later == sorted(later, reverse=True)
    assert all(after > before for before, after in zip(once, later, strict=True))


def test_the_course_is_the_one_that_is_taught():
    minutes, questions = course()

    assert len(minutes) > 50
    assert len(questions) > 100
    assert {q.passage for q in questions} <= set(range(len(minutes)))
    assert {q.guess for q in questions} >= {0.0, 0.5}


@pytest.mark.parametrize("law", [OwnParameters, Traces])
def test_every_way_has_the_minutes_of_ours_on_each_day(law):
    found = compare(law, 2, 10, 0.5)

    for n in range(2):
        ours = found["this scheduler"][n]
        fixed, read = found["fixed intervals"][n], found["re-reading"][n]
        assert len(ours.minutes) == DAYS
        assert max(ours.minutes) <= 10
        for day in range(DAYS):
            assert ours.minutes[day] - SECONDS / 60 <= fixed.minutes[day] <= ours.minutes[day] + 1e-9
        assert (
            sum(ours.minutes) - 5 <= sum(read.minutes) <= sum(ours.minutes) + 1e-9
        )  # saved up for a passage
        assert found["nothing"][n].recall < min(ours.recall, fixed.recall, read.recall)
        assert 0 < ours.promised <= 1


def test_a_run_can_be_repeated():
    first, second = (compare(Traces, 1, 5, 0.5)["this scheduler"][0] for _ in range(2))

    assert (first.recall, first.minutes, first.promised) == (second.recall, second.minutes, second.promised)
