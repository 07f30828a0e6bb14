from django.urls import path

from studyapp.study import (
    views,
    views_bringing,
    views_images,
    views_notes,
    views_practice,
    views_review,
    views_take_along,
)

app_name = "study"
urlpatterns = [
    path("bring-along/", views_bringing.bring_along, name="bring_along"),
    path("", views.home, name="home"),
    # Where MEDIA_URL points: what is stored there is given out by the rights of its course, never as a folder.
    path("media/assets/<str:name>", views_images.image, name="image"),
    path("review/", views_review.review, name="review"),
    path("review/mistakes/", views_review.mistakes, name="mistakes"),
    path("take-along/", views_take_along.take_along, name="take_along"),
    path("take-along/<slug:course>.apkg", views_take_along.deck, name="deck"),
    path("take-along/<slug:course>.csv", views_take_along.deck_csv, name="deck_csv"),
    path("calendar/<slug:token>.ics", views_take_along.calendar_feed, name="calendar"),
    path("notes/", views_notes.notes, name="notes"),
    path("notes/my-notes.md", views_notes.notes_as_markdown, name="notes_as_markdown"),
    path("courses/", views.courses, name="courses"),
    path("courses/<slug:course>/", views.course_map, name="course_map"),
    path("courses/<slug:course>/glossary/", views.glossary, name="glossary"),
    path("courses/<slug:course>/timeline/", views.timeline, name="timeline"),
    path("courses/<slug:course>/search/", views.search, name="search"),
    path("courses/<slug:course>/<slug:lesson>/", views.lesson, name="lesson"),
    path("courses/<slug:course>/<slug:lesson>/place/", views.place, name="place"),
    path("courses/<slug:course>/<slug:lesson>/check/<slug:question>/", views.check, name="check"),
    path("courses/<slug:course>/<slug:lesson>/sheet/", views_notes.sheet, name="sheet"),
    path(
        "courses/<slug:course>/<slug:lesson>/notes/<slug:passage>/",
        views_notes.passage_notes,
        name="passage_notes",
    ),
    path("courses/<slug:course>/<slug:lesson>/practice/", views_practice.practice, name="practice"),
]
