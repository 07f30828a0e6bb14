"""Verbs: what nobody who is known here may use up. Each network has a share, and the whole site a ceiling.

Whoever has an account is known and slowed by other means. A visitor costs nothing to make, so what visitors and guests
store and have computed is counted by the network they come from, in fixed windows of time.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F

from studyapp.accounts.models import Spending
from studyapp.accounts.waiting import MustWait, network_of

MB = 1_000_000
SECONDS, MINUTES, HOUR, DAY = (
    timedelta(seconds=10),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(days=1),
)
SPENDINGS_KEPT = timedelta(days=2)
SITE = ""  # the network of the row that counts for everybody


@dataclass(frozen=True)
class Budget:
    """So much for one network, and for all of them together (None: no ceiling), in each window."""

    window: timedelta
    network: int
    site: int | None
    why: str  # what is said when it is used up


# A class of 40 behind one address uses a small part of each; docs/architecture.md says what that may cost the disk.
BUDGETS = {
    "guests": Budget(HOUR, 200, 2000, "Too many people have started without an account from your network."),
    "written": Budget(
        DAY, 100 * MB, 500 * MB, "Your network has stored as much as it may without an account."
    ),
    "kept": Budget(DAY, 24 * MB, 120 * MB, "Your network has stored as much as it may while signed out."),
    "sign-ups": Budget(HOUR, 300, 2000, "Too many accounts have been made from your network."),
    "taken names": Budget(DAY, 120, None, "Too many taken sign-in names were tried from your network."),
    "letters": Budget(HOUR, 300, 3000, "Too many e-mails have been sent for your network."),
    "resets": Budget(HOUR, 60, 600, "Too many links have been asked for from your network."),
    "quiz passwords": Budget(HOUR, 200, None, "Too many wrong passwords of quizzes from your network."),
    "class passwords": Budget(HOUR, 1000, None, "Too many wrong passwords of quizzes from your network."),
    # Wrong passwords: a right one is given back. The seconds bound the work, the minutes what is written down; they are
    # few, since a browser that is new to its account waits with its network.
    "checks": Budget(SECONDS, 60, 400, "Too many wrong passwords from your network."),
    "failures": Budget(MINUTES, 500, 5000, "Too many wrong passwords from your network."),
}


BUSY = "Too much of this came to the site at once."


class OverBudget(MustWait):
    """A budget is used up: nothing was done. `seconds` until its next window begins."""

    def __init__(self, what: str, seconds: int, *, of_site: bool = False):
        super().__init__(seconds, BUSY if of_site else BUDGETS[what].why)
        self.what = what


def window_of(now: datetime, length: timedelta) -> datetime:
    """Pure: when the window began that `now` lies in."""
    return datetime.fromtimestamp(now.timestamp() // length.total_seconds() * length.total_seconds(), UTC)


def spend(what: str, *, address: str, now, amount: int = 1) -> None:
    """Use up some of a budget, or raise OverBudget and use up nothing.

    Conditional updates, so that what is spent at once from many places is never more than there is. A network that has
    used up its share takes nothing of what is left for the others.
    """
    budget, network = BUDGETS[what], network_of(address)
    began = window_of(now, budget.window)
    # One commit, and a wait for SQLite in which nobody is overtaken.
    with transaction.atomic(savepoint=False):
        has_room = _took(what, network, began, amount, budget.network)
        site_has_room = has_room and (budget.site is None or _took(what, SITE, began, amount, budget.site))
        if has_room and not site_has_room:
            _row(what, network, began).update(spent=F("spent") - amount)
    if not site_has_room:
        seconds = math.ceil((began + budget.window - now).total_seconds())
        raise OverBudget(what, seconds, of_site=has_room)


def give_back(what: str, *, address: str, now, amount: int = 1) -> None:
    """What was spent at `now` turned out to count against nobody.

    The network's row and then the site's, as `spend` takes them: in another order two could wait for each other.
    """
    began = window_of(now, BUDGETS[what].window)
    for network in (network_of(address), SITE):
        _row(what, network, began).filter(spent__gte=amount).update(spent=F("spent") - amount)


def clear_spendings(*, now) -> int:
    """Forget windows that are over; how many rows went."""
    return Spending.objects.filter(began_at__lt=now - SPENDINGS_KEPT).delete()[0]


def _row(what, network, began):
    return Spending.objects.filter(what=what, network=network, began_at=began)


def _took(what, network, began, amount, limit) -> bool:
    room = _row(what, network, began).filter(spent__lte=limit - amount)
    if room.update(spent=F("spent") + amount):
        return True
    row = Spending(what=what, network=network, began_at=began)
    Spending.objects.bulk_create([row], ignore_conflicts=True)
    return bool(room.update(spent=F("spent") + amount))
