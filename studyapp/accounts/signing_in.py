"""Verbs: is this the person's password, and how long must the next try wait?"""

import math
import unicodedata

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac

from content.text import clean_text
from studyapp.accounts.models import SignInFailure, User, folded
from studyapp.accounts.waiting import WINDOW, network_of, seconds_after

LONGEST_PASSWORD = 1000


class MustWait(Exception):
    """Too many wrong passwords: `seconds` until the next try counts."""

    def __init__(self, seconds: int):
        super().__init__(seconds)
        self.seconds = seconds


def typed_password(text: str) -> str:
    """A password as it is compared: every space counts, and it is the same on every keyboard (NFKC, as NIST SP
    800-63B advises). Raises TextRefused of content.text."""
    return unicodedata.normalize("NFKC", clean_text(text, max_length=LONGEST_PASSWORD, multiline=False))


def person_of(name_or_email: str) -> User | None:
    """The account with this sign-in name or e-mail, if it may sign in with a password at all."""
    typed = folded(name_or_email)
    if not typed:
        return None
    return User.objects.filter(
        Q(username_folded=typed) | Q(email_folded=typed), is_active=True, is_guest=False
    ).first()


def sign_in_with_password(name_or_email: str, password: str, *, address: str, now) -> User | None:
    """The person whose password this is, or None. Raises MustWait, before any hashing, while a wait runs.

    The failure is written down before the password is looked at and taken back when it was right, so that many
    tries sent at once count as many. Every try hashes exactly once, whether the account exists, is switched off
    or has no password.
    """
    person = person_of(name_or_email)
    account = account_key(person.username if person else name_or_email)
    network = network_of(address)
    failure = count_failure(account, network, now=now)
    if person is None:
        make_password(password)
        return None
    if not person.check_password(password):
        return None
    SignInFailure.objects.filter(Q(pk=failure.pk) | Q(account=account, network=network, at__lte=now)).delete()
    return person


def confirm_password(person: User, password: str, *, address: str, now) -> bool:
    """True if a signed-in person's password is this one; wrong ones are counted as at sign-in."""
    return sign_in_with_password(person.username, password, address=address, now=now) == person


def account_key(name: str, *, purpose: str = "sign_in") -> str:
    """What failures of this account are counted under."""
    # Not the name itself: people type passwords into the wrong field, and those must not be stored.
    return salted_hmac(f"studyapp.accounts.{purpose}", folded(name)).hexdigest()


@transaction.atomic
def count_failure(account: str, network: str, *, now) -> SignInFailure:
    """Write one down, unless a wait runs: then MustWait."""
    earlier = list(
        SignInFailure.objects.filter(account=account, network=network, at__gt=now - WINDOW)
        .order_by("-at")
        .values_list("at", flat=True)
    )
    if earlier:
        left = seconds_after(len(earlier)) - (now - earlier[0]).total_seconds()
        if left > 0:
            raise MustWait(math.ceil(left))
    return SignInFailure.objects.create(account=account, network=network, at=now)
