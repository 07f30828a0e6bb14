"""What a learner keeps forgetting is paused, and its authors see what was answered and decide."""

from datetime import timedelta

import pytest
from django.utils import timezone

from content.authoring import save_question
from content.models import CourseStaff
from studyapp.progress.teaching import answers_of
from studyapp.review.leeches import Paused, paused
from studyapp.review.models import Card, ReviewLog
from studyapp.review.queue import due, reviewable
from studyapp.review.rebuilding import rebuild_cards
from studyapp.review.reviewing import resume_question
from tests import factories
from tests.content.questions.examples import EXAMPLES
from tests.review.test_recording import RIGHT, WRONG, columns, record

LAPSES = 8


@pytest.fixture
def question(instructor):
    lesson = factories.create_lesson(factories.create_course(staff=[instructor]))
    return factories.create_question(lesson, kind="short_text")


def forget(learner, question, now, times=LAPSES + 1):
    """Forget it until it is paused; the first wrong answer is no lapse. Returns the day after."""
    for n in range(times):
        record(
            learner, question, now + timedelta(days=n), WRONG, response={"text": f"answer {min(n, 1)}"}
        )  # fmt: skip
    return now + timedelta(days=times)


def edit(client, question):
    return client.get(f"/admin/content/question/{question.pk}/change/")


def test_paused_question_is_not_asked_and_its_author_sees_what_was_answered(learner, question, now):
    assert paused(question) is None

    later = forget(learner, question, now)

    assert not due(learner, until=later + timedelta(days=99)).exists()
    assert paused(question) == Paused(1, [("answer 1", 8), ("answer 0", 1)])


def test_answers_of_everybody_it_is_paused_for_are_counted_together(
    learner, classmate, stranger, question, now
):
    forget(learner, question, now)
    forget(classmate, question, now)
    record(stranger, question, now, WRONG, response={"text": "of no concern"})

    assert paused(question) == Paused(2, [("answer 1", 16), ("answer 0", 2)])


def test_new_wording_is_asked_again(learner, question, now):
    later = forget(learner, question, now)

    save_question(
        question.course, question.slug, kind=question.kind, lesson=question.lesson, passage=question.passage,
        content=EXAMPLES["short_text"] | {"stem": "Worded better?"}, by=None, now=later, level="remember",
        use="both", state="ready",
    )  # fmt: skip

    question.refresh_from_db()
    assert due(learner, until=later + timedelta(days=2)).exists()
    assert paused(question) is None


def test_author_lets_it_be_asked_as_it_stands(learner, classmate, question, now):
    later = forget(learner, question, now)
    forget(classmate, question, now)

    assert resume_question(question, now=later) == 2
    assert resume_question(question, now=later) == 0

    assert reviewable(learner).filter(question=question, suspended_at__isnull=True).exists()
    assert paused(question) is None


def test_that_is_a_row_of_the_log_and_no_answer(learner, instructor, question, now):
    later = forget(learner, question, now)
    cohort = factories.create_cohort(question.course, learners=[learner])
    given = Card.objects.get().answers

    resume_question(question, now=later)

    row = ReviewLog.objects.latest("pk")
    assert (row.origin, row.fraction, row.rating) == ("resume", None, None)
    assert (row.before["suspended_at"] is None, row.after["suspended_at"]) == (False, None)
    assert Card.objects.get().answers == given
    assert row not in answers_of(cohort, learner)


def test_rebuilt_card_agrees_and_the_first_answer_after_it_rates(learner, question, now):
    later = forget(learner, question, now)
    resume_question(question, now=later)
    before = columns(Card.objects.get())

    rebuild_cards(learner.pk)
    assert columns(Card.objects.get()) == before

    record(learner, question, later, RIGHT)
    assert ReviewLog.objects.latest("pk").rating is not None
    after = columns(Card.objects.get())
    rebuild_cards(learner.pk)
    assert columns(Card.objects.get()) == after


# --- in the admin -----------------------------------------------------------------------------------------


@pytest.fixture
def authoring(client, instructor):
    client.force_login(instructor)
    return client


def test_author_reads_it_above_the_question(authoring, learner, question, now):
    assert "Forgotten again" not in edit(authoring, question).content.decode()

    forget(learner, question, now=timezone.now() - timedelta(days=30))

    page = edit(authoring, question).content.decode()
    assert "Forgotten again and again by 1 learner, so it is paused for them" in page
    assert '<bdi>answer 1</bdi> <span class="muted">8 times</span>' in page
    assert learner.shown_name not in page


def test_button_asks_it_again_and_the_change_is_logged(authoring, learner, question):
    forget(learner, question, timezone.now() - timedelta(days=30))

    response = authoring.post(f"/admin/content/question/{question.pk}/resume/", follow=True)

    page = response.content.decode()
    assert "It is asked again of 1 learner." in page
    assert "Forgotten again" not in page
    history = authoring.get(f"/admin/content/question/{question.pk}/history/").content.decode()
    assert "Asked again as it stands." in history


def test_author_of_another_course_changes_nothing(client, stranger, learner, question):
    forget(learner, question, timezone.now() - timedelta(days=30))
    stranger.is_staff = True
    stranger.save()
    CourseStaff.objects.create(course=factories.create_course("deltas"), user=stranger, role="instructor")
    client.force_login(stranger)

    client.post(f"/admin/content/question/{question.pk}/resume/")

    assert Card.objects.get().suspended_at is not None


def test_looking_at_the_address_of_the_button_changes_nothing(authoring, learner, question):
    forget(learner, question, timezone.now() - timedelta(days=30))

    authoring.get(f"/admin/content/question/{question.pk}/resume/")

    assert Card.objects.get().suspended_at is not None
