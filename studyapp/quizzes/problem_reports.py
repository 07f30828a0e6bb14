"""A student says that something is wrong with a question; staff see it with version and answer, and reply."""

from django.db import IntegrityError, transaction
from django.db.models import Q

from content.access import courses_edited_by
from studyapp.accounts.models import Notice
from studyapp.classes.access import cohorts_taught_by
from studyapp.quizzes.models import ProblemReport

TEXT_LENGTH = 2000


def report_problem(item, *, text, now) -> bool:
    """Store what the student says about the question; False while an earlier report waits for its reply."""
    try:
        with transaction.atomic():
            ProblemReport.objects.create(item=item, text=text, at=now)
    except IntegrityError:
        return False
    return True


@transaction.atomic
def reply_to(report, *, text, by, now) -> bool:
    """Answer a report, and put the reply among the student's notices; False where somebody did so before."""
    moved = ProblemReport.objects.filter(pk=report.pk, replied_at__isnull=True).update(
        reply=text, replied_at=now, replied_by=by
    )
    if moved:
        attempt = report.item.attempt
        where = f"question {report.item.number} of “{attempt.quiz.title}”"
        Notice.objects.create(
            user_id=attempt.learner_id,
            text=f"Reply to your report on {where}: {text}"[:500],
            url=f"/attempts/{attempt.pk}/{report.item.number}/report/",
            created_at=now,
        )
    return bool(moved)


def reports_for(user):
    """The reports that this person answers: of the classes they teach, and of the courses they write."""
    return ProblemReport.objects.filter(
        Q(item__attempt__cohort__in=cohorts_taught_by(user).values("pk"))
        | Q(item__attempt__course__in=courses_edited_by(user).values("pk"))
    )
