"""The learner's own progress."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from studyapp.context import review_today
from studyapp.progress.mine import my_progress


@require_safe
def mine(request):
    """What the learner has read and knows now, what is to come, and how they studied, of each course they have begun."""
    day = review_today(request)
    found = my_progress(request.user, day, now=timezone.now())
    context = {
        "section": "progress",
        "day": day,
        "courses": found.begun,
        "first": found.first,
        "begun": sum(view.total - view.not_started for view in found.begun),
        "known": sum(view.known for view in found.begun),
        "fading": sum(view.fading for view in found.begun),
        "to_come": found.to_come,
    }
    if found.history:
        context |= {"studied": found.history.studied, "calibration": found.history.calibration}
    return render(request, "progress/mine.html", context)
