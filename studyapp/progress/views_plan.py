"""The plan for an exam: what to read and review each day until then, and what to expect. Looking stores nothing."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from studyapp.accounts.guests import learner_of
from studyapp.classes.access import course_for, courses_for
from studyapp.context import review_today
from studyapp.htmx import see_other
from studyapp.progress.forms import ExamDateForm
from studyapp.progress.planned import course_plan
from studyapp.reading.models import ReadingPlace
from studyapp.review.days import study_day
from studyapp.review.exam_dates import DateRefused, exam_day, remove_exam_date, set_exam_date, studied_for


@require_safe
def plans(request):
    """On to the plan of the course that was read last, or to the page where courses are chosen."""
    courses = list(courses_for(request.user).order_by("title", "pk"))
    if request.user.is_authenticated and len(courses) > 1:
        places = ReadingPlace.objects.filter(learner=request.user, lesson__course__in=courses)
        last = places.order_by("-at").values_list("lesson__course", flat=True).first()
        courses.sort(key=lambda course: course.pk != last)
    return redirect("progress:plan", courses[0].slug) if courses else redirect("study:courses")


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request, course):
    course = course_for(request.user, course)
    if request.method != "POST":
        return _page(request, course)
    if "remove" in request.POST:
        if request.user.is_authenticated and remove_exam_date(request.user, course):
            messages.success(request, "The date is removed. Review goes on as before.")
        return see_other(request, _address(course))
    if "on" not in request.POST:
        raise BadRequest("no button of this page")
    form = ExamDateForm(request.POST)
    if not form.is_valid():
        return _page(request, course, form=form, status=422)
    now = timezone.now()
    zone = getattr(request.user, "time_zone", None) or timezone.get_current_timezone_name()
    try:
        on = studied_for(form.cleaned_data["on"], today=study_day(now, zone))
    except DateRefused as refusal:
        form.add_error("on", str(refusal))
        return _page(request, course, form=form, status=422)
    set_exam_date(learner_of(request, now=now), course, on, now=now)
    messages.success(request, "Saved. The plan begins today.")
    return see_other(request, _address(course))


def _page(request, course, *, form=None, status=200):
    now, learner = timezone.now(), request.user
    context = {"section": "progress", "course": course, "form": form or ExamDateForm()}
    if learner.is_authenticated:
        today = study_day(now, learner.time_zone)
        exam = exam_day(learner, course, today=today)
        context |= {"exam": exam, "is_over": bool(exam and exam.on < today)}
        if exam and form is None:
            context["form"] = ExamDateForm(initial={"on": exam.on} if exam.own else None)
        if exam and exam.on >= today:
            context["plan"] = course_plan(learner, course, exam, review_today(request), now=now)
    return render(request, "progress/plan.html", context, status=status)


def _address(course):
    return reverse("progress:plan", args=[course.slug])
