"""Verbs: sign up, of a guest's row where there is one; change an account's details, its e-mail, its password."""

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import Q

from studyapp.accounts.budgets import give_back, spend
from studyapp.accounts.links import close_links
from studyapp.accounts.models import User, folded


class NameTaken(Exception):
    """Another account has this sign-in name or e-mail; which of the two is not told."""


def open_account(guest: User | None, *, address: str, sends_mail: bool, email: str, now, **fields) -> User:
    """A new account for somebody at this network address. Raises NameTaken, and OverBudget before anything is done.

    Where mail is sent, an e-mail is not given to the account here: whether another one has it is told to nobody but
    who reads the mail (confirming.py). Elsewhere it is, and tries with what is taken are counted.
    """
    with transaction.atomic():
        spend("sign-ups", address=address, now=now)
        spend("checks", address=address, now=now)  # it hashes as a wrong password does
        spend("taken names", address=address, now=now)
        if email and sends_mail:
            spend("letters", address=address, now=now)
    user = make_account(guest, email="" if sends_mail else email, now=now, **fields)
    give_back("taken names", address=address, now=now)
    return user


def make_account(
    guest: User | None, *, username: str, password: str, name: str, email: str, time_zone: str, now
) -> User:
    """A new account. A guest's row becomes it, so that everything stored stays where it is.

    Raises NameTaken. The password is hashed first, so that a taken name costs the same work as a free one.
    """
    hashed = make_password(password)
    typed = folded(email)
    fields = {"username": username, "name": name, "email": email, "time_zone": time_zone}
    try:
        with transaction.atomic():
            taken = Q(username_folded=folded(username)) | (Q(email_folded=typed) if typed else Q(pk=None))
            if User.objects.filter(taken).exists():
                raise NameTaken
            user = User.objects.filter(pk=guest.pk, is_guest=True).first() if guest else None
            if user is None:
                user = User(date_joined=now)
            for field, value in fields.items():
                setattr(user, field, value)
            user.is_guest = False
            user.password = hashed
            user.save()
            return user
    except IntegrityError:
        # Somebody took the name between the question and the insert.
        raise NameTaken from None


def change_details(user: User, *, name: str, email: str, time_zone: str) -> str:
    """Set what somebody says about themselves; gives the e-mail that was theirs until now, "" where it stays or there
    was none.

    Links that wait at the old address stop working: whoever reads it may be the reason for the change. Raises NameTaken.
    """
    try:
        with transaction.atomic():
            before = User.objects.select_for_update().values_list("email", flat=True).get(pk=user.pk)
            if before != email:
                close_links(user)
            user.name, user.email, user.time_zone = name, email, time_zone
            user.save(update_fields=["name", "email", "time_zone"])
    except IntegrityError:
        user.refresh_from_db()
        raise NameTaken from None
    return before if before != email else ""


def try_email(user: User, *, name: str, email: str, time_zone: str, address: str, now) -> str:
    """`change_details` for somebody who is not shown to own the e-mail: a taken one is counted for the network.

    Raises NameTaken, and OverBudget before anything is done.
    """
    spend("taken names", address=address, now=now)
    old = change_details(user, name=name, email=email, time_zone=time_zone)
    give_back("taken names", address=address, now=now)
    return old


def change_password(user: User, password: str) -> None:
    """Set the password; every session but the one that is renewed by the caller ends with it, and no link is left."""
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        close_links(user)
