"""What the server runs. It starts only on settings and a database that keep the app's promises."""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studyapp.settings")
os.umask(0o077)  # whatever a worker writes, only its owner reads


def started():
    """The application, or an end with one line that names what is wrong and what to write."""
    try:
        django.setup(set_prefix=False)
    except ImproperlyConfigured as problem:
        sys.exit(f"Not started. {problem}")
    from django.db import connection

    from studyapp.readiness import reason_not_to_start

    if reason := reason_not_to_start():
        sys.exit(f"Not started. {reason}")
    connection.close()  # this thread asks no more; those that answer have their own
    return get_wsgi_application()


application = started()
