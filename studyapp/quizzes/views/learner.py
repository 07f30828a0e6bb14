"""The learner's pages of a quiz: rules, the running attempt, looking over, result, marks.

All of it works as plain forms. The save queue of the page (static/quizzes/autosave.js) posts single answers to
`save`, which alone answers in JSON: a receipt is read by a script that must tell it from every other answer.
"""

import random
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from content.questions import pressed, read_answer
from content.questions.base import Unreadable
from studyapp.accounts.guests import learner_of
from studyapp.accounts.waiting import MustWait
from studyapp.htmx import see_other
from studyapp.quizzes import queries, release
from studyapp.quizzes.deadlines import seconds_left
from studyapp.quizzes.drawing import CannotDraw
from studyapp.quizzes.marking import answers_of
from studyapp.quizzes.models import Attempt, Quiz
from studyapp.quizzes.order import Left, NotYet, OutOfTurn
from studyapp.quizzes.passwords import ask_password
from studyapp.quizzes.saving import BadSave, fields_in_quiz, new_save, read_save, read_writer, shown_in
from studyapp.quizzes.sittings import (
    CannotStart,
    NoSuchItem,
    close_if_overdue,
    flag_item,
    leave_item,
    save_in_quiz,
    start_again,
    start_quiz,
    submit_attempt,
)
from studyapp.quizzes.standing import FOR_CLASSES, standing_of
from studyapp.quizzes.views.keeping import keep

GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])
PAST_THE_END = timedelta(hours=1)
LONGEST_TEXT = 60_000


# --- before -----------------------------------------------------------------------------------------------


@GET_OR_POST
def quiz(request, course, quiz):
    """The rules before the clock starts, and my attempts. Posting starts one."""
    now = timezone.now()
    quiz = queries.quiz_for(request.user, course, quiz)
    problem, status, seconds = "", 200, 0
    if request.method == "POST":
        preview = "preview" in request.POST
        if preview and not quiz.course.may_edit:
            raise Http404
        password = request.POST.get("password", "")[:200]
        try:
            _look_at_the_door(request, quiz, now)
            if not preview:
                ask_password(request.user, quiz, password, address=request.META["REMOTE_ADDR"], now=now)
            attempt = start_quiz(
                learner_of(request, now=now),
                quiz,
                now=now,
                rng=random.SystemRandom(),
                password=password,
                preview=preview,
            )
        except MustWait as wait:
            problem, status, seconds = wait.sentence, 429, wait.seconds
        except CannotStart as refusal:
            problem, status = str(refusal), 422
        except CannotDraw:
            problem, status = "This quiz has too few questions just now. Tell your teacher.", 422
        else:
            outlive(request, attempt)
            return see_other(request, reverse("quizzes:attempt", args=[attempt.pk]))
    standing = standing_of(request.user, quiz)
    context = {
        "section": "course",
        "course": quiz.course,
        "quiz": quiz,
        "standing": standing,
        "marks": queries.marks_of(standing, now=now),
        "count": sum(1 if slot.question_id else slot.draw for slot in quiz.slots.all()),
        "closed": standing.problem(now, password=quiz.password),
        "minutes": round(standing.window.limit.total_seconds() / 60) if standing.window.limit else 0,
        "next_at": standing.next_at(),
        "for_classes": standing.is_for_classes(now),
        "waits_for": standing.waits_for(now),
        "shown": release.in_words(quiz.custom) if quiz.preset == Quiz.Preset.CUSTOM else [],
        "problem": problem,
    }
    response = render(request, "quizzes/quiz.html", context, status=status)
    if seconds:
        response["Retry-After"] = str(seconds)
    return response


def _look_at_the_door(request, quiz, now):
    """No guest is made for a visitor whom `start_quiz` would send away from an exam of classes."""
    if not request.user.is_authenticated and not standing_of(request.user, quiz).may_sit(now):
        raise CannotStart(FOR_CLASSES)


def outlive(request, attempt):
    """The session lasts until an hour after the end of the attempt."""
    if attempt.deadline and request.session.get_expiry_date() < attempt.deadline + PAST_THE_END:
        request.session.set_expiry(attempt.deadline + PAST_THE_END)


# --- while it runs ----------------------------------------------------------------------------------------


