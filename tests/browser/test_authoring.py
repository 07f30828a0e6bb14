"""Writing questions in a real browser: the preview follows the typing, hints stand beside it, many change at once."""

import re

from playwright.sync_api import expect

from tests.browser.addresses import COURSE
from tests.browser.test_every_page import SIZES, refused_by_axe, wider_than_the_window

ADD = f"/admin/content/question/add/?course={COURSE}&kind="


def test_preview_follows_the_typing_and_saves_nothing(open_page, instructor_signed_in):
    page = instructor_signed_in(open_page())
    page.goto(ADD + "single_choice")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("as soon as it is whole")

    page.get_by_label("Question", exact=True).fill("Which *river* is longer?")
    page.locator("[name=options-0-text]").fill("The Tigris")
    page.locator("[name=options-1-text]").fill("The Euphrates")
    expect(preview).to_contain_text("No option is correct")
    page.locator("[name=options-1-correct]").check()

    expect(preview.locator("em")).to_have_text("river")
    expect(preview.locator("input[type=radio]")).to_have_count(2)
    expect(preview).to_contain_text("Your answer, right")
    page.locator("[name=options-0-text]").fill("The Zab")
    expect(preview.locator(".opt").first).to_contain_text(re.compile("The Zab|The Euphrates"))
    expect(preview).not_to_contain_text("The Tigris")
    expect(page.locator("[name=options-0-text]")).to_be_focused()
    assert refused_by_axe(page) == []


def test_hints_come_and_go_beside_their_fields_while_typing(open_page, instructor_signed_in):
    page = instructor_signed_in(open_page())
    page.goto(ADD + "multiple_choice")
    stem = page.get_by_label("Question", exact=True)

    stem.fill("Which is not a river")
    expect(page.locator("#hints-id_q-stem .hint")).to_have_count(2)
    stem.fill("Which of these are rivers?")
    expect(page.locator("#hints-id_q-stem .hint")).to_have_count(0)

    page.get_by_role("button", name="Add an option").click()
    page.locator("[name=options-4-text]").fill("All of the above")
    expect(page.locator("#hints-id_options-4-text")).to_contain_text("without knowing the subject")
    page.locator("[name=options-0-text]").fill("Tigris")
    page.locator("[name=options-0-correct]").check()
    expect(page.locator("#hints-options")).to_contain_text("only one option is right", ignore_case=True)
    expect(page.locator("#hints-id_passage")).to_contain_text("choose the one it is about")
    assert refused_by_axe(page) == []


def test_preview_works_by_its_button_without_a_script(open_page, instructor_signed_in):
    page = instructor_signed_in(open_page(script=False))
    page.goto(ADD + "ordering")
    page.get_by_label("Question", exact=True).fill("In which order?")
    for number, words in enumerate(("First", "Second", "Third")):
        page.locator(f"[name=items-{number}-text]").fill(words)

    page.get_by_role("button", name="Preview").click()

    expect(page.locator("#preview .ordering li")).to_have_count(3)
    expect(page.locator("#preview .key-order, #preview .opts.opts")).not_to_have_count(0)
    expect(page.locator("[name=items-2-text]")).to_have_value("Third")


def choose(page, action, count=2):
    page.goto("/admin/content/question/")
    for number in range(count):
        page.locator("#result_list .action-select").nth(number).check()
    page.locator("select[name=action]").select_option(action)
    page.get_by_role("button", name="Go").click()


def test_pages_before_a_change_of_many_are_sound(open_page, instructor_signed_in):
    page = instructor_signed_in(open_page())
    for action, heading in (
        ("tag", "Change tags"),
        ("move", "Move questions"),
        ("retire", "Retire questions"),
    ):
        choose(page, action)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert wider_than_the_window(page) is None
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                assert refused_by_axe(page) == []
        page.set_viewport_size({"width": 1280, "height": 900})
        page.get_by_role("link", name="Back to the list").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Questions")


def test_tags_of_many_are_changed_by_keyboard(open_page, instructor_signed_in):
    page = instructor_signed_in(open_page())
    choose(page, "tag")
    page.get_by_label("Tags to add").fill("seen by two")
    page.keyboard.press("Enter")

    expect(page.locator(".messagelist")).to_contain_text("2 questions: Tags added seen-by-two.")
    page.goto("/admin/content/question/?tag=seen-by-two")
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
