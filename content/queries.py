"""Reads that span tables."""

from dataclasses import dataclass

from django.db.models import Count

from content.models import Course, Lesson, Module, Question


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
