"""Cards by the thousand, as a database would hold them, without the answers they came from."""

from datetime import timedelta

from content.models import Question, QuestionVersion
from studyapp.review.models import Card
from tests import factories


def many_cards(learner, count, now, *, lessons=5, stem="q"):
    """The questions of a course of their own, each with a card of this learner; most of them are due."""
    course = factories.create_course(f"course-{count}-{stem}")
    rows = []
    for n in range(lessons):
        lesson = factories.create_lesson(course, f"{stem}-{count}-{n}", passages=4)
        passages = list(lesson.passages.all())
        of_lesson = count // lessons
        rows += [
            Question(
                course=course, lesson=lesson, passage=passages[q % 4], slug=f"{stem}-{count}-{n}-{q}",
                kind="true_false", state="ready", position=q,
            )
            for q in range(of_lesson)
        ]  # fmt: skip
    sample = factories.create_question(lesson, f"sample-{stem}-{count}")
    questions = Question.objects.bulk_create(rows)
    versions = QuestionVersion.objects.bulk_create(
        QuestionVersion(
            question=question, number=1, content=sample.current.content, content_hash="-",
            rendered=sample.current.rendered, created_at=now - timedelta(days=99),
        )
        for question in questions
    )  # fmt: skip
    for question, version in zip(questions, versions, strict=True):
        question.current = version
    Question.objects.bulk_update(questions, ["current"], batch_size=400)
    Card.objects.bulk_create(
        Card(
            learner=learner, course=course, question=question, answers=1, last_fraction=1.0, stability=1.0 + n % 40,
            difficulty=5.0, last_rated_at=now - timedelta(days=1 + n % 60), due_at=now - timedelta(days=n % 30),
            last_answered_at=now - timedelta(days=1 + n % 60),
        )
        for n, question in enumerate(questions)
    )  # fmt: skip
    return questions
