from django.shortcuts import render


def mine(request):
    return render(request, "progress/mine.html", {"section": "progress"})
