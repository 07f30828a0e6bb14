"""Somebody sits a quiz as a guest and in an account, to have two attempts where one is allowed, or the better one."""

from random import Random
from threading import Thread

import pytest
from django.db import connection
from django.utils import timezone

from studyapp.accounts.models import User
from studyapp.classes.enrolling import take_out
from studyapp.classes.models import Enrolment
from studyapp.quizzes.allowing import allow
from studyapp.quizzes.groups import WithoutClass
from studyapp.quizzes.models import Allowance, Attempt, AttemptEvent, Quiz, SavedAnswer
from studyapp.quizzes.queries import my_marks
from studyapp.quizzes.sittings import start_quiz, submit_attempt
from studyapp.quizzes.standing import standing_of
from studyapp.quizzes.teaching import lone_quiz
from studyapp.quizzes.verifying import verify_scores
from studyapp.study.bringing import attempts_as_practice, bring_along
from tests.factories import create_cohort, create_course, create_lesson, create_user, save_in
from tests.trust.keys import ALL, CODE, MINUTE, browser_of, create_exam, hand_in, seen, sign_in, start

pytestmark = pytest.mark.django_db
SAID = "as a guest, so"


@pytest.fixture
def course(db):
    course = create_course()
    create_lesson(course)
    return course


@pytest.fixture
def guest(db):
    return create_user("guest-1", is_guest=True)


@pytest.fixture
def sit(now):
    def sit(quiz, person, *, at=now, right=True, finish=True):
        attempt = start_quiz(person, quiz, now=at, rng=Random(1))
        for number in (1, 2):
            save_in(attempt, number, {"answer": ["true" if right else "false"]}, at=at)
        if finish:
            submit_attempt(attempt, now=at, by=person)
        return attempt

    return sit


def kind_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).kind


def counted(learner, quiz):
    (row,) = [row for row in my_marks(learner, now=timezone.now()) if row.quiz == quiz]
    return row.percent


def test_second_attempt_comes_as_practice_and_the_own_one_counts(course, guest, learner, sit, now):
    quiz = create_exam(course, "learn")
    own, guests = sit(quiz, learner, right=False), sit(quiz, guest)

    bring_along(guest, learner, now=now)

    assert (kind_of(own), kind_of(guests)) == ("quiz", "guest")
    assert counted(learner, quiz) == 0
    standing = standing_of(learner, quiz)
    assert (standing.attempts, standing.brought, standing.left) == ([own], [guests], 0)
    assert standing.problem(now) == "You have no attempt left."
    assert AttemptEvent.objects.filter(attempt=guests, what="as a guest", by=learner, at=now).count() == 1
    assert len(lone_quiz(WithoutClass(course), quiz).learners[0].attempts) == 1
    assert verify_scores(now=now)[1] == []


def test_only_attempt_of_an_account_in_no_class_goes_on_counting(course, guest, learner, sit, now):
    quiz = create_exam(course, "learn")
    guests = sit(quiz, guest)

    bring_along(guest, learner, now=now)

    assert kind_of(guests) == "quiz"
    assert counted(learner, quiz) == 100
    assert standing_of(learner, quiz).left == 0


@pytest.mark.parametrize("membership", ["in", "left", "taken out"])
def test_whoever_is_or_was_in_a_class_brings_practice_only(
    course, guest, learner, instructor, sit, now, membership
):
    """Left for the moment of the merge: no way around it either."""
    quiz = create_exam(course, "learn")
    guests = sit(quiz, guest)
    create_cohort(course, learners=[learner], join_code=CODE)
    enrolment = Enrolment.objects.get()
    if membership == "taken out":
        take_out(enrolment, by=instructor, now=now)
    elif membership == "left":
        Enrolment.objects.update(left_at=now)

    bring_along(guest, learner, now=now)

    assert kind_of(guests) == "guest"
    assert standing_of(learner, quiz).left == 1
    assert counted(learner, quiz) is None


def test_class_of_another_course_does_not_matter(course, guest, learner, sit, now):
    create_cohort(create_course("deltas"), learners=[learner])
    guests = sit(create_exam(course, "learn"), guest)

    bring_along(guest, learner, now=now)

    assert kind_of(guests) == "quiz"


def test_two_guests_one_after_the_other_bring_one_attempt(course, guest, learner, sit, now):
    quiz = create_exam(course, "learn")
    second = create_user("guest-2", is_guest=True)
    one, two = sit(quiz, guest, right=False), sit(quiz, second)

    bring_along(guest, learner, now=now)
    bring_along(second, learner, now=now)

    assert (kind_of(one), kind_of(two)) == ("quiz", "guest")
    assert counted(learner, quiz) == 0


def test_no_more_come_than_the_quiz_allows(course, guest, learner, sit, now):
    quiz = create_exam(course, "learn", attempts_allowed=3)
    attempts = [sit(quiz, guest, at=now + n * MINUTE) for n in range(3)]
    Quiz.objects.update(attempts_allowed=2)

    bring_along(guest, learner, now=now)

    assert [kind_of(attempt) for attempt in attempts] == ["quiz", "quiz", "guest"]
    assert standing_of(learner, Quiz.objects.get()).left == 0


@pytest.mark.parametrize("unlimited", [True, False])
def test_attempts_that_the_rules_allow_all_count(course, guest, learner, instructor, sit, now, unlimited):
    quiz = create_exam(course, "learn", attempts_allowed=0 if unlimited else 1)
    if not unlimited:
        allow(course, quiz=quiz, user=guest, extra_attempts=1, by=instructor, reason="power cut", now=now)
    attempts = [sit(quiz, guest, at=now + n * MINUTE) for n in range(2)]

    bring_along(guest, learner, now=now)

    assert [kind_of(attempt) for attempt in attempts] == ["quiz", "quiz"]
    assert set(Allowance.objects.values_list("user", flat=True)) <= {learner.pk}


