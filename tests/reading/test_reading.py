from datetime import timedelta

import pytest

from studyapp.reading.models import PassageRead, ReadingPlace
from studyapp.reading.reading import mark_read, record_place
from tests import factories


@pytest.fixture
def lesson(db):
    return factories.create_lesson(factories.create_course())


def test_place_is_one_row_that_moves(learner, lesson, now):
    first, second = lesson.passages.all()
    record_place(learner, lesson, first, now=now)

    record_place(learner, lesson, second, now=now + timedelta(minutes=3))

    place = ReadingPlace.objects.get()
    assert (place.passage, place.at) == (second, now + timedelta(minutes=3))


def test_reading_again_keeps_the_first_time(learner, lesson, now):
    passages = list(lesson.passages.all())
    mark_read(learner, passages[:1], now=now)

    mark_read(learner, passages, now=now + timedelta(days=1))

    assert list(PassageRead.objects.order_by("passage").values_list("read_at", flat=True)) == [
        now,
        now + timedelta(days=1),
    ]


def test_what_one_reads_is_not_read_by_another(learner, classmate, lesson, now):
    mark_read(learner, lesson.passages.all(), now=now)

    assert not PassageRead.objects.filter(learner=classmate).exists()
