from datetime import UTC, datetime, timedelta

import pytest

from studyapp.quizzes.release import ALL, MOMENTS, NOTHING, PRESETS, Seen, in_words, moment_of, seen

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def shown(preset, moment, *, custom=None, is_closed=False, is_released=False):
    return seen(preset, custom or {}, moment=moment, is_closed=is_closed, is_released=is_released)


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        (NOON, "just_after"),
        (NOON + timedelta(seconds=119), "just_after"),
        (NOON + timedelta(minutes=2), "later"),
        (NOON + timedelta(hours=1), "closed"),
    ],
)
def test_moment_follows_the_time_since_hand_in(now, moment):
    is_closed = now >= NOON + timedelta(hours=1)
    assert moment_of(finished_at=NOON, is_closed=is_closed, now=now) == moment


def test_closing_does_not_cut_the_two_minutes_short():
    now = NOON + timedelta(seconds=90)

    assert moment_of(finished_at=NOON, is_closed=True, now=now) == "just_after"


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_shows_anything_while_the_attempt_runs(preset):
    for is_closed in (False, True):
        assert shown(preset, "during", is_closed=is_closed, is_released=True) == NOTHING


def test_exam_shows_nothing_before_it_closes_or_is_released():
    assert [shown("exam", m) for m in ("just_after", "later")] == [NOTHING, NOTHING]
    assert shown("exam", "closed", is_closed=True) == ALL
    assert shown("exam", "just_after", is_closed=True) == ALL
    assert shown("exam", "later", is_released=True) == ALL


def test_try_again_tells_right_from_wrong_but_not_the_answer():
    for moment in ("just_after", "later"):
        assert shown("try-again", moment) == Seen(verdict=True, mark=True)
    assert shown("try-again", "closed", is_closed=True) == ALL


def test_learn_shows_everything_at_hand_in():
    assert shown("learn", "just_after") == ALL


def test_custom_shows_what_it_names_and_nothing_else():
    custom = {"just_after": ["verdict"], "closed": ["verdict", "mark", "no such part"]}

    assert shown("custom", "just_after", custom=custom) == Seen(verdict=True)
    assert shown("custom", "later", custom=custom) == NOTHING
    assert shown("custom", "later", custom=custom, is_closed=True) == Seen(verdict=True, mark=True)


@pytest.mark.parametrize("custom", [{}, [], None, {"later": []}])
def test_custom_that_says_nothing_shows_nothing(custom):
    assert [seen("custom", custom, moment=m, is_closed=False, is_released=False) for m in MOMENTS] == [
        NOTHING
    ] * 4


def test_custom_is_told_in_words_before_the_clock_starts():
    custom = {"just_after": ["mark", "verdict"], "closed": ["key"], "nonsense": ["key"]}

    assert in_words(custom) == [
        ("For two minutes after hand-in", "what was right, your marks"),
        ("After it has closed", "the right answers and why"),
    ]
    assert in_words([]) == []


def test_question_kept_for_exams_waits_for_its_key_and_another_for_its_verdict():
    right_or_wrong = Seen(verdict=True, mark=True)

    assert not right_or_wrong.opens_review(exam_only=True)
    assert right_or_wrong.opens_review(exam_only=False)
    assert ALL.opens_review(exam_only=True)
    assert not NOTHING.opens_review(exam_only=False)
    assert not Seen(mark=True, key=True).opens_review(exam_only=True)
