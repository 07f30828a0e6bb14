"""A guest, a second account, or somebody in no class takes the exam of a class to read its questions and keys."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from studyapp.accounts.models import User
from studyapp.quizzes.allowing import allow
from studyapp.quizzes.authoring import OPEN_EXAM, outlook_of
from studyapp.quizzes.models import Attempt, Quiz
from studyapp.quizzes.releasing import release_results
from tests.factories import PASSWORD, create_cohort, create_course, create_lesson, create_user
from tests.trust.keys import (
    ALL,
    BEFORE,
    CODE,
    MINUTE,
    browser_of,
    create_exam,
    hand_in,
    join,
    leave,
    seen,
    sign_in,
    sit,
    start,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SAID = "This exam is for the classes of this course."


@pytest.fixture
def course(db):
    course = create_course()
    create_lesson(course)
    return course


@pytest.fixture
def cohort(course, learner):
    return create_cohort(course, learners=[learner], join_code=CODE)


def as_visitor():
    return browser_of()


def as_guest():
    return browser_of(create_user("guest-1", is_guest=True))


def as_account():
    return browser_of(create_user("second"))


def as_somebody_who_left():
    client = browser_of(create_user("left"))
    join(client)
    leave(client)
    return client


OUTSIDE = (as_visitor, as_guest, as_account, as_somebody_who_left)


@pytest.mark.parametrize("outside", OUTSIDE)
def test_exam_of_a_class_is_started_by_nobody_outside_it(course, cohort, outside):
    create_exam(course)
    client, people = outside(), User.objects.count()

    assert start(client) is None

    assert SAID in client.get("/quizzes/rivers/exam/").content.decode()
    assert not Attempt.objects.exists()
    assert User.objects.count() == people, "no guest is made for a start that is refused"


def test_who_is_in_the_class_reads_whom_it_is_for_and_sits_it(course, cohort, learner):
    create_exam(course)
    client = browser_of(learner)

    assert SAID in client.get("/quizzes/rivers/exam/").content.decode()
    assert seen(client, sit(client)) == frozenset()


def test_running_attempt_goes_on_after_leaving(course, cohort, learner):
    create_exam(course)
    client = browser_of(learner)
    attempt = start(client)

    leave(client)

    assert start(client) == attempt
    assert seen(client, hand_in(client, attempt)) == frozenset()


def test_whoever_was_allowed_something_by_name_may_start(course, cohort, instructor):
    quiz = create_exam(course)
    second, third = create_user("second"), create_user("third")
    allow(
        course,
        quiz=quiz,
        user=second,
        extra_minutes=5,
        by=instructor,
        reason="guest of the house",
        now=quiz.updated_at,
    )

    assert start(browser_of(second))
    assert start(browser_of(third)) is None


def test_staff_preview_it_as_before(course, cohort, instructor):
    course.staff.create(user=instructor)
    create_exam(course)

    response = browser_of(instructor).post("/quizzes/rivers/exam/", {"preview": "1"})

    assert response.status_code == 303
    assert Attempt.objects.get().kind == "preview"


@pytest.mark.parametrize("outside", [as_guest, as_account, as_somebody_who_left])
@pytest.mark.parametrize("preset", BEFORE)
def test_opened_exam_tells_nobody_the_keys_while_a_class_can_sit_it(
    course, cohort, instructor, preset, outside
):
    quiz = create_exam(course, preset, open_to_everyone=True)
    client = outside()

    attempt = sit(client)

    everywhere = outside is as_guest and preset == "exam"
    assert seen(client, attempt, everywhere=everywhere) == BEFORE[preset]
    release_results(quiz, by=instructor, now=timezone.now())
    assert seen(client, attempt) == ALL


@pytest.mark.parametrize("preset", BEFORE)
def test_guest_who_becomes_an_account_sees_no_more(course, cohort, preset):
    create_exam(course, preset, open_to_everyone=True)
    client = as_guest()
    attempt = sit(client)

    client.post(
        "/accounts/sign-up/",
        {"username": "became", "password": PASSWORD, "time_zone": "UTC", "name": "", "email": ""},
    )

    assert User.objects.get(pk=attempt.learner_id).username == "became"
    assert seen(client, attempt) == BEFORE[preset]


@pytest.mark.parametrize("preset", BEFORE)
def test_guest_who_comes_into_an_account_of_the_class_sees_no_more(course, cohort, learner, preset):
    create_exam(course, preset, open_to_everyone=True)
    client = as_guest()
    attempt = sit(client)

    sign_in(client)
    client.post("/bring-along/", {"bring": "1"})

    assert seen(client, attempt) == BEFORE[preset]


def test_closing_date_opens_it_for_a_guest_too_but_not_before_it_is_over_for_the_class(
    course, cohort, learner, instructor
):
    now = timezone.now()
    quiz = create_exam(course, closes_at=now + HOUR, open_to_everyone=True)
    allow(course, quiz=quiz, cohort=cohort, closes_at=now + 2 * HOUR, by=instructor, reason="trip", now=now)
    client = as_guest()
    attempt = sit(client)
    Quiz.objects.update(closes_at=now - MINUTE)
    assert seen(client, attempt) == frozenset()

    quiz.allowances.update(closes_at=now - MINUTE)

    assert seen(client, attempt) == ALL


@pytest.mark.parametrize("made_up", [False, True])
def test_without_a_class_everybody_sits_it_and_sees_the_keys_after_the_last_attempt(course, made_up):
    if made_up:
        create_cohort(course, is_demo=True)
    create_exam(course)
    client = as_visitor()

    assert seen(client, sit(client)) == ALL


def test_other_quizzes_stay_open_to_everyone(course, cohort):
    create_exam(course, "learn")

    assert start(as_visitor())


def test_author_of_an_open_exam_is_warned_and_of_no_other(course, cohort):
    quiz = create_exam(course)
    slots = list(quiz.slots.select_related("question"))
    assert OPEN_EXAM not in outlook_of(quiz, slots).warnings
    quiz.open_to_everyone = True
    assert OPEN_EXAM in outlook_of(quiz, slots).warnings
    quiz.preset = "learn"
    assert OPEN_EXAM not in outlook_of(quiz, slots).warnings


def test_author_ticks_it_in_the_form_and_reads_what_it_means(course, cohort, instructor):
    course.staff.create(user=instructor)
    quiz = create_exam(course)
    client = browser_of(instructor)
    page = f"/admin/quizzes/quiz/{quiz.pk}/change/"
    assert "open to everyone, also without a class" in client.get(page).content.decode()
    posted = {
        "title": "Exam", "state": "ready", "position": "0", "time_limit_minutes": "0", "attempts_allowed": "1",
        "counting": "highest", "delay_minutes": "0", "preset": "exam", "pass_percent": "0", "open_to_everyone": "on",
        "slots-TOTAL_FORMS": "1", "slots-INITIAL_FORMS": "0", "slots-0-what": "fixed", "slots-0-question": "q-1",
        "bands-TOTAL_FORMS": "0", "bands-INITIAL_FORMS": "0", "_continue": "1",
    }  # fmt: skip

    response = client.post(page, posted, follow=True)

    quiz.refresh_from_db()
    assert quiz.open_to_everyone
    assert "This exam is open to everyone" in response.content.decode()
    client.post(page, {name: value for name, value in posted.items() if name != "open_to_everyone"})
    quiz.refresh_from_db()
    assert not quiz.open_to_everyone


COURSE = """\
id = "lakes"
title = "Lakes"

