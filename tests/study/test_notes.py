"""Notes and highlights in the lesson, on the page of a passage, all of them, and printed."""

import re
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from content.models import Lesson, Passage
from studyapp.accounts.models import User
from studyapp.reading.models import Highlight, Note
from tests import factories
from tests.study.conftest import HTMX, create_rivers
from tests.study.forms import forms_of

LESSON = "/courses/rivers/lesson-1/"
NOTES = LESSON + "notes/lesson-1-2/"
WORDS = "Text of part 2."


def text(response):
    return response.content.decode()


def words_of(response):
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text(response))))


def note_fields(client, address=NOTES):
    """The hidden fields of the form in which the note is written."""
    return next(form["fields"] for form in forms_of(client.get(address)) if "writer" in form["fields"])


def write(client, words, fields=None, *, address=NOTES, **more):
    headers = more.pop("headers", {})
    return client.post(address, (fields or note_fields(client, address)) | {"text": words} | more, **headers)


def mark(client, quote, *, address=NOTES, headers=None, **more):
    return client.post(address, {"quote": quote} | more, **(headers or {}))


# --- a note -----------------------------------------------------------------------------------------------


def test_note_is_saved_without_a_script_and_its_receipt_says_when(reading, rivers):
    response = write(reading, "A thought.\nAnd another.")

    note = Note.objects.get()
    assert (response.status_code, response["Location"]) == (303, NOTES)
    page = text(reading.get(NOTES))
    assert "A thought.\nAnd another.</textarea>" in page
    assert f"{note.at:%H:%M:%S}</time>" in page


def test_note_stands_in_the_lesson_with_its_line_breaks(reading, rivers):
    write(reading, "A thought.\nAnd another.")

    page = text(reading.get(LESSON))

    assert "<p>A thought.<br>And another.</p>" in page
    assert "Your note on § 2" in page


def test_markup_in_a_note_is_shown_as_it_was_typed(reading, rivers):
    write(reading, "<b>bold</b> & <script>alert(1)</script>")

    for address in (LESSON, NOTES, "/notes/", LESSON + "sheet/"):
        page = text(reading.get(address))
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "<script>alert" not in page


def test_note_that_begins_with_a_line_end_keeps_it(reading, rivers):
    write(reading, "\n\nA thought.")

    assert Note.objects.get().text == "\n\nA thought."
    assert re.search(r"<textarea[^>]*>\n\n\nA thought\.</textarea>", text(reading.get(NOTES)))


def test_while_one_types_only_the_receipt_comes_back(reading, learner, rivers):
    part = text(write(reading, "A thou", auto="1", headers=HTMX))

    note = Note.objects.get()
    assert part.strip().startswith('<div class="note-receipt" id="receipt_lesson-1-2"')
    assert f">{note.at:%H:%M:%S}</time>" in part
    assert f'name="seen" value="{note.pk}"' in part
    assert f'name="owner" value="{learner.pk}"' in part
    assert "textarea" not in part


def test_saving_with_htmx_closes_the_field_and_says_so(reading, rivers):
    part = text(write(reading, "A thought.", headers=HTMX))

    assert part.strip().startswith('<section class="mine" id="notes_lesson-1-2"')
    assert "<p>A thought.</p>" in part
    assert re.search(r'data-said="Saved at \d\d:\d\d\."', part)


def test_receipts_tell_the_time_where_the_reader_is(reading, learner, rivers):
    User.objects.filter(pk=learner.pk).update(time_zone="Asia/Kathmandu")

    receipt = text(write(reading, "A thou", auto="1", headers=HTMX))
    closed = text(write(reading, "A thought.", headers=HTMX))

    there = Note.objects.first().at.astimezone(ZoneInfo("Asia/Kathmandu"))
    assert f">{there:%H:%M:%S}</time>" in receipt
    assert re.search(rf'data-said="Saved at ({there:%H:%M}|{there + timedelta(minutes=1):%H:%M})\."', closed)


def test_opening_and_closing_the_field_in_place(reading, rivers):
    write(reading, "A thought.")

    opened, closed = text(reading.get(NOTES, **HTMX)), text(reading.get(NOTES + "?close", **HTMX))

    assert "A thought.</textarea>" in opened
    assert "<html" not in opened
    assert "textarea" not in closed
    assert "A thought." in closed


def test_double_click_keeps_one_version(reading, rivers):
    fields = note_fields(reading)

    for _ in range(2):
        write(reading, "A thought.", fields)

    assert Note.objects.count() == 1


