"""Somebody hands in, changes what they can change about themselves, and looks for the keys that others still need.

What an attempt shows is decided by what it was and by who can still sit the quiz. Every preset meets every such change.
"""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from studyapp.accounts.models import Notice
from studyapp.classes import enrolling
from studyapp.classes.enrolling import take_out
from studyapp.classes.models import Cohort, Enrolment, Invitation
from studyapp.quizzes.allowing import allow, reopen_attempt, take_back
from studyapp.quizzes.by_hand import release_marks
from studyapp.quizzes.models import Allowance, Attempt, DraftMark, Quiz
from studyapp.quizzes.releasing import release_due, release_results
from studyapp.quizzes.sittings import start_quiz, submit_attempt
from studyapp.quizzes.standing import standing_of
from studyapp.review.models import Card
from tests.factories import (
    create_answer,
    create_cohort,
    create_course,
    create_lesson,
    create_question,
    create_user,
)
from tests.trust.keys import (
    ALL,
    BEFORE,
    CODE,
    MINUTE,
    browser_of,
    create_exam,
    join,
    leave,
    seen,
    seen_by_practising,
    sign_in,
    sit,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def course(db):
    course = create_course()
    create_lesson(course)
    return course


@pytest.fixture
def cohort(course, learner, classmate):
    """A class of two, of whom one has not sat yet, and whose code is open."""
    return create_cohort(course, learners=[learner, classmate], join_code=CODE)


@pytest.fixture
def client(learner):
    return browser_of(learner)


def stay(client):
    pass


def leave_and_join(client):
    leave(client)
    join(client)


def sign_out_and_in(client):
    client.post("/accounts/sign-out/")
    sign_in(client)


def bring_a_guest(client):
    """What was done as a guest in another session comes along."""
    client.post("/accounts/sign-out/")
    guest = create_user("guest-1", is_guest=True)
    create_answer(guest, create_question(Quiz.objects.get().course.lessons.get(), "a-check"))
    client.force_login(guest)
    sign_in(client)
    client.post("/bring-along/", {"bring": "1"})


def leave_and_bring_a_guest(client):
    leave(client)
    bring_a_guest(client)


CHANGES = (stay, leave, leave_and_join, sign_out_and_in, leave_and_bring_a_guest)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("preset", BEFORE)
def test_with_a_closing_date_all_is_shown_when_it_is_over_for_the_last(
    course, cohort, client, classmate, instructor, preset, change
):
    now = timezone.now()
    quiz = create_exam(course, preset, closes_at=now + HOUR)
    allow(course, quiz=quiz, user=classmate, closes_at=now + 3 * HOUR, by=instructor, reason="ill", now=now)
    attempt = sit(client)
    change(client)
    assert seen(client, attempt) == BEFORE[preset]

    # The closing date is over for the one who handed in, not for the one who was ill.
    Quiz.objects.update(closes_at=now - 5 * MINUTE)
    call_command("close_overdue_attempts")
    assert seen(client, attempt, everywhere=preset == "exam") == BEFORE[preset]
    practised = seen_by_practising(client, attempt)
    assert practised is None if "verdict" not in BEFORE[preset] else practised == BEFORE[preset]

    Allowance.objects.update(closes_at=now - MINUTE)
    call_command("close_overdue_attempts")
    assert seen(client, attempt) == ALL


@pytest.mark.parametrize("change", CHANGES)
def test_without_a_closing_date_an_exam_of_a_class_waits_for_its_release(
    course, cohort, client, instructor, change
):
    quiz = create_exam(course)
    attempt = sit(client)
    change(client)

    assert seen(client, attempt) == frozenset()
    assert seen_by_practising(client, attempt) is None
    assert "when your teacher releases it" in client.get(f"/attempts/{attempt.pk}/result/").content.decode()

    release_results(quiz, by=instructor, now=timezone.now())
    assert seen(client, attempt) == ALL


def test_last_of_a_closed_class_opens_nothing_by_leaving(course, client, learner):
    create_cohort(course, learners=[learner], join_code=CODE, join_open=False)
    create_exam(course)
    attempt = sit(client)

    leave(client)

    assert not Enrolment.objects.filter(left_at__isnull=True).exists()
    assert seen(client, attempt) == frozenset()
    assert seen_by_practising(client, attempt) is None


def test_cards_of_review_follow_the_same_rule(course, cohort, client, classmate, instructor):
    now = timezone.now()
    quiz = create_exam(course, closes_at=now + HOUR)
    allow(course, quiz=quiz, user=classmate, closes_at=now + HOUR * 3, by=instructor, reason="ill", now=now)
    sit(client)
    leave(client)
    Quiz.objects.update(closes_at=now - MINUTE)

    assert release_due(now=now) == 0
    assert set(Card.objects.values_list("held", flat=True)) == {True}

    assert release_due(now=now + 3 * HOUR) == 2
    assert set(Card.objects.values_list("held", flat=True)) == {False}


def test_notice_about_marks_by_hand_is_not_sent_before(course, cohort, client, learner, instructor):
    essay = create_question(
        course.lessons.get(), "why", kind="essay", content={"stem": "Why does it snow?"}, use="exam"
    )
    quiz = create_exam(course)
    quiz.slots.create(position=5, question=essay)
    attempt = start_quiz(learner, quiz, now=timezone.now(), rng=Fixed())
    number = attempt.items.get(question=essay).number
    client.post(f"/attempts/{attempt.pk}/{number}/", {"here": number, f"q{number}_essay": "Cold."})
    submit_attempt(attempt, now=timezone.now(), by=learner)
    leave(client)
    items = attempt.items.filter(number=number)
    answer = items.get().answers.get()
    DraftMark.objects.create(
        item=items.get(), number=1, answer=answer, fraction=1, at=timezone.now(), by=instructor
    )

    assert release_marks(items, by=instructor, now=timezone.now()) == 1

    assert not Notice.objects.filter(user=learner, text__contains="is marked").exists()


class Fixed:
    def shuffle(self, rows):
        pass

    def choice(self, rows):
        return rows[0]

    def random(self):
        return 0.5


# --- who can still sit it -----------------------------------------------------------------------------------


@pytest.fixture
def over(course, cohort, client, instructor):
    """over(): an exam that the learner handed in and whose own date is over since a minute."""

    def over(**rules):
        quiz = create_exam(course, closes_at=timezone.now() + HOUR, **rules)
        attempt = sit(client)
        Quiz.objects.update(closes_at=timezone.now() - MINUTE)
        quiz.refresh_from_db()
        return quiz, attempt

    return over


def closed(attempt, now=None):
    attempt.quiz.refresh_from_db()
    now = now or timezone.now()
    return bool(standing_of(attempt.learner, attempt.quiz).seen(attempt, now))


def test_later_date_of_a_class_holds_the_results_of_all(over, course, cohort, instructor):
    quiz, attempt = over()
    now = timezone.now()
    other = create_cohort(course, name="Class B")
    assert closed(attempt)

    allowance = allow(course, cohort=other, closes_at=now + HOUR, by=instructor, reason="trip", now=now)

    assert not closed(attempt)
    assert closed(attempt, now + HOUR)
    take_back(allowance, by=instructor, now=now)
    assert closed(attempt)


@pytest.mark.parametrize("scope", ["quiz", "course"])
def test_later_date_of_a_person_holds_until_they_have_handed_in(over, course, classmate, instructor, scope):
    quiz, attempt = over()
    now = timezone.now()
    about = {"quiz": quiz} if scope == "quiz" else {}
    allow(course, user=classmate, closes_at=now + HOUR, by=instructor, reason="ill", now=now, **about)
    assert not closed(attempt)

    theirs = start_quiz(classmate, quiz, now=now, rng=Fixed())
    assert not closed(attempt)
    submit_attempt(theirs, now=now, by=classmate)

    assert closed(attempt)


def test_one_more_attempt_keeps_a_later_date_alive(over, course, classmate, instructor):
    quiz, attempt = over()
    now = timezone.now()
    allow(course, quiz=quiz, user=classmate, closes_at=now + HOUR, by=instructor, reason="ill", now=now)
    allow(course, quiz=quiz, user=classmate, extra_attempts=1, by=instructor, reason="power cut", now=now)
    submit_attempt(start_quiz(classmate, quiz, now=now, rng=Fixed()), now=now, by=classmate)

    assert not closed(attempt)
    submit_attempt(start_quiz(classmate, quiz, now=now, rng=Fixed()), now=now, by=classmate)
    assert closed(attempt)


def test_attempt_opened_again_after_the_end_holds_the_keys(over, course, classmate, instructor):
    quiz, attempt = over()
    now = timezone.now()
    Quiz.objects.update(closes_at=now + HOUR)
    quiz.refresh_from_db()
    theirs = start_quiz(classmate, quiz, now=now, rng=Fixed())
    submit_attempt(theirs, now=now, by=classmate)
    Quiz.objects.update(closes_at=now - MINUTE)
    assert closed(attempt)

    assert reopen_attempt(theirs, minutes=15, by=instructor, reason="Power cut", now=now)

    assert not closed(attempt)
    assert closed(attempt, now + 16 * MINUTE)
    submit_attempt(theirs, now=now, by=classmate)
    assert closed(attempt)


def test_account_that_is_gone_holds_nothing(over, course, classmate, instructor):
    quiz, attempt = over()
    now = timezone.now()
    allow(course, quiz=quiz, user=classmate, closes_at=now + HOUR, by=instructor, reason="ill", now=now)

    classmate.is_active = False
    classmate.save()

    assert closed(attempt)


def test_teacher_reads_why_results_are_still_held(over, course, cohort, classmate, instructor):
    quiz, _ = over()
    now = timezone.now()
    course.staff.create(user=instructor)
    allow(course, quiz=quiz, user=classmate, closes_at=now + HOUR, by=instructor, reason="ill", now=now)

    page = browser_of(instructor).get(f"/teach/{cohort.pk}/quizzes/exam/").content.decode()

    assert "1 learner has a later date." in page


# --- alone ------------------------------------------------------------------------------------------------


def test_whoever_studies_a_course_without_a_class_sees_the_keys_after_the_last_attempt(course, client):
    create_exam(course, attempts_allowed=2)

    first = sit(client)
    assert seen(client, first) == frozenset()
    assert "when you have no attempt left" in client.get(f"/attempts/{first.pk}/result/").content.decode()

    second = sit(client)
    assert (seen(client, first), seen(client, second)) == (ALL, ALL)


def test_made_up_class_holds_nothing(course, client):
    create_cohort(course, learners=[create_user("demo-1", is_demo=True)], join_open=False, is_demo=True)
    create_exam(course)

    assert seen(client, sit(client)) == ALL


@pytest.mark.parametrize(
    "still", ["a learner", "a learner who left", "the code", "an invitation", "not begun", "nothing"],
)  # fmt: skip
def test_attempt_made_alone_waits_while_a_class_can_sit_the_same(course, client, instructor, still):
    create_exam(course)
    attempt = sit(client)
    assert seen(client, attempt) == ALL

    learners = [] if still in ("the code", "not begun") else [create_user("pupil")]
    cohort = create_cohort(course, learners=learners, join_open=still == "the code")
    for enrolment in cohort.enrolments.all():
        if still == "a learner who left":
            enrolling.leave(enrolment, now=timezone.now())
        elif still != "a learner":
            enrolling.take_out(enrolment, by=instructor, now=timezone.now())
    if still == "an invitation":
        Invitation.objects.create(
            cohort=cohort, token_hash="x", created_at=timezone.now(), expires_at=timezone.now() + HOUR
        )

    assert seen(client, attempt) >= (ALL if still == "nothing" else frozenset())
    assert closed(attempt) == (still == "nothing")


def test_only_learner_of_a_class_cannot_open_the_keys_by_leaving(course, client, learner):
    create_cohort(course, learners=[learner], join_open=False)
    create_exam(course)
    attempt = sit(client)

    leave(client)

    guest = Client()
    refused = guest.post("/quizzes/rivers/exam/", {"start": "1"})
    assert (refused.status_code, seen(client, attempt)) == (422, frozenset())


def test_attempt_that_still_runs_in_a_class_that_is_over_holds_the_keys(course, client, learner, instructor):
    cohort = create_cohort(course, learners=[learner], join_open=False)
    quiz = create_exam(course, open_to_everyone=True)
    running = start_quiz(learner, quiz, now=timezone.now(), rng=Fixed())
    enrolling.take_out(cohort.enrolments.get(), by=instructor, now=timezone.now())
    alone = browser_of(create_user("alone"))

    attempt = sit(alone)

    assert seen(alone, attempt) == frozenset()
    submit_attempt(running, now=timezone.now(), by=learner)
    assert seen(client, running) == frozenset(), "it was made in a class"
    assert seen(alone, attempt) == ALL


# --- what a running attempt is allowed ---------------------------------------------------------------------


def test_running_attempt_keeps_what_its_class_was_allowed_when_its_learner_leaves(
    course, cohort, client, learner, instructor
):
    quiz = create_exam(course, time_limit_minutes=30)
    now = timezone.now()
    attempt = start_quiz(learner, quiz, now=now, rng=Fixed())
    leave(client)

    allow(course, cohort=cohort, extra_minutes=10, by=instructor, reason="fire alarm", now=now)

    attempt.refresh_from_db()
    assert attempt.deadline == now + 40 * MINUTE


def test_closing_costs_the_same_whatever_the_number_of_quizzes_and_learners(
    course, cohort, client, instructor, django_assert_num_queries
):
    now = timezone.now()
    course.staff.create(user=instructor)
    create_exam(course, closes_at=now)
    teacher = browser_of(instructor)
    page = f"/teach/{cohort.pk}/quizzes/exam/"
    for size in (1, 4):
        for n in range(size):
            person = create_user(f"late-{size}-{n}")
            Enrolment.objects.create(cohort=cohort, user=person, joined_at=now)
            allow(course, user=person, closes_at=now + HOUR, by=instructor, reason="ill", now=now)
            Quiz.objects.create(
                course=course, slug=f"e-{size}-{n}", title="E", state="ready", preset="exam", closes_at=now
            )
        client.get("/marks/")
        teacher.get(page)
        with django_assert_num_queries(9):
            client.get("/marks/")
        with django_assert_num_queries(21):
            teacher.get(page)


def test_taken_out_learner_sees_what_they_saw(course, cohort, client, learner, instructor):
    create_exam(course)
    attempt = sit(client)

    take_out(Enrolment.objects.get(user=learner), by=instructor, now=timezone.now())

    assert seen(client, attempt) == frozenset()
    assert Cohort.objects.count() == 1
    assert Attempt.objects.count() == 1
