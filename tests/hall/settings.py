"""The product's own settings; only the static files keep their names, so that none need be collected."""

from studyapp.settings import *  # noqa: F403

STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405  WhiteNoise warns of a folder that is missing
LOGGING["loggers"]["studyapp.requests"] = {"level": "WARNING"}  # noqa: F405
