"""Classes and who is in them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from content.models import Course


class Cohort(models.Model):
    """A class that takes one course together."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="cohorts")
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, blank=True, help_text="Empty: the course's.")
    join_code = models.CharField(max_length=20, unique=True)
    join_open = models.BooleanField("the code may be used", default=True)
    exam_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = "class"
        verbose_name_plural = "classes"
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["course", "name"], name="class_name_unique_in_course")]

    def __str__(self):
        return self.name

    @property
    def zone(self) -> str:
        return self.time_zone or self.course.time_zone


class Enrolment(models.Model):
    class Role(models.TextChoices):
        LEARNER = "learner", "Learner"
        ASSISTANT = "assistant", "Assistant: marks, changes nothing"
        INSTRUCTOR = "instructor", "Instructor"

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="enrolments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrolments")
    role = models.CharField(max_length=12, choices=Role, default=Role.LEARNER)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    # Ended by the teacher, not by the person: only an invitation made after this moment brings them in again.
    taken_out_at = models.DateTimeField(null=True, blank=True)
    taken_out_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["cohort", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "user"], name="once_in_a_class"),
            models.CheckConstraint(
                condition=Q(role__in=["learner", "assistant", "instructor"]), name="enrolment_role_known"
            ),
            models.CheckConstraint(
                condition=Q(taken_out_at__isnull=True) | Q(left_at__isnull=False), name="taken_out_is_out"
            ),
        ]

    def __str__(self):
        return f"{self.user} in {self.cohort}"


class Invitation(models.Model):
    """A link that brings one person into a class once; only its hash is kept."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=12, choices=Enrolment.Role, default=Enrolment.Role.LEARNER)
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    def __str__(self):
        return f"invitation to {self.cohort_id}"
