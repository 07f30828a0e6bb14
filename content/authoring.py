"""Verbs: everything that changes what is taught. The admin, the loader and imports all end here.

Content that cannot be published is refused as a whole with every problem at once (`Refused`); nothing is
stored then. Rendering happens before the transaction begins, so that the database is locked only for writing.
"""

from dataclasses import asdict

from django.db import transaction
from django.db.models import Max

from content import markup
from content.coursefiles.definitions import LEVELS, RESERVED_LESSON_IDS, STATES, USES, work_label, work_short
from content.coursefiles.fields import ID, ID_LENGTH, ID_RULE
from content.coursefiles.problems import Report
from content.coursefiles.reading import lesson_from_document
from content.coursefiles.writing import lesson_document
from content.models import (
    Asset,
    Course,
    CourseStaff,
    Event,
    Figure,
    Lesson,
    LessonRevision,
    Objective,
    Passage,
    Question,
    QuestionVersion,
    Term,
    Topic,
    Work,
)
from content.preparing import (
    PreparedLesson,
    PreparedQuestion,
    References,
    lesson_problems,
    prepare_lesson,
    prepare_question,
    question_problems,
    render_question,
)
from content.questions.base import Problem


class Refused(ValueError):
    """What was to be saved cannot be: `problems` says why, each with the path of the field it belongs to."""

    def __init__(self, problems):
        self.problems = list(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


def references_of(course: Course) -> References:
    """What the texts of this course may point to, as it stands in the database: four queries."""
    return References(
        course=course.slug,
        terms={
            term.slug: {"term": term.term, "html": term.definition_html, "matters_html": term.matters_html}
            for term in Term.objects.filter(course=course, is_retired=False)
        },
        works={
            work.slug: {"short": work.short, "label": work.label}
            for work in Work.objects.filter(course=course, is_retired=False)
        },
        figures=dict(
            Figure.objects.filter(course=course, is_retired=False).values_list("slug", "definition")
        ),
        assets={asset.name: asset.file.url for asset in Asset.objects.filter(course=course)},
    )


# --- courses ------------------------------------------------------------------


def create_course(*, slug, title, owner=None, now, **fields) -> Course:
    """A new course with its first module; `owner` may write it from now on. `Refused` for a bad or taken id."""
    _refuse(_id_problems(slug, ("slug",)))
    course = Course(slug=slug, title=title, **fields)
    with transaction.atomic():
        if Course.objects.filter(slug=slug).exists():
            _refuse([Problem("error", f'there is a course "{slug}" already', ("slug",))])
        save_course(course)
        if owner is not None:
            CourseStaff.objects.create(course=course, user=owner, role=CourseStaff.Role.OWNER)
    return course


def save_course(course: Course) -> Course:
    """Store the course with its summary and notice rendered."""
    course.summary_html = markup.render(course.summary)
    course.notice_html = markup.render(course.notice)
    course.renderer = markup.RENDERER
    course.save()
    return course


# --- what lessons refer to ----------------------------------------------------


def save_work(work: Work) -> Work:
    """Store a work with the forms in which it is shown, and show them in every lesson that cites it."""
    fill_work(work)
    return _save_and_refresh(work)


def save_term(term: Term) -> Term:
    """Store a glossary entry rendered, and show it in every lesson that uses it."""
    fill_term(term)
    return _save_and_refresh(term)


def save_figure(figure: Figure) -> Figure:
    """Store a figure and draw it anew in every lesson that shows it."""
    figure.title = figure.definition.get("title", figure.title)
    return _save_and_refresh(figure)


def save_event(event: Event) -> Event:
    """Store an event of the timeline, rendered."""
    fill_event(event, references_of(event.course))
    event.save()
    return event


def fill_work(work: Work):
    """Set the columns of a work that are made from its definition."""
    shown = {"title": work.slug} | work.definition
    work.short, work.label = work_short(shown), work_label(shown)


def fill_term(term: Term):
    """Set the rendered columns of a glossary entry."""
    term.definition_html = markup.render_flow(term.definition)
    term.matters_html = markup.render_flow(term.matters)
    term.renderer = markup.RENDERER


def fill_event(event: Event, references: References):
    """Set the rendered columns of an event."""
    event.html = markup.render_flow(event.text, **references.for_markup())
    event.renderer = markup.RENDERER


def _save_and_refresh(row):
    with transaction.atomic():
        row.save()
        _refresh_lessons(row.course)
    return row


def _refresh_lessons(course):
    """Bring every lesson up to what it refers to; writes only what differs."""
    render_again(course, Lesson.objects.filter(course=course).exclude(state=Lesson.State.RETIRED))


# --- lessons ------------------------------------------------------------------


def save_lesson(lesson: Lesson, document_fields: dict, *, by, now, note="") -> Lesson:
    """Store a lesson with what follows from its text: passages, objectives, rendered HTML, a revision.

    `lesson` may be new, with course, module and slug set. `document_fields` are those of a lesson file: title,
    source_section, question, objectives ([{id, level, text}]), sources (ids), state, body; what is not given
    stays. A revision is written only if the document changed. Passages and objectives keep their rows by id;
    what the text no longer holds is retired.
    """
    more = {"module_id": lesson.module_id, "position": lesson.position}
    if lesson.pk is None and lesson.position == 0:
        more["position"] = _next(Lesson.objects.filter(module=lesson.module))
    data = {**lesson_data(lesson), **document_fields}
    references = references_of(lesson.course)
    references.questions = set(
        Question.objects.for_practice().filter(course=lesson.course).values_list("slug", flat=True)
    )
    problems = [*_lesson_field_problems(lesson, data), *lesson_problems(data["body"], references)]
    _refuse(problems)
    prepared = prepare_lesson(lesson.slug, data["body"], data["sources"], references)
    _refuse(_ids_taken(lesson, data, prepared))
    with transaction.atomic():
        return write_lesson(lesson, data, prepared, by=by, now=now, note=note, more=more)


def lesson_data(lesson: Lesson) -> dict:
    """A lesson as its file says it: front matter and body."""
    objectives = lesson.objectives.filter(is_retired=False) if lesson.pk else ()
    return {
        "id": lesson.slug,
        "title": lesson.title,
        "source_section": lesson.source_section,
        "question": lesson.question,
        "objectives": [{"id": o.slug, "level": o.level, "text": o.text} for o in objectives],
        "sources": list(lesson.works),
        "state": lesson.state,
        "body": lesson.body,
    }


def write_lesson(lesson, data, prepared: PreparedLesson, *, by, now, note="", more=None) -> Lesson:
    """Write a lesson that was checked and prepared; inside a transaction. Nothing equal is written again.

    `more` are further columns to be written with it.
    """
    fields = {
        "title": data["title"],
        "source_section": data["source_section"],
        "question": data["question"],
        "works": data["sources"],
        "state": data["state"],
        "body": data["body"],
        **(more or {}),
    }
    write_rendered_lesson(lesson, prepared, **fields)
    _sync_objectives(lesson, data["objectives"])
    _sync_passages(lesson, prepared.passages)
    document = lesson_document(data)
    last = lesson.revisions.first()
    if last is None or last.document != document:
        LessonRevision.objects.create(
            lesson=lesson,
            number=last.number + 1 if last else 1,
            document=document,
            created_at=now,
            created_by=by,
            note=note,
        )
    return lesson


def write_rendered_lesson(lesson, prepared: PreparedLesson, **fields) -> bool:
    """Write the rendered columns of a lesson, and `fields` beside them, where they differ from what is stored."""
    names = ("lead", "claims", "summary_html", "apparatus", "words", "minutes")
    made = {name: getattr(prepared, name) for name in names}
    return write_row(lesson, {**made, **fields, "renderer": markup.RENDERER})


def render_again(course, lessons, *, prepared=None) -> int:
    """Render lessons anew, since what they show has changed; writes only what differs. Gives how many did.

    `prepared` has lessons by id that are rendered already.
    """
    references = None
    count = 0
    for lesson in lessons:
        made = (prepared or {}).get(lesson.slug)
        if made is None:
            references = references or references_of(course)
            made = prepare_lesson(lesson.slug, lesson.body, lesson.works, references)
        with transaction.atomic():
            changed = write_rendered_lesson(lesson, made)
            rows = {row.slug: row for row in lesson.passages.filter(is_retired=False)}
            for passage in made.passages:
                if passage.slug in rows:
                    fields = {"segments": passage.segments, "text": passage.text}
                    changed |= write_row(rows[passage.slug], fields)
        count += changed
    return count


def restore_revision(revision: LessonRevision, *, by, now) -> Lesson:
    """Make the lesson what it was after this change; the way back is a revision of its own."""
    report = Report()
    entry = lesson_from_document("the revision", revision.document, report)
    if report.has_errors:
        _refuse([Problem("error", found.message, ("body", found.line)) for found in report.sorted()])
    note = f"Restored from revision {revision.number}"
    return save_lesson(revision.lesson, entry.data, by=by, now=now, note=note)


def _lesson_field_problems(lesson, data):
    yield from _id_problems(lesson.slug, ("slug",))
    if lesson.slug in RESERVED_LESSON_IDS:
        yield Problem("error", f'"{lesson.slug}" is the address of a page; choose another id', ("slug",))
    if lesson.module.course_id != lesson.course_id:
        yield Problem("error", "the module belongs to another course", ("module",))
    if not data["title"].strip():
        yield Problem("error", "a lesson needs a title", ("title",))
    if not data["body"].strip():
        yield Problem("error", "the lesson has no text", ("body",))
    if data["state"] not in STATES:
        yield Problem("error", f'there is no state "{data["state"]}"', ("state",))
    for n, objective in enumerate(data["objectives"]):
        yield from _id_problems(objective["id"], ("objectives", n, "id"))
        if objective["level"] not in LEVELS:
            message = f'there is no level "{objective["level"]}"'
            yield Problem("error", message, ("objectives", n, "level"))


def _ids_taken(lesson, data, prepared):
    """Passages and objectives that live in another lesson of the course."""
    for model, slugs, what in (
        (Passage, [passage.slug for passage in prepared.passages], "passage"),
        (Objective, [objective["id"] for objective in data["objectives"]], "objective"),
    ):
        elsewhere = model.objects.filter(course=lesson.course_id, slug__in=slugs, is_retired=False)
        for row in elsewhere.exclude(lesson=lesson.pk).select_related("lesson"):
            message = f'the {what} "{row.slug}" is already in the lesson "{row.lesson.slug}"'
            yield Problem("error", message, ("body",) if what == "passage" else ("objectives",))


def _sync_objectives(lesson, objectives):
    rows = {
        row.slug: row
        for row in Objective.objects.filter(course=lesson.course_id, slug__in=[o["id"] for o in objectives])
    }
    for position, objective in enumerate(objectives):
        row = rows.get(objective["id"]) or Objective(course_id=lesson.course_id, slug=objective["id"])
        write_row(
            row,
            {
                "lesson_id": lesson.pk,
                "level": objective["level"],
                "text": objective["text"],
                "position": position,
                "is_retired": False,
            },
        )
    lesson.objectives.exclude(slug__in=[o["id"] for o in objectives]).filter(is_retired=False).update(
        is_retired=True
    )


def _sync_passages(lesson, passages):
    slugs = [passage.slug for passage in passages]
    rows = {row.slug: row for row in Passage.objects.filter(course=lesson.course_id, slug__in=slugs)}
    for position, passage in enumerate(passages):
        row = rows.get(passage.slug) or Passage(course_id=lesson.course_id, slug=passage.slug)
        write_row(row, {**asdict(passage), "lesson_id": lesson.pk, "position": position, "is_retired": False})
    lesson.passages.exclude(slug__in=slugs).filter(is_retired=False).update(is_retired=True)


# --- questions ----------------------------------------------------------------


def save_question(
    course: Course,
    slug: str,
    *,
    kind: str,
    content: dict,
    lesson: Lesson,
    passage: Passage | None = None,
    objective: Objective | None = None,
    level: str,
    topics=(),
    works=(),
    use: str,
    state: str,
    position: int | None = None,
    by,
    now,
    note="",
) -> Question:
    """Store a question; a new version only if its wording changed in something that matters.

    `topics` are names of tags, `works` ids of cited works, `position` its place in the lesson (None: where it
    is, or the end). The kind of a question never changes: its older versions are graded by it.
    """
    problems = [
        *_id_problems(slug, ("slug",)),
        *question_problems(kind, content),
        *_question_field_problems(course, lesson, passage, objective, level, use, state),
    ]
    _refuse(problems)
    references = references_of(course)
    _refuse(
        Problem("error", f'there is no source "{id}"', ("works",))
        for id in works
        if id not in references.works
    )
    prepared = prepare_question(kind, content, references, lesson=lesson.slug)
    fields = {
        "lesson_id": lesson.pk,
        "passage_id": passage.pk if passage else None,
        "objective_id": objective.pk if objective else None,
        "level": level,
        "works": list(works),
        "use": use,
        "state": state,
    }
    with transaction.atomic():
        question = Question.objects.select_for_update().filter(course=course, slug=slug).first()
        if position is not None:
            fields["position"] = position
        elif question is None:
            fields["position"] = _next(lesson.questions)
        if question is not None:
            _refuse(kind_problems(question, kind))
        return write_question(
            course,
            question,
            slug,
            prepared,
            fields,
            [str(topic) for topic in topics],
            by=by,
            now=now,
            note=note,
        )


def write_question(course, question, slug, prepared: PreparedQuestion, fields, topics, *, by, now, note=""):
    """Write a question that was checked and prepared; inside a transaction. Nothing equal is written again."""
    question = question or Question(course=course, slug=slug)
    shown = {
        "kind": prepared.kind,
        "stem_text": prepared.stem_text,
        "search_text": prepared.search_text,
    }
    write_row(question, {**shown, **fields})
    if question.current_id is None or question.current.content_hash != prepared.content_hash:
        number = question.versions.aggregate(last=Max("number"))["last"] or 0
        question.current = QuestionVersion.objects.create(
            question=question,
            number=number + 1,
            content=prepared.content,
            content_hash=prepared.content_hash,
            rendered=prepared.rendered,
            renderer=markup.RENDERER,
            created_at=now,
            created_by=by,
            note=note,
        )
        question.save(update_fields=["current", "updated_at"])
    _write_topics(question, topics)
    return question


def restore_version(version: QuestionVersion, *, by, now) -> Question:
    """Make an old wording the current one, as a new version; nothing happens where it is that already."""
    question = version.question
    _refuse(question_problems(question.kind, version.content))
    prepared = prepare_question(
        question.kind, version.content, references_of(question.course), lesson=question.lesson.slug
    )
    note = f"Restored from version {version.number}"
    with transaction.atomic():
        question = Question.objects.select_for_update().get(pk=question.pk)
        topics = [topic.name for topic in question.topics.all()]
        return write_question(
            question.course, question, question.slug, prepared, {}, topics, by=by, now=now, note=note
        )


def kind_problems(question: Question, kind: str) -> list[Problem]:
    """A problem where the question is of another kind."""
    if question.kind == kind:
        return []
    message = f'the question "{question.slug}" is of the kind {question.kind}; give a new kind a new id'
    return [Problem("error", message, ("kind",))]


def retire_question(question: Question, *, now) -> bool:
    """Take a question out of use; its versions and answers stay. False where it was retired before."""
    retired = Question.objects.filter(pk=question.pk).exclude(state=Question.State.RETIRED)
    changed = retired.update(state=Question.State.RETIRED, updated_at=now)
    question.state = Question.State.RETIRED
    return bool(changed)


def _question_field_problems(course, lesson, passage, objective, level, use, state):
    if lesson.course_id != course.pk:
        yield Problem("error", "the lesson belongs to another course", ("lesson",))
    if passage is not None and passage.lesson_id != lesson.pk:
        yield Problem("error", f'passage "{passage.slug}" is not in this lesson', ("passage",))
    if objective is not None and objective.lesson_id != lesson.pk:
        yield Problem("error", f'objective "{objective.slug}" is not in this lesson', ("objective",))
    for name, value, allowed in (("level", level, LEVELS), ("use", use, USES), ("state", state, STATES)):
        if value not in allowed:
            yield Problem("error", f'"{name}" should be one of {", ".join(allowed)}', (name,))


def _write_topics(question, names):
    names = list(dict.fromkeys(names))
    if {topic.name for topic in question.topics.all()} == set(names):
        return
    have = {topic.name: topic for topic in Topic.objects.filter(course=question.course_id, name__in=names)}
    for name in names:
        if name not in have:
            have[name] = Topic.objects.create(course_id=question.course_id, name=name)
    question.topics.set([have[name] for name in names])


# --- rendering again ----------------------------------------------------------


def rerender(course: Course | None = None, *, everything=False) -> dict[str, int]:
    """Make stored HTML anew where a renderer older than today's made it; how many rows of each sort.

    One short transaction for each lesson and each hundred versions: saving goes on meanwhile.
    """
    courses = Course.objects.all() if course is None else Course.objects.filter(pk=course.pk)
    done = {"courses": 0, "terms": 0, "events": 0, "lessons": 0, "versions": 0}

    def stale(rows):
        return rows if everything else rows.filter(renderer__lt=markup.RENDERER)

    for course in courses:
        for course_row in stale(Course.objects.filter(pk=course.pk)):
            html = {
                "summary_html": markup.render(course_row.summary),
                "notice_html": markup.render(course_row.notice),
            }
            done["courses"] += _replace(course_row, {**html, "renderer": markup.RENDERER})
        for term in stale(Term.objects.filter(course=course)):
            fill_term(term)
            done["terms"] += _replace(term, _columns(term, "definition_html", "matters_html", "renderer"))
        references = references_of(course)
        for event in stale(Event.objects.filter(course=course)):
            fill_event(event, references)
            done["events"] += _replace(event, _columns(event, "html", "renderer"))
        lessons = stale(Lesson.objects.filter(course=course))
        done["lessons"] += len(lessons)
        render_again(course, lessons)
        done["versions"] += _rerender_versions(stale, course, references)
    return done


def _rerender_versions(stale, course, references):
    count = 0
    rows = QuestionVersion.objects.filter(question__course=course).select_related("question__lesson")
    for version in stale(rows).order_by("pk").iterator(chunk_size=100):
        question = version.question
        html = render_question(question.kind, version.content, references, lesson=question.lesson.slug)
        count += _replace(version, {"rendered": html, "renderer": markup.RENDERER})
    return count


def _columns(row, *names):
    return {name: getattr(row, name) for name in names}


def _replace(row, fields):
    """Update only these columns, so that nothing else moves: not `updated_at`, not what was edited meanwhile."""
    return type(row).objects.filter(pk=row.pk).update(**fields)


# --- shared -------------------------------------------------------------------


def write_row(row, fields) -> bool:
    """Save the row if it is new or a field differs; True if it was saved."""
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    if row.pk is not None and not changed:
        return False
    for name in changed:
        setattr(row, name, fields[name])
    if row.pk is None:
        row.save()
    else:
        names = {row._meta.get_field(name).name for name in changed}
        if hasattr(row, "updated_at"):
            names.add("updated_at")
        row.save(update_fields=sorted(names))
    return True


def _next(rows):
    return (rows.aggregate(last=Max("position"))["last"] or 0) + 1


def _id_problems(id, path):
    if not ID.fullmatch(id or "") or len(id) > ID_LENGTH:
        return [Problem("error", f'"{id}" is no id: {ID_RULE}', path)]
    return []


def _refuse(problems):
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise Refused(errors)
