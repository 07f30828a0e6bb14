"""What every page may say about the site itself, and about the person who reads it."""

from django.conf import settings
from django.utils import timezone

from studyapp.review.queue import Day, day_of


def site(request):
    return {
        "site_name": settings.SITE_NAME,
        "contact": settings.CONTACT,
        "sends_mail": settings.SENDS_MAIL,
        "insecure_http": settings.INSECURE_HTTP,
    }


def review(request):
    """`review_today`: the reader's review today, for the link at the top. Asked for once, and only where it is shown."""
    return {"review_today": lambda: review_today(request)}


def review_today(request) -> Day:
    if not hasattr(request, "review_today"):
        user = getattr(request, "user", None)
        request.review_today = day_of(user, now=timezone.now()) if user is not None else Day()
    return request.review_today
