"""Reads of the learner's pages: each a fixed number of queries, each row already limited to what may be seen."""

import json
import math
import random
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.utils import timezone

from content.markup import marked_safe, plain
from content.models import Lesson, Passage, Question
from content.questions import get_kind, scripts_of
from studyapp.classes.access import course_for
from studyapp.progress.queries import NumberedLesson
from studyapp.quizzes.models import Attempt, AttemptItem, Mark, SavedAnswer
from studyapp.quizzes.picking import LONGEST_PRACTICE
from studyapp.quizzes.saving import new_save
from studyapp.reading.anchoring import Wanted
from studyapp.reading.models import Highlight, Note, PassageRead, ReadingPlace
from studyapp.review.models import Card
from studyapp.review.queue import SECONDS_A_QUESTION
from studyapp.study.dates import span
from studyapp.study.excerpts import excerpt
from studyapp.study.own_words import NoteShown, OwnWords, own_words
from studyapp.study.shelf import (
    STAMP,
    DrawnQuestion,
    course_on_shelf,
    input_of,
    lesson_on_shelf,
    practisable,
    review_of,
)

VERDICTS = {
    "right": "Right",
    "partly": "Partly right",
    "wrong": "Not quite",
    "unmarked": "Saved; a person will mark this",
}
# --- a question, asked or answered ------------------------------------------------------------------------


@dataclass(frozen=True)
class Saved:
    """When an answer was stored, by the clock of whoever reads it."""

    iso: str
    clock: str
    minute: str

    @classmethod
    def at(cls, moment):
        told = timezone.localtime(moment)
        return cls(told.isoformat(timespec="seconds"), f"{told:%H:%M:%S}", f"{told:%H:%M}")


@dataclass
class QuestionView:
    """One question as a page shows it: asked with the fields that save its answer, or answered with its verdict."""

    slug: str
    kind: str
    drawn: DrawnQuestion
    save: object = None
    error: str = ""
    saved: object = None
    is_outdated: bool = False  # answered in a wording that was changed since
    is_draft: bool = False

    @property
    def verdict(self) -> str:
        """Empty while it is asked; else right, partly, wrong or unmarked."""
        return self.drawn.verdict

    @property
    def is_answered(self) -> bool:
        return bool(self.verdict)

    @property
    def percent(self) -> int:
        """What a partly right answer earned, in per cent of the point."""
        return round(100 * (self.drawn.fraction or 0))

    @property
    def verdict_words(self) -> str:
        return VERDICTS[self.verdict]

    @property
    def look(self) -> str:
        return {"right": "is-right", "partly": "is-part", "unmarked": "is-part"}.get(self.verdict, "is-wrong")


def asked_question(question, version, presented, *, prefix, save, **so_far):
    """The question to be answered. Nothing of it that tells the key leaves this function.

    `so_far`: what `input_of` takes beside it. After a post that was refused, `error` says why and `typed` stands in
    the field again; after a button of the question itself, `response` is what it made of the fields.
    """
    return QuestionView(
        slug=question.slug,
        kind=question.kind,
        drawn=input_of(question.kind, version, presented, prefix=prefix, **so_far),
        save=save,
        error=so_far.get("error", ""),
        is_draft=question.state == Question.State.DRAFT,
    )


def answered_question(question, version, presented, response, *, prefix, saved_at, heading=""):
    """The question after its answer, with key, feedback and explanation."""
    return QuestionView(
        slug=question.slug,
        kind=question.kind,
        drawn=review_of(question.kind, version, presented, response, prefix=prefix, heading=heading),
        saved=Saved.at(saved_at),
        is_outdated=version.pk != question.current_id,
        is_draft=question.state == Question.State.DRAFT,
    )


def check_rng(version) -> random.Random:
    """Draws the order of options of a check question: always the same for one wording, since a lesson shows
    it before anything is stored."""
    return random.Random(f"check {version.pk}")


