from django.apps import AppConfig


class QuizzesConfig(AppConfig):
    name = "studyapp.quizzes"
    default_auto_field = "django.db.models.BigAutoField"
