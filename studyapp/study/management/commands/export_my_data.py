"""Everything that is kept about one person, as a file for them."""

import os
from pathlib import Path

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from studyapp.study.my_data import my_data_zip
from studyapp.study.personal_data import person_named


class Command(BaseCommand):
    help = "Write everything that is kept about a person into a zip, as JSON and as a page to read."

    def add_arguments(self, parser):
        parser.add_argument("user", help="sign-in name, e-mail or number")
        parser.add_argument("path", nargs="?", type=Path, help="the new file; my-data-NUMBER.zip without it")

    def handle(self, *, user, path, **options):
        person = person_named(user)
        if person is None:
            raise CommandError(f"There is no account “{user}”.")
        path = path or Path(f"my-data-{person.pk}.zip")
        data = my_data_zip(person, now=timezone.now())
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
        except OSError as error:
            raise CommandError(f"{path} cannot be written ({error.strerror}).") from None
        self.stdout.write(f"{path}: everything that is kept about account {person.pk}.")
