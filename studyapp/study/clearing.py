"""Verb: what is kept no longer than the page about privacy says. It sees every table, so it stands high."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q

from content.uploads import clear_uploads
from studyapp.accounts.budgets import clear_spendings
from studyapp.accounts.guests import GUEST_IDLE
from studyapp.accounts.models import SignInFailure, SignInLink, User
from studyapp.quizzes.models import Mark
from studyapp.reading.notes import clear_replaced

FAILURES_KEPT = timedelta(days=1)
LINKS_KEPT = timedelta(days=7)
GUESTS_AT_ONCE = 50


@dataclass(frozen=True)
class Cleared:
    """Rows removed of each kind."""

    guests: int
    failures: int
    links: int
    sessions: int
    uploads: int  # files of questions that nobody imported
    versions: int  # of notes, replaced long ago


def clear_stale(*, now) -> Cleared:
    """Remove guests who stored nothing for 90 days, old sign-in failures and links, ended sessions, files that nobody
    imported, and versions of notes that were replaced 30 days ago.

    In short transactions, so that nobody's answer waits for it; safe to run twice at once.
    """
    clear_spendings(now=now)
    guests = 0
    while removed := _clear_some_guests(now):
        guests += removed
    return Cleared(
        guests=guests,
        failures=SignInFailure.objects.filter(at__lt=now - FAILURES_KEPT).delete()[0],
        links=SignInLink.objects.filter(expires_at__lt=now - LINKS_KEPT).delete()[0],
        sessions=Session.objects.filter(expire_date__lt=now).delete()[0],
        uploads=clear_uploads(now=now),
        versions=clear_replaced(now=now),
    )


@transaction.atomic
def _clear_some_guests(now) -> int:
    last_day = (now - GUEST_IDLE).date()
    idle = User.objects.filter(is_guest=True).filter(
        Q(last_seen_on__lt=last_day) | Q(last_seen_on__isnull=True, date_joined__lt=now - GUEST_IDLE)
    )
    some = list(idle.values_list("pk", flat=True)[:GUESTS_AT_ONCE])
    # Marks protect the answers they were given for, also from being removed together with them.
    Mark.objects.filter(item__attempt__learner__in=some).delete()
    return User.objects.filter(pk__in=some, is_guest=True).delete()[1].get("accounts.User", 0)
