"""Sign up, in and out, profile, notices, and what is said about this site."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import JsonResponse
from django.middleware.csrf import get_token, rotate_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studyapp.accounts.browsers import cookie_of, remember_browser
from studyapp.accounts.budgets import OverBudget, spend
from studyapp.accounts.confirming import confirm_email, email_in, letter_to
from studyapp.accounts.forms import PasswordForm, ProfileForm, ResetForm, SignInForm, SignUpForm
from studyapp.accounts.links import link_is_open, use_link
from studyapp.accounts.mailing import send_later
from studyapp.accounts.models import Notice, folded
from studyapp.accounts.resetting import ask_for_link, may_be_told
from studyapp.accounts.signing_in import confirm_password, sign_in_with_password
from studyapp.accounts.signing_up import NameTaken, change_details, change_password, open_account, try_email
from studyapp.accounts.waiting import MustWait
from studyapp.htmx import render_part, see_other

BACKEND = "django.contrib.auth.backends.ModelBackend"
GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])
WRONG = "This sign-in name and this password do not belong together."
LINK_COUNTS_FOR = 3600  # seconds in which whoever came by a link may set a password without the old one
TAKEN = (
    "There may be an account with this sign-in name or e-mail already. "
    "If it is yours, sign in; otherwise choose another sign-in name, or leave the e-mail out."
)
NAME_TAKEN = "Somebody has this sign-in name already. If it is you, sign in; otherwise choose another."
MAIL_SENT = (
    "We have sent a message to {email}. Open the link in it within 24 hours: "
    "then the address belongs to your account."
)


@GET_OR_POST
def sign_in(request):
    form = SignInForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "next": next_of(request)}
    status, seconds, now = 200, 0, timezone.now()
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given, address = form.cleaned_data, request.META["REMOTE_ADDR"]
            try:
                person = sign_in_with_password(
                    given["name"], given["password"], address=address, now=now, known=cookie_of(request)
                )
            except MustWait as wait:
                form.add_error(None, wait.sentence)
                status, seconds = 429, wait.seconds
            else:
                if person:
                    return enter(request, person, shared=given["shared"], next_url=context["next"], now=now)
                form.add_error(None, WRONG)
    return to_wait(render_part(request, "accounts/sign_in.html", "sign-in", context, status=status), seconds)


@GET_OR_POST
def sign_up(request):
    user = request.user
    if user.is_authenticated and not user.is_guest:
        return redirect(next_of(request) or "study:home")
    form = SignUpForm(request.POST if request.method == "POST" else None)
    status, seconds, now = 422 if form.is_bound else 200, 0, timezone.now()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            person = open_account(
                user if user.is_authenticated else None,
                **{name: given[name] for name in ("username", "password", "name", "email")},
                time_zone=settings.TIME_ZONE,
                address=request.META["REMOTE_ADDR"],
                sends_mail=settings.SENDS_MAIL,
                now=now,
            )
        except OverBudget as over:
            form.add_error(None, over.sentence)
            status, seconds = 429, over.seconds
        except NameTaken:
            if settings.SENDS_MAIL:
                form.add_error("username", NAME_TAKEN)
            else:
                form.add_error(None, TAKEN)
        else:
            was_guest = user.is_authenticated
            renew_session(request, person, shared=given["shared"])
            kept = " What you did so far is kept in it." if was_guest else ""
            messages.success(request, f"Your account is made.{kept}")
            if settings.SENDS_MAIL and given["email"]:
                mail_to_confirm(person, given["email"], now=now)
                messages.info(request, MAIL_SENT.format(email=given["email"]))
            return remember_browser(
                request, see_other(request, next_of(request) or reverse("study:home")), person, now=now
            )
    context = {"form": form, "next": next_of(request)}
    return to_wait(render_part(request, "accounts/sign_up.html", "sign-up", context, status=status), seconds)


@require_POST
def sign_out(request):
    logout(request)
    return see_other(request, reverse("study:home"))


@GET_OR_POST
def profile(request):
    user = request.user
    if not user.is_authenticated:
        return to_sign_in(request)
    if user.is_guest:
        return (
            see_other(request, reverse("accounts:sign_up"))
            if request.method == "POST"
            else render(request, "accounts/profile_of_guest.html")
        )
    now = timezone.now()
    came_by_link = request.session.get("came_by_link", 0) > now.timestamp() - LINK_COUNTS_FOR
    proof = "link" if came_by_link else "password" if user.has_usable_password() else ""
    changing = "details" if "details" in request.POST else "password" if "password" in request.POST else None
    details = ProfileForm(request.POST if changing == "details" else None, user=user, proof=proof)
    password = PasswordForm(
        request.POST if changing == "password" else None, user=user, ask_current=proof == "password"
    )
    status, seconds = 422 if request.method == "POST" else 200, 0
    try:
        if changing == "details" and details.is_valid() and stored_details(request, details, now=now):
            messages.success(request, "Your profile is saved.")
            return see_other(request, reverse("accounts:profile"))
        if changing == "password" and password.is_valid() and stored_password(request, password, now=now):
            messages.success(request, "Your password is changed. Other browsers are signed out.")
            done = see_other(request, reverse("accounts:profile"))
            return remember_browser(request, done, request.user, now=now)
    except MustWait as wait:
        form = details if changing == "details" else password
        form.add_error("current" if "current" in form.fields else None, wait.sentence)
        status, seconds = 429, wait.seconds
    context = {"details": details, "password": password}
    return to_wait(render(request, "accounts/profile.html", context, status=status), seconds)


def stored_details(request, form, *, now) -> bool:
    """True if stored; otherwise the form says what stands against it. Raises MustWait."""
    user = request.user
    if form.changes_email and not shown_to_be_theirs(request, form, now=now):
        return False
    given = {name: form.cleaned_data[name] for name in ("name", "email", "time_zone")}
    new, address = given["email"], request.META["REMOTE_ADDR"]
    if settings.SENDS_MAIL and new and folded(new) != user.email_folded:
        # Whoever reads the mail confirms it; until then the address stays as it was.
        spend("letters", address=address, now=now)
        change_details(user, **given | {"email": user.email})
        mail_to_confirm(user, new, now=now)
        messages.info(request, MAIL_SENT.format(email=new))
        return True
    try:
        old = (
            try_email(user, **given, address=address, now=now)
            if form.changes_email
            else change_details(user, **given)
        )
    except NameTaken:
        form.add_error("email", "This e-mail cannot be used. Choose another, or leave it out.")
        return False
    tell_old_address(user, old, now=now)
    return True


def tell_old_address(user, old, *, now) -> None:
    """A word to the e-mail that was this person's until now, if there was one."""
    if old and settings.SENDS_MAIL and may_be_told(old, now=now):
        context = {"site_name": settings.SITE_NAME, "username": user.username, "contact": settings.CONTACT}
        text = render_to_string("accounts/mail/email_changed.txt", context)
        send_later(f"Your e-mail address at {settings.SITE_NAME} was changed", text, to=old)


