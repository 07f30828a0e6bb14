"""A plain form that came after its session had ended: kept in the browser's new session until its person signs in.

Nothing of it stands in the address or on the page. It is the person of the attempt who gets it saved, nobody else;
whoever signs in here with another account is told, stays signed out, and the answers stay kept.
"""

from contextlib import suppress

from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from studyapp.htmx import see_other
from studyapp.quizzes.saving import BadSave, read_writer

KEPT = "kept_answers"
LONGEST = 300_000  # characters
MOST_ATTEMPTS = 3


def keep(request, attempt):
    """Put the posted answers of this attempt (its id) aside, and ask who is there."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name
        not in ("csrfmiddlewaretoken", "writer")  # what nobody knows is refused when it is saved, not before
    ]
    with suppress(BadSave):  # the answers are what matters; without it they get a writer of their own
        fields.append(("writer", read_writer(request.POST)))
    if sum(len(name) + len(value) for name, value in fields) > LONGEST:
        raise BadRequest("more than can be kept")
    kept = {pk: form for pk, form in request.session.get(KEPT, {}).items() if pk != str(attempt)}
    kept = dict(list(kept.items())[1 - MOST_ATTEMPTS :])
    kept[str(attempt)] = {"at": timezone.now().timestamp(), "fields": fields}
    request.session[KEPT] = kept
    return see_other(request, reverse("quizzes:kept", args=[attempt]))


def kept_form(request, attempt) -> QueryDict | None:
    """The answers that are kept for this attempt (its id), or None."""
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
