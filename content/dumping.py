"""The course in the database → its definition, in the shape that files are read into. Reads only."""

from pathlib import Path

from content.coursefiles.definitions import CourseDefinition, Entry
from content.coursefiles.images import Picture
from content.models import Asset, Course, Event, Figure, Lesson, Module, Objective, Question, Term, Work


def definition_of(course: Course, *, with_pictures=True) -> CourseDefinition:
    """All of the course, with what was retired in the product, but without what files took out.

    What files once held and then dropped has lost its `loaded_hash`, and stays in the database only for the
    answers and notes that hang on it.
    """
    modules = list(Module.objects.filter(course=course, is_retired=False).order_by("position", "id"))
    lessons = [
        lesson
        for lesson in Lesson.objects.filter(course=course, module__in=modules)
        .select_related("module")
        .order_by("module__position", "position", "id")
        if lesson.state != Lesson.State.RETIRED or lesson.loaded_hash
    ]
    return CourseDefinition(
        course=Entry(course_data(course)),
        modules=[Entry(module_data(module, lessons)) for module in modules],
        works=[Entry(work_data(work)) for work in _live(Work, course)],
        terms=[Entry(term_data(term)) for term in _live(Term, course).order_by("position", "id")],
        events=[
            Entry(event_data(event))
            for event in _live(Event, course).select_related("lesson").order_by("position", "id")
        ],
        figures=[Entry(figure_data(figure)) for figure in _live(Figure, course)],
        lessons=_lessons(course, lessons),
        questions=_questions(course, lessons),
        pictures=_pictures(course) if with_pictures else [],
    )


def course_data(course) -> dict:
    return {
        "id": course.slug,
        "title": course.title,
        "summary": course.summary,
        "language": course.language,
        "licence": course.licence,
        "access": course.access,
        "time_zone": course.time_zone,
        "draft": course.is_draft,
        "source": {
            "title": course.source_title,
            "kind": course.source_kind,
            "file_sha256": course.source_sha256,
            "notice": course.notice,
        },
        "quizzes": course.quizzes,
    }


def module_data(module, lessons) -> dict:
    return {
        "id": module.slug,
        "title": module.title,
        "source_section": module.source_section,
        "lessons": [lesson.slug for lesson in lessons if lesson.module_id == module.pk],
    }


def work_data(work) -> dict:
    return {"id": work.slug} | work.definition


def term_data(term) -> dict:
    return {
        "id": term.slug,
        "term": term.term,
        "abbreviation": term.abbreviation,
        "definition": term.definition,
        "matters": term.matters,
        "lessons": term.lessons,
    }


def event_data(event) -> dict:
    return {
        "id": event.slug,
        "date": event.date,
        "end": event.end,
        "text": event.text,
        "lesson": event.lesson.slug if event.lesson else "",
        "sources": event.works,
    }


def figure_data(figure) -> dict:
    return {"id": figure.slug} | figure.definition


def lesson_data(lesson, objectives) -> dict:
    """A lesson as its file says it; `objectives` are its rows that are not retired, in order."""
    return {
        "id": lesson.slug,
        "title": lesson.title,
        "source_section": lesson.source_section,
        "question": lesson.question,
        "objectives": [{"id": row.slug, "level": row.level, "text": row.text} for row in objectives],
        "sources": lesson.works,
        "state": lesson.state,
        "body": lesson.body,
    }


def question_data(question) -> dict:
    """A question as its file says it. A passage or objective that its lesson no longer has is left out."""
    passage, objective = question.passage, question.objective
    return {
        "id": question.slug,
        "lesson": question.lesson.slug,
        "kind": question.kind,
        "passage": passage.slug if _belongs(passage, question) else "",
        "objective": objective.slug if _belongs(objective, question) else "",
        "level": question.level,
        "tags": sorted(topic.name for topic in question.topics.all()),
        "use": question.use,
        "state": question.state,
        "sources": question.works,
        "content": question.current.content,
    }


def _belongs(row, question):
    return row is not None and not row.is_retired and row.lesson_id == question.lesson_id


def _live(model, course):
    return model.objects.filter(course=course, is_retired=False)


def _lessons(course, lessons):
    objectives = {}
    for row in Objective.objects.filter(course=course, is_retired=False).order_by("position", "id"):
        objectives.setdefault(row.lesson_id, []).append(row)
    return [Entry(lesson_data(lesson, objectives.get(lesson.pk, []))) for lesson in lessons]


def _questions(course, lessons):
    rows = (
        Question.objects.filter(course=course, lesson__in=lessons, current__isnull=False)
        .select_related("lesson", "passage", "objective", "current")
        .prefetch_related("topics")
        .order_by("position", "id")
    )
    return [
        Entry(question_data(row)) for row in rows if row.state != Question.State.RETIRED or row.loaded_hash
    ]


def _pictures(course):
    return [_picture(asset) for asset in Asset.objects.filter(course=course).order_by("name")]


def _picture(asset):
    with asset.file.open("rb") as file:
        data = file.read()
    suffix = Path(asset.file.name).suffix
    return Picture(asset.name, data, asset.media_type, suffix, asset.width, asset.height)
