"""The learner's pages: plain forms, what is on them and what is not, and how many queries they cost."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from studyapp.quizzes.models import Attempt, Quiz, SavedAnswer
from studyapp.quizzes.sittings import submit_attempt
from tests.factories import create_course, create_lesson, create_question, create_quiz, save_in

pytestmark = pytest.mark.django_db
KEY = "CANARYKEY"


@pytest.fixture
def client(client, learner):
    client.force_login(learner)
    return client


@pytest.fixture
def sitting(start, quiz):
    """A running attempt of the exam, started a minute ago by the real clock."""
    return start(quiz, at=timezone.now() - timedelta(minutes=1))


def page_of(attempt, rest=""):
    return f"/attempts/{attempt.pk}/{rest}"


def sent(number, answer, **more):
    fields = {f"q{number}_answer": answer} if answer else {}
    return {"client_id": str(uuid4()), "writer": "tab-1", "number": "0"} | fields | more


# --- before -----------------------------------------------------------------------------------------------


def test_rules_stand_before_the_clock_starts(client, quiz):
    page = client.get(f"/quizzes/rivers/{quiz.slug}/").content.decode()

    assert "3 questions, 30 minutes" in page
    assert "The clock starts when you press the button" in page
    assert not Attempt.objects.exists()


def test_start_leads_to_the_questions_and_lengthens_the_session(client, quiz):
    client.session.set_expiry(60)
    response = client.post(f"/quizzes/rivers/{quiz.slug}/", {"start": "1"})

    attempt = Attempt.objects.get()
    assert (response.status_code, response["Location"]) == (303, page_of(attempt))
    assert client.session.get_expiry_date() >= attempt.deadline + timedelta(minutes=59)


def test_start_that_is_refused_says_why(client, quiz):
    Quiz.objects.update(password="open sesame")

    response = client.post(f"/quizzes/rivers/{quiz.slug}/", {"start": "1", "password": "no"})

    assert response.status_code == 422
    assert "This is not the password of the quiz." in response.content.decode()


def test_guest_may_take_a_quiz_of_an_open_course(client, quiz):
    client.logout()

    client.post(f"/quizzes/rivers/{quiz.slug}/", {"start": "1"})

    assert Attempt.objects.get().learner.is_guest


def test_draft_is_nowhere_for_learners_and_can_be_previewed_by_staff(client, course, quiz, instructor):
    Quiz.objects.update(state="draft")
    address = f"/quizzes/rivers/{quiz.slug}/"
    assert client.get(address).status_code == 404
    course.staff.create(user=instructor)
    client.force_login(instructor)

    client.post(address, {"preview": "1"})

    assert Attempt.objects.get().kind == "preview"


def test_learner_cannot_preview(client, quiz):
    assert client.post(f"/quizzes/rivers/{quiz.slug}/", {"preview": "1"}).status_code == 404


# --- while it runs ----------------------------------------------------------------------------------------


def test_one_document_holds_all_questions(client, sitting):
    page = client.get(page_of(sitting)).content.decode()

    assert [f'id="q{n}"' in page for n in (1, 2, 3, 4)] == [True, True, True, False]
    assert 'data-left="17' in page


def test_one_question_alone_has_a_way_on_and_back(client, sitting):
    page = client.get(page_of(sitting, "2/")).content.decode()

    assert "Question 3" in page
    assert "Back to 1" in page
    assert client.get(page_of(sitting, "4/")).status_code == 404


def test_plain_form_saves_what_was_changed_and_nothing_else(client, sitting):
    data = {"writer": "form-1", "here": ["1", "2", "3"], "q2_answer": "true", "f3": "on", "save": "2"}

    response = client.post(page_of(sitting), data)
    client.post(page_of(sitting), data)

    assert response["Location"] == page_of(sitting) + "#q2"
    assert [a.item.number for a in SavedAnswer.objects.all()] == [2]
    assert list(sitting.items.values_list("is_flagged", flat=True)) == [False, False, True]
    page = client.get(page_of(sitting, "2/")).content.decode()
    assert "Saved " in page
    assert 'value="true" checked' in page


def test_plain_form_goes_where_its_button_leads(client, sitting):
    answer = {"writer": "form-1", "here": "1", "q1_answer": "true"}

    onward = client.post(page_of(sitting, "1/"), answer | {"next": "1"})
    at_the_end = client.post(page_of(sitting, "3/"), {"here": "3", "next": "1"})

    assert onward["Location"] == page_of(sitting, "2/")
    assert at_the_end["Location"] == page_of(sitting, "review/")


def test_what_cannot_be_understood_stands_in_its_field_again(client, start, course, bank):
    number = create_question(bank[0].lesson, "how-many", kind="numeric")
    attempt = start(create_quiz(course, slots=[number]), at=timezone.now())

    response = client.post(page_of(attempt), {"here": "1", "q1_number": "about <b>12</b>", "save": "1"})

    assert response.status_code == 422
    assert 'value="about &lt;b&gt;12&lt;/b&gt;"' in response.content.decode()


def test_one_way_quiz_shows_the_next_question_only(client, start, course, bank):
    attempt = start(create_quiz(course, slots=bank, one_way=True), at=timezone.now())
    assert client.get(page_of(attempt))["Location"] == page_of(attempt, "1/")

    client.post(page_of(attempt, "1/"), {"here": "1", "q1_answer": "true", "next": "1"})

    assert client.get(page_of(attempt, "1/"))["Location"] == page_of(attempt, "2/")
    assert client.get(page_of(attempt, "3/"))["Location"] == page_of(attempt, "2/")
    page = client.get(page_of(attempt, "2/")).content.decode()
    assert 'id="q1"' not in page
    assert 'id="q3"' not in page


def test_save_answers_with_the_receipt(client, sitting):
    data = sent(2, "true")
    response = client.post(page_of(sitting, "2/save/"), data)

    receipt, answer = response.json(), SavedAnswer.objects.get()
    assert receipt["saved_at"] == f"{answer.at:%H:%M:%S}"
    assert receipt["client_id"] == data["client_id"]
    assert 1700 < receipt["left"] <= 1740
    assert (receipt["is_late"], receipt["is_empty"], receipt["is_open"]) == (False, False, True)


def test_save_of_nobody_and_of_somebody_else(client, sitting, classmate):
    client.logout()
    assert client.post(page_of(sitting, "1/save/"), sent(1, "true")).status_code == 401
    client.force_login(classmate)
    assert client.post(page_of(sitting, "1/save/"), sent(1, "true")).status_code == 404
    assert not SavedAnswer.objects.exists()


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"client_id": "none"}, 400),
        ({"number": "-1"}, 400),
        ({"number": "9" * 40}, 400),
        ({"writer": "<script>"}, 400),
        ({"q1_answer": "maybe"}, 422),
    ],
)
def test_bad_save_is_refused_and_stores_nothing(client, sitting, more, status):
    assert client.post(page_of(sitting, "1/save/"), sent(1, "true") | more).status_code == status
    assert not SavedAnswer.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["<b>a</b>", "two\nlines", "=1+1", "x" * 10_000, "   ", "\u202eabc", "e\u0301", "\u200b"],
    ids=["markup", "newline", "formula", "long", "spaces", "bidi", "accent", "zero-width"],
)
def test_any_text_is_kept_and_shown_without_harm(client, start, course, bank, text):
    essay = create_question(bank[0].lesson, "why", kind="essay")
    attempt = start(create_quiz(course, slots=[essay]), at=timezone.now())
    data = sent(1, "") | {"q1_essay": text}

    assert client.post(page_of(attempt, "1/save/"), data).status_code == 200

    page = client.get(page_of(attempt)).content.decode()
    assert "<b>a</b>" not in page


def test_save_costs_six_queries_whatever_the_length(client, start, django_assert_num_queries):
    for slug, questions in (("short", 2), ("long", 40)):
        course = create_course(slug)
        lesson = create_lesson(course, f"{slug}-lesson")
        bank = [create_question(lesson, f"{slug}-{n}") for n in range(questions)]
        attempt = start(create_quiz(course, slots=bank), at=timezone.now())
        client.post(page_of(attempt, "1/save/"), sent(1, "true"))

        with django_assert_num_queries(6):
            client.post(page_of(attempt, "2/save/"), sent(2, "true"))


@pytest.mark.parametrize("rest", ["", "2/", "review/"])
def test_question_page_costs_at_most_ten_queries_whatever_the_length(
    client, start, rest, django_assert_max_num_queries
):
    for slug, questions in (("short", 2), ("long", 40)):
        course = create_course(slug)
        lesson = create_lesson(course, f"{slug}-lesson")
        bank = [create_question(lesson, f"{slug}-{n}") for n in range(questions)]
        attempt = start(create_quiz(course, slots=bank), at=timezone.now())
        for item in attempt.items.all():
            save_in(attempt, item.number, {"answer": ["true"]}, at=timezone.now())

        with django_assert_max_num_queries(6):
            assert client.get(page_of(attempt, rest)).status_code == 200


def test_hand_in_costs_the_same_whatever_the_length(client, start, django_assert_max_num_queries):
    for slug, questions in (("short", 2), ("long", 30)):
        course = create_course(slug)
        lesson = create_lesson(course, f"{slug}-lesson")
        bank = [create_question(lesson, f"{slug}-{n}") for n in range(questions)]
        attempt = start(create_quiz(course, slots=bank), at=timezone.now())
        for item in attempt.items.all():
            save_in(attempt, item.number, {"answer": ["true"]}, at=timezone.now())

        with django_assert_max_num_queries(29):
            assert client.post(page_of(attempt, "review/"), {"hand_in": "1"}).status_code == 303


# --- looking over and handing in --------------------------------------------------------------------------


def test_look_over_lists_what_is_empty_and_flagged(client, sitting):
    save_in(sitting, 1, {"answer": ["true"]}, at=timezone.now())
    sitting.items.filter(number=1).update(is_flagged=True)

    page = client.get(page_of(sitting, "review/")).content.decode()

    assert "1 of 3 questions are answered" in page
    empty, flagged = page.index(">Empty<"), page.index(">Flagged<")
    assert empty < page.index("Question </span>2") < page.index("Question </span>3") < flagged
    assert flagged < page.index("Question </span>1")


def test_hand_in_twice_shows_the_same_result(client, sitting):
    first = client.post(page_of(sitting, "review/"), {"hand_in": "1"})
    second = client.post(page_of(sitting, "review/"), {"hand_in": "1"})

    assert first["Location"] == second["Location"] == page_of(sitting, "result/")
    assert "handed in" in client.get(page_of(sitting, "result/")).content.decode()


def test_page_opened_after_the_end_hands_in_and_shows_what_counted(client, start, quiz):
    attempt = start(quiz, at=timezone.now() - timedelta(minutes=45))

    for rest in ("", "1/", "review/", "result/"):
        response = client.get(page_of(attempt, rest), follow=True)
        assert response.request["PATH_INFO"] == page_of(attempt, "result/")
    assert Attempt.objects.get().ended_by_time


def test_late_answer_is_told_as_kept_and_not_counted(client, start, quiz):
    attempt = start(quiz, at=timezone.now() - timedelta(minutes=45))

    receipt = client.post(page_of(attempt, "1/save/"), sent(1, "true")).json()

    assert receipt["is_late"]
    page = client.get(page_of(attempt, "result/")).content.decode()
    assert "1 answer arrived after the end. It is kept but not counted" in page


# --- what may be seen -------------------------------------------------------------------------------------


@pytest.fixture
def canaries(course, bank):
    """A single choice whose every telling field carries a canary."""
    content = {
        "stem": "Which river is longer?",
        "options": [
            {"id": "a", "text": "The Tigris", "fraction": 0, "feedback": f"{KEY} feedback"},
            {"id": "b", "text": "The Euphrates", "fraction": 1, "feedback": f"{KEY} why"},
        ],
        "explanation": f"{KEY} explanation",
        "hint": f"{KEY} hint",
    }
    return create_question(bank[0].lesson, "longer", kind="single_choice", content=content)


@pytest.mark.parametrize(
    ("preset", "verdict", "key"), [("exam", False, False), ("try-again", True, False), ("learn", True, True)]
)
def test_what_may_not_be_seen_is_in_no_page(client, start, course, canaries, preset, verdict, key):
    quiz = create_quiz(course, slots=[canaries], preset=preset, closes_at=timezone.now() + timedelta(hours=1))
    attempt = start(quiz, at=timezone.now())
    save = client.post(page_of(attempt, "1/save/"), sent(1, "") | {"q1_choice": "a"})
    running = [client.get(page_of(attempt, rest)) for rest in ("", "1/", "review/", "time/")]
    assert not any(KEY in response.content.decode() for response in [save, *running])

    client.post(page_of(attempt, "review/"), {"hand_in": "1"})

    result = client.get(page_of(attempt, "result/")).content.decode()
    assert (KEY in result) is key
    assert ("Not right" in result) is verdict
    marks = client.get("/marks/").content.decode()
    assert ("0 of 1" in marks) is verdict
    Quiz.objects.update(released_at=timezone.now())
    assert f"{KEY} explanation" in client.get(page_of(attempt, "result/")).content.decode()


def test_result_names_points_by_passage_and_what_was_missed(client, start, course, bank):
    attempt = start(create_quiz(course, slots=bank, preset="learn", pass_percent=70), at=timezone.now())
    save_in(attempt, 1, {"answer": ["true"]}, at=timezone.now())
    submit_attempt(attempt, now=timezone.now(), by=attempt.learner)

    page = client.get(page_of(attempt, "result/")).content.decode()

    assert "1 of 3 points" in page
    assert "and 70 per cent are needed" in page
    assert "Part 1 of Sources" in page
    assert "1 right, 2 left empty" in page


def test_result_names_the_passage_that_cost_most(client, start, course, bank):
    lesson = bank[0].lesson
    other = create_question(lesson, "elsewhere", passage=lesson.passages.last())
    slots = [{"question": bank[0]}, {"question": other, "points": 3}]
    attempt = start(create_quiz(course, slots=slots, preset="learn"), at=timezone.now())
    submit_attempt(attempt, now=timezone.now(), by=attempt.learner)

    page = client.get(page_of(attempt, "result/")).content.decode()

    assert "The passage that cost you most is" in page
    assert page.index("cost you most") < page.index("Part 2 of Sources</a>: 0 of 3 points")


def test_mistakes_can_be_practised_and_never_count(client, start, course, bank):
    attempt = start(create_quiz(course, slots=bank, preset="learn"), at=timezone.now())
    save_in(attempt, 1, {"answer": ["true"]}, at=timezone.now())
    submit_attempt(attempt, now=timezone.now(), by=attempt.learner)

    client.post(page_of(attempt, "result/"), {"mistakes": "1"})

    again = Attempt.objects.get(kind="again")
    assert [item.question for item in again.items.all()] == bank[1:]
    assert client.get("/marks/").content.decode().count("/result/") == 1


def test_questions_of_an_exam_cannot_be_practised_before_release(client, sitting):
    Quiz.objects.update(closes_at=timezone.now() + timedelta(hours=1))
    submit_attempt(sitting, now=timezone.now(), by=sitting.learner)

    assert client.post(page_of(sitting, "result/"), {"again": "1"}).status_code == 422
    assert not Attempt.objects.filter(kind="again").exists()


def test_running_attempt_stands_on_the_home_page(client, sitting):
    assert page_of(sitting) in client.get("/").content.decode()


def test_course_map_lists_its_quizzes(client, quiz):
    assert f"/quizzes/rivers/{quiz.slug}/" in client.get("/courses/rivers/").content.decode()


def test_autosave_is_small_and_needs_no_library():
    script = Path("studyapp/static/quizzes/autosave.js").read_text()

    assert len(script.encode()) <= 10_000
    assert "import" not in script


def test_marks_list_what_is_not_taken_after_what_is(client, course, bank, quiz, sitting):
    create_quiz(course, slug="later", title="A later quiz", slots=bank)

    page = client.get("/marks/").content.decode()

    assert page.index("Your attempt is running") < page.index("Not taken yet") < page.index("A later quiz")


def test_map_names_a_quiz_where_its_module_stands(client, course, bank):
    lesson = course.lessons.get()
    create_quiz(course, slug="own", title="Of this module", slots=bank, module=lesson.module)
    create_quiz(course, slug="all", title="Of all modules", slots=bank)

    page = client.get("/courses/rivers/").content.decode()
    aside, path = page.split('<ol class="path">')

    assert "Of all modules" in aside
    assert "Of all modules" not in path
    assert "Of this module" in path
    assert "Of this module" not in aside
