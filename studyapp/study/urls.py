from django.urls import path

from studyapp.study import views, views_bringing

app_name = "study"
urlpatterns = [
    path("bring-along/", views_bringing.bring_along, name="bring_along"),
    path("", views.home, name="home"),
    path("courses/", views.courses, name="courses"),
    path("courses/<slug:course>/", views.course_map, name="course_map"),
]