# --- the lesson reader ------------------------------------------------------------------------------------


@dataclass
class Section:
    """A passage as one reader sees it. Pieces: {"html"} or {"check": QuestionView}."""

    number: int
    slug: str
    title: str
    pieces: list
    is_read: bool = False
    own: OwnWords | None = None


@dataclass
class LessonPage:
    lesson: Lesson
    number: str
    module_number: int
    following: NumberedLesson | None
    lead: Section
    sections: list[Section]
    opening: str
    closing: str
    practice_count: int
    stopped_at: str  # slug of a passage, or ""

    @property
    def is_read(self) -> bool:
        return bool(self.sections) and all(section.is_read for section in self.sections)

    @property
    def has_claims(self) -> bool:
        return bool(self.lesson.claims)

    @property
    def scripts(self) -> list[str]:
        """The scripts of the kinds that the text asks, each once."""
        pieces = [piece for section in (self.lead, *self.sections) for piece in section.pieces]
        return scripts_of(piece["check"].kind for piece in pieces if "check" in piece)

    @property
    def where(self) -> str:
        return f"Module {self.module_number}"

    @property
    def practice_length(self) -> int:
        return min(self.practice_count, LONGEST_PRACTICE)

    @property
    def minutes_to_answer(self) -> int:
        return math.ceil(self.practice_length * SECONDS_A_QUESTION / 60)

    @property
    def notice(self):
        return marked_safe(self.lesson.course.notice_html)


def lesson_for(reader, course_slug, slug) -> Lesson:
    """The lesson with its course and module, without its texts, where this person may see it; else Http404,
    alike for a missing and for a foreign one."""
    course = course_for(reader, course_slug)
    lessons = Lesson.objects.filter(course=course, slug=slug, module__is_retired=False)
    lessons = lessons.exclude(state=Lesson.State.RETIRED) if course.may_edit else lessons.shown()
    lesson = (
        lessons.defer("body", "lead", "claims", "summary_html", "apparatus").select_related("module").first()
    )
    if lesson is None:
        raise Http404
    lesson.course = course
    return lesson


def lesson_page(course, slug, stamp, state, *, save_for, again="", so_far=None) -> LessonPage:
    """Everything the reader's page shows, from the course on the shelf and the reader's `state`.

    No query, four after an edit, and one for each answer to a wording that was changed since.

    `save_for(question, tries)` gives the hidden fields of a check's form. `again`: a question to ask once
    more though it is answered. `so_far`: {question: how its form stands} after a post that was no answer,
    see `asked_question`.
    """
    shelf = course_on_shelf(course, stamp)
    at = shelf.place_of(slug)
    if at is None:
        raise Http404
    numbered = shelf.lessons[at]
    texts = lesson_on_shelf(numbered.lesson, course, shelf)
    lesson = copy(texts.lesson)
    lesson.course = course
    read, place = state.read, state.place
    questions = shelf.questions.get(lesson.pk, [])
    held = state.held
    checks = _checks(
        state.marks,
        [question for question in questions if question.slug in texts.checks and question.pk not in held],
        save_for=save_for,
        again=again,
        so_far=so_far or {},
    )
    return LessonPage(
        lesson=lesson,
        number=numbered.number,
        module_number=numbered.module_number,
        following=shelf.lessons[at + 1] if at + 1 < len(shelf.lessons) else None,
        lead=_section(texts.lead, checks, read),
        sections=[
            _section(section, checks, read, state.notes, state.highlights) for section in texts.sections
        ],
        opening=texts.opening,
        closing=texts.closing,
        practice_count=sum(question.state == Question.State.READY for question in questions),
        stopped_at=next((section.slug for section in texts.sections if section.pk == place), ""),
    )


