"""Teachers at work in a real browser: marking by keyboard, and the file of answers that could not be sent."""

import re

from playwright.sync_api import expect

from tests.browser.test_every_page import refused_by_axe

QUIZ = "/teach/{cohort}/quizzes/{written}/"


def test_answer_is_marked_by_keyboard_and_released(open_page, instructor_signed_in, classroom):
    page = instructor_signed_in(open_page())
    page.goto((QUIZ + "marking/{text}/?names=off").format(**classroom))
    expect(page.locator("main")).not_to_contain_text("Learner 07")
    expect(page.get_by_label("Names two figures")).to_be_focused()

    page.keyboard.type("3")
    page.keyboard.press("Tab")
    page.keyboard.type("1.5")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile("#marking"))
    expect(page.locator("main")).to_contain_text("1 not released")
    page.get_by_role("button", name="Release 1 mark").click()
    expect(page.locator("main")).to_contain_text("4.5 of 6")


def test_two_markers_are_told_apart(open_page, instructor_signed_in, classroom):
    address = (QUIZ + "marking/{text}/").format(**classroom)
    first, second = instructor_signed_in(open_page()), instructor_signed_in(open_page(width=360, height=780))
    second.watched.failures_wanted = True  # the 409 that is wanted here
    for page in (first, second):
        page.goto(address)
        page.get_by_label("Names two figures").fill("4")
        page.get_by_label("Says what they cannot show").fill("2")
    first.get_by_role("button", name="Save", exact=True).click()
    first.wait_for_url(re.compile("#marking"))

    second.get_by_role("button", name="Save", exact=True).click()

    expect(second.get_by_role("alert").first).to_contain_text("Keep or replace?")
    assert refused_by_axe(second) == []
    second.get_by_role("button", name="Replace it with mine").click()
    second.wait_for_url(re.compile("#marking"))


def test_unsent_answers_travel_as_a_file_and_count_when_staff_say_so(
    open_page, learner_signed_in, instructor_signed_in, classroom, tmp_path
):
    page = learner_signed_in(open_page())
    page.watched.failures_wanted = True
    page.goto("/attempts/{running}/".format(**classroom))
    page.context.set_offline(True)
    part = page.locator(".item:has(input[type=radio])").first
    part.locator("input[type=radio]").first.check()
    number = part.get_attribute("data-n")
    expect(page.locator("#queue")).to_contain_text("1 answer is kept here")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my unsent answers").click()
    download.value.save_as(tmp_path / "unsent.json")

    staff = instructor_signed_in(open_page())
    staff.goto("/teach/{cohort}/quizzes/midterm/attempts/{running}/".format(**classroom))
    staff.get_by_text("Answers that could not be sent").click()
    staff.get_by_label("File of unsent answers").set_input_files(tmp_path / "unsent.json")
    staff.watched.failures_wanted = True
    staff.get_by_role("button", name="Look at it").click()

    expect(staff.locator("#file")).to_contain_text(f"Question {number}")
    assert refused_by_axe(staff) == []
    staff.locator("#file").get_by_label("Reason").fill("The network was down all morning")
    staff.get_by_role("button", name="Add what is ticked").click()
    expect(staff.locator("main")).to_contain_text("1 answer added")
    expect(staff.locator(f"#i{number}")).to_contain_text("from a file")
