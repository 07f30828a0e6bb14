from datetime import timedelta

import pytest

from studyapp.accounts.models import User
from studyapp.classes import access, enrolling
from studyapp.classes.models import Cohort, Enrolment, Invitation
from tests import factories

CODE = "BCD-234-XYZ"


@pytest.fixture
def cohort(db):
    return factories.create_cohort(factories.create_course(), join_code=CODE)


def test_new_class_has_a_code_that_can_be_typed_back(db, now, learner):
    cohort = enrolling.create_cohort(factories.create_course(), "Autumn", now=now, time_zone="Europe/Berlin")

    enrolment, _ = enrolling.join(learner, cohort.join_code.lower(), now=now)

    assert enrolment.cohort == cohort
    assert cohort.zone == "Europe/Berlin"


def test_class_without_a_real_time_zone_is_not_made(db, now):
    with pytest.raises(ValueError, match="Mars/Olympus"):
        enrolling.create_cohort(factories.create_course(), "Autumn", now=now, time_zone="Mars/Olympus")

    assert not Cohort.objects.exists()


def test_join_makes_a_learner(cohort, learner, now):
    enrolment, is_new = enrolling.join(learner, "bcd 234 xyz", now=now)

    assert (is_new, enrolment.role, enrolment.joined_at) == (True, "learner", now)
    assert access.memberships_of(learner) == [enrolment]


def test_join_twice_is_one_membership(cohort, learner, now):
    enrolling.join(learner, CODE, now=now)
    _, is_new = enrolling.join(learner, CODE, now=now + timedelta(hours=1))

    assert not is_new
    assert Enrolment.objects.count() == 1


def test_join_never_lowers_or_lifts_the_role_of_somebody_inside(cohort, instructor, now):
    Enrolment.objects.create(cohort=cohort, user=instructor, role="instructor", joined_at=now)

    enrolling.join(instructor, CODE, now=now)

    assert Enrolment.objects.get().role == "instructor"


def test_assistant_who_left_comes_back_as_a_learner(cohort, learner, now):
    Enrolment.objects.create(cohort=cohort, user=learner, role="assistant", joined_at=now, left_at=now)

    enrolment, is_new = enrolling.join(learner, CODE, now=now + timedelta(days=1))

    assert (is_new, enrolment.role, enrolment.left_at) == (True, "learner", None)
    assert Enrolment.objects.count() == 1


def test_guest_is_asked_for_an_account_before_the_code_is_looked_at(cohort, now):
    guest = User.objects.create(username="guest-1", is_guest=True)

    with pytest.raises(enrolling.NeedsAccount):
        enrolling.join(guest, "no code at all", now=now)


@pytest.mark.parametrize("typed", ["", "BCD-234-XYY", "BCD-234-XY", "\ud800", "x" * 10_000])
def test_wrong_code_brings_nobody_in(cohort, learner, now, typed):
    with pytest.raises(enrolling.CannotJoin, match="No class has this code"):
        enrolling.join(learner, typed, now=now)

    assert not Enrolment.objects.exists()


def test_closed_class_takes_nobody_in(cohort, learner, now):
    Cohort.objects.update(join_open=False)

    with pytest.raises(enrolling.CannotJoin, match="takes nobody in"):
        enrolling.join(learner, CODE, now=now)


def test_renewed_code_closes_the_old_one(cohort, learner, now):
    fresh = enrolling.renew_join_code(cohort)

    with pytest.raises(enrolling.CannotJoin):
        enrolling.join(learner, CODE, now=now)
    assert enrolling.join(learner, fresh, now=now)[1]


def test_leaving_keeps_the_row_and_happens_once(cohort, learner, now):
    enrolment, _ = enrolling.join(learner, CODE, now=now)

    assert enrolling.leave(enrolment, now=now) is True
    assert enrolling.leave(enrolment, now=now + timedelta(days=1)) is False
    assert Enrolment.objects.get().left_at == now
    assert access.memberships_of(learner) == []


def test_role_changes_only_while_in_the_class(cohort, learner, now):
    enrolment, _ = enrolling.join(learner, CODE, now=now)

    assert enrolling.change_role(enrolment, "assistant") is True
    assert enrolling.change_role(enrolment, "assistant") is False
    enrolling.leave(enrolment, now=now)
    assert enrolling.change_role(enrolment, "instructor") is False
    with pytest.raises(ValueError, match="no role"):
        enrolling.change_role(enrolment, "owner")


def test_invitation_is_used_once_and_its_secret_is_not_stored(cohort, learner, classmate, instructor, now):
    invitation, token = enrolling.invite(cohort, role="assistant", by=instructor, now=now)

    enrolment = enrolling.accept(learner, token, now=now)

    assert enrolment.role == "assistant"
    assert token not in str(Invitation.objects.values_list())
    with pytest.raises(enrolling.CannotJoin, match="used already"):
        enrolling.accept(classmate, token, now=now)
    invitation.refresh_from_db()
    assert (invitation.used_by, invitation.used_at) == (learner, now)


def test_invitation_ends_after_fourteen_days(cohort, learner, instructor, now):
    _, token = enrolling.invite(cohort, role="learner", by=instructor, now=now)

    assert enrolling.open_invitation(token, now=now + timedelta(days=13, hours=23))
    assert enrolling.open_invitation(token, now=now + timedelta(days=14)) is None


def test_invitation_gives_a_member_the_role_it_names(cohort, learner, instructor, now):
    enrolling.join(learner, CODE, now=now)
    _, token = enrolling.invite(cohort, role="instructor", by=instructor, now=now)

    assert enrolling.accept(learner, token, now=now).role == "instructor"
    assert Enrolment.objects.get().role == "instructor"