@GET_OR_POST
def attempt(request, attempt, number=None):
    """All questions of a running attempt, or one of them; a post saves what the page shows, or keeps it until its
    person has signed in again."""
    if not request.user.is_authenticated:
        if request.method == "POST":
            refuse_files(request)
            return keep(request, attempt)
        return to_sign_in(request)
    now = timezone.now()
    attempt = queries.attempt_of(request.user, attempt)
    if request.method == "POST":
        return _save_page(request, attempt, number, now)
    if close_if_overdue(attempt, now=now):
        return redirect("quizzes:result", attempt.pk)
    return _attempt_page(request, attempt, number, now)


def _attempt_page(request, attempt, number, now, *, errors=None, status=200):
    page = queries.attempt_page(attempt, now=now, number=number, errors=errors)
    if attempt.quiz.one_way:
        if page.only is None:
            return see_other(request, reverse("quizzes:look_over", args=[attempt.pk]))
        if number != page.only.number and not errors:
            return see_other(request, reverse("quizzes:item", args=[attempt.pk, page.only.number]))
    context = {"course": attempt.course, "quiz": attempt.quiz, "attempt": attempt, "page": page}
    context["save"] = new_save("page", attempt.pk, writer=f"form-{secrets.token_hex(8)}")
    return render(request, "quizzes/attempt.html", context, status=status)


def _save_page(request, attempt, number, now):
    """Save each question of a plain form that was changed, then go where the button leads."""
    refuse_files(request)
    try:
        done = save_posted(request.user, attempt, request.POST, number=number, now=now)
    except BadSave as refusal:
        raise BadRequest(str(refusal)) from None
    if close_if_overdue(attempt, now=now):
        return see_other(request, reverse("quizzes:result", args=[attempt.pk]))
    for sentence in done.told:
        messages.warning(request, sentence)
    if done.errors:
        return _attempt_page(request, attempt, number, now, errors=done.errors, status=422)
    return see_other(request, _where_to(request, attempt, number, done, now))


def refuse_files(request):
    """A file is no answer, and would leave the question's field empty."""
    if request.FILES:
        raise BadRequest("no page of an attempt sends files")


@dataclass
class Posted:
    """What became of a plain form. `views`: number → the question as it stood before; `errors`: number → (what is wrong
    with it, what was typed, the saved answer that the form had shown); `told`: sentences for the learner."""

    views: dict
    errors: dict = field(default_factory=dict)
    told: list = field(default_factory=list)


def save_posted(learner, attempt, posted, *, number=None, now) -> Posted:
    """Save each question of a plain form (`here` names them) that was changed in it: that differs from what the form
    had shown. Raises BadSave where the sender's id is none of ours."""
    writer = read_writer(posted) if "writer" in posted else secrets.token_hex(8)
    page = queries.attempt_page(attempt, now=now, number=number)
    done = Posted({view.number: view for view in page.items})
    here = [n for n in _numbers(posted.getlist("here")) if n in done.views]
    in_reach = {view.number for view in page.asked}
    for n in dict.fromkeys([*here, number] if number else here):
        if n not in in_reach:
            done.told.append(str(NotYet(n) if done.views[n].item.left_at is None else Left(n)))
    stored = answers_of(attempt) if any(shown_in(posted, n) for n in here) else {}
    for view in [done.views[n] for n in here if n in in_reach]:
        shown = shown_in(posted, view.number)
        flagged = f"f{view.number}" in posted
        if flagged != (shown.is_flagged if shown else view.item.is_flagged):
            flag_item(learner, attempt=attempt.pk, number=view.number, is_flagged=flagged)
        _save_changed(learner, attempt, view, posted, shown, stored.get(view.item.pk, []), done, now, writer)
    return done


