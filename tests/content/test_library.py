"""Every course that comes with the product is whole, and its files are kept in dumped form."""

from pathlib import Path
from time import perf_counter

import pytest

from content.coursefiles.problems import ERROR
from content.coursefiles.reading import read_course
from content.coursefiles.writing import write_course
from content.dumping import definition_of
from content.loading import load_definition
from content.models import Course

LIBRARY = Path(__file__).parent.parent.parent / "content" / "library"
COURSES = [pytest.param(path.parent, id=path.parent.name) for path in sorted(LIBRARY.glob("*/course.toml"))]


def test_there_is_a_course():
    assert COURSES


@pytest.mark.parametrize("path", COURSES)
def test_a_course_of_the_library_has_no_problems(path):
    _, problems = read_course(path)

    assert [str(problem) for problem in problems] == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", COURSES)
def test_a_course_of_the_library_dumps_to_its_own_files(path, now, django_capture_on_commit_callbacks):
    definition, problems = read_course(path)
    assert not [str(problem) for problem in problems if problem.severity == ERROR]
    with django_capture_on_commit_callbacks(execute=True):
        load_definition(definition, now=now)

    dumped = write_course(definition_of(Course.objects.get()))

    files = {f.relative_to(path).as_posix(): f.read_bytes() for f in path.rglob("*") if f.is_file()}
    assert sorted(dumped) == sorted(files)
    for name, data in dumped.items():
        assert (
            data.decode("utf-8", "replace").splitlines()
            == files[name].decode("utf-8", "replace").splitlines()
        ), name
    assert dumped == files


@pytest.mark.django_db
@pytest.mark.parametrize("path", COURSES)
def test_a_course_of_the_library_loads_fast_enough(path, now):
    began = perf_counter()
    definition, _ = read_course(path)
    load_definition(definition, now=now)

    # Three seconds are asked for; ten times as much fails on any machine that has gone astray.
    assert perf_counter() - began < 30
