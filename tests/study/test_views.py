"""Home, map, glossary, timeline and search: access, query counts, what stands where."""

from datetime import timedelta

import pytest
from django.utils import timezone

from content.models import Event, Question, Term, Work
from studyapp.reading.reading import mark_read, record_place
from tests import factories
from tests.study.conftest import create_rivers

PAGES = ["/", "/courses/rivers/", "/courses/rivers/glossary/", "/courses/rivers/timeline/",
         "/courses/rivers/search/?q=part", "/progress/"]  # fmt: skip


def text(response):
    return response.content.decode()


def read_some(learner, course):
    lesson = course.lessons.first()
    passages = list(lesson.passages.all())
    mark_read(learner, passages[:1], now=timezone.now())
    record_place(learner, lesson, passages[1], now=timezone.now())
    for question in passages[0].questions.all()[:2]:
        factories.create_answer(learner, question, at=timezone.now())
    return lesson


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("address", PAGES)
def test_page_takes_at_most_eight_queries(reading, learner, django_assert_max_num_queries, db, size, address):
    course = create_rivers(lessons=2 * size, passages=3 * size, questions=2 * size)
    read_some(learner, course)
    for n in range(4 * size):
        Term.objects.create(course=course, slug=f"t{n}", term=f"Part {n}", definition="A part.")
        Event.objects.create(
            course=course, slug=f"e{n}", date="2003-05", text="x", lesson=course.lessons.first()
        )

    with django_assert_max_num_queries(8):
        response = reading.get(address)

    assert response.status_code == 200


@pytest.mark.parametrize("address", PAGES + ["/courses/"])
def test_no_page_writes_a_guest(client, rivers, django_user_model, address):
    client.get(address)

    assert not django_user_model.objects.exists()


@pytest.mark.parametrize("path", ["", "lesson-1/", "glossary/", "timeline/", "search/", "lesson-1/practice/"])
def test_course_of_a_class_is_for_its_members(client, learner, stranger, db, path):
    course = create_rivers(access="class")
    factories.create_cohort(course, learners=[learner])

    client.force_login(stranger)
    foreign = client.get(f"/courses/rivers/{path}")
    missing = client.get(f"/courses/nowhere/{path}")
    client.force_login(learner)

    assert foreign.status_code == missing.status_code == 404
    assert client.get(f"/courses/rivers/{path}").status_code == 200


# --- home -------------------------------------------------------------------------------------------------


def test_home_without_a_course_says_what_will_be_here(client, db):
    assert "There is nothing to read here yet." in text(client.get("/"))


def test_home_of_a_visitor_offers_one_thing(client, rivers):
    page = text(client.get("/"))

    assert 'href="/courses/rivers/lesson-1/">Start reading' in page
    assert "No account needed." in page


def test_home_continues_at_the_passage_where_one_stopped(reading, learner, rivers):
    read_some(learner, rivers)

    page = text(reading.get("/"))

    assert "You stopped at" in page
    assert 'href="/courses/rivers/lesson-1/#lesson-1-2">Continue at § 2' in page


def test_home_after_a_lesson_offers_to_practise_it(reading, learner, rivers):
    lesson = rivers.lessons.first()
    record_place(learner, lesson, lesson.passages.last(), now=timezone.now())
    mark_read(learner, lesson.passages.all(), now=timezone.now())

    page = text(reading.get("/"))

    assert "You have read “<span>Lesson 1</span>”." in page
    assert 'action="/courses/rivers/lesson-1/practice/"' in page


def test_home_goes_on_to_the_next_lesson_once_something_is_known(reading, learner, rivers):
    lesson = rivers.lessons.first()
    record_place(learner, lesson, lesson.passages.last(), now=timezone.now())
    mark_read(learner, lesson.passages.all(), now=timezone.now())
    for question in lesson.questions.all():
        factories.create_answer(learner, question, at=timezone.now())

    assert 'href="/courses/rivers/lesson-2/">Read lesson 2.1' in text(reading.get("/"))


def test_home_goes_on_with_a_practice_that_is_open(reading, learner, rivers):
    reading.post("/courses/rivers/lesson-1/practice/", {"start": "1"})

    page = text(reading.get("/"))

    assert "6 questions to go" in page
    assert 'href="/courses/rivers/lesson-1/practice/">Go on practising' in page


def test_only_course_opens_at_once_and_several_are_listed(client, rivers):
    assert client.get("/courses/")["Location"] == "/courses/rivers/"

    factories.create_lesson(factories.create_course("seas"))

    page = text(client.get("/courses/"))
    assert 'href="/courses/rivers/"' in page
    assert 'href="/courses/seas/"' in page


# --- map --------------------------------------------------------------------------------------------------


def test_map_numbers_lessons_by_module(client, rivers):
    page = text(client.get("/courses/rivers/"))

    assert '<span class="no">2.1</span><a href="/courses/rivers/lesson-2/">Lesson 2</a>' in page


def test_map_says_in_words_what_is_read_and_known(reading, learner, rivers):
    read_some(learner, rivers)

    page = text(reading.get("/courses/rivers/"))

    assert "Reading, at § 2" in page
    assert 'aria-label="Passages: 1 proficient, 2 not started"' in page
    assert "1 of 3 known" in page


