"""Verbs: everything that changes what is taught. The admin, the loader and imports all end here.

Content that cannot be published is refused as a whole with every problem at once (`Refused`); nothing is
stored then. Rendering happens before the transaction begins, so that the database is locked only for writing.
"""

from contextlib import contextmanager
from dataclasses import asdict

from django.db import IntegrityError, transaction
from django.db.models import Max

from content import markup
from content.coursefiles.bodies import missing
from content.coursefiles.definitions import LEVELS, STATES, USES
from content.coursefiles.fields import ID, ID_LENGTH, ID_RULE
from content.coursefiles.folder import MOST_TEXT
from content.coursefiles.problems import Report
from content.coursefiles.reading import TAG_LENGTH, lesson_from_document
from content.coursefiles.writing import lesson_document
from content.dumping import lesson_data
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
    clean_content,
    lesson_problems,
    prepare_lesson,
    prepare_question,
    question_problems,
)
from content.questions import KINDS
from content.questions.base import Problem
from content.rerendering import (
    fill_course,
    fill_event,
    fill_term,
    fill_work,
    references_of,
    render_again,
    rerender,
    show_image_again,
    write_rendered_lesson,
    write_row,
)
from content.text import TextRefused, clean_text

__all__ = [
    "Refused",
    "create_course",
    "give_course",
    "references_of",
    "rerender",
    "restore_revision",
    "restore_version",
    "retire_question",
    "save_course",
    "save_event",
    "save_figure",
    "save_lesson",
    "save_question",
    "save_term",
    "save_work",
]


