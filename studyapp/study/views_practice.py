"""Practice: one question at a time. Everything works as plain forms and links; htmx swaps the part `question`."""

import random
import secrets
from dataclasses import replace
from types import SimpleNamespace

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from content.questions import pressed, read_answer
from content.questions.base import Unreadable
from studyapp.accounts.guests import learner_of
from studyapp.context import site
from studyapp.htmx import render_part, see_other, told_apart, wants_part
from studyapp.quizzes.attempts import Closed, finish_attempt, save_answer, start_attempt
from studyapp.quizzes.models import Attempt
from studyapp.quizzes.picking import LONGEST_PRACTICE, pick
from studyapp.quizzes.saving import BadSave, fields_of, read_save
from studyapp.study import practice as reads
from studyapp.study import queries
from studyapp.study.asides import read_aside
from studyapp.study.queries import lesson_for
from studyapp.study.shelf import gap, part_on_shelf
from studyapp.study.views import BLANK, typed_text

LARGEST_ID = 2**63 - 1


@require_http_methods(["GET", "HEAD", "POST"])
def practice(request, course, lesson):
    """The practice of a lesson: ask, answer, start, end. What a post does is told by its button's name."""
    if request.method != "POST":
        return _show(request, course, lesson)
    if "item" in request.POST:
        return _answer(request, course, lesson)
    lesson = lesson_for(request.user, course, lesson)
    if "finish" in request.POST:
        return _finish(request, lesson)
    if "start" in request.POST or "mistakes" in request.POST:
        return _start(request, lesson)
    raise BadRequest("no button of this page")


def _show(request, course, lesson):
    lesson = lesson_for(request.user, course, lesson)
    pk = _whole_number(request.GET, "run")
    attempt = reads.open_run(request.user, lesson, pk=pk)
    if attempt is None:
        if pk is not None:
            raise Http404
        count = min(len(reads.practice_questions(lesson)), LONGEST_PRACTICE)
        return _page(request, lesson, {"count": count})
    if attempt.state == Attempt.State.FINISHED:
        return _page(request, lesson, {"ended": reads.ended(attempt)})
    run = reads.run_of(attempt, lesson)
    step = run.at(
        _whole_number(request.GET, "n"),
        again="again" in request.GET,
        writer=secrets.token_hex(8),
        shown=_clock(),
    )
    return _step_page(request, run, step)


def _answer(request, course, lesson):
    """Save one answer: at most ten queries with session and user (`Run`, `save_answer`)."""
    try:
        save = read_save(request.POST)
    except BadSave as refusal:
        raise BadRequest(str(refusal)) from None
    if not request.user.is_authenticated:
        raise Http404
    pk = _whole_number(request.POST, "item")
    run = reads.run_to_answer(request.user, course, lesson, pk)
    item = run.item(run.number_of(pk))
    fields = fields_of(request.POST, reads.PREFIX)
    try:
        moved = pressed(item.question.kind, item.version.content, item.presented, fields)
        response = read_answer(item.question.kind, item.version.content, moved or fields)
    except Unreadable as refusal:
        return _refused(request, run, item, str(refusal), fields)
    if moved:
        return _asked_again(request, run, item, response=response, moved=fields["move"][-1])
    if response is None:
        return _refused(request, run, item, BLANK, fields)
    now = timezone.now()
    try:
        receipt = save_answer(
            item,
            learner=request.user,
            client_id=save.client_id,
            writer=save.writer,
            number=save.number,
            response=response,
            seconds=save.seconds(now),
            now=now,
            **read_aside(request.POST).as_logged(),
        )
    except Closed:
        return see_other(request, _address(run.attempt))
    if not wants_part(request):
        return see_other(request, _address(run.attempt, n=item.number))
    step = run.answered(item, receipt.answer.response, saved_at=receipt.at, fraction=receipt.fraction)
    return _step_page(request, run, step)


def _refused(request, run, item, message, fields):
    """Not understood, or blank: the question again with the reason, and nothing stored."""
    return _asked_again(request, run, item, status=422, typed=typed_text(fields), error=message)


def _asked_again(request, run, item, *, status=200, **so_far):
    step = run.asked(item, writer=secrets.token_hex(8), shown=_clock(), **so_far)
    return _step_page(request, run, step, status=status, aside=read_aside(request.POST))


