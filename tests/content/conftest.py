"""A tiny course as files, to be changed and loaded; and a course of rows with its author signed in."""

import shutil
from pathlib import Path

import pytest

from content.coursefiles.reading import read_course
from content.loading import load_definition
from tests import factories

VALID = Path(__file__).parent.parent / "data" / "broken_courses" / "valid"


class Folder:
    """A copy of the tiny course that a test may change."""

    def __init__(self, path, now):
        self.path, self.now = path, now

    def change(self, file, find, put):
        """Replace a text that stands once in a file."""
        text = (self.path / file).read_text()
        assert text.count(find) == 1, f"{find!r} stands {text.count(find)} times in {file}"
        (self.path / file).write_text(text.replace(find, put))

    def check(self):
        """What the check says, line by line."""
        return [str(problem) for problem in read_course(self.path)[1]]

    def load(self, **options):
        definition, problems = read_course(self.path)
        assert definition is not None, problems
        return load_definition(definition, now=options.pop("now", self.now), **options)

    def files(self):
        """The bytes of every file by name."""
        found = (path for path in self.path.rglob("*") if path.is_file())
        return {path.relative_to(self.path).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def folder(tmp_path, now):
    shutil.copytree(VALID, tmp_path / "rivers")
    return Folder(tmp_path / "rivers", now)


# --- a course of rows, and who writes it ---


@pytest.fixture
def course(instructor):
    return factories.create_course(staff=[instructor])


@pytest.fixture
def lesson(course):
    return factories.create_lesson(course)


@pytest.fixture
def author(client, instructor, course):
    client.force_login(instructor)
    return client
