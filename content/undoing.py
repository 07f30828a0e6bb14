"""Taking an import back: what it added is retired, what it changed gets its wording of before, as a new version.

What somebody edited since, or what is in use, stays and is named with the reason.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count

from content.authoring import Refused, write_question
from content.models import ImportedQuestion, Lesson, Question, QuestionImport, QuestionVersion
from content.preparing import prepare_question
from content.questions.base import Problem
from content.rerendering import references_of

AT_ONCE = 500
_CHECK = re.compile(r"^:::check[ \t]+([a-z0-9-]+)", re.MULTILINE)


@dataclass(slots=True)
class Undoing:
    """What undoing an import does: rows of it that are retired, that are restored, and (row, reason) that stay."""

    retired: list[ImportedQuestion] = field(default_factory=list)
    restored: list[ImportedQuestion] = field(default_factory=list)
    kept: list[tuple[ImportedQuestion, str]] = field(default_factory=list)

    @property
    def is_possible(self) -> bool:
        return bool(self.retired or self.restored)


def plan_undo(done: QuestionImport) -> Undoing:
    """What can be taken back, and what stays with the reason. Writes nothing."""
    plan, used = Undoing(), _uses(done)
    rows = done.questions.select_related(
        "question__current", "question__lesson", "version", "version_before"
    ).defer("question__current__rendered", "version__rendered", "version_before__rendered")
    for row in rows.prefetch_related("question__topics"):
        reason = _edited(row) or used.get(row.question_id, "")
        if reason:
            plan.kept.append((row, reason))
        elif row.version_before_id is None:
            plan.retired.append(row)
        else:
            plan.restored.append(row)
    return plan


def undo_import(done: QuestionImport, *, by, now) -> Undoing:
    """Take back what can be taken back, in one transaction. `Refused` where nothing can, or where it was undone before."""
    references = references_of(done.course)
    ready = {row.pk: _wording_before(row, references) for row in plan_undo(done).restored}
    with transaction.atomic():
        done = QuestionImport.objects.select_for_update().get(pk=done.pk)
        if done.undone_at is not None:
            raise Refused([Problem("error", "this import was undone already", ())])
        plan = plan_undo(done)
        if not plan.is_possible:
            message = "nothing of this import can be undone: each question was edited since or is in use"
            raise Refused([Problem("error", message, ())])
        keys = [row.question_id for row in plan.retired]
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            Question.objects.filter(pk__in=some).update(state=Question.State.RETIRED, updated_at=now)
            done.questions.filter(question__in=some).update(undone=ImportedQuestion.Undone.RETIRED)
        note = f"Undid the import of {done.name}"[:200]
        for row in plan.restored:
            made = ready.get(row.pk) or _wording_before(row, references)
            write_question(
                done.course, row.question, row.question.slug, made, row.place_before(), _topics_before(row),
                by=by, now=now, note=note,
            )  # fmt: skip
            ImportedQuestion.objects.filter(pk=row.pk).update(undone=ImportedQuestion.Undone.RESTORED)
        done.undone_at, done.undone_by = now, by
        done.save(update_fields=["undone_at", "undone_by"])
    return plan


def _wording_before(row, references):
    question = row.question
    return prepare_question(
        question.kind, row.version_before.content, references, lesson=question.lesson.slug
    )


def _topics_before(row):
    """The tags without those that the import gave; what somebody added since stays."""
    given = set(row.columns_after.get("topics", ())) - set(row.columns_before.get("topics", ()))
    return [topic.name for topic in row.question.topics.all() if topic.name not in given]


def _edited(row) -> str:
    """Why the question is not as the import left it; "" where it is. Its state may have moved."""
    question = row.question
    if question.current_id != row.version_id:
        return f"it was edited since, and stands at version {question.current.number}"
    for name, value in row.columns_after.items():
        if name not in ("state", "topics") and getattr(question, name) != value:
            return "it was given another place or level since"
    return ""


def _uses(done) -> dict[int, str]:
    """Question → what holds on to what the import wrote. Models above this app are found by their foreign keys."""
    added = done.questions.filter(version_before=None)
    changed = done.questions.exclude(version_before=None)
    owner = dict(changed.values_list("version", "question"))
    found = defaultdict(list)
    for model, key in _pointing_at(Question):
        for pk, count in _counted(model, key, added.values("question")):
            found[pk].append(_named(model, count))
    for model, key in _pointing_at(QuestionVersion):
        for pk, count in _counted(model, key, changed.values("version")):
            found[owner[pk]].append(_named(model, count))
    slugs = dict(added.values_list("question__slug", "question"))
    lessons = Lesson.objects.filter(course=done.course_id, body__contains=":::check")
    for lesson in lessons.exclude(state=Lesson.State.RETIRED).only("title", "body"):
        for slug in set(_CHECK.findall(lesson.body)) & slugs.keys():
            found[slugs[slug]].append(f"the text of “{lesson.title}”")
    return {pk: f"it is in use: {', '.join(names)}" for pk, names in found.items()}


def _pointing_at(model):
    """(model, name of its foreign key) of every table of another app that points here."""
    for relation in model._meta.get_fields(include_hidden=True):
        is_reverse = relation.auto_created and not relation.concrete and relation.one_to_many
        if is_reverse and relation.related_model._meta.app_label != model._meta.app_label:
            yield relation.related_model, relation.field.name


def _counted(model, key, wanted):
    rows = model._base_manager.filter(**{f"{key}__in": wanted}).order_by()
    return rows.values_list(key).annotate(number=Count("pk"))


def _named(model, count):
    return f"{count} {model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural}"
