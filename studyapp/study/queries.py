"""Reads of the learner's pages: each a fixed number of queries, each row already limited to what may be seen."""

import random
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404

from content.access import courses_edited_by
from content.markup import marked_safe, plain
from content.models import Lesson, Passage, Question
from content.questions import get_kind
from content.questions.rendering import answered, asked, hint_of
from studyapp.classes.access import courses_for
from studyapp.progress.queries import NumberedLesson, numbered_lessons, with_is_read
from studyapp.quizzes.models import Attempt, Mark
from studyapp.quizzes.picking import LONGEST_PRACTICE
from studyapp.quizzes.saving import new_save
from studyapp.reading.models import ReadingPlace
from studyapp.review.models import Card
from studyapp.study.dates import span
from studyapp.study.excerpts import excerpt
from studyapp.study.figures import draw

VERDICTS = {
    "right": "Right",
    "partly": "Partly right",
    "wrong": "Not quite",
    "unmarked": "Saved; a person will mark this",
}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CLAIM_LOOKS = {
    "accurate": ("is-right", "check"),
    "imprecise": ("is-warn", "half"),
    "unsupported": ("is-wrong", "ask"),
    "misleading": ("is-wrong", "slant"),
    "contested": ("is-warn", "split"),
}


# --- a question, asked or answered ------------------------------------------------------------------------


@dataclass
class QuestionView:
    """One question as a page shows it: asked with the fields that save its answer, or answered with its verdict."""

    slug: str
    shown: dict  # for the kind's template: `asked` or `answered` of content.questions.rendering
    save: object = None
    hint: str = ""
    error: str = ""
    saved_at: object = None
    verdict: str = ""  # "", right, partly, wrong, unmarked
    is_outdated: bool = False  # answered in a wording that was changed since
    is_draft: bool = False

    @property
    def is_answered(self) -> bool:
        return bool(self.verdict)

    @property
    def percent(self) -> int:
        """What a partly right answer earned, in per cent of the point."""
        return round(100 * (self.shown["fraction"] or 0))

    @property
    def verdict_words(self) -> str:
        return VERDICTS[self.verdict]

    @property
    def look(self) -> str:
        return {"right": "is-right", "partly": "is-part", "unmarked": "is-part"}.get(self.verdict, "is-wrong")


def asked_question(question, version, presented, *, save, typed="", error=""):
    """The question to be answered. Nothing of it that tells the key leaves this function.

    After a post that was refused, `error` says why and `typed` stands in the field again.
    """
    shown = asked(question.kind, version.rendered, presented)
    if typed and "text" in shown:
        shown["text"] = typed
    return QuestionView(
        slug=question.slug,
        shown=shown,
        save=save,
        hint=hint_of(question.kind, version.rendered),
        error=error,
        is_draft=question.state == Question.State.DRAFT,
    )


