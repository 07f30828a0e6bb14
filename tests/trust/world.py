"""One small world with everybody in it, for the tests that try everything as everybody.

Two courses for classes, `rivers` (ours) and `deltas` (another's), and `hills`, which is open to all. The roles are
meant as seen from `rivers`.
"""

from dataclasses import dataclass
from random import Random

from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from content.formats import Media, read
from content.formats.carrying import packed
from content.models import Course, Upload
from content.revisions import save_row
from studyapp.accounts.links import make_link
from studyapp.accounts.models import Notice, User
from studyapp.classes.models import Cohort, Enrolment
from studyapp.quizzes.models import Attempt, AttemptItem
from studyapp.quizzes.problem_reports import report_problem
from studyapp.quizzes.sittings import start_quiz, submit_attempt
from studyapp.reading.calendars import make_calendar
from studyapp.reading.notes import highlight, save_note, words_in
from tests.content.formats.made_apkg import PNG
from tests.factories import (
    THEN,
    create_answer,
    create_asset,
    create_cohort,
    create_course,
    create_lesson,
    create_question,
    create_quiz,
    create_user,
    save_in,
)

ROLES = (
    "anonymous",
    "guest",
    "learner",
    "outsider",  # a learner of another class
    "assistant",
    "other_instructor",  # of another course
    "instructor",
    "superuser",
)
KINDS = ("single_choice", "multiple_choice", "true_false", "short_text", "numeric")


@dataclass
class Place:
    """A course with a class and something answered in it."""

    course: Course
    cohort: Cohort
    lesson: object
    questions: dict
    learner: User
    attempt: Attempt  # at a quiz, running, without an end
    text: AttemptItem  # written in another quiz, handed in, not marked; its question is reported
    # The same of somebody who is in no class.
    lone_attempt: Attempt
    lone_text: AttemptItem


@dataclass
class World:
    people: dict
    ours: Place
    theirs: Place
    open: Course
    token: str  # of an unused sign-in link
    uploads: dict  # role → a file on its way into its course, with a picture
    group: Group


def sign_in_as(user, **options) -> Client:
    client = Client(raise_request_exception=False, **options)
    if user is not None:
        client.force_login(user)
    return client


def snapshot() -> dict:
    """Every row about people as it is, and the number of rows of everything else that a reader could change."""
    counted = {
        model._meta.label: model.objects.count()
        for model in apps.get_models()
        if model._meta.app_label in {"classes", "reading", "review", "quizzes", "content"}
    }
    return counted | {"people": list(User.objects.order_by("pk").values())}


def ask_in_the_text(lesson, questions) -> None:
    """Put the questions into the lesson's first passage, where they are answered while reading."""
    passage = lesson.passages.first()
    passage.segments = [*passage.segments, *({"check": question.slug} for question in questions.values())]
    passage.save()


def build_place(slug, learner, instructor, *, kinds=KINDS) -> Place:
    course = create_course(slug, staff=[instructor], access=Course.Access.CLASS)
    lesson = create_lesson(course, f"{slug}-sources")
    cohort = create_cohort(course, instructors=[instructor], learners=[learner], name=f"Class of {slug}")
    questions = {
        kind: create_question(lesson, f"{slug}-{kind}".replace("_", "-"), kind=kind) for kind in kinds
    }
    ask_in_the_text(lesson, questions)
    create_answer(learner, questions[kinds[0]])
    create_asset(course)
    lesson.module.title = "Springs and sources"
    save_row(lesson.module, by=instructor, now=THEN)
    # Open to everyone: a loner sits them too.
    quiz = create_quiz(course, f"{slug}-quiz", slots=list(questions.values()), open_to_everyone=True)
    attempt = start_quiz(learner, quiz, now=THEN, rng=Random(1))
    essay = create_question(lesson, f"{slug}-essay", kind="essay", use="exam")
    written = create_quiz(course, f"{slug}-text", slots=[essay], open_to_everyone=True)
    loner = create_user(f"{slug}-loner")
    return Place(
        course,
        cohort,
        lesson,
        questions,
        learner,
        attempt,
        write_a_text(learner, written),
        start_quiz(loner, quiz, now=THEN, rng=Random(1)),
        write_a_text(loner, written),
    )


def write_a_text(learner, quiz) -> AttemptItem:
    attempt = start_quiz(learner, quiz, now=THEN, rng=Random(1))
    save_in(attempt, 1, {"essay": ["Because of the snow."]})
    submit_attempt(attempt, now=THEN, by=learner)
    item = attempt.items.get()
    report_problem(item, text="Which snow?", now=THEN)
    return item


def write_in(learner, passage) -> None:
    """A note and a highlight."""
    save_note(learner, passage, "A thought of my own.", writer="tab", number=1, seen=(), now=THEN)
    pieces = [segment["html"] for segment in passage.segments if "html" in segment]
    highlight(learner, passage, words_in(pieces, "Text of part"), now=THEN)


def build_upload(course, user) -> Upload:
    """A file that was read and waits to be imported."""
    data = f"// [id:waiting]\nDoes it wait?{{T}}\n\n// [id:{course.slug}-true-false]\nKnown?{{T}}\n\nOnly words.\n".encode()
    reading = read(data, "waiting.gift")
    reading.media["assets/dot.png"] = Media("assets/dot.png", PNG, "png")
    return Upload.objects.create(
        course=course, user=user, name="waiting.gift", sha256="0" * 64, data=data, reading=packed(reading),
        created_at=timezone.now(),
    )  # fmt: skip


def build_world() -> World:
    people = {
        "anonymous": None,
        "guest": create_user("guest-1", is_guest=True),
        "learner": create_user("learner", name="Learner One", email="learner@example.org"),
        "outsider": create_user("outsider"),
        "assistant": create_user("assistant"),
        "other_instructor": create_user("other-instructor", is_staff=True),
        "instructor": create_user("instructor", is_staff=True),
        "superuser": create_user("superuser", is_staff=True, is_superuser=True),
    }
    ours = build_place("rivers", people["learner"], people["instructor"])
    theirs = build_place("deltas", people["outsider"], people["other_instructor"], kinds=("true_false",))
    Enrolment.objects.create(
        cohort=ours.cohort, user=people["assistant"], role=Enrolment.Role.ASSISTANT, joined_at=THEN
    )
    open_course = create_course("hills", staff=[people["instructor"]])
    lesson = create_lesson(open_course, "hill-sources")
    slugs = {kind: f"hill-{kind}".replace("_", "-") for kind in KINDS}
    ask_in_the_text(lesson, {kind: create_question(lesson, slug, kind=kind) for kind, slug in slugs.items()})
    create_quiz(open_course, "hills-quiz", preset="learn", time_limit_minutes=30)
    group, _ = Group.objects.get_or_create(name="instructor")
    group.user_set.add(people["instructor"], people["other_instructor"])
    for person, passage in ((ours.learner, ours.lesson), (theirs.learner, theirs.lesson)):
        write_in(person, passage.passages.first())
    make_calendar(ours.learner, now=THEN)
    Notice.objects.create(user=people["learner"], text="A mark was corrected.", created_at=THEN)
    uploads = {
        "instructor": build_upload(ours.course, people["instructor"]),
        "other_instructor": build_upload(theirs.course, people["other_instructor"]),
    }
    token = make_link(people["learner"], now=timezone.now())
    return World(people, ours, theirs, open_course, token, uploads, group)
