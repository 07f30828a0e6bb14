"""A quiz without a way back in a real browser: nothing typed is lost on the way onward, nothing left comes back."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LEARNER_PASSWORD, sign_in

SET_UP = """
import json
from random import Random
from django.utils import timezone
from content.models import Course, Question
from studyapp.accounts.models import User
from studyapp.quizzes.models import Quiz, Slot
from studyapp.quizzes.sittings import start_quiz
course = Course.objects.get(slug="us-iraq-relations")
quiz = Quiz.objects.create(
    course=course, slug="one-way", title="One way", state="ready", preset="exam", one_way=True)
for n, kind in enumerate(("numeric", "true_false", "numeric")):
    question = Question.objects.ready().filter(course=course, kind=kind).order_by("pk")[n // 2]
    Slot.objects.create(quiz=quiz, position=n, question=question)
found = []
for n in range({count}):
    name = f"one-way-{{n}}"
    person = User.objects.create_user(name, {password!r}, name=name)
    attempt = start_quiz(person, quiz, now=timezone.now(), rng=Random(1))
    found.append(dict(name=name, attempt=attempt.pk, path=f"/attempts/{{attempt.pk}}/"))
print(json.dumps(found))
"""
ROWS = """
import json
from studyapp.quizzes.models import AttemptItem, SavedAnswer
items = AttemptItem.objects.filter(attempt={attempt}).order_by("number")
print(json.dumps(dict(
    left=[item.number for item in items if item.left_at],
    answers=[[a.item.number, a.response] for a in SavedAnswer.objects.filter(item__in=items).order_by("pk")])))
"""
SAVED = re.compile(r"^Saved \d\d:\d\d:\d\d")
LEFT = "You have left question 1; its answer stays as it was."


@pytest.fixture(scope="module")
def sittings(site):
    return site.shell(SET_UP.format(count=4, password=LEARNER_PASSWORD))


@pytest.fixture
def sitting(sittings):
    return sittings.pop()


@pytest.fixture
def page(open_page, sitting):
    return begin(open_page(), sitting)


def begin(page, sitting):
    sign_in(page, sitting["name"])
    page.goto(sitting["path"])
    return page


def rows(site, sitting):
    return site.shell(ROWS.format(attempt=sitting["attempt"]))


def type_in(page, words):
    page.locator(".item input[type=text]").fill(words)


def onward(page):
    page.locator(".next-bar button[name=next]").click()


def test_question_is_left_when_what_was_typed_is_saved_and_not_before(site, page, sitting):
    page.watched.failures_wanted = True
    type_in(page, "many")
    onward(page)
    expect(page.locator(".item [aria-invalid=true]")).to_have_value("many")
    expect(page.locator(".item")).to_contain_text("Question 1")

    type_in(page, "41")
    onward(page)  # while the change of a moment ago still waits to be sent

    page.wait_for_url(f"**{sitting['path']}2/")
    found = rows(site, sitting)
    assert (found["left"], [number for number, _ in found["answers"]]) == ([1], [1])


def test_left_question_takes_nothing_from_another_tab_and_says_so(site, page, sitting):
    other = page.context.new_page()
    other.goto(sitting["path"])
    type_in(other, "41")
    onward(other)
    other.wait_for_url(f"**{sitting['path']}2/")

    page.watched.failures_wanted = True
    type_in(page, "12")
    expect(page.locator("#q1 .receipt")).to_have_text(f"Not saved: {LEFT}")
    onward(page)

    expect(page.locator(".says-list")).to_have_text(LEFT)
    expect(page.locator(".item")).to_contain_text("Question 2")
    found = rows(site, sitting)
    assert (found["left"], len(found["answers"])) == ([1], 1)


def test_unsent_answer_of_a_question_left_elsewhere_is_told(site, page, sitting):
    page.watched.failures_wanted = True
    page.context.set_offline(True)
    expect(page.locator("#queue")).to_contain_text("You are offline.")
    type_in(page, "12")
    expect(page.locator("#queue")).to_contain_text("1 answer is kept here")
    site.shell(
        "from django.utils import timezone; from studyapp.quizzes.models import AttemptItem; "
        f"AttemptItem.objects.filter(attempt={sitting['attempt']}, number=1).update(left_at=timezone.now())"
    )
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(sitting["path"])

    expect(page.locator("#trouble")).to_have_text(f"Question 1: Not saved: {LEFT}")
    assert rows(site, sitting) == {"left": [1], "answers": []}


def test_going_back_without_script_changes_nothing_and_says_so(site, open_page, sitting):
    page = begin(open_page(script=False), sitting)
    type_in(page, "41")
    onward(page)
    page.go_back()
    if page.locator(".item input[type=text]").count():  # the browser may show its own copy of the page
        type_in(page, "12")
        onward(page)
        expect(page.locator(".says-list")).to_have_text(LEFT)

    expect(page.locator(".item")).to_contain_text("Question 2")
    found = rows(site, sitting)
    assert (found["left"], len(found["answers"])) == ([1], 1)
