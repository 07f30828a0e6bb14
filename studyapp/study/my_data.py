"""Reads: everything kept about a person, for themselves: a zip with the rows as JSON and as a page to read.

Given by the rules of `personal_data`, and no more than the person may see in the app at this moment: no verdict of an
answer that a quiz still holds back, no draft of a mark, no wording of a question that only exams ask, no name of others.
"""

import io
import json
import zipfile

from django.apps import apps
from django.contrib.auth import HASH_SESSION_KEY
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import ForeignKey
from django.template.loader import render_to_string

from content.models import Question, QuestionVersion
from content.questions import get_kind
from studyapp.accounts.models import User
from studyapp.quizzes.models import Attempt
from studyapp.quizzes.release import ALL, NOTHING
from studyapp.quizzes.standing import standings_at
from studyapp.study.personal_data import RULES, rows_of, sessions_of

# Of the account itself: not the password's hash, nor the forms in which names are compared.
ACCOUNT = (
    "id",
    "username",
    "name",
    "email",
    "time_zone",
    "is_guest",
    "is_staff",
    "is_superuser",
    "is_active",
)
ACCOUNT += ("date_joined", "last_login", "last_seen_on")
VERDICT = ("fraction", "rating", "before", "after")  # of a row of review, where its answer is held back


def my_data(person, *, now) -> list[dict]:
    """Each kind of row: {"table", "title", "rows": [{column: value}]}, the account first; empty ones are left out."""
    account = {name: getattr(person, name) for name in ACCOUNT}
    sections = [{"table": "accounts.User", "title": "Account", "rows": [account]}]
    seen = _seen(person, now)
    for label, rule in RULES.items():
        rows = [_row(row, rule) for row in _related(label, person) if _may_see(row, seen)]
        sections.append({"table": label, "title": rule.words, "rows": _finished(label, person, rows, seen)})
    kept = [
        {
            "ends": found.session.expire_date,
            "holds": {k: v for k, v in found.own.items() if k != HASH_SESSION_KEY},
        }
        for found in sessions_of(person)
    ]
    sections.append(
        {
            "table": "sessions.Session",
            "title": "Browsers that are signed in, or keep answers of yours",
            "rows": kept,
        }
    )
    return [section for section in sections if section["rows"]]


def my_data_zip(person, *, now) -> bytes:
    """The same as a file: `data.json`, and `data.html` for people."""
    sections = my_data(person, now=now)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        said = {"made_at": now, "data": sections}
        file.writestr("data.json", json.dumps(said, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        tables = [section | _as_table(section["rows"]) for section in sections]
        file.writestr(
            "data.html", render_to_string("study/_my_data.html", {"tables": tables, "made_at": now})
        )
    return out.getvalue()


def _as_table(rows):
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return {"columns": columns, "cells": [[row.get(name) for name in columns] for row in rows]}


def _seen(person, now) -> dict:
    """Id of an attempt → what its person may see of it now; outside quizzes all of it."""
    attempts = list(Attempt.objects.filter(learner=person).select_related("quiz"))
    quizzes = {attempt.quiz_id: attempt.quiz for attempt in attempts if attempt.quiz_id}
    places = [(person.pk, quiz) for quiz in quizzes.values()]
    standings = dict(zip(quizzes, standings_at(places), strict=True)) if places else {}
    return {
        attempt.pk: ALL
        if attempt.quiz_id is None
        else NOTHING
        if attempt.is_open
        else standings[attempt.quiz_id].seen(attempt, now)
        for attempt in attempts
    }


def _related(label, person):
    rows = rows_of(person, label)
    match label:
        case "quizzes.SavedAnswer":
            return rows.select_related("item__question", "item__version", "item__attempt")
        case "quizzes.AttemptItem":
            return rows.select_related("attempt", "question")
        case "quizzes.Mark" | "quizzes.ProblemReport":
            return rows.select_related("item__attempt")
        case "quizzes.DraftMark":
            return rows.select_related("item__attempt", "mark")
        case "review.ReviewLog":
            return rows.select_related("question", "released_by")
        case "review.Card":
            return rows.select_related("question")
    return rows


def _may_see(row, seen) -> bool:
    match row._meta.label:
        case "quizzes.Mark":
            return seen[row.item.attempt_id].mark
        case "quizzes.DraftMark":
            return hasattr(row, "mark") and seen[row.item.attempt_id].mark
        case "review.Card":
            return not row.held
    return True


def _row(row, rule) -> dict:
    """The columns of a row as values; of what it points to its title. Who else had a hand in it is left out."""
    values = {}
    for field in row._meta.concrete_fields:
        if field.name in rule.hidden or field.name == rule.owner.partition("__")[0] == "user":
            continue
        if isinstance(field, ForeignKey):
            if field.related_model is User:
                continue
            values |= _pointed(row, field)
        else:
            values[field.name] = getattr(row, field.attname)
    return values | _added(row)


def _pointed(row, field):
    """A row of the person by its number, so that rows can be put together; a piece of a course by its title."""
    pk = getattr(row, field.attname)
    if field.related_model in (Question, QuestionVersion):
        return {}  # its words may belong to an exam
    if pk is None or field.related_model._meta.label in RULES:
        return {field.name: pk}
    return {field.name: str(getattr(row, field.name))}


def _added(row) -> dict:
    """What makes a row readable: the words of an answer, and of a question that practice shows."""
    match row._meta.label:
        case "quizzes.SavedAnswer":
            kind = get_kind(row.item.question.kind)
            return {"answer": kind.summary(row.item.version.content, row.response)}
        case "quizzes.AttemptItem" if row.attempt.quiz_id is None:
            return {"question": row.question.stem_text}
        case "review.Card" | "review.ReviewLog" if row.question.use != Question.Use.EXAM:
            return {"question": row.question.stem_text}
    return {}


def _finished(label, person, rows, seen):
    """Without the columns that a quiz holds back."""
    if label == "quizzes.Attempt":
        for row in rows:
            if not seen[row["id"]].mark:
                row.pop("points")
    if label == "review.ReviewLog":
        held = set(
            apps.get_model(label)
            .objects.filter(learner=person, held=True, released_by__isnull=True)
            .values_list("pk", flat=True)
        )
        for row in rows:
            if row["id"] in held:
                for name in VERDICT:
                    row.pop(name)
    return rows
