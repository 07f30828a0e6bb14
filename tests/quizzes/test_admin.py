import pytest

from studyapp.quizzes.models import Quiz
from tests.factories import create_course, create_quiz

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(client, course, instructor):
    course.staff.create(user=instructor)
    client.force_login(instructor)
    return client


def form_of(course, *, draw, **fields):
    return {
        "course": course.pk, "slug": "by-hand", "title": "By hand", "position": "0", "state": "ready",
        "time_limit_minutes": "0", "attempts_allowed": "0", "counting": "highest", "delay_minutes": "0",
        "preset": "exam", "custom": "{}", "bands": "[]", "pass_percent": "0",
        "slots-TOTAL_FORMS": "1", "slots-INITIAL_FORMS": "0", "slots-MIN_NUM_FORMS": "0",
        "slots-MAX_NUM_FORMS": "1000", "slots-0-position": "0", "slots-0-points": "2", "slots-0-draw": draw,
        "slots-0-lessons": "sources", "slots-0-levels": ["remember"],
    } | fields  # fmt: skip


def test_quiz_is_made_with_a_slot_that_draws(author, course, bank):
    response = author.post("/admin/quizzes/quiz/add/", form_of(course, draw="3"))

    assert response.status_code == 302, response.context and response.context["errors"]
    slot = Quiz.objects.get().slots.get()
    assert (slot.draw, slot.points) == (3, 2)
    assert slot.filter == {"lessons": ["sources"], "levels": ["remember"]}


def test_quiz_that_cannot_be_drawn_is_not_shown_to_learners(author, course, bank):
    response = author.post("/admin/quizzes/quiz/add/", form_of(course, draw="9"))

    assert "Slot 1 draws 9 and there are 3: 6 questions too few." in response.content.decode()
    assert not Quiz.objects.exists()
    assert (
        author.post("/admin/quizzes/quiz/add/", form_of(course, draw="9", state="draft")).status_code == 302
    )


def test_author_sees_the_quizzes_of_own_courses_only(author, course, bank):
    mine, foreign = create_quiz(course), create_quiz(create_course("deltas"), "theirs")

    page = author.get("/admin/quizzes/quiz/").content.decode()

    assert mine.title in page
    assert foreign.title not in page
    assert author.get(f"/admin/quizzes/quiz/{foreign.pk}/change/").status_code == 302
    assert author.get(f"/admin/quizzes/quiz/{mine.pk}/change/").status_code == 200


def test_results_are_released_from_the_list(author, course, bank):
    quiz = create_quiz(course)

    author.post("/admin/quizzes/quiz/", {"action": "release", "_selected_action": [quiz.pk]})

    assert Quiz.objects.get().released_at is not None
