"""What holds for every answer: a request number, the headers, readable input, and 503 when the database is away.

The order in settings matters. `identify` and `secure_headers` stand before WhiteNoise, which answers for
static files itself, and before everything that can fail, so that errors carry the headers too.
"""

import logging
import secrets
import time
from contextlib import suppress
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpResponseNotAllowed
from django.utils import timezone

from studyapp import views
from studyapp.accounts.budgets import OverBudget, spend
from studyapp.logs import current_request_id
from studyapp.outage import is_outage, names_no_row

requests_log = logging.getLogger("studyapp.requests")

# SecurityMiddleware and django-csp add the rest; these stand on static files and on errors as well.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
METHODS = ("GET", "HEAD", "POST")
FORM = "application/x-www-form-urlencoded"


def identify(get_response):
    """Give the request a number, which its answer, its error page and its log lines carry.

    The log line holds the number of the person and the name of the route: no address, no query, no body.
    """

    def middleware(request):
        request.id = secrets.token_hex(8)
        token = current_request_id.set(request.id)
        began = time.perf_counter()
        try:
            response = get_response(request)
            response["X-Request-Id"] = request.id
            # The lines that Django writes itself about a refused request stand in for ours.
            route = request.resolver_match.view_name if request.resolver_match else None
            if route or response.status_code >= 400:
                person = getattr(
                    request, "_cached_user", None
                )  # the loaded person, never a query for the log
                requests_log.info(
                    "request",
                    extra={
                        "method": request.method if request.method in METHODS else "other",
                        "route": route,
                        "status": response.status_code,
                        "ms": round((time.perf_counter() - began) * 1000),
                        "user": person.pk if person else None,
                    },
                )
            return response
        finally:
            current_request_id.reset(token)

    return middleware


def secure_headers(get_response):
    """Put the headers that every answer carries on it, and forbid storing what a session could have shaped."""

    def middleware(request):
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if "Cache-Control" not in response:
            # The cookie decides, not the person: asking for the person would cost two queries here.
            session = settings.SESSION_COOKIE_NAME
            personal = session in request.COOKIES or session in response.cookies
            response["Cache-Control"] = "no-store" if personal else "private, no-cache"
        return response

    return middleware


def trust_proxies(get_response):
    """Believe X-Forwarded-* only from as many proxies as TRUSTED_PROXIES counts.

    With n proxies the n-th address from the right was written by the outermost of them; whatever stands left
    of it the visitor may have written. Without proxies the headers are taken off, so that nothing later can
    trust them by mistake.
    """

    def middleware(request):
        trusted = settings.TRUSTED_PROXIES
        if trusted:
            hops = [
                hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()
            ]
            if len(hops) >= trusted:
                request.META["REMOTE_ADDR"] = hops[-trusted]
        else:
            for name in ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"):
                request.META.pop(name, None)
        # The host is the one that the proxy was asked for: it passes Host on.
        request.META.pop("HTTP_X_FORWARDED_HOST", None)
        return get_response(request)

    return middleware


def refuse_unreadable(get_response):
    """Refuse what the server would not take (studyapp/served.py says why), methods that nothing here understands, NUL in
    an address, which PostgreSQL cannot even compare, and a form of which only a part arrived."""

    def middleware(request):
        if refused := request.META.get("studyapp.refused"):
            return views.not_taken(request, refused)
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        query = request.META.get("QUERY_STRING", "")
        if "\x00" in request.path_info or b"\x00" in unquote_to_bytes(query):
            return views.bad_request(request)
        if is_cut(request):
            # To be sent again: whoever hears this is told so, and a save queue tries on.
            return views.not_taken(request, 408)
        return get_response(request)

    return middleware


def is_cut(request) -> bool:
    """The connection broke while a form was sent. The server passes on what came, and half an answer would be
    stored as if it were all of it. (Uploads say their end themselves.)"""
    length = request.META.get("CONTENT_LENGTH") or ""
    if request.content_type != FORM or not length.isdigit() or len(length) > 9:
        return False
    if int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return False  # refused later, unread
    try:
        return len(request.body) < int(length)
    except OSError:
        return True


def redirect_whole_page(get_response):
    """A redirect in answer to an htmx request leads the whole page there; followed, it would land inside a part."""

    def middleware(request):
        response = get_response(request)
        in_part = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"
        if in_part and response.has_header("Location") and response.status_code in (301, 302, 303):
            response["HX-Redirect"] = response["Location"]
            del response["Location"]
            response.status_code = 204
            response.content = b""
        return response

    return middleware


class UseReadersZone:
    """Show times in the reader's own zone. Visitors without a session and the health pages cost no query."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(self, request, view, args, kwargs):
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.resolver_match.app_names:
            return
        if request.user.is_authenticated:
            with suppress(ValueError, ZoneInfoNotFoundError):
                timezone.activate(ZoneInfo(request.user.time_zone))


class AnswerDatabaseErrors:
    """503 with Retry-After where the database is gone, locked or full: the request may simply be sent again.
    404 for a number so large that no row can have it.

    A class, since only `process_exception` sees what a view raised. What a middleware raises (the session, when
    it is stored) arrives at `views.server_error`, which asks the same question.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if is_outage(exception):
            return views.unavailable(request)
        return views.not_found(request) if names_no_row(exception) else None


class HoldBudgets:
    """What a guest posts is counted for the network it comes from, before it is read. 429 where a budget is used up.

    Whoever has an account is not counted; a visitor who is no guest yet stores nothing before being made one.
    """

    BESIDE = 2000  # bytes that a post costs the database beside what was sent

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.method != "POST" or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        # Signing in and up have budgets of their own, and are the way out.
        if not getattr(request.user, "is_guest", False) or request.resolver_match.app_name == "accounts":
            return None
        length = request.META.get("CONTENT_LENGTH") or ""
        sent = int(length) if length.isdigit() and len(length) < 10 else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        try:
            spend(
                "written", address=request.META["REMOTE_ADDR"], now=timezone.now(), amount=self.BESIDE + sent
            )
        except OverBudget as over:
            return views.over_budget(request, over)

    def process_exception(self, request, exception):
        return views.over_budget(request, exception) if isinstance(exception, OverBudget) else None
