"""Marking by question: one answer after the other, by points of the rubric, without names if wished."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from content.questions.rendering import answered
from studyapp.htmx import see_other
from studyapp.quizzes import teaching
from studyapp.quizzes.by_hand import COMMENT_LENGTH, NotToBeMarked, Overtaken, draft_mark, judged
from studyapp.quizzes.groups import address_of, group_for
from studyapp.quizzes.teaching_forms import MarkForm

GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


@GET_OR_POST
@login_required
def mark(request, quiz, item, cohort=None, course=None):
    """One answer with its rubric. Saving adds a draft and goes on to the next one that waits."""
    group, leads = group_for(request.user, cohort=cohort, course=course)
    quiz = teaching.quiz_of_class(group, quiz, leads=leads)
    page = teaching.marking_page(group, quiz, item)
    without_names = (request.POST if request.method == "POST" else request.GET).get("names") == "off"
    is_own = page.item.attempt.learner_id == request.user.pk
    form = MarkForm(
        request.POST if request.method == "POST" else None,
        rubric=page.rubric,
        maximum=page.item.points,
        longest=COMMENT_LENGTH,
        initial=_initial(page),
    )
    overtaken, status = None, 200
    if request.method == "POST":
        if is_own:
            raise PermissionDenied
        if form.is_valid():
            try:
                draft_mark(
                    page.item,
                    _judgement(page, form),
                    by=request.user,
                    seen=form.cleaned_data["seen"],
                    now=timezone.now(),
                )
            except Overtaken as refusal:
                overtaken, status = refusal.newest, 409
                form.data = form.data.copy()
                form.data["seen"] = str(overtaken.number)
            except NotToBeMarked as refusal:
                form.add_error(None, str(refusal))
                status = 409
            else:
                return see_other(request, _onward(request, group, quiz, page, without_names))
        else:
            status = 422
    context = {
        "section": "teach",
        "cohort": group,
        "course": group.course,
        "zone": ZoneInfo(group.zone),
        "quiz": quiz,
        "page": page,
        "form": form,
        "shown": _shown(page),
        "names": not without_names,
        "query": "?names=off" if without_names else "",
        "is_own": is_own,
        "overtaken": overtaken,
        "overtaken_points": overtaken and overtaken.fraction * _most(page),
        "keep": _address(group, quiz, page.next_unmarked or page.row, without_names),
    }
    return render(request, "quizzes/mark.html", context, status=status)


def _initial(page):
    draft = page.row.draft
    given = {"seen": draft.number if draft else 0}
    if draft and not page.row.was_replaced:
        given["comment"] = draft.comment
        given |= {f"points_{name}": points for name, points in draft.criteria.items()}
        if not page.rubric:
            given["points_"] = round(draft.fraction * page.item.points, 4)
    return given


def _judgement(page, form):
    return judged(
        page.rubric,
        form.points(),
        form.whole,
        maximum=page.item.points,
        comment=form.cleaned_data["comment"],
    )


def _most(page):
    """The points a marker counts in: those of the rubric, else those of the question."""
    return sum(row["points"] for row in page.rubric) or page.item.points


def _shown(page):
    item = page.item
    return answered(
        item.question.kind, item.version.content, item.version.rendered, item.presented, page.response,
        show_key=True,
    )  # fmt: skip


def _onward(request, group, quiz, page, without_names):
    if "stay" in request.POST:
        return _address(group, quiz, page.row, without_names)
    following = page.next_unmarked
    if following is None:
        messages.success(
            request, "Every answer to this question is marked. Release the marks when you are sure."
        )
        return address_of(group, "quiz", quiz.slug) + "#marking"
    return _address(group, quiz, following, without_names)


def _address(group, quiz, row, without_names):
    return address_of(group, "mark", quiz.slug, row.item.pk) + ("?names=off" if without_names else "")
