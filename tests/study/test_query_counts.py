"""What the learner's pages cost: as many queries with three times the data, session and user counted."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from content.models import Passage
from studyapp.reading.notes import save_note
from studyapp.reading.reading import mark_read, record_place
from studyapp.review.days import study_day
from studyapp.review.exam_dates import set_exam_date
from studyapp.review.reviewing import record_answer
from tests import factories
from tests.study.conftest import create_rivers


def study(learner, course, now):
    """Everything that these pages tell of: passages read, answers known and due, how sure, an exam, objectives, notes."""
    lessons = list(course.lessons.order_by("pk"))
    for number, lesson in enumerate(lessons):
        lesson.objectives.create(
            course=course, slug=f"tell-{number}", level="remember", text="Tell them apart"
        )
    for lesson in lessons[: len(lessons) // 2]:
        passages = list(lesson.passages.all())
        mark_read(learner, passages, now=now)
        record_place(learner, lesson, passages[-1], now=now)
        lesson.questions.update(objective=lesson.objectives.get())
        for question in lesson.questions.select_related("current")[1:]:
            answer(learner, question, now - timedelta(days=40))
    set_exam_date(learner, course, study_day(now, learner.time_zone) + timedelta(days=30), now=now)


def answer(learner, question, at):
    record_answer(
        learner, question, question.current, client_id=uuid.uuid4(), at=at, origin="practice", fraction=1.0,
        response={"answer": True}, presented={}, seconds=20, sure=True,
    )  # fmt: skip


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/", 8),
        ("/courses/rivers/", 8),
        ("/progress/", 8),
        ("/progress/plan/rivers/", 15),
        ("/review/", 5),
        ("/take-along/", 5),
        ("/notes/", 6),
    ],
)
def test_page_takes_the_same_queries_with_three_times_the_data(
    reading, learner, db, django_assert_num_queries, address, queries, size
):
    course = create_rivers(lessons=2 * size, passages=3 * size, questions=2 * size)
    factories.create_cohort(course, learners=[learner])
    study(learner, course, timezone.now())
    for number in range(size):
        passage = Passage.objects.get(course=course, slug=f"lesson-{number + 1}-1")
        save_note(learner, passage, "A thought.", writer="tab", number=0, seen=[], now=timezone.now())
    reading.get(address)  # what is drawn once for everybody, is

    with django_assert_num_queries(queries):
        response = reading.get(address)

    assert response.status_code == 200


def test_what_is_counted_here_reaches_every_part_of_the_page_of_progress(reading, learner, rivers):
    study(learner, rivers, timezone.now())

    page = reading.get("/progress/").context

    assert page["day"].due
    assert page["day"].unasked
    assert page["to_come"].rects
    assert page["studied"].total_reads
    assert page["calibration"].sure.total
    assert page["courses"][0].course.exam_on
    assert page["courses"][0].lessons[0].objectives[0].questions
