"""Erase a person: their name and words go, their answers stay without a name."""

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from studyapp.study.erasing import CannotErase, erase, scrub_disk, would_erase
from studyapp.study.personal_data import person_named


class Command(BaseCommand):
    help = "Show what erasing a person removes; with --yes, erase them. It cannot be undone."

    def add_arguments(self, parser):
        parser.add_argument("user", help="sign-in name, e-mail or number")
        parser.add_argument("--yes", action="store_true", help="erase; without it nothing is changed")

    def handle(self, *, user, yes, **options):
        person = person_named(user)
        if person is None:
            raise CommandError(f"There is no account “{user}”.")
        name = person.shown_name
        if yes:
            try:
                touched = erase(person, now=timezone.now())
            except CannotErase as reason:
                raise CommandError(str(reason)) from None
            scrub_disk()
        else:
            touched = would_erase(person)
        self.stdout.write(f"Account {person.pk}, {name}:")
        for kind in touched:
            self.stdout.write(
                f"  {kind.count:>6} {kind.words}: {'removed' if kind.goes else 'kept without a name'}"
            )
        self.stdout.write(
            f"Erased. Backups made before today still hold account {person.pk}."
            if yes
            else "Nothing is changed yet. To erase this person for good, add --yes."
        )
