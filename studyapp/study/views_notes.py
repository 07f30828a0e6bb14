"""Notes and highlights: on a passage, all of them, and a lesson's sheet to study from. Looking stores nothing."""

import re
import secrets

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from content.markup import marked_safe
from content.models import Passage
from content.text import TextRefused, clean_text, fold
from studyapp.accounts.guests import learner_of
from studyapp.htmx import see_other, told_apart, wants_part
from studyapp.reading.notes import (
    LONGEST_NOTE,
    LONGEST_QUOTE,
    NotInText,
    highlight,
    remove_highlight,
    save_note,
    words_in,
)
from studyapp.study import notes_page as reads
from studyapp.study.queries import SEARCH_LONGEST, lesson_for
from studyapp.study.review_page import mistakes
from studyapp.study.shelf import lesson_on_shelf

_WRITER = re.compile(r"[0-9A-Za-z-]{1,36}")
_WHOLE = re.compile(r"[0-9]{1,9}")
_PK = re.compile(r"[0-9]{1,18}")
_IDS = re.compile(r"(?:[0-9]{1,18}(?: [0-9]{1,18}){0,99})?")
OTHER_PERSON = (
    "You are no longer signed in as the person who opened this page, so nothing was saved. Your text still stands "
    "here: sign in again in another tab, then save."
)


@require_http_methods(["GET", "HEAD", "POST"])
def passage_notes(request, course, lesson, passage):
    """One passage: the reader's note, which is saved while they type, and their highlights."""
    lesson = lesson_for(request.user, course, lesson)
    section = reads.section_for(lesson, passage)
    if request.method != "POST":
        is_closed = "close" in request.GET
        return _page(request, lesson, section, part="note", is_open=not is_closed)
    if "text" in request.POST:
        return _save(request, lesson, section)
    if "quote" in request.POST:
        return _highlight(request, lesson, section)
    if "remove" in request.POST:
        return _remove(request, lesson, section)
    raise BadRequest("no button of this page")


def _save(request, lesson, section):
    """Keep the note. While one types (`auto`) only the receipt comes back."""
    writer, number, seen = (request.POST.get(name, "") for name in ("writer", "number", "seen"))
    if not (_WRITER.fullmatch(writer) and _WHOLE.fullmatch(number) and _IDS.fullmatch(seen)):
        raise BadRequest("not the fields of our form")
    typed, owner = request.POST["text"], request.POST.get("owner", "")
    if owner and owner != str(request.user.pk):
        return _not_saved(request, lesson, section, typed, OTHER_PERSON, status=409)
    try:
        text = clean_text(typed, max_length=LONGEST_NOTE)
    except TextRefused as refusal:
        return _not_saved(request, lesson, section, typed, str(refusal), status=422)
    text = text.rstrip()
    if not text and not request.user.is_authenticated:
        return _nothing(request, lesson, section)
    now = timezone.now()
    learner = learner_of(request, now=now)
    saved = save_note(
        learner,
        Passage(pk=section.pk),
        text,
        writer=writer,
        number=int(number),
        seen=[int(pk) for pk in seen.split()],
        now=now,
    )
    if wants_part(request) and "auto" in request.POST:
        known = saved.note.pk or ""
        context = {
            "saved_at": saved.note.at or now,
            "seen": known,
            "owner": learner.pk,
            "others": saved.others,
        }
        return _part(request, "note_receipt", lesson, section, context)
    if wants_part(request):
        return _page(request, lesson, section, part="note", said=f"Saved at {timezone.localtime(now):%H:%M}.")
    return see_other(request, _address(lesson, section))


def _nothing(request, lesson, section):
    """A visitor sent an empty note: there is nothing to keep, and nobody is made for it."""
    if not wants_part(request):
        return see_other(request, _address(lesson, section))
    if "auto" in request.POST:
        return _part(request, "note_receipt", lesson, section, {"seen": "", "owner": ""})
    return _page(request, lesson, section, part="note")


def _not_saved(request, lesson, section, typed, problem, *, status):
    """The reason, and the form as it was: it still belongs to whom it belonged and has seen what it had seen."""
    kept = {name: request.POST.get(name, "") for name in ("seen", "owner")} | {"problem": problem}
    if wants_part(request) and "auto" in request.POST:
        return _part(request, "note_receipt", lesson, section, kept, status)
    words = typed if len(typed) <= 2 * LONGEST_NOTE else ""
    return _page(request, lesson, section, part="note", is_open=True, status=status, words=words, **kept)


