"""What we believe a learner still knows of each question, and every answer that belief rests on."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from content.models import Course, Question, QuestionVersion


class ReviewSettings(models.Model):
    """How much review a learner wants in a day; without a row the defaults hold."""

    learner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_settings"
    )
    minutes_a_day = models.PositiveSmallIntegerField(
        "minutes a day", default=20, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    new_a_day = models.PositiveSmallIntegerField(
        "new questions a day", default=10, validators=[MaxValueValidator(50)]
    )
    desired_recall = models.FloatField(
        default=0.9, validators=[MinValueValidator(0.8), MaxValueValidator(0.95)]
    )

    class Meta:
        verbose_name_plural = "review settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(desired_recall__gte=0.8, desired_recall__lte=0.95), name="desired_recall_in_range"
            ),
        ]

    def __str__(self):
        return f"review settings of {self.learner_id}"


class ExamDate(models.Model):
    """The day for which one learner studies one course. Without a row the date of their class holds, if it has one."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exam_dates")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="+")
    on = models.DateField()
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "course"], name="one_exam_date_a_course")]

    def __str__(self):
        return f"{self.learner_id} on {self.on:%Y-%m-%d}"


class Card(models.Model):
    """One learner and one question: a summary of ReviewLog that can be rebuilt from it."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cards")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="+")
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="cards")
    # Evidence, from every answer that is not held back.
    answers = models.PositiveIntegerField(default=0)
    last_fraction = models.FloatField(null=True, blank=True)
    last_answered_at = models.DateTimeField(null=True, blank=True)
    first_right_at = models.DateTimeField(null=True, blank=True)
    last_right_at = models.DateTimeField(null=True, blank=True)
    # Memory state (FSRS): stability in days, difficulty 1 to 10.
    stability = models.FloatField(null=True, blank=True)
    difficulty = models.FloatField(null=True, blank=True)
    last_rated_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    lapses = models.PositiveIntegerField(default=0)
    suspended_at = models.DateTimeField(null=True, blank=True)
    held = models.BooleanField(default=False)  # an answer waits for a quiz's release: show this nowhere

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["learner", "question"], name="one_card_a_question"),
            models.CheckConstraint(
                condition=Q(last_fraction__isnull=True) | Q(last_fraction__gte=0, last_fraction__lte=1),
                name="card_fraction_in_range",
            ),
        ]
        indexes = [models.Index(fields=["learner", "course"]), models.Index(fields=["learner", "due_at"])]

    def __str__(self):
        return f"{self.learner_id} on {self.question_id}"


class ReviewLog(models.Model):
    """One answer as review sees it. Append-only: an undo is a row too, and so is the release of a held answer."""

    class Rating(models.IntegerChoices):
        AGAIN = 1, "again"
        HARD = 2, "hard"
        GOOD = 3, "good"

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_log")
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    client_id = models.UUIDField()
    at = models.DateTimeField()
    origin = models.CharField(max_length=10)  # check, practice, review, quiz, undo, resume
    fraction = models.FloatField(null=True)
    rating = models.PositiveSmallIntegerField(
        choices=Rating, null=True, blank=True
    )  # null: logged, not rated
    response = models.JSONField(null=True)
    presented = models.JSONField(default=dict)
    seconds = models.PositiveIntegerField(null=True, blank=True)
    sure = models.BooleanField(null=True, blank=True)  # what the learner said before the verdict, if anything
    hint_used = models.BooleanField(default=False)
    # Not to be shown to the learner yet. Stays as it was written: `released_by` says when it was released.
    held = models.BooleanField(default=False)
    # Study days since the answer that rated before; null: none did.
    elapsed_days = models.FloatField(null=True, blank=True)
    # What else the schedule was computed from, so that it can be computed again.
    zone = models.CharField(max_length=64, default="UTC")
    desired_recall = models.FloatField(default=0.9)
    # The card before and after (see standing.py); null where the answer told nothing yet.
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    releases = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="released_by"
    )
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="undone_by"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "client_id"], name="review_logged_once")]
        indexes = [models.Index(fields=["learner", "at"]), models.Index(fields=["learner", "question", "at"])]

    def __str__(self):
        return f"{self.learner_id} on {self.question_id} at {self.at:%Y-%m-%d %H:%M}"
