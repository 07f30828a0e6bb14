"""What pages show of a course, the same for everybody, kept in memory as it was made.

An entry is kept under everything it was made from: the times and counts of the rows, a version's hash, the
renderer. An edit changes the key, so the next request of any process makes the entry anew, and nothing has
to be told to forget. What concerns one person is never here. Entries are shared by threads: read only.
"""

import json
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from django.template.loader import render_to_string

from content.markup import marked_safe
from content.models import Lesson, Module, Objective, Passage, Question, QuestionVersion
from content.questions.rendering import answered, asked, hint_of
from studyapp.progress.queries import NumberedLesson, numbered_lessons
from studyapp.study.figures import draw

LONGEST_KEY = 2_000  # characters; a longer answer is drawn without being kept


class Memory:
    """The last `size` things that were asked for, by key. What is longer than `longest` characters is not kept."""

    def __init__(self, size: int, *, longest: int | None = None):
        self.size, self.longest = size, longest
        self._kept = OrderedDict()
        self._lock = Lock()

    def get(self, key, make):
        """What stands under the key, else what `make` returns, which is kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        if self.longest is not None and len(made) > self.longest:
            return made
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)
        return made


_pages, _parts = Memory(256), Memory(1024, longest=30_000)  # a part can hold what somebody wrote
_courses, _lessons, _versions, _questions = Memory(32), Memory(128), Memory(1024), Memory(4096)


# --- a course ---------------------------------------------------------------------------------------------

# What changes whenever a lesson, module or question of a course does. Written out, since every lesson page
# asks it and it must cost next to nothing.
STAMP = f"""
SELECT 11, COUNT(*), SUM(position), SUM(renderer), state, '', CAST(MAX(updated_at) AS TEXT)
  FROM {Lesson._meta.db_table} WHERE course_id = %s GROUP BY state
UNION ALL
SELECT 12, COUNT(*), SUM(position), CAST(SUM(current_id) AS BIGINT), state, use, CAST(MAX(updated_at) AS TEXT)
  FROM {Question._meta.db_table} WHERE course_id = %s GROUP BY state, use
UNION ALL
SELECT 13, id, position, CASE WHEN is_retired THEN 1 ELSE 0 END, title, '', ''
  FROM {Module._meta.db_table} WHERE course_id = %s