# What a lesson page shows of one reader, written out for the same reason as the stamp of a course.
_READER = f"""
SELECT 1, r.passage_id, 0, 0, '', '', '' FROM {PassageRead._meta.db_table} r
  JOIN {Passage._meta.db_table} p ON p.id = r.passage_id
 WHERE r.learner_id = %s AND p.course_id = %s
UNION ALL
SELECT 2, p.passage_id, 0, 0, '', '', '' FROM {ReadingPlace._meta.db_table} p
  JOIN {Lesson._meta.db_table} l ON l.id = p.lesson_id
 WHERE p.learner_id = %s AND l.course_id = %s AND l.slug = %s
UNION ALL
SELECT 3, m.id, i.question_id, i.version_id, CAST(i.presented AS TEXT), CAST(s.response AS TEXT), CAST(s.at AS TEXT)
  FROM {Mark._meta.db_table} m
  JOIN {SavedAnswer._meta.db_table} s ON s.id = m.answer_id
  JOIN {AttemptItem._meta.db_table} i ON i.id = m.item_id
  JOIN {Attempt._meta.db_table} a ON a.id = i.attempt_id
  JOIN {Lesson._meta.db_table} l ON l.id = a.lesson_id
 WHERE a.learner_id = %s AND a.kind = '{Attempt.Kind.CHECK.value}' AND l.course_id = %s AND l.slug = %s
UNION ALL
SELECT 4, c.question_id, 0, 0, '', '', '' FROM {Card._meta.db_table} c
 WHERE c.learner_id = %s AND c.course_id = %s AND c.held
UNION ALL
SELECT 5, n.id, n.passage_id, 0, n.text, '', CAST(n.at AS TEXT) FROM {Note._meta.db_table} n
  JOIN {Passage._meta.db_table} p ON p.id = n.passage_id
  JOIN {Lesson._meta.db_table} l ON l.id = p.lesson_id
 WHERE n.learner_id = %s AND l.course_id = %s AND l.slug = %s AND n.replaced_at IS NULL AND n.text <> ''
UNION ALL
SELECT 6, h.id, h.passage_id, 0, h.quote, h.before, h.after FROM {Highlight._meta.db_table} h
  JOIN {Passage._meta.db_table} p ON p.id = h.passage_id
  JOIN {Lesson._meta.db_table} l ON l.id = p.lesson_id
 WHERE h.learner_id = %s AND l.course_id = %s AND l.slug = %s
"""


@dataclass(frozen=True)
class ReaderState:
    """What a lesson page shows of one reader: what they read, their place, their answers to its checks, their notes
    and highlights."""

    rows: tuple = ()

    @property
    def read(self) -> set[int]:
        return {row[1] for row in self.rows if row[0] == 1}

    @property
    def place(self) -> int | None:
        return next((row[1] for row in self.rows if row[0] == 2), None)

    @property
    def held(self) -> set[int]:
        """Ids of questions of which a quiz holds back an answer: they are not asked as checks."""
        return {row[1] for row in self.rows if row[0] == 4}

    @property
    def marks(self) -> dict:
        """Question id → marked answers, the current one last."""
        found = {}
        for _, _, question_id, version_id, presented, response, at in (r for r in self.rows if r[0] == 3):
            mark = CheckMark(version_id, json.loads(presented), json.loads(response), _moment(at))
            found.setdefault(question_id, []).append(mark)
        return found

    @property
    def notes(self) -> dict:
        """Passage id → current versions of its note, newest first."""
        found = {}
        for _, pk, passage_id, _, text, _, at in (r for r in self.rows if r[0] == 5):
            found.setdefault(passage_id, []).insert(0, NoteShown(pk, text, _moment(at)))
        return found

    @property
    def highlights(self) -> dict:
        """Passage id → highlights, in the order they were made."""
        found = {}
        for _, pk, passage_id, _, *words in (r for r in self.rows if r[0] == 6):
            found.setdefault(passage_id, []).append(Wanted(pk, *words))
        return found


