from datetime import UTC, datetime, timedelta

import pytest

from studyapp.progress.attention import reason_for

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


def facts(**given):
    usual = {
        "joined_at": NOW - timedelta(days=60),
        "last_at": NOW,
        "read": 3,
        "known": 3,
        "fading": 0,
        "now": NOW,
    }
    return usual | given


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, None),
        ({"last_at": NOW - timedelta(days=10)}, "away"),
        ({"last_at": NOW - timedelta(days=10) + timedelta(seconds=1)}, None),
        ({"last_at": None}, "not-started"),
        ({"last_at": None, "joined_at": NOW - timedelta(days=6)}, None),
        ({"read": 4, "known": 1}, "not-known"),
        ({"read": 3, "known": 0}, None),
        ({"read": 6, "known": 2}, None),
        ({"read": 6, "known": 0, "fading": 2}, "fading"),
        ({"read": 6, "known": 2, "fading": 2}, "fading"),
        ({"read": 6, "known": 3, "fading": 2}, None),
        ({"read": 6, "known": 1, "fading": 1}, None),
        ({"read": 7, "known": 1, "fading": 1}, "not-known"),
        ({"read": 9, "known": 1, "fading": 4, "last_at": NOW - timedelta(days=11)}, "away"),
    ],
)
def test_first_rule_that_holds_is_the_reason(given, code):
    reason = reason_for(**facts(**given))

    assert (reason and reason.code) == code


def test_reason_says_its_numbers():
    reason = reason_for(**facts(read=5, known=1))

    assert (reason.title, reason.text) == ("Reads, but does not know.", "5 passages read, 1 known.")
