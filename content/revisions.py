"""Verbs: save a glossary entry, an event, a work, a figure, a module or the course so that it can come back.

What was written otherwise (course files loaded) is written down with the first change that finds it there.
"""

import tomli_w
from django.db import IntegrityError, transaction

from content import authoring
from content.authoring import Refused
from content.coursefiles.figures import figure_from_document
from content.coursefiles.problems import Report
from content.models import Course, Event, Figure, Lesson, Module, RowRevision, Term, Work
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
}
DEFINED = (Work, Figure)  # their fields are those of their definition
SAVERS = {
    Course: authoring.save_course,
    Module: lambda row: row.save(),
    Term: authoring.save_term,
    Event: authoring.save_event,
    Work: authoring.save_work,
    Figure: authoring.save_figure,
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
    course = row if isinstance(row, Course) else row.course
    return RowRevision.objects.filter(course=course, kind=row._meta.model_name, slug=row.slug)


def save_row(row, *, by, now, note="") -> bool:
    """Store the row by the verb of its kind, and a revision of it; False where no author would see a difference."""
    stored = type(row).objects.filter(pk=row.pk).first() if row.pk else None
    before, after = document_of(stored) if stored else None, document_of(row)
    SAVERS[type(row)](row)
    if before == after:
        return False
    _write_down(row, before, after, by=by, now=now, note=note)
    return True


def record_new(row, *, by, now) -> None:
    """The first revision of a row that another verb has made."""
    _write_down(row, None, document_of(row), by=by, now=now, note="")


def restore_row(revision: RowRevision, *, by, now):
    """Make the row what it was after this change; the way back is a revision of its own. `Refused` where it cannot."""
    model = next(model for model in FIELDS if model._meta.model_name == revision.kind)
    rows = model.objects.filter(slug=revision.slug)
    row = (rows if model is Course else rows.filter(course=revision.course_id)).first()
    if row is None:
        raise Refused([Problem("error", f"there is no {revision.kind} “{revision.slug}” any more", ())])
    document = dict(revision.document)
    if model is Event:
        row.lesson = Lesson.objects.filter(course=revision.course_id, slug=document.pop("lesson", "")).first()
    for name in FIELDS[model]:
        if name in document:
            setattr(row, name, document.pop(name))
    if model in DEFINED:
        row.definition = document
    if model is Figure:
        _check_figure(row)
    save_row(row, by=by, now=now, note=f"Restored from revision {revision.number}")
    return row


def _check_figure(figure):
    report = Report()
    figure_from_document(figure.slug, tomli_w.dumps(figure.definition), report)
    if report.has_errors:
        raise Refused([Problem("error", found.message, ()) for found in report.sorted()])


def _write_down(row, before, after, *, by, now, note):
    course = row if isinstance(row, Course) else row.course
    named = {"course": course, "kind": row._meta.model_name, "slug": row.slug, "created_at": now}
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
