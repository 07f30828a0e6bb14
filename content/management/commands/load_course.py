"""Check the files of a course, then load them: all or nothing."""

import json
import tomllib
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from content.coursefiles.problems import ERROR, WARNING, FileProblem
from content.coursefiles.reading import read_course
from content.loading import Conflict, load_definition
from content.models import Course
from studyapp.quizzes.authoring import OPEN_EXAM, sync_quizzes
from studyapp.quizzes.drawing import Candidate, Wanted, also_practised, practised_words

WRONG_USE = 2


class Command(BaseCommand):
    help = "Check the files of a course, then load them in one transaction. Loading twice changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, help="the folder with course.toml")
        parser.add_argument("--check", action="store_true", help="only check; load nothing")
        parser.add_argument("--overwrite", action="store_true", help="replace what was edited in the product")
        parser.add_argument("--if-absent", action="store_true", help="do nothing where the course exists")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *, path, check, overwrite, if_absent, format, **options):
        if not path.is_dir():
            raise CommandError(
                f"{path} is no folder; give the folder that holds course.toml", returncode=WRONG_USE
            )
        if if_absent and Course.objects.filter(slug=_id_of(path)).exists():
            return
        try:
            definition, problems = read_course(path)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}", returncode=WRONG_USE) from None
        if definition is not None:
            problems = sorted([*problems, *_practised(definition), *_open_exams(definition)])
        loaded = None
        if definition is not None and not check:
            try:
                now = timezone.now()
                with transaction.atomic():
                    loaded = load_definition(definition, now=now, overwrite=overwrite)
                    sync_quizzes(loaded.course, loaded.course.quizzes, now=now)
            except Conflict as conflict:
                problems = sorted([*problems, *conflict.problems])
            except OSError as error:
                message = f"Nothing was loaded: {error.filename} cannot be written ({error.strerror})"
                raise CommandError(message, returncode=1) from None
        self._say(path, definition, problems, loaded, format)
        errors = sum(problem.severity == ERROR for problem in problems)
        if errors:
            did = "The course has" if check else "Nothing was loaded:"
            raise CommandError(f"{did} {_count(errors, 'error')}.", returncode=1)

    def _say(self, path, definition, problems, loaded, format):
        if format == "json":
            return self.stdout.write(
                json.dumps(_as_json(definition, problems, loaded), ensure_ascii=False, indent=2)
            )
        for problem in problems:
            self.stdout.write(str(problem))
        warnings = sum(problem.severity == WARNING for problem in problems)
        if loaded is not None:
            self.stdout.write(
                f"{loaded.course.slug}: {loaded.added} added, {loaded.changed} changed, "
                f"{loaded.unchanged} unchanged, {loaded.retired} retired; {_count(warnings, 'warning')}."
            )
        elif not any(problem.severity == ERROR for problem in problems):
            self.stdout.write(f"{path}: no errors, {_count(warnings, 'warning')}.")
        return None


def _practised(definition):
    """A warning for each exam that asks, or may draw, what can be practised as well."""
    course, questions = definition.course, [question.data for question in definition.questions]
    candidates = [
        Candidate(
            question=data["id"],
            lesson=data["lesson"],
            passage=data["passage"] or "",
            level=data["level"],
            kind=data["kind"],
            use=data["use"],
            tags=frozenset(data["tags"]),
        )
        for data in questions
        if data["state"] == "ready"
    ]
    for n, quiz in enumerate(course.data["quizzes"]):
        wanted = [Wanted(slot.get("question"), slot.get("draw", 1), slot) for slot in quiz["slots"]]
        count = len(also_practised(wanted, candidates)) if quiz["preset"] == "exam" else 0
        if count:
            place = course.place("quizzes", n, "preset")
            yield FileProblem(
                course.file, place.line, place.column, WARNING, practised_words(count, exam='"exam"')
            )


def _open_exams(definition):
    """A warning for each exam that is open to everyone."""
    course = definition.course
    for n, quiz in enumerate(course.data["quizzes"]):
        if quiz["preset"] == "exam" and quiz.get("open_to_everyone"):
            place = course.place("quizzes", n, "open_to_everyone")
            yield FileProblem(course.file, place.line, place.column, WARNING, OPEN_EXAM)


def _as_json(definition, problems, loaded):
    counts = {name: getattr(loaded, name, 0) for name in ("added", "changed", "unchanged", "retired")}
    return {
        "course": definition.course.id if definition else None,
        "loaded": loaded is not None,
        "problems": [
            {name: getattr(problem, name) for name in ("file", "line", "column", "severity", "message")}
            for problem in problems
        ],
        **counts,
    }


def _id_of(path):
    """The id in course.toml, or "" where it cannot be read: the check will say why."""
    try:
        return str(tomllib.loads((path / "course.toml").read_text("utf-8")).get("id", ""))
    except (OSError, ValueError):
        return ""


def _count(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"
