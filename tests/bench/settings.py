"""The product's own settings; only the floor's two addresses are added."""

from studyapp.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
TEMPLATES[0]["DIRS"] = [*TEMPLATES[0]["DIRS"], BASE_DIR / "tests" / "bench"]  # noqa: F405
