"""Verbs on many questions of the bank at once: each one transaction, in a fixed number of queries.

They take a queryset that is already limited to what the person may write, and give the questions that changed.
"""

from django.db import transaction
from django.db.models import Max

from content import markup
from content.authoring import Refused
from content.models import Lesson, Passage, Question, QuestionVersion, Topic
from content.preparing import render_question
from content.questions.base import Problem
from content.rerendering import references_of


def tag_questions(questions, *, add=(), remove=(), now) -> list[Question]:
    """Put tags on questions and take tags off; a tag that a course does not know yet is made for it."""
    add, remove = list(dict.fromkeys(add)), set(remove) - set(add)
    Tagged = Question.topics.through
    with transaction.atomic():
        rows = _held(questions)
        courses = {question.course_id for question in rows}
        topics = Topic.objects.filter(course__in=courses, name__in=[*add, *remove])
        known = {(topic.course_id, topic.name) for topic in topics}
        Topic.objects.bulk_create(
            [Topic(course_id=course, name=n) for course in courses for n in add if (course, n) not in known]
        )
        by_name = {(topic.course_id, topic.name): topic.pk for topic in topics.all()}
        stands = set(
            Tagged.objects.filter(question__in=rows, topic__in=by_name.values()).values_list(
                "question_id", "topic_id"
            )
        )
        wanted = {(q.pk, by_name[q.course_id, name]) for q in rows for name in add}
        unwanted = {
            (q.pk, by_name[q.course_id, name])
            for q in rows
            for name in remove
            if (q.course_id, name) in by_name
        }
        fresh, gone = wanted - stands, unwanted & stands
        Tagged.objects.bulk_create([Tagged(question_id=q, topic_id=topic) for q, topic in sorted(fresh)])
        Tagged.objects.filter(
            question__in={q for q, _ in gone}, topic__in={topic for _, topic in gone}
        ).delete()
        return _stamped(rows, {q for q, _ in fresh | gone}, now)


def move_questions(questions, lesson: Lesson, *, passage: Passage | None = None, now) -> list[Question]:
    """Move questions to the end of a lesson of their course, in the order in which they come.

    Those that are in the lesson already keep their place. A passage or objective of another lesson is left
    behind. What they show is rendered anew, since it may lead to the sources of its lesson.
    """
    references = references_of(lesson.course)
    with transaction.atomic():
        rows = _held(questions, "current")
        _refuse_move(rows, lesson, passage)
        last = lesson.questions.aggregate(last=Max("position"))["last"] or 0
        passages = set(lesson.passages.values_list("pk", flat=True))
        objectives = set(lesson.objectives.values_list("pk", flat=True))
        changed, versions = [], []
        for question in rows:
            before = (question.lesson_id, question.passage_id, question.objective_id)
            if question.lesson_id != lesson.pk:
                last += 1
                question.position, question.lesson = last, lesson
                if question.current:
                    versions.append(_rendered_for(question, references))
            question.passage_id = passage.pk if passage else question.passage_id
            if question.passage_id not in passages:
                question.passage_id = None
            if question.objective_id not in objectives:
                question.objective_id = None
            if before != (question.lesson_id, question.passage_id, question.objective_id):
                question.updated_at = now
                changed.append(question)
        columns = ["lesson", "passage", "objective", "position", "updated_at"]
        Question.objects.bulk_update(changed, columns, batch_size=500)
        QuestionVersion.objects.bulk_update(versions, ["rendered", "renderer"], batch_size=100)
    return changed


def set_state(questions, state: str, *, now) -> list[Question]:
    """Make questions drafts, ready or retired; versions and answers stay."""
    with transaction.atomic():
        rows = [question for question in _held(questions) if question.state != state]
        for question in rows:
            question.state = state
        Question.objects.filter(pk__in=[q.pk for q in rows]).update(state=state, updated_at=now)
    return rows


def _held(questions, *joined):
    """The questions as they stand, in the order of lessons, held against others until the transaction ends."""
    rows = questions.model.objects.filter(pk__in=list(questions.values_list("pk", flat=True)))
    rows = rows.select_related(*joined) if joined else rows
    order = ("lesson__module__position", "lesson__position", "position", "pk")
    return list(rows.select_for_update(of=("self",)).order_by(*order))


def _stamped(rows, ids, now):
    Question.objects.filter(pk__in=ids).update(updated_at=now)
    return [question for question in rows if question.pk in ids]


def _rendered_for(question, references):
    version = question.current
    version.rendered = render_question(
        question.kind, version.content, references, lesson=question.lesson.slug
    )
    version.renderer = markup.RENDERER
    return version


def _refuse_move(rows, lesson, passage):
    if passage is not None and passage.lesson_id != lesson.pk:
        raise Refused([Problem("error", f'passage "{passage.slug}" is not in this lesson', ("passage",))])
    if any(question.course_id != lesson.course_id for question in rows):
        raise Refused(
            [Problem("error", "only questions of the course of the lesson can move there", ("lesson",))]
        )
