"""What `make run` leaves behind on a fresh machine: a course that its first instructor may write."""

import pytest
from django.core.management import call_command

from content.models import CourseStaff
from studyapp.accounts.models import User
from studyapp.study.management.commands import serve
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return factories.create_course(serve.FIRST_COURSE.name)


def test_first_instructor_owns_the_first_course(course, client):
    call_command("create_instructor", "instructor")

    serve.give_first_course()
    serve.give_first_course()

    client.force_login(User.objects.get(username="instructor"))
    assert course.title in client.get("/admin/").content.decode()
    staff = CourseStaff.objects.get()
    assert (staff.course, staff.user.username, staff.role) == (course, "instructor", "owner")


def test_course_that_has_its_staff_is_left_as_it_is(course, instructor):
    owner = factories.create_user("owner", is_staff=True)
    CourseStaff.objects.create(course=course, user=owner)

    serve.give_first_course()

    assert [row.user for row in CourseStaff.objects.all()] == [owner]
