"""Verbs: save a glossary entry, an event, a work, a figure, an image, a module or the course so that it can come back.

What was written otherwise (course files loaded) is written down with the first change that finds it there.
"""

import tomli_w
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from content import authoring
from content.authoring import Refused
from content.coursefiles.figures import figure_from_document
from content.coursefiles.images import stored_name
from content.coursefiles.problems import Report
from content.models import Asset, Course, Event, Figure, Lesson, Module, RowRevision, Term, Work
from content.questions.base import Problem

FIELDS = {
    Course: (
        *("title", "summary", "notice", "language", "licence", "access", "time_zone", "is_draft"),
        *("source_title", "source_kind", "source_sha256"),
    ),
    Module: ("title", "position", "source_section", "is_retired"),
    Term: ("term", "abbreviation", "definition", "matters", "lessons", "is_retired"),
    Event: ("date", "end", "text", "works", "is_retired"),
    Work: ("is_retired",),
    Figure: ("is_retired",),
    Asset: ("alt", "sha256", "media_type", "width", "height"),  # the bytes stay under their hash
}
DEFINED = (Work, Figure)  # their fields are those of their definition
SAVERS = {
    Course: authoring.save_course,
    Module: lambda row: row.save(),
    Term: authoring.save_term,
    Event: authoring.save_event,
    Work: authoring.save_work,
    Figure: authoring.save_figure,
    Asset: authoring.save_image,
}
FOUND = "As it stood before"


def document_of(row) -> dict:
    """What an author can change in the row, by name; the lesson of an event by its id in the course."""
    made = {name: getattr(row, name) for name in FIELDS[type(row)]}
    if isinstance(row, Event):
        made["lesson"] = row.lesson.slug if row.lesson_id else ""
    return row.definition | made if isinstance(row, DEFINED) else made


def revisions_of(row):
    """The revisions of this row, newest first."""
    return RowRevision.objects.filter(**_named(row))


def row_of(revision: RowRevision):
    """The row that this is a revision of; None where it is gone."""
    model = next(model for model in FIELDS if model._meta.model_name == revision.kind)
    within = {} if model is Course else {"course": revision.course_id}
    return model.objects.filter(**within, **{_id_field(model): revision.slug}).first()


def save_row(row, *, by, now, note="") -> bool:
    """Store the row by the verb of its kind, and a revision of it; False where no author would see a difference."""
    stored = type(row).objects.filter(pk=row.pk).first() if row.pk else None
    before, after = document_of(stored) if stored else None, document_of(row)
    SAVERS[type(row)](row)
    if before == after:
        return False
    write_down(row, before, after, by=by, now=now, note=note)
    return True


def record_new(row, *, by, now) -> None:
    """The first revision of a row that another verb has made."""
    write_down(row, None, document_of(row), by=by, now=now, note="")


def restore_row(revision: RowRevision, *, by, now):
    """Make the row what it was after this change; the way back is a revision of its own. `Refused` where it cannot."""
    row = row_of(revision)
    if row is None:
        what = revision.get_kind_display().lower()
        raise Refused([Problem("error", f"there is no {what} “{revision.slug}” any more", ())])
    model, document = type(row), dict(revision.document)
    if model is Event:
        row.lesson = Lesson.objects.filter(course=revision.course_id, slug=document.pop("lesson", "")).first()
    for name in FIELDS[model]:
        if name in document:
            setattr(row, name, document.pop(name))
    if model in DEFINED:
        row.definition = document
    if model is Figure:
        _check_figure(row)
    if model is Asset:
        row.file = stored_name(row.sha256, row.media_type)
        if not default_storage.exists(row.file.name):
            raise Refused([Problem("error", "its file is not on this server any more", ())])
    save_row(row, by=by, now=now, note=f"Restored from revision {revision.number}")
    return row


def _check_figure(figure):
    report = Report()
    figure_from_document(figure.slug, tomli_w.dumps(figure.definition), report)
    if report.has_errors:
        raise Refused([Problem("error", found.message, ()) for found in report.sorted()])


def _id_field(model) -> str:
    return "name" if model is Asset else "slug"


def _named(row) -> dict:
    course = row if isinstance(row, Course) else row.course
    return {"course": course, "kind": row._meta.model_name, "slug": getattr(row, _id_field(type(row)))}


def write_down(row, before, after, *, by, now, note):
    """Keep that the row became `after`, and `before` where that was not written down yet."""
    named = {**_named(row), "created_at": now}
    for _ in range(3):
        try:
            with transaction.atomic():
                last = revisions_of(row).first()
                number = last.number if last else 0
                if before is not None and (last is None or last.document != before):
                    number += 1
                    RowRevision.objects.create(number=number, document=before, note=FOUND, **named)
                RowRevision.objects.create(
                    number=number + 1, document=after, created_by=by, note=note, **named
                )
                return
        except IntegrityError:
            continue  # somebody took the number at the same moment
