"""Whoever a teacher took out of a class tries to come back by the same code, an old invitation, or as a former guest."""

import contextlib
from datetime import timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from studyapp.classes import enrolling
from studyapp.classes.models import Enrolment, Invitation
from studyapp.study.bringing import bring_along
from tests.factories import create_cohort, create_course, create_user
from tests.trust.keys import CODE, browser_of, join, leave

pytestmark = pytest.mark.django_db
SAID = "Your teacher took you out of this class. To come back you need a new invitation: ask your teacher."


@pytest.fixture
def course(instructor):
    return create_course(staff=[instructor])


@pytest.fixture
def cohort(course, learner):
    return create_cohort(course, learners=[learner], join_code=CODE)


@pytest.fixture
def teacher(instructor):
    return browser_of(instructor)


def take_out(teacher, cohort, person):
    enrolment = Enrolment.objects.get(cohort=cohort, user=person)
    address = reverse("admin:classes_cohort_take_out", args=[cohort.pk])
    return teacher.post(address, {"enrolment": enrolment.pk}, follow=True).content.decode()


def invite(teacher, cohort, role="learner"):
    page = teacher.post(reverse("admin:classes_cohort_invite", args=[cohort.pk]), {"role": role})
    return page.context["link"]


def is_in(cohort, person):
    return Enrolment.objects.filter(cohort=cohort, user=person, left_at__isnull=True).exists()


def test_the_code_brings_nobody_back_and_says_why(teacher, cohort, learner, instructor):
    page = take_out(teacher, cohort, learner)
    assert "can come back only by a new invitation" in page
    row = Enrolment.objects.get(user=learner)
    assert (row.taken_out_by, row.taken_out_at == row.left_at) == (instructor, True)

    response = join(browser_of(learner))

    assert response.status_code == 422
    assert SAID in response.content.decode()
    assert not is_in(cohort, learner)


def test_a_new_code_brings_them_back_no_more_than_the_old_one(teacher, cohort, learner):
    take_out(teacher, cohort, learner)
    fresh = enrolling.renew_join_code(cohort)

    assert join(browser_of(learner), fresh).status_code == 422
    assert not is_in(cohort, learner)


def test_whoever_left_by_themselves_comes_back_by_the_code(cohort, learner):
    client = browser_of(learner)
    leave(client)

    assert join(client).status_code == 303
    assert is_in(cohort, learner)


def test_leaving_a_moment_before_does_not_escape_it(teacher, cohort, learner):
    client = browser_of(learner)
    leave(client)
    left_at = Enrolment.objects.get().left_at

    take_out(teacher, cohort, learner)

    assert join(client).status_code == 422
    assert Enrolment.objects.get().left_at == left_at


def test_an_invitation_made_before_is_refused_and_stays_unused(teacher, cohort, learner, stranger):
    link = invite(teacher, cohort)
    take_out(teacher, cohort, learner)

    response = browser_of(learner).post(link)

    assert response.status_code == 422
    assert SAID in response.content.decode()
    assert not is_in(cohort, learner)
    assert Invitation.objects.get().used_at is None
    browser_of(stranger).post(link)
    assert is_in(cohort, stranger)


def test_an_invitation_made_since_brings_them_back_for_good(teacher, cohort, learner):
    take_out(teacher, cohort, learner)
    client = browser_of(learner)

    client.post(invite(teacher, cohort, role="assistant"))

    row = Enrolment.objects.get(user=learner)
    assert (row.left_at, row.taken_out_at, row.taken_out_by, row.role) == (None, None, None, "assistant")
    leave(client)
    assert join(client).status_code == 303, "what was forgiven is forgotten"


def test_other_classes_of_the_course_stay_open_to_them(teacher, course, cohort, learner):
    other = create_cohort(course, name="Class B", join_code="BCD-234-XYY")
    take_out(teacher, cohort, learner)

    assert join(browser_of(learner), "BCD-234-XYY").status_code == 303
    assert is_in(other, learner)
    assert not is_in(cohort, learner)


@pytest.mark.parametrize("guest_is", ["in", "left", "taken out"])
def test_bringing_a_guest_along_does_not_bring_them_back(teacher, cohort, learner, guest_is):
    guest = create_user("guest-1", is_guest=True)
    Enrolment.objects.create(
        cohort=cohort,
        user=guest,
        joined_at=cohort.created_at,
        left_at=None if guest_is == "in" else timezone.now(),
        taken_out_at=timezone.now() if guest_is == "taken out" else None,
    )
    take_out(teacher, cohort, learner)

    bring_along(guest, learner, now=timezone.now())

    assert not is_in(cohort, learner)
    assert join(browser_of(learner)).status_code == 422


@pytest.mark.parametrize("account_was", ["never in", "gone"])
def test_guest_who_was_taken_out_stays_out_as_an_account(teacher, cohort, stranger, account_was):
    guest = create_user("guest-1", is_guest=True)
    Enrolment.objects.create(cohort=cohort, user=guest, joined_at=cohort.created_at)
    if account_was == "gone":
        Enrolment.objects.create(
            cohort=cohort, user=stranger, joined_at=cohort.created_at, left_at=timezone.now()
        )
    take_out(teacher, cohort, guest)

    bring_along(guest, stranger, now=timezone.now())

    assert join(browser_of(stranger)).status_code == 422
    assert not is_in(cohort, stranger)


def test_teacher_sees_who_was_taken_out_and_by_whom(teacher, cohort, learner, classmate, instructor):
    Enrolment.objects.create(
        cohort=cohort, user=classmate, joined_at=cohort.created_at, left_at=timezone.now()
    )
    page = take_out(teacher, cohort, learner)

    listed = page[page.index("<h2>Taken out</h2>") :]
    assert "Learner One" in listed
    assert "by <bdi>Instructor One</bdi>" in listed
    assert "Learner Two" not in listed, "who left by themselves was not taken out"


def test_taking_out_twice_is_once(cohort, learner, instructor, classmate, now):
    enrolment = Enrolment.objects.get()

    assert enrolling.take_out(enrolment, by=instructor, now=now)
    assert not enrolling.take_out(enrolment, by=classmate, now=now + timedelta(days=1))

    enrolment.refresh_from_db()
    assert (enrolment.taken_out_by, enrolment.taken_out_at) == (instructor, now)


def test_database_keeps_nobody_in_a_class_who_was_taken_out(cohort, now):
    with pytest.raises(IntegrityError), transaction.atomic():
        Enrolment.objects.update(taken_out_at=now)


@pytest.mark.django_db(transaction=True)
def test_joining_while_being_taken_out_ends_outside(course, instructor, learner):
    """Twenty codes typed at the moment of the button: whoever comes first, the class is left in the end."""
    cohort = create_cohort(course, learners=[learner], join_code=CODE)
    enrolment = Enrolment.objects.get()

    def typing():
        try:
            for _ in range(10):
                with contextlib.suppress(enrolling.WasTakenOut):
                    enrolling.join(learner, CODE, now=timezone.now())
        finally:
            connection.close()

    threads = [Thread(target=typing) for _ in range(2)]
    for thread in threads:
        thread.start()
    enrolling.take_out(enrolment, by=instructor, now=timezone.now())
    for thread in threads:
        thread.join()

    assert not is_in(cohort, learner)
