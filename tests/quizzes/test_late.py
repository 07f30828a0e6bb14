"""Late answers are kept, and count only when staff say so and why; a file adds nothing before it was looked at."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from studyapp.quizzes.late import BadFile, accept_late, bring_in, read_file
from studyapp.quizzes.models import Acceptance, AttemptEvent, Mark, SavedAnswer
from studyapp.quizzes.sittings import submit_attempt
from studyapp.quizzes.verifying import verify_scores
from tests.factories import save_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def handed_in(start, quiz, learner, now):
    """Question 1 answered wrong, the rest left empty, the time over."""
    attempt = start(quiz)
    save_in(attempt, 1, {"answer": ["false"]}, at=now)
    submit_attempt(attempt, now=now + timedelta(hours=1))
    return attempt


@pytest.fixture
def late(handed_in, now):
    return save_in(handed_in, 1, {"answer": ["true"]}, at=now + timedelta(hours=1), sequence=1).answer


def entry(number, answer, *, sequence=1, at=1_700_000_000_000, client_id=None, writer="js-tab"):
    fields = [["client_id", str(client_id or uuid4())], ["writer", writer], ["number", str(sequence)]]
    return {"item": str(number), "at": at, "data": [*fields, [f"q{number}_answer", answer]]}


def file_of(attempt, /, *entries, **more):
    told = {"attempt": str(attempt.pk), "user": str(attempt.learner_id), "entries": list(entries)} | more
    return json.dumps(told).encode()


def points_of(attempt):
    attempt.refresh_from_db()
    return attempt.points


def test_late_answer_counts_when_it_is_accepted_with_a_reason(handed_in, late, instructor, now):
    assert points_of(handed_in) == 0

    assert accept_late(late, by=instructor, reason="The network was down", now=now)

    assert points_of(handed_in) == 1
    acceptance = Acceptance.objects.get()
    assert (acceptance.by, acceptance.reason, acceptance.at) == (instructor, "The network was down", now)
    event = AttemptEvent.objects.get(what=AttemptEvent.What.ACCEPTED)
    assert (event.by, event.reason) == (instructor, "The network was down")
    late.refresh_from_db()
    assert late.is_late
    assert list(Mark.objects.filter(item=late.item).values_list("number", "fraction")) == [(1, 0.0), (2, 1.0)]
    assert verify_scores(now=now) == (1, [])


def test_accepting_twice_is_once(late, instructor, now):
    assert accept_late(late, by=instructor, reason="one", now=now)
    assert not accept_late(late, by=instructor, reason="two", now=now)
    assert Acceptance.objects.count() == AttemptEvent.objects.filter(what="accepted").count() == 1


def test_answer_that_came_in_time_cannot_be_accepted(handed_in, instructor, now):
    answer = SavedAnswer.objects.get(is_late=False)

    assert not accept_late(answer, by=instructor, reason="why not", now=now)
    assert not Acceptance.objects.exists()


def test_file_says_what_it_would_add_and_adds_nothing(handed_in):
    raw = file_of(
        handed_in, entry(1, "true"), entry(2, "true"), entry(2, "false", sequence=2, at=1_700_000_001_000)
    )

    one, two = read_file(handed_in, raw)

    assert one.is_new
    assert one.replaces
    assert two.is_new
    assert not two.replaces
    assert two.response == {"answer": False}  # what was typed last
    assert SavedAnswer.objects.count() == 1


def test_what_arrived_by_itself_is_told_and_not_added_again(handed_in, now, instructor):
    client_id = uuid4()
    save_in(handed_in, 2, {"answer": ["true"]}, at=now, client_id=client_id, writer="js-tab", sequence=1)
    rows = read_file(handed_in, file_of(handed_in, entry(2, "true", client_id=client_id)))

    assert [row.is_new for row in rows] == [False]
    assert bring_in(handed_in, rows, by=instructor, reason="sent", now=now) == 0


def test_accepted_file_counts_and_says_who_and_why(handed_in, instructor, now):
    rows = read_file(handed_in, file_of(handed_in, entry(2, "true"), entry(3, "true")))

    assert bring_in(handed_in, rows, by=instructor, reason="Laptop broke", now=now) == 2

    assert points_of(handed_in) == 2
    brought = SavedAnswer.objects.filter(brought_by=instructor)
    assert [(a.is_late, a.acceptance.reason, a.at) for a in brought] == [(True, "Laptop broke", now)] * 2
    assert AttemptEvent.objects.get(what="brought").reason == "Laptop broke"
    assert verify_scores(now=now) == (1, [])


def test_same_file_twice_adds_once(handed_in, instructor, now):
    raw = file_of(handed_in, entry(2, "true"))
    for _ in range(2):
        bring_in(handed_in, read_file(handed_in, raw), by=instructor, reason="once", now=now)

    assert SavedAnswer.objects.filter(item__number=2).count() == 1


def test_two_readings_of_one_file_accepted_at_once_lose_nothing(handed_in, instructor, now):
    """The second was read before the first was stored: the ids are taken, and it stands beside the first."""
    raw = file_of(handed_in, entry(2, "true"))
    first, second = read_file(handed_in, raw), read_file(handed_in, raw)

    bring_in(handed_in, first, by=instructor, reason="one", now=now)
    bring_in(handed_in, second, by=instructor, reason="two", now=now)

    assert points_of(handed_in) == 1
    assert verify_scores(now=now) == (1, [])


def test_entry_that_cannot_be_understood_is_named_and_the_rest_can_be_taken(handed_in, instructor, now):
    rows = read_file(handed_in, file_of(handed_in, entry(2, "maybe"), entry(3, "true")))

    assert [bool(row.problem) for row in rows] == [True, False]
    assert bring_in(handed_in, rows, by=instructor, reason="rest", now=now) == 1


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b"[" * 100_000,
        b'{"attempt": NaN}',
        b"{}",
        b"x" * 2_000_001,
    ],
    ids=["empty", "no text", "a list", "nested", "NaN", "nothing", "too long"],
)
def test_what_is_no_file_of_ours_is_refused(handed_in, broken):
    with pytest.raises(BadFile):
        read_file(handed_in, broken)


@pytest.mark.parametrize(
    "change",
    [
        {"attempt": "999"},
        {"user": "999"},
        {"entries": "all"},
        {"entries": [{}]},
        {"entries": [{"item": "1", "data": [["client_id", "no"], ["writer", "w"], ["number", "1"]]}]},
        {"entries": [{"item": "x", "data": []}]},
        {"entries": [{"item": "1", "data": 5}]},
        {"entries": [{"item": "1", "data": [["client_id", {"a": 1}]]}]},
        {"entries": [None]},
        {"entries": [entry(9, "true")]},
        {"entries": [entry(1, "true")] * 2001},
    ],
    ids=lambda change: str(change)[:40],
)
def test_file_of_another_attempt_or_with_broken_entries_is_refused(handed_in, change):
    with pytest.raises(BadFile):
        read_file(handed_in, file_of(handed_in, **change))
