"""A quiz, the slots its questions are drawn into, and what single people or classes are allowed beside its rules."""

from datetime import timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from content.models import Course, Module, Question
from studyapp.classes.models import Cohort


class QuizQuerySet(models.QuerySet):
    def shown(self):
        """What learners may see; its twin for one row is Quiz.is_shown."""
        return self.filter(state=Quiz.State.READY)


class Quiz(models.Model):
    """The rules of a test. What an attempt drew stays with the attempt, whatever is changed here later."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft: only staff see it"
        READY = "ready", "Ready"
        RETIRED = "retired", "Retired"

    class Preset(models.TextChoices):
        LEARN = "learn", "Learn: everything is shown at hand-in"
        EXAM = "exam", "Exam: nothing is shown before it closes or is released"
        TRY_AGAIN = "try-again", "Try again: right or wrong, but not the right answer"
        CUSTOM = "custom", "Custom"

    class Counting(models.TextChoices):
        HIGHEST = "highest", "The highest"
        MEAN = "mean", "The mean of all"
        FIRST = "first", "The first"
        LAST = "last", "The last"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="tests")
    module = models.ForeignKey(Module, null=True, blank=True, on_delete=models.SET_NULL, related_name="tests")
    slug = models.SlugField("id", max_length=80)
    title = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    preset = models.CharField("who sees what, when", max_length=10, choices=Preset, default=Preset.LEARN)
    # For `custom`: moment → what is seen then, both as in release.py.
    custom = models.JSONField(default=dict, blank=True)
    time_limit_minutes = models.PositiveIntegerField(
        "time limit in minutes", default=0, validators=[MaxValueValidator(10_000)], help_text="0: none."
    )
    opens_at = models.DateTimeField("opens", null=True, blank=True)
    closes_at = models.DateTimeField("closes", null=True, blank=True)
    released_at = models.DateTimeField("results released", null=True, blank=True, editable=False)
    attempts_allowed = models.PositiveIntegerField(
        "attempts", default=0, validators=[MaxValueValidator(1000)], help_text="0: any number."
    )
    counting = models.CharField(
        "which attempt counts", max_length=8, choices=Counting, default=Counting.HIGHEST
    )
    delay_minutes = models.PositiveIntegerField(
        "wait between attempts, in minutes", default=0, validators=[MaxValueValidator(100_000)]
    )
    shuffle_questions = models.BooleanField(default=False)
    shuffle_options = models.BooleanField(default=True)
    one_way = models.BooleanField("no way back to an earlier question", default=False)
    password = models.CharField(
        max_length=80, blank=True, help_text="Read out in the room. Stored as it is written here."
    )
    # Of an exam only: once the course has a class, nobody outside its classes starts it unless this is set.
    open_to_everyone = models.BooleanField("open to everyone, also without a class", default=False)
    pass_percent = models.PositiveSmallIntegerField(
        "pass mark in per cent", default=0, validators=[MaxValueValidator(100)], help_text="0: none."
    )
    bands = models.JSONField(default=list, blank=True)  # [{"from": per cent, "text": plain}], highest first
    loaded_hash = models.CharField(max_length=64, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = QuizQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "quizzes"
        ordering = ["course", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["course", "slug"], name="quiz_id_unique_in_course"),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True)
                | Q(closes_at__isnull=True)
                | Q(opens_at__lt=models.F("closes_at")),
                name="quiz_opens_before_it_closes",
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def is_shown(self) -> bool:
        return self.state == self.State.READY

    @property
    def is_exam(self) -> bool:
        """Kept from practice as long as it can be: draws questions for exams first."""
        return self.preset == self.Preset.EXAM

    @property
    def delay(self) -> timedelta:
        return timedelta(minutes=self.delay_minutes)


class QuizEvent(models.Model):
    """What was done to a whole quiz and cannot be taken back. Append-only: who, when."""

    class What(models.TextChoices):
        RELEASED = "released", "results released"

    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="events")
    what = models.CharField(max_length=12, choices=What)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"{self.what} {self.at:%Y-%m-%d %H:%M}"


class Slot(models.Model):
    """One fixed question, or a draw of some from a filter."""

    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="slots")
    position = models.PositiveIntegerField(default=0)
    points = models.PositiveIntegerField(
        "points for each question", default=1, validators=[MaxValueValidator(1000)]
    )
    question = models.ForeignKey(
        Question, null=True, blank=True, on_delete=models.PROTECT, related_name="slots",
        help_text="A fixed question; leave it empty to draw.",
    )  # fmt: skip
    draw = models.PositiveIntegerField(
        "how many to draw", default=1, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    # {"lessons", "passages", "levels", "tags", "kinds"}: lists of ids; a missing or empty one asks for nothing.
    filter = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["quiz", "position", "id"]

    def __str__(self):
        return f"slot {self.position + 1}"


class Allowance(models.Model):
    """More time, another date or more attempts, for a person or a class, in one quiz or in all of a course.

    Never changed: to alter one, it is removed and another is given. Both act on running attempts at once.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="allowances")
    quiz = models.ForeignKey(
        Quiz, null=True, blank=True, on_delete=models.PROTECT, related_name="allowances",
        help_text="Empty: every quiz of the course.",
    )  # fmt: skip
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="allowances"
    )
    cohort = models.ForeignKey(
        Cohort, null=True, blank=True, on_delete=models.PROTECT, related_name="allowances"
    )
    factor = models.FloatField(
        "time limit times", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    extra_minutes = models.PositiveIntegerField(null=True, blank=True, validators=[MaxValueValidator(10_000)])
    opens_at = models.DateTimeField("opens", null=True, blank=True)
    closes_at = models.DateTimeField("closes", null=True, blank=True)
    extra_attempts = models.PositiveIntegerField(null=True, blank=True, validators=[MaxValueValidator(100)])
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, cohort__isnull=True)
                | Q(user__isnull=True, cohort__isnull=False),
                name="allowance_for_a_person_or_a_class",
            ),
            models.CheckConstraint(
                condition=Q(factor__isnull=True) | Q(factor__gte=1, factor__lte=10),
                name="allowance_factor_in_range",
            ),
        ]

    def __str__(self):
        return f"allowance {self.pk}"
