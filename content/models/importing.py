"""What came in from files of questions: the file while it is looked at, and what an import added and changed."""

from django.conf import settings
from django.db import models

from content.models.course import Course
from content.models.question import Question, QuestionVersion


class Upload(models.Model):
    """A file between upload and import: what was read from it, for the person who brought it. Gone after a day."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    data = models.BinaryField()  # the file itself, for reading it in another way
    reading = models.BinaryField()  # what was read, packed (content.formats.carrying)
    choices = models.JSONField(default=dict)  # lesson, passage, tags … as chosen last
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_at"])]

    def __str__(self):
        return self.name


class QuestionImport(models.Model):
    """One import of a file of questions into a course: who, when, from what, and whether it was undone."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="imports")
    name = models.CharField("file", max_length=200)
    sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=20)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    imported_at = models.DateTimeField()
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)  # warnings: [{place, message, ref}]
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-imported_at", "-pk"]
        verbose_name = "import"

    def __str__(self):
        return self.name


class ImportedQuestion(models.Model):
    """A question that an import added or changed. `before` is what it was, so that the import can be undone."""

    class Undone(models.TextChoices):
        RETIRED = "retired", "Retired"
        RESTORED = "restored", "Restored"

    source = models.ForeignKey(QuestionImport, on_delete=models.CASCADE, related_name="questions")
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(QuestionVersion, on_delete=models.CASCADE, related_name="+")
    # Null where the import added the question.
    version_before = models.ForeignKey(
        QuestionVersion, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    columns_before = models.JSONField(default=dict)  # {name: value} of what changed beside the wording
    columns_after = models.JSONField(default=dict)
    undone = models.CharField(max_length=10, blank=True, choices=Undone)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "question"], name="question_once_in_an_import")
        ]

    def __str__(self):
        return f"{self.question_id} by import {self.source_id}"

    def place_before(self) -> dict:
        """The columns that the import changed, as they were; tags are no column."""
        return {name: value for name, value in self.columns_before.items() if name != "topics"}