def test_two_tabs_lose_nothing_and_both_versions_are_shown(reading, rivers):
    one, two = note_fields(reading), note_fields(reading)
    write(reading, "From the first tab", one)

    receipt = text(write(reading, "From the second tab", two, auto="1", headers=HTMX))

    assert "also changed elsewhere" in receipt
    for address in (LESSON, "/notes/"):
        page = text(reading.get(address))
        assert "From the first tab" in page
        assert "From the second tab" in page
    page = text(reading.get(NOTES))
    assert "From the first tab\n\nFrom the second tab</textarea>" in page
    assert "written in two places at once" in page


def test_joining_them_leaves_one_and_both_old_ones_among_the_earlier_versions(reading, rivers):
    one, two = note_fields(reading), note_fields(reading)
    write(reading, "First", one)
    write(reading, "Second", two)

    write(reading, "First and second")

    assert [note.text for note in Note.objects.current()] == ["First and second"]
    page = words_of(reading.get(NOTES))
    assert "2 earlier versions" in page
    assert "kept for 30 days" in page


def test_visitor_who_writes_becomes_a_guest_who_keeps_the_note(client, rivers):
    client.get(NOTES)
    assert not User.objects.exists()

    write(client, "A thought.")

    guest = User.objects.get()
    assert guest.is_guest
    assert Note.objects.get().learner == guest
    assert "A thought." in text(client.get(LESSON))


@pytest.mark.parametrize("more", [{}, {"headers": HTMX}, {"headers": HTMX, "auto": "1"}])
def test_empty_note_of_a_visitor_makes_no_guest(client, rivers, more):
    assert write(client, " \n", **more).status_code in (200, 303)

    assert (User.objects.count(), Note.objects.count()) == (0, 0)


def test_guest_who_signs_up_keeps_notes_and_highlights(client, rivers):
    write(client, "A thought.")
    mark(client, WORDS)
    guest = User.objects.get()

    client.post("/accounts/sign-up/", {"username": "rivermouse", "password": factories.PASSWORD})

    guest.refresh_from_db()
    assert (guest.is_guest, User.objects.count()) == (False, 1)
    page = text(client.get(LESSON))
    assert "A thought." in page
    assert "<mark" in page


def test_second_save_of_a_visitors_page_is_taken_from_the_new_guest(rivers):
    browser = Client(enforce_csrf_checks=True)
    fields = note_fields(browser)

    for number, words in enumerate(("A", "A thought"), start=1):
        response = write(browser, words, fields | {"number": number}, auto="1", headers=HTMX)
        assert response.status_code == 200

    assert (User.objects.count(), [note.text for note in Note.objects.current()]) == (1, ["A thought"])


@pytest.mark.parametrize("now_signed_in", [True, False])
def test_page_of_somebody_else_writes_into_no_other_account(
    client, rivers, learner, classmate, now_signed_in
):
    client.force_login(learner)
    fields = note_fields(client)
    client.logout()
    if now_signed_in:
        client.force_login(classmate)

    response = write(client, "Private", fields)

    assert response.status_code == 409
    assert "no longer signed in" in text(response)
    assert "Private</textarea>" in text(response)
    assert not Note.objects.exists()
    receipt = text(write(client, "Private", fields, auto="1", headers=HTMX))
    assert "Not saved" in receipt
    # Nor does the next save of that page: it still belongs to whom it belonged.
    for part in (text(response), receipt):
        assert f'name="owner" value="{learner.pk}"' in part


def test_form_that_was_refused_has_seen_no_more_than_before(reading, rivers):
    fields = note_fields(reading)
    write(reading, "From another tab")

    page = text(write(reading, "a\x07b", fields))

    assert 'name="seen" value=""' in page


@pytest.mark.parametrize("words", ["a\x00b", "a\x07b", "x" * 10_001])
def test_text_that_cannot_be_kept_is_refused_with_the_reason_and_stays_in_the_field(reading, rivers, words):
    response = write(reading, words)

    assert response.status_code == 422
    assert "Not saved:" in text(response)
    assert "</textarea>" in text(response)
    assert not Note.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"writer": ""},
        {"writer": "<"},
        {"number": "-1"},
        {"number": "9" * 12},
        {"seen": "x"},
        {"seen": "1 " * 200},
    ],
)
def test_hidden_fields_that_no_page_sends_are_a_bad_request(reading, rivers, fields):
    assert write(reading, "A", note_fields(reading) | fields).status_code == 400
    assert reading.post(NOTES, {}).status_code == 400
    assert not Note.objects.exists()


def test_nobody_sees_the_notes_of_another(client, rivers, learner, classmate):
    client.force_login(learner)
    write(client, "SECRET thought")
    mark(client, WORDS)
    client.get(LESSON)
    client.force_login(classmate)

    for address in (LESSON, NOTES, "/notes/", "/notes/my-notes.md", LESSON + "sheet/"):
        page = text(client.get(address))
        assert "SECRET" not in page
        assert "<mark" not in page


