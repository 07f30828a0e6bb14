"""A consistent copy of database and images while the site runs. Run it from cron, and take the copy to another machine."""

from pathlib import Path

from django.core.management import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from studyapp.backup import CannotBackUp, back_up


class Command(BaseCommand):
    help = "Copy the database and the images into a new folder, consistent and checked, while the site runs."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, help="the new folder; it may not exist yet")

    def handle(self, *, path, **options):
        try:
            made = back_up(path, now=timezone.now())
        except CannotBackUp as reason:
            raise CommandError(str(reason)) from None
        if made.missing:
            self.stderr.write(f"Not there to be copied: {len(made.missing)} images, first {made.missing[0]}.")
        size = filesizeformat(made.size).replace("\xa0", " ")
        self.stdout.write(f"{made.path}: {made.rows:,} rows, {made.images:,} images, {size}.")
