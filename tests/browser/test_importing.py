"""A teacher brings a file in: with htmx beside it, by keyboard, and without JavaScript."""

from playwright.sync_api import expect

GIFT = """// [id:{id}]
::{id}::Which {id} is it?{{
  =This one#Right.
  ~That one#The other.
}}

Is {id} true?{{T}}
"""


def file_with(tmp_path, id):
    path = tmp_path / f"{id}.gift"
    path.write_text(GIFT.format(id=id))
    return path


def test_choices_change_what_is_said_and_undo_takes_it_back(open_page, instructor_signed_in, tmp_path):
    page = instructor_signed_in(open_page(width=390))
    page.goto("/admin/content/questionimport/add/?course=us-iraq-relations")
    page.get_by_label("File", exact=True).set_input_files(file_with(tmp_path, "spring"))
    page.get_by_role("button", name="Read the file").click()

    page.get_by_role("heading", name="What was understood").wait_for()
    page.get_by_label("This one").first.wait_for()
    before = page.url
    page.get_by_label("Lesson for new questions").select_option(index=3)
    page.locator("#understood .card", has_text="into").first.wait_for()
    # The warning that no lesson is named goes as soon as one is chosen, and the page stays where it is.
    expect(page.locator("#understood")).not_to_contain_text("No lesson is named")
    assert page.url == before
    page.get_by_role("button", name="Bring in 2 questions").click()

    page.get_by_role("heading", name="What it wrote").wait_for()
    page.get_by_role("button", name="Undo this import").click()
    page.get_by_text("The import was undone: 2 retired, 0 restored, 0 kept.").wait_for()


def test_everything_works_without_javascript(open_page, instructor_signed_in, tmp_path):
    page = instructor_signed_in(open_page(script=False))
    page.goto("/admin/content/questionimport/add/?course=us-iraq-relations")
    page.get_by_label("File", exact=True).set_input_files(file_with(tmp_path, "summer"))
    page.get_by_role("button", name="Read the file").click()
    page.get_by_label("Tags for all").fill("from a file")
    page.get_by_role("button", name="Show what this changes").click()
    expect(page.locator("#understood .card", has_text="from-a-file")).to_have_count(2)
    page.get_by_role("button", name="Bring in 2 questions").click()
    page.get_by_role("heading", name="What it wrote").wait_for()
    page.get_by_role("button", name="Undo this import").click()
    page.get_by_text("The import was undone").wait_for()


def test_export_downloads_by_keyboard(open_page, instructor_signed_in, classroom):
    page = instructor_signed_in(open_page())
    page.goto(f"/admin/content/questionimport/export/{classroom['course']}/")
    page.get_by_role("link", name="Download .gift").focus()

    with page.expect_download() as download:
        page.keyboard.press("Enter")

    assert download.value.suggested_filename == "us-iraq-relations.gift"
