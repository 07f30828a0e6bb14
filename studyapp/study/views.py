"""Home, course map, lesson reader, glossary, timeline and search. Nothing here writes on a GET."""

import secrets

from django.contrib.messages import get_messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from content.questions import pressed, read_answer
from content.questions.base import Unreadable
from content.text import TextRefused, clean_text, fold
from studyapp.accounts.guests import learner_of
from studyapp.classes.access import course_for
from studyapp.context import review_today, site
from studyapp.htmx import see_other, wants_part
from studyapp.progress.queries import learner_overview
from studyapp.quizzes.attempts import Closed, save_answer, start_attempt
from studyapp.quizzes.models import Attempt, AttemptItem
from studyapp.quizzes.queries import quizzes_of
from studyapp.quizzes.saving import BadSave, Save, fields_of, read_save
from studyapp.reading.reading import mark_read, record_place
from studyapp.study import queries
from studyapp.study.asides import read_aside
from studyapp.study.home import home_page
from studyapp.study.shelf import gap, page_on_shelf

BLANK = "Please answer first; nothing was saved."


@require_safe
def home(request):
    step, courses = home_page(request.user, now=timezone.now(), day=review_today(request))
    return render(request, "study/home.html", {"section": "home", "step": step, "courses": courses})


@require_safe
def courses(request):
    """Every course this person may open; the only one at once."""
    _, views = home_page(request.user, now=timezone.now())
    if len(views) == 1:
        return redirect("study:course_map", views[0].course.slug)
    return render(request, "study/courses.html", {"section": "course", "courses": views})


@require_safe
def course_map(request, course):
    course = course_for(request.user, course)
    drafts = [course.pk] if course.may_edit else []
    (view,) = learner_overview(request.user, [course], drafts_of=drafts, now=timezone.now())
    quizzes, modules = quizzes_of(course), {module.pk for module in view.modules}
    context = {
        "section": "course",
        "course": course,
        "view": view,
        "quizzes": quizzes,
        "quizzes_of_all": [quiz for quiz in quizzes if quiz.module_id not in modules],
    }
    return render(request, "study/course_map.html", context)


@require_safe
def lesson(request, course, lesson):
    """The lesson reader. Where nothing but the reader's own state shapes it, the page comes from the shelf."""
    course = course_for(request.user, course)
    again = request.GET.get("again", "")
    if again or get_messages(request):
        return _lesson_page(request, course, lesson, again=again)
    stamp, state = queries.stamp_and_state(request.user, course, lesson)
    edition = (course.pk, course.updated_at, course.may_edit, stamp)
    key = ("lesson", lesson, edition, state, timezone.get_current_timezone_name())
    seed, token, writer = _seed(request), get_token(request), secrets.token_hex(8)
    fill = {
        "csrf": lambda: token,
        "writer": lambda: writer,
        "who": lambda: render_to_string("_who.html", {"user": request.user}),
        "client": lambda version, tries: str(queries.check_save(seed, writer, version, tries).client_id),
    }
    return HttpResponse(
        page_on_shelf(key, lambda: _lesson_with_gaps(request, course, lesson, stamp, state), fill)
    )


def _lesson_with_gaps(request, course, lesson, stamp, state):
    def save_for(question, tries):
        return Save(gap("client", question.current_id, tries), f"{gap('writer')}-{question.pk}", 0)

    page = queries.lesson_page(course, lesson, stamp, state, save_for=save_for)
    context = _lesson_context(page) | site(request) | {"csrf_token": gap("csrf"), "who": gap("who")}
    return render_to_string("study/lesson.html", context)


def _lesson_page(request, course, lesson, *, status=200, **more):
    seed, writer = _seed(request), secrets.token_hex(8)

    def save_for(question, tries):
        return queries.check_save(seed, f"{writer}-{question.pk}", question.current_id, tries)

    stamp, state = queries.stamp_and_state(request.user, course, lesson)
    page = queries.lesson_page(course, lesson, stamp, state, save_for=save_for, **more)
    return render(request, "study/lesson.html", _lesson_context(page), status=status)


def _lesson_context(page):
    return {"section": "course", "course": page.lesson.course, "lesson": page.lesson, "page": page}


def _seed(request):
    """What tells this reader from others in the client ids of forms: their number, or their browser's secret."""
    if request.user.is_authenticated:
        return f"learner {request.user.pk}"
    get_token(request)
    return f"visitor {request.META['CSRF_COOKIE']}"


