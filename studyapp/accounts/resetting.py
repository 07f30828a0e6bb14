"""Verbs: somebody who has forgotten their password asks for a one-time link by mail; and how many mails may go out."""

from datetime import timedelta

from django.db import transaction

from studyapp.accounts.budgets import spend
from studyapp.accounts.links import make_link
from studyapp.accounts.models import SignInFailure, SignInLink, User
from studyapp.accounts.signing_in import account_key, count_failure, person_of
from studyapp.accounts.waiting import network_of

MAILS_AN_HOUR = 3  # to one account or address, whoever asks: nobody's letter box is filled from here
NOBODY = 0  # no row has this number


@transaction.atomic
def ask_for_link(name_or_email: str, *, address: str, now) -> tuple[User, str] | None:
    """The person to write to and the token of their link, or None where no mail is to be sent.

    Raises MustWait as wrong passwords do. Known and unknown names cost the same statements, so that the time tells
    nothing either; what the reader is told must not differ.
    """
    spend("resets", address=address, now=now)
    person = person_of(name_or_email)
    account = account_key(person.username if person else name_or_email, purpose="reset")
    count_failure(account, f"reset {network_of(address)}", now=now, why="You have asked for several links.")
    asked = _asked(account, now)
    if person and person.email and asked <= MAILS_AN_HOUR:
        return person, make_link(person, now=now)
    with transaction.atomic():
        SignInLink.objects.filter(user=NOBODY, used_at__isnull=True).delete()
        SignInFailure.objects.create(account="", network="", at=now)
    return None


@transaction.atomic
def may_be_told(email: str, *, now) -> bool:
    """Whether a word may go to an address that was given to an account or taken from it; counts it.

    Nobody has shown that an address is theirs: without a limit, giving it to an account and taking it away again would
    send as many mails to a stranger.
    """
    account = account_key(email, purpose="told")
    SignInFailure.objects.create(account=account, network="", at=now)
    return _asked(account, now) <= MAILS_AN_HOUR


def _asked(account, now):
    return SignInFailure.objects.filter(account=account, at__gt=now - timedelta(hours=1)).count()