def _moment(text):
    """A moment as the database wrote it out; SQLite leaves out that it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def stamp_and_state(reader, course, slug) -> tuple[tuple, ReaderState]:
    """The stamp of the course, and how this lesson of it stands with this reader. One short query."""
    statement, values = STAMP, [course.pk] * 3
    if reader.is_authenticated:
        who = [reader.pk, course.pk]
        values += [*who, *who, slug, *who, slug, *who, *who, slug, *who, slug]
        statement = f"{STAMP} UNION ALL {_READER}"
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    stamp = tuple(sorted((row for row in rows if row[0] > 10), key=str))
    return stamp, ReaderState(tuple(sorted((row for row in rows if row[0] < 10), key=_by_kind_and_id)))


def _by_kind_and_id(row):
    return row[0], row[1] or 0


def _section(section, checks, read, notes=None, highlights=None):
    pieces, texts, own = [], section.pieces, None
    if notes is not None:
        texts, own = own_words(section, notes.get(section.pk, []), highlights.get(section.pk, []))
    for piece in texts:
        if "html" in piece:
            pieces.append(piece)
        elif piece["check"] in checks:
            pieces.append({"check": checks[piece["check"]]})
    return Section(section.number, section.slug, section.title, pieces, section.pk in read, own)


# --- check questions --------------------------------------------------------------------------------------


def check_question(reader, lesson, slug) -> Question:
    """A check question that stands in this lesson, with its current version, or Http404; so, too, while a quiz
    holds back an answer of this reader to it."""
    questions = practisable(lesson.course).filter(lesson=lesson, slug=slug)
    if reader.is_authenticated:
        held = Card.objects.filter(learner=reader, question=OuterRef("pk"), held=True)
        questions = questions.exclude(Exists(held))
    question = questions.select_related("current").first()
    if question is None or question.current is None:
        raise Http404
    if slug not in lesson_on_shelf(lesson, lesson.course).checks:
        raise Http404
    question.course = lesson.course
    return question


def prefix_of(question) -> str:
    """What keeps the fields of this question apart from those of others on a page."""
    return f"q_{question.slug}_"


def asked_check(question, *, save, **so_far):
    """A check question with its form; `so_far` as in `asked_question`."""
    return asked_question(
        question,
        question.current,
        presented_check(question),
        prefix=prefix_of(question),
        save=save,
        **so_far,
    )


def check_save(seed, writer, version_pk, tries):
    """The hidden fields of a check's form: `seed` tells readers apart, `writer` names the page."""
    return new_save(seed, version_pk, tries, writer=writer)


def presented_check(question):
    """The order of options in which a check is shown, the one its item will keep."""
    return get_kind(question.kind).present(question.current.content, check_rng(question.current))


@dataclass(frozen=True)
class CheckMark:
    """One marked answer to a check question."""

    version_id: int
    presented: dict
    response: object
    saved_at: object


def _checks(marks, questions, *, save_for, again, so_far):
    """Question id → how its check stands now. A query for each answer to a wording that was changed since."""
    views = {}
    for question in questions:
        own = marks.get(question.pk, [])
        if own and question.slug != again and question.slug not in so_far:
            views[question.slug] = answered_check(question, own[-1])
        else:
            save = save_for(question, len(own))
            views[question.slug] = asked_check(question, save=save, **so_far.get(question.slug, {}))
    return views


def answered_check(question, mark):
    """A check question with the verdict on the answer that has this mark, in the wording it was given to."""
    version = question.current
    if version.pk != mark.version_id:
        version = question.versions.get(pk=mark.version_id)
    return answered_question(
        question, version, mark.presented, mark.response, prefix=prefix_of(question), saved_at=mark.saved_at
    )


# --- glossary, timeline, search ---------------------------------------------------------------------------

SEARCH_LONGEST = 200
MOST_FOUND = 20


@dataclass
class Found:
    passages: list
    terms: list
    questions: list

    @property
    def total(self) -> int:
        return len(self.passages) + len(self.terms) + len(self.questions)


