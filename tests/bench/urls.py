"""The product plus the floor: the least that a page with a person, and a save, cost on this machine."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.utils import timezone

from content.models import Lesson
from studyapp.accounts.models import Notice
from studyapp.reading.models import ReadingPlace


def floor_page(request):
    """A small template with session and user."""
    return render(request, "floor.html", {"lines": range(10)})


def floor_save(request):
    """A POST that reads, inserts and updates in one transaction."""
    now = timezone.now()
    with transaction.atomic():
        lesson = Lesson.objects.only("pk").first()
        Notice.objects.create(user_id=request.user.pk, text="floor", created_at=now)
        ReadingPlace.objects.filter(learner_id=request.user.pk, lesson=lesson).update(at=now)
    return HttpResponse("saved")


urlpatterns = [
    path("floor/", floor_page),
    path("floor/save/", floor_save),
    path("", include("studyapp.urls")),
]
handler404 = "studyapp.views.not_found"
handler500 = "studyapp.views.server_error"
