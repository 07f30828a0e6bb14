from contextlib import suppress

import pytest

from studyapp.accounts.models import User
from studyapp.accounts.signing_up import NameTaken, make_account
from tests.accounts.counting import CountingHasher
from tests.factories import PASSWORD, create_user


def sign_up(now, guest=None, username="anna", **fields):
    fields = {"password": PASSWORD, "name": "", "email": "", "time_zone": "UTC"} | fields
    return make_account(guest, username=username, now=now, **fields)


def test_guest_becomes_the_account_in_place(db, now):
    guest = create_user("guest-1", is_guest=True)

    user = sign_up(now, guest)

    assert user.pk == guest.pk
    assert (user.username, user.is_guest, user.check_password(PASSWORD)) == ("anna", False, True)
    assert User.objects.count() == 1


def test_account_that_stopped_being_a_guest_meanwhile_is_left_alone(learner, now):
    user = sign_up(now, learner)

    learner.refresh_from_db()
    assert user.pk != learner.pk
    assert learner.username == "learner"


@pytest.mark.parametrize(
    "fields", [{"username": "LEARNER"}, {"username": "ｌearner"}, {"email": "Learner@Example.ORG"}]
)
def test_name_or_email_of_another_in_any_form_is_taken(db, now, fields):
    create_user("learner", email="learner@example.org")

    with pytest.raises(NameTaken):
        sign_up(now, **fields)


def test_two_accounts_without_email_are_possible(db, now):
    sign_up(now, username="anna")
    sign_up(now, username="berta")

    assert User.objects.count() == 2


@pytest.mark.parametrize("username", ["learner", "free"])
def test_taken_and_free_names_hash_once_each(learner, settings, now, username):
    settings.PASSWORD_HASHERS = ["tests.accounts.counting.CountingHasher"]
    CountingHasher.calls = 0

    with suppress(NameTaken):
        sign_up(now, username=username)

    assert CountingHasher.calls == 1


def test_password_is_stored_as_argon2id_with_19_mib_two_rounds_and_one_lane(db, now):
    user = sign_up(now)

    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
