"""Notes and highlights in a real browser: saved while one types, offline, from two tabs, by keyboard, and plain."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.addresses import COURSE, LESSON
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import refused_by_axe, wider_than_the_window

READER = f"/courses/{COURSE}/{LESSON}/"
PASSAGE = "rule-by-order"

CLEARED = """
import json
from studyapp.reading.models import Highlight, Note
Note.objects.all().delete()
Highlight.objects.all().delete()
print(json.dumps(1))
"""
KEPT = """
import json
from studyapp.reading.models import Highlight, Note
print(json.dumps({"notes": sorted(Note.objects.written().values_list("text", flat=True)),
                  "quotes": list(Highlight.objects.values_list("quote", flat=True))}))
"""
SELECT = """(words) => {
  const walker = document.createTreeWalker(document.querySelector('article'), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const at = walker.currentNode.data.indexOf(words[0]);
    if (at >= 0) { range.setStart(walker.currentNode, at); break; }
  }
  do {
    const at = walker.currentNode.data.indexOf(words[1]);
    if (at >= 0) { range.setEnd(walker.currentNode, at + words[1].length); break; }
  } while (walker.nextNode());
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  range.startContainer.parentElement.scrollIntoView({block: 'center'});
  return range.toString();
}"""
MARKED = "[...document.querySelectorAll('article > *')].filter(e => e.querySelector('mark.hl')).map(e => e.innerHTML)"


@pytest.fixture
def reading(open_page, site, classroom):
    """reading(…) → the lesson, opened by a learner who has no notes yet."""
    site.shell(CLEARED)

    def reading(**options):
        page = sign_in(open_page(**options), "pupil")
        page.goto(READER)
        return page

    return reading


def open_note(page):
    page.locator(f"#notes_{PASSAGE} a").press("Enter")
    page.locator(f"#note_{PASSAGE}:focus").wait_for()


def wait_for_receipt(page):
    page.locator(f"#receipt_{PASSAGE} [data-saved]").wait_for()


def test_note_by_keyboard_is_saved_while_one_types_and_closed_by_its_button(reading, site):
    page = reading(width=360, height=780)

    open_note(page)
    assert refused_by_axe(page) == []
    assert wider_than_the_window(page) is None
    page.keyboard.type("Two texts, one day.")
    wait_for_receipt(page)
    assert re.search(r"Saved\s+\d\d:\d\d:\d\d", page.locator(f"#receipt_{PASSAGE}").inner_text())
    page.keyboard.type(" Do not mix them up.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.locator(f"#notes_{PASSAGE} h3:focus").wait_for()
    assert "Saved at" in page.locator("#said").inner_text()
    assert "Two texts, one day. Do not mix them up." in page.locator(f"#notes_{PASSAGE}").inner_text()
    assert refused_by_axe(page) == []
    assert site.shell(KEPT)["notes"] == ["Two texts, one day. Do not mix them up."]


def expect_dead_network(page):
    """htmx itself reports a request that did not arrive in the console; nothing else may stand there."""
    page.watched.failures_wanted = True
    page.watched.errors = Errors(page.watched.errors)


class Errors(list):
    def append(self, line):
        if not line.startswith("htmx:"):
            super().append(line)


def test_what_is_typed_offline_is_kept_and_sent(reading, site):
    page = reading()
    open_note(page)
    page.keyboard.type("Before.")
    wait_for_receipt(page)
    expect_dead_network(page)
    page.context.set_offline(True)

    page.keyboard.type(" While offline.")
    page.locator(f"#receipt_{PASSAGE} .is-unsaved", has_text="offline").wait_for()
    assert site.shell(KEPT)["notes"] == ["Before."]
    page.context.set_offline(False)

    wait_for_receipt(page)
    assert site.shell(KEPT)["notes"] == ["Before. While offline."]


def test_what_was_not_sent_when_the_page_went_is_there_again(reading, site):
    page = reading()
    open_note(page)
    expect_dead_network(page)
    page.context.set_offline(True)
    page.keyboard.type("Typed and gone.")
    page.locator(f"#receipt_{PASSAGE} .is-unsaved", has_text="offline").wait_for()
    page.evaluate("document.querySelector('form[data-note]').remove()")  # as if the browser had crashed here
    page.context.set_offline(False)

    page.goto(READER)
    open_note(page)

    wait_for_receipt(page)
    expect(page.locator(f"#note_{PASSAGE}")).to_have_value("Typed and gone.")
    assert site.shell(KEPT)["notes"] == ["Typed and gone."]


def test_leaving_in_the_middle_of_a_word_loses_nothing(reading, site):
    page = reading()
    open_note(page)
    page.keyboard.type("Half a wo")

    page.goto("/notes/")

    page.goto(READER)
    open_note(page)
    expect(page.locator(f"#note_{PASSAGE}")).to_have_value("Half a wo")


def test_two_tabs_are_told_of_each_other_and_nothing_is_lost(reading, site):
    one = reading()
    two = one.context.new_page()
    two.goto(one.url)
    for page in (one, two):
        open_note(page)

    one.keyboard.type("From the first.")
    wait_for_receipt(one)
    two.keyboard.type("From the second.")
    two.get_by_text("also changed elsewhere").wait_for()

    assert site.shell(KEPT)["notes"] == ["From the first.", "From the second."]


def test_selected_words_are_highlighted_as_the_server_draws_them_and_removed_again(reading, site):
    page = reading(width=360, height=780)
    caught = page.evaluate(SELECT, ["dministrator L. Paul", "number"])  # half words at both ends
    page.locator("#pick:not([hidden]) button").wait_for()
    assert refused_by_axe(page) == []
    assert wider_than_the_window(page) is None

    page.locator("#pick button").click()

    page.locator("mark.hl").first.wait_for()
    page.locator(f"#marks_{PASSAGE} summary:focus").wait_for()
    assert page.locator("#pick").is_hidden()
    assert site.shell(KEPT)["quotes"] == ["a" + re.sub(r"\s+", " ", caught) + "ed"]
    drawn = page.evaluate(MARKED)
    page.reload()
    assert page.evaluate(MARKED) == drawn
    assert refused_by_axe(page) == []
    page.locator(f"#marks_{PASSAGE} summary").press("Enter")
    page.locator(f"#marks_{PASSAGE}").get_by_role("button", name="Remove").press("Enter")
    expect(page.locator("mark.hl")).to_have_count(0)
    assert site.shell(KEPT)["quotes"] == []


def test_selection_over_a_question_is_refused_with_the_reason(reading):
    page = reading()
    page.watched.failures_wanted = True
    page.evaluate(SELECT, ["The Iraq Survey Group, which", "Before you read on"])

    page.locator("#pick:not([hidden]) button").click()

    page.get_by_text("do not stand together in the passage").wait_for()
    assert page.locator("mark.hl").count() == 0


def test_without_script_a_note_is_saved_and_a_sentence_highlighted(reading):
    page = reading(script=False)
    page.locator(f"#notes_{PASSAGE} a").click()
    page.locator("textarea").fill("A thought.")

    page.get_by_role("button", name="Save").click()

    expect(page.locator(f"#receipt_{PASSAGE}")).to_have_text(re.compile(r"Saved\s+\d+ \w+, \d\d:\d\d:\d\d"))
    page.get_by_label("He ruled by numbered orders.").check()
    page.get_by_role("button", name="Highlight it").click()
    expect(page.locator(".says-list")).to_contain_text("Highlighted.")
    page.get_by_role("link", name="Back to the passage").click()
    expect(page.locator("mark.hl")).to_have_text("He ruled by numbered orders.")
    expect(page.locator(f"#notes_{PASSAGE}")).to_contain_text("A thought.")
