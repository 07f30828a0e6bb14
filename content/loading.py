"""A checked course definition → the database: all of it in one transaction, or nothing.

For each object three hashes decide: of the file, of what the database holds, and of what was last loaded.
File and database alike: nothing to do. Database as last loaded: the file wins. Otherwise somebody edited it
in the product, and the load stops and names it, unless told to overwrite. What the files no longer hold is
retired and loses its `loaded_hash`; what never came from files is left alone.
"""

from dataclasses import dataclass, field
from functools import partial

from django.db import transaction

from content.assets import address_of, save_asset
from content.authoring import save_course, write_lesson, write_question
from content.coursefiles.bodies import parse_body
from content.coursefiles.definitions import CourseDefinition, hash_of, work_label, work_short
from content.coursefiles.problems import ERROR, FileProblem
from content.dumping import definition_of, module_data
from content.models import (
    Asset,
    Course,
    Event,
    Figure,
    Lesson,
    Module,
    Objective,
    Passage,
    Question,
    RowRevision,
    Term,
    Work,
)
from content.preparing import References, prepare_lesson, prepare_question
from content.rerendering import (
    fill_event,
    fill_term,
    fill_work,
    references_of,
    render_again,
    write_row,
)

ADD, CHANGE, SAME, RETIRE = "add", "change", "same", "retire"
NOTE = "Loaded from course files"
# In this order, because what stands later points to what stands before.
GROUPS = {
    "works": (Work, "source"),
    "terms": (Term, "glossary term"),
    "figures": (Figure, "figure"),
    "modules": (Module, "module"),
    "lessons": (Lesson, "lesson"),
    "events": (Event, "event"),
    "questions": (Question, "question"),
}


