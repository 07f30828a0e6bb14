"""An exam in a real browser: offline, closed and opened again, signed out, by keyboard alone, without script.

Two tabs, two people and all else that is promised about answers: test_exam_promises.py.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LEARNER_PASSWORD, sign_in
from tests.browser.test_every_page import refused_by_axe, wider_than_the_window

KINDS = (
    "single_choice", "multiple_choice", "true_false", "short_text", "numeric",
    "matching", "ordering", "gaps", "essay",
)  # fmt: skip
SET_UP = """
import json
from random import Random
from django.utils import timezone
from content.models import Course, Question
from studyapp.accounts.models import User
from studyapp.quizzes.models import Quiz, Slot
from studyapp.quizzes.sittings import start_quiz
course = Course.objects.get(slug="us-iraq-relations")
quiz, made = Quiz.objects.get_or_create(course=course, slug="every-kind", defaults=dict(
    title="Every kind", state="ready", preset="exam", time_limit_minutes=30, open_to_everyone=True))
if made:
    for n, kind in enumerate({kinds!r}):
        question = Question.objects.ready().filter(course=course, kind=kind).order_by("pk").first()
        if question:
            Slot.objects.create(quiz=quiz, position=n, question=question)
name = "exam-{name}"
person = User.objects.create_user(name, {password!r}, name=name)
attempt = start_quiz(person, quiz, now=timezone.now(), rng=Random(1))
kinds = dict(attempt.items.values_list("question__kind", "number"))
print(json.dumps(dict(name=name, attempt=attempt.pk, kinds=kinds, user=person.pk)))
"""
ROWS = """
import json
from studyapp.quizzes.models import SavedAnswer
print(json.dumps([[a.item.number, a.response, a.is_late] for a in
    SavedAnswer.objects.filter(item__attempt={attempt}).select_related("item").order_by("pk")]))
