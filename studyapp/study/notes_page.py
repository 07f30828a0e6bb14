"""Reads of what a learner wrote and marked: on one passage, and everything by course."""

from dataclasses import dataclass, field

from django.http import Http404

from content.html_markdown import from_plain
from content.models import Passage
from content.text import fold
from studyapp.classes.access import courses_for
from studyapp.reading.anchoring import quoted, read, sentences
from studyapp.reading.models import Highlight, Note
from studyapp.reading.notes import versions_of
from studyapp.study.own_words import HighlightShown, NoteShown, OwnWords, own_words, wanted_of
from studyapp.study.shelf import SectionOnShelf, lesson_on_shelf

MOST_VERSIONS = 50


# --- one passage ------------------------------------------------------------------------------------------


def section_for(lesson, slug) -> SectionOnShelf:
    """A passage that this lesson shows, or Http404."""
    sections = lesson_on_shelf(lesson, lesson.course).sections
    section = next((section for section in sections if section.slug == slug), None)
    if section is None:
        raise Http404
    return section


def own_words_on(learner, section) -> OwnWords:
    """What the learner has on this passage. Two queries, none for a visitor."""
    if not learner.is_authenticated:
        return own_words(section, [], [])[1]
    about = {"learner": learner, "passage": section.pk}
    notes = Note.objects.written().filter(**about).order_by("-pk")
    shown = [NoteShown(note.pk, note.text, note.at) for note in notes]
    return own_words(section, shown, wanted_of(Highlight.objects.filter(**about).order_by("pk")))[1]


def sentences_of(section) -> list[str]:
    """The sentences of a passage, each once, to choose one to highlight without a pointer."""
    reading = read([piece["html"] for piece in section.pieces if "html" in piece])
    return list(dict.fromkeys(quoted(reading.text, *span) for span in sentences(reading)))


def earlier_versions(learner, passage_pk) -> list[Note]:
    """Versions that were replaced and are still kept, newest first. One query, none for a visitor."""
    if not learner.is_authenticated:
        return []
    versions = versions_of(learner, passage_pk).filter(replaced_at__isnull=False).exclude(text="")
    return list(versions[:MOST_VERSIONS])


# --- all of them ------------------------------------------------------------------------------------------


@dataclass
class NotedPassage:
    """What a learner has on a passage; not shown: the passage was retired."""

    slug: str
    title: str
    is_shown: bool
    notes: list[NoteShown] = field(default_factory=list)
    highlights: list[HighlightShown] = field(default_factory=list)


@dataclass
class NotedLesson:
    course_slug: str
    course_title: str
    course_language: str
    slug: str
    title: str
    is_shown: bool
    passages: list[NotedPassage] = field(default_factory=list)


def all_notes(learner, *, words=(), course="", lesson="") -> list[NotedLesson]:
    """Every note and highlight in courses the learner may open, in the order of the courses; those that hold all of
    the (folded) words where words are given. Four queries at most.
    """
    if not learner.is_authenticated:
        return []
    limits = {"learner": learner, "passage__course__in": courses_for(learner).values("pk")}
    if course:
        limits["passage__course__slug"] = course
    if lesson:
        limits["passage__lesson__slug"] = lesson
    notes, highlights = {}, {}
    for note in Note.objects.written().filter(**limits).order_by("-pk"):
        notes.setdefault(note.passage_id, []).append(NoteShown(note.pk, note.text, note.at))
    for highlight in Highlight.objects.filter(**limits).order_by("pk"):
        highlights.setdefault(highlight.passage_id, []).append(highlight)
    passages = Passage.objects.filter(pk__in={*notes, *highlights})
    passages = passages.select_related("lesson__module", "course").defer(
        "source",
        "text",
        "lesson__body",
        "lesson__lead",
        "lesson__claims",
        "lesson__summary_html",
        "lesson__apparatus",
    )
    found = []
    for passage in passages.order_by(
        "course__title", "course", "lesson__module__position", "lesson__position", "lesson", "position", "pk"
    ):
        noted = _noted(passage, notes.get(passage.pk, []), highlights.get(passage.pk, []))
        if not _holds(noted, words):
            continue
        about = passage.lesson
        if not found or (found[-1].course_slug, found[-1].slug) != (passage.course.slug, about.slug):
            is_shown = about.is_shown and not about.module.is_retired
            found.append(
                NotedLesson(
                    passage.course.slug,
                    passage.course.title,
                    passage.course.language,
                    about.slug,
                    about.title,
                    is_shown,
                )
            )
        found[-1].passages.append(noted)
    return found


def _noted(passage, notes, highlights):
    shown = []
    if highlights:
        section = SectionOnShelf(0, passage.slug, passage.title, passage.pk, passage.segments)
        shown = own_words(section, [], wanted_of(highlights))[1].highlights
    return NotedPassage(passage.slug, passage.title, not passage.is_retired, notes, shown)


def _holds(noted, words):
    if not words:
        return True
    texts = [note.text for note in noted.notes] + [highlight.quote for highlight in noted.highlights]
    text = fold("\n".join([noted.title, *texts]))
    return all(word in text for word in words)


def as_markdown(lessons, *, site) -> str:
    """Notes and highlights as one Markdown document. `site`: where the links lead. Pure."""
    lines, course = ["# My notes", ""], None
    for lesson in lessons:
        if lesson.course_slug != course:
            course = lesson.course_slug
            lines += [f"## {_line(lesson.course_title)}", ""]
        lines += [f"### {_line(lesson.title)}", ""]
        for passage in lesson.passages:
            lines += [f"#### {_line(passage.title)}", ""]
            if lesson.is_shown and passage.is_shown:
                lines += [f"<{site}/courses/{lesson.course_slug}/{lesson.slug}/#{passage.slug}>", ""]
            for highlight in passage.highlights:
                lines += [f"> {_line(highlight.quote)}", ""]
                if highlight.is_lost:
                    lines += ["(These words are no longer in the text.)", ""]
            for note in passage.notes:
                lines += [from_plain(note.text), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _line(text):
    return from_plain(" ".join(text.split()))
