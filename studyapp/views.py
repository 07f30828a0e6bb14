"""Error pages and health; no other view lives here."""

import logging
import sys

from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from studyapp import readiness
from studyapp.accounts.budgets import OverBudget
from studyapp.htmx import said_where_it_shows, wants_part
from studyapp.outage import outage_behind
from studyapp.quizzes.views.keeping import keep

log = logging.getLogger(__name__)
RETRY_SECONDS = 2

ANSWERING = ("quizzes:attempt", "quizzes:item")  # where a plain form holds answers


@require_safe
def healthz(request):
    """200 while the process answers; touches nothing."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request):
    """200 when the database answers, is migrated, keeps what it confirms, and has room. The reason is for logs only."""
    if reason := readiness.reason_not_ready():
        log.error("not ready", extra={"reason": reason})
        return HttpResponse(
            "not ready\n", status=503, content_type="text/plain", headers={"Retry-After": "5"}
        )
    return HttpResponse("ok\n", content_type="text/plain")


def bad_request(request, exception=None):
    if isinstance(exception, SessionInterrupted):
        # The session could not be stored: the database was away, or the person signed out in another tab.
        return unavailable(request) if outage_behind(exception) else csrf_failure(request)
    return _error(request, 400, "This request could not be read.")


def forbidden(request, exception=None):
    return _error(request, 403, "You may not do this.")


def csrf_failure(request, reason=""):
    """The page was open while its reader signed in or out in another tab, or cookies are off. Answers in a plain form
    are kept for whoever is signed in: a cookie that is sent along says that the form came from a page of ours."""
    found = request.resolver_match
    if found and found.view_name in ANSWERING and request.user.is_authenticated and not wants_part(request):
        try:
            return keep(request, found.kwargs["attempt"])
        except OverBudget as over:
            return over_budget(request, over)
    return _error(
        request,
        403,
        "This page was open too long. Please load it again, then send it once more.",
        "csrf.html",
    )


def not_found(request, exception=None):
    return _error(request, 404, "There is no such page.")


def server_error(request):
    """Whatever nothing else caught: 503 where the database was away, since middlewares use it too, else 500."""
    if outage_behind(sys.exc_info()[1]):
        return unavailable(request)
    return _error_without_database(request, 500, "Something went wrong here. It has been noted.")


NOT_TAKEN = {
    408: "The request did not arrive whole, or too slowly. Please send it again.",
    411: "The request does not say how long it is.",
    413: "This is more than can be sent at once.",
}


def not_taken(request, status):
    """For what the server would not run: cut or too slow (408), without a length (411), too large (413), or more
    than it can do just now (503). What it holds is not looked at."""
    if status == 503:
        return unavailable(request)
    if wants_part(request):
        return said_where_it_shows(NOT_TAKEN[status], status=status)
    return HttpResponse(NOT_TAKEN[status] + "\n", status=status, content_type="text/plain")


def unavailable(request):
    """503: nothing was stored; the same request may be sent again in a moment."""
    response = _error_without_database(
        request, 503, "This could not be saved just now. Please try again in a few seconds."
    )
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def over_budget(request, over):
    """429: nothing was stored, since others of this network have stored much without an account. What was sent stands on
    the page, to be sent again or copied; htmx leaves the page as it is."""
    if wants_part(request):
        sentence = f"Not saved. {over.sentence} What you typed stays here."
        response = said_where_it_shows(sentence, status=429)
    else:
        sent = [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name != "csrfmiddlewaretoken" and "password" not in name
        ]
        context = {"sentence": over.sentence, "sent": sent, "typed": [v for _, v in sent if " " in v.strip()]}
        response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(over.seconds)
    return response


def _error(request, status, sentence, template=None):
    if wants_part(request):
        return said_where_it_shows(sentence, status=status)
    return render(request, template or f"{status}.html", status=status)


def _error_without_database(request, status, sentence):
    """A page that asks nobody who is signed in: the database may be what failed."""
    if wants_part(request):
        return said_where_it_shows(sentence, status=status)
    context = {
        "site_name": settings.SITE_NAME,
        "contact": settings.CONTACT,
        "request_id": getattr(request, "id", ""),
        "path": request.get_full_path() if request.method == "GET" else "",
    }
    return HttpResponse(render_to_string(f"{status}.html", context), status=status)
