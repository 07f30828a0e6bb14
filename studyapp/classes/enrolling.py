"""Verbs: make a class, join it, leave it, take somebody out, change a role in it, invite somebody into it.

An enrolment is never deleted: leaving sets its time, joining again clears it. What a person answered stays theirs.
Whoever left can come back by the code; whoever was taken out needs an invitation that was made since.
"""

import hashlib
import secrets
from datetime import timedelta
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, Q, Value
from django.db.models.functions import Coalesce

from studyapp.classes.codes import folded_code, new_join_code
from studyapp.classes.models import Cohort, Enrolment, Invitation

INVITATION_DAYS = 14


class CannotJoin(Exception):
    """Why this person cannot come in; the message is for them."""


class NeedsAccount(CannotJoin):
    """A guest has no name that a class could see."""


class WasTakenOut(CannotJoin):
    """A teacher took this person out of the class, and this does not bring them in again."""


EXAM_YEARS = 5  # the exam of a class lies at most so many years away


def is_time_zone(name: str) -> bool:
    """True for a name of the IANA time zone database, such as ``Europe/Berlin``."""
    return name in available_timezones()


@transaction.atomic
def create_cohort(course, name: str, *, now, time_zone: str = "", exam_on=None) -> Cohort:
    """A class with a fresh join code. `time_zone` empty: the course's."""
    if time_zone and not is_time_zone(time_zone):
        raise ValueError(f"{time_zone!r} is not a time zone")
    return Cohort.objects.create(
        course=course,
        name=name,
        time_zone=time_zone,
        exam_on=exam_on,
        join_code=unused_join_code(),
        created_at=now,
    )


def unused_join_code() -> str:
    """A code that no class has. Two of them meet once in 10¹³ draws; the unique column settles that."""
    code = new_join_code()
    while Cohort.objects.filter(join_code=code).exists():
        code = new_join_code()
    return code


@transaction.atomic
def renew_join_code(cohort: Cohort) -> str:
    """Replace a code that went round too far. Whoever is in stays in; the old code brings nobody in any more."""
    code = unused_join_code()
    Cohort.objects.filter(pk=cohort.pk).update(join_code=code)
    cohort.join_code = code
    return code


def join(user, typed_code: str, *, now) -> tuple[Enrolment, bool]:
    """Bring this person into the class with this code, as a learner: the enrolment, and whether it is new.

    Whoever is in already stays in the role they have. Whoever left comes back as a learner, whatever they were.
    Raises `NeedsAccount` for a guest, `CannotJoin` for a code that brings nobody in, and `WasTakenOut` for whoever
    was taken out of the class.
    """
    _require_account(user)
    code = folded_code(typed_code)
    cohort = Cohort.objects.select_related("course").filter(join_code=code).first() if code else None
    if cohort is None:
        raise CannotJoin(
            "No class has this code. Compare it with what your teacher gave you, letter by letter."
        )
    if not cohort.join_open:
        raise CannotJoin("This class takes nobody in at the moment. Ask your teacher to open it again.")
    return _enrol(cohort, user, Enrolment.Role.LEARNER, now=now)


@transaction.atomic
def leave(enrolment: Enrolment, *, now) -> bool:
    """End a membership now; True if it was not over before. Its row stays, and so does what the person answered."""
    return bool(Enrolment.objects.filter(pk=enrolment.pk, left_at__isnull=True).update(left_at=now))


@transaction.atomic
def take_out(enrolment: Enrolment, *, by, now) -> bool:
    """End a membership for its person, who cannot come back by the code; True the first time.

    Whoever left by themselves a moment ago is taken out all the same.
    """
    not_yet = Enrolment.objects.filter(pk=enrolment.pk, taken_out_at__isnull=True)
    return bool(
        not_yet.update(
            left_at=Coalesce("left_at", Value(now, output_field=DateTimeField())),
            taken_out_at=now,
            taken_out_by=by,
        )
    )


@transaction.atomic
def change_role(enrolment: Enrolment, role: str) -> bool:
    """Give somebody who is in the class another role; True if that changed anything."""
    if role not in Enrolment.Role.values:
        raise ValueError(f"{role!r} is no role")
    current = Enrolment.objects.filter(pk=enrolment.pk, left_at__isnull=True)
    return bool(current.exclude(role=role).update(role=role))


@transaction.atomic
def invite(cohort: Cohort, *, role: str, by, now) -> tuple[Invitation, str]:
    """An invitation that one person may use once within 14 days, and its secret, which is not kept anywhere."""
    if role not in Enrolment.Role.values:
        raise ValueError(f"{role!r} is no role")
    token = secrets.token_urlsafe(24)  # 192 bits
    invitation = Invitation.objects.create(
        cohort=cohort,
        role=role,
        token_hash=_hash(token),
        created_by=by,
        created_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    return invitation, token


def open_invitation(token: str, *, now) -> Invitation | None:
    """The invitation of this secret while it can be used."""
    return (
        Invitation.objects.select_related("cohort__course")
        .filter(token_hash=_hash(token), used_at__isnull=True, expires_at__gt=now)
        .first()
    )


@transaction.atomic
def accept(user, token: str, *, now) -> Enrolment:
    """Use an invitation: once, by one person. Raises `NeedsAccount` or `CannotJoin`; `WasTakenOut` where it is older
    than the moment in which this person was taken out, and then it stays unused."""
    _require_account(user)
    invitation = open_invitation(token, now=now)
    used = invitation and Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True).update(
        used_at=now, used_by=user
    )
    if not used:
        raise CannotJoin("This invitation was used already or is too old. Ask your teacher for a new one.")
    enrolment, is_new = _enrol(
        invitation.cohort, user, invitation.role, now=now, invited_at=invitation.created_at
    )
    if not is_new:
        change_role(enrolment, invitation.role)
        enrolment.role = invitation.role
    return enrolment


def _require_account(user):
    if not user.is_authenticated or user.is_guest:
        raise NeedsAccount("A class sees the names of its learners, so joining needs an account.")


@transaction.atomic
def _enrol(cohort, user, role, *, now, invited_at=None):
    may_return = Q(taken_out_at__isnull=True)
    if invited_at is not None:
        may_return |= Q(taken_out_at__lt=invited_at)
    back = Enrolment.objects.filter(may_return, cohort=cohort, user=user, left_at__isnull=False).update(
        left_at=None, taken_out_at=None, taken_out_by=None, joined_at=now, role=role
    )
    if not back:
        try:
            # A savepoint: PostgreSQL refuses everything after a failed insert.
            with transaction.atomic():
                return Enrolment.objects.create(cohort=cohort, user=user, role=role, joined_at=now), True
        except IntegrityError:
            pass  # already in, or came in this moment from another tab; or taken out
    enrolment = Enrolment.objects.select_related("cohort__course").get(cohort=cohort, user=user)
    if enrolment.taken_out_at is not None:
        raise WasTakenOut(
            "Your teacher took you out of this class. To come back you need a new invitation: ask your teacher."
        )
    return enrolment, bool(back)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
