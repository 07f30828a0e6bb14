"""What of an exam's keys somebody can see: a bank with a canary in every explanation, and a look at every page."""

import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from studyapp.classes.models import Enrolment
from studyapp.quizzes.models import Attempt
from tests.content.questions.examples import EXAMPLES
from tests.factories import PASSWORD, create_lesson, create_question, create_quiz

KEY = "CANARYKEY"
CODE = "BCD-234-XYZ"
MINUTE = timedelta(minutes=1)
ALL = frozenset({"verdict", "mark", "key"})
CUSTOM = {"later": ["verdict"], "closed": ["verdict", "mark", "feedback", "key"]}
# What is seen of a handed-in attempt before the quiz has closed for everybody; afterwards it is all.
BEFORE = {
    "learn": ALL,
    "exam": frozenset(),
    "try-again": frozenset({"verdict", "mark"}),
    "custom": frozenset({"verdict"}),
}
ON_EVERY_LOOK = ("/quizzes/rivers/exam/", "/review/", "/take-along/rivers.csv")
EVERYWHERE = (
    *(
        "/",
        "/progress/",
        "/notes/",
        "/accounts/notices/",
        "/courses/rivers/",
        "/courses/rivers/search/?q=planet",
    ),
    *("/courses/rivers/sources/", "/courses/rivers/sources/practice/", "/review/mistakes/", "/take-along/"),
)


def create_exam(course, preset="exam", **fields):
    """A quiz "exam" over two questions that are kept for exams, each with its key in the explanation."""
    lesson = course.lessons.first() or create_lesson(course)
    questions = [
        create_question(
            lesson, f"q-{n}", content=EXAMPLES["true_false"] | {"explanation": f"{KEY} {n}"}, use="exam"
        )
        for n in (1, 2)
    ]
    fields = {"attempts_allowed": 1, "custom": CUSTOM if preset == "custom" else {}} | fields
    return create_quiz(course, "exam", slots=questions, preset=preset, **fields)


def browser_of(user=None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def sign_in(client, name="learner"):
    return client.post("/accounts/sign-in/", {"name": name, "password": PASSWORD})


def start(client) -> Attempt | None:
    """Start the exam as the browser does; the newest running attempt, or None where it was refused."""
    response = client.post("/quizzes/rivers/exam/", {"start": "1"})
    if response.status_code != 303:
        assert response.status_code == 422
        return None
    return Attempt.objects.get(pk=int(re.search(r"/attempts/(\d+)/", response["Location"])[1]))


def hand_in(client, attempt, *, minutes_ago=10):
    """Answer the first question right, the second wrong, hand in; as if so many minutes ago."""
    for number, said in ((1, "true"), (2, "false")):
        client.post(
            f"/attempts/{attempt.pk}/{number}/", {"here": str(number), f"q{number}_answer": said, "save": "1"}
        )
    client.post(f"/attempts/{attempt.pk}/review/", {"hand_in": "1"})
    Attempt.objects.filter(pk=attempt.pk).update(finished_at=timezone.now() - minutes_ago * MINUTE)
    attempt.refresh_from_db()
    assert attempt.items.get(number=1).answers.exists()
    assert not attempt.is_open
    return attempt


def sit(client) -> Attempt:
    return hand_in(client, start(client))


def seen(client, attempt, *, everywhere=False) -> frozenset:
    """What this browser can find out about its handed-in attempt: on the pages that show it, or on every page."""
    page = client.get(f"/attempts/{attempt.pk}/result/")
    assert page.status_code == 200
    text = page.content.decode()
    found = set()
    if "Not right" in text or "is-right" in text:
        found.add("verdict")
    if re.search(r"of 2\s+points?", text):
        found.add("mark")
    marks = client.get("/marks/").content.decode()
    if re.search(r"\b[012] of 2\b", marks):
        found.add("mark")
    more = (f"/attempts/{attempt.pk}/{path}" for path in ("1/saved/", "1/report/", "1/", "review/"))
    texts = [text, marks]
    for path in (*ON_EVERY_LOOK, *((*EVERYWHERE, *more) if everywhere else ())):
        response = client.get(path)
        assert response.status_code < 500, path
        texts.append(response.getvalue().decode("utf-8", "replace"))
    if any(KEY in text for text in texts):
        found.add("key")
    return frozenset(found)


def seen_by_practising(client, attempt) -> frozenset | None:
    """What practising the handed-in questions again shows; None where it is refused."""
    response = client.post(f"/attempts/{attempt.pk}/result/", {"again": "1"})
    if response.status_code == 422:
        return None
    again = Attempt.objects.get(pk=int(re.search(r"/attempts/(\d+)/", response["Location"])[1]))
    return seen(client, hand_in(client, again))


def leave(client):
    for enrolment in Enrolment.objects.filter(left_at__isnull=True):
        client.post("/classes/", {"leave": str(enrolment.pk)})


def join(client, code=CODE):
    return client.post("/join/", {"code": code})
