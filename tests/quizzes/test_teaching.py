"""The teacher's pages: who is where, what waits, marking without overwriting, one attempt with everything that was sent."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from studyapp.classes.models import Enrolment
from studyapp.quizzes.models import Allowance, Attempt, DraftMark, Mark, ProblemReport, Quiz, SavedAnswer
from studyapp.quizzes.problem_reports import report_problem
from studyapp.quizzes.sittings import submit_attempt
from tests.factories import (
    create_cohort,
    create_question,
    create_quiz,
    create_user,
    save_in,
)

pytestmark = pytest.mark.django_db
RUBRIC = {
    "stem": "Why does it snow?",
    "rubric": [
        {"id": "cold", "criterion": "Names the cold", "points": 4},
        {"id": "water", "criterion": "Names the water", "points": 2},
    ],
    "model_answer": "Because water freezes in the cold.",
}


@pytest.fixture
def teacher(db):
    """Teaches the class, without writing the course."""
    return create_user("teacher", name="Teacher One")


@pytest.fixture
def assistant(db):
    return create_user("assistant")


@pytest.fixture
def cohort(course, teacher, assistant, learner, classmate):
    cohort = create_cohort(course, instructors=[teacher], learners=[learner, classmate])
    Enrolment.objects.create(cohort=cohort, user=assistant, role="assistant", joined_at=cohort.created_at)
    return cohort


@pytest.fixture
def essay(bank):
    return create_question(bank[0].lesson, "why", kind="essay", content=RUBRIC)


@pytest.fixture
def quiz(course, bank, essay):
    slots = [{"question": bank[0], "points": 2}, {"question": essay, "points": 6}]
    return create_quiz(course, slots=slots, preset="learn", time_limit_minutes=30)


@pytest.fixture
def sit(start, quiz, cohort):
    """Sit the quiz, answer both questions and hand in."""

    def sit(by, text="Because of the cold.", *, hand_in=True):
        begun = timezone.now() - timedelta(minutes=10)
        attempt = start(quiz, by=by, at=begun)
        save_in(attempt, 1, {"answer": ["true"]}, at=begun)
        save_in(attempt, 2, {"essay": [text]}, at=begun)
        if hand_in:
            submit_attempt(attempt, now=begun + timedelta(minutes=5), by=by)
        return attempt

    return sit


@pytest.fixture
def client(client, teacher):
    client.force_login(teacher)
    return client


def quiz_page(cohort, quiz, rest=""):
    return f"/teach/{cohort.pk}/quizzes/{quiz.slug}/{rest}"


def marking(cohort, attempt):
    return quiz_page(cohort, attempt.quiz, f"marking/{attempt.items.get(number=2).pk}/")


def page_of(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def given(seen="0", cold="3", water="0", **more):
    return {
        "seen": seen,
        "points_cold": cold,
        "points_water": water,
        "comment": "Say more.",
        "save": "1",
    } | more


# --- the quizzes of a class -------------------------------------------------------------------------------


def test_list_says_what_waits(client, cohort, quiz, sit, learner, classmate):
    first = sit(learner)
    sit(classmate, hand_in=False)
    save_in(first, 1, {"answer": ["false"]}, at=timezone.now(), sequence=5)
    report_problem(first.items.get(number=1), text="Odd.", now=timezone.now())

    page = page_of(client, f"/teach/{cohort.pk}/quizzes/")

    assert "1 running · 1 handed in" in page
    for words in ("<b>1</b> to mark", "<b>1</b> late answer", "<b>1</b> report"):
        assert words in page


def test_page_of_a_quiz_says_who_is_where(client, cohort, quiz, sit, learner):
    sit(learner, hand_in=False)

    page = page_of(client, quiz_page(cohort, quiz))

    assert "Learner One" in page
    assert "running until" in page
    assert "not started" in page


def test_answers_of_another_class_are_nowhere(client, course, quiz, cohort, sit, stranger, start):
    other = create_cohort(course, learners=[stranger], name="Class B")
    theirs = start(quiz, by=stranger, at=timezone.now())

    assert "A Stranger" not in page_of(client, quiz_page(cohort, quiz))
    assert client.get(quiz_page(cohort, quiz, f"attempts/{theirs.pk}/")).status_code == 404
    assert client.get(quiz_page(other, quiz)).status_code == 404


@pytest.mark.parametrize("times", [1, 3])
def test_pages_cost_the_same_whatever_the_size_of_the_class(
    client, cohort, quiz, sit, times, django_assert_num_queries
):
    for n in range(times):
        person = create_user(f"pupil-{n}")
        Enrolment.objects.create(cohort=cohort, user=person, joined_at=cohort.created_at)
        attempt = sit(person)
        save_in(attempt, 1, {"answer": ["false"]}, at=timezone.now(), sequence=5)
        report_problem(attempt.items.get(number=1), text="Odd.", now=timezone.now())
    pages = {
        f"/teach/{cohort.pk}/quizzes/": 13,
        quiz_page(cohort, quiz): 17,
        quiz_page(cohort, quiz, f"attempts/{attempt.pk}/"): 12,
        marking(cohort, attempt): 12,
        "/teach/reports/": 5,
    }
    for address, queries in pages.items():
        client.get(address)
        with django_assert_num_queries(queries):
            client.get(address)


# --- allowances and release -------------------------------------------------------------------------------


def allowance(**more):
    return {
        "allow": "1",
        "who": "class",
        "scope": "quiz",
        "extra_minutes": "10",
        "reason": "Fire alarm",
    } | more


def test_more_time_reaches_a_running_attempt_at_once(client, cohort, quiz, sit, learner, teacher):
    attempt = sit(learner, hand_in=False)

    client.post(quiz_page(cohort, quiz), allowance(who=learner.pk, factor="1.5"))

    attempt.refresh_from_db()
    assert attempt.deadline == attempt.started_at + timedelta(minutes=55)
    row = Allowance.objects.get()
    assert (row.user, row.quiz, row.by, row.reason) == (learner, quiz, teacher, "Fire alarm")
    assert "1.5 times the time limit" in page_of(client, quiz_page(cohort, quiz))


def test_allowance_for_the_class_in_every_quiz(client, cohort, quiz, course):
    client.post(quiz_page(cohort, quiz), allowance(scope="course", extra_attempts="1"))

    row = Allowance.objects.get()
    assert (row.cohort, row.user, row.quiz, row.extra_attempts) == (cohort, None, None, 1)


def test_make_up_date_stands_in_the_zone_of_the_class(client, cohort, quiz):
    cohort.time_zone = "Asia/Baghdad"
    cohort.save()

    client.post(quiz_page(cohort, quiz), allowance(closes_at="2026-12-01T10:00", extra_minutes=""))

    assert Allowance.objects.get().closes_at.isoformat() == "2026-12-01T07:00:00+00:00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "  "},
        {"extra_minutes": ""},
        {"who": "999999"},
        {"factor": "nan"},
        {"factor": "0.5"},
        {"extra_minutes": "-5"},
        {"opens_at": "2026-12-02T10:00", "closes_at": "2026-12-01T10:00"},
        {"scope": "world"},
    ],
    ids=str,
)
def test_allowance_that_says_nothing_or_nonsense_is_refused(client, cohort, quiz, wrong):
    assert client.post(quiz_page(cohort, quiz), allowance(**wrong)).status_code == 422
    assert not Allowance.objects.exists()


def test_taken_back_it_holds_no_more_and_its_row_stays(client, cohort, quiz, sit, learner):
    attempt = sit(learner, hand_in=False)
    client.post(quiz_page(cohort, quiz), allowance())

    client.post(quiz_page(cohort, quiz), {"take_back": Allowance.objects.get().pk})

    attempt.refresh_from_db()
    assert attempt.deadline == attempt.started_at + timedelta(minutes=30)
    assert Allowance.objects.get().removed_at is not None


def test_allowance_of_another_class_cannot_be_taken_back_here(client, cohort, quiz, course, instructor):
    other = create_cohort(course, name="Class B")
    theirs = Allowance.objects.create(
        course=course, cohort=other, extra_minutes=5, reason="r", by=instructor, created_at=timezone.now()
    )

    assert client.post(quiz_page(cohort, quiz), {"take_back": theirs.pk}).status_code == 404
    assert client.post(quiz_page(cohort, quiz), {"take_back": "x"}).status_code == 404


def test_assistant_sees_all_and_changes_nothing(client, cohort, quiz, sit, learner, assistant):
    attempt = sit(learner)
    client.force_login(assistant)

    page = page_of(client, quiz_page(cohort, quiz))

    assert "Allow something" not in page
    assert "Release" not in page
    for posted in (allowance(), {"release_marks": "1"}, {"release": "1"}):
        assert client.post(quiz_page(cohort, quiz), posted).status_code == 403
    attempt_page = quiz_page(cohort, quiz, f"attempts/{attempt.pk}/")
    assert client.post(attempt_page, {"reopen": "1", "minutes": "5", "reason": "r"}).status_code == 403


def test_results_of_all_classes_are_released_by_those_who_write_the_course(
    client, cohort, quiz, course, instructor
):
    assert client.post(quiz_page(cohort, quiz), {"release": "1"}).status_code == 403
    course.staff.create(user=instructor)
    client.force_login(instructor)

    client.post(quiz_page(cohort, quiz), {"release": "1"})

    assert Quiz.objects.get().released_at is not None
    page = page_of(client, quiz_page(cohort, quiz))
    assert re.search(r"The results, for all</span><span[^>]*><bdi>Instructor One</bdi>, \d", page)


def test_who_released_marks_and_when_stands_at_the_quiz_and_at_the_attempt(
    client, cohort, quiz, sit, learner, classmate
):
    for attempt in (sit(learner), sit(classmate)):
        client.post(marking(cohort, attempt), given())

    client.post(quiz_page(cohort, quiz), {"release_marks": "1"})
    client.post(quiz_page(cohort, quiz), {"release_marks": "1"})

    page = page_of(client, quiz_page(cohort, quiz))
    assert re.findall(r"Marks in (\d) attempts</span><span[^>]*><bdi>([^<]*)</bdi>, \d", page) == [
        ("2", "Teacher One")
    ]
    log = page_of(client, quiz_page(cohort, quiz, f"attempts/{attempt.pk}/"))
    assert re.search(r"Marks by people released</span><span[^>]*><bdi>Teacher One</bdi>", log)


def test_post_without_a_button_is_refused(client, cohort, quiz):
    assert client.post(quiz_page(cohort, quiz), {}).status_code == 400


# --- marking ----------------------------------------------------------------------------------------------


def test_mark_by_rubric_goes_on_to_the_next_answer(client, cohort, sit, learner, classmate, teacher):
    one, two = sit(learner), sit(classmate)

    response = client.post(marking(cohort, one), given())

    assert response["Location"] == marking(cohort, two)
    draft = DraftMark.objects.get()
    assert (draft.fraction, draft.criteria, draft.comment, draft.by) == (
        0.5,
        {"cold": 3, "water": 0},
        "Say more.",
        teacher,
    )
    last = client.post(marking(cohort, two), given())
    assert last["Location"] == quiz_page(cohort, one.quiz) + "#marking"


def test_marks_are_seen_after_their_release_only(client, cohort, quiz, sit, learner):
    attempt = sit(learner)
    client.post(marking(cohort, attempt), given())
    client.force_login(learner)
    result = f"/attempts/{attempt.pk}/result/"
    before = page_of(client, result)
    assert "Say more." not in before
    assert "of 8 points" not in before
    client.force_login(Enrolment.objects.get(role="instructor").user)

    client.post(quiz_page(cohort, quiz), {"release_marks": "1"})

    client.force_login(learner)
    page = page_of(client, result)
    assert "5 of 8 points" in page
    assert "Names the cold" in page
    assert "3 of 4" in page
    assert "Say more." in page
    assert "A person marks this answer" not in page


def test_second_marker_is_asked_whether_to_keep_or_replace(client, cohort, sit, learner, assistant):
    attempt = sit(learner)
    client.post(marking(cohort, attempt), given())
    client.force_login(assistant)

    response = client.post(marking(cohort, attempt), given(cold="4", water="2"))

    page = response.content.decode()
    assert response.status_code == 409
    assert (
        f"Already marked at {timezone.localtime(DraftMark.objects.get().at):%H:%M} by another marker: 3."
        in page
    )
    assert "Keep or replace?" in page
    assert 'value="4"' in page  # what was typed stands there still
    assert DraftMark.objects.count() == 1
    assert client.post(marking(cohort, attempt), given(cold="4", water="2", seen="1")).status_code == 303
    assert list(DraftMark.objects.values_list("fraction", flat=True)) == [0.5, 1.0]


def test_names_are_left_out_if_wished_and_stay_out(client, cohort, sit, learner, classmate):
    one = sit(learner)
    sit(classmate)

    page = page_of(client, marking(cohort, one) + "?names=off")

    assert "Learner One" not in page
    assert "Learner Two" not in page
    assert client.post(marking(cohort, one), given(names="off"))["Location"].endswith("?names=off")
    assert "Learner One" in page_of(client, marking(cohort, one))


def test_assistant_cannot_mark_an_attempt_of_their_own(client, cohort, sit, assistant):
    attempt = sit(assistant)
    client.force_login(assistant)

    assert "This is your own attempt" in page_of(client, marking(cohort, attempt))
    assert client.post(marking(cohort, attempt), given()).status_code == 403
    assert not DraftMark.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"points_cold": ""}, {"points_cold": "5"}, {"points_cold": "-1"}, {"points_cold": "nan"}, {"points_cold": "1e999"},
     {"points_cold": "x"}, {"seen": "-1"}, {"comment": "x" * 5001}, {"comment": "a\x00"}],
    ids=lambda wrong: str(wrong)[:30],
)  # fmt: skip
def test_mark_that_is_none_is_refused(client, cohort, sit, learner, wrong):
    assert client.post(marking(cohort, sit(learner)), given(**wrong)).status_code == 422
    assert not DraftMark.objects.exists()


def test_running_attempt_and_empty_answer_are_not_offered(client, cohort, quiz, sit, learner, classmate):
    running, empty = sit(learner, hand_in=False), sit(classmate, text="  ")

    for attempt in (running, empty):
        assert client.get(marking(cohort, attempt)).status_code == 404
    assert "To be marked" not in page_of(client, quiz_page(cohort, quiz))


def test_text_of_a_student_is_shown_without_harm(client, cohort, sit, learner):
    page = page_of(client, marking(cohort, sit(learner, text="<script>alert(1)</script>\n\n=1+1")))

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


# --- one attempt ------------------------------------------------------------------------------------------


def attempt_page(cohort, attempt):
    return quiz_page(cohort, attempt.quiz, f"attempts/{attempt.pk}/")


def test_attempt_shows_everything_that_was_sent_and_what_counts(client, cohort, sit, learner):
    attempt = sit(learner)
    save_in(attempt, 1, {"answer": ["false"]}, at=timezone.now(), sequence=5)

    page = page_of(client, attempt_page(cohort, attempt))

    assert page.count('class="given"') == 3
    assert "Let it count" in page
    assert "Handed in" in page


def test_late_answer_is_accepted_with_a_reason(client, cohort, sit, learner, teacher):
    attempt = sit(learner)
    late = save_in(attempt, 1, {"answer": ["false"]}, at=timezone.now(), sequence=5).answer
    address = attempt_page(cohort, attempt)
    assert client.post(address, {"accept": late.pk, "reason": " "}).status_code == 422

    client.post(address, {"accept": late.pk, "reason": "Bus was late"})

    assert late.acceptance.by == teacher
    assert list(Mark.objects.filter(item=late.item).values_list("fraction", flat=True)) == [1.0, 0.0]
    client.force_login(learner)
    assert "your teacher let it count" in page_of(client, f"/attempts/{attempt.pk}/result/")


def test_late_answer_of_another_attempt_is_nowhere(client, cohort, sit, learner, classmate):
    attempt, other = sit(learner), sit(classmate)
    late = save_in(other, 1, {"answer": ["false"]}, at=timezone.now(), sequence=5).answer

    for number in (late.pk, "x", 2**70):
        response = client.post(attempt_page(cohort, attempt), {"accept": number, "reason": "r"})
        assert response.status_code == 404


def test_attempt_is_opened_again_with_a_reason(client, cohort, sit, learner):
    attempt = sit(learner)
    address = attempt_page(cohort, attempt)
    assert client.post(address, {"reopen": "1", "minutes": "0", "reason": "r"}).status_code == 422

    client.post(address, {"reopen": "1", "minutes": "15", "reason": "Fire alarm"})

    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.OPEN
    assert client.post(address, {"reopen": "1", "minutes": "15", "reason": "Again"}).status_code == 422


def unsent(attempt, answer="false"):
    fields = [["client_id", str(uuid4())], ["writer", "js-1"], ["number", "1"], ["q1_answer", answer]]
    told = {"attempt": str(attempt.pk), "user": str(attempt.learner_id)}
    told["entries"] = [{"item": "1", "at": 1_700_000_000_000, "data": fields}]
    return SimpleUploadedFile("unsent.json", json.dumps(told).encode(), "application/json")


def test_file_of_unsent_answers_is_looked_at_before_it_counts(client, cohort, sit, learner, teacher):
    attempt = sit(learner)
    address = attempt_page(cohort, attempt)

    response = client.post(address, {"look": "1", "file": unsent(attempt)})
    page = response.content.decode()
    assert "What the file would add" in page
    assert "Let it take the place of what counts now" in page
    assert SavedAnswer.objects.filter(brought_by__isnull=False).count() == 0

    carried = {"bring": "1", "file": response.context["signed"], "take": ["1"], "reason": ""}
    assert client.post(address, carried).status_code == 422
    client.post(address, carried | {"reason": "Laptop broke"})

    answer = SavedAnswer.objects.get(brought_by=teacher)
    assert (answer.response, answer.acceptance.reason) == ({"answer": False}, "Laptop broke")


def test_what_is_not_ticked_is_not_added(client, cohort, sit, learner):
    attempt = sit(learner)
    address = attempt_page(cohort, attempt)
    signed = client.post(address, {"look": "1", "file": unsent(attempt)}).context["signed"]

    client.post(address, {"bring": "1", "file": signed, "reason": "r"})

    assert SavedAnswer.objects.count() == 2


def test_file_that_is_none_or_belongs_elsewhere_is_refused(client, cohort, sit, learner, classmate):
    attempt, other = sit(learner), sit(classmate)
    address = attempt_page(cohort, attempt)
    signed = client.post(attempt_page(cohort, other), {"look": "1", "file": unsent(other)}).context["signed"]

    refused = [
        client.post(address, {"look": "1"}),
        client.post(address, {"look": "1", "file": unsent(other)}),
        client.post(address, {"look": "1", "file": SimpleUploadedFile("a.png", b"\x89PNG")}),
        client.post(address, {"look": "1", "file": SimpleUploadedFile("a.json", b"")}),
        client.post(address, {"bring": "1", "file": signed, "take": "1", "reason": "r"}),
        client.post(address, {"bring": "1", "file": "forged", "take": "1", "reason": "r"}),
    ]

    assert {response.status_code for response in refused} == {422}
    assert not SavedAnswer.objects.filter(brought_by__isnull=False).exists()


# --- reports ----------------------------------------------------------------------------------------------


def test_student_reports_from_a_running_attempt_and_finds_the_reply(client, cohort, sit, learner, teacher):
    attempt = sit(learner, hand_in=False)
    client.force_login(learner)
    address = f"/attempts/{attempt.pk}/1/report/"
    assert address in page_of(client, f"/attempts/{attempt.pk}/")

    response = client.post(address, {"text": "Both are right."})
    assert response["Location"] == f"/attempts/{attempt.pk}/1/"
    assert client.post(address, {"text": "Again."}).status_code == 422

    client.force_login(teacher)
    report = ProblemReport.objects.get()
    assert "Both are right." in page_of(client, "/teach/reports/")
    page = page_of(client, f"/teach/reports/{report.pk}/")
    assert "Version 1" in page
    client.post(f"/teach/reports/{report.pk}/", {"text": "So they are."})

    client.force_login(learner)
    assert "So they are." in page_of(client, "/accounts/notices/")
    assert "So they are." in page_of(client, address)


def test_report_shows_the_answer_that_was_given(client, cohort, sit, learner):
    attempt = sit(learner, text="My very own words.")
    report_problem(attempt.items.get(number=2), text="Which snow?", now=timezone.now())

    assert "My very own words." in page_of(client, f"/teach/reports/{ProblemReport.objects.get().pk}/")


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001, "a\x00b"], ids=["empty", "blank", "long", "NUL"])
def test_report_that_says_nothing_is_refused(client, sit, learner, text):
    attempt = sit(learner)
    client.force_login(learner)

    assert client.post(f"/attempts/{attempt.pk}/1/report/", {"text": text}).status_code == 422
    assert not ProblemReport.objects.exists()


def test_page_of_a_report_tells_nothing_that_may_not_be_seen(client, cohort, course, bank, start, learner):
    essay = create_question(
        bank[0].lesson, "secret", kind="essay", content=RUBRIC | {"model_answer": "CANARYKEY"}
    )
    attempt = start(create_quiz(course, "exam", slots=[essay]), at=timezone.now())
    client.force_login(learner)

    assert "CANARYKEY" not in page_of(client, f"/attempts/{attempt.pk}/1/report/")


@pytest.mark.parametrize("times", [1, 3])
def test_pages_of_a_report_cost_the_same_whatever_was_reported(
    client, cohort, sit, learner, teacher, times, django_assert_num_queries
):
    item = sit(learner).items.get(number=2)
    for n in range(times):
        report_problem(item, text=f"Odd {n}.", now=timezone.now())
        if n < times - 1:
            ProblemReport.objects.update(replied_at=timezone.now(), reply="Seen.")
    reply = f"/teach/reports/{ProblemReport.objects.last().pk}/"
    client.get(reply)

    with django_assert_num_queries(5):
        client.get(reply)
    client.force_login(learner)
    address = f"/attempts/{item.attempt_id}/2/report/"
    client.get(address)
    with django_assert_num_queries(6):
        client.get(address)
