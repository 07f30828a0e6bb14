"""Verbs: is this the person's password, and how long must the next try wait?"""

import unicodedata

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils.crypto import salted_hmac

from content.text import clean_text
from studyapp.accounts.browsers import browser_of
from studyapp.accounts.budgets import give_back, spend
from studyapp.accounts.models import SignInFailure, User, folded
from studyapp.accounts.waiting import (
    FREE_ACCOUNTS,
    NETWORK_WINDOW,
    WINDOW,
    MustWait,
    left_of,
    network_of,
    seconds_after,
)

LONGEST_PASSWORD = 1000


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


def sign_in_with_password(
    name_or_email: str, password: str, *, address: str, now, known: str = ""
) -> User | None:
    """The person whose password this is, or None. Raises MustWait, before any hashing, while a wait runs.

    `known` is the cookie of a browser that may have signed in before (browsers.py): where the account knows it, only
    what was tried from there counts. Else tries are counted by account and network, a network in which many accounts
    failed waits as a whole, and its budgets hold; what was right is given back.

    The failure is written down before the password is looked at and taken back when it was right, so that many
    tries sent at once count as many. Every try hashes exactly once, whether the account exists, is switched off
    or has no password.
    """
    person = person_of(name_or_email)
    account = account_key(person.username if person else name_or_email)
    browser = browser_of(known, person, now=now)
    failure = _let_try(person, account, browser, address, now)
    if person is None:
        make_password(password)
        return None
    if not person.check_password(password):
        return None
    _forget(failure, browser, address, now)
    return person


@transaction.atomic
def _let_try(person, account, browser, address, now) -> SignInFailure:
    """The try, written down as a failure; or MustWait, and nothing is written. Tries at once pass one after another."""
    if browser:
        list(User.objects.select_for_update(no_key=True).filter(pk=person.pk).only("pk"))
        return count_failure(account, browser, now=now)
    spend("checks", address=address, now=now)
    spend("failures", address=address, now=now)
    network = network_of(address)
    _refuse_many_accounts(network, now)
    return count_failure(account, network, now=now)


@transaction.atomic
def _forget(failure, browser, address, now) -> None:
    """The password was right: this try was no failure, and those before it from the same place are forgiven."""
    SignInFailure.objects.filter(
        Q(pk=failure.pk) | Q(account=failure.account, network=failure.network, at__lte=now)
    ).delete()
    if not browser:
        give_back("checks", address=address, now=now)
        give_back("failures", address=address, now=now)


def _refuse_many_accounts(network, now) -> None:
    """One password tried on many accounts makes a network wait; a class that mistypes does not."""
    failed = SignInFailure.objects.filter(network=network, at__gt=now - NETWORK_WINDOW)
    seen = failed.aggregate(accounts=Count("account", distinct=True), last=Max("at"))
    if seen["accounts"] > FREE_ACCOUNTS:
        wait = seconds_after(seen["accounts"], free=FREE_ACCOUNTS)
        if left := left_of(wait, seen["last"], now):
            raise MustWait(left, "Too many wrong passwords from your network.")


def confirm_password(person: User, password: str, *, address: str, now, known: str = "") -> bool:
    """True if a signed-in person's password is this one; wrong ones are counted as at sign-in."""
    return sign_in_with_password(person.username, password, address=address, now=now, known=known) == person


def account_key(name: str, *, purpose: str = "sign_in") -> str:
    """What failures of this account are counted under."""
    # Not the name itself: people type passwords into the wrong field, and those must not be stored.
    return salted_hmac(f"studyapp.accounts.{purpose}", folded(name)).hexdigest()


@transaction.atomic
def count_failure(
    account: str, network: str, *, now, why: str = "Too many wrong passwords."
) -> SignInFailure:
    """Write one down, unless a wait runs: then MustWait.

    The caller holds something that others who try the same must wait for: on PostgreSQL two at once would else each
    see only what was there before both.
    """
    earlier = list(
        SignInFailure.objects.filter(account=account, network=network, at__gt=now - WINDOW)
        .order_by("-at")
        .values_list("at", flat=True)
    )
    if earlier and (left := left_of(seconds_after(len(earlier)), earlier[0], now)):
        raise MustWait(left, why)
    return SignInFailure.objects.create(account=account, network=network, at=now)
