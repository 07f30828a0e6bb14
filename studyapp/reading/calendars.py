"""Verbs: the secret address of a learner's calendar. 128 bits; only the hash of the secret is stored."""

import hashlib
import secrets

from django.db import transaction
from django.utils.crypto import salted_hmac

from studyapp.reading.models import CalendarFeed

_SALT = "studyapp.reading.calendars"


@transaction.atomic
def make_calendar(learner, *, now) -> CalendarFeed:
    """A new secret address for this learner; the one before stops working."""
    nonce = secrets.token_hex(16)
    fields = {"nonce": nonce, "token_hash": _hash(_token(nonce)), "made_at": now}
    return CalendarFeed.objects.update_or_create(learner=learner, defaults=fields)[0]


def switch_off(learner) -> bool:
    """The address stops working; False where there was none."""
    return bool(CalendarFeed.objects.filter(learner=learner).delete()[0])


def calendar_of(learner) -> CalendarFeed | None:
    if not learner.is_authenticated:
        return None
    return CalendarFeed.objects.filter(learner=learner).first()


def secret_of(feed: CalendarFeed) -> str | None:
    """The secret, to be shown again to its learner; None where the site's key was changed since, which ended it."""
    token = _token(feed.nonce)
    return token if _hash(token) == feed.token_hash else None


def feed_of(token: str) -> CalendarFeed | None:
    """Whose calendar this secret opens. One query."""
    feeds = CalendarFeed.objects.filter(token_hash=_hash(token), learner__is_active=True)
    return feeds.select_related("learner").first()


def bring_calendar(guest, user):
    """A guest's address moves into an account that has none; else it ends with the guest."""
    if not CalendarFeed.objects.filter(learner=user).exists():
        CalendarFeed.objects.filter(learner=guest).update(learner=user)


def _token(nonce: str) -> str:
    return salted_hmac(_SALT, nonce, algorithm="sha256").hexdigest()[:32]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
