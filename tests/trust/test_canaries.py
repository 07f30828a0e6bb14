"""What may not be seen yet is in no response: every page, part and answer of a whole exam is searched for canaries."""

import re
from datetime import timedelta
from random import Random

import pytest
from django.test import Client
from django.utils import timezone

from content.questions import get_kind
from studyapp.quizzes.models import Attempt, Quiz
from studyapp.quizzes.releasing import release_results
from tests.content.questions.examples import EXAMPLES
from tests.factories import create_course, create_lesson, create_question, create_quiz, create_user
from tests.trust.crawling import MORE_STARTS, STARTS, crawl

pytestmark = pytest.mark.django_db
FEEDBACK, EXPLANATION, KEY = "CANARYFEEDBACK", "CANARYEXPLANATION", "CANARYKEY"
RUBRIC, UNDRAWN, DRAFT = "CANARYRUBRIC", "CANARYUNDRAWN", "CANARYDRAFT"
# Numbers that no page has by chance, also as they may be spelled; the ids of requests and forms hold any digits.
VALUE, WEIGHT, TOLERANCE = (
    rf"(?<![0-9A-Za-z])({number})(?![0-9A-Za-z])"
    for number in (r"73[.,\s]?829", r"0[.,]7319|73[.,]19", r"0[.,]03177|0[.,]04711")
)
EVERYTHING = (FEEDBACK, EXPLANATION, KEY, RUBRIC, UNDRAWN, DRAFT, VALUE, WEIGHT, TOLERANCE)
MINUTES = timedelta(minutes=1)


def marked(content):
    """The author's content with canaries in place of what may be secret."""
    if isinstance(content, dict):
        return {name: _secret(name, value) or marked(value) for name, value in content.items()}
    return [marked(value) for value in content] if isinstance(content, list) else content


def _secret(name, value):
    if name in ("feedback", "else_feedback") and isinstance(value, str):
        return FEEDBACK
    texts = {"explanation": EXPLANATION, "description": RUBRIC, "model_answer": KEY + " model"}
    numbers = {"value": 73829, "fraction": 0.7319, "absolute": 0.03177, "relative": 0.04711}
    if name == "answers" and any("text" in answer for answer in value):
        return [marked(answer | {"text": answer["text"].replace("Ti", f"{KEY}-Ti")}) for answer in value]
    return texts.get(name) or numbers.get(name)


class Noting(Client):
    """A browser of which every answer is kept: where it came from, its headers and its bytes."""

    def __init__(self, **options):
        super().__init__(**options)
        self.seen = []

    def request(self, **request):
        response = super().request(**request)
        headers = "".join(f"{name}: {value}\n" for name, value in response.items())
        self.seen.append((request["PATH_INFO"], headers + response.getvalue().decode("utf-8", "replace")))
        return response

    def leaks(self):
        """{canary: where it was seen} of all since the last look."""
        seen, self.seen = self.seen, []
        assert seen
        found = {}
        for path, text in seen:
            for canary in EVERYTHING:
                if re.search(canary, text):
                    found.setdefault(canary, set()).add(path)
        return found


@pytest.fixture
def bank(course):
    lesson = create_lesson(course)
    questions = [
        create_question(lesson, f"q-{kind}".replace("_", "-"), kind=kind, content=marked(content), use="exam")
        for kind, content in EXAMPLES.items()
    ]
    for slug, state, word in (("undrawn", "ready", UNDRAWN), ("draft", "draft", DRAFT)):
        content = EXAMPLES["true_false"] | {"stem": f"{word} is no planet."}
        create_question(lesson, slug, content=content, state=state, use="exam")
    return questions


@pytest.fixture
def course(db):
    return create_course()


@pytest.fixture
def browser(learner):
    client = Noting()
    client.force_login(learner)
    return client


def wrong_answers(attempt):
    """Fields to post for each question: something that is read, and mostly wrong."""
    for item in attempt.items.select_related("question", "version"):
        kind, content = item.question.kind, item.version.content
        response = get_kind(kind).correct(content) if kind != "essay" else None
        given = {"short_text": {"text": "Rhea"}, "numeric": {"number": "5"}, "essay": {"essay": "Because."}}
        if kind in given:
            fields = given[kind]
        elif kind == "single_choice":
            fields = {"choice": content["options"][1]["id"]}
        elif kind == "true_false":
            fields = {"answer": "false"}
        elif kind == "multiple_choice":
            fields = {"choices": [content["options"][3]["id"]]}
        else:
            assert response is not None
            fields = {}
        yield item.number, {f"q{item.number}_{name}": value for name, value in fields.items()}


def look_everywhere(client, attempt, *more):
    page = f"/attempts/{attempt.pk}/"
    numbers = [f"{page}{item.number}/" for item in attempt.items.all()]
    for headers in ({}, {"HX-Request": "true"}):
        for path in (page, *numbers, f"{page}review/", f"{page}result/", f"{page}time/", "/marks/"):
            client.get(path, headers=headers)
    crawl(
        client,
        starts=[page, "/courses/rivers/", "/courses/rivers/search/?q=planet", *STARTS, *MORE_STARTS, *more],
    )


