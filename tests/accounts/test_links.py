import base64
from datetime import timedelta

import pytest

from studyapp.accounts.links import link_is_open, make_link, use_link
from studyapp.accounts.models import SignInLink
from tests.factories import create_user


def test_link_signs_in_once(learner, now):
    token = make_link(learner, now=now)

    assert use_link(token, now=now) == learner
    assert use_link(token, now=now) is None


def test_looking_at_a_link_does_not_use_it(learner, now):
    token = make_link(learner, now=now)

    assert link_is_open(token, now=now)
    assert link_is_open(token, now=now)
    assert use_link(token, now=now) == learner
    assert not link_is_open(token, now=now)


def test_link_lives_a_day(learner, now):
    token = make_link(learner, now=now)

    assert link_is_open(token, now=now + timedelta(hours=24) - timedelta(seconds=1))
    assert use_link(token, now=now + timedelta(hours=24)) is None


def test_link_holds_128_bits_and_is_not_stored_itself(learner, now):
    token = make_link(learner, now=now)

    assert len(base64.urlsafe_b64decode(token + "==")) == 16
    assert token not in str(SignInLink.objects.values().get())


def test_newer_link_ends_the_one_before(learner, now):
    first = make_link(learner, now=now)
    second = make_link(learner, now=now)

    assert use_link(first, now=now) is None
    assert use_link(second, now=now) == learner


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_guest": True}])
def test_link_of_an_account_that_may_not_sign_in_is_closed(db, now, fields):
    token = make_link(create_user("someone", **fields), now=now)

    assert use_link(token, now=now) is None


@pytest.mark.parametrize("token", ["", "x", "\ud800", "é" * 500])
def test_rubbish_is_no_link(db, now, token):
    assert use_link(token, now=now) is None
