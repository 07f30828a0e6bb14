"""The only module that knows htmx's headers: it decides whether a whole page or one of its parts is wanted."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html


class HttpResponseSeeOther(HttpResponseRedirect):
    """303: whatever was posted, get the next page."""

    status_code = 303


def wants_part(request) -> bool:
    """True where htmx swaps a part: not for boosted links and not for its history, which want whole pages."""
    htmx = getattr(request, "htmx", None)  # None where a request failed before its middleware
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_part(request, page: str, part: str, context=None, *, status: int = 200) -> HttpResponse:
    """The named part of the page's template for an htmx request, else the page, from one context."""
    template = f"{page}#{part}" if wants_part(request) else page
    return told_apart(render(request, template, context, status=status))


def told_apart(response: HttpResponse) -> HttpResponse:
    """The response, marked as one of two (page and part) that share an address, so that no cache mixes them up."""
    patch_vary_headers(response, ["HX-Request"])
    return response


def see_other(request, url: str) -> HttpResponse:
    """Go to another page after a post: 303 for a plain form, HX-Redirect where htmx would follow a 303 into the part."""
    if wants_part(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseSeeOther(url)


def said_where_it_shows(sentence: str, *, status: int) -> HttpResponse:
    """One sentence in the page's line for trouble (`#trouble` in base.html); what the learner typed stays in place."""
    return HttpResponse(
        format_html('<p id="trouble" class="trouble" role="alert">{}</p>', sentence),
        status=status,
        headers={"HX-Retarget": "#trouble", "HX-Reswap": "outerHTML"},
    )
