"""A real server with production settings, a real Chromium, and a page that notes what a visitor never sees."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import CHROMIUM
from tests.hall.servers import free_port

ROOT = Path(__file__).parent.parent.parent
PATIENCE = (
    20_000  # ms until what is waited for must be there: two Chromiums and two servers may share two cores
)


class Site:
    """A running copy of the product with a database of its own, filled by the product's own commands."""

    def __init__(self, folder: Path, *, workers: int = 1):
        self.folder, self.workers = folder, workers
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **{k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}},
            "VAR_DIR": str(folder),
            "PORT": str(self.port),
            "PYTHONWARNINGS": "default",
        }
        self.process = None

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, code: str):
        """Run code against this site's database; the last thing it prints as JSON is returned."""
        out = self.manage("shell", "-v", "0", "-c", code)
        return json.loads(out.strip().splitlines()[-1]) if out.strip() else None

    def start(self):
        log = open(self.folder / "server.log", "ab")  # noqa: SIM115  the server writes to it as long as it lives
        self.process = subprocess.Popen(
            [
                *(sys.executable, str(ROOT / "manage.py"), "serve"),
                *("--port", str(self.port), "--workers", str(self.workers)),
            ],
            env=self.env,
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        patience = time.monotonic() + 240  # it makes the tables and loads the course before it answers
        while time.monotonic() < patience:
            try:
                with urllib.request.urlopen(self.url + "/healthz", timeout=1):
                    return self
            except OSError:
                assert self.process.poll() is None, self.log()
                time.sleep(0.1)
        self.stop()
        raise AssertionError("the server did not come up\n" + self.log())

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site")).start()
    yield site
    site.stop()


@pytest.fixture(scope="package")
def chromium():
    """One browser for these tests, gone before any other test: its event loop stops the ORM where it runs."""
    assert CHROMIUM, "Chromium is missing: apt install chromium"
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
                *("--disable-background-networking", "--disable-component-update"),
            ],
        )
        yield browser
        browser.close()


PROVOKED = ("the server responded with", "net::ERR_")
# htmx calls it an error that a request gave way to the next one of the same form (hx-sync). It tells of one that
# did not arrive as htmx:sendError, beside the same htmx:afterRequest.
GAVE_WAY = ("htmx:sendAbort", "htmx:afterRequest")


class Watched:
    """What went wrong in a page while nobody looked: policy violations, script errors, requests elsewhere."""

    def __init__(self, page, site):
        self.violations, self.errors, self.elsewhere, self.requests = [], [], [], []
        self.failures_wanted = self.is_closing = False
        page.expose_function("noteViolation", lambda line: self.violations.append(line))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation',"
            "e => noteViolation(location.pathname + ' ' + e.violatedDirective + ' ' + e.blockedURI))"
        )
        page.on("pageerror", lambda error: self.errors.append(f"{page.url} {error}"))
        page.on("console", self._console)
        page.on("request", lambda request: self._request(request, site))

    def _console(self, message):
        # A 4xx or a dead network that a test provokes is reported by Chromium as an error of the console.
        provoked = any(words in message.text for words in PROVOKED)
        # A request that is under way when the window is closed is cut, and htmx says so.
        cut = self.is_closing and (provoked or message.text.startswith("htmx:"))
        cut = cut or message.text.startswith(GAVE_WAY)
        if message.type == "error" and not cut and not (self.failures_wanted and provoked):
            self.errors.append(message.text)

    def _request(self, request, site):
        self.requests.append(request.url)
        if not request.url.startswith((site.url, "data:", "blob:", "about:")):
            self.elsewhere.append(request.url)

    def assert_clean(self):
        assert self.violations == []
        assert self.errors == []
        assert self.elsewhere == []


