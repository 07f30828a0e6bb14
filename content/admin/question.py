"""The bank: find questions, write them with a form fit for their kind, see what changed, restore it."""

import random
from itertools import chain, count

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import slugify

from content import authoring
from content.admin import bank
from content.changes import content_changes
from content.editors import QuestionEditor
from content.forms import QuestionForm
from content.limited import OwnCourses, course_to_write_for
from content.models import Question
from content.preparing import render_question
from content.queries import checks_in_texts, same_wording
from content.questions import KINDS, rendering
from content.questions.hints import no_passage
from content.text import fold
from content.wording import wording_of
from studyapp.htmx import wants_part
from studyapp.quizzes.usage import ENOUGH, fares, quizzes_asking
from studyapp.review.leeches import paused
from studyapp.review.reviewing import resume_question


@admin.register(Question)
class QuestionAdmin(OwnCourses):
    list_display = ["stem", "kind_name", "lesson", "level", "use", "state_tag"]
    list_display_links = ["stem"]
    list_filter = bank.FILTERS
    list_select_related = ["lesson", "course"]
    ordering = ["course", "lesson__module__position", "lesson__position", "position", "pk"]
    search_fields = ["search_text"]
    search_help_text = "Looks in questions, options, feedback and ids."
    actions = bank.ACTIONS

    @admin.display(description="Question", ordering="stem_text")
    def stem(self, question):
        text = question.stem_text or question.slug
        return text if len(text) < 160 else text[:157] + "…"

    @admin.display(description="Kind", ordering="kind")
    def kind_name(self, question):
        return KINDS[question.kind].NAME if question.kind in KINDS else question.kind

    @admin.display(description="State", ordering="state")
    def state_tag(self, question):
        return format_html(
            '<span class="quiet-tag is-{}">{}</span>', question.state, Question.State(question.state).label
        )

    def get_search_results(self, request, queryset, search_term):
        """Every word must be in the folded text; SQLite's own comparison knows capitals of ASCII only."""
        for word in fold(search_term.replace("\x00", " ")).split()[:10]:
            queryset = queryset.filter(Q(search_text__contains=word) | Q(slug__contains=word))
        return queryset, False

    # --- writing ----------------------------------------------------------------

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        course, courses = course_to_write_for(request)
        kind = request.GET.get("kind", "")
        if course is None or kind not in KINDS:
            context = self._context(
                request, title="Write a question", courses=[course] if course else courses
            )
            context["kinds"] = [(name, module.NAME, module.DESCRIPTION) for name, module in KINDS.items()]
            return TemplateResponse(request, "admin/content/question/choose.html", context)
        return self._write(request, course, kind, None)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        question = self.get_object(request, object_id)
        if question is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self._write(request, question.course, question.kind, question)

    def _write(self, request, course, kind, question):
        posted = request.POST if request.method == "POST" else None
        content = question.current.content if question else None
        columns = QuestionForm(
            posted, course=course, question=question, initial=_columns_of(request, question)
        )
        editor = QuestionEditor(
            kind,
            content=content,
            data=posted,
            more="" if "preview" in request.POST else request.POST.get("more", ""),
        )
        preview, status = None, 200
        if posted is None:
            preview = _preview(course, question.lesson, kind, content) if question else None
            if content is not None:
                editor.hint_on(content)
                _hint_on_place(editor, columns, question.passage_id)
        elif "preview" in posted or "more" in posted:
            preview = _preview_of(course, kind, editor, columns)
        else:
            saved = self._save(request, course, kind, question, columns, editor)
            if saved is not None:
                return HttpResponseRedirect(self._next(request, saved, course, kind))
            preview, status = _preview_of(course, kind, editor, columns), 422
        context = self._context(
            request,
            title=f"{KINDS[kind].NAME}" if question else f"New: {KINDS[kind].NAME.lower()}",
            question=question,
            original=question,
            course=course,
            kind=kind,
            columns=columns,
            editor=editor,
            preview=preview,
            problems=_problem_count(columns, editor) if status == 422 else 0,
            paused=paused(question) if question and posted is None else None,
        )
        if question and posted is None:
            context |= _standing(question)
        template = "admin/content/question/change_form.html"
        if wants_part(request) and posted is not None and "preview" in posted:
            template += "#preview"
        return TemplateResponse(request, template, context, status=status)

    def _save(self, request, course, kind, question, columns, editor):
        """The saved question, or None with every problem laid at its field."""
        readable = columns.is_valid()
        if not editor.is_readable or not readable:
            return None
        content = editor.content()
        if any(problem.is_error for problem in editor.check(content)):
            return None
        said = columns.cleaned_data
        if question and said["seen"] != question.current.number:
            last = question.current
            columns.data = columns.data.copy()
            columns.data["seen"] = str(last.number)
            columns.add_error(
                None,
                f"{last.created_by or 'Somebody'} saved version {last.number} while you were writing. Look at the "
                "history to see what changed; saving again puts your wording above it.",
            )
            return None
        before = _column_words(question) if question else {}
        number = question.current.number if question else 0
        try:
            saved = authoring.save_question(
                course,
                question.slug if question else said["slug"] or _free_slug(course, content.get("stem", "")),
                kind=kind,
                content=content,
                lesson=said["lesson"],
                passage=said["passage"],
                objective=said["objective"],
                level=said["level"],
                topics=said["topics"],
                works=said["works"],
                use=said["use"],
                state=said["state"],
                position=said["position"],
                by=request.user,
                now=timezone.now(),
                note=said["note"],
            )
        except authoring.Refused as refusal:
            for problem in refusal.problems:
                name = problem.path[0] if problem.path and problem.path[0] in columns.fields else None
                columns.add_error(name, problem.message)
            return None
        self._log(request, question, saved, before, number)
        _hint_on_place(editor, columns, saved.passage_id)
        if (hints := editor.hint_count) and "_continue" not in request.POST:
            address = reverse("admin:content_question_change", args=[saved.pk])
            words = f"{hints} hint stands" if hints == 1 else f"{hints} hints stand"
            messages.info(
                request, format_html('{} beside the fields of <a href="{}">{}</a>.', words, address, saved)
            )
        for other in _worded_alike(saved, kind, content):
            messages.warning(
                request,
                format_html(
                    'Another question is worded like this one: “<a href="{}">{}</a>” in {}.',
                    reverse("admin:content_question_change", args=[other.pk]),
                    other,
                    other.lesson,
                ),
            )
        return saved

    def _log(self, request, question, saved, before, number):
        if question is None:
            self.log_addition(request, saved, "Written.")
            messages.success(request, "Saved. Learners see it as soon as its state is Ready.")
            return
        saved = Question.objects.select_related("current", "lesson", "passage", "objective").get(pk=saved.pk)
        told = [f"Version {saved.current.number}"] if saved.current.number != number else []
        after = _column_words(saved)
        told += [f"{name}: {before[name]} → {after[name]}" for name in after if before[name] != after[name]]
        if told:
            self.log_change(request, saved, "; ".join(told) + ".")
            messages.success(request, f"Saved. {told[0]}{'' if len(told) == 1 else ' and more'}.")
        else:
            messages.info(request, "Nothing had changed, so nothing was written.")

    def _next(self, request, saved, course, kind):
        if "_continue" in request.POST:
            return reverse("admin:content_question_change", args=[saved.pk])
        if "_addanother" in request.POST:
            return f"{reverse('admin:content_question_add')}?course={course.slug}&kind={kind}&lesson={saved.lesson_id}"
        return f"{reverse('admin:content_question_changelist')}?course__id__exact={course.pk}"

    # --- history ------------------------------------------------------------------

    def get_urls(self):
        restore = self.admin_site.admin_view(self.restore)
        resume = self.admin_site.admin_view(self.resume)
        own = [
            path("<int:pk>/restore/<int:number>/", restore, name="content_question_restore"),
            path("<int:pk>/resume/", resume, name="content_question_resume"),
        ]
        return own + super().get_urls()

    def history_view(self, request, object_id, extra_context=None):
        question = self.get_object(request, object_id)
        if question is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        versions = list(question.versions.select_related("created_by").order_by("number"))
        rows, before = [], None
        for version in versions:
            rows.append((version, content_changes(before, version.content) if before is not None else []))
            before = version.content
        entries = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Question), object_id=str(question.pk)
        ).select_related("user")
        context = self._context(
            request,
            title="History",
            question=question,
            original=question,
            rows=rows[::-1],
            entries=entries.order_by("-action_time")[:100],
        )
        return TemplateResponse(request, "admin/content/question/history.html", context)

    def restore(self, request, pk, number):
        question = self.get_queryset(request).filter(pk=pk).first()
        if question is None:
            return HttpResponseRedirect(reverse("admin:index"))
        version = question.versions.filter(number=number).first()
        if request.method == "POST" and version is not None:
            try:
                authoring.restore_version(version, by=request.user, now=timezone.now())
            except authoring.Refused as refusal:
                messages.error(request, f"Version {number} cannot come back: {refusal}")
            else:
                self.log_change(request, question, f"Restored version {number}.")
                messages.success(request, f"Version {number} is the wording again, as a new version.")
        return HttpResponseRedirect(reverse("admin:content_question_history", args=[pk]))

    def resume(self, request, pk):
        """Ask a question that is paused for learners who kept forgetting it again as it stands."""
        question = self.get_queryset(request).filter(pk=pk).first()
        if question is None:
            return HttpResponseRedirect(reverse("admin:index"))
        if request.method == "POST":
            learners = resume_question(question, now=timezone.now())
            if learners:
                self.log_change(request, question, "Asked again as it stands.")
            messages.success(
                request, f"It is asked again of {learners} learner{'' if learners == 1 else 's'}."
            )
        return HttpResponseRedirect(reverse("admin:content_question_change", args=[pk]))

    def _context(self, request, **more):
        return {**self.admin_site.each_context(request), "opts": self.opts, **more}


