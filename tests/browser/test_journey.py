"""A newcomer reads, answers, practises and signs up: by keyboard alone, without JavaScript, and with a nervous finger."""

import re

import pytest
from playwright.sync_api import TimeoutError, expect

from tests.browser.addresses import COURSE, LESSON
from tests.browser.test_every_page import refused_by_axe, wider_than_the_window

LESSON_PATH = f"/courses/{COURSE}/{LESSON}/"
PRACTICE_PATH = LESSON_PATH + "practice/"


def tab_to(page, selector, most=60):
    """Press Tab until an element that fits has the focus, as somebody without a mouse would."""
    for _ in range(most):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by keyboard at {page.url}")


def focused(page, selector):
    """Wait until what fits has the focus; where it does not come, say what has it."""
    try:
        page.wait_for_function("selector => document.activeElement.matches(selector)", arg=selector)
    except TimeoutError:
        raise AssertionError(page.evaluate("document.activeElement.outerHTML.slice(0, 300)")) from None


def answer_by_keyboard(page):
    """Give some answer to the question on the page, whatever its kind, and send it with Enter."""
    form = page.locator("#asked")
    if form.locator(".opt > input").count():
        page.keyboard.press("1")
    elif form.locator("select").count():
        for n in range(form.locator("select").count()):
            tab_to(page, "#asked select")
            for _ in range(n + 1):
                page.keyboard.press("ArrowDown")
            page.keyboard.press("Tab")
        for n in range(form.locator("input:is([type=text], :not([type]))").count()):
            page.locator("#asked input:is([type=text], :not([type]))").nth(n).focus()
            page.keyboard.type("1")
        tab_to(page, "#asked button.btn")
    else:
        tab_to(page, "#asked input:not([type=hidden]), #asked textarea")
        page.keyboard.type("1")
        if form.locator("textarea").count():
            tab_to(page, "#asked button.btn")
    page.keyboard.press("Enter")


def answer_by_hand(page):
    """Fill in the same answer each time, whatever the kind of the question on the page."""
    form = page.locator("#asked")
    if form.locator(".opt > input").count():
        form.locator(".opt > input").first.check()
    for n, select in enumerate(form.locator("select").all(), 1):
        select.select_option(index=n)
    for field in form.locator("input:is([type=text], :not([type])), textarea").all():
        field.fill("1")


def test_practice_by_keyboard_alone(open_page):
    page = open_page(width=360, height=780)
    page.goto(PRACTICE_PATH)
    tab_to(page, "main button.btn")
    page.keyboard.press("Enter")
    page.locator("#asked").wait_for()
    total = int(re.search(r"of (\d+)", page.locator(".count").inner_text())[1])

    for number in range(1, total + 1):
        assert page.locator(".count").inner_text() == f"{number} of {total}"
        page.wait_for_function("() => !document.querySelector('.htmx-swapping, .htmx-settling, .htmx-added')")
        answer_by_keyboard(page)
        page.locator("section.answer").wait_for()
        focused(page, ".verdict, .verdict *")
        assert "Saved" in page.locator("#said").inner_text()
        assert re.search(r"Saved\s+\d\d:\d\d:\d\d", page.locator("#run").inner_text())
        assert wider_than_the_window(page) is None
        if number <= 3:
            assert refused_by_axe(page) == []
        page.keyboard.press("Enter")
        if number < total:
            page.locator("#asked").wait_for()

    page.locator("h1", has_text=f"of {total} right").wait_for()
    assert refused_by_axe(page) == []


def test_wrong_answer_opens_its_passage_under_the_question(open_page):
    page = open_page()
    page.goto(PRACTICE_PATH)
    page.get_by_role("button", name="Start").click()
    page.locator("#asked").wait_for()
    answer_by_keyboard(page)

    passage = page.locator("details.passage")
    passage.wait_for()
    if passage.get_attribute("open") is None:
        passage.locator("summary").click()

    link = passage.get_by_role("link", name=re.compile("lesson"))
    expect(passage.locator("> h3")).to_be_visible()
    assert link.get_attribute("href").startswith(LESSON_PATH + "#")


