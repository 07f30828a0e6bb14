"""Whether the time tells which accounts there are: sign-in, sign-up, forgotten password; known and unknown names in turn.

    python -m tests.bench.accounts

In one process, on a SQLite database of its own, through the whole stack of a request. Asked: medians of 200 within ±10 %.
"""

import os
import statistics
import tempfile
import time
from dataclasses import replace

TIMES = 200


def main():
    import django

    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"VAR_DIR": folder, "DJANGO_SETTINGS_MODULE": "studyapp.settings", "LOG_FORMAT": "text"}
        os.environ.pop("DATABASE_URL", None)
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        bench()


def bench():
    import logging

    from django.conf import settings

    from studyapp.accounts.budgets import BUDGETS
    from studyapp.accounts.models import User

    for what, budget in BUDGETS.items():  # a class of networks in a few seconds is more than a site may have
        BUDGETS[what] = replace(budget, site=None)
    logging.disable(logging.CRITICAL)
    # Mail is on and reaches nobody: what sending takes is beside the request.
    settings.SENDS_MAIL, settings.EMAIL_BACKEND = True, "django.core.mail.backends.dummy.EmailBackend"
    for n in range(TIMES):
        User.objects.create_user(f"known-{n}", "seven quiet rivers", email=f"known-{n}@example.org")
    User.objects.filter(pk__gt=0).update(password=User.objects.first().password)
    print(f"\nmedians of {TIMES}; milliseconds\n")
    print("| what | account exists | it does not | ratio |\n|---|---|---|---|")
    for what, path, fields in (
        ("sign-in, wrong password", "/accounts/sign-in/", {"password": "four plain words here"}),
        ("forgotten password", "/accounts/reset/", {}),
        ("sign-up, e-mail taken", "/accounts/sign-up/", {"password": "four plain words here"}),
    ):
        compare(what, path, fields)
    print("\nasked: each ratio from 0.9 to 1.1; of a sign-in name, sign-up itself says that it is taken")


def compare(what, path, fields):
    """Known and unknown in turn, each name once, from a network of its own: nobody waits and nothing is remembered."""
    took = {"known": [], "unknown": []}
    for n in range(-5, TIMES):
        for kind in sorted(took, reverse=n % 2 == 1):
            name = f"{kind}-{n}" if n >= 0 else f"warming-up-{kind}{n}"
            given = {"name": name}
            if "sign-up" in path:
                given = {"username": f"new-{name}", "email": f"{name}@example.org"}
            seconds = ask(path, given | fields, address=f"10.{n % 250}.{len(took[kind]) % 250}.1")
            if n >= 0:
                took[kind].append(seconds)
    known, unknown = (1000 * statistics.median(took[kind]) for kind in ("known", "unknown"))
    print(f"| {what} | {known:.2f} | {unknown:.2f} | **{known / unknown:.3f}** |", flush=True)


def ask(path, fields, *, address):
    from django.test import Client

    client = Client(headers={"host": "localhost"}, REMOTE_ADDR=address)
    start = time.perf_counter()
    response = client.post(path, fields)
    took = time.perf_counter() - start
    assert response.status_code in {200, 303, 422}, response.status_code
    return took


if __name__ == "__main__":
    main()
