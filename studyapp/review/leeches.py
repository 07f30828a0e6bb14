"""Questions that learners keep forgetting: often the wording is the reason, so the authors hear of it.

A leech is paused for the learner who forgot it. It is asked again once its wording was changed, once they get it right
in practice, or when an author lets it be asked as it stands (`reviewing.resume_question`).
"""

from collections import Counter
from dataclasses import dataclass

from django.db.models import F, Q
from django.urls import reverse

from content.models import CourseStaff
from content.questions import get_kind
from studyapp.accounts.models import Notice
from studyapp.review.models import Card, ReviewLog

NOTICE_LENGTH = 500
ANSWERS_LOOKED_AT = 200
ANSWERS_SHOWN = 8
UNREADABLE = (KeyError, TypeError, ValueError, StopIteration)


def tell_authors(learner_id, question, lapses, *, now):
    """Tell the course's staff of a question that somebody keeps forgetting, without saying who."""
    given = _counted(question, _not_right(question).filter(learner=learner_id)[: 2 * lapses])
    answers = "; ".join(f"“{words}”{f' ({n} times)' if n > 1 else ''}" for words, n in given)
    stem = question.stem_text[:120] or question.slug
    text = (
        f"One learner forgot “{stem}” {lapses} times, so it is paused for them. Often the question is the reason. "
        f"Their answers: {answers}"
    )
    url = reverse("admin:content_question_change", args=[question.pk])
    staff = CourseStaff.objects.filter(course=question.course_id).values_list("user_id", flat=True)
    Notice.objects.bulk_create(
        Notice(user_id=user, text=_cut(text, NOTICE_LENGTH), url=url, created_at=now) for user in staff
    )


@dataclass(frozen=True)
class Paused:
    """What an author is shown of a paused question: for how many it is, and what they answered, most often first."""

    learners: int
    answers: list[tuple[str, int]]


def paused(question) -> Paused | None:
    """None where the question is paused for nobody, or was reworded since. Two queries."""
    held_back = Card.objects.filter(question=question, suspended_at__isnull=False).filter(
        ~Q(suspended_at__lt=F("question__current__created_at"))
    )
    learners = list(held_back.values_list("learner", flat=True))
    if not learners:
        return None
    rows = _not_right(question).filter(learner__in=learners)[:ANSWERS_LOOKED_AT]
    return Paused(len(learners), _counted(question, rows)[:ANSWERS_SHOWN])


def _not_right(question):
    """Answers that were not right, newest first."""
    return (
        ReviewLog.objects.filter(
            question=question, fraction__lt=1, held=False, undoes__isnull=True, undone_by__isnull=True
        )
        .select_related("version")
        .order_by("-pk")
    )


def _counted(question, rows):
    return Counter(_in_words(question, row) for row in rows).most_common()


def _in_words(question, row):
    try:
        return _cut(get_kind(question.kind).summary(row.version.content, row.response), 60)
    except UNREADABLE:
        return "an answer that cannot be read any more"


def _cut(text, length):
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
