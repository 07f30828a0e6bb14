"""Bring a file of questions into a course: all of it in one transaction, or nothing."""

import hashlib
import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from content.authoring import Refused
from content.formats import FORMATS, Limits, grouped, read
from content.importing import ADD, CHANGE, SAME, SKIP, Choices, import_drafts, plan_import
from content.models import Course, Lesson
from content.planning import DUPLICATES, UPDATE

WRONG_USE = 2
STEP = 250  # questions between two words about how far it is


class Command(BaseCommand):
    help = "Bring a file of questions into a course. A second import of a changed file updates by reference."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--course", required=True, metavar="SLUG")
        parser.add_argument(
            "--lesson", metavar="ID", help="where new questions go; without it where the file says"
        )
        parser.add_argument(
            "--as", dest="as_format", choices=list(FORMATS), metavar="FORMAT",
            help=f"overrules the guess: {', '.join(FORMATS)}",
        )  # fmt: skip
        parser.add_argument(
            "--duplicates", choices=DUPLICATES, default=UPDATE,
            help="what happens to questions that the course has already (default: update)",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="say what would happen; write nothing")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *, file, course, lesson, as_format, duplicates, dry_run, format, **options):
        course, lesson = _course(course), lesson
        lesson = _lesson(course, lesson) if lesson else None
        data = _bytes_of(file)
        is_told = format == "text" and options["verbosity"] > 0
        if is_told:
            self._tell(f"{file.name}: reading …")
        reading = read(data, file.name, as_format)
        if is_told:
            self._tell(f"{file.name}: {len(reading.questions):,} questions read, checking …")
        plan = plan_import(course, reading, Choices(lesson=lesson, duplicates=duplicates))
        problems, written = plan.problems, False
        if not dry_run and not plan.has_errors:
            try:
                import_drafts(
                    plan, name=file.name, sha256=hashlib.sha256(data).hexdigest(), by=None,
                    now=timezone.now(), progress=self._progress if is_told else None,
                )  # fmt: skip
                written = True
            except Refused as refusal:
                problems = [*problems, *refusal.problems]
            except OSError as error:
                raise CommandError(
                    f"Nothing was imported: {error.filename} cannot be written ({error.strerror})",
                    returncode=1,
                ) from None
        errors = sum(problem.is_error for problem in problems)
        counts = {
            word: 0 if errors else plan.count(status)
            for word, status in (("added", ADD), ("changed", CHANGE), ("unchanged", SAME), ("skipped", SKIP))
        }
        if format == "json":
            self.stdout.write(json.dumps(_as_json(plan, problems, counts), ensure_ascii=False, indent=2))
        else:
            self._say(file, reading, problems, counts, written)
        if errors:
            raise CommandError(f"Nothing was imported: {_count(errors, 'error')}.", returncode=1)

    def _tell(self, words):
        self.stderr.write(words)

    def _progress(self, done, all):
        if done % STEP == 0 or done == all:
            self._tell(f"{done:,} of {all:,} rendered")

    def _say(self, file, reading, problems, counts, written):
        for number, problem in grouped(problems):
            for one in [problem] if number > 3 else _alike(problems, problem):
                place = f"{file.name}:{one.place}: " if one.place else f"{file.name}: "
                more = f" ({number} times in all)" if number > 3 else ""
                self.stdout.write(f"{place}{one.severity}: {one.message}{more} [{one.code}]")
        if any(problem.is_error for problem in problems):
            return
        did = "" if written else "would be: "
        words = ", ".join(f"{number:,} {word}" for word, number in counts.items())
        self.stdout.write(f"{file.name} ({FORMATS[reading.format].label}): {did}{words}.")


def _alike(problems, problem):
    return [one for one in problems if (one.severity, one.code) == (problem.severity, problem.code)]


def _course(slug):
    course = Course.objects.filter(slug=slug).first()
    if course is None:
        raise CommandError(f'there is no course "{slug}"', returncode=WRONG_USE)
    return course


def _lesson(course, slug):
    lesson = Lesson.objects.filter(course=course, slug=slug).exclude(state=Lesson.State.RETIRED).first()
    if lesson is None:
        raise CommandError(f'the course "{course.slug}" has no lesson "{slug}"', returncode=WRONG_USE)
    return lesson


def _bytes_of(file):
    """At most one byte more than may be read: how long a file is, is said by the reader."""
    try:
        with open(file, "rb") as opened:
            return opened.read(Limits().file + 1)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}", returncode=WRONG_USE) from None


def _as_json(plan, problems, counts):
    return {
        "format": plan.reading.format,
        "questions": [
            {
                "ref": planned.draft.ref,
                "title": planned.draft.title,
                "kind": planned.draft.kind,
                "line": planned.draft.line,
                "status": planned.status,
                "id": planned.slug,
                "why": planned.said,
            }
            for planned in plan.questions
        ],
        "lessons": [],
        "problems": [
            {
                "line": problem.line,
                "column": problem.column,
                "severity": problem.severity,
                "message": problem.message,
                "code": problem.code,
                "where": problem.where,
                "ref": problem.ref,
            }
            for problem in problems
        ],
        **counts,
    }


def _count(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"
