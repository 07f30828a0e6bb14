"""Reads of what a learner takes along: their cards as a deck or a table, and the load of the days to come."""

import json
import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count

from content.formats import QuestionDraft, write
from content.markup import plain
from content.models import Asset
from content.questions import get_kind
from studyapp.progress.planned import reviews_to_come
from studyapp.review.days import study_day
from studyapp.review.queue import day_of, reviewable

_ASSET = re.compile(r"assets/([A-Za-z0-9][A-Za-z0-9._-]{0,118})")
HEADER = (
    "Lesson", "Passage", "Question", "Right answer", "Explanation", "Answers", "Last answer", "Comes back on",
)  # fmt: skip


# --- cards ------------------------------------------------------------------------------------------------


def _answered(learner):
    """Cards of questions that this learner answered and may be shown now; never what a quiz still holds back."""
    return reviewable(learner).filter(answers__gt=0, question__current__isnull=False)


def decks(learner) -> list[dict]:
    """The courses of which this learner has cards: {"slug", "title", "language", "count"}. One query at most."""
    if not learner.is_authenticated:
        return []
    rows = _answered(learner).values_list("course__slug", "course__title", "course__language")
    counted = rows.annotate(count=Count("pk")).order_by("course__title", "course__slug")
    return [dict(zip(("slug", "title", "language", "count"), row, strict=True)) for row in counted]


def cards_of(learner, course) -> list:
    """The cards of one course with their questions, in the order of the course. One query, none for a visitor."""
    if not learner.is_authenticated:
        return []
    left_out = [
        f"question__lesson__{name}" for name in ("body", "lead", "claims", "summary_html", "apparatus")
    ] + [f"question__passage__{name}" for name in ("source", "segments", "text")]
    return list(
        _answered(learner)
        .filter(course=course)
        .select_related(
            "question__current", "question__lesson__module", "question__passage", "question__objective"
        )
        .defer("question__search_text", "question__current__rendered", *left_out)
        .order_by(
            "question__lesson__module__position", "question__lesson__position", "question__position", "pk"
        )
    )


def deck(cards, course) -> bytes:
    """The cards as an Anki package, a deck for each lesson. Two queries.

    Its notes keep their ids, so that bringing it in again updates them and Anki's own schedule stays.
    """
    labels = dict(course.cited_works.values_list("slug", "short"))
    drafts = [_draft(card.question, course, labels) for card in cards]
    names = set(_ASSET.findall(json.dumps([draft.content for draft in drafts])))
    media = {}
    for asset in Asset.objects.filter(course=course, name__in=names):
        with asset.file.open("rb") as file:
            media[f"assets/{asset.name}"] = file.read()
    titles = {
        card.question.passage.slug: card.question.passage.title for card in cards if card.question.passage
    }
    return write("anki", drafts, media=media, course=course.title, course_id=course.slug, passages=titles)


def _draft(question, course, labels):
    version = question.current
    return QuestionDraft(
        ref=question.slug,
        kind=question.kind,
        content=version.content,
        passage=question.passage.slug if question.passage else "",
        objective=question.objective.slug if question.objective else "",
        level=question.level,
        sources=[labels.get(work) or work for work in question.works],
        category=(course.title, question.lesson.title),
        modified=int(version.created_at.timestamp()),
    )


def table(cards, *, zone: str) -> list[tuple]:
    """The cards as rows for a spreadsheet, the header first."""
    rows = [HEADER]
    for card in cards:
        question, content = card.question, card.question.current.content
        kind = get_kind(question.kind)
        rows.append(
            (
                question.lesson.title,
                question.passage.title if question.passage else "",
                question.stem_text,
                kind.summary(content, kind.correct(content)),
                plain(content.get("explanation", "")),
                card.answers,
                _in_words(card.last_fraction),
                study_day(card.due_at, zone).isoformat() if card.due_at else "",
            )
        )
    return rows


def _in_words(fraction):
    if fraction is None:
        return ""
    return "right" if fraction >= 1 else "partly right" if fraction > 0 else "not right"


# --- the days to come -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """About how much review one study day brings."""

    on: date
    questions: int
    minutes: int


def load_by_day(learner, *, now) -> list[Load]:
    """The load of today and the 13 days after: the forecast that the page of progress draws. Three queries."""
    day = day_of(learner, now=now)
    today = study_day(now, learner.time_zone)
    counts = [count for _, count in reviews_to_come(learner, day, now=now).table[1:]]
    return [
        Load(today + timedelta(days=n), count, day.minutes_for(count))
        for n, count in enumerate([day.count, *counts[1:]])
    ]