def test_check_question_is_answered_in_place(open_page):
    page = open_page()
    page.goto(LESSON_PATH)
    check = page.locator("form.check").first
    check.scroll_into_view_if_needed()
    check.locator(".opt").first.click()
    before = page.evaluate("scrollY")

    check.get_by_role("button", name="Check").click()
    page.locator("section.check").first.wait_for()

    focused(page, ".check .verdict, .check .verdict *")
    assert abs(page.evaluate("scrollY") - before) < 400
    assert page.url.split("#")[0].endswith(LESSON_PATH)
    assert refused_by_axe(page) == []


def test_glossary_term_opens_closes_and_gives_the_focus_back(open_page):
    page = open_page()
    page.goto(LESSON_PATH)
    term = page.locator(".prose .term").first

    term.focus()
    page.keyboard.press("Enter")
    page.locator("[popover]:popover-open").wait_for()
    assert refused_by_axe(page) == []
    page.keyboard.press("Escape")

    expect(page.locator("[popover]:popover-open")).to_have_count(0)
    expect(term).to_be_focused()


def test_whole_journey_without_javascript(open_page, site):
    page = open_page(script=False)
    page.goto("/")
    page.get_by_role("link", name="Start reading").click()
    expect(page).to_have_url(re.compile(f"/courses/{COURSE}/"))
    page.goto(LESSON_PATH)
    check = page.locator("form.check").first
    check.locator("input[type=radio]").first.check()
    check.get_by_role("button", name="Check").click()
    expect(page.locator("section.check")).to_have_count(1)
    assert page.locator(".term").first.get_attribute("href")

    page.goto(PRACTICE_PATH)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Check").wait_for()
    answer_by_hand(page)
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#run")).to_contain_text(re.compile(r"Saved\s+\d\d:\d\d:\d\d"))
    page.get_by_role("link", name="Next question").click()
    expect(page.locator(".count")).to_have_text(re.compile("2 of"))

    page.goto("/accounts/sign-up/")
    page.get_by_label("Sign-in name").fill("plain-reader")
    page.get_by_label("Password", exact=False).first.fill("seven quiet rivers")
    for field in page.locator("input[type=password]").all():
        field.fill("seven quiet rivers")
    page.locator("main form button").first.click()
    page.goto("/progress/")

    kept = site.shell(
        "import json; from studyapp.quizzes.models import SavedAnswer;"
        "print(json.dumps(SavedAnswer.objects.filter(item__attempt__learner__username='plain-reader').count()))"
    )
    assert kept == 2


def test_nervous_finger_and_two_tabs_store_one_answer(open_page, site):
    page = open_page()
    page.goto(PRACTICE_PATH)
    page.get_by_role("button", name="Start").click()
    page.locator("#asked").wait_for()
    other = page.context.new_page()
    other.goto(page.url)
    for tab in (page, other):
        answer_by_hand(tab)

    page.get_by_role("button", name="Check").dblclick()
    page.locator("section.answer").wait_for()
    other.get_by_role("button", name="Check").click()
    other.locator("section.answer").wait_for()

    receipts = [
        re.search(r"Saved\s+(\d\d:\d\d:\d\d)", tab.locator("#run").inner_text())[1] for tab in (page, other)
    ]
    stored = site.shell(
        "import json; from studyapp.quizzes.models import SavedAnswer;"
        "last = SavedAnswer.objects.latest('id');"
        "print(json.dumps(SavedAnswer.objects.filter(item=last.item).count()))"
    )
    assert stored == 1
    assert receipts[0] == receipts[1]


@pytest.mark.parametrize("width", [360, 1280])
def test_what_belongs_to_the_question_stands_above_its_button(open_page, width):
    """How sure one is is asked in the flow of the page, not over it."""
    page = open_page(width=width)
    page.goto(PRACTICE_PATH)
    page.get_by_role("button", name="Start").click()
    page.locator("#asked").wait_for()

    sure, unsure = (page.get_by_label(word, exact=True).bounding_box() for word in ("Sure", "Unsure"))
    check = page.get_by_role("button", name="Check").bounding_box()

    assert sure["x"] + sure["width"] <= unsure["x"]
    assert unsure["y"] + unsure["height"] <= check["y"]
