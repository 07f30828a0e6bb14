"""Everything that was saved for one question, as its student sees it, and the way back to an earlier answer."""

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from content.questions import get_kind
from content.questions.rendering import asked
from studyapp.htmx import see_other
from studyapp.quizzes import queries
from studyapp.quizzes.marking import answers_of
from studyapp.quizzes.order import OutOfTurn
from studyapp.quizzes.scoring import current_of
from studyapp.quizzes.sittings import NoSuchItem, close_if_overdue, save_again
from studyapp.quizzes.views.learner import out_of_turn, to_sign_in


@require_http_methods(["GET", "HEAD", "POST"])
def saved(request, attempt, number):
    """What was saved, newest first, with the time of each; while the attempt runs, one of it can be used again."""
    if not request.user.is_authenticated:
        return to_sign_in(request)
    now = timezone.now()
    attempt = queries.attempt_of(request.user, attempt)
    is_open = not close_if_overdue(attempt, now=now)
    try:
        item = queries.item_in_turn(attempt, number)
    except OutOfTurn as refusal:
        return out_of_turn(request, attempt, refusal)
    if request.method == "POST" and is_open:
        return _use_again(request, attempt, number, now)
    answers = answers_of(attempt).get(item.pk, [])
    kind, current = get_kind(item.question.kind), current_of(answers)
    context = {
        "section": "course",
        "course": attempt.course,
        "quiz": attempt.quiz,
        "attempt": attempt,
        "item": item,
        "stem": asked(item.question.kind, item.version.rendered, item.presented)["stem"],
        "current": current,
        "may_choose": is_open and item.left_at is None,
        "answers": [
            (answer, "" if answer.response is None else kind.summary(item.version.content, answer.response))
            for answer in reversed(answers)
        ],
    }
    return render(request, "quizzes/saved.html", context)


def _use_again(request, attempt, number, now):
    chosen = request.POST.get("again", "")
    try:
        if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
            raise NoSuchItem
        save_again(request.user, attempt=attempt.pk, number=number, answer=int(chosen), now=now)
    except NoSuchItem:
        raise Http404 from None
    except OutOfTurn as refusal:
        return out_of_turn(request, attempt, refusal)
    return see_other(request, reverse("quizzes:item", args=[attempt.pk, number]))
