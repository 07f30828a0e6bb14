"""Rows for tests. Name only what the test is about; everything else has a plain default."""

from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from random import Random
from uuid import uuid4

from django.contrib.auth.hashers import get_hasher, make_password
from django.core.files.base import ContentFile
from PIL import Image

from content.assets import save_asset
from content.authoring import save_question
from content.coursefiles.images import read_picture
from content.models import Course, CourseStaff, Lesson, Module, Passage
from content.questions import get_kind
from studyapp.accounts.models import User
from studyapp.classes.models import Cohort, Enrolment
from studyapp.quizzes.attempts import save_answer, start_attempt
from studyapp.quizzes.models import Attempt, Quiz, Slot
from studyapp.quizzes.sittings import save_in_quiz
from tests.content.questions.examples import EXAMPLES

THEN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PASSWORD = "a-long-enough-phrase"


@cache
def hashed(password, algorithm):
    """Once in a run: hashing is meant to be slow, and what it gives is seldom what a test is about."""
    return make_password(password, hasher=algorithm)


def create_user(username="someone", **fields):
    password = hashed(fields.pop("password", PASSWORD), get_hasher().algorithm)
    return User.objects.create(username=username, password=password, **fields)


def create_course(slug="rivers", *, staff=(), **fields):
    course = Course.objects.create(slug=slug, title=fields.pop("title", slug.title()), **fields)
    for user in staff:
        CourseStaff.objects.create(course=course, user=user, role=CourseStaff.Role.INSTRUCTOR)
    return course


def create_lesson(course, slug="sources", *, passages=2, module=None, **fields):
    module = module or Module.objects.get_or_create(course=course, slug="one", defaults={"title": "One"})[0]
    lesson = Lesson.objects.create(
        course=course, module=module, slug=slug, title=fields.pop("title", slug.title()), **fields
    )
    for n in range(1, passages + 1):
        Passage.objects.create(
            course=course,
            lesson=lesson,
            slug=f"{slug}-{n}",
            title=f"Part {n} of {lesson.title}",
            position=n,
            segments=[{"html": f"<p>Text of part {n}.</p>"}],
            text=f"Text of part {n}.",
        )
    return lesson


def create_cohort(course, *, instructors=(), learners=(), name="Class A", **fields):
    fields.setdefault("join_code", f"code-{course.slug}-{name}"[:20])
    cohort = Cohort.objects.create(course=course, name=name, created_at=THEN, **fields)
    for role, people in ((Enrolment.Role.INSTRUCTOR, instructors), (Enrolment.Role.LEARNER, learners)):
        for user in people:
            Enrolment.objects.create(cohort=cohort, user=user, role=role, joined_at=THEN)
    return cohort


def create_question(lesson, slug="a-question", *, kind="true_false", content=None, **fields):
    passage = fields.pop("passage", None) or lesson.passages.first()
    fields = {"level": "remember", "use": "both", "state": "ready", "by": None, "now": THEN} | fields
    return save_question(
        lesson.course,
        slug,
        kind=kind,
        content=content or EXAMPLES[kind],
        lesson=lesson,
        passage=passage,
        **fields,
    )


def create_answer(learner, question, *, right=True, at=THEN, kind=Attempt.Kind.CHECK, client_id=None):
    """An answer sent in the learner's open attempt at the question's lesson, marked and recorded."""
    attempt = start_attempt(
        learner,
        kind=kind,
        course=question.course,
        lesson=question.lesson,
        questions=[question],
        now=at,
        rng=Random(1),
    )
    item = attempt.items.select_related("attempt", "question", "version").get(question=question)
    response = get_kind(question.kind).correct(question.current.content)
    if not right:
        assert question.kind == "true_false", "only true or false knows its wrong answer"
        response = {name: not value for name, value in response.items()}
    receipt = save_answer(
        item,
        learner=learner,
        client_id=client_id or uuid4(),
        writer=uuid4().hex,
        number=0,
        response=response,
        seconds=7,
        now=at,
    )
    return receipt.answer


def create_quiz(course, slug="a-quiz", *, slots=None, **fields):
    """A quiz that is ready; `slots`: questions, or dicts of a Slot's fields. Without them it draws 2."""
    fields = {"title": slug.replace("-", " ").title(), "state": Quiz.State.READY, "preset": "exam"} | fields
    quiz = Quiz.objects.create(course=course, slug=slug, **fields)
    for position, slot in enumerate([{"draw": 2}] if slots is None else slots):
        slot = slot if isinstance(slot, dict) else {"question": slot}
        Slot.objects.create(quiz=quiz, position=position, **slot)
    return quiz


def save_in(attempt, number, fields, *, at=THEN, writer="tab", sequence=0, client_id=None, learner=None):
    """One save of one page, as it arrives; the receipt."""
    return save_in_quiz(
        learner or attempt.learner,
        attempt=attempt.pk,
        number=number,
        client_id=client_id or uuid4(),
        writer=writer,
        sequence=sequence,
        fields=fields,
        seconds=None,
        now=at,
    )


def create_asset(course, name="map.png", *, alt="A map"):
    """An image of a course; its bytes differ from those of every other course."""
    out = BytesIO()
    Image.new("RGB", (2, 2), (course.pk % 256, course.pk // 256 % 256, 0)).save(out, "PNG")
    picture = read_picture(name, out.getvalue())
    asset = save_asset(course, picture, alt=alt, now=THEN)
    if not asset.file.storage.exists(asset.file.name):
        # The bytes reach their place on commit, which a test never does.
        asset.file.storage.save(asset.file.name, ContentFile(picture.data))
    return asset
