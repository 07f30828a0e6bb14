"""Whoever studies a course without a class is looked after by its staff: allowances, late answers, marks, all of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studyapp.accounts.models import User
from studyapp.classes.models import Enrolment
from studyapp.quizzes import teaching
from studyapp.quizzes.models import Allowance, Attempt, DraftMark, Mark
from studyapp.quizzes.problem_reports import report_problem
from studyapp.quizzes.sittings import submit_attempt
from tests.factories import (
    create_cohort,
    create_course,
    create_question,
    create_quiz,
    create_user,
    save_in,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
PAGE = "/teach/courses/rivers/quizzes/alone/"


@pytest.fixture
def writer(course):
    """Writes the course."""
    writer = create_user("writer", name="Writer One", is_staff=True)
    course.staff.create(user=writer)
    return writer


@pytest.fixture
def client(client, writer):
    client.force_login(writer)
    return client


@pytest.fixture
def quiz(course, bank):
    essay = create_question(bank[0].lesson, "why", kind="essay", content={"stem": "Why does it snow?"})
    return create_quiz(
        course, "alone", slots=[bank[0], essay], preset="learn", time_limit_minutes=30, attempts_allowed=1
    )


@pytest.fixture
def sit(start, quiz):
    def sit(by, *, hand_in=True):
        begun = timezone.now() - 10 * MINUTE
        attempt = start(quiz, by=by, at=begun)
        save_in(attempt, 1, {"answer": ["true"]}, at=begun)
        save_in(attempt, 2, {"essay": ["Because of the cold."]}, at=begun)
        if hand_in:
            submit_attempt(attempt, now=begun + 5 * MINUTE, by=by)
        return attempt

    return sit


def allowance(who, **more):
    return {"allow": "1", "who": who, "scope": "quiz", "reason": "Doctor's note"} | more


def page_of(client, address=PAGE):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_way_there_stands_beside_the_classes_and_at_the_quiz(client, course, quiz):
    assert "/teach/courses/rivers/quizzes/" in page_of(client, "/teach/")
    assert "/teach/courses/rivers/quizzes/alone/" in page_of(client, "/teach/courses/rivers/quizzes/")
    assert "/teach/courses/rivers/quizzes/alone/" in page_of(client, f"/admin/quizzes/quiz/{quiz.pk}/change/")


def test_course_for_classes_only_is_not_offered_before_somebody_sat_it_alone(
    client, course, quiz, sit, learner
):
    course.access = course.Access.CLASS
    course.save()
    assert "Learners without a class" not in page_of(client, "/teach/")

    sit(learner)

    assert "Learners without a class" in page_of(client, "/teach/")


def test_more_time_reaches_the_running_attempt_of_one_learner_at_once(
    client, quiz, sit, learner, classmate, writer
):
    attempt, other = sit(learner, hand_in=False), sit(classmate, hand_in=False)

    client.post(PAGE, allowance(learner.pk, factor="1.5", extra_minutes="10"))

    deadlines = [Attempt.objects.get(pk=each.pk).deadline - each.started_at for each in (attempt, other)]
    assert deadlines == [55 * MINUTE, 30 * MINUTE]
    row = Allowance.objects.get()
    assert (row.user, row.cohort, row.quiz, row.by, row.reason) == (
        learner,
        None,
        quiz,
        writer,
        "Doctor's note",
    )
    assert "1.5 times the time limit" in page_of(client)


def test_who_has_not_started_yet_is_named_by_the_sign_in_name(client, start, quiz, learner):
    response = client.post(PAGE, allowance("name", name=" LEARNER ", scope="course", extra_minutes="15"))

    assert response["Location"] == PAGE
    assert (Allowance.objects.get().user, Allowance.objects.get().quiz) == (learner, None)
    begun = timezone.now()
    assert start(quiz, at=begun).deadline == begun + 45 * MINUTE


def test_one_more_attempt_and_a_make_up_date(client, start, quiz, sit, learner):
    sit(learner)
    quiz.closes_at = timezone.now() - MINUTE
    quiz.save()
    later = timezone.now() + timedelta(days=2)

    client.post(PAGE, allowance(learner.pk, extra_attempts="1", closes_at=f"{later:%Y-%m-%dT%H:%M}"))

    assert start(quiz, at=timezone.now()).is_open
    assert Attempt.objects.filter(learner=learner).count() == 2


def test_attempt_is_opened_again(client, sit, learner):
    attempt = sit(learner)

    client.post(
        f"{PAGE}attempts/{attempt.pk}/", {"reopen": "1", "minutes": "15", "reason": "Power cut at home"}
    )

    attempt.refresh_from_db()
    assert attempt.is_open
    assert "Power cut at home" in page_of(client, f"{PAGE}attempts/{attempt.pk}/")


def test_allowance_is_taken_back_and_its_row_stays(client, sit, learner):
    attempt = sit(learner, hand_in=False)
    client.post(PAGE, allowance(learner.pk, extra_minutes="10"))

    client.post(PAGE, {"take_back": Allowance.objects.get().pk})

    attempt.refresh_from_db()
    assert attempt.deadline == attempt.started_at + 30 * MINUTE
    assert Allowance.objects.get().removed_at is not None


def test_late_answer_is_accepted(client, sit, learner, writer):
    attempt = sit(learner)
    late = save_in(attempt, 1, {"answer": ["false"]}, at=timezone.now(), sequence=5).answer

    client.post(f"{PAGE}attempts/{attempt.pk}/", {"accept": late.pk, "reason": "No network in the train"})

    assert late.acceptance.by == writer


def test_texts_are_marked_and_released(client, sit, learner, writer):
    item = sit(learner).items.get(number=2)
    assert f"{PAGE}marking/{item.pk}/" in page_of(client)

    client.post(f"{PAGE}marking/{item.pk}/", {"seen": "0", "points_": "0.5", "comment": "Say more."})
    assert DraftMark.objects.get().by == writer
    client.post(PAGE, {"release_marks": "1"})

    assert Mark.objects.get(item=item).fraction == 0.5
    item.attempt.refresh_from_db()
    assert item.attempt.points == 1.5


def test_report_of_such_a_learner_leads_to_what_they_sent(client, sit, learner):
    attempt = sit(learner)
    report_problem(attempt.items.get(number=1), text="Odd.", now=timezone.now())

    report = attempt.items.get(number=1).problem_reports.get()
    assert f"{PAGE}attempts/{attempt.pk}/#i1" in page_of(client, f"/teach/reports/{report.pk}/")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Whose? Write the sign-in name"),
        ({"name": "nobody-here"}, "Nobody has this sign-in name."),
        ({"name": "guest-1"}, "Nobody has this sign-in name."),
        ({"name": "gone"}, "Nobody has this sign-in name."),
        ({"name": "pupil"}, "They learn in Class A: allow it on the page of that class."),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
        ({"who": "class"}, "not one of the available choices"),
        ({"who": "999999"}, "not one of the available choices"),
        ({"reason": " "}, "Write the reason"),
        ({"extra_minutes": ""}, "Nothing is allowed yet"),
    ],
    ids=str,
)
def test_allowance_for_nobody_or_of_nothing_is_refused(client, course, quiz, learner, wrong, sentence):
    create_user("guest-1", is_guest=True)
    create_user("gone", is_active=False)
    create_cohort(course, learners=[create_user("pupil")])

    response = client.post(PAGE, allowance("name", name="learner", extra_minutes="5") | wrong)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Allowance.objects.exists()


def test_who_is_in_a_class_is_not_here_and_who_is_not_is_not_there(client, course, start, quiz, sit, learner):
    pupil = create_user("pupil", name="In A Class")
    cohort = create_cohort(course, learners=[pupil])
    theirs, mine = sit(pupil), sit(learner)
    client.post(f"/teach/{cohort.pk}/quizzes/alone/", allowance(pupil.pk, extra_minutes="5"))
    client.post(PAGE, allowance(learner.pk, extra_minutes="7"))

    alone, in_class = page_of(client), page_of(client, f"/teach/{cohort.pk}/quizzes/alone/")

    assert ("Learner One" in alone, "In A Class" in alone) == (True, False)
    assert ("Learner One" in in_class, "In A Class" in in_class) == (False, True)
    assert ("7 minutes more" in alone, "5 minutes more" in alone) == (True, False)
    assert client.get(f"{PAGE}attempts/{theirs.pk}/").status_code == 404
    assert client.get(f"/teach/{cohort.pk}/quizzes/alone/attempts/{mine.pk}/").status_code == 404


def test_nobody_but_the_staff_of_the_course_gets_in(client, course, quiz, sit, learner, instructor):
    attempt = sit(learner)
    item = attempt.items.get(number=2)
    teacher, assistant = create_user("teacher"), create_user("assistant")
    cohort = create_cohort(course, instructors=[teacher])
    Enrolment.objects.create(cohort=cohort, user=assistant, role="assistant", joined_at=cohort.created_at)
    instructor.is_staff = True
    instructor.save()
    create_course("deltas", staff=[instructor])
    User.objects.filter(pk=learner.pk).update(is_staff=True)

    for person in (teacher, assistant, instructor, learner):
        client.force_login(person)
        for address in ("", "alone/", f"alone/attempts/{attempt.pk}/", f"alone/marking/{item.pk}/"):
            assert client.get(f"/teach/courses/rivers/quizzes/{address}").status_code == 404
        assert client.post(PAGE, allowance(learner.pk, extra_minutes="5")).status_code == 404
    assert not Allowance.objects.exists()


def test_more_attempts_than_a_page_holds_are_found_by_name(client, sit, learner, classmate, monkeypatch):
    monkeypatch.setattr(teaching, "ATTEMPTS_SHOWN", 2)
    for n in range(3):
        sit(create_user(f"newer-{n}"))
    sit(learner)
    Attempt.objects.filter(learner=learner).update(started_at=timezone.now() - timedelta(days=1))

    page = page_of(client)
    assert ("Learner One" in page, "The newest 200 attempts" in page) == (False, True)
    assert "<dt>handed in</dt><dd>4</dd>" in page
    found = page_of(client, f"{PAGE}?find=arner+on")
    assert ("Learner One" in found, "newer-" in found) == (True, False)
    for odd in ("%00", "%ED%A0%80", "%E2%80%AE", "x" * 900):
        assert client.get(f"{PAGE}?find={odd}").status_code in (200, 400)
    assert "Nobody of this name" in page_of(client, f"{PAGE}?find=%25")


@pytest.mark.parametrize("times", [1, 3])
def test_pages_cost_the_same_whoever_studies_alone(client, sit, times, django_assert_num_queries):
    for n in range(times):
        attempt = sit(create_user(f"alone-{n}"))
        save_in(attempt, 1, {"answer": ["false"]}, at=timezone.now(), sequence=5)
        report_problem(attempt.items.get(number=1), text="Odd.", now=timezone.now())
        client.post(PAGE, allowance("name", name=f"alone-{n}", extra_minutes="5"))
        create_user(f"later-{n}")
        client.post(PAGE, allowance("name", name=f"later-{n}", extra_minutes="5"))
    item = attempt.items.get(number=2)
    pages = {
        "/teach/": 5,
        "/teach/courses/rivers/quizzes/": 12,
        PAGE: 17,
        f"{PAGE}attempts/{attempt.pk}/": 11,
        f"{PAGE}marking/{item.pk}/": 11,
    }
    for address, queries in pages.items():
        client.get(address)
        with django_assert_num_queries(queries):
            client.get(address)
