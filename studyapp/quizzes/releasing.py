"""Verbs: open the results of a quiz, and let the answers count in review that waited for it."""

from django.db import transaction

from content.models import Question
from studyapp.accounts.models import Notice
from studyapp.quizzes.marking import review_id
from studyapp.quizzes.models import Attempt, Quiz, QuizEvent, SavedAnswer
from studyapp.quizzes.scoring import current_of
from studyapp.quizzes.standing import standings_at
from studyapp.review.models import ReviewLog
from studyapp.review.reviewing import release

AT_ONCE = 20  # attempts


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

    So many attempts at a time, each batch in a transaction of its own: a release of a large exam keeps nobody from
    saving for long. Doing it again finds nothing.
    """
    done = attempts.filter(quiz__isnull=False, state=Attempt.State.FINISHED)
    done = done.exclude(kind=Attempt.Kind.PREVIEW)
    found = list(done.select_related("quiz").order_by("pk"))
    return sum(_release_in(found[n : n + AT_ONCE], now=now) for n in range(0, len(found), AT_ONCE))


def _release_in(attempts, *, now):
    standings = standings_at((attempt.learner_id, attempt.quiz) for attempt in attempts)
    seen = {
        attempt.pk: standing.seen(attempt, now) for attempt, standing in zip(attempts, standings, strict=True)
    }
    shown = [attempt for attempt in attempts if seen[attempt.pk].verdict]
    answers = {}
    saved = SavedAnswer.objects.filter(item__attempt__in=shown).with_accepted().defer("response")
    for answer in saved.select_related("item__question").order_by("pk"):
        answers.setdefault(answer.item, []).append(answer)
    current = [
        current_of(rows)
        for item, rows in answers.items()
        if seen[item.attempt_id].opens_review(exam_only=item.question.use == Question.Use.EXAM)
    ]
    return release(
        [review_id(answer) for answer in current if answer],
        learners={attempt.learner_id for attempt in shown},
        now=now,
    )


def release_due(*, now) -> int:
    """The same for every quiz that has closed or was released, as far as answers of it still wait."""
    waiting = ReviewLog.objects.filter(held=True, released_by__isnull=True)
    learners = waiting.values("learner")
    return release_held(Attempt.objects.filter(quiz__isnull=False, learner__in=learners), now=now)
