"""After a guest signed in to an account they already had: bring along what they did, or leave it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from studyapp.htmx import see_other
from studyapp.study import bringing


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bring_along(request):
    guest = bringing.guest_left_behind(request.session.get("guest_to_bring"))
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    next_url = wanted if safe else reverse("study:home")
    if guest is None or request.user.is_guest:
        return see_other(request, next_url)
    belongings = bringing.belongings_of(guest)
    if request.method == "POST":
        if "bring" in request.POST:
            bringing.bring_along(guest, request.user, now=timezone.now())
            messages.success(request, "What you did as a guest is now in your account.")
        del request.session["guest_to_bring"]
        return see_other(request, next_url)
    if not belongings:
        return see_other(request, next_url)
    context = {
        "belongings": belongings,
        "practice": len(bringing.attempts_as_practice(guest, request.user)),
        "next": next_url,
    }
    return render(request, "study/bring_along.html", context)
