"""A course that is read from right to left: every page of it fits, is accessible, and mirrors what has a direction."""

from pathlib import Path

import pytest

from tests.browser.test_every_page import look_over, refused_by_axe, wider_than_the_window
from tests.browser.test_journey import answer_by_hand

COURSE = Path(__file__).parent.parent / "data" / "course_rtl"
LESSON = "/courses/two-rivers/from-spring-to-sea/"
PAGES = [
    "/courses/two-rivers/",
    LESSON,
    f"{LESSON}practice/",
    "/courses/two-rivers/glossary/",
    "/courses/two-rivers/timeline/",
    "/courses/two-rivers/search/?q=القُرنة",
    "/quizzes/two-rivers/quiz-rivers/",
    "/progress/",
]


@pytest.fixture(scope="module")
def rivers(site):
    site.manage("load_course", str(COURSE))


def place(page, selector):
    """Its left and right edge, in pixels of the window."""
    return page.locator(selector).first.evaluate(
        "e => { const r = e.getBoundingClientRect(); return [r.left, r.right] }"
    )


def test_every_page_of_the_course_is_sound(open_page, rivers):
    assert look_over(open_page(), PAGES) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_practice_goes_to_its_end_from_right_to_left(open_page, rivers, width):
    page = open_page(width=width)
    page.goto(f"{LESSON}practice/")
    page.get_by_role("button", name="Start").click()
    wrong = []

    for number in range(7):
        page.get_by_text(f"{number + 1} of 7", exact=True).wait_for()
        answer_by_hand(page)
        page.locator("#asked button.btn", has_text="Check").click()
        page.locator(".verdict").wait_for()
        wrong += [wider_than_the_window(page), *(refused_by_axe(page) if width == 360 else [])]
        page.locator("#onward").click()
    page.get_by_role("heading", name="By passage").wait_for()

    assert page.evaluate("document.dir") == "rtl"
    assert [line for line in [*wrong, wider_than_the_window(page), *refused_by_axe(page)] if line] == []


def test_marks_stand_at_the_right_and_words_of_ours_read_from_left_to_right(open_page, rivers):
    page = open_page()
    page.goto(LESSON)

    radio, text = place(page, ".opt input"), place(page, ".opt .what, .opt span:last-child")
    direction = page.locator("main .margin").first.evaluate("e => getComputedStyle(e).unicodeBidi")

    assert radio[0] > text[0], "the mark stands before its text, which is at the right"
    assert direction == "plaintext"