def test_map_shows_drafts_to_staff_only(client, rivers, instructor):
    rivers.lessons.filter(slug="lesson-2").update(state="draft")
    rivers.staff.create(user=instructor)

    assert "Lesson 2" not in text(client.get("/courses/rivers/"))
    client.force_login(instructor)
    assert '<span class="badge">Draft</span>' in text(client.get("/courses/rivers/"))


def test_course_written_from_right_to_left_turns_its_pages(client, db):
    create_rivers(language="ar")

    assert '<html lang="en" dir="rtl">' in text(client.get("/courses/rivers/lesson-1/"))


# --- progress ---------------------------------------------------------------------------------------------


def test_progress_names_each_state_with_its_reason(reading, learner, rivers):
    read_some(learner, rivers)

    page = text(reading.get("/progress/"))

    assert "You know 1 of the 1 passage you have begun." in page
    assert "Proficient</span>" in page
    assert "You answered 2 questions right" in page


def test_progress_can_fall(reading, learner, rivers):
    passage = rivers.lessons.first().passages.first()
    long_ago = timezone.now() - timedelta(days=20)
    for question in passage.questions.all():
        factories.create_answer(learner, question, at=long_ago)

    assert "but would probably recall" in text(reading.get("/progress/"))


def test_progress_of_a_newcomer_offers_the_first_step(client, rivers):
    page = text(client.get("/progress/"))

    assert "Nothing read yet." in page
    assert 'href="/courses/rivers/lesson-1/">Start reading' in page


# --- glossary, timeline -----------------------------------------------------------------------------------


def test_glossary_is_sorted_and_names_where_a_term_matters(client, rivers):
    Term.objects.create(
        course=rivers, slug="weir", term="Weir", definition="w", definition_html="<p>A dam.</p>"
    )
    Term.objects.create(
        course=rivers, slug="delta", term="delta", definition="d", lessons=["lesson-1", "gone"]
    )

    page = text(client.get("/courses/rivers/glossary/"))

    assert page.index('id="term-delta"') < page.index('id="term-weir"')
    assert "<p>A dam.</p>" in page
    assert '<a href="/courses/rivers/lesson-1/">Lesson 1</a></dd>' in page


def test_timeline_stands_by_year_with_its_sources(client, rivers):
    Work.objects.create(course=rivers, slug="atlas", short="Atlas (1999)")
    lesson = rivers.lessons.first()
    Event.objects.create(course=rivers, slug="b", date="2004-02-01", text="b", html="Second", works=["atlas"])
    Event.objects.create(course=rivers, slug="a", date="2003", text="a", html="First", lesson=lesson)

    page = text(client.get("/courses/rivers/timeline/"))

    assert page.index("First") < page.index("Second")
    assert "1 February" in page
    assert "Atlas (1999)" in page
    assert 'href="/courses/rivers/lesson-1/">Lesson 1</a>' in page


# --- search -----------------------------------------------------------------------------------------------


def search(client, words):
    return text(client.get("/courses/rivers/search/", {"q": words}))


def test_search_finds_passages_and_terms_with_the_words_marked(client, rivers):
    Term.objects.create(course=rivers, slug="delta", term="Delta", definition="A part of a river.")

    page = search(client, "PART")

    assert 'href="/courses/rivers/lesson-1/#lesson-1-1"' in page
    assert "<mark>part</mark>" in page
    assert 'href="/courses/rivers/glossary/#term-delta"' in page


def test_search_wants_every_word(client, rivers):
    assert "Nothing found" in search(client, "part volcano")


def test_search_finds_only_questions_that_one_has_answered(reading, learner, rivers):
    assert "Questions you have answered" not in search(reading, "venus")

    factories.create_answer(learner, Question.objects.first(), at=timezone.now())

    assert "Venus turns more slowly" in search(reading, "venus")


@pytest.mark.parametrize("change", [{"use": "exam"}, {"state": "retired"}, {"state": "draft"}])
def test_search_never_finds_questions_kept_for_exams(reading, learner, rivers, change):
    question = Question.objects.first()
    factories.create_answer(learner, question, at=timezone.now())
    Question.objects.filter(pk=question.pk).update(**change)

    assert "Venus turns more slowly" not in search(reading, "venus")


def test_search_never_finds_what_waits_for_release(reading, learner, rivers):
    factories.create_answer(learner, Question.objects.first(), at=timezone.now())
    learner.cards.update(held=True)

    assert "Venus turns more slowly" not in search(reading, "venus")


def test_search_finds_nothing_of_drafts(client, rivers):
    rivers.lessons.update(state="draft")

    assert "Nothing found" in search(client, "part")


@pytest.mark.parametrize("words", ["%", "_", "\\", "' OR 1=1 --", "<script>alert(1)</script>", "‮gnp"])
def test_search_takes_odd_characters_as_they_are(client, rivers, words):
    page = search(client, words)

    assert "Nothing found" in page
    assert "<script>alert" not in page


def test_search_for_what_cannot_be_text_is_refused_with_a_reason(client, rivers):
    response = client.get("/courses/rivers/search/", {"q": "a\x1b"})

    assert response.status_code == 422
    assert "control character" in text(response)
