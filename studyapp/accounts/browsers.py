"""Browsers that an account has signed in with before: a cookie that only we can write, and only we can read.

It lets nobody in. It says that tries from this browser are counted apart from those of everybody else, so that wrong
passwords from the same network keep its owner out no longer (the "device cookie" of OWASP). It names nobody: for each
account it holds chance and a keyed hash over it, the account's number and its password as stored. So it is worth
nothing to another account, and nothing after the password has changed.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

COOKIE = "__Host-known" if settings.HTTPS else "known"
LIFETIME = timedelta(days=365)
MOST_ACCOUNTS = 10  # of one browser; the one that signed in longest ago is forgotten first
LONGEST = 1000  # characters of a cookie that could be ours
NOBODY = 0  # no account has this number


def browser_of(cookie: str, person, *, now) -> str:
    """What tries of this person from this browser are counted under; "" where the account does not know the browser.

    Without a person (None) the same is worked out and nothing found.
    """
    found = ""
    for entry in _entries(cookie):
        chance, _, mac = entry.rpartition(".")
        day = chance.rpartition("-")[2]
        is_ours = constant_time_compare(mac, _mac(person, chance)) and person is not None
        if is_ours and day.isdigit() and 0 <= _day(now) - int(day) <= LIFETIME.days:
            found = salted_hmac("studyapp.accounts.browser", chance).hexdigest()
    return f"browser {found}"[:64] if found else ""


def known_to(cookie: str, person, *, now) -> str:
    """The cookie of a browser in which this person has just signed in."""
    others = [entry for entry in _entries(cookie) if not _is_of(entry, person)]
    chance = f"{secrets.token_urlsafe(12)}-{_day(now)}"
    return "~".join([f"{chance}.{_mac(person, chance)}", *others][:MOST_ACCOUNTS])


def remember_browser(request, response, person, *, now):
    """Let the account know this browser from now on. Gives the response back."""
    response.set_cookie(
        COOKIE,
        known_to(cookie_of(request), person, now=now),
        max_age=LIFETIME,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def cookie_of(request) -> str:
    return request.COOKIES.get(COOKIE, "")


def _entries(cookie):
    return cookie.split("~")[:MOST_ACCOUNTS] if cookie and len(cookie) <= LONGEST else []


def _is_of(entry, person):
    chance, _, mac = entry.rpartition(".")
    return constant_time_compare(mac, _mac(person, chance))


def _mac(person, chance):
    pk, password = (person.pk, person.password) if person else (NOBODY, "")
    mac = salted_hmac("studyapp.accounts.known", f"{pk} {password} {chance}", algorithm="sha256")
    return mac.hexdigest()[:32]


def _day(now):
    return int(now.timestamp() // 86400)
