"""Sign in, and what was sent after the session had ended is saved."""

from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from studyapp.accounts.browsers import cookie_of, remember_browser
from studyapp.accounts.signing_in import sign_in_with_password
from studyapp.accounts.waiting import MustWait
from studyapp.htmx import see_other
from studyapp.quizzes import queries
from studyapp.quizzes.forms import SignInToSaveForm
from studyapp.quizzes.saving import BadSave
from studyapp.quizzes.sittings import close_if_overdue
from studyapp.quizzes.views.keeping import NOT_KEPT, kept_form, let_go
from studyapp.quizzes.views.learner import outlive, save_posted, to_sign_in

BACKEND = "django.contrib.auth.backends.ModelBackend"
WRONG = "This sign-in name and this password do not belong together."
ANOTHER = (
    "The answers that are kept here belong to another account. Sign in with the account that sat the quiz, and they "
    "are saved."
)


@require_http_methods(["GET", "HEAD", "POST"])
def kept(request, attempt):
    """Who is signed out signs in here; who is signed in saves with one button."""
    form = kept_form(request, attempt)
    if request.user.is_authenticated:
        found = queries.attempt_of(request.user, attempt)
        if form is None:
            return redirect("quizzes:attempt", found.pk)
        if request.method == "POST" or not form:
            return _save(request, found, form)
        return render(request, "quizzes/kept.html", {"attempt": found, "course": found.course})
    if form is None:
        return to_sign_in(request, reverse("quizzes:attempt", args=[attempt]))
    sign_in = SignInToSaveForm(request.POST if request.method == "POST" else None)
    status, wait = 200, 0
    if request.method == "POST":
        status = 422
        if sign_in.is_valid():
            try:
                found = _signed_in(request, attempt, sign_in)
            except MustWait as refusal:
                wait, status = refusal.seconds, 429
                sign_in.add_error(None, refusal.sentence)
            else:
                if found:
                    now, saved = timezone.now(), _save(request, found, form)
                    return remember_browser(request, saved, request.user, now=now)
    response = render(request, "quizzes/kept.html", {"form": sign_in}, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


def _signed_in(request, attempt, form):
    """The attempt, its person now signed in; or None, and the form says why."""
    given = form.cleaned_data
    address, known = request.META["REMOTE_ADDR"], cookie_of(request)
    person = sign_in_with_password(
        given["name"], given["password"], address=address, now=timezone.now(), known=known
    )
    if person is None:
        form.add_error(None, WRONG)
        return None
    try:
        found = queries.attempt_of(person, attempt)
    except Http404:
        form.add_error(None, ANOTHER)
        return None
    login(request, person, backend=BACKEND)
    request.session.set_expiry(0 if given["shared"] else None)
    if not given["shared"]:
        outlive(request, found)
    return found


def _save(request, attempt, form):
    now = timezone.now()
    if not form:
        let_go(request, attempt.pk)
        messages.warning(request, NOT_KEPT)
        return see_other(request, reverse("quizzes:attempt", args=[attempt.pk]))
    try:
        done = save_posted(request.user, attempt, form, now=now)
    except BadSave as refusal:
        let_go(request, attempt.pk)  # no page of ours wrote it; kept, it would stand in the way of the next
        raise BadRequest(str(refusal)) from None
    let_go(request, attempt.pk)
    if close_if_overdue(attempt, now=now):
        messages.warning(
            request, "The time was over: what you sent is kept, but not counted. Your teacher can see it."
        )
        return see_other(request, reverse("quizzes:result", args=[attempt.pk]))
    for sentence in done.told:
        messages.warning(request, sentence)
    for number, (problem, *_) in done.errors.items():
        messages.error(request, f"Question {number} was not saved: {problem}")
    all_is_saved = not done.told and not done.errors
    messages.success(
        request, "You are signed in, and what you sent is saved." if all_is_saved else "You are signed in."
    )
    return see_other(request, reverse("quizzes:attempt", args=[attempt.pk]))
