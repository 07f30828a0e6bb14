"""Questions and their immutable versions."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from content.models.course import Course, Lesson, Objective, Passage


class Topic(models.Model):
    """A tag. Tags belong to a course, so that two instructors never rename each other's."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="topics")
    name = models.SlugField(max_length=60)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["course", "name"], name="tag_unique_in_course")]

    def __str__(self):
        return self.name


class QuestionQuerySet(models.QuerySet):
    def ready(self):
        return self.filter(state=Question.State.READY)

    def for_practice(self):
        """What practice, checks and search may show: never a question kept for exams."""
        return self.ready().exclude(use=Question.Use.EXAM)


class Question(models.Model):
    """What stays the same over all wordings of a question; the wording is its current version."""

    class Use(models.TextChoices):
        BOTH = "both", "Practice and exams"
        PRACTICE = "practice", "Practice only"
        EXAM = "exam", "Exams only"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        READY = "ready", "Ready"
        RETIRED = "retired", "Retired"

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="questions")
    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="questions")
    passage = models.ForeignKey(
        Passage, null=True, blank=True, on_delete=models.SET_NULL, related_name="questions"
    )
    objective = models.ForeignKey(
        Objective, null=True, blank=True, on_delete=models.SET_NULL, related_name="questions"
    )
    slug = models.SlugField(max_length=80)
    kind = models.CharField(max_length=20)
    level = models.CharField(max_length=12, choices=Objective.Level, default=Objective.Level.REMEMBER)
    topics = models.ManyToManyField(Topic, blank=True, related_name="questions", verbose_name="tags")
    works = models.JSONField("works cited", default=list, blank=True)
    use = models.CharField(max_length=10, choices=Use, default=Use.BOTH)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    position = models.PositiveIntegerField(default=0)
    # Null only between the two inserts of a new question's first version.
    current = models.ForeignKey(
        "content.QuestionVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    stem_text = models.TextField(blank=True, editable=False)  # plain stem of the current version, for lists
    search_text = models.TextField(blank=True, editable=False)  # stem, options and feedback, folded
    loaded_hash = models.CharField(max_length=64, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["lesson", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["course", "slug"], name="question_id_unique_in_course"),
            models.CheckConstraint(condition=~Q(kind=""), name="question_has_a_kind"),
        ]
        indexes = [models.Index(fields=["lesson", "state", "use"]), models.Index(fields=["passage", "state"])]

    def __str__(self):
        return self.stem_text[:80] or self.slug


class QuestionVersion(models.Model):
    """One wording, frozen. Attempts point here. Only its rendered form is ever brought up to date."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    rendered = models.JSONField(default=dict)  # the same tree with HTML in place of Markdown
    renderer = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["question", "-number"]
        constraints = [models.UniqueConstraint(fields=["question", "number"], name="version_number_unique")]

    def __str__(self):
        return f"version {self.number}"
