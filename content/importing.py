"""Verbs: a file of questions → the course. First a plan, which writes nothing; then one transaction, or nothing.

Reading, checking and rendering happen before the transaction, so that the database is locked only for writing.
What an import added and changed is a row of its own, and can be undone.
"""

from collections import Counter
from contextlib import suppress

from django.db import IntegrityError, transaction
from django.db.models import Max, OuterRef, Subquery

from content import markup
from content.assets import save_asset, stage_bytes
from content.authoring import Refused
from content.formats.drafts import ReadingProblem
from content.models import Asset, Course, ImportedQuestion, Question, QuestionImport, QuestionVersion, Topic
from content.picturing import NO_ALT
from content.planning import ADD, CHANGE, SAME, SKIP, Choices, Plan, plan_import
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
# Rows of one INSERT: SQLite takes 32,766 values in one.
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
    waiting = plan.to_write
    prepared = []
    for number, planned in enumerate(waiting, 1):
        prepared.append(_prepared(planned, plan))
        if progress:
            progress(number, len(waiting))
    staged = {own: stage_bytes(picture) for own, picture in plan.pictures.kept.items()}
    try:
        with transaction.atomic():
            done = None
            if waiting:
                done = _write(plan, prepared, name=name, sha256=sha256, by=by, now=now)
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


def _prepared(planned, plan):
    """The version to be written, rendered; None where the wording stays. The key has to score, or it is none."""
    if not planned.is_new_wording:
        return None
    module = KINDS[planned.kind]
    if module.grade(planned.content, module.correct(planned.content)).fraction not in (1, None):
        message = f'The right answer of "{planned.draft.ref}" does not score; look at its key.'
        raise Refused([ReadingProblem("error", "question.key", message, planned.draft.line)])
    slug = planned.lesson.slug if planned.lesson else ""
    return prepare_question(planned.kind, planned.content, plan.references, lesson=slug)


# --- inside the transaction ---------------------------------------------------


def _write(plan, prepared, *, name, sha256, by, now):
    course = Course.objects.select_for_update().get(pk=plan.course.pk)
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
    note = f"Imported from {name}"[:200]
    pairs = list(zip(plan.to_write, prepared, strict=True))
    new = [pair for pair in pairs if pair[0].status == ADD]
    known = [pair for pair in pairs if pair[0].status == CHANGE]
    logged = _add(course, new, note, by, now) + _change(course, known, note, by, now)
    for row in logged:
        row.source = done
    ImportedQuestion.objects.bulk_create(logged, batch_size=ROWS)
    return done


def _refuse_what_moved(course, plan):
    """Nobody may have added, changed or removed one of these questions since the plan was made."""
    stored = dict(Question.objects.filter(course=course).values_list("slug", "current_id"))
    for planned in plan.to_write:
        if planned.question is None:
            moved = planned.slug in stored
        else:
            moved = stored.get(planned.slug) != planned.question.current_id
        if moved:
            raise Refused([ReadingProblem("error", "import.raced", _CHANGED_MEANWHILE)])


def _add(course, pairs, note, by, now):
    """New questions with their first versions, a few statements for hundreds of rows."""
    if not pairs:
        return []
    positions = last_positions(course)
    rows = []
    for planned, made in pairs:
        positions[planned.lesson.pk] += 1
        rows.append(
            Question(
                course=course,
                slug=planned.slug,
                kind=planned.kind,
                stem_text=made.stem_text,
                search_text=made.search_text,
                position=positions[planned.lesson.pk],
                **planned.columns,
            )
        )
    rows = Question.objects.bulk_create(rows, batch_size=ROWS)
    versions = QuestionVersion.objects.bulk_create(
        [_version(row, 1, made, note, by, now) for row, (_, made) in zip(rows, pairs, strict=True)],
        batch_size=ROWS,
    )
    first = QuestionVersion.objects.filter(question=OuterRef("pk"), number=1).values("pk")
    Question.objects.filter(course=course, current=None).update(current=Subquery(first))
    _tag(course, [(row, planned.topics) for row, (planned, _) in zip(rows, pairs, strict=True)])
    return [
        ImportedQuestion(question=row, version=version, columns_after=planned.columns)
        for row, version, (planned, _) in zip(rows, versions, pairs, strict=True)
    ]


def _change(course, pairs, note, by, now):
    """New versions and columns of questions that are there."""
    numbers = _last_numbers([planned.question.pk for planned, made in pairs if made])
    logged, tagged, made_versions = [], [], []
    for planned, made in pairs:
        row, version = planned.question, planned.question.current
        if made:
            version = _version(row, numbers[row.pk] + 1, made, note, by, now)
            made_versions.append(version)
        logged.append(
            ImportedQuestion(
                question=row,
                version=version,
                version_before=row.current,
                columns_before={key: getattr(row, key) for key in planned.columns}
                | {"topics": sorted(topic.name for topic in row.topics.all())},
                columns_after=planned.columns | {"topics": sorted(planned.topics)},
            )
        )
        tagged.append((row, planned.topics))
    QuestionVersion.objects.bulk_create(made_versions, batch_size=ROWS)
    for entry, (planned, made) in zip(logged, pairs, strict=True):
        fields = dict(planned.columns)
        if made:
            fields |= {"stem_text": made.stem_text, "search_text": made.search_text, "current": entry.version}
        if fields:
            Question.objects.filter(pk=entry.question_id).update(**fields, updated_at=now)
    _tag(course, tagged)
    return logged


def _version(question, number, made, note, by, now):
    return QuestionVersion(
        question=question,
        number=number,
        content=made.content,
        content_hash=made.content_hash,
        rendered=made.rendered,
        renderer=markup.RENDERER,
        created_at=now,
        created_by=by,
        note=note,
    )


def _last_numbers(keys):
    found = {}
    for start in range(0, len(keys), ROWS):
        rows = QuestionVersion.objects.filter(question__in=keys[start : start + ROWS]).order_by()
        found |= dict(rows.values_list("question").annotate(last=Max("number")))
    return found


def _tag(course, tagged):
    """Give questions their tags; what a question has already stays."""
    names = {name for _, topics in tagged for name in topics}
    have = {topic.name: topic for topic in Topic.objects.filter(course=course)}
    new = [Topic(course=course, name=name) for name in sorted(names - have.keys())]
    have |= {topic.name: topic for topic in Topic.objects.bulk_create(new, batch_size=ROWS)}
    through = Question.topics.through
    links = [through(question_id=row.pk, topic_id=have[name].pk) for row, topics in tagged for name in topics]
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
