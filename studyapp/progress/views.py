"""The learner's own progress."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from studyapp.classes.access import courses_for, with_may_edit
from studyapp.progress.queries import learner_overview


@require_safe
def mine(request):
    """What the learner has read and knows now, by lesson and passage, of each course they have begun."""
    courses = list(with_may_edit(courses_for(request.user), request.user))
    drafts = [course.pk for course in courses if course.may_edit]
    views = learner_overview(request.user, courses, drafts_of=drafts, now=timezone.now())
    begun = [view for view in views if view.not_started < view.total]
    begun.sort(key=lambda view: view.place.at.timestamp() if view.place else 0, reverse=True)
    context = {
        "section": "progress",
        "courses": begun,
        "first": views[0] if views else None,
        "begun": sum(view.total - view.not_started for view in begun),
        "known": sum(view.known for view in begun),
        "fading": sum(view.fading for view in begun),
    }
    return render(request, "progress/mine.html", context)