"""


@dataclass
class CourseOnShelf:
    """A course as one may see it: its lessons in order, their passages and objectives, its questions."""

    lessons: list[NumberedLesson]
    passages: dict[int, list[Passage]]  # by lesson id, as the next two
    objectives: dict[int, list[Objective]]
    questions: dict[int, list[Question]]  # for practice, with their current versions

    def place_of(self, slug):
        """Index of the lesson with this id, or None."""
        return next((i for i, row in enumerate(self.lessons) if row.lesson.slug == slug), None)


def course_on_shelf(course, stamp) -> CourseOnShelf:
    """The course as this reader may see it, drafts included for its staff. Four queries to make it anew.

    `stamp`: the rows of STAMP.
    """
    return _courses.get((course.pk, course.may_edit, stamp), lambda: _course(course))


def _course(course):
    return CourseOnShelf(
        lessons=numbered_lessons([course.pk], drafts_of=[course.pk] if course.may_edit else [], texts=True),
        passages=_by_lesson(_in_order(Passage.objects.filter(course=course))),
        objectives=_by_lesson(
            Objective.objects.filter(course=course, is_retired=False).order_by("position", "pk")
        ),
        questions=_by_lesson(practisable(course).filter(current__isnull=False).select_related("current")),
    )


def _in_order(passages):
    return passages.filter(is_retired=False).defer("source", "text").order_by("position", "pk")


def _by_lesson(rows):
    found = {}
    for row in rows:
        found.setdefault(row.lesson_id, []).append(row)
    return found


def practisable(course):
    """The questions of a course that practice and checks may show; drafts to its staff only."""
    if course.may_edit:
        states = [Question.State.READY, Question.State.DRAFT]
        return Question.objects.filter(course=course, state__in=states).exclude(use=Question.Use.EXAM)
    return Question.objects.for_practice().filter(course=course)


# --- a lesson ---------------------------------------------------------------------------------------------


@dataclass
class SectionOnShelf:
    """A passage (number 0: what stands before the first). Pieces: {"html"} or {"check": question id}."""

    number: int
    slug: str = ""
    title: str = ""
    pk: int | None = None
    pieces: list = field(default_factory=list)


@dataclass
class LessonOnShelf:
    """The texts of a lesson, drawn. `opening` stands before them, `closing` after; `folds` are its passages by id, as
    each stands under a verdict."""

    lesson: Lesson
    lead: SectionOnShelf
    sections: list[SectionOnShelf]
    opening: str
    closing: str
    terms: list
    folds: dict[int, str]

    @property
    def checks(self) -> set[str]:
        """Ids of the check questions that stand in the text."""
        pieces = [piece for section in [self.lead, *self.sections] for piece in section.pieces]
        return {piece["check"] for piece in pieces if "check" in piece}

    def fold_of(self, passage_pk) -> str:
        """The passage with this id as it stands under a verdict; empty where it is retired or elsewhere."""
        return self.folds.get(passage_pk, "")


def lesson_on_shelf(lesson, course, shelf=None) -> LessonOnShelf:
    """The drawn lesson. `lesson` needs no more than its id, `updated_at` and `renderer`.

    Drawn anew it takes what it needs from the course on the `shelf`, else three queries.
    """
    key = (lesson.pk, lesson.updated_at, lesson.renderer)
    return _lessons.get(
        key, lambda: _from_shelf(lesson, course, shelf) if shelf else _from_rows(lesson, course)
    )


def _from_shelf(lesson, course, shelf):
    return _drawn(lesson, course, shelf.passages.get(lesson.pk, []), shelf.objectives.get(lesson.pk, []))


def _from_rows(lesson, course):
    lesson = Lesson.objects.defer("body").select_related("module").get(pk=lesson.pk)
    objectives = lesson.objectives.filter(is_retired=False).order_by("position", "pk")
    return _drawn(lesson, course, list(_in_order(lesson.passages.all())), list(objectives))


def _drawn(lesson, course, passages, objectives):
    context = {
        "course": course,
        "lesson": lesson,
        "objectives": objectives,
        "goals": _in_words(len(objectives)),
        "claims": _claims(lesson),
        "summary": marked_safe(lesson.summary_html),
        "works": lesson.apparatus.get("works", []),
        "terms": terms_of(lesson),
    }
    sections = [
        SectionOnShelf(n, p.slug, p.title, p.pk, _pieces(p.segments, lesson))
        for n, p in enumerate(passages, start=1)
    ]
    return LessonOnShelf(
        lesson=lesson,
        lead=SectionOnShelf(0, pieces=_pieces(lesson.lead, lesson)),
        sections=sections,
        opening=render_to_string("study/_lesson_opening.html", context),
        closing=render_to_string("study/_lesson_closing.html", context),
        terms=context["terms"],
        folds={section.pk: _fold(section, context) for section in sections},
    )


def _fold(section, context):
    html = marked_safe("\n".join(piece["html"] for piece in section.pieces if "html" in piece))
    terms = [term for term in context["terms"] if f'data-term="{term["slug"]}"' in html]
    passage = {"number": section.number, "title": section.title, "slug": section.slug, "html": html}
    return render_to_string("study/_passage.html", context | {"passage": passage, "terms": terms})


NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CLAIM_LOOKS = {
    "accurate": ("is-right", "check"),
    "imprecise": ("is-warn", "half"),
    "unsupported": ("is-wrong", "ask"),
    "misleading": ("is-wrong", "slant"),
    "contested": ("is-warn", "split"),
}


def _in_words(count):
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _pieces(segments, lesson):
    pieces = []
    for segment in segments:
        if "html" in segment:
            _add_html(pieces, segment["html"])
        elif "check" in segment:
            pieces.append({"check": segment["check"]})
        elif figure := lesson.apparatus.get("figures", {}).get(segment.get("figure")):
            _add_html(pieces, _figure(segment["figure"], figure, lesson))
    return pieces


def _add_html(pieces, html):
    if pieces and "html" in pieces[-1]:
        html = pieces.pop()["html"] + "\n" + html
    pieces.append({"html": marked_safe(html)})


def _figure(slug, definition, lesson):
    drawing = draw(definition)
    named = _works_named(lesson)
    piece = {
        "figure": drawing,
        "id": f"figure_{slug}",
        "note": marked_safe(definition["note_html"]) if definition.get("note_html") else drawing.note,
        "sources": [named.get(source, source) for source in drawing.sources],
    }
    return render_to_string("study/_figure.html", {"piece": piece})


def _works_named(lesson):
    """Author and year of each work; the list at the end of the lesson has the rest."""
    return {work["id"]: work.get("short") or work["label"] for work in lesson.apparatus.get("works", [])}


def terms_of(lesson, *, used_in=None):
    """The glossary entries of a lesson; only those that some HTML mentions where that is given."""
    return [
        {"slug": slug, "term": term["term"], "html": marked_safe(term["html"])}
        for slug, term in lesson.apparatus.get("terms", {}).items()
        if used_in is None or f'data-term="{slug}"' in used_in
    ]


def _claims(lesson):
    named = _works_named(lesson)
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
                "works": [named.get(work, work) for work in claim.get("works", [])],
            }
        )
    return shown


# --- a page -----------------------------------------------------------------------------------------------

_MARK = secrets.token_hex(8)  # no author can know it, so no text can hold a gap
_GAP = re.compile(f"{_MARK}:([a-z]+)((?::[0-9]+)*);")


def gap(name: str, *numbers: int) -> str:
    """What stands in a page on the shelf where something of one person or one moment belongs."""
    return f"{_MARK}:{name}{''.join(f':{number}' for number in numbers)};"


def page_on_shelf(key, make, fill) -> str:
    """The page under this key with its gaps filled: `fill[name](*numbers)` gives what stands in each.

    `make` renders it with gaps in place of what `fill` fills. The key must name all else that is in it.
    """
    return _filled(_pages.get(key, make), fill)


def part_on_shelf(key, make, fill) -> str:
    """The same for a part of a page."""
    return _filled(_parts.get(key, make), fill)


def _filled(page, fill):
    return _GAP.sub(lambda found: fill[found[1]](*map(int, found[2].split(":")[1:])), page)


# --- a question -------------------------------------------------------------------------------------------


def version_on_shelf(pk, content_hash, renderer) -> QuestionVersion:
    """The wording with this id. It never changes but for its rendered form, so hash and renderer name it."""
    return _versions.get((pk, content_hash, renderer), lambda: QuestionVersion.objects.get(pk=pk))


@dataclass(frozen=True)
class DrawnQuestion:
    """A question's fields, or its answer looked over, as HTML; and what the page around it says."""

    html: str
    options: int = 0
    hint: str = ""
    verdict: str = ""
    fraction: float | None = None
    explanation: str = ""