[[modules]]
id = "one"
title = "One"
lessons = ["deep"]

[[quizzes]]
id = "exam"
title = "Exam"
preset = "exam"
{more}attempts = 1

[[quizzes.slots]]
question = "q-1"
"""
LESSON = "---\nid: deep\ntitle: Deep\n---\n\n## Depth {#depth}\n\nLakes are deep.\n"
QUESTION = """\
- id: q-1
  kind: true_false
  passage: depth
  use: exam
  stem: Lakes are deep.
  answer: true
  explanation: They are.
"""


def write(folder, more):
    for name, text in (
        ("course.toml", COURSE.format(more=more)),
        ("lessons/deep.md", LESSON),
        ("questions/deep.yaml", QUESTION),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_course_files_say_it_are_warned_of_and_come_back(db, tmp_path, capsys):
    write(tmp_path / "in", "open_to_everyone = true\n")

    call_command("load_course", tmp_path / "in")

    said = capsys.readouterr().out
    assert "course.toml:13" in said
    assert OPEN_EXAM in said
    assert Quiz.objects.get().open_to_everyone
    call_command("dump_course", "lakes", tmp_path / "out")
    assert "open_to_everyone = true\n" in (tmp_path / "out" / "course.toml").read_text()


def test_course_files_that_say_nothing_leave_it_off_and_change_nothing(db, tmp_path, capsys):
    write(tmp_path / "in", "")
    call_command("load_course", tmp_path / "in")
    quiz = Quiz.objects.get()
    assert (quiz.open_to_everyone, OPEN_EXAM in capsys.readouterr().out) == (False, False)
    Quiz.objects.update(open_to_everyone=True)

    call_command("load_course", tmp_path / "in")

    assert Quiz.objects.get().open_to_everyone, "edited in the product, and the files said nothing new"
