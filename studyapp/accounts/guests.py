"""Guests are users with a flag and no password. No GET makes one; the first thing stored does."""

from django.contrib.auth import login

from studyapp.accounts.models import User, guest_username


def learner_of(request, *, now):
    """The signed-in person, or a guest made now and signed in. Call it only from views that store something."""
    if request.user.is_authenticated:
        return request.user
    guest = User(username=guest_username(), is_guest=True, date_joined=now)
    guest.set_unusable_password()
    guest.save()
    # Signing in changes the CSRF secret. A guest has nothing to steal yet, and the page on which this first
    # answer was given holds forms with the old one: keep it, or the second answer would be refused.
    secret = request.META.get("CSRF_COOKIE")
    login(request, guest, backend="django.contrib.auth.backends.ModelBackend")
    if secret:
        request.META["CSRF_COOKIE"] = secret
    return guest
