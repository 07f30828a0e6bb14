"""Compare every stored mark with what the saved answers give. Exit status 1 and a list where they differ."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from studyapp.quizzes.verifying import verify_scores


class Command(BaseCommand):
    help = "Recompute every stored mark from saved answers and versions; list what differs."

    def add_arguments(self, parser):
        parser.add_argument(
            "--fix", action="store_true", help="mark anew what differs; old marks stay as rows"
        )

    def handle(self, *, fix, **options):
        count, differences = verify_scores(now=timezone.now(), fix=fix)
        for difference in differences:
            self.stdout.write(str(difference))
        if differences and not fix:
            raise CommandError(f"{len(differences)} of the marks of {count} attempts differ.", returncode=1)
        done = f", {len(differences)} marked anew" if fix else ""
        self.stdout.write(f"{count} attempt{'' if count == 1 else 's'} verified{done}.")
