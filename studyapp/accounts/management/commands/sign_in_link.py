"""Print a one-time sign-in link, for somebody who forgot their password."""

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from studyapp.accounts.links import make_link
from studyapp.accounts.signing_in import person_of


class Command(BaseCommand):
    help = "Print a link that signs this person in once, within 24 hours; they can then set a new password."

    def add_arguments(self, parser):
        parser.add_argument("name", help="sign-in name or e-mail")

    def handle(self, *, name, **options):
        user = person_of(name)
        if user is None:
            raise CommandError(f"There is no account “{name}” that may sign in.")
        token = make_link(user, now=timezone.now())
        self.stdout.write(f"Sign-in link for “{user.username}”, valid once and for 24 hours:")
        self.stdout.write(settings.BASE_URL + reverse("accounts:link", args=[token]))
