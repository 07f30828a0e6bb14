"""Verbs: who is an instructor at all. Which courses they may write is said by the staff of each course."""

from django.contrib.auth.models import Group
from django.db import transaction

from studyapp.accounts.models import User, folded

INSTRUCTOR = "instructor"


@transaction.atomic
def make_instructor(username: str) -> User:
    """The account with this sign-in name, made if there is none, in the role of an instructor.

    A new account has no password: its owner comes in by a one-time link and sets one.
    """
    user = User.objects.filter(username_folded=folded(username)).first()
    if user is None:
        user = User(username=username)
        user.set_unusable_password()
    user.is_staff = True
    user.save()
    group, _ = Group.objects.get_or_create(name=INSTRUCTOR)
    user.groups.add(group)
    return user
