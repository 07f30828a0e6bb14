"""The questions of a course → a file for another system. Reads only."""

from dataclasses import dataclass

from content.formats import FORMATS, losses, survival, write
from content.formats.drafts import QuestionDraft, ReadingProblem
from content.html_markdown import images_of
from content.models import Asset, Passage, Question
from content.questions import KINDS

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Exported:
    """A file to hand out. `count` questions are in it; `losses` names those left out and what the others lose."""

    data: bytes
    name: str
    media_type: str
    count: int
    losses: list[ReadingProblem]


def drafts_of(course, *, lesson=None) -> list[QuestionDraft]:
    """The questions of a course, or of a lesson, that are not retired, in the order of the course."""
    rows = Question.objects.filter(course=course, current__isnull=False).exclude(state=Question.State.RETIRED)
    if lesson is not None:
        rows = rows.filter(lesson=lesson)
    rows = (
        rows.select_related("lesson", "passage", "objective", "current")
        .defer("current__rendered", "lesson__body", "lesson__lead", "lesson__claims", "lesson__apparatus")
        .prefetch_related("topics")
        .order_by("lesson__module__position", "lesson__position", "position", "pk")
    )
    return [_draft(course, row) for row in rows.iterator(chunk_size=AT_ONCE) if row.kind in KINDS]


def _draft(course, row):
    passage, objective = row.passage, row.objective
    return QuestionDraft(
        ref=row.slug,
        kind=row.kind,
        content=row.current.content,
        passage=passage.slug if passage and passage.lesson_id == row.lesson_id else "",
        objective=objective.slug if objective and objective.lesson_id == row.lesson_id else "",
        level=row.level,
        tags=sorted(topic.name for topic in row.topics.all()),
        sources=list(row.works),
        use=row.use,
        state=row.state,
        category=(course.title, row.lesson.title),
        modified=int(row.current.created_at.timestamp()),
    )


def export_questions(course, format, *, lesson=None, drafts=None, **options) -> Exported:
    """The file in this format. KeyError for a format that is none. `options` as for `content.formats.write`."""
    target = FORMATS[format]
    drafts = drafts_of(course, lesson=lesson) if drafts is None else drafts
    able = [draft for draft in drafts if survival(format, draft.kind) != "none"]
    data = write(
        format,
        drafts,
        media=_media(course, drafts),
        course=course.title,
        course_id=course.slug,
        passages=dict(Passage.objects.filter(course=course).values_list("slug", "title")),
        lesson=lesson.title if lesson else "",
        **options,
    )
    name = f"{course.slug}{f'-{lesson.slug}' if lesson else ''}{target.suffix}"
    return Exported(data, name, target.media_type, len(able) if data else 0, losses(format, drafts))


def _media(course, drafts):
    """The pictures that the questions show, as the texts call them."""
    shown = {name for draft in drafts for name in _images(draft.content)}
    found = {}
    if not shown:
        return found
    for asset in Asset.objects.filter(course=course):
        if f"assets/{asset.name}" in shown:
            try:
                with asset.file.open("rb") as file:
                    found[f"assets/{asset.name}"] = file.read()
            except FileNotFoundError:
                continue
    return found


def _images(value):
    if isinstance(value, str):
        return images_of(value) if "![" in value else ()
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [name for item in values for name in _images(item)]