# --- highlights -------------------------------------------------------------------------------------------


def test_words_are_highlighted_in_the_lesson(reading, rivers):
    response = mark(reading, "of part", before="Text", after="2.")

    highlight = Highlight.objects.get()
    assert (response.status_code, response["Location"]) == (303, NOTES)
    assert f'<p>Text <mark class="hl" data-hl="{highlight.pk}">of part</mark> 2.</p>' in text(
        reading.get(LESSON)
    )


def test_sentence_is_chosen_where_nothing_can_be_selected(reading, rivers):
    page = text(reading.get(NOTES))

    assert f'<input type="radio" name="quote" value="{WORDS}">' in page


def test_htmx_gets_the_list_of_highlights_with_the_new_one_named(reading, rivers):
    part = text(mark(reading, WORDS, headers=HTMX))

    pk = Highlight.objects.get().pk
    assert part.strip().startswith('<div class="marks" id="marks_lesson-1-2"')
    assert f'data-shown="{pk}" data-added="{pk}"' in part
    assert "1 highlight in § 2" in words_of(mark(reading, WORDS, headers=HTMX))


def test_highlight_is_removed_and_removing_it_again_is_harmless(reading, rivers):
    mark(reading, WORDS)
    pk = Highlight.objects.get().pk

    for _ in range(2):
        assert reading.post(NOTES, {"remove": pk}).status_code == 303
    part = text(reading.post(NOTES, {"remove": pk}, **HTMX))

    assert not Highlight.objects.exists()
    assert 'data-shown=""' in part
    assert "<mark" not in text(reading.get(LESSON))


def test_highlight_of_another_cannot_be_removed(client, rivers, learner, classmate):
    client.force_login(learner)
    mark(client, WORDS)
    client.force_login(classmate)

    client.post(NOTES, {"remove": Highlight.objects.get().pk})

    assert Highlight.objects.count() == 1
    assert client.post(NOTES, {"remove": "x"}).status_code == 404


