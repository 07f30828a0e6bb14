"""Write a course as files, always the same bytes for the same course."""

import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from content.coursefiles.folder import FOLDERS, SINGLE
from content.coursefiles.writing import write_course
from content.dumping import definition_of
from content.models import Course

WRONG_USE = 2


class Command(BaseCommand):
    help = "Write a course as files that load to the same course. What the course no longer has is removed."

    def add_arguments(self, parser):
        parser.add_argument("slug", help="the course")
        parser.add_argument("path", type=Path, help="a new or empty folder, or one that holds a course")

    def handle(self, *, slug, path, **options):
        course = Course.objects.filter(slug=slug).first()
        if course is None:
            raise CommandError(f'there is no course "{slug}"', returncode=WRONG_USE)
        if path.exists() and not path.is_dir():
            raise CommandError(f"{path} is no folder", returncode=WRONG_USE)
        if path.is_dir() and any(path.iterdir()) and not (path / "course.toml").exists():
            message = f"{path} holds other files and no course; give an empty folder"
            raise CommandError(message, returncode=WRONG_USE)
        files = write_course(definition_of(course))
        try:
            written, removed = write_folder(path, files)
        except OSError as error:
            raise CommandError(
                f"{error.filename} cannot be written: {error.strerror}", returncode=1
            ) from None
        self.stdout.write(f"{slug}: {len(files)} files, {written} written, {removed} removed.")


def write_folder(path: Path, files: dict[str, bytes]) -> tuple[int, int]:
    """Make the folder hold these files of a course; gives how many were written and removed.

    Files that are no part of a course stay. Each file is replaced at once, never half.
    """
    for folder in ("", *FOLDERS):
        if (path / folder).is_symlink() and folder:
            raise OSError(0, "it is a link", str(path / folder))
    written = 0
    for name, data in files.items():
        target = path / name
        if target.is_file() and not target.is_symlink() and target.read_bytes() == data:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(data)
        os.replace(part, target)
        written += 1
    stale = [found for found in _course_files(path) if found.relative_to(path).as_posix() not in files]
    for found in stale:
        found.unlink()
    return written, len(stale)


def _course_files(path):
    yield from (path / name for name in SINGLE if (path / name).is_file())
    for folder, suffixes in FOLDERS.items():
        for found in sorted((path / folder).glob("*")):
            if (
                found.is_file()
                and not found.name.startswith(".")
                and (not suffixes or found.suffix in suffixes)
            ):
                yield found
