"""A plain form that came after its session had ended: kept in the browser's new session until its person signs in.

Nothing of it stands in the address or on the page. It is the person of the attempt who gets it saved, nobody else;
whoever signs in here with another account is told, stays signed out, and the answers stay kept.

Nobody has shown who they are, so it is kept for a day, only where an attempt can still want it, no longer than its
questions allow, and counted for the network. The browser is answered the same whether anything was kept.
"""

from contextlib import suppress
from datetime import timedelta

from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from content.questions.essay import ESSAY_LENGTH
from studyapp.accounts.budgets import spend
from studyapp.htmx import see_other
from studyapp.quizzes.models import Attempt, AttemptItem
from studyapp.quizzes.saving import KEPT, BadSave, read_writer

KEPT_FOR = timedelta(days=1)
LONGEST = 300_000  # characters
MOST_ATTEMPTS = 3
BESIDE = 200  # characters of a question's form that are no answer
LEAST_COUNTED = 1000  # bytes: a row costs something, whatever is in it
NOT_KEPT = (
    "What you sent while you were signed out was not kept: the attempt ended more than a day before, or it was "
    "longer than its questions allow."
)


def keep(request, attempt):
    """Put the posted answers of this attempt (its id) aside, and ask who is there. Raises OverBudget."""
    now = timezone.now()
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name
        not in ("csrfmiddlewaretoken", "writer")  # what nobody knows is refused when it is saved, not before
    ]
    with suppress(BadSave):  # the answers are what matters; without it they get a writer of their own
        fields.append(("writer", read_writer(request.POST)))
    size = sum(len(name) + len(value) for name, value in fields)
    if size > LONGEST:
        raise BadRequest("more than can be kept")
    if size > _most_for(attempt, now):
        fields = []
    kept = {pk: form for pk, form in request.session.get(KEPT, {}).items() if pk != str(attempt)}
    kept = dict(list(kept.items())[1 - MOST_ATTEMPTS :])
    kept[str(attempt)] = {"at": now.timestamp(), "fields": fields}
    is_account = request.user.is_authenticated and not request.user.is_guest
    if not is_account:
        stored = len(request.session.encode(dict(request.session.items()) | {KEPT: kept}))
        spend("kept", address=request.META["REMOTE_ADDR"], now=now, amount=max(LEAST_COUNTED, stored))
    request.session[KEPT] = kept
    if not request.user.is_authenticated:
        request.session.set_expiry(KEPT_FOR)
    return see_other(request, reverse("quizzes:kept", args=[attempt]))


def _most_for(attempt, now) -> int:
    """How many characters an attempt (its id) may still want: 0 where there is none, or it ended long ago."""
    wanted = Q(state=Attempt.State.OPEN) | Q(finished_at__gt=now - KEPT_FOR)
    questions = AttemptItem.objects.filter(attempt=attempt, attempt__quiz__isnull=False).filter(
        attempt__in=Attempt.objects.filter(wanted)
    )
    return questions.count() * (ESSAY_LENGTH + BESIDE)


def kept_form(request, attempt) -> QueryDict | None:
    """The answers that are kept for this attempt (its id), or None; empty where something came that was not kept."""
    form = request.session.get(KEPT, {}).get(str(attempt))
    if form is None:
        return None
    posted = QueryDict(mutable=True)
    for name, value in form["fields"]:
        posted.appendlist(name, value)
    return posted


def let_go(request, attempt) -> None:
    kept = request.session.get(KEPT, {})
    kept.pop(str(attempt), None)
    request.session[KEPT] = kept
