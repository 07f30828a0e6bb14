"""Those who write a course make its quizzes: every rule, slots by proper fields, and no quiz that cannot be drawn."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from studyapp.quizzes.models import Attempt, AttemptEvent, Quiz
from tests.factories import create_course, create_lesson, create_question, create_quiz

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(client, course, instructor):
    course.staff.create(user=instructor)
    client.force_login(instructor)
    return client


def rows(prefix, *given):
    posted = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": 0}
    for n, row in enumerate(given):
        posted |= {f"{prefix}-{n}-{name}": value for name, value in row.items()}
    return posted


def form_of(*slots, bands=(), **fields):
    return (
        {
            "title": "By hand", "slug": "by-hand", "state": "ready", "position": "0", "module": "",
            "time_limit_minutes": "0", "attempts_allowed": "0", "counting": "highest", "delay_minutes": "0",
            "opens_at": "", "closes_at": "", "password": "", "preset": "exam", "pass_percent": "0",
        }
        | rows("slots", *({"what": "drawn", "points": "1"} | slot for slot in slots))
        | rows("bands", *bands)
        | fields
    )  # fmt: skip


def change_of(quiz):
    return f"/admin/quizzes/quiz/{quiz.pk}/change/"


ADD = "/admin/quizzes/quiz/add/"


def test_quiz_is_made_with_slots_that_draw_and_one_that_is_fixed(author, course, bank):
    slots = (
        {"draw": "2", "points": "2", "lessons": ["sources"], "levels": ["remember"], "kinds": ["true_false"]},
        {"what": "fixed", "question": "q-1", "points": "3"},
    )

    response = author.post(ADD, form_of(*slots))

    assert response.status_code == 302
    drawn, fixed = Quiz.objects.get().slots.select_related("question")
    assert (drawn.draw, drawn.points, drawn.question) == (2, 2, None)
    assert drawn.filter == {"lessons": ["sources"], "levels": ["remember"], "kinds": ["true_false"]}
    assert (fixed.question.slug, fixed.points, fixed.filter) == ("q-1", 3, {})


def test_every_rule_is_kept_as_it_was_given(author, course, bank):
    course.time_zone = "Europe/Berlin"
    course.save()
    rules = {
        "time_limit_minutes": "45", "attempts_allowed": "2", "counting": "mean", "delay_minutes": "60",
        "opens_at": "2026-03-10T09:00", "closes_at": "2026-07-10T09:00", "password": "open sesame", "one_way": "on",
        "shuffle_questions": "on", "preset": "try-again", "pass_percent": "60",
    }  # fmt: skip

    author.post(ADD, form_of({"draw": "1"}, **rules, bands=[{"start": "0", "text": "Read again."},
                                                           {"start": "80", "text": "Well done."}]))  # fmt: skip

    quiz = Quiz.objects.get()
    assert (quiz.time_limit_minutes, quiz.attempts_allowed, quiz.counting, quiz.delay_minutes) == (
        45,
        2,
        "mean",
        60,
    )
    assert quiz.opens_at == datetime(2026, 3, 10, 8, 0, tzinfo=UTC)  # winter in the zone of the course
    assert quiz.closes_at == datetime(2026, 7, 10, 7, 0, tzinfo=UTC)  # summer
    assert (quiz.password, quiz.one_way, quiz.shuffle_questions, quiz.shuffle_options) == (
        "open sesame",
        True,
        True,
        False,
    )
    assert (quiz.preset, quiz.pass_percent) == ("try-again", 60)
    assert quiz.bands == [{"from": 80, "text": "Well done."}, {"from": 0, "text": "Read again."}]
    page = author.get(change_of(quiz)).content.decode()
    assert 'value="2026-03-10T09:00"' in page


def test_custom_is_a_grid_of_moments_and_of_what_is_seen(author, course, bank):
    author.post(
        ADD,
        form_of({"draw": "1"}, preset="custom", just_after=["verdict"], closed=["verdict", "mark", "key"]),
    )

    assert Quiz.objects.get().custom == {"just_after": ["verdict"], "closed": ["verdict", "mark", "key"]}


@pytest.mark.parametrize("part", ["feedback", "key"])
def test_right_answer_is_never_shown_without_saying_what_was_right(author, course, bank, part):
    author.post(ADD, form_of({"draw": "1"}, preset="custom", later=[part]))

    assert Quiz.objects.get().custom == {"later": ["verdict", part]}


def test_custom_that_shows_nothing_is_asked_about(author, course, bank):
    response = author.post(ADD, form_of({"draw": "1"}, preset="custom"))

    assert response.status_code == 422
    assert not Quiz.objects.exists()


def test_quiz_that_cannot_be_drawn_is_not_shown_to_learners(author, course, bank):
    response = author.post(ADD, form_of({"draw": "9", "lessons": ["sources"]}))

    assert response.status_code == 422
    assert "Slot 1 draws 9 and there are 3: 6 questions too few." in response.content.decode()
    assert not Quiz.objects.exists()
    assert author.post(ADD, form_of({"draw": "9"}, state="draft")).status_code == 302


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": " "}, "A quiz needs a title."),
        ({"slug": "a-quiz"}, "The course has a quiz with this id."),
        ({"opens_at": "2026-03-10T09:00", "closes_at": "2026-03-10T08:00"}, "It closes before it opens."),
        ({"opens_at": "0000-00-00T00:00"}, "This is not a date with a time."),
        ({"closes_at": "10000-01-01T00:00"}, "This is not a date with a time."),
        ({"time_limit_minutes": "-1"}, "greater than or equal to 0"),
        ({"pass_percent": "101"}, "less than or equal to 100"),
        ({"slots-0-what": "fixed", "slots-0-question": "no-such"}, "no question with the id “no-such”"),
        ({"slots-0-draw": "0"}, "greater than or equal to 1"),
        ({"slots-0-levels": ["genius"]}, "genius is not one of the available choices"),
        ({"title": "a\x00b"}, "Null characters are not allowed."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place_and_nothing_is_stored(author, course, bank, wrong, sentence):
    create_quiz(course)

    response = author.post(ADD, form_of({"draw": "1"}, **wrong))

    assert response.status_code == 422
    assert sentence in response.content.decode().replace("&#x27;", "'")
    assert Quiz.objects.count() == 1


def test_hour_that_a_clock_change_skips_is_read_as_the_hour_after(author, course, bank):
    course.time_zone = "Europe/Berlin"
    course.save()

    author.post(ADD, form_of({"draw": "1"}, opens_at="2026-03-29T02:30"))

    assert Quiz.objects.get().opens_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_check_beside_the_form_stores_nothing_and_counts_what_fits(author, course, bank):
    data = form_of({"draw": "2", "points": "3"}, {"draw": "4"}) | {"preview": "1"}

    part = author.post(ADD, data, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert "6 questions, 10 points" in part
    assert "Slot 2 draws 4 and there" in part
    assert not Quiz.objects.exists()


def test_more_slots_come_without_script(author, course, bank):
    page = author.post(ADD, form_of({"draw": "1"}) | {"more": "slots"}).content.decode()

    assert 'name="slots-2-draw"' in page
    assert not Quiz.objects.exists()


def test_changing_keeps_slots_and_takes_out_what_was_ticked(author, course, bank, start):
    quiz = create_quiz(course, slots=[bank[0], {"draw": 1, "filter": {"kinds": ["true_false"]}}])
    attempt = start(quiz)
    first, second = quiz.slots.all()
    posted = form_of(
        {"slot": first.pk, "what": "fixed", "question": "q-1", "DELETE": "on"},
        {"slot": second.pk, "draw": "2", "points": "1", "kinds": ["true_false"]},
    ) | {"slots-INITIAL_FORMS": "2"}

    assert author.post(change_of(quiz), posted).status_code == 302

    assert list(quiz.slots.values_list("pk", "draw")) == [(second.pk, 2)]
    assert attempt.items.count() == 2
    assert attempt.items.get(number=2).slot_id == second.pk


def test_new_rules_reach_an_attempt_that_runs(author, course, bank, start):
    quiz = create_quiz(course, slots=bank, time_limit_minutes=30)
    attempt = start(quiz)
    slot = quiz.slots.first()

    author.post(
        change_of(quiz),
        form_of({"slot": slot.pk, "draw": "1"}, time_limit_minutes="50") | {"slots-INITIAL_FORMS": "3"},
    )

    attempt.refresh_from_db()
    assert attempt.deadline == attempt.started_at + timedelta(minutes=50)
    assert attempt.events.filter(what=AttemptEvent.What.DEADLINE).get().by_id is not None


def test_slot_of_another_quiz_cannot_be_taken_over(author, course, bank):
    theirs = create_quiz(course, "theirs", slots=bank)
    slot = theirs.slots.first()

    author.post(ADD, form_of({"slot": slot.pk, "draw": "1"}))

    slot.refresh_from_db()
    assert slot.quiz == theirs
    assert Quiz.objects.get(slug="by-hand").slots.count() == 1


def test_author_sees_the_quizzes_of_own_courses_only(author, course, bank):
    other = create_course("deltas")
    create_lesson(other, "mouths")
    mine, foreign = create_quiz(course), create_quiz(other, "theirs")

    page = author.get("/admin/quizzes/quiz/").content.decode()

    assert mine.title in page
    assert foreign.title not in page
    assert author.get(change_of(foreign)).status_code == 302
    assert author.post(change_of(foreign), form_of({"draw": "1"})).status_code == 302
    assert foreign.title == Quiz.objects.get(pk=foreign.pk).title
    assert author.post(f"{ADD}?course=deltas", form_of({"draw": "1"})).status_code == 200
    assert Quiz.objects.filter(course=other).count() == 1


def test_slot_names_nothing_of_another_course(author, course, bank):
    other = create_course("deltas")
    create_question(create_lesson(other, "mouths"), "their-question")

    page = author.get(ADD).content.decode()

    assert "their-question" not in page
    assert "mouths" not in page
    response = author.post(ADD, form_of({"what": "fixed", "question": "their-question"}))
    assert response.status_code == 422


def test_author_previews_as_a_student_and_it_never_counts(author, course, bank):
    quiz = create_quiz(course, state="draft")
    assert "Preview as a student" in author.get(change_of(quiz)).content.decode()

    author.post(f"/quizzes/rivers/{quiz.slug}/", {"preview": "1"})

    assert Attempt.objects.get().counts is False


def test_results_are_released_once_and_by_a_post_only(author, course, bank):
    quiz = create_quiz(course)
    address = f"/admin/quizzes/quiz/{quiz.pk}/release/"

    author.get(address)
    assert Quiz.objects.get().released_at is None
    author.post(address)
    released = Quiz.objects.get().released_at
    author.post(address)

    assert released is not None
    assert Quiz.objects.get().released_at == released <= timezone.now()


@pytest.mark.parametrize("page", ["", "change"])
def test_admin_pages_cost_the_same_whatever_the_length(
    author, course, bank, page, django_assert_max_num_queries
):
    quiz = create_quiz(course, slots=bank[:1])
    address = change_of(quiz) if page else "/admin/quizzes/quiz/"
    author.get(address)
    with django_assert_max_num_queries(25) as short:
        author.get(address)
    for n in range(3):
        create_quiz(course, f"more-{n}")
    lesson = course.lessons.first()
    for n in range(6):
        quiz.slots.create(position=n + 1, question=create_question(lesson, f"more-{n}"))

    with django_assert_max_num_queries(len(short)):
        author.get(address)


@pytest.mark.parametrize(
    ("slots", "sentence"),
    [
        (
            [{"what": "fixed", "question": "q-1"}],
            "1 of its questions can also be practised, right answer and all",
        ),
        ([{"draw": "2"}], "3 of its questions can also be practised, right answers and all"),
    ],
    ids=["one that is fixed", "three that can be drawn"],
)
@pytest.mark.parametrize("state", ["ready", "draft"])
def test_exam_of_questions_that_can_be_practised_is_saved_and_says_so(
    author, course, bank, slots, sentence, state
):
    beside = author.post(ADD, form_of(*slots) | {"preview": "1"}, headers={"HX-Request": "true"})
    saved = author.post(ADD, form_of(*slots, state=state), follow=True)

    assert sentence in beside.content.decode()
    assert sentence in saved.content.decode()
    assert Quiz.objects.get().state == state


def test_nothing_is_said_of_what_is_kept_for_exams_or_is_no_exam(author, course, bank):
    author.post(ADD, form_of({"draw": "2"}, preset="learn"))
    assert "can also be practised" not in author.get(ADD).content.decode()
    course.questions.update(use="exam")

    saved = author.post(ADD, form_of({"draw": "2"}, slug="kept"), follow=True)

    assert "can also be practised" not in saved.content.decode()
    assert Quiz.objects.count() == 2
