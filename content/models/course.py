"""A course, its modules, lessons and passages.

Everything that a course file can hold carries `loaded_hash`, the hash of its definition when it was last
loaded: where the definition now hashes to something else, somebody edited it since, and loading again stops.
What files no longer hold is retired, never deleted, so that answers and notes keep what they point to.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from content.languages import direction_of


class Course(models.Model):
    class Access(models.TextChoices):
        OPEN = "open", "Open: guests may read and practise"
        CLASS = "class", "For members of a class only"

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True, help_text="One paragraph of Markdown.")
    summary_html = models.TextField(blank=True, editable=False)
    language = models.CharField(max_length=35, default="en")
    licence = models.CharField(max_length=80, blank=True)
    access = models.CharField(max_length=10, choices=Access, default=Access.OPEN)
    time_zone = models.CharField(max_length=64, default="Etc/UTC")
    is_draft = models.BooleanField("draft", default=False, help_text="Only its staff see a draft.")
    source_title = models.CharField(max_length=300, blank=True)
    source_kind = models.CharField(max_length=80, blank=True)
    source_sha256 = models.CharField(max_length=64, blank=True)
    notice = models.TextField(
        blank=True, help_text="Markdown. Where the course comes from and what was checked."
    )
    notice_html = models.TextField(blank=True, editable=False)
    # Quiz definitions of course.toml, kept as read until quizzes take them over.
    quizzes = models.JSONField(default=list, blank=True, editable=False)
    renderer = models.PositiveSmallIntegerField(default=0, editable=False)
    loaded_hash = models.CharField(max_length=64, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["title"]

    def __str__(self):
        return self.title

    @property
    def direction(self) -> str:
        """ "rtl" where the course's language is written from right to left."""
        return direction_of(self.language)


class Module(models.Model):
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="modules")
    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0)
    source_section = models.CharField(max_length=20, blank=True)
    is_retired = models.BooleanField("retired", default=False)
    loaded_hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ["course", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["course", "slug"], name="module_id_unique_in_course")]

    def __str__(self):
        return self.title


class LessonQuerySet(models.QuerySet):
    def shown(self):
        """What a learner may read; its twin for one row is Lesson.is_shown."""
        return self.filter(state=Lesson.State.READY)


class Lesson(models.Model):
    """A page to read. `body` is the author's Markdown with its blocks; passages are made from it on save."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft: only staff see it"
        READY = "ready", "Ready"
        RETIRED = "retired", "Retired"

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="lessons")
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="lessons")
    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0)
    source_section = models.CharField(max_length=20, blank=True)
    question = models.CharField("opening question", max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    body = models.TextField(help_text="Markdown. A heading ## Title {#its-id} begins a passage.")
    works = models.JSONField("works cited", default=list, blank=True)  # ids, in the author's order
    lead = models.JSONField(default=list, editable=False)  # segments before the first passage
    claims = models.JSONField(default=list, editable=False)  # rendered claims box
    summary_html = models.TextField(blank=True, editable=False)
    # Glossary entries, works and figures that this lesson uses, rendered: the reader's page asks for one row.
    apparatus = models.JSONField(default=dict, editable=False)
    words = models.PositiveIntegerField(default=0, editable=False)
    minutes = models.PositiveSmallIntegerField(default=0, editable=False)
    renderer = models.PositiveSmallIntegerField(default=0, editable=False)
    loaded_hash = models.CharField(max_length=64, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LessonQuerySet.as_manager()

    class Meta:
        ordering = ["module__position", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["course", "slug"], name="lesson_id_unique_in_course"),
            models.CheckConstraint(
                condition=~Q(slug__in=["glossary", "timeline", "search"]), name="lesson_id_not_reserved"
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def is_shown(self) -> bool:
        return self.state == self.State.READY


class LessonRevision(models.Model):
    """The lesson as it stood after one change: the whole file, who wrote it, and when. Never updated."""

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    document = models.TextField()  # front matter and body, as in a course file
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["lesson", "number"], name="lesson_revision_number_unique")
        ]

    def __str__(self):
        return f"{self.lesson_id} v{self.number}"


class Objective(models.Model):
    class Level(models.TextChoices):
        REMEMBER = "remember", "Remember"
        UNDERSTAND = "understand", "Understand"
        APPLY = "apply", "Apply"
        ANALYSE = "analyse", "Analyse"
        EVALUATE = "evaluate", "Evaluate"

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="objectives")
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="objectives")
    slug = models.SlugField(max_length=80)
    level = models.CharField(max_length=12, choices=Level)
    text = models.CharField(max_length=300)
    position = models.PositiveIntegerField(default=0)
    is_retired = models.BooleanField(default=False)

    class Meta:
        ordering = ["lesson", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["course", "slug"], name="objective_id_unique_in_course")
        ]

    def __str__(self):
        return self.text


class Passage(models.Model):
    """A headed section of a lesson: the smallest thing a question, a wrong answer or a note points to."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="passages")
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="passages")
    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0)
    source = models.TextField(blank=True, editable=False)  # Markdown of this passage alone
    # Rendered on save: a list of {"html": …} | {"check": question id} | {"figure": figure id}.
    segments = models.JSONField(default=list, editable=False)
    text = models.TextField(blank=True, editable=False)  # plain, for search
    is_retired = models.BooleanField(default=False)

    class Meta:
        ordering = ["lesson", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["course", "slug"], name="passage_id_unique_in_course")]

    def __str__(self):
        return self.title
