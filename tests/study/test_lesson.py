"""The lesson reader: what stands on the page, what a check question stores, and what may not be seen yet."""

import math
import re

import pytest
from django.test import Client

from content.models import Lesson, Question
from studyapp.accounts.models import User
from studyapp.quizzes.models import SavedAnswer
from studyapp.reading.models import PassageRead, ReadingPlace
from tests import factories
from tests.study.conftest import HTMX, create_rivers
from tests.study.forms import form_of

LESSON = "/courses/rivers/lesson-1/"
CHECK = LESSON + "check/lesson-1-1-q1/"
PREFIX = "q_lesson-1-1-q1_"


def check_form(client):
    return form_of(client.get(LESSON), id="check_lesson-1-1-q1")["fields"]


def answer(client, response, fields=None, **headers):
    return client.post(CHECK, (fields or check_form(client)) | {PREFIX + "answer": response}, **headers)


def text(response):
    return response.content.decode()


def test_lesson_names_its_passages_and_the_next_lesson(client, rivers):
    page = text(client.get(LESSON))

    assert 'href="#lesson-1-2"' in page
    assert '<h2 id="lesson-1-2"' in page
    assert 'href="/courses/rivers/lesson-2/">2.1 <span>Lesson 2</span></a>' in page


def test_lesson_says_how_long_reading_and_how_long_answering_takes(client, rivers):
    Lesson.objects.filter(slug="lesson-1").update(minutes=5)
    lesson = Lesson.objects.get(slug="lesson-1")

    asked = lesson.questions.filter(state=Question.State.READY).exclude(use=Question.Use.EXAM).count()
    assert f"5 minutes to read, {math.ceil(asked * 25 / 60)} to practise" in text(client.get(LESSON))


def test_last_lesson_leads_back_to_the_course(client, rivers):
    assert "This is the last lesson." in text(client.get("/courses/rivers/lesson-2/"))


@pytest.mark.parametrize("size", [1, 3])
def test_lesson_takes_at_most_eight_queries(reading, learner, django_assert_max_num_queries, db, size):
    course = create_rivers(lessons=2 * size, passages=3 * size, questions=2 * size)
    factories.create_answer(learner, course.questions.get(slug="lesson-1-1-q1"))

    with django_assert_max_num_queries(8):
        first = reading.get(LESSON)

    assert "Your answer, right" in text(first)
    with django_assert_max_num_queries(5):
        reading.get(LESSON)


def test_lesson_from_memory_is_the_lesson_drawn_anew(reading, rivers):
    fresh, kept = text(reading.get(LESSON)), text(reading.get(LESSON))

    assert [_without_secrets(page) for page in (fresh,)] == [_without_secrets(kept)]


def _without_secrets(page):
    page = re.sub(r'(name="csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', "", page)
    return re.sub(r'name="writer" value="[^"]+"', "", page)


def test_edit_shows_at_once(reading, rivers):
    reading.get(LESSON)
    lesson = rivers.lessons.get(slug="lesson-1")
    lesson.title = "Springs"
    lesson.save()
    rivers.modules.update(title="Beginnings")

    page = text(reading.get(LESSON))

    assert "<h1>Springs</h1>" in page
    assert "Module 1 · <span>Beginnings</span>" in page


def test_memory_keeps_readers_apart(client, rivers, learner, classmate):
    """One answered, the other did not; their pages, tokens and ids stay their own."""
    client.force_login(learner)
    answer(client, "false")
    answered = text(client.get(LESSON))
    client.force_login(classmate)

    page = client.get(LESSON)

    assert "Your answer, not right" in answered
    assert "SECRET" not in text(page)
    assert "Learner Two" in text(page)
    assert "Learner One" not in text(page)
    assert form_of(page, id="check_lesson-1-1-q1")["fields"]["client_id"]


def test_nothing_of_the_key_is_in_the_page_before_the_answer(reading, rivers):
    lesson = rivers.lessons.first()
    for kind in ("single_choice", "multiple_choice", "short_text", "numeric", "matching", "ordering", "gaps"):
        factories.create_question(lesson, f"of-{kind.replace('_', '-')}", kind=kind)
    passage = lesson.passages.last()
    passage.segments += [{"check": q.slug} for q in lesson.questions.all() if q.slug.startswith("of-")]
    passage.save()

    page = text(reading.get(LESSON))

    assert page.count('class="check sheet"') == 8
    assert "SECRET" not in page


def test_answer_shows_verdict_feedback_and_receipt_in_place(reading, rivers):
    part = text(answer(reading, "false", **HTMX))

    assert part.strip().startswith('<section class="check sheet" id="check_lesson-1-1-q1"')
    assert "Not quite" in part
    assert "Your answer, not right" in part
    assert "SECRET" in part
    assert "<html" not in part


