"""What a learner takes along: their cards for other programs, and a calendar that other programs read."""

import csv

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from content.cells import safe_cell
from studyapp.accounts.guests import learner_of
from studyapp.classes.access import course_for
from studyapp.htmx import see_other
from studyapp.reading.calendars import calendar_of, feed_of, make_calendar, secret_of, switch_off
from studyapp.study import take_along as reads
from studyapp.study.icalendar import DayEvent, calendar

FRESH = 900  # seconds that a program may keep the calendar


@require_http_methods(["GET", "HEAD", "POST"])
def take_along(request):
    """The decks, and the address of the calendar: made, made anew, or switched off."""
    if request.method == "POST":
        return _calendar(request)
    feed = calendar_of(request.user)
    secret = feed and secret_of(feed)
    address = request.build_absolute_uri(reverse("study:calendar", args=[secret])) if secret else ""
    context = {"section": "review", "decks": reads.decks(request.user), "feed": feed, "address": address}
    return render(request, "study/take_along.html", context)


def _calendar(request):
    now = timezone.now()
    if "make" in request.POST:
        make_calendar(learner_of(request, now=now), now=now)
        messages.success(request, "This is the address of your calendar. One you had before no longer works.")
    elif "off" in request.POST:
        if request.user.is_authenticated:
            switch_off(request.user)
        messages.success(request, "The calendar is switched off; its address no longer works.")
    else:
        raise BadRequest("no button of this page")
    return see_other(request, reverse("study:take_along") + "#calendar")


@require_safe
def deck(request, course):
    """The reader's cards of a course for Anki."""
    course = course_for(request.user, course)
    cards = reads.cards_of(request.user, course)
    package = reads.deck(cards, course) if cards else b""
    if not package:
        return redirect("study:take_along")
    return _file(package, "application/octet-stream", f"{course.slug}-my-cards.apkg")


@require_safe
def deck_csv(request, course):
    """The same as a table; nothing in it runs as a formula."""
    course = course_for(request.user, course)
    cards = reads.cards_of(request.user, course)
    if not cards:
        return redirect("study:take_along")
    response = _file("\ufeff", "text/csv; charset=utf-8", f"{course.slug}-my-cards.csv")
    rows = reads.table(cards, zone=request.user.time_zone)
    csv.writer(response).writerows([safe_cell(value) for value in row] for row in rows)
    return response


@require_safe
def calendar_feed(request, token):
    """The load of the days to come, for whoever has the secret address. It names nobody."""
    feed = feed_of(token)
    if feed is None:
        raise Http404
    now = timezone.now()
    url = request.build_absolute_uri(reverse("study:review"))
    loads = reads.load_by_day(feed.learner, now=now)
    events = [_event(load, feed, url) for load in loads if load.questions]
    if not events:
        events = [
            DayEvent(_uid(feed, loads[0].on), loads[0].on, "Review: nothing for the next two weeks", url=url)
        ]
    response = HttpResponse(
        calendar(events, name="Review", made_at=now), content_type="text/calendar; charset=utf-8"
    )
    response["Cache-Control"] = f"private, max-age={FRESH}"
    response["Content-Disposition"] = 'inline; filename="review.ics"'
    return response


def _event(load, feed, url):
    many = "" if load.questions == 1 else "s"
    minutes = "minute" if load.minutes == 1 else "minutes"
    summary = f"Review: about {load.questions} question{many}, {load.minutes} {minutes}"
    return DayEvent(_uid(feed, load.on), load.on, summary, "If you do each day's questions on that day.", url)


def _uid(feed, on):
    """The same for a day each time, and unlike that of anybody else; the secret cannot be told from it."""
    return f"review-{on:%Y%m%d}-{feed.token_hash[:16]}@studyapp"


def _file(content, kind, name):
    return HttpResponse(
        content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