def _start(request, lesson):
    """A new run over the lesson, or over the mistakes of the run that ended; one that is open goes on."""
    now, rng = timezone.now(), random.SystemRandom()
    questions = reads.practice_questions(lesson)
    kind = Attempt.Kind.PRACTICE
    if "mistakes" in request.POST:
        kind = Attempt.Kind.MISTAKES
        wrong = _mistakes(request, lesson, questions)
        questions = [question for question in questions if question.pk in wrong]
    learner = learner_of(request, now=now)
    by_id = {question.pk: question for question in questions}
    chosen = [by_id[pk] for pk in pick(reads.candidates(learner, questions), rng)]
    if not chosen:
        return see_other(request, reverse("study:lesson", args=[lesson.course.slug, lesson.slug]))
    run = start_attempt(
        learner, kind=kind, course=lesson.course, lesson=lesson, questions=chosen, now=now, rng=rng
    )
    run.course, run.lesson = lesson.course, lesson
    return see_other(request, _address(run))


def _mistakes(request, lesson, questions):
    """Ids of the questions to practise: those wrong in one run, or all of this lesson last answered wrong."""
    if request.POST["mistakes"] == "all":
        return reads.last_wrong(request.user, questions)
    ended = reads.open_run(request.user, lesson, pk=_whole_number(request.POST, "mistakes"))
    if ended is None:
        raise Http404
    return set(reads.ended(ended).mistakes)


def _finish(request, lesson):
    run = reads.open_run(request.user, lesson, pk=_whole_number(request.POST, "finish"))
    if run is None:
        raise Http404
    finish_attempt(run, now=timezone.now())
    run.course, run.lesson = lesson.course, lesson
    return see_other(request, _address(run))


def _page(request, lesson, context):
    context = {"section": "course", "course": lesson.course, "lesson": lesson} | context
    return render(request, "study/practice.html", context)


def _step_page(request, run, step, *, status=200, **more):
    """The question as it stands: the whole page, or the part `run` of it."""
    if wants_part(request) and step.question.is_answered:
        return told_apart(HttpResponse(_answered_part(request, run.attempt, step)))
    context = _context(run.attempt, step) | {"is_swapped": wants_part(request)} | more
    return render_part(request, "study/practice.html", "run", context, status=status)


def _context(attempt, step):
    course, lesson = attempt.course, attempt.lesson
    return {"section": "course", "course": course, "lesson": lesson, "run": attempt, "step": step}


def _answered_part(request, attempt, step):
    """The part `run` after an answer, from the shelf: whoever answers the same sees the same but for the gaps."""
    course, lesson, question = attempt.course, attempt.lesson, step.question
    key = (
        *("answered", attempt.kind, bool(step.following), step.passage),
        *(course.slug, course.language, lesson.slug, lesson.title),
        *(question.slug, question.kind, question.drawn, question.is_outdated, question.is_draft),
    )
    fill = {
        "run": lambda: str(attempt.pk),
        "number": lambda: str(step.number),
        "total": lambda: str(step.total),
        "dots": lambda: step.drawn_dots,
        "right": lambda: str(step.right),
        "again": lambda: str(step.again),
        "following": lambda: str(step.following),
        "iso": lambda: question.saved.iso,
        "clock": lambda: question.saved.clock,
        "minute": lambda: question.saved.minute,
        "csrf": lambda: get_token(request),
    }
    return part_on_shelf(key, lambda: _answered_with_gaps(request, attempt, step), fill)


def _answered_with_gaps(request, attempt, step):
    gaps = SimpleNamespace(
        **{name: gap(name) for name in ("number", "total", "right", "again")},
        drawn_dots=gap("dots"),
        answered=True,
        following=step.following and gap("following"),
        passage=step.passage,
        question=replace(step.question, saved=queries.Saved(gap("iso"), gap("clock"), gap("minute"))),
    )
    run = SimpleNamespace(pk=gap("run"), kind=attempt.kind)
    context = _context(attempt, gaps) | site(request) | {"run": run, "is_swapped": True}
    return render_to_string("study/practice.html#run", context | {"csrf_token": gap("csrf")})


def _address(run, n=None):
    address = reverse("study:practice", args=[run.course.slug, run.lesson.slug]) + f"?run={run.pk}"
    return f"{address}&n={n}" if n else address


def _whole_number(data, name):
    """A number of an address or a hidden field; None where it is not given, Http404 where it is none."""
    text = data.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > LARGEST_ID:
        raise Http404
    return int(text)


def _clock():
    return int(timezone.now().timestamp())