def test_plain_answer_leads_back_to_its_place_in_the_lesson(reading, rivers):
    response = answer(reading, "true")

    assert response.status_code == 303
    assert response["Location"] == LESSON + "#check_lesson-1-1-q1"
    assert "Your answer, right" in text(reading.get(LESSON))


def test_receipt_says_the_time_of_the_server(reading, rivers):
    part = text(answer(reading, "true", **HTMX))

    saved = SavedAnswer.objects.get().at
    assert f">{saved:%H:%M:%S}</time>" in part
    assert f"Saved at {saved:%H:%M}." in part


def test_double_click_stores_one_answer_with_one_receipt(reading, rivers):
    fields = check_form(reading)

    parts = [text(answer(reading, "true", fields, **HTMX)) for _ in range(2)]

    assert SavedAnswer.objects.count() == 1
    assert parts[0] == parts[1]


def test_two_tabs_store_one_answer(reading, rivers):
    tabs = [check_form(reading), check_form(reading)]

    for fields in tabs:
        answer(reading, "true", fields)

    assert SavedAnswer.objects.count() == 1


def test_form_sent_again_after_back_with_another_answer_is_a_new_answer(reading, rivers):
    fields = check_form(reading)
    answer(reading, "false", fields)

    answer(reading, "true", fields)

    assert [a.response for a in SavedAnswer.objects.all()] == [{"answer": False}, {"answer": True}]
    assert "Your answer, right" in text(reading.get(LESSON))


def test_trying_again_asks_anew_and_stores_a_second_answer(reading, rivers):
    answer(reading, "false")

    page = reading.get(LESSON + "?again=lesson-1-1-q1")
    assert "SECRET" not in text(page)
    answer(reading, "true", form_of(page, id="check_lesson-1-1-q1")["fields"])

    assert SavedAnswer.objects.count() == 2


def test_trying_again_in_place_gives_the_empty_form(reading, rivers):
    answer(reading, "false")

    part = text(reading.get(CHECK, **HTMX))

    assert part.strip().startswith('<form class="check sheet"')
    assert "SECRET" not in part


def test_blank_answer_is_refused_and_nothing_stored(client, rivers):
    response = client.post(CHECK, check_form(client))

    assert response.status_code == 422
    assert "nothing was saved" in text(response)
    assert not User.objects.exists()


def test_number_that_cannot_be_read_is_refused_with_an_example_and_kept_in_the_field(reading, rivers):
    lesson = rivers.lessons.first()
    factories.create_question(lesson, "days", kind="numeric")
    passage = lesson.passages.last()
    passage.segments.append({"check": "days"})
    passage.save()
    fields = form_of(reading.get(LESSON), id="check_days")["fields"]

    response = reading.post(LESSON + "check/days/", fields | {"q_days_number": "eighty"})

    assert response.status_code == 422
    assert "Write it like 1200" in text(response)
    assert 'value="eighty"' in text(response)
    assert not SavedAnswer.objects.exists()


def test_answer_of_a_visitor_makes_a_guest_who_keeps_it(client, rivers):
    answer(client, "true")

    guest = User.objects.get()
    assert guest.is_guest
    assert SavedAnswer.objects.get().item.attempt.learner == guest
    assert "Your answer, right" in text(client.get(LESSON))


def test_second_answer_on_the_same_page_is_taken_from_a_new_guest(rivers):
    """The first answer signs a guest in, which changes the CSRF secret that the page's forms rest on."""
    lesson = rivers.lessons.first()
    passage = lesson.passages.last()
    passage.segments.append({"check": "lesson-1-2-q1"})
    passage.save()
    browser = Client(enforce_csrf_checks=True)
    page = browser.get(LESSON)
    one = form_of(page, id="check_lesson-1-1-q1")["fields"] | {PREFIX + "answer": "true"}
    two = form_of(page, id="check_lesson-1-2-q1")["fields"] | {"q_lesson-1-2-q1_answer": "true"}

    browser.post(CHECK, one)
    response = browser.post(LESSON + "check/lesson-1-2-q1/", two)

    assert response.status_code == 303
    assert (User.objects.count(), SavedAnswer.objects.count()) == (1, 2)


def test_two_tabs_of_a_visitor_store_one_answer(rivers):
    browser = Client(enforce_csrf_checks=True)
    tabs = [check_form(browser) | {PREFIX + "answer": "true"} for _ in range(2)]

    for fields in tabs:
        assert browser.post(CHECK, fields).status_code == 303

    assert SavedAnswer.objects.count() == 1


