"""A course that is read from right to left: every page of it fits, is accessible, and mirrors what has a direction."""

from pathlib import Path

import pytest

from tests.browser.test_every_page import look_over, refused_by_axe, wider_than_the_window
from tests.browser.test_journey import answer_by_hand

COURSE = Path(__file__).parent.parent / "data" / "course_rtl"
LESSON = "/courses/two-rivers/from-spring-to-sea/"
QUIZ = "/quizzes/two-rivers/quiz-every-kind/"
PAGES = [
    "/courses/two-rivers/",
    LESSON,
    f"{LESSON}practice/",
    "/courses/two-rivers/glossary/",
    "/courses/two-rivers/timeline/",
    "/courses/two-rivers/search/?q=القُرنة",
    "/quizzes/two-rivers/quiz-rivers/",
    QUIZ,
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


def answer_every_question(page):
    """Something for each kind, and wait until the server has it."""
    for part in page.locator("section.item").all():
        if part.locator(".opt > input").count():
            part.locator(".opt > input").first.check()
        for n, select in enumerate(part.locator("select").all(), 1):
            select.select_option(index=min(n, select.locator("option").count() - 1))
        for field in part.locator("input[type=text], textarea").all():
            field.fill("1900" if field.get_attribute("inputmode") else "شط العرب")
            field.blur()
    for receipt in page.locator("section.item .receipt.is-saved").all():
        receipt.wait_for()


def test_attempt_with_every_kind_of_question_is_sound_from_beginning_to_end(
    open_page, learner_signed_in, rivers
):
    page = learner_signed_in(open_page())
    page.goto(QUIZ)
    page.get_by_role("button", name="Start").click()
    page.locator("#answers section.item").first.wait_for()
    running = page.url.removeprefix(page.url.partition("/attempts/")[0])
    answer_every_question(page)
    page.locator("#n-answered", has_text="9").wait_for()
    page.locator("[name=f4]").check()

    wrong = look_over(page, [running, f"{running}8/", f"{running}review/"])
    page.get_by_role("button", name="Hand in now").click()
    page.wait_for_url("**/result/")
    wrong += look_over(page, [f"{running}result/"])

    assert wrong == []


def test_what_has_a_direction_in_a_result_runs_from_right_to_left(open_page, learner_signed_in, rivers):
    page = learner_signed_in(open_page())
    page.goto(QUIZ)
    page.get_by_role("button", name="Start").click()
    answer_every_question(page)
    page.locator("#n-answered", has_text="9").wait_for()
    first, second = place(page, "#nums li:nth-child(1)"), place(page, "#nums li:nth-child(2)")
    page.get_by_role("link", name="Look over and hand in").click()
    page.get_by_role("button", name="Hand in now").click()
    page.wait_for_url("**/result/")

    number, word = place(page, ".cloze .filled sup"), place(page, ".cloze .filled bdi")
    mirrored = page.locator(".arrow").first.evaluate("e => getComputedStyle(e).scale")

    assert first[0] > second[0], "the first number stands at the right"
    assert number[0] < word[0], "the number of a gap stands after its word"
    assert mirrored == "-1 1", "the arrow of a pair points to its partner"
