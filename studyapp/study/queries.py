"""Reads of the learner's pages: each a fixed number of queries, each row already limited to what may be seen."""

import random
from copy import copy
from dataclasses import dataclass

from django.db.models import Q
from django.http import Http404

from content.markup import marked_safe, plain
from content.models import Lesson, Passage, Question
from content.questions import get_kind
from studyapp.classes.access import course_for
from studyapp.progress.queries import NumberedLesson
from studyapp.quizzes.models import Attempt, Mark
from studyapp.quizzes.picking import LONGEST_PRACTICE
from studyapp.quizzes.saving import new_save
from studyapp.reading.models import PassageRead, ReadingPlace
from studyapp.study.dates import span
from studyapp.study.excerpts import excerpt
from studyapp.study.shelf import (
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


@dataclass
class QuestionView:
    """One question as a page shows it: asked with the fields that save its answer, or answered with its verdict."""

    slug: str
    drawn: DrawnQuestion
    save: object = None
    error: str = ""
    saved_at: object = None
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


def asked_question(question, version, presented, *, prefix, save, heading="", typed="", error=""):
    """The question to be answered. Nothing of it that tells the key leaves this function.

    After a post that was refused, `error` says why and `typed` stands in the field again.
    """
    return QuestionView(
        slug=question.slug,
        drawn=input_of(
            question.kind, version, presented, prefix=prefix, heading=heading, typed=typed, error=error
        ),
        save=save,
        error=error,
        is_draft=question.state == Question.State.DRAFT,
    )


def answered_question(question, version, presented, response, *, prefix, saved_at, heading=""):
    """The question after its answer, with key, feedback and explanation."""
    return QuestionView(
        slug=question.slug,
        drawn=review_of(question.kind, version, presented, response, prefix=prefix, heading=heading),
        saved_at=saved_at,
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
    def where(self) -> str:
        return f"{self.lesson.course.title} · Module {self.module_number}, {self.lesson.module.title}"

    @property
    def practice_length(self) -> int:
        return min(self.practice_count, LONGEST_PRACTICE)

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


def lesson_page(reader, course_slug, slug, *, seed, writer, again="", refused=None) -> LessonPage:
    """Everything the reader's page shows: two queries for a visitor and five for a learner, up to seven more
    after an edit.

    `seed` tells readers apart in the forms' client ids, `writer` names this page. `again`: a question to
    ask once more though it is answered. `refused`: {question: (error, what was typed)} after a post that
    could not be understood.
    """
    course = course_for(reader, course_slug)
    shelf = course_on_shelf(course)
    at = shelf.place_of(slug)
    if at is None:
        raise Http404
    numbered = shelf.lessons[at]
    texts = lesson_on_shelf(numbered.lesson, course)
    lesson = copy(texts.lesson)
    lesson.course = course
    passages = [section.pk for section in texts.sections]
    read, place = _read_and_place(reader, lesson, passages)
    questions = shelf.questions.get(lesson.pk, [])
    checks = _checks(
        reader,
        lesson,
        [question for question in questions if question.slug in texts.checks],
        seed=seed,
        writer=writer,
        again=again,
        refused=refused or {},
    )
    return LessonPage(
        lesson=lesson,
        number=numbered.number,
        module_number=numbered.module_number,
        following=shelf.lessons[at + 1] if at + 1 < len(shelf.lessons) else None,
        lead=_section(texts.lead, checks, read),
        sections=[_section(section, checks, read) for section in texts.sections],
        opening=texts.opening,
        closing=texts.closing,
        practice_count=sum(question.state == Question.State.READY for question in questions),
        stopped_at=next((section.slug for section in texts.sections if section.pk == place), ""),
    )


def _section(section, checks, read):
    pieces = []
    for piece in section.pieces:
        if "html" in piece:
            pieces.append(piece)
        elif piece["check"] in checks:
            pieces.append({"check": checks[piece["check"]]})
    return Section(section.number, section.slug, section.title, pieces, section.pk in read)


def _read_and_place(reader, lesson, passages):
    """Which of these passages the reader has read, and at which they stopped."""
    if not reader.is_authenticated:
        return set(), None
    read = PassageRead.objects.filter(learner=reader, passage__in=passages).values_list(
        "passage_id", flat=True
    )
    place = ReadingPlace.objects.filter(learner=reader, lesson=lesson).values_list("passage_id", flat=True)
    return set(read), next(iter(place), None)


# --- check questions --------------------------------------------------------------------------------------


def check_question(lesson, slug) -> Question:
    """A check question that stands in this lesson, with its current version, or Http404."""
    question = practisable(lesson.course).filter(lesson=lesson, slug=slug).select_related("current").first()
    if question is None or question.current is None:
        raise Http404
    if slug not in lesson_on_shelf(lesson, lesson.course).checks:
        raise Http404
    question.course = lesson.course
    return question


def prefix_of(question) -> str:
    """What keeps the fields of this question apart from those of others on a page."""
    return f"q_{question.slug}_"


def asked_check(question, *, seed, writer, tries, typed="", error=""):
    """A check question with its form (after a refusal with what was typed, and why it was not taken)."""
    version = question.current
    save = new_save(seed, version.pk, tries, writer=f"{writer}-{question.pk}")
    presented = presented_check(question)
    return asked_question(
        question, version, presented, prefix=prefix_of(question), save=save, typed=typed, error=error
    )


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


def check_marks(reader, lesson, question_ids) -> dict[int, list[CheckMark]]:
    """Question id → this reader's marked answers to it in this lesson, the current one last. One query."""
    found = {}
    if not reader.is_authenticated or not question_ids:
        return found
    rows = (
        Mark.objects.filter(
            item__attempt__learner=reader,
            item__attempt__kind=Attempt.Kind.CHECK,
            item__attempt__lesson=lesson,
            item__question__in=question_ids,
            answer__isnull=False,
        )
        .order_by("item_id", "number")
        .values_list(
            "item__question_id", "item__version_id", "item__presented", "answer__response", "answer__at"
        )
    )
    for question_id, *mark in rows:
        found.setdefault(question_id, []).append(CheckMark(*mark))
    return found


def _checks(reader, lesson, questions, *, seed, writer, again, refused):
    """Question id → how its check stands now. One query for a learner, one more for each outdated answer."""
    marks = check_marks(reader, lesson, [question.pk for question in questions])
    views = {}
    for question in questions:
        own = marks.get(question.pk, [])
        if own and question.slug != again and question.slug not in refused:
            views[question.slug] = answered_check(question, own[-1])
        else:
            error, typed = refused.get(question.slug, ("", ""))
            views[question.slug] = asked_check(
                question, seed=seed, writer=writer, tries=len(own), typed=typed, error=error
            )
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