def glossary(course):
    """The course's glossary by first letter: [(letter, [entries])]. Two queries."""
    titles = _titles(course)
    groups = []
    for term in sorted(course.terms.filter(is_retired=False), key=lambda t: t.term.casefold()):
        letter = term.term[:1].upper()
        if not groups or groups[-1][0] != letter:
            groups.append((letter, []))
        groups[-1][1].append(
            {
                "slug": term.slug,
                "term": term.term,
                "abbreviation": term.abbreviation,
                "html": marked_safe(term.definition_html),
                "matters": marked_safe(term.matters_html),
                "lessons": [(slug, titles[slug]) for slug in term.lessons if slug in titles],
            }
        )
    return groups


def timeline(course):
    """The course's events by year: [(year, [events])]. Three queries."""
    titles = _titles(course)
    works = dict(course.cited_works.values_list("slug", "short"))
    years = []
    events = course.events.filter(is_retired=False).select_related("lesson").order_by("date", "position")
    for event in events:
        year = event.date[:4]
        if not years or years[-1][0] != year:
            years.append((year, []))
        slug = event.lesson.slug if event.lesson else ""
        years[-1][1].append(
            {
                "slug": event.slug,
                "date": event.date,
                "when": span(event.date, event.end),
                "html": marked_safe(event.html),
                "lesson": slug if slug in titles else "",
                "title": titles.get(slug, ""),
                "works": [works[work] for work in event.works if works.get(work)],
            }
        )
    return years


def _titles(course):
    """Lesson id → title, of the lessons that this reader of the course may see."""
    lessons = course.lessons.filter(module__is_retired=False)
    lessons = lessons.exclude(state=Lesson.State.RETIRED) if course.may_edit else lessons.shown()
    return dict(lessons.values_list("slug", "title"))


def search(reader, course, words) -> Found:
    """What holds all of these words: passages, glossary entries, and questions this reader has answered.

    Never a question that is kept for exams, that waits for release, or that the reader has not met. Three
    queries, two for a visitor.
    """
    if not words:
        return Found([], [], [])
    passages = Passage.objects.filter(
        _all_of(words, "title", "text", "lesson__title"),
        course=course,
        is_retired=False,
        lesson__module__is_retired=False,
    ).select_related("lesson")
    if course.may_edit:
        passages = passages.exclude(lesson__state=Lesson.State.RETIRED)
    else:
        passages = passages.filter(lesson__state=Lesson.State.READY)
    terms = course.terms.filter(_all_of(words, "term", "definition", "matters"), is_retired=False)
    questions = Question.objects.none()
    if reader.is_authenticated:
        questions = (
            Question.objects.for_practice()
            .filter(
                _all_of(words, "search_text", "stem_text"), course=course, lesson__state=Lesson.State.READY
            )
            .filter(cards__learner=reader, cards__held=False)
            .select_related("lesson", "passage")
        )
    order = ("lesson__module__position", "lesson__position", "position")
    passages = list(passages.order_by(*order)[:MOST_FOUND])
    for passage in passages:
        passage.excerpt = excerpt(passage.text, words)
    terms = list(terms.order_by("term")[:MOST_FOUND])
    for term in terms:
        term.excerpt = excerpt(plain(term.definition), words)
    return Found(
        passages=passages,
        terms=terms,
        questions=list(questions.order_by(*order)[:MOST_FOUND]) if reader.is_authenticated else [],
    )


def _all_of(words, *fields):
    """Each word in at least one of the fields. Letters of either case, whatever the database folds."""
    condition = Q()
    for word in words:
        forms = {word, word.lower(), word.capitalize(), word.casefold()}
        any_field = Q()
        for name in fields:
            for form in forms if not word.isascii() else {word}:
                any_field |= Q(**{f"{name}__icontains": form})
        condition &= any_field
    return condition
