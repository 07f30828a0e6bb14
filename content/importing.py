"""Verbs: a file of questions → the course. First a plan, which writes nothing; then one transaction, or nothing.

Reading, checking and rendering happen before the transaction, so that the database is locked only for writing.
What an import added and changed is a row of its own, and can be undone.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Max, OuterRef, Subquery

from content import markup
from content.assets import save_asset, stage_bytes
from content.authoring import Refused, write_questions
from content.formats.drafts import ReadingProblem
from content.models import Asset, Course, ImportedQuestion, Question, QuestionImport, QuestionVersion, Topic
from content.picturing import NO_ALT
from content.planning import ADD, CHANGE, SAME, SKIP, Choices, Plan, PlannedQuestion, plan_import
from content.preparing import prepare_question
from content.questions import KINDS
from content.undoing import plan_undo, undo_import

__all__ = [
    "ADD",
    "CHANGE",
    "SAME",
    "SKIP",
    "Choices",
    "Plan",
    "import_drafts",
    "plan_import",
    "plan_undo",
    "undo_import",
]
# At most so many rows in one statement.
ROWS = 500
MOST_PROBLEMS_KEPT = 500
_CHANGED_MEANWHILE = (
    "the course was edited while the import was prepared; nothing was imported, import it again"
)


def import_drafts(plan: Plan, *, name: str, sha256: str, by, now, progress=None) -> QuestionImport | None:
    """Write what the plan says in one transaction; None where there was nothing to write.

    `name` and `sha256` are those of the file. `Refused` with every error of the plan, or where somebody edited
    the course meanwhile; nothing is written then. `progress(done, all)` is called while questions are rendered.
    """
    errors = [problem for problem in plan.problems if problem.is_error]
    if errors:
        raise Refused(errors)
    waiting, note = plan.to_write, f"Imported from {name}"[:200]
    ready = []
    for number, planned in enumerate(waiting, 1):
        ready.append(_ready(planned, plan, note, by, now))
        if progress:
            progress(number, len(waiting))
    staged = {own: stage_bytes(picture) for own, picture in plan.pictures.kept.items()}
    try:
        with transaction.atomic():
            done = None
            if waiting:
                done = _write(plan, ready, name=name, sha256=sha256, by=by, now=now)
            _write_pictures(plan, staged, now)
            return done
    except IntegrityError:
        raise Refused([ReadingProblem("error", "import.raced", _CHANGED_MEANWHILE)]) from None
    finally:
        if not transaction.get_connection().in_atomic_block:
            # Moved where the transaction was committed; what is still here belongs to nothing.
            for part in filter(None, staged.values()):
                with suppress(FileNotFoundError):
                    part.unlink()


@dataclass(slots=True)
class _Ready:
    """One question with the rows that will be written: `row` (new or known) and, for a new wording, `version`."""

    planned: PlannedQuestion
    row: Question
    version: QuestionVersion | None
    shown: dict  # columns of the question that follow from its wording


def _ready(planned, plan, note, by, now):
    """Everything that can be made before the database is locked."""
    version, shown = None, {}
    if planned.is_new_wording:
        made = _rendered(planned, plan)
        shown = {"stem_text": made.stem_text, "search_text": made.search_text}
        version = QuestionVersion(
            number=1,
            content=made.content,
            content_hash=made.content_hash,
            rendered=made.rendered,
            renderer=markup.RENDERER,
            created_at=now,
            created_by=by,
            note=note,
        )
    row = planned.question or Question(
        course=plan.course, slug=planned.slug, kind=planned.kind, **shown, **planned.columns
    )
    return _Ready(planned, row, version, shown)


def _rendered(planned, plan):
    """The wording, rendered. Its key has to score, or it is none."""
    module = KINDS[planned.kind]
    if module.grade(planned.content, module.correct(planned.content)).fraction not in (1, None):
        message = f'The right answer of "{planned.draft.ref}" does not score; look at its key.'
        raise Refused([ReadingProblem("error", "question.key", message, planned.draft.line)])
    slug = planned.lesson.slug if planned.lesson else ""
    return prepare_question(planned.kind, planned.content, plan.references, lesson=slug)


# --- inside the transaction ---------------------------------------------------


def _write(plan, ready, *, name, sha256, by, now):
    # Learners' answers point to the course, and their rows must not wait for this one.
    course = Course.objects.select_for_update(no_key=True).get(pk=plan.course.pk)
    _refuse_what_moved(course, plan)
    counts = Counter(planned.status for planned in plan.questions)
    done = QuestionImport.objects.create(
        course=course,
        name=name[:200],
        sha256=sha256,
        format=plan.reading.format,
        imported_by=by,
        imported_at=now,
        added=counts[ADD],
        changed=counts[CHANGE],
        unchanged=counts[SAME],
        skipped=counts[SKIP],
        problems=_kept_problems(plan),
    )
    _add(course, [one for one in ready if one.planned.status == ADD])
    known = [one for one in ready if one.planned.status == CHANGE]
    before = {one.row.pk: (one.row.current, _columns_before(one)) for one in known}
    _change(known)
    _tag(course, ready)
    logged = [_logged(done, one, *before.get(one.row.pk, (None, {}))) for one in ready]
    ImportedQuestion.objects.bulk_create(logged, batch_size=ROWS)
    return done


def _refuse_what_moved(course, plan):
    """Nobody may have added, changed or removed one of these questions since the plan was made."""
    keys = [planned.question.pk for planned in plan.to_write if planned.question]
    for start in range(0, len(keys), ROWS):
        some = Question.objects.select_for_update(no_key=True).filter(pk__in=keys[start : start + ROWS])
        list(some.order_by("pk").values_list("pk"))
    rows = Question.objects.filter(course=course).values_list("slug", "current_id", "updated_at")
    stored = {slug: state for slug, *state in rows}
    for planned in plan.to_write:
        row = planned.question
        if stored.get(planned.slug) != ([row.current_id, row.updated_at] if row else None):
            raise Refused([ReadingProblem("error", "import.raced", _CHANGED_MEANWHILE)])


def _add(course, ready):
    """New questions with their first versions: a few statements for hundreds of rows."""
    positions = last_positions(course)
    for one in ready:
        positions[one.row.lesson_id] += 1
        one.row.position = positions[one.row.lesson_id]
    Question.objects.bulk_create([one.row for one in ready], batch_size=ROWS)
    for one in ready:
        one.version.question = one.row
    QuestionVersion.objects.bulk_create([one.version for one in ready], batch_size=ROWS)
    first = QuestionVersion.objects.filter(question=OuterRef("pk"), number=1).values("pk")
    Question.objects.filter(course=course, current=None).update(current=Subquery(first))


def _change(ready):
    """New versions and columns of questions that are there."""
    versions = [one.version for one in ready if one.version]
    numbers = _last_numbers([one.row.pk for one in ready if one.version])
    for one in ready:
        if one.version:
            one.version.question, one.version.number = one.row, numbers[one.row.pk] + 1
    QuestionVersion.objects.bulk_create(versions, batch_size=ROWS)
    names = {}
    for one in ready:
        fields = one.planned.columns | one.shown | ({"current": one.version} if one.version else {})
        for name, value in fields.items():
            setattr(one.row, name, value)
        names |= dict.fromkeys(name.removesuffix("_id") for name in fields)
    write_questions([one.row for one in ready], names)


def _columns_before(one):
    """What changes beside the wording, as it was."""
    was = {name: getattr(one.row, name) for name in one.planned.columns}
    return was | {"topics": sorted(topic.name for topic in one.row.topics.all())}


def _logged(done, one, before, columns_before):
    """What undoing needs to know of one question; `before` is the version that it had."""
    planned = one.planned
    if before is None:
        return ImportedQuestion(
            source=done, question=one.row, version=one.version, columns_after=planned.columns
        )
    return ImportedQuestion(
        source=done,
        question=one.row,
        version=one.version or before,
        version_before=before,
        columns_before=columns_before,
        columns_after=planned.columns | {"topics": sorted(planned.topics)},
    )


def _last_numbers(keys):
    found = {}
    for start in range(0, len(keys), ROWS):
        rows = QuestionVersion.objects.filter(question__in=keys[start : start + ROWS]).order_by()
        found |= dict(rows.values_list("question").annotate(last=Max("number")))
    return found


def _tag(course, ready):
    """Give questions their tags; what a question has already stays."""
    names = {name for one in ready for name in one.planned.topics}
    have = {topic.name: topic.pk for topic in Topic.objects.filter(course=course)}
    new = [Topic(course=course, name=name) for name in sorted(names - have.keys())]
    have |= {topic.name: topic.pk for topic in Topic.objects.bulk_create(new, batch_size=ROWS)}
    through = Question.topics.through
    links = [
        through(question_id=one.row.pk, topic_id=have[name]) for one in ready for name in one.planned.topics
    ]
    through.objects.bulk_create(links, batch_size=ROWS, ignore_conflicts=True)


def _write_pictures(plan, staged, now):
    """Rows for new pictures; a picture that the course has keeps its alt text, and gets its bytes if they are gone."""
    if not plan.pictures.kept:
        return
    known = dict(Asset.objects.filter(course=plan.course).values_list("name", "sha256"))
    for own, picture in plan.pictures.kept.items():
        if known.get(own) == picture.sha256 and staged[own] is None:
            continue
        alt = plan.pictures.alts[own]
        if own in known:
            alt = Asset.objects.get(course=plan.course, name=own).alt
        save_asset(plan.course, picture, alt=alt or NO_ALT, now=now, staged=staged[own])


def _kept_problems(plan):
    kept = [problem for problem in plan.problems if not problem.is_error][:MOST_PROBLEMS_KEPT]
    return [{"place": one.place, "message": one.message, "ref": one.ref, "code": one.code} for one in kept]


def last_positions(course) -> Counter:
    """The place of the last question of each lesson."""
    rows = Question.objects.filter(course=course).values_list("lesson").annotate(last=Max("position"))
    return Counter(dict(rows.order_by()))
