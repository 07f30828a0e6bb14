"""The daily review and the place for mistakes. Looking at them stores nothing; htmx swaps the part `run`."""

import secrets
import uuid

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from content.questions import get_kind, pressed, read_answer
from content.questions.base import Unreadable
from studyapp.htmx import render_part, see_other, wants_part
from studyapp.quizzes.attempts import LONGEST_SECONDS
from studyapp.quizzes.saving import BadSave, fields_of, read_save
from studyapp.review.days import study_day
from studyapp.review.models import ReviewSettings
from studyapp.review.queue import day_of, next_question
from studyapp.review.reviewing import answer_in_review, undo
from studyapp.study import review_page as reads
from studyapp.study.asides import read_aside
from studyapp.study.forms import ReviewSettingsForm
from studyapp.study.views import BLANK, typed_text
from studyapp.study.views_practice import LARGEST_ID


@require_http_methods(["GET", "HEAD", "POST"])
def review(request):
    """Today's review: what it holds, one question after another, the end. What a post does is told by its fields."""
    if request.method == "POST":
        if not request.user.is_authenticated:
            raise Http404
        if "question" in request.POST:
            return _answer(request)
        if "undo" in request.POST:
            return _undo(request)
        if "settings" in request.POST:
            return _settings(request)
        raise BadRequest("no button of this page")
    if "answered" in request.GET:
        return _answered(request)
    if "ask" in request.GET:
        return _ask(request)
    return _overview(request)


def _overview(request, *, form=None, status=200):
    """Before the first question and after the last one."""
    day = day_of(request.user, now=timezone.now(), tomorrow=True)
    if form is None and request.user.is_authenticated:
        settings = ReviewSettings.objects.filter(learner=request.user).first()
        form = ReviewSettingsForm(instance=settings or ReviewSettings(learner=request.user))
    return _page(request, {"day": day, "form": form}, status=status)


def _ask(request):
    now = timezone.now()
    day = day_of(request.user, now=now, tomorrow=True)
    question = next_question(request.user, day, now=now)
    if question is None:
        return (
            see_other(request, reverse("study:review")) if wants_part(request) else redirect("study:review")
        )
    version = reads.version_to_ask(request.user, question)
    step = reads.step_asked(
        request.user, version, day, writer=secrets.token_hex(8), shown=int(now.timestamp())
    )
    return _step(request, step)


def _answered(request):
    """The verdict again, under its own address: after a plain form, and after Back."""
    client_id = _uuid(request.GET["answered"])
    now = timezone.now()
    found = request.user.is_authenticated and reads.logged_answer(
        request.user, client_id, today=_today(request, now)
    )
    if not found:
        return redirect("study:review")
    day = day_of(request.user, now=now, tomorrow=True)
    return _step(request, reads.step_answered(*found, day))


def _answer(request):
    """Save one answer; it rates memory and no grade."""
    try:
        save = read_save(request.POST)
    except BadSave as refusal:
        raise BadRequest(str(refusal)) from None
    question, asked, round = (_whole_number(request, name) for name in ("question", "version", "round"))
    now = timezone.now()
    version = reads.version_to_answer(request.user, question, asked, today=_today(request, now))
    kind = get_kind(version.question.kind)
    fields = fields_of(request.POST, reads.PREFIX)
    drawn = reads.presented(request.user, version, round)
    try:
        moved = pressed(version.question.kind, version.content, drawn, fields)
        response = read_answer(version.question.kind, version.content, moved or fields)
    except Unreadable as refusal:
        return _refused(request, version, round, str(refusal), fields)
    if moved:
        return _asked_again(request, version, round, response=response, moved=fields["move"][-1])
    if response is None:
        return _refused(request, version, round, BLANK, fields)
    seconds = save.seconds(now)
    row = answer_in_review(
        request.user,
        version.question,
        version,
        client_id=save.client_id,
        at=now,
        fraction=kind.grade(version.content, response).fraction,
        response=response,
        presented=drawn,
        seconds=None if seconds is None else min(seconds, LONGEST_SECONDS),
        **read_aside(request.POST).as_logged(),
    )
    if not wants_part(request):
        return see_other(request, f"{reverse('study:review')}?answered={row.client_id}")
    day = day_of(request.user, now=now, tomorrow=True)
    return _step(request, reads.step_answered(row, version, day))


def _refused(request, version, round, message, fields):
    """Not understood, or blank: the question again with the reason, and nothing stored."""
    return _asked_again(request, version, round, status=422, typed=typed_text(fields), error=message)


def _asked_again(request, version, round, *, status=200, **so_far):
    now = timezone.now()
    step = reads.step_asked(
        request.user,
        version,
        day_of(request.user, now=now, tomorrow=True),
        writer=secrets.token_hex(8),
        shown=int(now.timestamp()),
        round=round,
        **so_far,
    )
    return _step(request, step, status=status, aside=read_aside(request.POST))


def _undo(request):
    row = reads.undoable(request.user, _uuid(request.POST["undo"]))
    if undo(row, now=timezone.now()):
        messages.success(request, "Undone. The question counts as not answered and may come again today.")
    else:
        messages.info(request, "This answer was undone before, or a newer one has counted since.")
    return see_other(request, reverse("study:review"))


def _settings(request):
    settings = ReviewSettings.objects.filter(learner=request.user).first()
    form = ReviewSettingsForm(request.POST, instance=settings or ReviewSettings(learner=request.user))
    if not form.is_valid():
        return _overview(request, form=form, status=422)
    ReviewSettings.objects.update_or_create(learner=request.user, defaults=form.cleaned_data)
    messages.success(request, "Saved. It holds from the next question on.")
    return see_other(request, reverse("study:review"))


def _step(request, step, *, status=200, **more):
    question = step.version.question
    context = {"step": step, "day": step.day, "course": question.course, "lesson": question.lesson}
    return _page(request, context | {"is_swapped": wants_part(request)} | more, part="run", status=status)


def _page(request, context, *, part=None, status=200):
    context = {"section": "review"} | context
    if part is None:
        return render(request, "study/review.html", context, status=status)
    return render_part(request, "study/review.html", part, context, status=status)


def _today(request, now):
    return study_day(now, request.user.time_zone)


def _uuid(text):
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None


def _whole_number(request, name):
    text = request.POST.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > LARGEST_ID:
        raise Http404
    return int(text)


@require_safe
def mistakes(request):
    """Everything last answered wrong, to be practised until it is known."""
    lessons = reads.mistakes(request.user)
    context = {"section": "review", "lessons": lessons, "total": sum(lesson.total for lesson in lessons)}
    return render(request, "study/mistakes.html", context)
