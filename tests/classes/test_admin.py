"""Setting up a class in the admin: its code, its zone, who is in it, who is invited."""

import pytest
from django.urls import reverse

from studyapp.classes import enrolling
from studyapp.classes.codes import folded_code
from studyapp.classes.models import Cohort, Enrolment, Invitation
from tests import factories
from tests.factories import THEN


@pytest.fixture
def course(instructor):
    return factories.create_course(staff=[instructor])


@pytest.fixture
def teacher(client, instructor, course):
    client.force_login(instructor)
    return client


@pytest.fixture
def cohort(course):
    return factories.create_cohort(course, join_code="BCD-234-XYZ")


def test_new_class_gets_a_code_that_is_told(teacher, course):
    said = {"course": course.pk, "name": "Tuesday", "time_zone": "Europe/Berlin"}

    page = teacher.post(reverse("admin:classes_cohort_add"), said, follow=True).content.decode()

    cohort = Cohort.objects.get()
    assert folded_code(cohort.join_code) == cohort.join_code
    assert f"The code of Tuesday is {cohort.join_code}" in page


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "europe/berlin "])
def test_zone_that_is_none_is_refused_with_an_example(teacher, course, zone):
    said = {"course": course.pk, "name": "Tuesday", "time_zone": zone}

    page = teacher.post(reverse("admin:classes_cohort_add"), said).content.decode()

    assert "is not a time zone. Write one like Europe/Berlin" in page
    assert not Cohort.objects.exists()


def test_class_of_a_course_that_somebody_else_writes_is_not_made(teacher, db):
    foreign = factories.create_course("deltas")

    teacher.post(reverse("admin:classes_cohort_add"), {"course": foreign.pk, "name": "Tuesday"})

    assert not Cohort.objects.exists()


def test_role_is_changed_in_the_list_of_people(teacher, cohort, learner, now):
    enrolment, _ = enrolling.join(learner, cohort.join_code, now=now)
    rows = {"enrolments-TOTAL_FORMS": 1, "enrolments-INITIAL_FORMS": 1, "enrolments-0-id": enrolment.pk}
    rows |= {"enrolments-0-cohort": cohort.pk, "enrolments-0-role": "assistant"}

    said = {"name": cohort.name, "time_zone": "", "join_open": "on", **rows}
    response = teacher.post(reverse("admin:classes_cohort_change", args=[cohort.pk]), said)

    assert response.status_code == 302
    enrolment.refresh_from_db()
    assert enrolment.role == "assistant"


def test_taking_out_keeps_the_row(teacher, cohort, learner, now):
    enrolment, _ = enrolling.join(learner, cohort.join_code, now=now)

    teacher.post(reverse("admin:classes_cohort_take_out", args=[cohort.pk]), {"enrolment": enrolment.pk})

    enrolment.refresh_from_db()
    assert enrolment.left_at is not None


def test_nobody_is_taken_out_of_a_class_of_others(teacher, cohort, learner):
    other = factories.create_cohort(factories.create_course("deltas"), learners=[learner])
    theirs = Enrolment.objects.get(cohort=other)

    for pk in (cohort.pk, other.pk):
        teacher.post(reverse("admin:classes_cohort_take_out", args=[pk]), {"enrolment": theirs.pk})

    theirs.refresh_from_db()
    assert theirs.left_at is None


def test_invitation_is_shown_once_and_brings_in_whoever_has_it(teacher, client, cohort, stranger):
    page = teacher.post(reverse("admin:classes_cohort_invite", args=[cohort.pk]), {"role": "assistant"})

    link = page.context["link"]
    client.force_login(stranger)
    client.post(link)
    assert Enrolment.objects.get(user=stranger).role == "assistant"
    assert Invitation.objects.get().used_by == stranger


@pytest.mark.parametrize("verb", ["renew_code", "invite", "take_out"])
def test_looking_changes_nothing(teacher, cohort, verb):
    before = list(Cohort.objects.values())

    teacher.get(reverse(f"admin:classes_cohort_{verb}", args=[cohort.pk]))

    assert list(Cohort.objects.values()) == before
    assert not Invitation.objects.exists()


def test_renewed_code_replaces_the_old_one(teacher, cohort):
    teacher.post(reverse("admin:classes_cohort_renew_code", args=[cohort.pk]))

    cohort.refresh_from_db()
    assert cohort.join_code != "BCD-234-XYZ"


def test_guests_and_those_who_left_do_not_stand_in_the_list(teacher, cohort, learner):
    guest = factories.create_user("guest-1", is_guest=True)
    Enrolment.objects.create(cohort=cohort, user=guest, joined_at=THEN)
    Enrolment.objects.create(cohort=cohort, user=learner, joined_at=THEN, left_at=THEN)

    page = teacher.get(reverse("admin:classes_cohort_change", args=[cohort.pk])).content.decode()

    assert "Nobody yet" in page
    assert page.count("Learner One") == 1
    assert "Learner One" in page.partition("Left by themselves")[2], "who left can still be taken out"
