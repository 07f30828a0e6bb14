"""What a learner does by reading: where they are, and what they have read."""

from django.db import transaction

from studyapp.reading.models import PassageRead, ReadingPlace


@transaction.atomic
def record_place(learner, lesson, passage, *, now):
    """Remember that the learner is at this passage (None: at the beginning) of the lesson."""
    ReadingPlace.objects.bulk_create(
        [ReadingPlace(learner=learner, lesson=lesson, passage=passage, at=now)],
        update_conflicts=True,
        unique_fields=["learner", "lesson"],
        update_fields=["passage", "at"],
    )


@transaction.atomic
def mark_read(learner, passages, *, now):
    """Remember that the learner has read these passages. Reading again keeps the first time."""
    PassageRead.objects.bulk_create(
        [PassageRead(learner=learner, passage=passage, read_at=now) for passage in passages],
        ignore_conflicts=True,
    )
