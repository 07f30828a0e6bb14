from django.conf import settings
from django.db import models

from content.models.course import Course


class CourseStaff(models.Model):
    """Who may write a course."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        INSTRUCTOR = "instructor", "Instructor"

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="staff")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="courses_written"
    )
    role = models.CharField(max_length=12, choices=Role, default=Role.INSTRUCTOR)

    class Meta:
        verbose_name_plural = "course staff"
        constraints = [
            models.UniqueConstraint(fields=["course", "user"], name="once_on_the_staff_of_a_course"),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "instructor"]), name="staff_role_known"
            ),
        ]

    def __str__(self):
        return f"{self.user} ({self.get_role_display()})"