def answered_question(question, version, presented, response, *, saved_at):
    """The question after its answer, with key, feedback and explanation."""
    shown = answered(question.kind, version.content, version.rendered, presented, response, show_key=True)
    return QuestionView(
        slug=question.slug,
        shown=shown,
        saved_at=saved_at,
        verdict=shown["verdict"],
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
    """A passage (or, with number 0, what stands before the first) and its pieces, in order:
    {"html"}, {"check": QuestionView} or {"figure": Drawing, "id"}."""

    number: int
    slug: str = ""
    title: str = ""
    is_read: bool = False
    pk: int | None = None
    pieces: list = field(default_factory=list)


@dataclass
class LessonPage:
    lesson: Lesson
    number: str
    module_number: int
    following: NumberedLesson | None
    lead: Section
    sections: list[Section]
    objectives: list
    claims: list
    terms: list
    works: list
    practice_count: int
    stopped_at: str  # slug of a passage, or ""

    @property
    def is_read(self) -> bool:
        return bool(self.sections) and all(section.is_read for section in self.sections)

    @property
    def where(self) -> str:
        return f"{self.lesson.course.title} · Module {self.module_number}, {self.lesson.module.title}"

    @property
    def goals(self) -> str:
        """How many things one can do after this lesson, in words up to ten."""
        count = len(self.objectives)
        return NUMBERS[count] if count < len(NUMBERS) else str(count)

    @property
    def practice_length(self) -> int:
        return min(self.practice_count, LONGEST_PRACTICE)

    @property
    def summary(self):
        return marked_safe(self.lesson.summary_html)

    @property
    def notice(self):
        return marked_safe(self.lesson.course.notice_html)


def lessons_for(reader, course_slug, slug):
    """The lesson as a queryset of one row or none: only where this person may open its course, drafts only
    for the course's staff. The row comes with its course and module, and with `may_edit`."""
    return (
        Lesson.objects.filter(
            course__in=courses_for(reader), course__slug=course_slug, slug=slug, module__is_retired=False
        )
        .annotate(may_edit=Exists(courses_edited_by(reader).filter(pk=OuterRef("course"))))
        .filter(Q(state=Lesson.State.READY) | Q(state=Lesson.State.DRAFT, may_edit=True))
        .select_related("course", "module")
    )


def lesson_for(reader, course_slug, slug) -> Lesson:
    """The lesson without its texts, or Http404, alike for a missing and for a foreign one."""
    lessons = lessons_for(reader, course_slug, slug)
    return _only(lessons.defer("body", "claims", "summary_html", "apparatus"))


def _only(lessons):
    lesson = lessons.first()
    if lesson is None:
        raise Http404
    lesson.course.may_edit = lesson.may_edit
    return lesson


def practisable(course):
    """The questions of a course that practice and checks may show; drafts to its staff only."""
    if course.may_edit:
        open_states = [Question.State.READY, Question.State.DRAFT]
        return Question.objects.filter(course=course, state__in=open_states).exclude(use=Question.Use.EXAM)
    return Question.objects.for_practice().filter(course=course)


def lesson_page(reader, course_slug, slug, *, seed, writer, again="", refused=None) -> LessonPage:
    """Everything the reader's page shows, in five queries for a visitor and six for a learner.

    `seed` tells readers apart in the forms' client ids, `writer` names this page. `again`: a question to
    ask once more though it is answered. `refused`: {question: (error, what was typed)} after a post that
    could not be understood.
    """
    lesson = _lesson_with_place(reader, course_slug, slug)
    course = lesson.course
    numbered = numbered_lessons([course.pk], drafts_of=[course.pk] if course.may_edit else [])
    at = next(i for i, row in enumerate(numbered) if row.lesson.pk == lesson.pk)
    passages = list(
        with_is_read(Passage.objects.filter(lesson=lesson, is_retired=False), reader)
        .defer("source", "text")
        .order_by("position", "pk")
    )
    checks = _checks(reader, lesson, passages, seed=seed, writer=writer, again=again, refused=refused or {})
    return LessonPage(
        lesson=lesson,
        number=numbered[at].number,
        module_number=numbered[at].module_number,
        following=numbered[at + 1] if at + 1 < len(numbered) else None,
        lead=Section(0, pieces=_pieces(lesson.lead, lesson, checks)),
        sections=[
            Section(n, p.slug, p.title, p.is_read, p.pk, _pieces(p.segments, lesson, checks))
            for n, p in enumerate(passages, start=1)
        ],
        objectives=list(lesson.objectives.filter(is_retired=False)),
        claims=_claims(lesson),
        terms=terms_of(lesson),
        works=lesson.apparatus.get("works", []),
        practice_count=lesson.practice_count,
        stopped_at=next((p.slug for p in passages if p.pk == lesson.stopped_at), ""),
    )


def _lesson_with_place(reader, course_slug, slug):
    questions = Question.objects.for_practice().filter(lesson=OuterRef("pk")).order_by().values("lesson")
    place = ReadingPlace.objects.none()
    if reader.is_authenticated:
        place = ReadingPlace.objects.filter(learner=reader, lesson=OuterRef("pk"))
    return _only(
        lessons_for(reader, course_slug, slug)
        .defer("body")
        .annotate(
            practice_count=Coalesce(Subquery(questions.annotate(n=Count("pk")).values("n")), 0),
            stopped_at=Subquery(place.values("passage_id")[:1]),
        )
    )


def _pieces(segments, lesson, checks):
    pieces = []
    for segment in segments:
        if "html" in segment:
            pieces.append({"html": marked_safe(segment["html"])})
        elif segment.get("check") in checks:
            pieces.append({"check": checks[segment["check"]]})
        elif figure := lesson.apparatus.get("figures", {}).get(segment.get("figure")):
            pieces.append(figure_piece(segment["figure"], figure, lesson))
    return pieces


def figure_piece(slug, definition, lesson):
    """A figure to draw, with the labels of the works it rests on and its note as HTML."""
    drawing = draw(definition)
    labels = {work["id"]: work["label"] for work in lesson.apparatus.get("works", [])}
    return {
        "figure": drawing,
        "id": f"figure_{slug}",
        "note": marked_safe(definition["note_html"]) if definition.get("note_html") else drawing.note,
        "sources": [labels.get(source, source) for source in drawing.sources],
    }


def terms_of(lesson, *, used_in=None):
    """The glossary entries of a lesson; only those that some HTML mentions where that is given."""
    return [
        {"slug": slug, "term": term["term"], "html": marked_safe(term["html"])}
        for slug, term in lesson.apparatus.get("terms", {}).items()
        if used_in is None or f'data-term="{slug}"' in used_in
    ]


def _claims(lesson):
    labels = {work["id"]: work["label"] for work in lesson.apparatus.get("works", [])}
    shown = []
    for claim in lesson.claims:
        look, icon = CLAIM_LOOKS.get(claim["verdict"], ("", "ask"))
        shown.append(
            {
                "claim": marked_safe(claim["claim_html"]),
                "record": marked_safe(claim["record_html"]),
                "verdict": claim["verdict"].capitalize(),
                "look": look,
                "icon": icon,
                "works": [labels.get(work, work) for work in claim.get("works", [])],
            }
        )
    return shown


# --- check questions --------------------------------------------------------------------------------------


def not_held(questions, reader):
    """These questions without those of which a quiz holds back an answer of this reader."""
    if not reader.is_authenticated:
        return questions
    return questions.exclude(Exists(Card.objects.filter(learner=reader, question=OuterRef("pk"), held=True)))


def check_question(reader, lesson, slug) -> Question:
    """A check question that stands in this lesson, with its current version, or Http404."""
    passages = Passage.objects.filter(lesson=lesson, is_retired=False).values_list("segments", flat=True)
    segments = [*lesson.lead, *(segment for of_passage in passages for segment in of_passage)]
    if slug not in {segment.get("check") for segment in segments}:
        raise Http404
    questions = not_held(practisable(lesson.course), reader)
    question = questions.filter(slug=slug).select_related("current").first()
    if question is None or question.current is None:
        raise Http404
    question.course = lesson.course
    return question


def asked_check(question, *, seed, writer, tries, typed="", error=""):
    """A check question with its form (after a refusal with what was typed, and why it was not taken)."""
    version = question.current
    save = new_save(seed, version.pk, tries, writer=f"{writer}-{question.pk}")
    presented = presented_check(question)
    return asked_question(question, version, presented, save=save, typed=typed, error=error)


def presented_check(question):
    """The order of options in which a check is shown, the one its item will keep."""
    return get_kind(question.kind).present(question.current.content, check_rng(question.current))


def check_marks(reader, lesson, question_ids):
    """Question id → the current marks of this reader's answers to it, oldest first. One query."""
    found = {}
    if not reader.is_authenticated or not question_ids:
        return found
    marks = (
        Mark.objects.filter(
            item__attempt__learner=reader,
            item__attempt__kind=Attempt.Kind.CHECK,
            item__attempt__lesson=lesson,
            item__question__in=question_ids,
            answer__isnull=False,
        )
        .select_related("answer", "item__version")
        .order_by("item_id", "number")
    )
    for mark in marks:
        found.setdefault(mark.item.question_id, []).append(mark)
    return found


def _checks(reader, lesson, passages, *, seed, writer, again, refused):
    """Question id → how its check stands now. Two queries, one for a visitor."""
    segments = [*lesson.lead, *(segment for passage in passages for segment in passage.segments)]
    wanted = [segment["check"] for segment in segments if "check" in segment]
    if not wanted:
        return {}
    questions = not_held(practisable(lesson.course), reader).filter(slug__in=wanted, current__isnull=False)
    questions = list(questions.select_related("current"))
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
    """A check question with the verdict on the answer that has this mark."""
    item, answer = mark.item, mark.answer
    return answered_question(question, item.version, item.presented, answer.response, saved_at=answer.at)


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
