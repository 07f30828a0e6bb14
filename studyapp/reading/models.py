"""Where a learner is, and what they have read."""

from django.conf import settings
from django.db import models

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
