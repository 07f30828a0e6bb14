#!/usr/bin/env python3
"""Django's command line."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studyapp.settings")
    os.umask(0o077)  # whatever a command writes, only its owner reads
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    from studyapp.outage import in_one_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        # A wrong setting is the operator's to mend: one line, no traceback.
        sys.exit(f"Not started. {problem}")
    except DatabaseError as problem:
        # So is a database that is away or none. A mistake of ours goes on to its traceback.
        if line := in_one_line(problem):
            sys.exit(f"Not done. {line}")
        raise


if __name__ == "__main__":
    main()