def take(client, quiz):
    """Start, save every answer by the queue and by the plain form."""
    client.post(f"/quizzes/rivers/{quiz.slug}/", {"start": "1"})
    attempt = Attempt.objects.get(state="open", kind="quiz")
    for number, fields in wrong_answers(attempt):
        sent = {"client_id": f"00000000-0000-4000-8000-{number:012d}", "writer": "tab", "number": "1"}
        client.post(f"/attempts/{attempt.pk}/{number}/save/", sent | fields)
        client.post(f"/attempts/{attempt.pk}/{number}/", {"here": number, "writer": "form"} | fields)
        client.post(f"/attempts/{attempt.pk}/{number}/", {"here": number} | dict.fromkeys(fields, "\x00"))
    return attempt


CUSTOM = {"just_after": ["verdict", "feedback"], "later": ["verdict"], "closed": ["verdict", "mark", "key"]}
# What a learner may have seen: just after handing in, later, and when the results are released.
OPENED = {KEY, FEEDBACK, EXPLANATION, RUBRIC, VALUE, WEIGHT, TOLERANCE}
MAY = {
    "learn": (OPENED, OPENED),
    "exam": (set(), set()),
    "try-again": (set(), set()),
    "custom": ({FEEDBACK}, set()),
}


@pytest.mark.parametrize("preset", MAY)
def test_nothing_is_sent_before_it_may_be_seen(browser, course, bank, preset, learner):
    custom = CUSTOM if preset == "custom" else {}
    quiz = create_quiz(
        course, slots=bank, preset=preset, custom=custom, time_limit_minutes=30, opens_at=timezone.now() - MINUTES,
        closes_at=timezone.now() + 60 * MINUTES,
    )  # fmt: skip

    attempt = take(browser, quiz)
    look_everywhere(browser, attempt)
    assert browser.leaks() == {}, "while it runs"

    browser.post(f"/attempts/{attempt.pk}/review/", {"hand_in": "1"})
    look_everywhere(browser, attempt)
    assert set(browser.leaks()) <= MAY[preset][0], "just after handing in"

    Attempt.objects.update(finished_at=timezone.now() - 10 * MINUTES)
    look_everywhere(browser, attempt)
    assert set(browser.leaks()) <= MAY[preset][1], "later"

    release_results(quiz, by=None, now=timezone.now())
    look_everywhere(browser, attempt)
    found = browser.leaks()
    assert {KEY, FEEDBACK, EXPLANATION} <= set(found) <= OPENED, "released"
    # From now on the questions are also among what a learner may take along.
    where = {path for paths in found.values() for path in paths}
    assert where == {f"/attempts/{attempt.pk}/result/", "/take-along/rivers.csv"}


@pytest.mark.parametrize("preset", ["exam", "try-again"])
def test_all_is_seen_when_the_quiz_has_closed(browser, course, bank, preset):
    quiz = create_quiz(course, slots=bank, preset=preset, closes_at=timezone.now() + 60 * MINUTES)
    attempt = take(browser, quiz)
    browser.post(f"/attempts/{attempt.pk}/review/", {"hand_in": "1"})
    look_everywhere(browser, attempt)
    assert browser.leaks() == {}

    Attempt.objects.update(finished_at=timezone.now() - 10 * MINUTES)
    Quiz.objects.update(closes_at=timezone.now() - 5 * MINUTES)
    look_everywhere(browser, attempt)

    assert {KEY, FEEDBACK, EXPLANATION} <= set(browser.leaks())


def test_who_did_not_sit_it_sees_nothing_even_after_the_release(course, bank, start_at):
    quiz = create_quiz(course, slots=bank, preset="exam")
    attempt = start_at(quiz)
    other = Noting()
    other.force_login(create_user("other"))

    for step in (None, lambda: release_results(quiz, by=None, now=timezone.now())):
        if step:
            step()
        look_everywhere(other, attempt)
        assert other.leaks() == {}


def test_practice_of_a_finished_quiz_shows_no_key_before_it_is_handed_in(browser, course, bank):
    quiz = create_quiz(course, slots=bank, preset="learn")
    attempt = take(browser, quiz)
    browser.post(f"/attempts/{attempt.pk}/review/", {"hand_in": "1"})
    browser.post(f"/attempts/{attempt.pk}/result/", {"again": "1"})
    again = Attempt.objects.get(kind="again")
    browser.leaks()

    for path in ("", "1/", "review/", "time/"):
        browser.get(f"/attempts/{again.pk}/{path}")

    assert browser.leaks() == {}


@pytest.fixture
def start_at(learner):
    from studyapp.quizzes.sittings import start_quiz

    return lambda quiz: start_quiz(learner, quiz, now=timezone.now(), rng=Random(1))
