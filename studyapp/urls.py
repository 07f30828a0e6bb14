from django.contrib import admin
from django.urls import include, path

from studyapp import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("", include("studyapp.accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("studyapp.classes.urls")),
    path("", include("studyapp.progress.urls")),
    path("", include("studyapp.quizzes.urls")),
    path("", include("studyapp.study.urls")),
]

handler400 = "studyapp.views.bad_request"
handler403 = "studyapp.views.forbidden"
handler404 = "studyapp.views.not_found"
handler500 = "studyapp.views.server_error"
