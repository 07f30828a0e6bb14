"""Guests are users with a flag and no password. No GET makes one; the first thing stored does."""

from datetime import timedelta

from django.contrib.auth import login

from studyapp.accounts.budgets import spend
from studyapp.accounts.models import User, guest_username

# A guest who stores nothing for so long is removed, and the browser remembers them for as long.
GUEST_IDLE = timedelta(days=90)


def learner_of(request, *, now):
    """The signed-in person, or a guest made now and signed in. Call it only from views that store something.

    Raises OverBudget, and nothing is made, where too many guests came from this network.
    """
    user = request.user
    if not user.is_authenticated:
        spend("guests", address=request.META["REMOTE_ADDR"], now=now)
        user = User(username=guest_username(), is_guest=True, date_joined=now, last_seen_on=now.date())
        user.set_unusable_password()
        user.save()
        # Signing in changes the CSRF secret. A guest has nothing to steal yet, and the page on which this
        # first answer was given holds forms with the old one: kept, so that its second answer is taken too.
        secret = request.META.get("CSRF_COOKIE")
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        if secret:
            request.META["CSRF_COOKIE"] = secret
        request.session.set_expiry(GUEST_IDLE)
    elif user.is_guest and user.last_seen_on != now.date():
        # Once a day: the guest is alive, and the session lasts from now.
        User.objects.filter(pk=user.pk).update(last_seen_on=now.date())
        request.session.set_expiry(GUEST_IDLE)
    return user
