"""What every page may say about the site itself."""

from django.conf import settings


def site(request):
    return {
        "site_name": settings.SITE_NAME,
        "contact": settings.CONTACT,
        "insecure_http": settings.INSECURE_HTTP,
    }
