"""Verbs: an e-mail becomes an account's when whoever reads its mail says so, where this site sends mail.

So the page says the same whatever was typed: whether an account has the address is written to the address only.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from studyapp.accounts.models import User, folded
from studyapp.accounts.resetting import may_be_told
from studyapp.accounts.signing_up import NameTaken, change_details

LIFETIME = timedelta(hours=24)
SALT = "studyapp.accounts.confirm"


@dataclass(frozen=True)
class Letter:
    """What is to be written to an address: a token that confirms it, or the account that has it already."""

    token: str
    owner: User | None


@transaction.atomic
def letter_to(email: str, user: User, *, now) -> Letter | None:
    """The letter for an address that this account wants to have; None where it has had enough of them.

    The same statements whether somebody has the address.
    """
    owner = User.objects.filter(email_folded=folded(email)).exclude(pk=user.pk).first()
    token = token_for(user, email, now=now)
    return Letter(token, owner) if may_be_told(email, now=now) else None


def token_for(user: User, email: str, *, now) -> str:
    """Confirms that this account has this e-mail, for a day, until its e-mail or password changes."""
    until = int((now + LIFETIME).timestamp())
    return signing.dumps([user.pk, email, until, _stamp(user)], salt=SALT)


def email_in(token: str, user: User, *, now) -> str:
    """The address that the token gives to this person; "" where it is not theirs, too old or used."""
    try:
        pk, email, until, stamp = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    is_theirs = pk == user.pk and now.timestamp() < until and constant_time_compare(stamp, _stamp(user))
    return email if is_theirs else ""


def confirm_email(token: str, user: User, *, now) -> str | None:
    """Give the account the address; its address until now ("": none). None where the token does not hold.

    Raises NameTaken where another account has got the address meanwhile.
    """
    email = email_in(token, user, now=now)
    if not email:
        return None
    if User.objects.filter(email_folded=folded(email)).exclude(pk=user.pk).exists():
        raise NameTaken
    return change_details(user, name=user.name, email=email, time_zone=user.time_zone)


def _stamp(user):
    return salted_hmac(SALT, f"{user.pk} {user.email_folded} {user.password}").hexdigest()[:32]
