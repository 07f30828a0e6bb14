from datetime import timedelta

import pytest

from studyapp.accounts.models import SignInFailure
from studyapp.accounts.signing_in import MustWait, sign_in_with_password
from tests.accounts.counting import CountingHasher
from tests.factories import PASSWORD, create_user

HOME, SCHOOL = "192.0.2.10", "198.51.100.10"


def attempt(name, password, now, *, address=HOME):
    return sign_in_with_password(name, password, address=address, now=now)


def fail(times, name, now, **options):
    for _ in range(times):
        assert attempt(name, "wrong", now, **options) is None


@pytest.mark.parametrize("typed", ["learner", "LEARNER", "ｌｅａｒｎｅｒ", "Learner@Example.org"])
def test_person_signs_in_by_name_or_email_in_any_case(db, now, typed):
    person = create_user("learner", email="learner@example.org")

    assert attempt(typed, PASSWORD, now) == person


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_guest": True}])
def test_account_that_may_not_sign_in_is_like_none(db, now, fields):
    create_user("someone", **fields)

    assert attempt("someone", PASSWORD, now) is None


def test_empty_email_of_others_is_no_name(learner, now):
    assert attempt("", PASSWORD, now) is None


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("known", "wrong"),
        ("known", PASSWORD),
        ("nobody", "wrong"),
        ("off", PASSWORD),
        ("by-link-only", "wrong"),
    ],
)
def test_every_try_hashes_exactly_once(db, settings, now, name, password):
    settings.PASSWORD_HASHERS = ["tests.accounts.counting.CountingHasher"]
    create_user("known")
    create_user("off", is_active=False)
    link_only = create_user("by-link-only")
    link_only.set_unusable_password()
    link_only.save()
    CountingHasher.calls = 0

    attempt(name, password, now)

    assert CountingHasher.calls == 1


@pytest.mark.parametrize("name", ["learner", "nobody"])
def test_after_five_failures_even_the_right_password_waits(learner, now, name):
    fail(5, name, now)

    with pytest.raises(MustWait) as wait:
        attempt(name, PASSWORD, now + timedelta(seconds=0.5))

    assert wait.value.seconds == 2


def test_wait_costs_no_hashing_and_is_not_counted(learner, settings, now):
    settings.PASSWORD_HASHERS = ["tests.accounts.counting.CountingHasher"]
    fail(5, "learner", now)
    CountingHasher.calls = 0

    with pytest.raises(MustWait):
        attempt("learner", "wrong", now)

    assert CountingHasher.calls == 0
    assert SignInFailure.objects.count() == 5


def test_wait_grows_with_each_failure_and_ends_by_itself(learner, now):
    fail(5, "learner", now)
    fail(1, "learner", now + timedelta(seconds=2))

    with pytest.raises(MustWait) as wait:
        attempt("learner", PASSWORD, now + timedelta(seconds=3))
    assert wait.value.seconds == 3
    assert attempt("learner", PASSWORD, now + timedelta(seconds=6)) == learner


def test_failures_older_than_fifteen_minutes_do_not_count(learner, now):
    fail(5, "learner", now)

    assert attempt("learner", PASSWORD, now + timedelta(minutes=15)) == learner


def test_right_password_forgives_the_wrong_ones_before(learner, now):
    fail(4, "learner", now)
    attempt("learner", PASSWORD, now)

    fail(4, "learner", now)

    assert attempt("learner", PASSWORD, now) == learner


def test_failures_elsewhere_do_not_lock_the_person_out(learner, now):
    fail(5, "learner", now, address=SCHOOL)

    assert attempt("learner", PASSWORD, now, address=HOME) == learner


def test_failures_of_one_do_not_slow_a_classmate_behind_the_same_address(learner, classmate, now):
    fail(5, "learner", now)

    assert attempt("classmate", PASSWORD, now) == classmate


def test_successes_are_never_limited(learner, now):
    assert [attempt("learner", PASSWORD, now) for _ in range(12)] == [learner] * 12
    assert SignInFailure.objects.count() == 0


def test_name_and_email_of_one_account_are_counted_apart(db, now):
    """One wait for both would tell which sign-in name an e-mail belongs to."""
    learner = create_user("learner", email="learner@example.org")
    fail(5, "learner", now)

    with pytest.raises(MustWait):
        attempt("LEARNER", PASSWORD, now)
    assert attempt("learner@example.org", PASSWORD, now) == learner


def test_what_was_typed_into_the_name_is_not_stored(db, now):
    fail(1, "my-secret-phrase", now)

    assert "secret" not in SignInFailure.objects.get().account
