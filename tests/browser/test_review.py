"""The daily review in a real browser: by keyboard, with axe, narrow, and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.browser.test_every_page import refused_by_axe, wider_than_the_window

LATE_CARDS = """
import json, uuid
from datetime import timedelta
from django.utils import timezone
from content.models import Question
from content.questions import get_kind
from studyapp.accounts.models import User
from studyapp.review.models import Card
from studyapp.review.reviewing import record_answer
user = User.objects.get(username="pupil")
then = timezone.now() - timedelta(days=60)
questions = Question.objects.for_practice().filter(course__slug="us-iraq-relations", kind="single_choice")
for question in questions.select_related("current")[:6]:
    if not Card.objects.filter(learner=user, question=question, answers__gt=0).exists():
        record_answer(user, question, question.current, client_id=uuid.uuid4(), at=then, origin="practice", fraction=1.0,
                      response=get_kind(question.kind).correct(question.current.content), presented={})
print(json.dumps(1))
"""


@pytest.fixture
def late_cards(site, classroom):
    site.shell(LATE_CARDS)


def test_review_by_keyboard_alone(open_page, late_cards):
    page = sign_in(open_page(width=360, height=780), "pupil")
    page.goto("/review/")
    page.get_by_role("link", name="Start").or_(page.get_by_role("link", name="Go on")).press("Enter")
    page.locator("#asked").wait_for()
    assert refused_by_axe(page) == []
    assert wider_than_the_window(page) is None

    page.keyboard.press("1")
    page.keyboard.press("Enter")
    verdict = page.locator(".verdict")
    verdict.wait_for()

    page.locator(".verdict:focus").wait_for()
    assert "It comes back" in verdict.inner_text()
    assert "It comes back" in page.locator("#said").inner_text()
    assert ": " in page.title()
    assert refused_by_axe(page) == []
    assert wider_than_the_window(page) is None
    page.keyboard.press("Enter")
    page.locator("#asked").wait_for()
    page.locator("#asked [data-focus]:focus").wait_for()


def test_review_and_undo_without_script(open_page, late_cards):
    page = sign_in(open_page(script=False), "pupil")
    page.goto("/review/?ask=1")

    page.locator("#asked .opt > input").first.check()
    page.get_by_role("button", name="Check").click()

    expect(page).to_have_url(re.compile("answered="))
    expect(page.locator(".verdict")).to_contain_text("It comes back")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".says-list")).to_contain_text("Undone.")
