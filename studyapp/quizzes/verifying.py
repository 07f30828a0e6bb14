"""Recompute every stored mark of handed-in quizzes from saved answers and versions, and say where it differs."""

from dataclasses import dataclass

from django.db import transaction

from studyapp.quizzes.marking import mark_attempt, marked_items, total_of
from studyapp.quizzes.models import Attempt

_ALMOST = 1e-9


@dataclass(frozen=True)
class Difference:
    """`number`: of the question, or None for the total. None for a value: there is no mark, or no total."""

    attempt: int
    number: int | None
    stored: float | None
    computed: float | None

    def __str__(self):
        what = "total" if self.number is None else f"question {self.number}"
        return f"attempt {self.attempt}, {what}: stored {_said(self.stored)}, computed {_said(self.computed)}"


def differences_in(attempt) -> list[Difference]:
    """What of this attempt's stored marks does not follow from what was saved. A person's mark is taken as it is."""
    found, items = [], marked_items(attempt)
    for marked in items:
        by_machine = marked.mark is None or not marked.mark.is_by_person
        stored = marked.mark.fraction if marked.mark else None
        if by_machine and marked.fraction is not None and not _same(stored, marked.fraction):
            found.append(Difference(attempt.pk, marked.item.number, stored, marked.fraction))
    if not found and not _same(attempt.points, total_of(items)):
        found.append(Difference(attempt.pk, None, attempt.points, total_of(items)))
    return found


def verify_scores(*, now, fix=False) -> tuple[int, list[Difference]]:
    """(attempts looked at, differences). With `fix` each is marked anew; the old marks stay as rows."""
    count, found = 0, []
    finished = Attempt.objects.filter(state=Attempt.State.FINISHED, quiz__isnull=False).order_by("pk")
    for attempt in finished.select_related("quiz", "learner").iterator(chunk_size=200):
        count += 1
        differences = differences_in(attempt)
        found += differences
        if differences and fix:
            with transaction.atomic():
                mark_attempt(attempt, now=now)
    return count, found


def _same(a, b):
    return a is b if a is None or b is None else abs(a - b) <= _ALMOST


def _said(value):
    return "none" if value is None else f"{value:g}"
