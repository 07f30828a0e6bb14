"""The learner's own progress."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from studyapp.classes.access import courses_for, with_may_edit
from studyapp.context import review_today
from studyapp.progress.planned import reviews_to_come
from studyapp.progress.queries import learner_overview, with_objectives
from studyapp.progress.studied import calibration, studied
from studyapp.review.days import study_day
from studyapp.review.exam_dates import with_exam_on


@require_safe
def mine(request):
    """What the learner has read and knows now, what is to come, and how they studied, of each course they have begun."""
    now = timezone.now()
    courses = _courses(request.user, now)
    drafts = [course.pk for course in courses if course.may_edit]
    views = learner_overview(request.user, courses, drafts_of=drafts, now=now)
    begun = [view for view in views if view.not_started < view.total]
    begun.sort(key=lambda view: view.place.at.timestamp() if view.place else 0, reverse=True)
    context = {
        "section": "progress",
        "courses": with_objectives(begun, request.user, now=now) if begun else [],
        "first": views[0] if views else None,
        "begun": sum(view.total - view.not_started for view in begun),
        "known": sum(view.known for view in begun),
        "fading": sum(view.fading for view in begun),
    }
    if request.user.is_authenticated and begun:
        day = review_today(request)
        context |= {
            "day": day,
            "to_come": reviews_to_come(request.user, day, now=now),
            "studied": studied(request.user, now=now),
            "calibration": calibration(request.user),
        }
    return render(request, "progress/mine.html", context)


def _courses(learner, now):
    courses = with_may_edit(courses_for(learner), learner)
    if learner.is_authenticated:
        courses = with_exam_on(courses, learner, course="pk", today=study_day(now, learner.time_zone))
    return list(courses)
