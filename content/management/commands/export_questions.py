"""Write the questions of a course, or of a lesson, as a file of another system."""

import os
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from content.exporting import drafts_of, export_questions
from content.formats import FORMATS, grouped
from content.management.commands.import_questions import WRONG_USE, _count, _course, _lesson

TEXTS = {"gift", "aiken", "moodle_xml", "csv", "yaml"}


class Command(BaseCommand):
    help = "Write the questions of a course as a file; what the format cannot carry is told, question by question."

    def add_arguments(self, parser):
        parser.add_argument("--course", required=True, metavar="SLUG")
        parser.add_argument("--lesson", metavar="ID")
        parser.add_argument(
            "--to", required=True, choices=list(FORMATS), metavar="FORMAT", help=", ".join(FORMATS)
        )
        parser.add_argument("--qti", choices=("3.0", "2.1"), default="3.0", help="the version of QTI")
        parser.add_argument(
            "-o", dest="output", type=Path, metavar="FILE", help="without it: standard output"
        )

    def handle(self, *, course, lesson, to, qti, output, **options):
        course = _course(course)
        lesson = _lesson(course, lesson) if lesson else None
        drafts = drafts_of(course, lesson=lesson)
        more = {"version": qti} if to == "qti" else {}
        made = export_questions(course, to, lesson=lesson, drafts=drafts, **more)
        for number, loss in grouped(made.losses):
            times = f" ({number} times in all)" if number > 1 else ""
            self.stderr.write(f"{loss.severity}: {loss.message}{times} [{loss.code}]")
        if not made.data:
            what = "there are no questions" if not drafts else f"{FORMATS[to].label} can hold none of them"
            raise CommandError(f"Nothing was written: {what}.", returncode=1)
        if output is None:
            self._print(made.data, to)
            return
        try:
            part = output.with_name(f".{output.name}.part")
            part.write_bytes(made.data)
            os.replace(part, output)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}", returncode=1) from None
        self.stderr.write(f"{output}: {_count(made.count, 'question')} as {FORMATS[to].label}.")

    def _print(self, data, format):
        raw = getattr(self.stdout._out, "buffer", None)
        if raw is not None and not (format not in TEXTS and sys.stdout.isatty()):
            raw.write(data)
            raw.flush()
        elif format in TEXTS:
            self.stdout.write(data.decode("utf-8-sig"), ending="")
        else:
            raise CommandError("this format is no text; say where to with -o FILE", returncode=WRONG_USE)