def _worded_alike(question, kind, content):
    """Other questions of the course with the same wording. Three queries at most."""
    wording = wording_of(kind, content)
    return same_wording(question.course, [wording], apart_from=[question.pk]).get(wording, [])


def _standing(question):
    """What the page of a question says of it beside its form: where it is asked, how it fares, what is alike."""
    return {
        "alike": _worded_alike(question, question.kind, question.current.content),
        "checks": checks_in_texts([question.course_id], question=question.slug),
        "quizzes": quizzes_asking(question),
        "fares": fares(question),
        "enough": ENOUGH,
    }


def _columns_of(request, question):
    """What the columns' form starts with."""
    if question is None:
        lesson = request.GET.get("lesson", "")
        return {
            "state": Question.State.DRAFT,
            "lesson": int(lesson) if lesson.isdecimal() and len(lesson) < 19 else None,
        }
    return {
        "lesson": question.lesson_id,
        "passage": question.passage_id,
        "objective": question.objective_id,
        "level": question.level,
        "topics": ", ".join(topic.name for topic in question.topics.all()),
        "works": question.works,
        "use": question.use,
        "state": question.state,
        "position": question.position,
        "seen": question.current.number,
    }


def _column_words(question):
    """The columns in words, for the line that the log keeps of a change."""
    return {
        "Lesson": str(question.lesson),
        "Passage": str(question.passage or "none"),
        "Objective": str(question.objective or "none"),
        "Level": question.get_level_display(),
        "Tags": ", ".join(sorted(topic.name for topic in question.topics.all())) or "none",
        "Works": ", ".join(question.works) or "none",
        "Used for": question.get_use_display(),
        "State": question.get_state_display(),
        "Place": str(question.position),
    }


