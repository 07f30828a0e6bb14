from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "studyapp.review"
    default_auto_field = "django.db.models.BigAutoField"
