"""What an author finds on the first page of the admin."""

from django import template
from django.db.models import Count, Q

from content.access import courses_edited_by
from content.models import Lesson, Question

register = template.Library()


@register.simple_tag
def courses_written_by(user):
    """The courses of this author with what stands in them: lessons, questions, and drafts of either."""
    return (
        courses_edited_by(user)
        .annotate(
            lesson_count=Count("lessons", filter=~Q(lessons__state=Lesson.State.RETIRED), distinct=True),
            question_count=Count(
                "questions", filter=~Q(questions__state=Question.State.RETIRED), distinct=True
            ),
            draft_count=Count("lessons", filter=Q(lessons__state=Lesson.State.DRAFT), distinct=True)
            + Count("questions", filter=Q(questions__state=Question.State.DRAFT), distinct=True),
        )
        .order_by("title")
    )