def mail_to_confirm(user, email, *, now) -> None:
    """Write to an address that an account wants to have: a link that confirms it, or that another account has it."""
    letter = letter_to(email, user, now=now)
    if letter is None:
        return
    context = {
        "site_name": settings.SITE_NAME,
        "username": user.username,
        "owner": letter.owner and letter.owner.username,
        "link": settings.BASE_URL + reverse("accounts:confirm", args=[letter.token]),
        "sign_in": settings.BASE_URL + reverse("accounts:sign_in"),
    }
    name = "email_taken" if letter.owner else "confirm_email"
    text = render_to_string(f"accounts/mail/{name}.txt", context)
    send_later(f"Your e-mail address at {settings.SITE_NAME}", text, to=email)


@GET_OR_POST
def confirm(request, token):
    """The link that was sent to a new e-mail: opening it shows a button, only the button gives the account the address."""
    user, now = request.user, timezone.now()
    if not user.is_authenticated:
        return to_sign_in(request)
    email = email_in(token, user, now=now)
    if request.method == "POST" and email:
        try:
            old = confirm_email(token, user, now=now)
        except NameTaken:
            old = None
        if old is not None:
            tell_old_address(user, old, now=now)
            messages.success(request, "The e-mail now belongs to your account.")
            return see_other(request, reverse("accounts:profile"))
        email = ""
    return render(request, "accounts/confirm.html", {"email": email}, status=200 if email else 404)


def stored_password(request, form, *, now) -> bool:
    """True if the password is the new one, under a new session key. Raises MustWait."""
    if not shown_to_be_theirs(request, form, now=now):
        return False
    change_password(request.user, form.cleaned_data["new"])
    renew_session(request, request.user)
    request.session.pop("came_by_link", None)
    return True


def shown_to_be_theirs(request, form, *, now) -> bool:
    """True if the form does not ask for the current password, or was given it. Wrong ones count; raises MustWait."""
    if "current" not in form.fields:
        return True
    typed, address = form.cleaned_data["current"], request.META["REMOTE_ADDR"]
    if confirm_password(request.user, typed, address=address, now=now, known=cookie_of(request)):
        return True
    form.add_error("current", "This is not your current password.")
    return False


