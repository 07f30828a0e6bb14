from django.apps import AppConfig


class ProgressConfig(AppConfig):
    name = "studyapp.progress"
    default_auto_field = "django.db.models.BigAutoField"
