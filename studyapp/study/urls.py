from django.urls import path

from studyapp.study import views

app_name = "study"
urlpatterns = [
    path("", views.home, name="home"),
    path("courses/", views.courses, name="courses"),
    path("courses/<slug:course>/", views.course_map, name="course_map"),
]
