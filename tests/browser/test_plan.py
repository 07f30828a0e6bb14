"""The plan for an exam, progress, and what is said beside an answer, in a real browser."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from studyapp.review.days import study_day
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import look_over
from tests.browser.test_review import late_cards  # noqa: F401  a fixture

PLAN = "/progress/plan/us-iraq-relations/"
# A question with a hint that the pupil has all but forgotten: a new one each time.
HINTED = """
import json, uuid
import re
from datetime import timedelta
from django.utils import timezone
from content.models import Question
from content.questions import get_kind
from studyapp.accounts.models import User
from studyapp.review.models import Card
from studyapp.review.reviewing import record_answer
user = User.objects.get(username="pupil")
questions = Question.objects.for_practice().filter(course__slug="us-iraq-relations", kind="single_choice")
questions = questions.exclude(pk__in=Card.objects.filter(learner=user).values("question"))
question = next(q for q in questions.select_related("current") if q.current.content.get("hint"))
record_answer(user, question, question.current, client_id=uuid.uuid4(), at=timezone.now() - timedelta(days=300),
              origin="practice", fraction=0.0, response=get_kind(question.kind).correct(question.current.content),
              presented={})
print(json.dumps(1))
"""


def set_date(page, days):
    page.goto(PLAN)
    page.get_by_label("Day of the exam", exact=True).fill(
        (study_day(timezone.now(), "UTC") + timedelta(days=days)).isoformat()
    )
    page.get_by_role("button", name="the day").press("Enter")
    expect(page.locator("h1")).to_have_text(re.compile(f"is in {days} days\\.$"))


def test_plan_and_progress_are_usable_in_every_size_and_scheme(open_page, late_cards):  # noqa: F811
    page = sign_in(open_page(), "pupil")
    set_date(page, 40)

    expect(page.locator(".plan-days > li")).to_have_count(7)
    assert look_over(page, [PLAN, "/progress/"]) == []


def test_tables_behind_the_plots_open_by_keyboard(open_page, late_cards):  # noqa: F811
    page = sign_in(open_page(width=360, height=780), "pupil")
    set_date(page, 40)

    for address, figures in ((PLAN, 2), ("/progress/", 5)):
        page.goto(address)
        summaries = page.get_by_text("Show as table")
        assert summaries.count() >= figures
        for n in range(summaries.count()):
            summaries.nth(n).press("Enter")
        expect(page.locator("figure table").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_date_is_set_and_removed_without_script(open_page, late_cards):  # noqa: F811
    page = sign_in(open_page(script=False), "pupil")
    page.goto(PLAN)
    page.get_by_label("Day of the exam", exact=True).fill("2001-01-01")
    page.get_by_role("button", name="the day").click()
    expect(page.locator(".errors")).to_contain_text("Choose a day after today.")

    set_date(page, 20)

    page.get_by_role("button", name="Remove my date").click()
    expect(page.locator("h1")).to_have_text("When is your exam?")


@pytest.mark.parametrize("script", [True, False])
def test_hint_opens_by_keyboard_and_is_told_with_the_answer(open_page, late_cards, site, script):  # noqa: F811
    site.shell(HINTED)
    page = sign_in(open_page(script=script, width=360, height=780), "pupil")
    for _ in range(12):
        page.goto("/review/?ask=1")
        if page.locator(".hint").count():
            break
        page.locator("#asked .opt > input").first.check()
        page.get_by_role("button", name="Check").click()
        page.locator(".verdict").wait_for()
    hint = page.get_by_label("Show a hint")
    expect(page.locator(".hint-text")).to_be_hidden()

    hint.focus()
    hint.press("Space")
    expect(page.locator(".hint-text")).to_be_visible()
    sure = page.get_by_label("Sure", exact=True)
    sure.focus()
    sure.press("Space")
    page.locator("#asked .opt > input").first.check()
    page.get_by_role("button", name="Check").press("Enter")
    page.locator(".verdict").wait_for()

    said = site.shell(
        "import json; from studyapp.review.models import ReviewLog; row = ReviewLog.objects.latest('pk');"
        "print(json.dumps([row.sure, row.hint_used]))"
    )
    assert said == [True, True]
