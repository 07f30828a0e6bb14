"""The daily clearing. Run it from cron or a systemd timer."""

from django.core.management import BaseCommand
from django.utils import timezone

from studyapp.study.clearing import clear_stale


class Command(BaseCommand):
    help = (
        "Remove guests idle for 90 days, old sign-in failures and links, ended sessions, files not imported."
    )

    def handle(self, **options):
        cleared = clear_stale(now=timezone.now())
        self.stdout.write(
            f"Removed: {cleared.guests} guests, {cleared.failures} sign-in failures, "
            f"{cleared.links} sign-in links, {cleared.sessions} sessions, {cleared.uploads} uploaded files."
        )
