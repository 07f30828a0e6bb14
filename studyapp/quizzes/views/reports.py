"""Report a problem with a question, and what staff reply."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from content.questions.rendering import answered, asked
from studyapp.htmx import see_other
from studyapp.quizzes import queries
from studyapp.quizzes.forms import TextForm
from studyapp.quizzes.groups import WithoutClass
from studyapp.quizzes.marking import answers_of
from studyapp.quizzes.order import OutOfTurn
from studyapp.quizzes.problem_reports import TEXT_LENGTH, reply_to, report_problem, reports_for
from studyapp.quizzes.scoring import current_of
from studyapp.quizzes.views.learner import out_of_turn, to_sign_in

GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])
SHOWN = 200


@GET_OR_POST
def report(request, attempt, number):
    """What a student says about a question of theirs, and the replies. Possible while the attempt runs and after."""
    if not request.user.is_authenticated:
        return to_sign_in(request)
    attempt = queries.attempt_of(request.user, attempt)
    try:
        item = queries.item_in_turn(attempt, number)
    except OutOfTurn as refusal:
        return out_of_turn(request, attempt, refusal)
    form = TextForm(
        request.POST if request.method == "POST" else None,
        label="What is wrong with it?",
        longest=TEXT_LENGTH,
        help_text="A word that is missing, two right answers, a picture that does not come: whatever you see.",
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if report_problem(item, text=form.cleaned_data["text"], now=timezone.now()):
                messages.success(request, "Reported. The reply will stand among your notices.")
                return see_other(request, _back(attempt, item))
            form.add_error(None, "You have reported this question already; the reply is on its way.")
    context = {
        "section": "course",
        "course": attempt.course,
        "quiz": attempt.quiz,
        "attempt": attempt,
        "item": item,
        "stem": asked(item.question.kind, item.version.rendered, item.presented)["stem"],
        "reports": list(item.problem_reports.order_by("-pk")),
        "back": _back(attempt, item),
        "form": form,
    }
    return render(request, "quizzes/report.html", context, status=status)


def _back(attempt, item):
    """To the question while the attempt runs, else to its result."""
    if attempt.is_open:
        return reverse("quizzes:item", args=[attempt.pk, item.number])
    return reverse("quizzes:result", args=[attempt.pk]) + f"#r{item.number}"


@require_safe
@login_required
def reports(request):
    """What students reported: first what waits for a reply."""
    found = reports_for(request.user).select_related(
        "item__question__course", "item__attempt__learner", "item__attempt__quiz", "item__attempt__cohort"
    )
    context = {
        "section": "teach",
        "waiting": list(found.filter(replied_at__isnull=True).order_by("pk")[:SHOWN]),
        "replied": list(found.filter(replied_at__isnull=False).order_by("-replied_at")[:SHOWN]),
    }
    return render(request, "quizzes/reports.html", context)


@GET_OR_POST
@login_required
def reply(request, report):
    """One report with the version that was asked and the answer that was given; posting replies."""
    found = (
        reports_for(request.user)
        .select_related(
            "item__attempt__learner", "item__attempt__quiz", "item__attempt__course", "item__attempt__cohort",
            "item__question", "item__version", "replied_by",
        )
        .filter(pk=report)
        .first()
    )  # fmt: skip
    if found is None:
        raise Http404
    form = TextForm(
        request.POST if request.method == "POST" else None, label="Reply to the student", longest=TEXT_LENGTH
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if reply_to(found, text=form.cleaned_data["text"], by=request.user, now=timezone.now()):
                messages.success(request, "Sent. The student finds the reply among the notices.")
                return see_other(request, reverse("quizzes:reports"))
            form.add_error(None, "Somebody has replied in the meantime.")
            status = 409
            found.refresh_from_db()
    context = {
        "section": "teach",
        "report": found,
        "item": found.item,
        "attempt": found.item.attempt,
        "course": found.item.attempt.course,
        "group": found.item.attempt.cohort or WithoutClass(found.item.attempt.course),
        "shown": _shown(found.item),
        "form": form,
    }
    return render(request, "quizzes/reply.html", context, status=status)


def _shown(item):
    current = current_of(answers_of(item.attempt).get(item.pk, []))
    response = current and current.response
    try:
        return answered(
            item.question.kind, item.version.content, item.version.rendered, item.presented, response,
            show_key=True,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return None
