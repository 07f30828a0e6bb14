"""Files of questions: in, by way of what was understood and what is chosen; the imports made, with undo; and out."""

import random
from types import SimpleNamespace

from csp.constants import NONE
from csp.decorators import csp
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator

from content.access import courses_edited_by
from content.authoring import Refused
from content.changes import content_changes
from content.exporting import drafts_of, export_questions
from content.formats import FORMATS, Limits, grouped, losses, survival
from content.formats.drafts import MEDIA_TYPES
from content.import_forms import ChoicesForm, UploadForm, choices_of, initial_of
from content.importing import ADD, CHANGE, SAME, SKIP, import_drafts, plan_import, plan_undo, undo_import
from content.limited import OwnCourses
from content.models import Lesson, QuestionImport, Upload
from content.picturing import without_alt
from content.preparing import render_question
from content.questions import KINDS, rendering
from content.uploads import keep_upload, read_again, reading_of
from studyapp.htmx import wants_part

SHOWN = 10  # questions on one page of the preview
PROBLEMS_SHOWN = 60
SAFE = ("GET", "HEAD")
STATUS_WORDS = {ADD: "New", CHANGE: "Changed", SAME: "The same", SKIP: "Left out"}


@admin.register(QuestionImport)
class QuestionImportAdmin(OwnCourses):
    list_display = ["name", "course", "imported_by", "imported_at", "what"]
    list_filter = [("course", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["course", "imported_by"]
    search_fields = ["name"]

    @admin.display(description="What it did")
    def what(self, row):
        if row.undone_at:
            return "Undone"
        return f"{row.added} added, {row.changed} changed"

    # --- in: the file -----------------------------------------------------------

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        posted = [request.POST, request.FILES] if request.method == "POST" else []
        form = UploadForm(
            *posted,
            courses=courses_edited_by(request.user),
            most_bytes=Limits().file,
            initial={"course": request.GET.get("course", "")[:80]},
        )
        if form.is_valid():
            said, now = form.cleaned_data, timezone.now()
            upload = keep_upload(
                said["course"], user=request.user, data=said["file"].read(), name=said["file"].name,
                as_format=said["as_format"], now=now,
            )  # fmt: skip
            return HttpResponseRedirect(_look(upload))
        context = self._context(request, title="Bring in questions", form=form)
        template = "admin/content/questionimport/upload.html"
        return TemplateResponse(request, template, context, status=422 if posted else 200)

    # --- in: what was understood, what is chosen ------------------------------------

    def look(self, request, pk):
        upload = self._upload(request, pk)
        if upload is None:
            return HttpResponseRedirect(reverse("admin:index"))
        if "discard" in request.POST:
            upload.delete()
            messages.info(request, f"“{upload.name}” was put away. Nothing was imported.")
            return HttpResponseRedirect(reverse("admin:content_questionimport_changelist"))
        form = _choices_form(request, upload)
        is_confirmed = "confirm" in request.POST
        if form.is_valid():
            read_again(upload, form.kept())
            if not is_confirmed and not wants_part(request):
                return HttpResponseRedirect(_look(upload))
        plan = plan_import(upload.course, reading_of(upload), choices_of(upload.choices, upload.course))
        refused = []
        if is_confirmed and form.is_valid() and not plan.has_errors:
            done, refused = self._import(request, upload, plan)
            if not refused:
                return HttpResponseRedirect(_report(done))
        failed = bool(form.errors or refused or (is_confirmed and plan.has_errors))
        return self._look_page(request, upload, form, plan, refused=refused, failed=failed)

    def _look_page(self, request, upload, form, plan, *, refused, failed):
        context = self._context(
            request,
            title=upload.name,
            upload=upload,
            form=form,
            refused=refused,
            format=FORMATS.get(plan.reading.format),
            failed=failed,
            **_understood(plan, upload, request.GET),
        )
        template = "admin/content/questionimport/look.html"
        if wants_part(request) and request.method == "POST":
            template += "#understood"
        return TemplateResponse(request, template, context, status=422 if failed else 200)

    def _import(self, request, upload, plan):
        """(the import, []) or (None, why not)."""
        try:
            done = import_drafts(
                plan, name=upload.name, sha256=upload.sha256, by=request.user, now=timezone.now()
            )
        except Refused as refusal:
            return None, [problem.message for problem in refusal.problems]
        upload.delete()
        if done is None:
            messages.info(request, f"“{upload.name}” held nothing new, so nothing was written.")
        else:
            self.log_addition(request, done, f"{done.added} added, {done.changed} changed.")
            messages.success(request, f"“{upload.name}” was brought in.")
        return done, []

    @method_decorator(csp({"default-src": [NONE], "sandbox": True}))
    def picture(self, request, pk, number):
        """A picture of a file that is not imported yet, for who brought it."""
        if request.method not in SAFE:
            return HttpResponseNotAllowed(SAFE)
        upload = self._upload(request, pk)
        media = list(reading_of(upload).media.values()) if upload else []
        if number >= len(media):
            return HttpResponseRedirect(reverse("admin:index"))
        return HttpResponse(media[number].data, content_type=MEDIA_TYPES[media[number].type])

    def _upload(self, request, pk):
        own = Upload.objects.filter(user=request.user, course__in=courses_edited_by(request.user))
        return own.select_related("course").defer("data").filter(pk=pk).first() if pk < 2**63 else None

    def template(self, request, suffix):
        """The table with our headers, empty."""
        if request.method not in SAFE:
            return HttpResponseNotAllowed(SAFE)
        if suffix not in ("csv", "xlsx"):
            return HttpResponseRedirect(reverse("admin:content_questionimport_add"))
        return _attachment(FORMATS[suffix].write([]), f"questions.{suffix}", FORMATS[suffix].media_type)

    # --- the report, and undo -----------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        done = self.get_object(request, object_id)
        if done is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        status = 200
        if request.method == "POST" and "undo" in request.POST:
            try:
                undone = undo_import(done, by=request.user, now=timezone.now())
            except Refused as refusal:
                messages.error(request, f"Not undone: {refusal}.")
                status = 422
            else:
                told = (
                    f"{len(undone.retired)} retired, {len(undone.restored)} restored, {len(undone.kept)} kept"
                )
                self.log_change(request, done, f"Undone: {told}.")
                messages.success(request, f"The import was undone: {told}.")
                return HttpResponseRedirect(request.path)
        rows = done.questions.select_related("question").order_by("pk")
        page = Paginator(rows, 50).get_page(request.GET.get("page"))
        context = self._context(
            request,
            title=done.name,
            original=done,
            done=done,
            label=FORMATS[done.format].label if done.format in FORMATS else done.format,
            page=page,
            undoing=plan_undo(done) if done.undone_at is None else None,
            problems=_grouped_kept(done.problems),
        )
        template = "admin/content/questionimport/report.html"
        return TemplateResponse(request, template, context, status=status)

    def history_view(self, request, object_id, extra_context=None):
        done = self.get_object(request, object_id)
        if done is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return HttpResponseRedirect(reverse("admin:content_questionimport_change", args=[done.pk]))

    # --- out ------------------------------------------------------------------------

    def export(self, request, pk):
        if request.method not in SAFE:
            return HttpResponseNotAllowed(SAFE)
        course = courses_edited_by(request.user).filter(pk=pk).first() if pk < 2**63 else None
        if course is None:
            return HttpResponseRedirect(reverse("admin:index"))
        lessons = Lesson.objects.filter(course=course).exclude(state=Lesson.State.RETIRED)
        lessons = lessons.order_by("module__position", "position", "pk").only("title", "slug", "course")
        lesson = next((row for row in lessons if row.slug == request.GET.get("lesson")), None)
        drafts = drafts_of(course, lesson=lesson)
        to = request.GET.get("to", "")
        if to in FORMATS and drafts:
            options = {"version": "2.1"} if to == "qti" and request.GET.get("qti") == "2.1" else {}
            made = export_questions(course, to, lesson=lesson, drafts=drafts, **options)
            if made.data:
                return _attachment(made.data, made.name, made.media_type)
        context = self._context(
            request,
            title="Take questions along",
            course=course,
            lessons=lessons,
            lesson=lesson,
            count=len(drafts),
            offers=[_offer(name, drafts) for name in FORMATS],
        )
        return TemplateResponse(request, "admin/content/questionimport/export.html", context)

    # --- shared -----------------------------------------------------------------------

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("template.<str:suffix>", wrap(self.template), name="content_questionimport_template"),
            path("export/<int:pk>/", wrap(self.export), name="content_questionimport_export"),
            path("files/<int:pk>/", wrap(self.look), name="content_questionimport_look"),
            path(
                "files/<int:pk>/pictures/<int:number>/",
                wrap(self.picture),
                name="content_questionimport_picture",
            ),
            *super().get_urls(),
        ]

    def _context(self, request, **more):
        return {**self.admin_site.each_context(request), "opts": self.opts, **more}


def _look(upload):
    return reverse("admin:content_questionimport_look", args=[upload.pk])


def _report(done):
    """The page of an import; the list where there was nothing to import."""
    if done is None:
        return reverse("admin:content_questionimport_changelist")
    return reverse("admin:content_questionimport_change", args=[done.pk])


def _choices_form(request, upload):
    """What may be chosen for this file: as it was left, or as it is posted."""
    reading = reading_of(upload)
    asked = without_alt(reading)
    posted = [request.POST] if request.method == "POST" else []
    return ChoicesForm(
        *posted,
        initial=initial_of(upload.choices, asked),
        course=upload.course,
        reading=reading,
        undescribed=asked,
    )


def _attachment(data, name, media_type):
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# --- what the page of a file shows ------------------------------------------------


def _understood(plan, upload, asked):
    """Counts, problems and one page of questions, each as a learner will see it."""
    numbers = {draft: number for number, draft in enumerate(plan.reading.media)}
    plan.references.assets |= {
        own: reverse("admin:content_questionimport_picture", args=[upload.pk, numbers[name]])
        for name, own in plan.pictures.names.items()
    }
    only = asked.get("show", "")
    counts = [(status, STATUS_WORDS[status], plan.count(status)) for status in STATUS_WORDS]
    chosen = [one for one in enumerate(plan.questions, 1) if not only or one[1].status == only]
    page = Paginator(chosen, SHOWN).get_page(asked.get("page"))
    told = {}
    for problem in plan.problems:
        # Each card says where its question goes.
        if problem.ref and problem.code != "lesson.unnamed":
            told.setdefault(problem.ref, []).append(problem)
    errors = [problem for problem in plan.problems if problem.is_error]
    warnings = [problem for problem in plan.problems if not problem.is_error]
    return {
        "plan": plan,
        "counts": counts,
        "only": only,
        "writes": plan.count(ADD) + plan.count(CHANGE),
        "page": page,
        "cards": [_card(number, planned, plan, told) for number, planned in page],
        "errors": errors[:PROBLEMS_SHOWN],
        "errors_more": max(0, len(errors) - PROBLEMS_SHOWN),
        "error_count": len(errors),
        "warnings": [
            SimpleNamespace(count=count, first=first, places=_places(warnings, first))
            for count, first in grouped(warnings)
        ],
    }


def _places(problems, first):
    """Where the like of this problem stands, for a list behind a fold."""
    return [problem for problem in problems if problem.code == first.code][:PROBLEMS_SHOWN]


def _card(number, planned, plan, told):
    draft = planned.draft
    card = {
        "number": number,
        "draft": draft,
        "status": planned.status,
        "word": STATUS_WORDS[planned.status],
        "kind": KINDS[planned.kind].NAME if planned.kind in KINDS else "",
        "said": planned.said,
        "place": _place_words(draft),
        "lesson": planned.lesson,
        "topics": planned.topics,
        "problems": told.get(draft.ref, []),
        "question": planned.question,
    }
    if not planned.kind:
        return card
    module = KINDS[planned.kind]
    slug = planned.lesson.slug if planned.lesson else ""
    rendered = render_question(planned.kind, planned.content, plan.references, lesson=slug)
    drawn, right = module.present(planned.content, random.Random(0)), module.correct(planned.content)
    card |= {
        "asked": rendering.asked(planned.kind, rendered, drawn),
        "answered": rendering.answered(planned.kind, planned.content, rendered, drawn, right, show_key=True),
        "hint": rendering.hint_of(planned.kind, rendered),
    }
    if planned.status == CHANGE and planned.is_new_wording:
        card["changes"] = content_changes(planned.question.current.content, planned.content)
    return card


def _place_words(draft):
    if draft.where and not draft.line:
        return draft.where
    return f"{draft.where + ', ' if draft.where else ''}line {draft.line}" if draft.line else draft.where


def _grouped_kept(problems):
    """Warnings of an import as the report shows them: one line for each code."""
    found = {}
    for problem in problems:
        found.setdefault(problem["code"], []).append(problem)
    return [
        SimpleNamespace(count=len(rows), first=rows[0], rows=rows[:PROBLEMS_SHOWN]) for rows in found.values()
    ]


# --- what the page of exports shows -------------------------------------------------

_FOR_WHOM = {
    "gift": "Text that people can read; Moodle and many others take it.",
    "aiken": "The plainest text: a question, its options, the key.",
    "moodle_xml": "Moodle, with feedback, pictures and tags.",
    "qti": "The standard between systems: Canvas, TAO, Inspera and others.",
    "yaml": "Everything, as in the files of a course.",
    "csv": "A table for any program.",
    "xlsx": "A table for Excel and LibreOffice.",
    "anki": "Flash cards. A second export updates the cards and keeps what was learnt.",
}


def _offer(name, drafts):
    """What a format takes of these questions: how many, which kinds it has no place for, what the others lose."""
    able = sum(survival(name, draft.kind) != "none" for draft in drafts)
    left_out = {}
    for draft in drafts:
        if survival(name, draft.kind) == "none":
            left_out[draft.kind] = left_out.get(draft.kind, 0) + 1
    lost = [
        (count, first.message)
        for count, first in grouped(losses(name, drafts))
        if first.code != "export.kind"
    ]
    return {
        "name": name,
        "label": FORMATS[name].label,
        "suffix": FORMATS[name].suffix,
        "about": _FOR_WHOM[name],
        "able": able,
        "left_out": [(count, KINDS[kind].NAME) for kind, count in left_out.items()],
        "instead": _instead(left_out),
        "lost": lost,
    }


def _instead(kinds):
    """The formats that take all of these kinds."""
    if not kinds:
        return []
    return [FORMATS[name].label for name in FORMATS if all(survival(name, kind) != "none" for kind in kinds)][
        :4
    ]
