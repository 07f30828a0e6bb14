from django.urls import path

from studyapp.quizzes.views import learner

app_name = "quizzes"
urlpatterns = [
    path("marks/", learner.marks, name="marks"),
    path("quizzes/<slug:course>/<slug:quiz>/", learner.quiz, name="quiz"),
    path("attempts/<int:attempt>/", learner.attempt, name="attempt"),
    path("attempts/<int:attempt>/review/", learner.look_over, name="look_over"),
    path("attempts/<int:attempt>/result/", learner.result, name="result"),
    path("attempts/<int:attempt>/time/", learner.time, name="time"),
    path("attempts/<int:attempt>/<int:number>/", learner.attempt, name="item"),
    path("attempts/<int:attempt>/<int:number>/save/", learner.save, name="save"),
]
