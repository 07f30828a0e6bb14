"""What lessons refer to: works cited, glossary, timeline, figures, images, and the document a course is made from."""

from django.conf import settings
from django.db import models

from content.models.course import Course, Lesson


class Work(models.Model):
    """A work that lessons and questions cite."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="cited_works")
    slug = models.SlugField(max_length=80)
    definition = models.JSONField(
        default=dict
    )  # author, title, year, publisher, number, kind … as in sources.yaml
    short = models.CharField(max_length=120, blank=True)  # what a citation in the text shows
    label = models.CharField(max_length=500, blank=True)  # the full reference in plain text
    position = models.PositiveIntegerField(default=0)
    is_retired = models.BooleanField(default=False)
    loaded_hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["course", "slug"], name="work_id_unique_in_course")]

    def __str__(self):
        return self.label or self.slug


class Term(models.Model):
    """A glossary entry."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="terms")
    slug = models.SlugField(max_length=80)
    term = models.CharField(max_length=120)
    abbreviation = models.CharField(max_length=40, blank=True)
    definition = models.TextField()
    definition_html = models.TextField(blank=True, editable=False)
    matters = models.TextField("where it matters", blank=True)
    matters_html = models.TextField(blank=True, editable=False)
    lessons = models.JSONField("lessons where it matters", default=list, blank=True)  # ids
    position = models.PositiveIntegerField(default=0)
    renderer = models.PositiveSmallIntegerField(default=0, editable=False)
    is_retired = models.BooleanField(default=False)
    loaded_hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ["term"]
        constraints = [models.UniqueConstraint(fields=["course", "slug"], name="term_id_unique_in_course")]

    def __str__(self):
        return self.term


class Event(models.Model):
    """A dated event of the course's timeline."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="events")
    slug = models.SlugField(max_length=80)
    date = models.CharField(max_length=10)  # YYYY, YYYY-MM or YYYY-MM-DD: as exactly as it is known
    # The last day of something that lasted, in the same form.
    end = models.CharField(max_length=10, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True, editable=False)
    lesson = models.ForeignKey(
        Lesson, null=True, blank=True, on_delete=models.SET_NULL, related_name="events"
    )
    works = models.JSONField("works cited", default=list, blank=True)  # ids
    position = models.PositiveIntegerField(default=0)
    renderer = models.PositiveSmallIntegerField(default=0, editable=False)
    is_retired = models.BooleanField(default=False)
    loaded_hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ["date", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["course", "slug"], name="event_id_unique_in_course")]

    def __str__(self):
        return f"{self.date} {self.text[:60]}"


class Figure(models.Model):
    """Data with a title and a source, drawn by our own templates."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="figures")
    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=200)
    definition = models.JSONField(default=dict)  # the whole of figures/<id>.toml
    is_retired = models.BooleanField(default=False)
    loaded_hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ["slug"]
        constraints = [models.UniqueConstraint(fields=["course", "slug"], name="figure_id_unique_in_course")]

    def __str__(self):
        return self.title


class SourceDocument(models.Model):
    """The file a course was made from: who brought it in, and when."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="documents")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    brought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    brought_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "sha256"], name="document_once_a_course")]

    def __str__(self):
        return self.name


class Asset(models.Model):
    """An image of a course, stored once under its hash."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="assets")
    name = models.CharField(max_length=120)  # as lessons write it: assets/<name>
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="assets/")
    media_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    alt = models.CharField(
        "alt text", max_length=300, help_text="What the image shows, for those who do not see it."
    )
    created_at = models.DateTimeField()
    loaded_hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["course", "name"], name="asset_name_unique_in_course"),
            models.CheckConstraint(condition=~models.Q(alt=""), name="asset_has_alt_text"),
        ]

    def __str__(self):
        return self.name
