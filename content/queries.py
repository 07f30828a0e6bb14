"""Reads that span tables."""

from dataclasses import dataclass

from django.db.models import Count, F

from content.models import Course, Lesson, Module, Question, QuestionVersion
from content.questions import KINDS
from content.text import fold
from content.wording import wording_of

FEW = 500  # ids that any database takes in one list


@dataclass(frozen=True, slots=True)
class LessonOutline:
    """A lesson in the map of its course. `questions` counts those that practice may ask."""

    lesson: Lesson
    questions: int


@dataclass(frozen=True, slots=True)
class ModuleOutline:
    module: Module
    lessons: list[LessonOutline]

    @property
    def minutes(self) -> int:
        """Time to read all its lessons."""
        return sum(outline.lesson.minutes for outline in self.lessons)


def course_outline(course: Course, *, with_drafts=False) -> list[ModuleOutline]:
    """The modules of a course with their lessons in order, in three queries, without the lessons' text.

    A module without a lesson that may be shown is left out. `with_drafts` is for staff.
    """
    lessons = Lesson.objects.filter(course=course).order_by("position", "id")
    lessons = lessons.exclude(state=Lesson.State.RETIRED) if with_drafts else lessons.shown()
    counts = dict(
        Question.objects.for_practice()
        .filter(course=course)
        .values_list("lesson")
        .annotate(number=Count("pk"))
        .order_by()
    )
    by_module = {}
    for lesson in lessons.defer("body", "lead", "claims", "summary_html", "apparatus"):
        by_module.setdefault(lesson.module_id, []).append(LessonOutline(lesson, counts.get(lesson.pk, 0)))
    modules = Module.objects.filter(course=course, is_retired=False).order_by("position", "id")
    return [ModuleOutline(module, by_module[module.pk]) for module in modules if module.pk in by_module]


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
    for version in versions.select_related("question").order_by("question") if alike else ():
        if version.question_id not in alike:
            continue
        wording = wording_of(version.question.kind, version.content)
        if wording in wordings:
            found.setdefault(wording, []).append(version.question)
    return found
