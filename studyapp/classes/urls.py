from django.urls import path

from studyapp.classes import views

app_name = "classes"
urlpatterns = [
    path("join/", views.join, name="join"),
    path("join/<str:token>/", views.invitation, name="invitation"),
    path("classes/", views.mine, name="mine"),
]