def _save_changed(learner, attempt, view, posted, shown, stored, done, now, writer):
    fields = fields_in_quiz(posted, view.number, alone=False)
    kind, content = view.item.question.kind, view.item.version.content
    try:
        fields = pressed(kind, content, view.item.presented, fields) or fields
        response = read_answer(kind, content, fields)
        before = [view.response]
        if shown:
            known = [answer.response for answer in stored if answer.pk == shown.answer]
            before += known if shown.answer else [None]
        if response in before:
            return
        receipt = _save_one(learner, attempt, view.number, fields, now, writer=writer)
    except Unreadable as refusal:
        done.errors[view.number] = (str(refusal), _typed(fields), shown.answer if shown else None)
        return
    except OutOfTurn as refusal:
        done.told.append(str(refusal))
        return
    current = view.current
    if shown and current is not None and current.pk != shown.answer:
        counts = receipt.answer.pk > current.pk
        done.told.append(
            format_html(
                'Question {} was also changed in another tab at {}. {} <a href="{}">Show all saved answers</a>',
                view.number,
                _clock(current.at),
                "Your answer from this page counts now."
                if counts
                else "That answer counts: what this page sent was saved before it.",
                reverse("quizzes:saved", args=[attempt.pk, view.number]),
            )
        )


def _where_to(request, attempt, number, done, now):
    if attempt.quiz.one_way:
        if number and "next" in request.POST and not done.told:
            try:
                leave_item(request.user, attempt=attempt.pk, number=number, now=now)
            except OutOfTurn as refusal:
                messages.warning(request, str(refusal))
            except NoSuchItem:
                pass  # handed in a moment ago
        if "look_over" not in request.POST:
            first = attempt.items.in_reach().order_by("number").values_list("number", flat=True).first()
            if first:
                return reverse("quizzes:item", args=[attempt.pk, first])
        return reverse("quizzes:look_over", args=[attempt.pk])
    if "look_over" in request.POST:
        return reverse("quizzes:look_over", args=[attempt.pk])
    if number is None:
        moved = [f"{n}" for n, view in done.views.items() if f"{view.prefix}move" in request.POST]
        anchor = _numbers(moved or [request.POST.get("save", "")])
        return reverse("quizzes:attempt", args=[attempt.pk]) + (f"#q{anchor[0]}" if anchor else "")
    step = 1 if "next" in request.POST else -1 if "back" in request.POST else 0
    target = number + step
    if target not in done.views:
        return reverse("quizzes:look_over", args=[attempt.pk])
    return reverse("quizzes:item", args=[attempt.pk, target])


def out_of_turn(request, attempt, refusal):
    """409, and in words why this question is not shown now."""
    context = {"section": "course", "course": attempt.course, "quiz": attempt.quiz, "attempt": attempt}
    context |= {"sentence": str(refusal)}
    return render(request, "quizzes/out_of_turn.html", context, status=409)


def _save_one(learner, attempt, number, fields, now, *, writer):
    save = new_save(writer, attempt.pk, number, writer=writer)
    return save_in_quiz(
        learner,
        attempt=attempt.pk,
        number=number,
        client_id=save.client_id,
        writer=writer,
        sequence=0,
        fields=fields,
        seconds=None,
        now=now,
    )


@require_POST
def save(request, attempt, number):
    """One save of the page's queue. JSON: a receipt; 401 where nobody is signed in any more, 404 where somebody
    else is, 422 where the answer cannot be understood. Six queries, whatever the length of the quiz."""
    if not request.user.is_authenticated:
        return JsonResponse({"problem": "Please sign in again."}, status=401)
    now = timezone.now()
    if "flag" in request.POST:
        flagged = flag_item(
            request.user, attempt=attempt, number=number, is_flagged=request.POST["flag"] == "1"
        )
        return JsonResponse({"flagged": flagged}, status=200 if flagged else 404)
    refuse_files(request)
    try:
        sent = read_save(request.POST)
        receipt = save_in_quiz(
            request.user,
            attempt=attempt,
            number=number,
            client_id=sent.client_id,
            writer=sent.writer,
            sequence=sent.number,
            fields=fields_in_quiz(request.POST, number, alone=True),
            seconds=None,
            now=now,
        )
    except BadSave as refusal:
        return JsonResponse({"problem": str(refusal)}, status=400)
    except NoSuchItem:
        return JsonResponse({"problem": "There is no such question for you."}, status=404)
    except OutOfTurn as refusal:
        return JsonResponse({"problem": str(refusal)}, status=409)
    except Unreadable as refusal:
        return JsonResponse({"problem": str(refusal)}, status=422)
    running = receipt.item.attempt
    return JsonResponse(
        {
            "client_id": str(sent.client_id),
            "saved_at": _clock(receipt.answer.at),
            "is_late": receipt.is_late,
            "is_empty": receipt.answer.response is None,
            "other_at": _clock(receipt.other_at) if receipt.other_at else None,
            "left": seconds_left(now, running.deadline) if running.is_open else 0,
            "is_open": running.is_open,
        }
    )