def input_of(
    kind, version, presented, *, prefix, heading="", typed="", error="", response=None, moved=""
) -> DrawnQuestion:
    """The fields to answer with. Nothing that tells the key is in them.

    `response` fills them in; `moved` is the button of the question that was pressed for it.
    """

    def make():
        shown = asked(kind, version.rendered, presented, response)
        if typed and "text" in shown:
            shown["text"] = typed
        context = {
            "shown": shown,
            "prefix": prefix,
            "heading": heading,
            "error": error,
            "moved": moved,
            "keys": bool(heading),
        }
        return DrawnQuestion(
            html=render_to_string(shown["input"], context),
            options=len(shown.get("options", ())),
            hint=hint_of(kind, version.rendered),
        )

    if typed or error or response:
        return make()
    return _kept(("input", prefix, heading), version, presented, make)


def review_of(kind, version, presented, response, *, prefix, heading="") -> DrawnQuestion:
    """The answer looked over, with key, feedback and explanation."""

    def make():
        shown = answered(kind, version.content, version.rendered, presented, response, show_key=True)
        context = {"shown": shown, "prefix": prefix, "heading": heading}
        return DrawnQuestion(
            html=render_to_string(shown["review"], context),
            verdict=shown["verdict"],
            fraction=shown["fraction"],
            explanation=shown["explanation"],
        )

    return _kept(("review", prefix, heading, json.dumps(response)), version, presented, make)


def _kept(about, version, presented, make):
    key = (*about, version.pk, version.content_hash, version.renderer, json.dumps(presented))
    return make() if sum(len(str(part)) for part in key) > LONGEST_KEY else _questions.get(key, make)
