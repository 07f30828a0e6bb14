from django.shortcuts import render


def home(request):
    return render(request, "study/home.html", {"section": "home"})


def courses(request):
    return render(request, "study/courses.html", {"section": "course"})


def course_map(request, course):
    return render(request, "study/course_map.html", {"section": "course"})
