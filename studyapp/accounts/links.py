"""Verbs: links that sign one person in once. 128 random bits; only their hash is stored."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction

from studyapp.accounts.models import SignInLink, User

LIFETIME = timedelta(hours=24)


def make_link(user: User, *, now) -> str:
    """A new token for this person. Earlier unused links of theirs stop working."""
    token = secrets.token_urlsafe(16)
    with transaction.atomic():
        close_links(user)
        SignInLink.objects.create(
            user=user, token_hash=_hash(token), created_at=now, expires_at=now + LIFETIME
        )
    return token


def close_links(user: User) -> None:
    """Links of this person that nobody used yet stop working."""
    SignInLink.objects.filter(user=user, used_at__isnull=True).delete()


def link_is_open(token: str, *, now) -> bool:
    """True while the link can still be used. Asking does not use it: mail programs open links to preview them."""
    return _open(token, now).exists()


@transaction.atomic
def use_link(token: str, *, now) -> User | None:
    """The person whom the link signs in, once; None where it is unknown, used or too old."""
    if _open(token, now).update(used_at=now) != 1:
        return None
    return User.objects.get(sign_in_links__token_hash=_hash(token))


def _open(token, now):
    return SignInLink.objects.filter(
        token_hash=_hash(token),
        used_at__isnull=True,
        expires_at__gt=now,
        user__is_active=True,
        user__is_guest=False,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
