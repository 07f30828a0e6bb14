"""Verbs: open the results of a quiz, and let the answers count in review that waited for it."""

from django.db import transaction

from content.models import Question
from studyapp.accounts.models import Notice
from studyapp.quizzes.marking import answers_of, review_id
from studyapp.quizzes.models import Attempt, Quiz, QuizEvent
from studyapp.quizzes.scoring import current_of
from studyapp.quizzes.standing import standing_of
from studyapp.review.models import ReviewLog
from studyapp.review.reviewing import release


def release_results(quiz, *, by, now) -> bool:
    """Show everybody what they handed in, with key and feedback; False where that was done before."""
    with transaction.atomic():
        if not Quiz.objects.filter(pk=quiz.pk, released_at__isnull=True).update(released_at=now):
            return False
        QuizEvent.objects.create(quiz=quiz, what=QuizEvent.What.RELEASED, at=now, by=by)
        learners = set(quiz.attempts.filter(kind=Attempt.Kind.QUIZ).values_list("learner", flat=True))
        text = f"The results of “{quiz.title}” are there."
        Notice.objects.bulk_create(
            Notice(user_id=learner, text=text[:500], url="/marks/", created_at=now) for learner in learners
        )
    release_held(quiz.attempts.all(), now=now)
    return True


def release_held(attempts, *, now) -> int:
    """Let review have what it may of these attempts (`Seen.opens_review`); how many answers that were.

    Each attempt is a transaction of its own. Doing it again finds nothing.
    """
    count = 0
    done = attempts.filter(kind__in=[Attempt.Kind.QUIZ, Attempt.Kind.AGAIN], state=Attempt.State.FINISHED)
    for attempt in done.select_related("quiz", "learner").order_by("pk"):
        seen = standing_of(attempt.learner, attempt.quiz).seen(attempt, now)
        if not seen.verdict:
            continue
        uses = dict(attempt.items.values_list("pk", "question__use"))
        current = [
            current_of(answers)
            for item, answers in answers_of(attempt).items()
            if seen.opens_review(exam_only=uses[item] == Question.Use.EXAM)
        ]
        count += release(attempt.learner, [review_id(answer) for answer in current if answer], now=now)
    return count


def release_due(*, now) -> int:
    """The same for every quiz that has closed or was released, as far as answers of it still wait."""
    waiting = ReviewLog.objects.filter(origin="quiz", held=True, released_by__isnull=True)
    learners = waiting.values("learner")
    return release_held(Attempt.objects.filter(quiz__isnull=False, learner__in=learners), now=now)