@pytest.fixture
def open_page(chromium, site):
    """open_page(width=…, scheme=…, script=…) → a page in a context of its own, watched to the end of the test."""
    contexts, watched = [], []

    def open_page(*, width=1280, height=900, scheme="light", script=True, **options):
        context = chromium.new_context(
            base_url=site.url,
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=script,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        if script:
            page.watched = Watched(page, site)
            watched.append(page.watched)
        return page

    yield open_page
    for context in contexts:
        context.cookies()  # asked of the browser, so that all it had to say before is heard
    for watch in watched:
        watch.is_closing = True
    for context in contexts:
        context.close()
    for watch in watched:
        watch.assert_clean()


LEARNER_PASSWORD = "seven quiet rivers"


@pytest.fixture(scope="session")
def classroom(site):
    """A class of the first course with one learner who has answered something; ids for the instructor's pages."""
    return site.shell(CLASSROOM)


CLASSROOM = f"""
import json
from random import Random
from uuid import uuid4
from django.utils import timezone
from content.authoring import save_question
from content.formats import read
from content.importing import Choices, import_drafts, plan_import
from content.models import Course, Figure, Lesson, Question, Term
from content.revisions import save_row
from content.uploads import keep_upload
from studyapp.accounts.models import User
from studyapp.classes.models import Cohort, Enrolment
from studyapp.quizzes.allowing import allow
from studyapp.quizzes.models import Quiz, Slot
from studyapp.quizzes.problem_reports import report_problem
from studyapp.quizzes.sittings import save_in_quiz, start_quiz, submit_attempt
now = timezone.now()
course = Course.objects.get(slug="us-iraq-relations")
instructor = User.objects.filter(is_staff=True).first()
instructor.set_password({LEARNER_PASSWORD!r})
instructor.save()
cohort = Cohort.objects.create(course=course, name="Class A", join_code="ABCD-EFGH", created_at=now)
Enrolment.objects.create(cohort=cohort, user=instructor, role="instructor", joined_at=now)
student = User.objects.create_user("pupil", {LEARNER_PASSWORD!r}, name="Learner 07")
Enrolment.objects.create(cohort=cohort, user=student, joined_at=now)
question = Question.objects.filter(course=course, kind="single_choice").first()
plan = plan_import(course, read(b"// [id:brought-in]\\nWas this brought in?{{T}}\\n", "q.gift"), Choices(state="draft"))
imported = import_drafts(plan, name="q.gift", sha256="0" * 64, by=instructor, now=now)
data = open("tests/data/formats/moodle_xml/pictures.xml", "rb").read()
waiting = keep_upload(course, user=instructor, data=data, name="pictures.xml", now=now)
term = Term.objects.filter(course=course).first()
term.matters = "Where it is asked about."
save_row(term, by=instructor, now=now)
quiz = Quiz.objects.get(course=course, slug="midterm")
lesson = course.lessons.first()
essay = save_question(course, "in-your-own-words", kind="essay", lesson=lesson, passage=lesson.passages.first(),
                      content=dict(stem="What did the surge change?", model_answer="Its own aim, in part.",
                                   rubric=[dict(id="a", criterion="Names two figures", points=4),
                                           dict(id="b", criterion="Says what they cannot show", points=2)]),
                      level="evaluate", use="exam", state="ready", by=instructor, now=now)
written = Quiz.objects.create(course=course, slug="written", title="Written", state="ready", preset="exam",
                              open_to_everyone=True)
Slot.objects.create(quiz=written, question=essay, points=6)
attempt = start_quiz(student, written, now=now, rng=Random(1))
save_in_quiz(student, attempt=attempt.pk, number=1, client_id=uuid4(), writer="tab", sequence=0,
             fields=dict(essay=["Not as much as was said."]), seconds=None, now=now)
submit_attempt(attempt, now=now, by=student)
save_in_quiz(student, attempt=attempt.pk, number=1, client_id=uuid4(), writer="tab", sequence=1,
             fields=dict(essay=["More than was said."]), seconds=None, now=now)
text = attempt.items.get()
report_problem(text, text="Which surge?", now=now)
running = start_quiz(student, quiz, now=now, rng=Random(1))
loner = User.objects.create_user("alone", {LEARNER_PASSWORD!r}, name="Learner 08")
allow(course, by=instructor, reason="Sits it from abroad", now=now, user=loner, extra_minutes=10)
lone = start_quiz(loner, written, now=now, rng=Random(1))
save_in_quiz(loner, attempt=lone.pk, number=1, client_id=uuid4(), writer="tab", sequence=0,
             fields=dict(essay=["Less than its makers say."]), seconds=None, now=now)
submit_attempt(lone, now=now, by=loner)
print(json.dumps(dict(cohort=cohort.pk, student=student.pk, question=question.pk, quiz=quiz.pk, written="written",
                      course=course.pk, term=term.pk, figure=Figure.objects.filter(course=course).first().pk,
                      attempt=attempt.pk, running=running.pk, text=text.pk, report=text.problem_reports.get().pk,
                      lone=lone.pk, lone_text=lone.items.get().pk,
                      lesson=Lesson.objects.filter(course=course).first().pk, instructor=instructor.username,
                      imported=imported.pk, upload=waiting.pk)))
"""


def sign_in(page, name):
    page.goto("/accounts/sign-in/")
    page.get_by_label("Sign-in name").fill(name)
    page.get_by_label("Password").fill(LEARNER_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page


@pytest.fixture
def learner_signed_in(classroom):
    return lambda page: sign_in(page, "pupil")


@pytest.fixture
def instructor_signed_in(classroom):
    return lambda page: sign_in(page, classroom["instructor"])
