"""The daily clearing. Run it from cron or a systemd timer."""

from django.core.management import BaseCommand
from django.utils import timezone

from studyapp.study.clearing import clear_stale


class Command(BaseCommand):
    help = (
        "Remove idle guests, old failures and links of signing in, ended sessions, files not imported, and old "
        "versions of notes."
    )

    def handle(self, **options):
        cleared = clear_stale(now=timezone.now())
        self.stdout.write(
            f"Removed: {cleared.guests} guests, {cleared.failures} sign-in failures, "
            f"{cleared.links} sign-in links, {cleared.sessions} sessions, {cleared.uploads} uploaded files, "
            f"{cleared.versions} old versions of notes."
        )