class Refused(ValueError):
    """What was to be saved cannot be: `problems` says why, each with the path of the field it belongs to."""

    def __init__(self, problems):
        self.problems = list(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


# --- courses ------------------------------------------------------------------


def create_course(*, slug, title, owner=None, now, **fields) -> Course:
    """A new course without lessons; `owner` may write it from now on. `Refused` for a bad or taken id."""
    _refuse(_id_problems(slug, ("slug",)))
    course = Course(slug=slug, title=title, **fields)
    with transaction.atomic():
        if Course.objects.filter(slug=slug).exists():
            _refuse([Problem("error", f'there is a course "{slug}" already', ("slug",))])
        save_course(course)
        if owner is not None:
            give_course(course, owner)
    return course


def give_course(course: Course, user) -> None:
    """Let this person write the course and say who else may, as its owner."""
    CourseStaff.objects.update_or_create(course=course, user=user, defaults={"role": CourseStaff.Role.OWNER})


def save_course(course: Course, *, references: References | None = None) -> Course:
    """Store the course with its summary and notice rendered."""
    fill_course(course, references or (references_of(course) if course.pk else References(course.slug)))
    course.save()
    return course


# --- what lessons refer to ----------------------------------------------------


def save_work(work: Work) -> Work:
    """Store a work with the forms in which it is shown, and show them in every lesson that cites it."""
    fill_work(work)
    return _save_and_refresh(work)


def save_term(term: Term) -> Term:
    """Store a glossary entry rendered, and show it in every lesson that uses it."""
    fill_term(term, references_of(term.course))
    return _save_and_refresh(term)


def save_figure(figure: Figure) -> Figure:
    """Store a figure and draw it anew in every lesson that shows it."""
    figure.title = figure.definition.get("title", figure.title)
    return _save_and_refresh(figure)


def save_image(asset: Asset) -> Asset:
    """Store an image of a course, and show its bytes wherever it is shown."""
    shown = Asset.objects.filter(pk=asset.pk).values_list("file", flat=True).first()
    asset.save()
    if shown and shown != asset.file.name:
        show_image_again(asset.course, asset.name)
    return asset


def save_event(event: Event) -> Event:
    """Store an event of the timeline, rendered."""
    fill_event(event, references_of(event.course))
    event.save()
    return event


def _save_and_refresh(row):
    """Rendering takes longer than a lock should be held, so each lesson is a transaction of its own."""
    row.save()
    lessons = Lesson.objects.filter(course=row.course_id).exclude(state=Lesson.State.RETIRED)
    render_again(row.course, [one for one in lessons if row.slug in one.body or row.slug in one.works])
    return row


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
    objectives = lesson.objectives.filter(is_retired=False) if lesson.pk else ()
    data = lesson_data(lesson, objectives) | document_fields | {"id": lesson.slug}
    references = references_of(lesson.course)
    data = _cleaned(data)
    references.questions = _questions_to_ask(lesson.course, data["state"])
    problems = lesson_problems(data, references)
    if lesson.module.course_id != lesson.course_id:
        problems.append(Problem("error", "the module belongs to another course", ("module",)))
    _refuse(problems)
    prepared = prepare_lesson(lesson.slug, data["body"], data["sources"], references)
    _refuse(_ids_taken(lesson, data, prepared))
    with _one_at_a_time(), transaction.atomic():
        # The row as stored, since the caller may have changed its own; locked, since revisions are numbered.
        stored = Lesson.objects.select_for_update().filter(pk=lesson.pk).order_by("pk").first() or lesson
        return write_lesson(stored, data, prepared, by=by, now=now, note=note, more=more)


def _questions_to_ask(course, state):
    """Ids of the questions a lesson may ask: in a draft all, else those that every reader may see."""
    questions = Question.objects.filter(course=course)
    questions = questions.exclude(state="retired") if state == "draft" else questions.for_practice()
    return set(questions.values_list("slug", flat=True))


@contextmanager
def _one_at_a_time():
    """Two people who make the same thing at once: the second is told, and nothing of theirs is stored."""
    try:
        yield
    except IntegrityError:
        message = "somebody saved this at the same moment; look at it, then save again"
        raise Refused([Problem("error", message, ())]) from None


def _cleaned(data):
    """The fields of a lesson with cleaned texts, the body ending in one line end."""

    def clean(value, path):
        if isinstance(value, dict):
            return {key: clean(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [clean(item, (*path, n)) for n, item in enumerate(value)]
        try:
            is_body = path == ("body",)
            text = clean_text(value, max_length=MOST_TEXT, multiline=is_body)
            return text.strip("\n") if is_body else text.strip()
        except TextRefused as refusal:
            raise Refused([Problem("error", str(refusal), path)]) from None

    made = {key: clean(value, (key,)) for key, value in data.items()}
    return made | {"body": made["body"] + "\n" if made["body"].strip() else ""}


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


def restore_revision(revision: LessonRevision, *, by, now) -> Lesson:
    """Make the lesson what it was after this change; the way back is a revision of its own."""
    report = Report()
    entry = lesson_from_document("the revision", revision.document, report)
    if report.has_errors:
        _refuse([Problem("error", found.message, ("body", found.line)) for found in report.sorted()])
    note = f"Restored from revision {revision.number}"
    return save_lesson(revision.lesson, entry.data, by=by, now=now, note=note)


def _ids_taken(lesson, data, prepared):
    """Passages and objectives that live in another lesson of the course."""
    for model, slugs, what in (
        (Passage, [passage.slug for passage in prepared.passages], "passage"),
        (Objective, [objective["id"] for objective in data["objectives"]], "objective"),
    ):
        elsewhere = model.objects.filter(course=lesson.course_id, slug__in=slugs, is_retired=False)
        elsewhere = elsewhere.exclude(lesson__state=Lesson.State.RETIRED)
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
    references = references_of(course)
    content = _normalised(kind, content)
    topics = [str(topic) for topic in topics]
    _refuse(
        [
            *_id_problems(slug, ("slug",)),
            *question_problems(kind, content, references),
            *_question_field_problems(course, lesson, passage, objective, level, use, state),
            *(
                problem
                for topic in topics
                for problem in _id_problems(topic, ("topics",), longest=TAG_LENGTH)
            ),
            *(
                Problem("error", missing("source", id, references.works), ("works",))
                for id in works
                if id not in references.works
            ),
        ]
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
    with _one_at_a_time(), transaction.atomic():
        question = (
            Question.objects.select_for_update().filter(course=course, slug=slug).order_by("pk").first()
        )
        if position is not None:
            fields["position"] = position
        elif question is None:
            fields["position"] = _next(lesson.questions)
        if question is not None:
            _refuse(kind_problems(question, kind))
        return write_question(course, question, slug, prepared, fields, topics, by=by, now=now, note=note)


def _normalised(kind, content):
    """Content with its texts cleaned and in the form of its kind; as it is where there is no such kind."""
    try:
        content = clean_content(content)
    except TextRefused as refusal:
        raise Refused([Problem("error", str(refusal), ())]) from None
    return KINDS[kind].normalise(content) if kind in KINDS else content


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
    elif question.current.rendered != prepared.rendered:
        # The same words in another lesson: its citations lead to the sources there.
        rendered = {"rendered": prepared.rendered, "renderer": markup.RENDERER}
        QuestionVersion.objects.filter(pk=question.current_id).update(**rendered)
    _write_topics(question, topics)
    return question


def write_questions(questions, names):
    """Write these columns of questions that are there, hundreds in one statement; inside a transaction."""
    Question.objects.bulk_create(
        questions,
        batch_size=500,
        update_conflicts=True,
        update_fields=[*names, "updated_at"],
        unique_fields=["id"],
    )


def restore_version(version: QuestionVersion, *, by, now) -> Question:
    """Make an old wording the current one, as a new version; nothing happens where it is that already."""
    question = version.question
    references = references_of(question.course)
    _refuse(question_problems(question.kind, version.content, references))
    prepared = prepare_question(question.kind, version.content, references, lesson=question.lesson.slug)
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


# --- shared -------------------------------------------------------------------


def _next(rows):
    return (rows.aggregate(last=Max("position"))["last"] or 0) + 1


def _id_problems(id, path, *, longest=ID_LENGTH):
    if not ID.fullmatch(id or "") or len(id) > longest:
        return [Problem("error", f'"{id}" is no id: {ID_RULE}', path)]
    return []


def _refuse(problems):
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise Refused(errors)
