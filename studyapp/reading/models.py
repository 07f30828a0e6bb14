"""Where a learner is, what they have read, what they wrote and marked there, and what they take along."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from content.models import Lesson, Passage


class ReadingPlace(models.Model):
    """The passage at which a learner last stood in a lesson."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="places")
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="+")
    passage = models.ForeignKey(Passage, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "lesson"], name="one_place_a_lesson")]
        indexes = [models.Index(fields=["learner", "-at"])]

    def __str__(self):
        return f"{self.learner_id} at {self.passage_id}"


class PassageRead(models.Model):
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passages_read"
    )
    passage = models.ForeignKey(Passage, on_delete=models.CASCADE, related_name="reads")
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "passage"], name="passage_read_once")]

    def __str__(self):
        return f"{self.learner_id} read {self.passage_id}"


class NoteQuerySet(models.QuerySet):
    def current(self):
        """What was not replaced: one version for each note, several where tabs wrote past each other."""
        return self.filter(replaced_at__isnull=True)

    def written(self):
        """Current versions that hold words; an emptied note is a version without."""
        return self.current().exclude(text="")


class Note(models.Model):
    """One version of what a learner wrote on a passage. Its words never change; a later version replaces it.

    `writer` is the tab it was typed in, `number` counts the saves of that tab. Two versions that did not know of
    each other both stay current until the learner joins them.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes")
    passage = models.ForeignKey(Passage, on_delete=models.CASCADE, related_name="notes")
    writer = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "passage", "writer", "number"], name="note_version_saved_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["learner", "passage"], condition=Q(replaced_at__isnull=True), name="note_current"
            ),
            models.Index(fields=["replaced_at"], name="note_replaced"),
        ]

    def __str__(self):
        return f"{self.learner_id} on {self.passage_id} at {self.at:%Y-%m-%d %H:%M}"


class Highlight(models.Model):
    """Words of a passage that a learner marked, with what stood around them, so that they are found again."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="highlights")
    passage = models.ForeignKey(Passage, on_delete=models.CASCADE, related_name="highlights")
    quote = models.TextField()
    before = models.CharField(max_length=100, blank=True)
    after = models.CharField(max_length=100, blank=True)
    fingerprint = models.CharField(max_length=64, editable=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "passage", "fingerprint"], name="words_highlighted_once"
            )
        ]

    def __str__(self):
        return f"{self.learner_id} in {self.passage_id}: {self.quote[:40]}"


class CalendarFeed(models.Model):
    """The secret address of one learner's calendar. The secret follows from `nonce` and the site's key; only its
    hash is kept."""

    learner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed"
    )
    nonce = models.CharField(max_length=32)
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()

    def __str__(self):
        return f"calendar of {self.learner_id}"
