"""Join a class by its code or by an invitation; see which classes I am in, and leave one."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from studyapp.classes import access, enrolling
from studyapp.classes.forms import JoinForm
from studyapp.htmx import see_other


@require_http_methods(["GET", "HEAD", "POST"])
def join(request):
    if request.method != "POST":
        form = JoinForm(initial={"code": request.GET.get("code", "")[:40]})
        return render(request, "classes/join.html", {"form": form})
    form = JoinForm(request.POST)
    if form.is_valid():
        code = form.cleaned_data["code"]
        try:
            enrolment, is_new = enrolling.join(request.user, code, now=timezone.now())
        except enrolling.NeedsAccount:
            return see_other(request, sign_up_first(f"{reverse('classes:join')}?{urlencode({'code': code})}"))
        except enrolling.CannotJoin as refusal:
            form.add_error("code", str(refusal))
        else:
            said = "You are now in" if is_new else "You are already in"
            messages.success(request, f"{said} {enrolment.cohort.name}.")
            return see_other(request, reverse("classes:mine"))
    return render(request, "classes/join.html", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request, token):
    now = timezone.now()
    found = enrolling.open_invitation(token, now=now)
    if found is None:
        return render(request, "classes/invitation.html", {"invitation": None}, status=404)
    if request.method == "POST":
        try:
            enrolment = enrolling.accept(request.user, token, now=now)
        except enrolling.NeedsAccount:
            return see_other(request, sign_up_first(request.path))
        except enrolling.WasTakenOut as refusal:
            context = {"invitation": found, "token": token, "problem": str(refusal)}
            return render(request, "classes/invitation.html", context, status=422)
        except enrolling.CannotJoin:
            return render(request, "classes/invitation.html", {"invitation": None}, status=404)
        messages.success(request, f"You are now in {enrolment.cohort.name}.")
        return see_other(request, reverse("classes:mine"))
    return render(request, "classes/invitation.html", {"invitation": found, "token": token})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def mine(request):
    memberships = access.memberships_of(request.user)
    if request.method == "POST":
        number = request.POST.get("leave", "")
        leaving = next((m for m in memberships if str(m.pk) == number), None)
        if leaving is None:
            raise Http404
        enrolling.leave(leaving, now=timezone.now())
        messages.success(request, f"You have left {leaving.cohort.name}. It no longer sees what you do.")
        return see_other(request, reverse("classes:mine"))
    return render(request, "classes/mine.html", {"memberships": memberships})


def sign_up_first(next_url: str) -> str:
    """The sign-up page, which comes back to this address; it also offers signing in."""
    return f"{reverse('accounts:sign_up')}?{urlencode({'next': next_url})}"