@GET_OR_POST
def link(request, token):
    """A one-time sign-in link: opening it shows a button, only the button uses it."""
    now = timezone.now()
    if request.method == "POST" and (person := use_link(token, now=now)):
        profile = reverse("accounts:profile") + "#password"
        answer = enter(request, person, shared=False, next_url=profile, now=now)
        request.session["came_by_link"] = now.timestamp()
        return answer
    is_open = link_is_open(token, now=now)
    return render(request, "accounts/link.html", {"is_open": is_open}, status=200 if is_open else 404)


@GET_OR_POST
def reset(request):
    """Forgotten password: a link by mail where this site sends mail; elsewhere the page says whom to ask."""
    form = ResetForm(request.POST if request.method == "POST" and settings.SENDS_MAIL else None)
    status, seconds = 422 if request.method == "POST" else 200, 0
    if form.is_bound and form.is_valid():
        name, address = form.cleaned_data["name"], request.META["REMOTE_ADDR"]
        try:
            asked = ask_for_link(name, address=address, now=timezone.now())
        except MustWait as wait:
            form.add_error(None, wait.sentence)
            status, seconds = 429, wait.seconds
        else:
            if asked:
                mail_link(*asked)
            return see_other(request, reverse("accounts:reset") + "?sent=1")
    context = {"form": form, "is_sent": "sent" in request.GET}
    return to_wait(render_part(request, "accounts/reset.html", "reset", context, status=status), seconds)


def mail_link(person, token) -> None:
    # Not the address of the request: a visitor can choose it, and the mail must lead here.
    link = settings.BASE_URL + reverse("accounts:link", args=[token])
    context = {"link": link, "site_name": settings.SITE_NAME, "username": person.username}
    text = render_to_string("accounts/mail/reset.txt", context)
    send_later(f"Your sign-in link for {settings.SITE_NAME}", text, to=person.email)


@GET_OR_POST
def notices(request):
    if not request.user.is_authenticated:
        return to_sign_in(request)
    mine = Notice.objects.filter(user=request.user)
    if request.method == "POST":
        mine.filter(read_at__isnull=True).update(read_at=timezone.now())
        return see_other(request, reverse("accounts:notices"))
    return render(request, "accounts/notices.html", {"notices": mine[:200]})


@require_safe
def token(request):
    """For pages that stay open: the CSRF token of now, and whose session it belongs to."""
    return JsonResponse({"token": get_token(request), "user": request.user.pk})


@require_safe
def about(request):
    return render(request, "accounts/about.html")


@require_safe
def privacy(request):
    return render(request, "accounts/privacy.html")


@require_safe
def admin_sign_in(request):
    """The admin's own sign-in page would neither count failures nor know e-mails: everybody comes in by one door."""
    return redirect(
        f"{reverse('accounts:sign_in')}?{urlencode({'next': next_of(request) or reverse('admin:index')})}"
    )


@require_safe
def admin_password(request):
    return redirect(reverse("accounts:profile") + "#password")


def enter(request, person, *, shared, next_url, now):
    """Sign the person in under a new session key, in a browser that is known to their account from then on; a guest is
    asked next whether to bring along what they did."""
    guest = request.user if request.user.is_authenticated and request.user.is_guest else None
    login(request, person, backend=BACKEND)
    # Also where the session of before was to be short: something was kept in it for somebody signed out.
    request.session.set_expiry(0 if shared else None)
    if guest:
        request.session["guest_to_bring"] = guest.pk
        query = f"?{urlencode({'next': next_url})}" if next_url else ""
        next_url = reverse("study:bring_along") + query
    answer = see_other(request, next_url or reverse("study:home"))
    return remember_browser(request, answer, person, now=now)


def renew_session(request, person, *, shared=None):
    """A new session key and CSRF token for the person of this request; every other session ends if the password changed."""
    if request.user.is_authenticated:
        request.user = person
        update_session_auth_hash(request, person)
        rotate_token(request)
        if shared is not None:
            request.session.set_expiry(0 if shared else None)
    else:
        login(request, person, backend=BACKEND)
        request.session.set_expiry(0 if shared else None)


def next_of(request) -> str:
    """Where to go afterwards, if that is a page of this site; else nothing."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if allowed and len(wanted) <= 2000 else ""


def to_sign_in(request):
    return see_other(request, f"{reverse('accounts:sign_in')}?{urlencode({'next': request.path})}")


def to_wait(response, seconds: int):
    """The response, with when to come again if it says so."""
    if seconds:
        response["Retry-After"] = str(seconds)
    return response
