from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studyapp.progress.mastery import NAMES, STATES, Evidence, state

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def ago(days):
    return None if days is None else NOW - timedelta(days=days)


def answered(last, *, first_right=None, last_right=None, fraction=None, recall=None):
    """Evidence from days ago. Right at the last answer unless a fraction says otherwise."""
    fraction = fraction if fraction is not None else (1.0 if last_right == last else 0.0)
    return Evidence(fraction, ago(last), ago(first_right), ago(last_right), recall)


def right(last, first=None):
    return answered(last, first_right=last if first is None else first, last_right=last)


WRONG = answered(1)

# (evidence, read, questions) → state; the rules of the module's table, case by case
GOLDEN = [
    ("nothing at all", [], False, 3, "not_started"),
    ("read, not tried", [], True, 3, "seen"),
    ("read, without questions", [], True, 0, "seen"),
    ("tried without reading, wrong", [WRONG], False, 3, "seen"),
    ("partly right is not right", [answered(1, fraction=0.5)], True, 3, "seen"),
    ("one right", [right(1)], True, 3, "familiar"),
    ("one right without reading", [right(1)], False, 3, "familiar"),
    ("one right, one wrong", [right(1), answered(0)], True, 3, "familiar"),
    ("two right", [right(1), right(2)], True, 3, "proficient"),
    ("the only question right", [right(1)], True, 1, "proficient"),
    ("two right of two", [right(1), right(1)], True, 2, "proficient"),
    ("right again six days later", [right(0, first=6), right(6)], True, 3, "proficient"),
    ("right again seven days later", [right(0, first=7), right(7)], True, 3, "mastered"),
    ("second one right late is no repetition", [right(9), right(0)], True, 3, "proficient"),
    ("only question, right again", [right(0, first=8)], True, 1, "mastered"),
    ("was proficient, last wrong", [right(3), answered(1, first_right=4, last_right=4)], True, 3, "fading"),
    ("was proficient, last partly right",
     [right(3), answered(1, first_right=4, last_right=4, fraction=0.5)], True, 3, "fading"),
    ("was mastered, last wrong", [right(2, first=20), answered(1, first_right=20, last_right=9)], True, 3, "fading"),
    ("fourteen days without a right answer", [right(14), right(14)], True, 3, "fading"),
    ("thirteen days without one", [right(13), right(13)], True, 3, "proficient"),
    ("recall is good after fourteen days",
     [Evidence(1.0, ago(20), ago(20), ago(20), 0.9), Evidence(1.0, ago(20), ago(20), ago(20), 0.9)],
     True, 2, "proficient"),
    ("recall is low", [Evidence(1.0, ago(2), ago(2), ago(2), 0.7), Evidence(1.0, ago(2), ago(2), ago(2), 0.7)],
     True, 2, "fading"),
    ("wrong first, then another one right",
     [answered(3, first_right=9, last_right=9), right(1, first=9)], True, 3, "familiar"),
    ("a question was taken away since", [right(1), right(1)], True, 1, "proficient"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("evidence", "read", "questions", "expected"), [row[1:] for row in GOLDEN], ids=[r[0] for r in GOLDEN]
)
def test_state_follows_the_rules(evidence, read, questions, expected):
    assert state(evidence, read=read, questions=questions, now=NOW).name == expected


def test_knowledge_falls_with_time_alone():
    evidence = [right(1), right(1)]

    assert state(evidence, read=True, questions=2, now=NOW).is_known
    assert not state(evidence, read=True, questions=2, now=NOW + timedelta(days=14)).is_known


def test_why_names_its_evidence():
    why = state([right(1), right(2)], read=True, questions=3, now=NOW).why

    assert why == "You answered 2 questions right, last on 9 March."


@st.composite
def evidences(draw):
    found = []
    for _ in range(draw(st.integers(0, 4))):
        days = sorted(draw(st.lists(st.integers(0, 60), min_size=3, max_size=3)))
        was_right = draw(st.booleans())
        is_right = was_right and draw(st.booleans())
        found.append(
            Evidence(
                1.0 if is_right else draw(st.sampled_from([0.0, 0.5])),
                ago(days[0]),
                ago(days[2]) if was_right else None,
                (ago(days[0]) if is_right else ago(days[1])) if was_right else None,
            )
        )
    return found


@settings(max_examples=100, deadline=None)
@given(evidences(), st.booleans(), st.integers(0, 5))
def test_state_is_always_one_of_six_with_one_sentence(evidence, read, questions):
    found = state(evidence, read=read, questions=questions, now=NOW)

    assert found.name in STATES
    assert found.label == NAMES[found.name]
    assert found.why.endswith(".")
    assert found.name != "not_started" or not read


@settings(max_examples=100, deadline=None)
@given(evidences(), st.integers(0, 5))
def test_order_of_evidence_never_matters(evidence, questions):
    forwards = state(evidence, read=True, questions=questions, now=NOW).name

    assert state(evidence[::-1], read=True, questions=questions, now=NOW).name == forwards
