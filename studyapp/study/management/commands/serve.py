"""Everything between a fresh checkout and a running site, in one process so that a second start is quick."""

import hashlib
import os
import socket

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from content.authoring import give_course
from content.models import Course
from studyapp import supervisor
from studyapp.accounts.models import User
from studyapp.readiness import reason_not_to_start
from studyapp.study.starting import take_turn

FIRST_COURSE = settings.BASE_DIR / "content" / "library" / "us-iraq-relations"


class Command(BaseCommand):
    help = (
        "Prepare what is missing (tables, first course, first instructor, static files) and serve the site."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--workers", type=int, default=2)
        parser.add_argument("--prepare-only", action="store_true", help="do not start the server")

    def handle(self, *, host, port, workers, prepare_only, **options):
        if not prepare_only:
            refuse_taken_port(host, port)
        turn = take_turn(settings.VAR_DIR, self.say)
        if not prepare_only:
            refuse_taken_port(host, port)  # whoever was before may serve there now
        if MigrationExecutor(connection).migration_plan(
            MigrationExecutor(connection).loader.graph.leaf_nodes()
        ):
            self.stdout.write("Making the tables …")
            call_command("migrate", verbosity=0, interactive=False)
        if not Course.objects.filter(slug=FIRST_COURSE.name).exists():
            self.stdout.write("Loading the first course …")
            call_command("load_course", str(FIRST_COURSE), stdout=self.stdout)
        if not User.objects.filter(is_staff=True).exists():
            call_command("create_instructor", "instructor", stdout=self.stdout)
        give_first_course()
        if collect_changed_static():
            self.stdout.write("Static files collected.")
        call_command("check", deploy=not settings.DEBUG, fail_level="ERROR", stdout=self.stdout)
        if prepare_only:
            return
        # Asked here as well as in wsgi.py: the server would start a worker that ends at once again and again.
        if reason := reason_not_to_start():
            raise CommandError(reason)
        connection.close()
        self.say(f"Serving on http://{host}:{port}/ (stop with Ctrl-C)")
        os.chdir(settings.BASE_DIR)
        run = supervisor.command(host, port, workers, lock=turn)
        os.execv(run[0], run)

    def say(self, line):
        self.stdout.write(line)
        self.stdout.flush()


def give_first_course() -> None:
    """A course that nobody may write would be a dead end: the first instructor owns the first course."""
    for course in Course.objects.filter(slug=FIRST_COURSE.name, staff__isnull=True):
        give_course(course, User.objects.filter(is_staff=True, is_active=True).earliest("pk"))


def refuse_taken_port(host: str, port: int) -> None:
    """Granian shares a port that another granian holds, and old code would go on answering."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((host, port)) == 0:
            raise CommandError(f"Port {port} is in use: stop what runs there, or choose another with PORT=…")


def collect_changed_static() -> bool:
    """Collect static files unless names, sizes and times are those of the last collection."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda found: found[0]):
            stat = os.stat(storage.path(path))
            digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    stamp = settings.VAR_DIR / "static.stamp"
    if stamp.exists() and stamp.read_text() == digest.hexdigest() and settings.STATIC_ROOT.exists():
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(digest.hexdigest())
    return True
