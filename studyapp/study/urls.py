from django.urls import path

from studyapp.study import views

app_name = "study"
urlpatterns = [
    path("", views.home, name="home"),
]
