"""Hand in every attempt whose time is up, and let review have the answers of quizzes that have closed.

Run it each minute; twice at once does no harm.
"""

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from studyapp.quizzes.releasing import release_due
from studyapp.quizzes.sittings import close_overdue


class Command(BaseCommand):
    help = "Hand in what is stored in every attempt whose time is up. Idempotent, safe to run twice at once."

    def add_arguments(self, parser):
        parser.add_argument(
            "--now", type=parse_datetime, help="the time to go by, ISO 8601 with zone (for tests)"
        )

    def handle(self, *, now, **options):
        now = now or timezone.now()
        closed = close_overdue(now=now)
        release_due(now=now)
        if closed or options["verbosity"] > 1:
            self.stdout.write(f"{closed} attempt{'' if closed == 1 else 's'} handed in.")
