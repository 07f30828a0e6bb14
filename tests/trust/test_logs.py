import json
import logging

import pytest
from django.test import Client
from django.urls import path

from studyapp.logs import JsonLines, PlainLines
from studyapp.urls import urlpatterns
from tests.factories import PASSWORD, create_user

CANARY = "canary-3f9"


def breaks(request, what):
    raise RuntimeError(f"could not store {CANARY}")


class Urls:
    urlpatterns = [*urlpatterns, path("breaks/<str:what>/", breaks, name="breaks")]
    handler500 = "studyapp.views.server_error"


@pytest.fixture(params=[JsonLines, PlainLines])
def logged(request, settings):
    """What the app would have written, as a list of lines that grows."""
    settings.ROOT_URLCONF = Urls
    written = []

    class Collect(logging.Handler):
        def emit(self, record):
            written.append(self.format(record))

    handler = Collect()
    handler.setFormatter(request.param())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def test_journey_with_an_error_in_the_middle_leaves_no_trace_of_what_was_typed(db, logged):
    create_user(f"{CANARY}-name", email=f"{CANARY}@example.org")
    client = Client(raise_request_exception=False)

    client.get(f"/?q={CANARY}")
    client.get(f"/{CANARY}/")
    client.get("/", headers={"host": f"{CANARY}.example", "user-agent": CANARY, "referer": CANARY})
    client.post("/accounts/sign-in/", {"name": CANARY, "password": CANARY})
    client.post("/accounts/sign-in/", {"name": f"{CANARY}-name", "password": PASSWORD})
    client.get(f"/breaks/{CANARY}/", REMOTE_ADDR="203.0.113.77")
    client.post("/accounts/profile/", {"details": "1", "name": CANARY, "email": CANARY})
    Client(enforce_csrf_checks=True).post(
        "/accounts/sign-in/", {"name": CANARY, "csrfmiddlewaretoken": CANARY}
    )

    assert len(logged) >= 8
    assert [line for line in logged if CANARY in line or "203.0.113" in line] == []


def test_line_of_a_request_holds_number_route_and_person(db, learner):
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(json.loads(JsonLines().format(record)))
    logging.getLogger("studyapp.requests").addHandler(handler)
    client = Client()
    client.force_login(learner)

    response = client.get("/accounts/notices/?page=2")

    logging.getLogger("studyapp.requests").removeHandler(handler)
    line = lines[0]
    assert line.pop("at").startswith("20")
    assert line.pop("ms") >= 0
    assert line == {
        "level": "info",
        "logger": "studyapp.requests",
        "message": "request",
        "request": response["X-Request-Id"],
        "method": "GET",
        "route": "accounts:notices",
        "status": 200,
        "user": learner.pk,
    }


def test_error_is_logged_with_its_kind_and_place_but_not_its_words(db, logged):
    Client(raise_request_exception=False).get("/breaks/x/")

    errors = [line for line in logged if "RuntimeError" in line and "django.request" in line]
    assert len(errors) == 1
    assert "test_logs.py" in errors[0]
    assert "could not store" not in errors[0]
