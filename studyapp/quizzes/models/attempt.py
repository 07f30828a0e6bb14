"""One sitting, its items, what the student sent, and what it earned."""

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from content.models import Course, Lesson, Question, QuestionVersion
from studyapp.classes.models import Cohort
from studyapp.quizzes.models.quiz import Quiz, Slot
from studyapp.review.models import Card


class AttemptQuerySet(models.QuerySet):
    def with_left(self):
        """Each with `left`, how many of its items have no mark yet."""
        marked = Exists(Mark.objects.filter(item=OuterRef("pk")))
        return self.annotate(
            left=_count(AttemptItem.objects.filter(~marked, attempt=OuterRef("pk")).order_by())
        )


class Attempt(models.Model):
    """One sitting. Its state moves once, by a conditional update."""

    class Kind(models.TextChoices):
        CHECK = "check", "Check questions of a lesson"
        PRACTICE = "practice", "Practice"
        MISTAKES = "mistakes", "Practice of mistakes"
        QUIZ = "quiz", "Quiz"
        PREVIEW = "preview", "Preview by staff, never counted"
        AGAIN = "again", "Practice of a finished quiz, never counted"
        GUEST = "guest", "Quiz done as a guest, brought into an account as practice, never counted"

    class State(models.TextChoices):
        OPEN = "open", "In progress"
        FINISHED = "finished", "Finished"

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attempts")
    kind = models.CharField(max_length=12, choices=Kind)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")
    lesson = models.ForeignKey(Lesson, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cohort = models.ForeignKey(
        Cohort, null=True, blank=True, on_delete=models.SET_NULL, related_name="attempts"
    )
    quiz = models.ForeignKey(Quiz, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)  # by the server's clock; null: none
    # Handed in by the learner, or closed by whoever came first after its time (a page, the command).
    ended_by_time = models.BooleanField(default=False)
    points = models.FloatField(null=True, blank=True)  # null until everything is marked
    points_possible = models.FloatField(default=0)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        constraints = [
            # NULLs never collide, hence a constraint for each thing an attempt can be about.
            models.UniqueConstraint(
                fields=["learner", "kind", "lesson"],
                condition=Q(state="open", lesson__isnull=False),
                name="one_open_attempt_a_lesson",
            ),
            models.UniqueConstraint(
                fields=["learner", "kind", "course"],
                condition=Q(state="open", lesson__isnull=True, quiz__isnull=True),
                name="one_open_attempt_a_course",
            ),
            models.UniqueConstraint(
                fields=["learner", "kind", "quiz"],
                condition=Q(state="open", quiz__isnull=False),
                name="one_open_attempt_a_quiz",
            ),
            models.CheckConstraint(
                condition=Q(state="open", finished_at__isnull=True)
                | Q(state="finished", finished_at__isnull=False),
                name="finished_attempt_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["learner", "state"]),
            models.Index(fields=["deadline"], condition=Q(state="open"), name="open_attempts_by_deadline"),
        ]

    def __str__(self):
        return f"attempt {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def counts(self) -> bool:
        """Belongs to marks and statistics."""
        return self.kind == self.Kind.QUIZ


class AttemptEvent(models.Model):
    """What happened to an attempt beside its answers. Append-only: who, when, why."""

    class What(models.TextChoices):
        STARTED = "started", "started"
        HANDED_IN = "handed in", "handed in"
        TIME_UP = "time up", "handed in when its time was up"
        REOPENED = "reopened", "opened again"
        DEADLINE = "deadline", "given another end"
        ACCEPTED = "accepted", "a late answer accepted"
        BROUGHT = "brought", "answers brought in from a file"
        RELEASED = "released", "marks by people released"
        AS_GUEST = "as a guest", "brought into an account as practice"

    attempt = models.ForeignKey("quizzes.Attempt", on_delete=models.CASCADE, related_name="events")
    what = models.CharField(max_length=12, choices=What)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )  # null: the machine
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"{self.what} {self.at:%Y-%m-%d %H:%M}"


class AttemptItemQuerySet(models.QuerySet):
    def in_reach(self):
        """Those that their learner may see now. Where there is no way back, a running attempt has one of them at most:
        the first that was not left. Every address of an attempt takes its questions through here."""
        earlier = AttemptItem.objects.filter(
            attempt=OuterRef("attempt"), number__lt=OuterRef("number"), left_at__isnull=True
        )
        return self.exclude(
            Q(left_at__isnull=False) | Exists(earlier.order_by()),
            attempt__state=Attempt.State.OPEN,
            attempt__quiz__one_way=True,
        )

    def not_held(self):
        """Without questions of which a quiz holds back an answer of the attempt's learner."""
        held = Card.objects.filter(
            learner=OuterRef("attempt__learner"), question=OuterRef("question"), held=True
        )
        return self.exclude(Exists(held))

    def with_standing(self, writer=""):
        """Each with `marks_made` and `newest_of_writer`, the highest number this writer has sent (−1: none)."""
        marks = Mark.objects.filter(item=OuterRef("pk")).order_by().values("item")
        sent = SavedAnswer.objects.filter(item=OuterRef("pk"), writer=writer).order_by().values("item")
        return self.annotate(
            marks_made=Coalesce(Subquery(marks.annotate(n=Count("pk")).values("n")), 0),
            newest_of_writer=Coalesce(Subquery(sent.annotate(n=Max("number")).values("n")), -1),
        )

    def with_fraction(self):
        """Each with `fraction`, its current mark, or None while it has none."""
        marks = Mark.objects.filter(item=OuterRef("pk")).order_by("-number")
        return self.annotate(fraction=Subquery(marks.values("fraction")[:1]))

    def with_run(self):
        """Each with what its attempt's other items say: how many there are, are marked, are right, and the
        number of the next one without a mark (after this one, else from the beginning)."""
        others = AttemptItem.objects.not_held().filter(attempt=OuterRef("attempt")).exclude(pk=OuterRef("pk"))
        others = others.order_by()
        marked = Exists(Mark.objects.filter(item=OuterRef("pk")))
        right = others.with_fraction().filter(fraction__gte=1)
        unmarked = others.filter(~marked).order_by("number")
        return self.annotate(
            others=_count(others),
            others_marked=_count(others.filter(marked)),
            others_right=_count(right),
            next_after=Subquery(unmarked.filter(number__gt=OuterRef("number")).values("number")[:1]),
            next_any=Subquery(unmarked.values("number")[:1]),
        )


def _count(items):
    counted = items.values("attempt").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


class AttemptItem(models.Model):
    """One question in an attempt, pinned to a version, with what was drawn for it once (order of options)."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="items")
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="items")
    presented = models.JSONField(default=dict)
    slot = models.ForeignKey(Slot, null=True, blank=True, on_delete=models.SET_NULL, related_name="items")
    points = models.PositiveIntegerField(default=1)
    is_flagged = models.BooleanField(default=False)  # by the learner, to come back to
    left_at = models.DateTimeField(null=True, blank=True)  # in a quiz without a way back

    objects = AttemptItemQuerySet.as_manager()

    class Meta:
        ordering = ["attempt", "number"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "number"], name="item_number_unique"),
            models.UniqueConstraint(fields=["attempt", "question"], name="question_once_an_attempt"),
        ]

    def __str__(self):
        return f"item {self.number} of attempt {self.attempt_id}"


class SavedAnswerQuerySet(models.QuerySet):
    def with_accepted(self):
        """Each with `is_accepted`: it came late, and staff let it count."""
        return self.annotate(is_accepted=Exists(Acceptance.objects.filter(answer=OuterRef("pk"))))


class SavedAnswer(models.Model):
    """One thing the student sent. Append-only: nothing here is updated or deleted."""

    is_accepted = False  # in rows of `with_accepted`, whether staff let a late answer count

    item = models.ForeignKey(AttemptItem, on_delete=models.CASCADE, related_name="answers")
    client_id = models.UUIDField()
    writer = models.CharField(max_length=36)  # random id of the page that sent it
    number = models.BigIntegerField()  # counts up within one writer
    response = models.JSONField(null=True)
    at = models.DateTimeField()
    seconds = models.PositiveIntegerField(null=True, blank=True)  # taken over the question, as far as known
    is_late = models.BooleanField(default=False)
    # Staff who brought it in from a file of unsent answers; null: the student's own page sent it.
    brought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = SavedAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "client_id"], name="answer_saved_once"),
            models.UniqueConstraint(fields=["item", "writer", "number"], name="answer_number_once_a_writer"),
            models.CheckConstraint(condition=Q(number__gte=0), name="answer_number_not_negative"),
        ]

    def __str__(self):
        return f"answer {self.pk}"

    @property
    def counts(self) -> bool:
        return not self.is_late or self.is_accepted


class Acceptance(models.Model):
    """A late answer that staff let count: who, when, why. The answer itself stays as it came."""

    answer = models.OneToOneField(SavedAnswer, on_delete=models.CASCADE, related_name="acceptance")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=300)

    def __str__(self):
        return f"answer {self.answer_id} accepted"


class DraftMark(models.Model):
    """What a person gave an item, before it is released. A row each time; the highest number is the current one."""

    item = models.ForeignKey(AttemptItem, on_delete=models.CASCADE, related_name="draft_marks")
    number = models.PositiveIntegerField()
    answer = models.ForeignKey(SavedAnswer, on_delete=models.RESTRICT, related_name="draft_marks")
    fraction = models.FloatField()
    criteria = models.JSONField(default=dict, blank=True)  # id of a criterion of the rubric → points
    comment = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["item", "number"]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="draft_mark_number_unique"),
            models.CheckConstraint(
                condition=Q(fraction__gte=0, fraction__lte=1), name="draft_mark_fraction_in_range"
            ),
        ]

    def __str__(self):
        return f"{self.fraction:.2f}, a draft"


class Mark(models.Model):
    """What an item earned. A row each time; the highest number is the current one."""

    item = models.ForeignKey(AttemptItem, on_delete=models.CASCADE, related_name="marks")
    number = models.PositiveIntegerField()
    answer = models.OneToOneField(
        SavedAnswer, null=True, blank=True, on_delete=models.RESTRICT, related_name="mark"
    )
    fraction = models.FloatField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )  # null: the machine
    # The released draft of a person; what they gave for each criterion and wrote stands there.
    draft = models.OneToOneField(
        DraftMark, null=True, blank=True, on_delete=models.RESTRICT, related_name="mark"
    )

    class Meta:
        ordering = ["item", "number"]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="mark_number_unique"),
            models.CheckConstraint(
                condition=Q(fraction__gte=0, fraction__lte=1), name="mark_fraction_in_range"
            ),
        ]

    def __str__(self):
        return f"{self.fraction:.2f}"

    @property
    def is_by_person(self) -> bool:
        """Also of a person whose account is gone."""
        return self.by_id is not None or self.draft_id is not None


class ProblemReport(models.Model):
    """What a student says is wrong with a question, and what staff replied. Version and answer are the item's."""

    item = models.ForeignKey(AttemptItem, on_delete=models.CASCADE, related_name="problem_reports")
    text = models.TextField()
    at = models.DateTimeField()
    reply = models.TextField(blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(replied_at__isnull=True), name="one_open_report_a_question"
            ),
        ]

    def __str__(self):
        return f"report {self.pk}"