def _highlight(request, lesson, section):
    """Mark words: those selected, with what stands around them, or a sentence that was chosen."""
    try:
        quote, before, after = (
            clean_text(request.POST.get(name, ""), max_length=LONGEST_QUOTE)
            for name in ("quote", "before", "after")
        )
        pieces = [piece["html"] for piece in section.pieces if "html" in piece]
        words = words_in(pieces, quote, before, after)
        now = timezone.now()
        kept = highlight(learner_of(request, now=now), Passage(pk=section.pk), words, now=now)
    except (TextRefused, NotInText) as refusal:
        if wants_part(request):
            return _marks(request, lesson, section, problem=str(refusal), status=422)
        return _page(
            request, lesson, section, part="note", is_open=True, quote_problem=str(refusal), status=422
        )
    if wants_part(request):
        return _marks(request, lesson, section, said="Highlighted.", added=kept.pk)
    messages.success(request, "Highlighted.")
    return see_other(request, _address(lesson, section))


def _remove(request, lesson, section):
    pk = request.POST["remove"]
    if not _PK.fullmatch(pk):
        raise Http404
    if request.user.is_authenticated:
        remove_highlight(request.user, Passage(pk=section.pk), int(pk))
    if wants_part(request):
        return _marks(request, lesson, section, said="The highlight is removed.")
    messages.success(request, "The highlight is removed.")
    return see_other(request, _address(lesson, section))


def _page(request, lesson, section, *, part, is_open=False, status=200, **more):
    """The page of one passage's notes, or the part that stands for it in the lesson."""
    own = reads.own_words_on(request.user, section)
    form = {"words": own.joined, "seen": own.seen, "owner": request.user.pk, "writer": secrets.token_hex(8)}
    context = {"own": own, "is_open": is_open} | form | more
    if wants_part(request):
        return _part(request, part, lesson, section, context, status)
    context |= {
        "sentences": reads.sentences_of(section),
        "versions": reads.earlier_versions(request.user, section.pk),
    }
    context |= {
        "section": "course",
        "course": lesson.course,
        "lesson": lesson,
        "passage": section,
        "is_open": True,
    }
    return told_apart(render(request, "study/passage_notes.html", context, status=status))


def _marks(request, lesson, section, *, status=200, **more):
    return _part(
        request, "marks", lesson, section, {"own": reads.own_words_on(request.user, section), **more}, status
    )


def _part(request, name, lesson, section, context, status=200):
    context |= {"course": lesson.course, "lesson": lesson, "passage": section, "is_swapped": True}
    return told_apart(render(request, f"study/_{name}.html", context, status=status))


def _address(lesson, section):
    return reverse("study:passage_notes", args=[lesson.course.slug, lesson.slug, section.slug])


@require_safe
def sheet(request, course, lesson):
    """A lesson on few pages, to print and learn from: what one can do, its terms, in short, my notes, my mistakes."""
    lesson = lesson_for(request.user, course, lesson)
    texts = lesson_on_shelf(lesson, lesson.course)
    own = reads.all_notes(request.user, course=course, lesson=lesson.slug)
    context = {
        "section": "course",
        "course": lesson.course,
        "lesson": lesson,
        "objectives": lesson.objectives.filter(is_retired=False).order_by("position", "pk"),
        "terms": texts.terms,
        "summary": marked_safe(texts.lesson.summary_html),
        "own": own[0] if own else None,
        "mistakes": [p for row in mistakes(request.user, lesson=lesson) for p in row.passages],
    }
    return render(request, "study/sheet.html", context)


# --- all notes --------------------------------------------------------------------------------------------


@require_safe
def notes(request):
    """Everything this reader wrote and marked, by course, with search."""
    context = {"section": "notes", "q": "", "error": ""}
    try:
        q = clean_text(request.GET.get("q", ""), max_length=SEARCH_LONGEST, multiline=False).strip()
    except TextRefused as refusal:
        return render(request, "study/notes.html", context | {"error": str(refusal)}, status=422)
    lessons = reads.all_notes(request.user, words=fold(q).split())
    total = sum(len(lesson.passages) for lesson in lessons)
    return render(request, "study/notes.html", context | {"q": q, "lessons": lessons, "total": total})


@require_safe
def notes_as_markdown(request):
    """The same as a file to take along."""
    site = request.build_absolute_uri("/").rstrip("/")
    text = reads.as_markdown(reads.all_notes(request.user), site=site)
    return HttpResponse(
        text,
        content_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="my-notes.md"'},
    )