def _free_slug(course, stem):
    """An id made from the first words of the question, with a number where it is taken."""
    words = slugify(rendering.plain_stem({"stem": stem}))[:50].strip("-") or "question"
    taken = set(Question.objects.filter(course=course, slug__startswith=words).values_list("slug", flat=True))
    numbered = (f"{words}-{n}" for n in count(2))
    return next(slug for slug in chain([words], numbered) if slug not in taken)


def _hint_on_place(editor, columns, passage):
    """The hint beside the passage where none is chosen."""
    if not passage:
        editor.hints.setdefault(columns["passage"].auto_id, []).append(no_passage())


def _preview_of(course, kind, editor, columns):
    """The preview of what was posted, with every problem and hint laid at its field; None if nothing can be shown."""
    columns.is_valid()
    _hint_on_place(editor, columns, columns.cleaned_data.get("passage"))
    if not editor.is_readable:
        return None
    content = editor.content()
    if not editor.is_laid:
        editor.check(content)
    lesson = columns.cleaned_data.get("lesson")
    return _preview(course, lesson, kind, content) if not editor.errors else None


def _preview(course, lesson, kind, content):
    """What a learner is shown: the question as it is asked, and with a right answer given."""
    module = KINDS[kind]
    references = authoring.references_of(course)
    rendered = render_question(kind, content, references, lesson=lesson.slug if lesson else "")
    drawn = module.present(content, random.Random(0))
    right = module.correct(content)
    return {
        "asked": rendering.asked(kind, rendered, drawn),
        "answered": rendering.answered(kind, content, rendered, drawn, right, show_key=True),
        "hint": rendering.hint_of(kind, rendered),
    }


def _problem_count(columns, editor):
    forms = [columns, *editor.all_forms]
    general = [problem for problem in editor.general if problem.is_error]
    told = [problem for row_set in editor.row_sets for problem in row_set.told]
    return sum(len(errors) for form in forms for errors in form.errors.values()) + len(general) + len(told)
