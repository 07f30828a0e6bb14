"""Run in a process of its own: the product on a SQLite file that is locked, full, gone or empty. Prints JSON.

Usage: python -m tests.trust.outages, with VAR_DIR set to an empty folder.
"""

import json
import os
import sqlite3
import sys
from contextlib import contextmanager
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "studyapp.settings"
from studyapp import settings as product  # noqa: E402

product.DATABASES["default"]["OPTIONS"]["timeout"] = 0.2  # seconds; the product waits longer
product.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
product.ALLOWED_HOSTS.append("testserver")
product.LOGGING["root"]["level"] = "CRITICAL"
product.LOGGING["loggers"] = {"django": {"handlers": [], "propagate": False}}
product.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
product.ROOT_URLCONF = "tests.trust.outages"


def keep_in_session(request):
    """Its answer is made before the session is stored, which is when the database is asked."""
    from django.http import HttpResponse

    request.session["place"] = request.GET.get("place", "1")
    return HttpResponse("kept")


def urls():
    from django.urls import path

    from studyapp.urls import urlpatterns

    return [*urlpatterns, path("keep/", keep_in_session)]


if __name__ != "__main__":
    urlpatterns = urls()
    handler400, handler403 = "studyapp.views.bad_request", "studyapp.views.forbidden"
    handler404, handler500 = "studyapp.views.not_found", "studyapp.views.server_error"


def told(response):
    return {
        "status": response.status_code,
        "retry": response.get("Retry-After"),
        "sentence": "could not do this just now" in response.content.decode(),
        "part": response.get("HX-Retarget"),
        "number": bool(response.get("X-Request-Id")),
    }


@contextmanager
def lock(path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def full(connection):
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute("CREATE TABLE filler (x)")
        cursor.execute(f"PRAGMA max_page_count={pages + 3}")
        try:
            while True:
                cursor.execute("INSERT INTO filler VALUES (zeroblob(1500))")
        except django.db.OperationalError:
            pass
    yield
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count=1073741823")


def main():
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from studyapp.accounts.models import User

    call_command("migrate", verbosity=0)
    User.objects.create_user("learner", "a-long-enough-phrase")
    path = Path(product.DATABASES["default"]["NAME"])
    client = Client(raise_request_exception=False)
    given = {"name": "learner", "password": "a-long-enough-phrase"}
    seen = {}

    def sign_in(**headers):
        return told(Client(raise_request_exception=False).post("/accounts/sign-in/", given, headers=headers))

    seen["free"] = sign_in()
    with lock(path):
        seen["locked"] = sign_in()
        seen["locked, by htmx"] = sign_in(**{"HX-Request": "true"})
        seen["locked, reading"] = told(client.get("/accounts/sign-in/"))
        seen["locked, session"] = told(client.get("/keep/"))
    seen["unlocked"] = sign_in()
    client.post("/accounts/sign-in/", given)
    with full(connection):
        seen["full"] = told(client.get("/keep/?place=" + os.urandom(50_000).hex()))
        seen["full, reading"] = told(client.get("/accounts/notices/"))
    seen["room again"] = told(client.get("/keep/?place=2"))
    connection.close()
    aside = path.with_name("aside")
    for file in path.parent.glob("db.sqlite3*"):
        file.rename(aside.with_name(file.name.replace("db.sqlite3", "aside")))
    path.mkdir()
    seen["gone"] = told(client.get("/accounts/notices/"))
    seen["gone, health"] = told(client.get("/healthz"))
    seen["gone, ready"] = told(client.get("/readyz"))
    connection.close()
    path.rmdir()
    seen["empty, a mistake"] = told(client.get("/accounts/notices/"))
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main()