def test_running_exam_of_the_account_is_not_handed_in_by_a_guest(course, guest, learner, sit, now):
    quiz = create_exam(course, "learn", time_limit_minutes=30)
    own = sit(quiz, learner, finish=False)
    guests = sit(quiz, guest, at=now + MINUTE, finish=False)

    bring_along(guest, learner, now=now + 2 * MINUTE)

    states = dict(Attempt.objects.values_list("kind", "state"))
    assert states == {"quiz": "open", "guest": "open"}
    assert standing_of(learner, quiz).open == own
    guests.refresh_from_db()
    submit_attempt(guests, now=now + 3 * MINUTE, by=learner)
    assert counted(learner, quiz) is None, "the own one still runs, and the guest's counts for nothing"


def test_running_attempts_of_two_guests_do_not_meet(course, guest, learner, sit, now):
    quiz = create_exam(course, "learn")
    create_cohort(course, learners=[learner])
    second = create_user("guest-2", is_guest=True)
    older = sit(quiz, guest, finish=False)
    newer = sit(quiz, second, at=now + MINUTE, finish=False)

    bring_along(guest, learner, now=now + 2 * MINUTE)
    bring_along(second, learner, now=now + 2 * MINUTE)

    assert dict(Attempt.objects.values_list("pk", "state")) == {older.pk: "finished", newer.pk: "open"}
    assert set(Attempt.objects.values_list("kind", flat=True)) == {"guest"}
    assert SavedAnswer.objects.count() == 4


def test_pages_say_beforehand_and_afterwards_that_it_does_not_count(course, learner):
    create_exam(course, "learn")
    create_cohort(course, learners=[learner], join_code=CODE)
    client = browser_of(create_user("guest-1", is_guest=True))
    attempt = hand_in(client, start(client))
    sign_in(client)

    asked = client.get("/bring-along/").content.decode()
    assert "One quiz that you did as a guest comes along as practice and does not count" in asked
    client.post("/bring-along/", {"bring": "1"})

    result = client.get(f"/attempts/{attempt.pk}/result/").content.decode()
    assert "You did this as a guest, so it does not count." in result
    assert "Done as a guest, never counted" in result
    for page in ("/marks/", "/quizzes/rivers/exam/"):
        assert "You did this as a guest, so it does not count." in client.get(page).content.decode()
    assert seen(client, attempt) == ALL
    assert start(client), "the one attempt is still there"


def test_confirm_page_says_nothing_of_it_where_all_counts(course, learner):
    create_exam(course, "learn")
    client = browser_of(create_user("guest-1", is_guest=True))
    hand_in(client, start(client))
    sign_in(client)

    assert "does not count" not in client.get("/bring-along/").content.decode()


def test_running_one_is_found_among_the_marks(course, learner):
    create_exam(course, "learn")
    create_cohort(course, learners=[learner], join_code=CODE)
    client = browser_of(create_user("guest-1", is_guest=True))
    attempt = start(client)
    sign_in(client)
    client.post("/bring-along/", {"bring": "1"})

    page = client.get("/marks/").content.decode()

    assert SAID in page
    assert f'href="/attempts/{attempt.pk}/"' in page
    assert "Done as a guest, never counted" in client.get(f"/attempts/{attempt.pk}/").content.decode()
    assert "does not count" in client.get(f"/attempts/{hand_in(client, attempt).pk}/result/").content.decode()


def test_practice_of_a_former_guest_waits_for_the_keys_like_every_attempt(course, learner, instructor):
    quiz = create_exam(course, open_to_everyone=True)
    create_cohort(course, learners=[learner], join_code=CODE)
    client = browser_of(create_user("guest-1", is_guest=True))
    attempt = hand_in(client, start(client))
    sign_in(client)
    client.post("/bring-along/", {"bring": "1"})
    assert seen(client, attempt) == frozenset()

    own = hand_in(client, start(client))
    assert (seen(client, attempt), seen(client, own)) == (frozenset(), frozenset())

    Quiz.objects.filter(pk=quiz.pk).update(closes_at=timezone.now() - MINUTE)
    assert (seen(client, attempt), seen(client, own)) == (ALL, ALL)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round", range(2))
def test_two_merges_at_once_bring_one_attempt(course, learner, sit, now, round):
    quiz = create_exam(course, "learn")
    guests = [create_user(f"guest-{n}", is_guest=True) for n in (1, 2, 3)]
    for guest in guests:
        sit(quiz, guest)
    failed = []

    def merge(guest):
        try:
            bring_along(guest, User.objects.get(pk=learner.pk), now=now)
        except Exception as error:  # what a thread raises is lost otherwise
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=merge, args=[guest]) for guest in guests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    kinds = sorted(Attempt.objects.filter(learner=learner).values_list("kind", flat=True))
    assert kinds == ["guest", "guest", "quiz"]
    assert not User.objects.filter(is_guest=True).exists()


@pytest.mark.parametrize("times", [1, 3])
def test_looking_what_counts_costs_the_same_whatever_there_is(
    course, guest, learner, sit, now, times, django_assert_num_queries
):
    for n in range(times):
        other = create_course(f"other-{n}")
        create_lesson(other)
        sit(create_exam(other, "learn", title=f"Exam {n}"), guest)

    with django_assert_num_queries(8):
        assert attempts_as_practice(guest, learner) == []
