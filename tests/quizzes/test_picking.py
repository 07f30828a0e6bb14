from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from studyapp.quizzes.picking import LONGEST_PRACTICE, Candidate, pick


def test_wrong_comes_before_new_and_new_before_known(now):
    known = Candidate(1, 1, 1.0, now)
    new = Candidate(2, 2)
    wrong = Candidate(3, 3, 0.0, now)

    assert set(pick([known, new, wrong], Random(1), most=2)) == {2, 3}
    assert pick([known, new, wrong], Random(1), most=1) == [3]


def test_what_was_answered_longest_ago_comes_before_the_rest(now):
    old = Candidate(1, 1, 1.0, now - timedelta(days=9))
    fresh = Candidate(2, 2, 1.0, now)

    assert pick([fresh, old], Random(1), most=1) == [1]


def test_two_questions_of_one_passage_do_not_follow_each_other():
    candidates = [Candidate(n, n % 3) for n in range(9)]

    order = [n % 3 for n in pick(candidates, Random(4))]

    assert all(a != b for a, b in zip(order, order[1:], strict=False))


def test_same_chance_gives_the_same_order():
    candidates = [Candidate(n, None) for n in range(9)]

    assert pick(candidates, Random(4)) == pick(list(reversed(candidates)), Random(4))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([1, 2, None]), st.sampled_from([None, 0.0, 0.5, 1.0])), max_size=30)
)
def test_every_question_at_most_once_and_never_too_many(rows):
    candidates = [Candidate(n, passage, fraction) for n, (passage, fraction) in enumerate(rows)]

    chosen = pick(candidates, Random(2))

    assert len(chosen) == len(set(chosen)) == min(len(rows), LONGEST_PRACTICE)
