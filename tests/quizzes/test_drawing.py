"""Draws: never a question twice, never more than there are, exam questions first, spread over passages."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studyapp.quizzes.drawing import Candidate, CannotDraw, Lack, Wanted, also_practised, draw

SETTINGS = settings(max_examples=80, deadline=None)


def bank(n, **fields):
    return [Candidate(question=k, **fields) for k in range(1, n + 1)]


def drawn(slots, candidates, seed=1, **options):
    options = {"for_exam": True} | options
    return [question for _, question in draw(slots, candidates, Random(seed), **options)]


def test_draw_takes_as_many_as_the_slot_says():
    assert len(drawn([Wanted(draw=3)], bank(10))) == 3


def test_same_seed_draws_the_same():
    slots, candidates = [Wanted(draw=5)], bank(30)

    assert drawn(slots, candidates, 7) == drawn(slots, list(reversed(candidates)), 7)
    assert drawn(slots, candidates, 7) != drawn(slots, candidates, 8)


@pytest.mark.parametrize(
    ("filter", "fitting"),
    [
        ({"lessons": ["a"]}, {1, 3}),
        ({"passages": ["a-1", "b-1"]}, {1, 2}),
        ({"levels": ["apply"]}, {2, 3}),
        ({"kinds": ["essay"]}, {3}),
        ({"tags": ["x"]}, {1, 2}),
        ({"tags": ["x", "y"]}, {2}),
        ({"lessons": ["a"], "levels": ["apply"]}, {3}),
        ({"lessons": []}, {1, 2, 3}),
    ],
)
def test_filter_lets_through_what_fits_all_of_it(filter, fitting):
    candidates = [
        Candidate(1, "a", "a-1", "remember", "numeric", tags=frozenset("x")),
        Candidate(2, "b", "b-1", "apply", "numeric", tags=frozenset("xy")),
        Candidate(3, "a", "a-2", "apply", "essay"),
    ]

    assert {c.question for c in candidates if Wanted(filter=filter).fits(c)} == fitting


def test_slot_that_lacks_questions_is_named_with_how_many():
    with pytest.raises(CannotDraw) as refused:
        draw([Wanted(draw=2), Wanted(draw=4, filter={"lessons": ["a"]})], bank(3), Random(1), for_exam=True)

    assert refused.value.lacks == [Lack(slot=1, wanted=4, found=0)]
    assert str(refused.value) == "Slot 2 draws 4 and there are 0: 4 questions too few."


def test_wide_slot_leaves_the_narrow_one_what_it_needs():
    """The same questions can be reached by two slots; only one way of filling both exists."""
    candidates = [Candidate(1, "a"), Candidate(2, "b")]
    slots = [Wanted(draw=1), Wanted(draw=1, filter={"lessons": ["a"]})]

    for seed in range(20):
        assert draw(slots, candidates, Random(seed), for_exam=True) == [(0, 2), (1, 1)]


def test_fixed_question_is_never_drawn_as_well():
    for seed in range(20):
        assert drawn([Wanted(draw=2), Wanted(question=2)], bank(3), seed)[-1] == 2


def test_exam_takes_exam_questions_first_and_practice_ones_never():
    candidates = bank(2, use="exam") + [Candidate(3, use="both"), Candidate(4, use="practice")]

    assert set(drawn([Wanted(draw=3)], candidates)) == {1, 2, 3}
    with pytest.raises(CannotDraw):
        drawn([Wanted(draw=4)], candidates)


def test_other_quizzes_keep_exam_questions_for_the_last():
    candidates = bank(2, use="exam") + [Candidate(3, use="both"), Candidate(4, use="practice")]

    assert set(drawn([Wanted(draw=2)], candidates, for_exam=False)) == {3, 4}
    assert len(drawn([Wanted(draw=4)], candidates, for_exam=False)) == 4


def test_draw_is_spread_over_passages():
    candidates = [Candidate(n, passage=f"p{n % 4}") for n in range(1, 41)]
    passage_of = {c.question: c.passage for c in candidates}

    for seed in range(10):
        spread = Counter(passage_of[q] for q in drawn([Wanted(draw=8)], candidates, seed))
        assert set(spread.values()) == {2}


def test_order_is_that_of_the_slots_unless_mixed():
    slots = [Wanted(question=n) for n in range(1, 9)]

    assert drawn(slots, bank(8)) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert drawn(slots, bank(8), shuffle=True) != [1, 2, 3, 4, 5, 6, 7, 8]
    assert sorted(drawn(slots, bank(8), shuffle=True)) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_every_question_can_come():
    assert {q for seed in range(200) for q in drawn([Wanted(draw=1)], bank(6), seed)} == {1, 2, 3, 4, 5, 6}


candidates = st.lists(
    st.builds(
        Candidate,
        question=st.integers(1, 30),
        lesson=st.sampled_from("abc"),
        passage=st.sampled_from("pqrs"),
        use=st.sampled_from(["both", "exam", "practice"]),
    ),
    max_size=15,
    unique_by=lambda c: c.question,
)
slots = st.lists(
    st.builds(
        Wanted,
        draw=st.integers(1, 4),
        filter=st.fixed_dictionaries({"lessons": st.lists(st.sampled_from("abc"), max_size=2, unique=True)}),
    ),
    min_size=1,
    max_size=4,
)


@SETTINGS
@given(slots, candidates, st.integers(0, 99), st.booleans())
def test_draw_fills_every_slot_with_what_fits_and_nothing_twice(slots, candidates, seed, for_exam):
    by_question = {c.question: c for c in candidates}
    try:
        found = draw(slots, candidates, Random(seed), for_exam=for_exam)
    except CannotDraw:
        return

    assert len({question for _, question in found}) == len(found)
    assert Counter(slot for slot, _ in found) == {n: slot.draw for n, slot in enumerate(slots)}
    assert all(slots[slot].fits(by_question[question]) for slot, question in found)


@SETTINGS
@given(slots, candidates, st.integers(0, 99))
def test_whether_a_draw_succeeds_is_no_matter_of_luck(slots, candidates, seed):
    def possible(seed):
        try:
            return bool(draw(slots, candidates, Random(seed), for_exam=False))
        except CannotDraw:
            return False

    assert possible(seed) == possible(seed + 1)


# --- what can be practised as well --------------------------------------------------------------------------


def exam(n, *, first=1, **fields):
    return [Candidate(question=k, use="exam", **fields) for k in range(first, first + n)]


def test_fixed_question_that_is_not_kept_for_exams_can_be_practised_as_well():
    candidates = [Candidate(1, use="both"), Candidate(2, use="practice"), Candidate(3, use="exam")]

    assert also_practised([Wanted(question=n) for n in (1, 2, 3)], candidates) == {1, 2}


def test_draw_with_enough_questions_kept_for_exams_takes_no_other():
    open_ones = [Candidate(n, use="both") for n in (8, 9)]

    assert also_practised([Wanted(draw=3)], [*exam(3), *open_ones]) == set()
    assert also_practised([Wanted(draw=4)], [*exam(3), *open_ones]) == {8, 9}


def test_what_other_slots_take_is_not_there_for_a_draw():
    candidates = [*exam(3), Candidate(9, use="both")]

    assert also_practised([Wanted(draw=2), Wanted(question=1)], candidates) == set()
    assert also_practised([Wanted(draw=2), Wanted(question=1), Wanted(question=2)], candidates) == {9}
    assert also_practised([Wanted(draw=2), Wanted(draw=2)], candidates) == {9}


@SETTINGS
@given(slots, candidates, st.integers(0, 99), st.booleans())
def test_nothing_else_that_an_exam_draws_can_be_practised(slots, candidates, seed, with_fixed):
    if with_fixed and candidates:
        slots = [Wanted(question=candidates[0].question), *slots]
    use_of = {c.question: c.use for c in candidates}
    try:
        found = draw(slots, candidates, Random(seed), for_exam=True)
    except CannotDraw:
        return

    assert {q for _, q in found if use_of[q] != "exam"} <= also_practised(slots, candidates)
