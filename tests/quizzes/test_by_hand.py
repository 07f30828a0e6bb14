"""Marks by people: a row for each, never overwritten, drafts until they are released, no total before all is marked."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from studyapp.accounts.models import Notice, User
from studyapp.quizzes.allowing import reopen_attempt
from studyapp.quizzes.by_hand import (
    Judgement,
    NotToBeMarked,
    Overtaken,
    draft_mark,
    items_by_hand,
    judged,
    release_marks,
)
from studyapp.quizzes.late import accept_late
from studyapp.quizzes.models import DraftMark, Mark, SavedAnswer
from studyapp.quizzes.sittings import submit_attempt
from studyapp.quizzes.verifying import verify_scores
from tests.factories import create_cohort, create_question, create_quiz, save_in

pytestmark = pytest.mark.django_db
RUBRIC = [{"id": "a", "criterion": "Figures", "points": 4}, {"id": "b", "criterion": "Reason", "points": 2}]


@pytest.fixture
def essay(course, bank):
    return create_question(bank[0].lesson, "why", kind="essay")


@pytest.fixture
def cohort(course, learner, instructor):
    return create_cohort(course, instructors=[instructor], learners=[learner])


@pytest.fixture
def handed_in(start, course, bank, essay, cohort, learner, now):
    """Two points by machine of two, and an essay of four points that waits."""
    quiz = create_quiz(
        course,
        slots=[{"question": bank[0], "points": 2}, {"question": essay, "points": 4}],
        preset="learn",
        time_limit_minutes=30,
    )
    attempt = start(quiz)
    save_in(attempt, 1, {"answer": ["true"]}, at=now)
    save_in(attempt, 2, {"essay": ["Because of the snow."]}, at=now)
    submit_attempt(attempt, now=now + timedelta(minutes=5), by=learner)
    return attempt


@pytest.fixture
def item(handed_in):
    return handed_in.items.get(number=2)


def half(comment=""):
    return Judgement(0.5, {}, comment)


def release(attempt, now):
    by = User.objects.get(username="instructor")
    return release_marks(items_by_hand(attempt.cohort, attempt.quiz), by=by, now=now)


def points_of(attempt):
    attempt.refresh_from_db()
    return attempt.points


def test_draft_counts_nowhere_before_it_is_released(handed_in, item, instructor, now):
    draft_mark(item, half("Say more."), by=instructor, seen=0, now=now)

    assert points_of(handed_in) is None
    assert not Mark.objects.filter(item=item).exists()

    assert release(handed_in, now) == 1

    mark = Mark.objects.get(item=item)
    assert (mark.fraction, mark.by, mark.draft.comment) == (0.5, instructor, "Say more.")
    assert points_of(handed_in) == 4.0
    assert Notice.objects.get(user=handed_in.learner).url == f"/attempts/{handed_in.pk}/result/"


def test_release_again_finds_nothing(handed_in, item, instructor, now):
    draft_mark(item, half(), by=instructor, seen=0, now=now)

    assert [release(handed_in, now), release(handed_in, now)] == [1, 0]
    assert Mark.objects.filter(item=item).count() == 1
    assert list(handed_in.events.filter(what="released").values_list("by", "at")) == [(instructor.pk, now)]


def test_second_marker_is_told_and_nothing_is_overwritten(handed_in, item, instructor, classmate, now):
    first = draft_mark(item, Judgement(0.75, {}), by=instructor, seen=0, now=now)

    with pytest.raises(Overtaken) as told:
        draft_mark(item, half(), by=classmate, seen=0, now=now)
    assert told.value.newest == first
    second = draft_mark(item, half(), by=classmate, seen=first.number, now=now)

    assert list(DraftMark.objects.values_list("number", "fraction")) == [(1, 0.75), (2, 0.5)]
    release(handed_in, now)
    assert Mark.objects.get(item=item).draft == second


@pytest.mark.django_db(transaction=True)
def test_of_two_markers_at_once_one_is_told(handed_in, item, instructor, classmate, now):
    outcomes, ready = [], threading.Barrier(2)

    def marks(by):
        ready.wait()
        try:
            draft_mark(item, half(), by=by, seen=0, now=now)
            outcomes.append("kept")
        except Overtaken:
            outcomes.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=marks, args=[by]) for by in (instructor, classmate)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["kept", "told"]
    assert DraftMark.objects.count() == 1


def test_mark_is_changed_by_another_row_and_both_stay(handed_in, item, instructor, now):
    draft_mark(item, half(), by=instructor, seen=0, now=now)
    release(handed_in, now)

    draft_mark(item, Judgement(1.0, {}), by=instructor, seen=1, now=now)
    assert points_of(handed_in) == 4.0
    release(handed_in, now)

    assert list(Mark.objects.filter(item=item).values_list("number", "fraction")) == [(1, 0.5), (2, 1.0)]
    assert points_of(handed_in) == 6.0
    assert verify_scores(now=now) == (1, [])


def test_nobody_marks_their_own_attempt(item, learner, now):
    with pytest.raises(NotToBeMarked, match="own attempt"):
        draft_mark(item, half(), by=learner, seen=0, now=now)


def test_running_attempt_and_empty_answer_are_not_marked(handed_in, item, instructor, start, classmate, now):
    reopen_attempt(handed_in, minutes=10, by=instructor, reason="fire alarm", now=now)
    with pytest.raises(NotToBeMarked, match="still running"):
        draft_mark(item, half(), by=instructor, seen=0, now=now)

    other = start(handed_in.quiz, by=classmate)
    submit_attempt(other, now=now, by=classmate)
    with pytest.raises(NotToBeMarked, match="no answer"):
        draft_mark(other.items.get(number=2), half(), by=instructor, seen=0, now=now)


def test_total_is_withheld_until_all_is_marked(start, course, bank, essay, cohort, instructor, learner, now):
    second = create_question(bank[0].lesson, "why-not", kind="essay")
    attempt = start(create_quiz(course, slots=[essay, second], preset="learn"))
    for number in (1, 2):
        save_in(attempt, number, {"essay": ["Because."]}, at=now)
    submit_attempt(attempt, now=now, by=learner)
    one, two = attempt.items.order_by("number")

    draft_mark(one, half(), by=instructor, seen=0, now=now)
    release(attempt, now)
    assert points_of(attempt) is None
    assert not Notice.objects.exists()
    draft_mark(two, half(), by=instructor, seen=0, now=now)
    release(attempt, now)

    assert points_of(attempt) == 1.0


def test_late_text_that_is_accepted_has_to_be_marked_again(handed_in, item, instructor, now):
    draft_mark(item, half(), by=instructor, seen=0, now=now)
    release(handed_in, now)
    save_in(handed_in, 2, {"essay": ["A better reason."]}, at=now + timedelta(hours=1), sequence=7)

    accept_late(SavedAnswer.objects.get(is_late=True), by=instructor, reason="no network", now=now)
    assert points_of(handed_in) is None
    draft_mark(item, Judgement(1.0, {}), by=instructor, seen=1, now=now)
    release(handed_in, now)

    assert points_of(handed_in) == 6.0
    assert verify_scores(now=now) == (1, [])


def test_mark_of_somebody_whose_account_is_gone_still_stands(handed_in, item, classmate, now):
    draft_mark(item, half(), by=classmate, seen=0, now=now)
    release(handed_in, now)

    classmate.delete()

    assert verify_scores(now=now, fix=True) == (1, [])
    assert points_of(handed_in) == 4.0


def test_points_by_criterion_make_the_share_of_the_question():
    given = judged(RUBRIC, {"a": 3, "b": 0}, None, maximum=10)

    assert given.fraction == 0.5
    assert given.criteria == {"a": 3, "b": 0}
    assert judged([], {}, 2.5, maximum=10).fraction == 0.25


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 1)), min_size=1, max_size=8))
def test_share_never_leaves_its_range(rows):
    rubric = [{"id": str(n), "points": most} for n, (most, _) in enumerate(rows)]
    points = {str(n): most * share for n, (most, share) in enumerate(rows)}

    assert 0 <= judged(rubric, points, None, maximum=1).fraction <= 1


def test_draft_after_one_that_does_not_exist_is_refused(item, instructor, now):
    with pytest.raises(Overtaken):
        draft_mark(item, half(), by=instructor, seen=7, now=now)
    assert not DraftMark.objects.exists()