"""


@pytest.fixture
def sitting(site, request):
    name = re.sub(r"\W", "-", request.node.name)[5:35]
    return site.shell(SET_UP.format(kinds=KINDS, name=name, password=LEARNER_PASSWORD))


def open_exam(page, sitting):
    sign_in(page, sitting["name"])
    page.goto(f"/attempts/{sitting['attempt']}/")


def rows(site, sitting):
    return site.shell(ROWS.format(attempt=sitting["attempt"]))


def section(page, sitting, kind):
    return page.locator(f"#q{sitting['kinds'][kind]}")


def saved(part):
    expect(part.locator(".receipt")).to_have_text(re.compile(r"^Saved \d\d:\d\d:\d\d"))


def test_each_change_is_saved_at_once_with_a_receipt(site, open_page, sitting):
    page = open_page()
    open_exam(page, sitting)
    choice, number = section(page, sitting, "single_choice"), section(page, sitting, "numeric")

    choice.locator("input[type=radio]").first.check()
    saved(choice)
    number.locator("input[type=text]").fill("42")
    saved(number)

    assert [row[0] for row in rows(site, sitting)] == [
        sitting["kinds"]["single_choice"],
        sitting["kinds"]["numeric"],
    ]
    expect(page.locator("#n-answered")).to_have_text("2")


def test_what_was_answered_offline_is_sent_after_the_tab_was_closed(site, open_page, sitting):
    page = open_page()
    page.watched.failures_wanted = True
    open_exam(page, sitting)
    page.context.set_offline(True)
    section(page, sitting, "single_choice").locator("input[type=radio]").nth(1).check()
    section(page, sitting, "numeric").locator("input[type=text]").fill("17")
    section(page, sitting, "essay").locator("textarea").fill("Written on a train.")
    expect(page.locator("#queue")).to_contain_text("3 answers are kept here and will be sent")
    expect(page.locator("#nums .is-u")).to_have_count(3)
    context = page.context
    page.close()
    assert rows(site, sitting) == []

    context.set_offline(False)
    page = context.new_page()
    page.goto(f"/attempts/{sitting['attempt']}/")

    for kind in ("single_choice", "numeric", "essay"):
        saved(section(page, sitting, kind))
    expect(section(page, sitting, "essay").locator("textarea")).to_have_value("Written on a train.")
    assert sorted(row[0] for row in rows(site, sitting)) == sorted(
        sitting["kinds"][kind] for kind in ("single_choice", "numeric", "essay")
    )
    page.reload()
    expect(section(page, sitting, "numeric").locator("input[type=text]")).to_have_value("17")
    assert len(rows(site, sitting)) == 3


def test_browser_without_room_says_that_the_answer_is_on_this_page_only(site, open_page, sitting):
    page = open_page()
    page.watched.failures_wanted = True
    open_exam(page, sitting)
    number = section(page, sitting, "numeric")
    browser = page.context.new_cdp_session(page)
    browser.send("Storage.overrideQuotaForOrigin", {"origin": site.url, "quotaSize": 1})
    page.context.set_offline(True)

    number.locator("input[type=text]").fill("17")

    expect(number.locator(".receipt")).to_have_text("Not saved yet, and on this page only: leave it open")
    expect(page.locator("#queue")).to_contain_text(
        "You are offline. 1 answer is on this page only: leave it open."
    )
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.close(run_before_unload=True)
    page.context.set_offline(False)
    saved(number)
    assert asked == ["beforeunload"]
    assert len(rows(site, sitting)) == 1


def test_whoever_goes_offline_on_one_question_can_go_on_with_all(site, open_page, sitting):
    page = open_page()
    page.watched.failures_wanted = True
    open_exam(page, sitting)
    page.goto(f"/attempts/{sitting['attempt']}/{sitting['kinds']['numeric']}/")
    other = section(page, sitting, "true_false")
    expect(other).to_be_hidden()

    page.context.set_offline(True)
    expect(other).to_be_visible()
    other.locator("input[type=radio]").first.check()
    page.locator(f"#nums [data-n='{sitting['kinds']['essay']}']").click()
    section(page, sitting, "essay").locator("textarea").fill("Written on a train.")
    expect(page.locator("#queue")).to_contain_text("2 answers are kept here")
    page.context.set_offline(False)

    saved(section(page, sitting, "essay"))
    saved(other)
    assert len(rows(site, sitting)) == 2


def test_enter_in_a_field_saves_that_question_and_no_other(site, open_page, sitting):
    page = open_page()
    open_exam(page, sitting)
    field = section(page, sitting, "numeric").locator("input[type=text]")
    field.fill("42")

    field.press("Enter")

    saved(section(page, sitting, "numeric"))
    assert {row[0] for row in rows(site, sitting)} == {sitting["kinds"]["numeric"]}


def test_countdown_heeds_the_servers_seconds_only(open_page, sitting):
    page = open_page()
    page.clock.install(time="2019-01-01T00:00:00Z")
    open_exam(page, sitting)

    minutes = int(page.locator("[role=timer] b").inner_text())

    assert 28 <= minutes <= 30
    page.locator(".timer summary").click()
    expect(page.locator("[role=timer]")).to_be_hidden()


def test_countdown_speaks_at_half_time_five_minutes_and_one_minute_only(open_page, sitting):
    page = open_page()
    page.clock.install()
    open_exam(page, sitting)
    page.evaluate(
        """() => {
          window.heard = [];
          const line = document.getElementById("said");
          new MutationObserver(() => heard.push(line.textContent)).observe(line, { childList: true });
        }"""
    )
    page.locator(".timer summary").click()  # it speaks while it is hidden, too
    assert page.locator("[role=timer]").get_attribute("aria-live") == "off"

    for _ in range(60):
        page.clock.run_for(30_000)
        if "1 minute left" in page.evaluate("heard"):
            break
    page.clock.run_for(15_000)

    assert page.evaluate("heard") == ["Half of your time is over", "5 minutes left", "1 minute left"]


def test_plain_form_of_somebody_signed_out_is_saved_by_signing_in(site, open_page, sitting):
    page = open_page(script=False)
    open_exam(page, sitting)
    site.shell("from django.contrib.sessions.models import Session; Session.objects.all().delete()")
    choice = section(page, sitting, "single_choice")
    choice.locator("input[type=radio]").first.check()
    choice.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_contain_text("What you sent is kept")
    assert rows(site, sitting) == []

    page.get_by_label("Sign-in name").fill(sitting["name"])
    page.get_by_label("Password").fill(LEARNER_PASSWORD)
    page.get_by_role("button", name="Sign in and save").click()

    saved(section(page, sitting, "single_choice"))
    assert len(rows(site, sitting)) == 1


def test_trap_12_whole_exam_by_keyboard_and_without_a_finding_of_axe(site, open_page, sitting):
    page = open_page(width=360, height=780)
    # While an order is being made, one place is given twice for a moment: 422, said at the question.
    page.watched.failures_wanted = True
    open_exam(page, sitting)
    assert refused_by_axe(page) == []
    assert wider_than_the_window(page) is None
    for kind in KINDS:
        if kind not in sitting["kinds"]:
            continue
        part = section(page, sitting, kind)
        for place, control in enumerate(part.locator("select").all(), start=1):
            control.focus()
            for _ in range(place if kind == "ordering" else 1):
                page.keyboard.press("ArrowDown")
        for field in part.locator("input[type=text], textarea").all():
            field.focus()
            page.keyboard.type("12")
        if part.locator("input[type=radio]").count():
            part.locator("input[type=radio]").first.focus()
            page.keyboard.press("Space")
        elif part.locator(".opts input[type=checkbox]").count():
            part.locator(".opts input[type=checkbox]").first.focus()
            page.keyboard.press("Space")
        page.keyboard.press("Tab")
        saved(part)
    page.get_by_role("button", name="Look over and hand in").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/")
    assert refused_by_axe(page) == []
    page.get_by_role("button", name="Hand in now").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/result/")
    expect(page.locator("main")).to_contain_text("handed in")
    assert refused_by_axe(page) == []
    assert {row[0] for row in rows(site, sitting)} == set(sitting["kinds"].values())


def test_exam_without_script_is_saved_and_handed_in(site, open_page, sitting):
    page = open_page(script=False)
    open_exam(page, sitting)
    choice = section(page, sitting, "single_choice")
    choice.locator("input[type=radio]").first.check()
    section(page, sitting, "numeric").locator("input[type=text]").fill("5")

    choice.get_by_role("button", name="Save").click()

    saved(section(page, sitting, "numeric"))
    assert len(rows(site, sitting)) == 2
    page.get_by_role("link", name="Look over and hand in").click()
    page.get_by_role("button", name="Hand in now").click()
    expect(page.locator("main")).to_contain_text("handed in")
    site.manage("verify_scores")
