from django.urls import path

from studyapp.quizzes.views import kept, learner, marking, reports, saved, teaching

app_name = "quizzes"
urlpatterns = [
    path("marks/", learner.marks, name="marks"),
    path("quizzes/<slug:course>/<slug:quiz>/", learner.quiz, name="quiz"),
    path("attempts/<int:attempt>/", learner.attempt, name="attempt"),
    path("attempts/<int:attempt>/review/", learner.look_over, name="look_over"),
    path("attempts/<int:attempt>/result/", learner.result, name="result"),
    path("attempts/<int:attempt>/kept/", kept.kept, name="kept"),
    path("attempts/<int:attempt>/time/", learner.time, name="time"),
    path("attempts/<int:attempt>/<int:number>/", learner.attempt, name="item"),
    path("attempts/<int:attempt>/<int:number>/save/", learner.save, name="save"),
    path("attempts/<int:attempt>/<int:number>/saved/", saved.saved, name="saved"),
    path("attempts/<int:attempt>/<int:number>/report/", reports.report, name="report"),
    path("teach/reports/", reports.reports, name="reports"),
    path("teach/reports/<int:report>/", reports.reply, name="reply"),
    path("teach/<int:cohort>/quizzes/", teaching.class_quizzes, name="class_quizzes"),
    path("teach/<int:cohort>/quizzes/<slug:quiz>/", teaching.class_quiz, name="class_quiz"),
    path(
        "teach/<int:cohort>/quizzes/<slug:quiz>/attempts/<int:attempt>/",
        teaching.class_attempt,
        name="class_attempt",
    ),
    path("teach/<int:cohort>/quizzes/<slug:quiz>/marking/<int:item>/", marking.mark, name="mark"),
    # The same pages for whoever studies the course without a class.
    path("teach/courses/<slug:course>/quizzes/", teaching.class_quizzes, name="course_quizzes"),
    path("teach/courses/<slug:course>/quizzes/<slug:quiz>/", teaching.class_quiz, name="course_quiz"),
    path(
        "teach/courses/<slug:course>/quizzes/<slug:quiz>/attempts/<int:attempt>/",
        teaching.class_attempt,
        name="course_attempt",
    ),
    path(
        "teach/courses/<slug:course>/quizzes/<slug:quiz>/marking/<int:item>/",
        marking.mark,
        name="course_mark",
    ),
]
