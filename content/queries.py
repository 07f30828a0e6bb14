"""Reads that span tables."""

from dataclasses import dataclass

from django.db.models import F, TextField
from django.db.models.functions import Cast

from content.models import Course, Lesson, Passage, Question, QuestionVersion
from content.questions import KINDS
from content.text import fold
from content.wording import wording_of


@dataclass(frozen=True, slots=True)
class CheckInText:
    """A question that the text of a lesson asks, by its id; `passage` is the id of its place, "" in the lead."""

    course_id: int
    question: str
    lesson: Lesson
    passage: str


def checks_in_texts(courses, *, question: str = "") -> list[CheckInText]:
    """Every question that the lessons of these courses (ids) ask in their text; with an id, that one only.

    Two queries. Retired lessons and passages do not count.
    """
    part = f'"{question}"' if question else '"check"'
    lessons = Lesson.objects.filter(course__in=courses).exclude(state=Lesson.State.RETIRED)
    lessons = lessons.only("pk", "slug", "title", "course_id", "lead").order_by("position", "pk")
    passages = (
        Passage.objects.filter(course__in=courses, is_retired=False)
        .exclude(lesson__state=Lesson.State.RETIRED)
        .alias(as_text=Cast("segments", TextField()))
        .filter(as_text__contains=part)
        .select_related("lesson")
        .only("slug", "segments", "course_id", "lesson__slug", "lesson__title", "lesson__course_id")
        .order_by("lesson__module__position", "lesson__position", "position", "pk")
    )
    leads = lessons.alias(as_text=Cast("lead", TextField())).filter(as_text__contains=part)
    places = [(lesson, "", lesson.lead) for lesson in leads]
    places += [(passage.lesson, passage.slug, passage.segments) for passage in passages]
    return [
        CheckInText(lesson.course_id, segment["check"], lesson, passage)
        for lesson, passage, segments in places
        for segment in segments
        if "check" in segment and question in ("", segment["check"])
    ]


FEW = 500  # ids that any database takes in one list


def same_wording(course: Course, wordings, *, apart_from=()) -> dict[tuple, list[Question]]:
    """Which of these wordings (`content.wording.wording_of`) questions of the course have already.

    Gives wording → questions, first written first; a wording that no question has is left out. Retired
    questions do not count, nor those whose ids are in `apart_from`. Two queries, however many are asked for.
    """
    wordings = set(wordings)
    stems = {wording[0] for wording in wordings}
    rows = Question.objects.filter(course=course, kind__in=KINDS).exclude(state=Question.State.RETIRED)
    rows = rows.exclude(pk__in=apart_from).order_by("pk")
    alike = {
        pk: kind for pk, kind, stem in rows.values_list("pk", "kind", "stem_text") if fold(stem) in stems
    }
    found = {}
    # A join, not a list of ids: so many may be alike that a list would be too long for the database.
    versions = QuestionVersion.objects.filter(question__course=course, question__current=F("pk"))
    if len(alike) <= FEW:
        versions = versions.filter(question__in=alike)
    for version in versions.select_related("question__lesson").order_by("question") if alike else ():
        if version.question_id not in alike:
            continue
        wording = wording_of(version.question.kind, version.content)
        if wording in wordings:
            found.setdefault(wording, []).append(version.question)
    return found
