"""What a learner says beside an answer is kept with it: how sure they are, and whether they looked at the hint."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from studyapp.review.models import ReviewLog
from studyapp.review.reviewing import record_answer
from studyapp.review.scheduling import Rating
from studyapp.study.asides import Aside, read_aside
from tests import factories
from tests.content.questions.examples import EXAMPLES
from tests.study.forms import form_of

PRACTICE = "/courses/rivers/lesson/practice/"


@pytest.fixture
def question(db):
    """With a hint, and read in a lesson as a check."""
    lesson = factories.create_lesson(factories.create_course(), "lesson")
    passage = lesson.passages.first()
    passage.segments.append({"check": "hinted"})
    passage.save()
    content = EXAMPLES["true_false"] | {"hint": "It flows to the sea."}
    return factories.create_question(lesson, "hinted", content=content)


def in_practice(client, question, **aside):
    client.post(PRACTICE, {"start": 1})
    fields = form_of(client.get(PRACTICE), id="asked")["fields"]
    right = str(question.current.content["answer"]).lower()
    client.post(PRACTICE, fields | {"q_answer": right} | aside)
    return ReviewLog.objects.latest("pk")


def in_review(client, question, **aside):
    record_answer(
        client.learner, question, question.current, client_id=uuid.uuid4(), origin="check", fraction=1.0,
        at=timezone.now() - timedelta(days=20), response={"answer": True}, presented={},
    )  # fmt: skip
    fields = form_of(client.get("/review/", {"ask": 1}), id="asked")["fields"]
    right = str(question.current.content["answer"]).lower()
    client.post("/review/", fields | {"q_answer": right} | aside)
    return ReviewLog.objects.latest("pk")


def in_lesson(client, question, **aside):
    page = client.get("/courses/rivers/lesson/")
    form = form_of(page, id="check_hinted")
    right = str(question.current.content["answer"]).lower()
    client.post(form["action"], form["fields"] | {"q_hinted_answer": right} | aside)
    return ReviewLog.objects.latest("pk")


@pytest.fixture
def studying(client, learner):
    client.force_login(learner)
    client.learner = learner
    return client


@pytest.mark.parametrize("answer", [in_practice, in_review])
@pytest.mark.parametrize(("said", "kept"), [("yes", True), ("no", False), ("", None), ("perhaps", None)])
def test_how_sure_is_kept_with_the_answer(studying, question, answer, said, kept):
    row = answer(studying, question, sure=said)

    assert (row.sure, row.fraction) == (kept, 1)


def test_nothing_need_be_said(studying, question):
    row = in_practice(studying, question)

    assert (row.sure, row.hint_used, row.rating) == (None, False, Rating.GOOD)


@pytest.mark.parametrize("answer", [in_practice, in_review, in_lesson])
def test_right_answer_after_the_hint_counts_as_hard(studying, question, answer):
    row = answer(studying, question, hint="1")

    assert (row.hint_used, row.rating) == (True, Rating.HARD)


@pytest.mark.parametrize("page", [PRACTICE, "/courses/rivers/lesson/"])
def test_hint_stands_behind_a_box_that_is_not_ticked(studying, question, page):
    studying.post(PRACTICE, {"start": 1})

    html = studying.get(page).content.decode()

    assert "It flows to the sea." in html
    assert re.search(r'<input type="checkbox" name="hint" value="1" id="[\w-]+">', html)


@pytest.mark.parametrize("said", ["yes", "no"])
def test_what_was_said_stands_after_a_refusal(studying, question, said):
    studying.post(PRACTICE, {"start": 1})
    fields = form_of(studying.get(PRACTICE), id="asked")["fields"]

    page = studying.post(PRACTICE, fields | {"sure": said, "hint": "1"})

    html = page.content.decode()
    assert page.status_code == 422
    assert f'value="{said}" checked' in html
    assert re.search(r'name="hint" value="1" id="q_hint" checked', html)


def test_a_lesson_does_not_ask_how_sure(studying, question):
    assert 'name="sure"' not in studying.get("/courses/rivers/lesson/").content.decode()


def test_rubbish_says_nothing():
    assert read_aside({"sure": "\x00", "hint": "yes"}) == Aside()
