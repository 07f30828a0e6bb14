"""Make stored HTML anew after the renderer changed."""

from django.core.management.base import BaseCommand, CommandError

from content.authoring import rerender
from content.models import Course


class Command(BaseCommand):
    help = "Render again what an older renderer made: lessons, questions, glossary, timeline, course pages."

    def add_arguments(self, parser):
        parser.add_argument("--course", metavar="SLUG", help="only this course")
        parser.add_argument("--all", action="store_true", help="also what is up to date")

    def handle(self, *, course, all, **options):
        row = Course.objects.filter(slug=course).first() if course else None
        if course and row is None:
            raise CommandError(f'there is no course "{course}"', returncode=2)
        done = rerender(row, everything=all)
        self.stdout.write(
            "Rendered again: " + ", ".join(f"{count} {what}" for what, count in done.items()) + "."
        )
