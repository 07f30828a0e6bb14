"""How the rows that lessons refer to, modules and the course itself stood after each change."""

from django.conf import settings
from django.db import models

from content.models.course import Course


class RowRevision(models.Model):
    """One row of a course as an author left it: which (kind and id in the course), who, when. Never updated.

    It names the row by its id in the course, as course files do, so that one table serves every kind; an image by
    its name.
    """

    class Kind(models.TextChoices):
        COURSE = "course", "Course"
        MODULE = "module", "Module"
        TERM = "term", "Glossary entry"
        EVENT = "event", "Event"
        WORK = "work", "Work"
        FIGURE = "figure", "Figure"
        ASSET = "asset", "Image"

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="row_revisions")
    kind = models.CharField(max_length=10, choices=Kind)
    slug = models.CharField(max_length=120)
    number = models.PositiveIntegerField()
    document = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "kind", "slug", "number"], name="row_revision_number_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["course", "module", "term", "event", "work", "figure", "asset"]),
                name="row_revision_kind_known",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.slug} v{self.number}"