@pytest.mark.parametrize("quote", ["<script>", "words of nobody", "", "a\x00b"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_words_that_are_not_in_the_passage_are_refused_and_make_no_guest(client, rivers, quote, headers):
    response = mark(client, quote, headers=headers)

    assert response.status_code == 422
    assert 'role="alert"' in text(response)
    assert not User.objects.exists()


def test_highlight_survives_a_change_of_the_lesson(reading, rivers):
    mark(reading, WORDS)
    passage = Passage.objects.get(slug="lesson-1-2")
    passage.segments = [{"html": "<p>A new beginning. Text  of <em>part</em> 2. And an end.</p>"}]
    passage.save()
    passage.lesson.save()

    page = text(reading.get(LESSON))

    assert "".join(re.findall(r"<mark[^>]*>([^<]*)</mark>", page)) == "Text  of part 2."


def test_highlight_whose_words_are_gone_is_kept_under_the_passage(reading, rivers):
    mark(reading, WORDS)
    Passage.objects.filter(slug="lesson-1-2").update(segments=[{"html": "<p>All new.</p>"}])
    rivers.lessons.get(slug="lesson-1").save()

    page = reading.get(LESSON)

    assert "<mark" not in text(page)
    assert f"no longer in the text: {WORDS}" in words_of(page)
    assert "These words are no longer in the text" in words_of(reading.get("/notes/"))


def test_highlights_touch_no_stored_text(reading, rivers):
    before = list(Passage.objects.values())

    mark(reading, WORDS)
    reading.get(LESSON)

    assert list(Passage.objects.values()) == before


def test_check_question_in_the_passage_stays_a_form(reading, rivers):
    address = LESSON + "notes/lesson-1-1/"
    mark(reading, "Text of part 1.", address=address)

    page = text(reading.get(LESSON))

    assert "<mark" in page
    assert 'id="check_lesson-1-1-q1"' in page


# --- what they cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_lesson_with_notes_takes_no_query_more(reading, rivers, django_assert_max_num_queries, count):
    for n in range(1, count + 1):
        address = f"{LESSON}notes/lesson-1-{n}/"
        write(reading, "A thought.", address=address)
        mark(reading, f"Text of part {n}.", address=address)

    with django_assert_max_num_queries(8):
        page = text(reading.get(LESSON))

    assert page.count("<mark") == count
    with django_assert_max_num_queries(5):
        reading.get(LESSON)


@pytest.mark.parametrize("count", [1, 3])
def test_pages_of_notes_take_as_many_queries_with_more_of_them(reading, db, django_assert_num_queries, count):
    create_rivers(lessons=count)
    for n in range(1, count + 1):
        address = f"/courses/rivers/lesson-{n}/notes/lesson-{n}-1/"
        for words in ("A thought.", "Another."):
            write(reading, words, address=address)
        mark(reading, "Text of part 1.", address=address)
    reading.get(LESSON)

    pages = (LESSON + "notes/lesson-1-1/", "/notes/", "/notes/my-notes.md", LESSON + "sheet/")
    for address, queries in zip(pages, (7, 6, 5, 9), strict=True):
        with django_assert_num_queries(queries):
            reading.get(address)


def test_page_kept_in_memory_shows_a_change_at_once(reading, rivers):
    reading.get(LESSON)
    write(reading, "A thought.")
    assert "A thought." in text(reading.get(LESSON))
    write(reading, "")
    mark(reading, WORDS)

    page = text(reading.get(LESSON))

    assert "A thought." not in page
    assert "<mark" in page


# --- all of them ------------------------------------------------------------------------------------------


def test_all_notes_stand_by_course_and_passage_and_lead_there(reading, rivers):
    write(reading, "On two.")
    write(reading, "On one.", address=LESSON + "notes/lesson-1-1/")
    mark(reading, WORDS)

    page = reading.get("/notes/")

    assert f'href="{LESSON}#lesson-1-2"' in text(page)
    found = words_of(page)
    assert found.index("On one.") < found.index(WORDS) < found.index("On two.")


def test_visitor_is_told_what_will_be_here(client, rivers):
    assert "Here you will find what you write" in words_of(client.get("/notes/"))


@pytest.mark.parametrize(
    ("q", "found"),
    [("thought", True), ("THOUGHT part", True), ("Ärger", True), ("ärger", True), ("desert", False)],
)
def test_notes_are_searched_in_note_and_quotation_whatever_the_case(reading, rivers, q, found):
    write(reading, "A thought about Ärger.")
    mark(reading, WORDS)

    page = words_of(reading.get("/notes/", {"q": q}))

    assert ("Part 2 of Lesson 1" in page) is found


def test_search_for_what_cannot_be_text_is_refused(reading, rivers):
    assert reading.get("/notes/", {"q": "a\x07b"}).status_code == 422


def test_notes_on_a_passage_that_was_retired_are_kept_and_say_so(reading, rivers):
    write(reading, "A thought.")
    Passage.objects.filter(slug="lesson-1-2").update(is_retired=True)
    Lesson.objects.get(slug="lesson-1").save()

    page = reading.get("/notes/")

    assert "A thought." in text(page)
    assert "This passage is no longer in the course." in words_of(page)
    assert "#lesson-1-2" not in text(page)


def test_notes_in_a_course_that_was_closed_to_me_are_not_shown_and_come_back(reading, rivers):
    write(reading, "A thought.")
    type(rivers).objects.update(access="class")
    assert "A thought." not in text(reading.get("/notes/"))

    type(rivers).objects.update(access="open")

    assert "A thought." in text(reading.get("/notes/"))


def test_markdown_holds_quotation_note_and_the_way_back(reading, rivers):
    write(reading, "# Not a heading\nsecond *line*")
    mark(reading, WORDS)

    response = reading.get("/notes/my-notes.md")

    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="my-notes.md"'
    assert text(response) == (
        "# My notes\n\n## Rivers\n\n### Lesson 1\n\n#### Part 2 of Lesson 1\n\n"
        "<http://testserver/courses/rivers/lesson-1/#lesson-1-2>\n\n"
        "> Text of part 2.\n\n\\# Not a heading\\\nsecond \\*line\\*\n"
    )


# --- the sheet --------------------------------------------------------------------------------------------


def test_sheet_gathers_what_a_lesson_is_learnt_from(reading, learner, rivers, now):
    lesson = rivers.lessons.get(slug="lesson-1")
    lesson.summary_html = "<p>All in short.</p>"
    lesson.apparatus = {"terms": {"silt": {"term": "Silt", "html": "<p>Fine sand.</p>"}}}
    lesson.save()
    lesson.objectives.create(course=rivers, slug="o-1", level="apply", text="Tell silt from sand")
    factories.create_answer(learner, rivers.questions.get(slug="lesson-1-2-q1"), right=False, at=now)
    write(reading, "A thought.")
    write(reading, "Elsewhere.", address="/courses/rivers/lesson-2/notes/lesson-2-1/")

    page = words_of(reading.get(LESSON + "sheet/"))

    stem = rivers.questions.get(slug="lesson-1-2-q1").stem_text
    for words in ("Tell silt from sand", "All in short.", "Fine sand.", "A thought.", stem):
        assert words in page
    assert "Elsewhere." not in page


def test_lesson_leads_to_its_sheet(client, rivers):
    assert f'href="{LESSON}sheet/"' in text(client.get(LESSON))
