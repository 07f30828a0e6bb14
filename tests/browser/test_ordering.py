"""Ordering in a real browser: by keyboard with arrows and places, in an exam that saves, and without a script."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LEARNER_PASSWORD, sign_in
from tests.browser.test_every_page import refused_by_axe, wider_than_the_window

SET_UP = """
import json
from random import Random
from django.utils import timezone
from content.models import Course, Question
from studyapp.accounts.models import User
from studyapp.quizzes.attempts import start_attempt
from studyapp.quizzes.models import Quiz, Slot
from studyapp.quizzes.sittings import start_quiz
course = Course.objects.get(slug="us-iraq-relations")
question = Question.objects.ready().filter(course=course, kind="ordering").select_related("lesson").first()
lesson = question.lesson
person = User.objects.create_user({name!r}, {password!r}, name={name!r})
now = timezone.now()
run = start_attempt(
    person, kind="practice", course=course, lesson=lesson, questions=[question], now=now, rng=Random(1)
)
rules = dict(title="Only order", state="ready", preset="exam", open_to_everyone=True)
quiz, made = Quiz.objects.get_or_create(course=course, slug="only-order", defaults=rules)
if made:
    Slot.objects.create(quiz=quiz, question=question)
attempt = start_quiz(person, quiz, now=now, rng=Random(1))
items = [item["text"] for item in question.current.content["items"]]
practice = f"/courses/{{course.slug}}/{{lesson.slug}}/practice/?run={{run.pk}}"
print(json.dumps(dict(name={name!r}, attempt=attempt.pk, practice=practice, items=items)))
"""


@pytest.fixture
def asked(site, request):
    name = re.sub(r"\W", "-", request.node.name)[5:35]
    return site.shell(SET_UP.format(name=name, password=LEARNER_PASSWORD))


def rows(page):
    return page.locator("[data-ordering] li .what").all_inner_texts()


def places(page):
    return page.locator("[data-ordering] select").evaluate_all("all => all.map(one => one.value)")


def arrow(page, text, way):
    row = page.locator("[data-ordering] li").filter(has_text=text)
    return row.get_by_role("button", name=f"Move {way}")


def test_arrows_move_in_place_by_keyboard_and_say_where(open_page, asked):
    page = open_page()
    sign_in(page, asked["name"])
    page.goto(asked["practice"])
    before = rows(page)
    requests = len(page.watched.requests)

    arrow(page, before[2], "up").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_have_text(f"{before[2]}: now place 2 of {len(before)}.")
    expect(arrow(page, before[2], "up")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Space")  # it is first already

    expect(page.locator("#said")).to_have_text(f"{before[2]}: now place 1 of {len(before)}.")
    assert rows(page) == [before[2], *before[:2], *before[3:]]
    assert places(page) == [str(n) for n in range(1, len(before) + 1)]
    assert len(page.watched.requests) == requests  # all of it without the server
    assert refused_by_axe(page) == []


def test_chosen_place_moves_the_item_there_and_the_order_is_marked(open_page, asked):
    page = open_page(width=360, height=780)
    sign_in(page, asked["name"])
    page.goto(asked["practice"])
    assert wider_than_the_window(page) is None

    for place, text in enumerate(asked["items"], start=1):
        row = page.locator("[data-ordering] li").filter(has_text=text)
        row.locator("select").select_option(str(place))
        assert rows(page)[place - 1] == text
    page.get_by_role("button", name="Check").click()

    expect(page.locator(".verdict")).to_contain_text("Right")
    expect(page.get_by_text("In its place")).to_have_count(len(asked["items"]))


def test_order_without_a_script_is_made_with_the_same_arrows(open_page, asked):
    page = open_page(script=False)
    sign_in(page, asked["name"])
    page.goto(asked["practice"])
    order = rows(page)
    for place, text in enumerate(asked["items"]):
        for at in range(order.index(text), place, -1):
            arrow(page, text, "up").click()
            order.insert(at - 1, order.pop(at))
            expect(page.locator("[data-ordering] li .what")).to_have_text(order)
            expect(arrow(page, text, "up")).to_be_focused()
    page.get_by_role("button", name="Check").click()

    expect(page.get_by_text("In its place")).to_have_count(len(asked["items"]))


def test_order_in_an_exam_is_saved_at_once_and_there_after_a_reload(open_page, asked):
    page = open_page()
    sign_in(page, asked["name"])
    page.goto(f"/attempts/{asked['attempt']}/")
    before = rows(page)

    arrow(page, before[0], "down").click()
    expect(page.locator(".receipt")).to_have_text(re.compile(r"^Saved \d\d:\d\d:\d\d"))
    page.locator("[data-ordering] select").last.select_option("1")
    expect(page.locator(".receipt")).to_have_text(re.compile(r"^Saved \d\d:\d\d:\d\d"))
    made = rows(page)
    page.reload()

    assert made == [before[-1], before[1], before[0], *before[2:-1]]
    assert rows(page) == made
    assert places(page) == [str(n) for n in range(1, len(before) + 1)]


def test_order_made_offline_is_there_again_in_its_order_and_sent(open_page, asked):
    page = open_page()
    page.watched.failures_wanted = True
    sign_in(page, asked["name"])
    page.goto(f"/attempts/{asked['attempt']}/")
    before = rows(page)
    page.context.set_offline(True)
    expect(page.locator("#queue")).to_contain_text("You are offline.")
    arrow(page, before[0], "down").click()
    arrow(page, before[0], "down").click()
    expect(page.locator(".receipt")).to_have_text("Not saved yet, trying again")  # each change is kept here
    expect(page.locator("#queue")).to_contain_text("1 answer is kept here and will be sent")
    context, made = page.context, rows(page)
    page.close()

    context.set_offline(False)
    page = context.new_page()
    page.goto(f"/attempts/{asked['attempt']}/")
    expect(page.locator(".receipt")).to_have_text(re.compile(r"^Saved \d\d:\d\d:\d\d"))

    assert made == [before[1], before[2], before[0], *before[3:]]
    assert rows(page) == made
    assert places(page) == [str(n) for n in range(1, len(before) + 1)]