@require_http_methods(["GET", "HEAD", "POST"])
def check(request, course, lesson, question):
    """One check question of a lesson: asked again on GET, answered on POST, in place or back at its anchor."""
    lesson = queries.lesson_for(request.user, course, lesson)
    question = queries.check_question(request.user, lesson, question)
    anchor = f"{reverse('study:lesson', args=[lesson.course.slug, lesson.slug])}#check_{question.slug}"
    if request.method != "POST":
        if not wants_part(request):
            return redirect(anchor.replace("#", f"?again={question.slug}#"))
        view = queries.asked_check(question, save=_next_save(request, lesson, question))
        return _check_part(request, lesson, view, is_swapped=True)
    try:
        save = read_save(request.POST)
    except BadSave as refusal:
        raise BadRequest(str(refusal)) from None
    fields = fields_of(request.POST, queries.prefix_of(question))
    try:
        moved = pressed(question.kind, question.current.content, queries.presented_check(question), fields)
        response = read_answer(question.kind, question.current.content, moved or fields)
    except Unreadable as refusal:
        return _refused_check(request, lesson, question, str(refusal), fields)
    if moved:
        return _asked_again(request, lesson, question, response=response, moved=fields["move"][-1])
    if response is None:
        return _refused_check(request, lesson, question, BLANK, fields)
    receipt = _save_check(request, lesson, question, save, response)
    if not wants_part(request):
        return see_other(request, anchor)
    view = queries.answered_question(
        question,
        receipt.item.version,
        receipt.item.presented,
        receipt.answer.response,
        prefix=queries.prefix_of(question),
        saved_at=receipt.at,
    )
    return _check_part(request, lesson, view, is_swapped=True)


def _next_save(request, lesson, question):
    _, state = queries.stamp_and_state(request.user, lesson.course, lesson.slug)
    tries = len(state.marks.get(question.pk, []))
    return queries.check_save(_seed(request), secrets.token_hex(8), question.current_id, tries)


def _save_check(request, lesson, question, save, response):
    now = timezone.now()
    learner = learner_of(request, now=now)
    for _ in range(2):
        attempt = start_attempt(
            learner,
            kind=Attempt.Kind.CHECK,
            course=lesson.course,
            lesson=lesson,
            questions=[question],
            now=now,
            rng=queries.check_rng(question.current),
        )
        item = (
            AttemptItem.objects.with_standing(save.writer)
            .select_related("attempt", "question", "version")
            .get(attempt=attempt, question=question)
        )
        try:
            return save_answer(
                item,
                learner=learner,
                client_id=save.client_id,
                writer=save.writer,
                number=save.number,
                response=response,
                seconds=None,
                now=now,
                hint_used=read_aside(request.POST).hint_used,
            )
        except Closed:
            # The question was reworded and answered in another tab a moment ago: on to the new attempt.
            continue
    raise Http404


def _refused_check(request, lesson, question, message, fields):
    """What was posted cannot be taken: say why at the question, keep nothing."""
    return _asked_again(request, lesson, question, status=422, typed=typed_text(fields), error=message)


def _asked_again(request, lesson, question, *, status=200, **so_far):
    if not wants_part(request):
        more = {"so_far": {question.slug: so_far}}
        return _lesson_page(request, lesson.course, lesson.slug, status=status, **more)
    view = queries.asked_check(question, save=_next_save(request, lesson, question), **so_far)
    return _check_part(request, lesson, view, status=status, is_swapped=True)


def typed_text(fields) -> str:
    """What was typed into a field of free text, to stand there again; empty where it cannot be shown."""
    for name in ("number", "text"):
        try:
            return clean_text(fields.get(name, [""])[-1], max_length=200, multiline=False)
        except TextRefused:
            return ""
        except IndexError:
            continue
    return ""


def _check_part(request, lesson, view, *, status=200, **more):
    context = {"course": lesson.course, "lesson": lesson, "check": view, **more}
    return render(request, "study/_check.html", context, status=status)


@require_POST
def place(request, course, lesson):
    """Where the reader is (`passage`) and which passages they have read (`read`; `all` for every one).

    `quiet`: sent by the script while reading goes on, so there is no page to go to."""
    lesson = queries.lesson_for(request.user, course, lesson)
    passages = {
        p.slug: p for p in lesson.passages.filter(is_retired=False).only("slug", "lesson_id", "position")
    }
    read = list(passages) if "all" in request.POST else request.POST.getlist("read")
    at = request.POST.get("passage") or (list(passages)[-1] if "all" in request.POST and passages else None)
    if not {*read, *([at] if at else [])} <= set(passages):
        raise Http404
    now = timezone.now()
    learner = learner_of(request, now=now)
    record_place(learner, lesson, passages.get(at), now=now)
    if read:
        mark_read(learner, [passages[slug] for slug in read], now=now)
    if "quiet" in request.POST:
        return HttpResponse(status=204)
    return see_other(request, reverse("study:lesson", args=[lesson.course.slug, lesson.slug]) + "#next")


@require_safe
def glossary(request, course):
    course = course_for(request.user, course)
    context = {"section": "course", "course": course, "groups": queries.glossary(course)}
    return render(request, "study/glossary.html", context)


@require_safe
def timeline(request, course):
    course = course_for(request.user, course)
    context = {"section": "course", "course": course, "years": queries.timeline(course)}
    return render(request, "study/timeline.html", context)


@require_safe
def search(request, course):
    course = course_for(request.user, course)
    context = {"section": "course", "course": course, "q": "", "error": ""}
    try:
        q = clean_text(request.GET.get("q", ""), max_length=queries.SEARCH_LONGEST, multiline=False).strip()
    except TextRefused as refusal:
        return render(request, "study/search.html", context | {"error": str(refusal)}, status=422)
    words = fold(q).split()
    context |= {"q": q, "words": words, "found": queries.search(request.user, course, words)}
    return render(request, "study/search.html", context)
