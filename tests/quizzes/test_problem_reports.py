"""A student says what is wrong with a question; staff see version and answer, and the reply is a notice."""

import pytest

from studyapp.accounts.models import Notice
from studyapp.quizzes.models import ProblemReport
from studyapp.quizzes.problem_reports import reply_to, report_problem, reports_for
from tests.factories import create_cohort, create_course, create_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(start, quiz):
    return start(quiz).items.get(number=1)


def test_reply_stands_among_the_notices_of_the_student(item, instructor, learner, now):
    report_problem(item, text="Both are right.", now=now)
    report = ProblemReport.objects.get()

    assert reply_to(report, text="So they are; everybody gets the point.", by=instructor, now=now)

    notice = Notice.objects.get(user=learner)
    assert "So they are" in notice.text
    assert notice.url == f"/attempts/{item.attempt_id}/1/report/"


def test_second_reply_is_none(item, instructor, now):
    report_problem(item, text="Both are right.", now=now)
    report = ProblemReport.objects.get()

    assert [reply_to(report, text=text, by=instructor, now=now) for text in ("one", "two")] == [True, False]
    assert ProblemReport.objects.get().reply == "one"
    assert Notice.objects.count() == 1


def test_one_report_at_a_time_and_another_after_the_reply(item, instructor, now):
    assert report_problem(item, text="First.", now=now)
    assert not report_problem(item, text="Again.", now=now)
    reply_to(ProblemReport.objects.get(), text="Seen.", by=instructor, now=now)

    assert report_problem(item, text="Still.", now=now)


def test_reports_are_seen_by_staff_of_the_course_and_of_the_class_only(
    start, quiz, course, learner, instructor, now
):
    teacher, other = create_user("teacher"), create_user("other", is_staff=True)
    create_cohort(course, instructors=[teacher], learners=[learner])
    create_course("deltas", staff=[other])
    course.staff.create(user=instructor)
    report_problem(start(quiz).items.get(number=1), text="Odd.", now=now)

    assert [reports_for(user).count() for user in (teacher, instructor, other, learner)] == [1, 1, 0, 0]