class Conflict(ValueError):
    """The load would undo what somebody wrote in the product; `problems` names each object and its place."""

    def __init__(self, problems):
        self.problems = sorted(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


@dataclass(slots=True)
class Loaded:
    """How many objects (course, modules, lessons, questions, works, terms, events, figures) became what."""

    course: Course
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    retired: int = 0


@dataclass(slots=True)
class _Plan:
    """What happens to each object: (group, id) → action; and what stands against it."""

    actions: dict = field(default_factory=dict)
    conflicts: list = field(default_factory=list)

    def ids(self, group, *actions):
        return [id for (name, id), action in self.actions.items() if name == group and action in actions]


def load_definition(definition: CourseDefinition, *, now, by=None, overwrite=False) -> Loaded:
    """Bring the database to what the files say. `Conflict` where that would undo an edit."""
    course = Course.objects.filter(slug=definition.course.id).first()
    alts = _alts(definition)
    plan = _plan(definition, course, overwrite, alts)
    if plan.conflicts:
        raise Conflict(plan.conflicts)
    prepared = _prepare(definition, course, plan, alts)
    with transaction.atomic():
        course = Course.objects.select_for_update().filter(slug=definition.course.id).order_by("pk").first()
        again = _plan(definition, course, overwrite, alts)
        if again.conflicts or again.actions != plan.actions:
            message = "the course was edited while it was being loaded; load it again"
            raise Conflict(again.conflicts or [FileProblem("course.toml", 1, 1, ERROR, message)])
        course = _write_all(definition, course, plan, prepared, by=by, now=now)
    actions = list(plan.actions.values())
    return Loaded(course, *(actions.count(action) for action in (ADD, CHANGE, SAME, RETIRE)))


# --- planning -----------------------------------------------------------------


def _plan(definition, course, overwrite, alts):
    plan = _Plan()
    stored = definition_of(course, with_pictures=False) if course else None
    held = {definition.course.id: stored.course} if stored else {}
    rows = {course.slug: course} if course else {}
    _compare(plan, "course", "course", [definition.course], held, rows, overwrite)
    for group, (model, what) in GROUPS.items():
        rows = {row.slug: row for row in model.objects.filter(course=course)} if course else {}
        held = {entry.id: entry for entry in getattr(stored, group)} if stored else {}
        if group == "modules" and course:
            # A lesson that was added in the product is no change of its module's file.
            loaded = list(
                Lesson.objects.filter(course=course).exclude(loaded_hash="").order_by("position", "id")
            )
            for id in held:
                held[id].data = module_data(rows[id], loaded)
        _compare(plan, group, what, getattr(definition, group), held, rows, overwrite)
    if course and not overwrite:
        plan.conflicts += _edited_images(definition, course, alts)
    return plan


def _edited_images(definition, course, alts):
    """Images that the files would change although somebody changed or brought them in the product."""
    rows = {asset.name: asset for asset in Asset.objects.filter(course=course)}
    by_hand = set(
        RowRevision.objects.filter(course=course, kind=RowRevision.Kind.ASSET).values_list("slug", flat=True)
    )
    for picture in definition.pictures:
        row = rows.get(picture.name)
        if row is None or picture.name not in alts:
            continue
        stored = _image_hash(row.sha256, row.alt)
        if _image_hash(picture.sha256, alts[picture.name]) == stored:
            continue
        why = ""
        if row.loaded_hash and row.loaded_hash != stored:
            why = "was edited in the product since it was last loaded"
        elif not row.loaded_hash and row.name in by_hand:
            why = "is in the product already"
        if why:
            message = f'the image "{row.name}" {why}; {WHAT_TO_DO}'
            yield FileProblem(f"assets/{row.name}", 1, 1, ERROR, message)


def _image_hash(sha256, alt):
    return hash_of({"sha256": sha256, "alt": alt[:300]})


def _compare(plan, group, what, entries, held, rows, overwrite):
    for entry in entries:
        row = rows.get(entry.id)
        action, is_edited = _action(entry, held.get(entry.id), row)
        plan.actions[(group, entry.id)] = action
        if group == "questions" and row is not None and row.kind != entry.data["kind"]:
            message = (
                f'the question "{entry.id}" was loaded as {row.kind}; give a question of a new kind a new id'
            )
            plan.conflicts.append(_problem(entry, entry.place("kind"), message))
        elif is_edited and not overwrite:
            why = (
                "was edited in the product since it was last loaded"
                if row.loaded_hash
                else "is in the product already"
            )
            plan.conflicts.append(
                _problem(entry, entry.place("id"), f'the {what} "{entry.id}" {why}; {WHAT_TO_DO}')
            )
    in_files = {entry.id for entry in entries}
    for id, row in rows.items():
        if id in in_files or not row.loaded_hash or id not in held:
            continue
        plan.actions[(group, id)] = RETIRE
        if hash_of(held[id].data) != row.loaded_hash and not overwrite:
            message = (
                f'the {what} "{id}" is not in the files and was edited in the product since; {WHAT_TO_DO}'
            )
            plan.conflicts.append(
                FileProblem(FILE_OF[group].format(held[id].data.get("lesson", id)), 1, 1, ERROR, message)
            )


WHAT_TO_DO = "keep the edit with dump_course, or replace it with --overwrite"
FILE_OF = {
    "works": "sources.yaml",
    "terms": "glossary.yaml",
    "events": "timeline.yaml",
    "modules": "course.toml",
    "figures": "figures/{}.toml",
    "lessons": "lessons/{}.md",
    "questions": "questions/{}.yaml",
}


def _problem(entry, place, message):
    return FileProblem(entry.file, place.line, place.column, ERROR, message)


def _action(entry, held, row):
    """What to do with an object of the files, and whether that undoes an edit."""
    if row is None:
        return ADD, False
    in_file = hash_of(entry.data)
    in_database = hash_of(held.data) if held else None
    if in_file == in_database:
        return (SAME if row.loaded_hash == in_file else CHANGE), False
    was_dropped = held is None and not row.loaded_hash
    return CHANGE, not was_dropped and in_database != row.loaded_hash


# --- preparing ----------------------------------------------------------------


@dataclass(slots=True)
class _Prepared:
    references: References
    lessons: dict
    questions: dict
    references_changed: bool
    alts: dict


def _prepare(definition, course, plan, alts):
    """Render what changes, and every lesson where something that lessons show has changed."""
    references = _references(definition, course)
    references_changed = any(plan.ids(group, ADD, CHANGE, RETIRE) for group in ("works", "terms", "figures"))
    if course is not None:
        known = dict(Asset.objects.filter(course=course).values_list("name", "sha256"))
        references_changed |= any(
            known.get(picture.name) != picture.sha256 for picture in definition.pictures
        )
    lessons = {
        entry.id: prepare_lesson(entry.id, entry.data["body"], entry.data["sources"], references)
        for entry in definition.lessons
        if references_changed or plan.actions[("lessons", entry.id)] != SAME
    }
    questions = {
        entry.id: prepare_question(
            entry.data["kind"], entry.data["content"], references, lesson=entry.data["lesson"]
        )
        for entry in definition.questions
        if plan.actions[("questions", entry.id)] != SAME or (references_changed and _points_away(entry))
    }
    return _Prepared(references, lessons, questions, references_changed, alts)


def _points_away(entry):
    """True for a question whose HTML may change with what the course holds beside it."""
    text = str(entry.data["content"])
    return any(mark in text for mark in ("[[", "[@", "!["))


def _references(definition, course):
    """What the files may point to, with what the database adds to it."""
    references = references_of(course) if course else References(definition.course.id)
    references.works |= {
        entry.id: {"short": work_short(entry.data), "label": work_label(entry.data)}
        for entry in definition.works
    }
    references.figures |= {entry.id: _without_id(entry.data) for entry in definition.figures}
    references.assets |= {picture.name: address_of(picture) for picture in definition.pictures}
    # Names first, since a definition may itself point to another term.
    references.terms |= {entry.id: {"term": entry.data["term"]} for entry in definition.terms}
    for entry in definition.terms:
        term = Term(definition=entry.data["definition"], matters=entry.data["matters"])
        fill_term(term, references)
        references.terms[entry.id] |= {"html": term.definition_html, "matters_html": term.matters_html}
    return references


def _alts(definition):
    """Image name → the alt text of its first use."""
    texts = [entry.data["body"] for entry in definition.lessons]
    texts += [
        str(entry.data["content"]) for entry in definition.questions if "![" in str(entry.data["content"])
    ]
    alts = {}
    for text in texts:
        if "![" in text:
            for reference, alt in parse_body(text).images:
                alts.setdefault(reference.id.removeprefix("assets/"), alt)
    return alts


def _without_id(data):
    return {key: value for key, value in data.items() if key != "id"}


# --- writing ------------------------------------------------------------------


def _write_all(definition, course, plan, prepared, *, by, now):
    course = _write_course(definition.course, course, plan, prepared.references)
    _write_rows(definition.works, Work, course, plan, "works", _work_fields, fill_work)
    fill = partial(fill_term, references=prepared.references)
    _write_rows(definition.terms, Term, course, plan, "terms", _term_fields, fill)
    _write_rows(definition.figures, Figure, course, plan, "figures", _figure_fields)
    modules = _write_rows(definition.modules, Module, course, plan, "modules", _module_fields)
    for picture in definition.pictures:
        if picture.name in prepared.alts:
            alt = prepared.alts[picture.name]
            loaded = _image_hash(picture.sha256, alt)
            save_asset(course, picture, alt=alt, now=now, by=by, note=NOTE, loaded_hash=loaded)
    lessons = _write_lessons(definition, course, plan, prepared, modules, by=by, now=now)
    _write_events(definition, course, plan, prepared.references, lessons)
    _write_questions(definition, course, plan, prepared, lessons, by=by, now=now)
    _retire(course, plan, now)
    if prepared.references_changed and plan.actions[("course", course.slug)] != ADD:
        others = Lesson.objects.filter(course=course).exclude(slug__in=prepared.lessons)
        render_again(course, others.exclude(state=Lesson.State.RETIRED))
    return course


def _write_course(entry, course, plan, references):
    action = plan.actions[("course", entry.id)]
    if action == SAME:
        return course
    data, source = entry.data, entry.data["source"]
    course = course or Course(slug=entry.id)
    course.title, course.summary, course.language = data["title"], data["summary"], data["language"]
    course.licence, course.access, course.time_zone = data["licence"], data["access"], data["time_zone"]
    course.is_draft, course.quizzes = data["draft"], data["quizzes"]
    course.source_title, course.source_kind = source["title"], source["kind"]
    course.source_sha256, course.notice = source["file_sha256"], source["notice"]
    course.loaded_hash = hash_of(data)
    return save_course(course, references=references)


def _write_rows(entries, model, course, plan, group, fields_of, fill=None):
    """Add or change the rows of one kind; all of them by id, in the order of the files."""
    rows = {row.slug: row for row in model.objects.filter(course=course)}
    for position, entry in enumerate(entries):
        row = rows.setdefault(entry.id, model(course=course, slug=entry.id))
        fields = {"position": position} if hasattr(row, "position") else {}
        if plan.actions[(group, entry.id)] != SAME:
            fields |= fields_of(entry.data) | {"is_retired": False, "loaded_hash": hash_of(entry.data)}
            if fill is not None:
                made = model(course=course, slug=entry.id, **fields)
                fill(made)
                fields |= {name: getattr(made, name) for name in FILLED[model]}
        write_row(row, fields)
    return rows


FILLED = {Work: ("short", "label"), Term: ("definition_html", "matters_html", "renderer")}


def _work_fields(data):
    return {"definition": _without_id(data)}


def _term_fields(data):
    return {key: data[key] for key in ("term", "abbreviation", "definition", "matters", "lessons")}


def _figure_fields(data):
    return {"title": data["title"], "definition": _without_id(data)}


def _module_fields(data):
    return {"title": data["title"], "source_section": data["source_section"]}


def _write_lessons(definition, course, plan, prepared, modules, *, by, now):
    rows = {row.slug: row for row in Lesson.objects.filter(course=course)}
    entries = {entry.id: entry for entry in definition.lessons}
    for module in definition.modules:
        for position, id in enumerate(module.data["lessons"]):
            entry = entries[id]
            row = rows.setdefault(id, Lesson(course=course, slug=id))
            place = {"module_id": modules[module.id].pk, "position": position}
            if row.pk is None or plan.actions[("lessons", id)] != SAME:
                row.module_id, row.position = place["module_id"], place["position"]
                write_lesson(
                    row, entry.data, prepared.lessons[id], by=by, now=now, note=NOTE,
                    more=place | {"loaded_hash": hash_of(entry.data)},
                )  # fmt: skip
            elif id in prepared.lessons:
                render_again(course, [row], prepared={id: prepared.lessons[id]})
                write_row(row, place)
            else:
                write_row(row, place)
    return rows


def _write_events(definition, course, plan, references, lessons):
    rows = {row.slug: row for row in Event.objects.filter(course=course)}
    for position, entry in enumerate(definition.events):
        row, data = rows.get(entry.id) or Event(course=course, slug=entry.id), entry.data
        fields = {"position": position}
        if plan.actions[("events", entry.id)] != SAME:
            fields |= {key: data[key] for key in ("date", "end", "text")}
            fields |= {
                "lesson_id": lessons[data["lesson"]].pk if data["lesson"] else None,
                "works": data["sources"],
                "is_retired": False,
                "loaded_hash": hash_of(data),
            }
            made = Event(text=data["text"])
            fill_event(made, references)
            fields |= {"html": made.html, "renderer": made.renderer}
        write_row(row, fields)


def _write_questions(definition, course, plan, prepared, lessons, *, by, now):
    rows = {row.slug: row for row in Question.objects.filter(course=course).select_related("current")}
    passages = dict(Passage.objects.filter(course=course).values_list("slug", "pk"))
    objectives = dict(Objective.objects.filter(course=course).values_list("slug", "pk"))
    positions = {}
    for entry in definition.questions:
        data = entry.data
        positions[data["lesson"]] = position = positions.get(data["lesson"], -1) + 1
        if plan.actions[("questions", entry.id)] == SAME:
            write_row(rows[entry.id], {"position": position})
            if entry.id in prepared.questions:
                write_row(rows[entry.id].current, {"rendered": prepared.questions[entry.id].rendered})
            continue
        fields = {
            "lesson_id": lessons[data["lesson"]].pk,
            "passage_id": passages[data["passage"]] if data["passage"] else None,
            "objective_id": objectives[data["objective"]] if data["objective"] else None,
            "level": data["level"],
            "works": data["sources"],
            "use": data["use"],
            "state": data["state"],
            "position": position,
            "loaded_hash": hash_of(data),
        }
        write_question(
            course, rows.get(entry.id), entry.id, prepared.questions[entry.id], fields, data["tags"],
            by=by, now=now, note=NOTE,
        )  # fmt: skip


def _retire(course, plan, now):
    for group, (model, _) in GROUPS.items():
        rows = model.objects.filter(course=course, slug__in=plan.ids(group, RETIRE))
        if model in (Lesson, Question):
            rows.update(state=model.State.RETIRED, loaded_hash="", updated_at=now)
        else:
            rows.update(is_retired=True, loaded_hash="")