def test_reworded_question_shows_the_old_answer_and_asks_the_new_wording(reading, rivers):
    answer(reading, "true")
    content = Question.objects.get(slug="lesson-1-1-q1").current.content | {"stem": "Venus turns backwards."}
    factories.create_question(rivers.lessons.first(), "lesson-1-1-q1", content=content)

    assert "This question was changed after you answered it" in text(reading.get(LESSON))
    page = reading.get(LESSON + "?again=lesson-1-1-q1")
    assert "Venus turns backwards." in text(page)
    answer(reading, "true", form_of(page, id="check_lesson-1-1-q1")["fields"])

    assert "This question was changed" not in text(reading.get(LESSON))
    assert SavedAnswer.objects.count() == 2


@pytest.mark.parametrize(("use", "state"), [("exam", "ready"), ("both", "draft"), ("both", "retired")])
def test_check_that_is_not_for_practice_is_nowhere(reading, rivers, use, state):
    Question.objects.filter(slug="lesson-1-1-q1").update(use=use, state=state)

    assert "check sheet" not in text(reading.get(LESSON))
    assert reading.post(CHECK, {}).status_code == 404


def test_question_that_stands_in_no_text_is_no_check(reading, rivers):
    assert reading.get(LESSON + "check/lesson-1-1-q2/").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"client_id": "x", "writer": "a", "number": "0"},
        {"client_id": "0" * 32, "writer": "<", "number": "0"},
        {"client_id": "0" * 32, "writer": "a", "number": "-1"},
    ],
)
def test_hidden_fields_that_no_page_sends_are_a_bad_request(reading, rivers, fields):
    assert reading.post(CHECK, fields | {PREFIX + "answer": "true"}).status_code == 400
    assert not SavedAnswer.objects.exists()


def test_draft_shows_to_the_staff_of_its_course_only_and_marked(client, rivers, learner, instructor):
    Lesson.objects.filter(slug="lesson-1").update(state="draft")
    rivers.staff.create(user=instructor)

    assert client.get(LESSON).status_code == 404
    client.force_login(learner)
    assert client.get(LESSON).status_code == 404
    client.force_login(instructor)
    assert '<span class="badge" lang="en">Draft</span>' in text(client.get(LESSON))


def test_foreign_and_missing_lessons_look_alike(client, rivers, stranger):
    factories.create_lesson(factories.create_course("closed", access="class"), "hidden")
    client.force_login(stranger)

    foreign = client.get("/courses/closed/hidden/")
    missing = client.get("/courses/closed/nothing/")

    assert foreign.status_code == missing.status_code == 404


# --- reading place ----------------------------------------------------------------------------------------


def test_reading_makes_no_guest(client, rivers):
    client.get(LESSON)

    assert not User.objects.exists()


def test_place_and_what_was_read_are_remembered(reading, learner, rivers):
    response = reading.post(
        LESSON + "place/", {"passage": "lesson-1-2", "read": ["lesson-1-1"], "quiet": "1"}
    )

    assert response.status_code == 204
    assert ReadingPlace.objects.get().passage.slug == "lesson-1-2"
    assert [r.passage.slug for r in PassageRead.objects.all()] == ["lesson-1-1"]
    page = text(reading.get(LESSON))
    assert 'href="#lesson-1-2" aria-current="location"' in page
    assert "you stopped here" in page


def test_whole_lesson_is_marked_read_without_a_script(client, rivers):
    page = client.get(LESSON)
    form = form_of(page, action="/place/")

    response = client.post(form["action"], form["fields"] | {"all": "1"})

    assert response["Location"] == LESSON + "#next"
    assert PassageRead.objects.count() == 3
    assert "You have read this lesson." in text(client.get(LESSON))


@pytest.mark.parametrize(
    "fields", [{"passage": "nowhere"}, {"read": "lesson-2-1"}, {"passage": "lesson-2-1"}]
)
def test_passage_of_another_lesson_is_not_found(reading, rivers, fields):
    assert reading.post(LESSON + "place/", fields).status_code == 404
    assert not ReadingPlace.objects.exists()


def test_script_of_a_kind_is_fetched_only_where_the_text_asks_such_a_question(reading, rivers):
    script = "questions/ordering.js"
    without = text(reading.get(LESSON))
    lesson = rivers.lessons.get(slug="lesson-1")
    question = factories.create_question(lesson, "in-order", kind="ordering")
    passage = lesson.passages.first()
    passage.segments.append({"check": question.slug})
    passage.save()
    lesson.save()

    assert script not in without
    assert text(reading.get(LESSON)).count(script) == 1
