"""Make an instructor and print the link by which they come in the first time."""

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from content.text import TextRefused, clean_name
from studyapp.accounts.links import make_link
from studyapp.accounts.names import fault_of
from studyapp.accounts.roles import make_instructor


class Command(BaseCommand):
    help = "Make an instructor of this name, or give the role to the account that has it, and print a sign-in link."

    def add_arguments(self, parser):
        parser.add_argument("name", help="sign-in name")

    def handle(self, *, name, **options):
        try:
            name = clean_name(name, max_length=80)
        except TextRefused as refusal:
            raise CommandError(str(refusal)) from None
        if fault := fault_of(name):
            raise CommandError(fault)
        user = make_instructor(name)
        token = make_link(user, now=timezone.now())
        self.stdout.write(f"Instructor “{user.username}”. Sign-in link, valid once and for 24 hours:")
        self.stdout.write(settings.BASE_URL + reverse("accounts:link", args=[token]))