def _clock(moment):
    return date_format(timezone.localtime(moment), "H:i:s")


@require_safe
def time(request, attempt):
    """How many seconds are left, for a page that slept."""
    if not request.user.is_authenticated:
        return JsonResponse({"problem": "Please sign in again."}, status=401)
    attempt = queries.attempt_of(request.user, attempt)
    left = seconds_left(timezone.now(), attempt.deadline) if attempt.is_open else 0
    return JsonResponse({"left": left, "is_open": attempt.is_open})


@GET_OR_POST
def look_over(request, attempt):
    """What is empty or flagged, before handing in; the button hands in."""
    if not request.user.is_authenticated:
        return to_sign_in(request)
    now = timezone.now()
    attempt = queries.attempt_of(request.user, attempt)
    if request.method == "POST":
        if "hand_in" not in request.POST:
            raise BadRequest("no button of this page")
        submit_attempt(attempt, now=now, by=request.user)
        return see_other(request, reverse("quizzes:result", args=[attempt.pk]))
    if close_if_overdue(attempt, now=now):
        return redirect("quizzes:result", attempt.pk)
    page = queries.attempt_page(attempt, now=now)
    context = {"course": attempt.course, "quiz": attempt.quiz, "attempt": attempt, "page": page}
    return render(request, "quizzes/look_over.html", context)


# --- afterwards -------------------------------------------------------------------------------------------


@GET_OR_POST
def result(request, attempt):
    """What was handed in and what may be seen of it; a post practises its questions again."""
    if not request.user.is_authenticated:
        return to_sign_in(request)
    now = timezone.now()
    attempt = queries.attempt_of(request.user, attempt)
    if not close_if_overdue(attempt, now=now):
        return see_other(request, reverse("quizzes:attempt", args=[attempt.pk]))
    found = queries.result_of(attempt, now=now)
    problem = ""
    if request.method == "POST":
        try:
            again = _practise(request, found, now)
        except CannotStart as refusal:
            problem = str(refusal)
        else:
            return see_other(request, reverse("quizzes:attempt", args=[again.pk]))
    context = {
        "section": "course",
        "course": attempt.course,
        "quiz": attempt.quiz,
        "attempt": attempt,
        "result": found,
        "problem": problem,
        "may_practise": attempt.kind != Attempt.Kind.PREVIEW and found.seen.verdict,
    }
    return render(request, "quizzes/result.html", context, status=422 if problem else 200)


def _practise(request, found, now):
    if found.attempt.kind == Attempt.Kind.PREVIEW or not found.seen.verdict:
        raise CannotStart("These questions can be practised when the result may be seen.")
    if "mistakes" in request.POST:
        numbers = {item.number for item in found.mistakes}
    elif "again" in request.POST:
        numbers = {item.number for item in found.items}
    else:
        raise BadRequest("no button of this page")
    rows = found.attempt.items.filter(number__in=numbers).order_by("number")
    return start_again(
        found.attempt, list(rows.values_list("question_id", flat=True)), now=now, rng=random.SystemRandom()
    )


@require_safe
def marks(request):
    """Every quiz, my attempts, which counts, and when marks are shown."""
    if not request.user.is_authenticated:
        return to_sign_in(request)
    found = queries.my_marks(request.user, now=timezone.now())
    taken = [row for row in found if row.rows or row.standing.open or row.brought]
    context = {"section": "progress", "marks": taken, "not_taken": [row for row in found if row not in taken]}
    return render(request, "quizzes/marks.html", context)


def to_sign_in(request, onward=""):
    return see_other(request, f"{reverse('accounts:sign_in')}?{urlencode({'next': onward or request.path})}")


def _numbers(values):
    """The whole numbers among posted texts, without repeats."""
    return list(dict.fromkeys(int(v) for v in values if v.isascii() and v.isdigit() and len(v) < 7))


def _typed(fields):
    """The one text that was typed, to stand in its field again."""
    texts = [values[-1] for values in fields.values() if values]
    return texts[0][:LONGEST_TEXT] if len(texts) == 1 else ""
