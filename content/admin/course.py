"""Courses, their modules, and lessons with a live preview, their history and the way back."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from content import authoring, markup
from content.admin.revising import WithHistory, restore
from content.changes import line_changes
from content.forms import CourseForm, LessonForm, ObjectiveRow
from content.limited import OwnCourses, course_to_write_for
from content.models import Course, CourseStaff, Lesson, Module, Question
from content.preparing import lesson_problems, prepare_lesson
from content.revisions import record_new
from studyapp.htmx import wants_part

admin.site.index_title = "Your courses"


class StaffInline(admin.TabularInline):
    """Who may write the course. Only who runs the site sets it: names of all users are nobody else's business."""

    model = CourseStaff
    extra = 1

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "user":
            kwargs["queryset"] = db_field.remote_field.model.objects.filter(is_staff=True, is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Course)
class CourseAdmin(WithHistory):
    course_path = "pk"
    form = CourseForm
    list_display = ["title", "slug", "access", "state_tag"]
    search_fields = ["title", "slug"]
    change_form_template = "admin/content/course/change_form.html"

    def get_inlines(self, request, obj):
        return [StaffInline] if request.user.is_superuser and obj is not None else []

    def get_readonly_fields(self, request, obj=None):
        return ["slug"] if obj else []

    def has_add_permission(self, request):
        return request.user.is_active and request.user.is_staff

    def has_module_permission(self, request):
        return self.has_add_permission(request)

    @admin.display(description="State")
    def state_tag(self, course):
        if course.is_draft:
            return format_html('<span class="quiet-tag is-{}">{}</span>', "draft", "Draft")
        return format_html('<span class="quiet-tag is-{}">{}</span>', "ready", "Published")

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)
            return
        fields = {
            name: form.cleaned_data[name] for name in form.cleaned_data if name not in ("slug", "title")
        }
        try:
            made = authoring.create_course(
                slug=obj.slug, title=obj.title, owner=request.user, now=timezone.now(), **fields
            )
        except authoring.Refused as refusal:
            raise PermissionDenied(str(refusal)) from None
        record_new(made, by=request.user, now=timezone.now())
        obj.pk = made.pk
        obj._state.adding = False
        # The rights of this request were read before the course was there.
        request.__dict__.pop("_own_course_ids", None)

    def get_form(self, request, obj=None, change=False, **kwargs):
        made = super().get_form(request, obj, change, **kwargs)
        if obj is None:
            made.clean_slug = _clean_course_slug
        return made

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("preview/", wrap(self.preview), name="content_course_preview"),
            path("restore/<int:pk>/", wrap(restore), name="content_row_restore"),
            *super().get_urls(),
        ]

    def preview(self, request):
        """Summary and notice as they would be shown."""
        shown = {name: markup.render(request.POST.get(name, "")[:20_000]) for name in ("summary", "notice")}
        return TemplateResponse(request, "admin/content/course/change_form.html#preview", {"preview": shown})

    def render_change_form(self, request, context, *args, **kwargs):
        obj = kwargs.get("obj")
        context["preview"] = {"summary": obj.summary_html, "notice": obj.notice_html} if obj else None
        return super().render_change_form(request, context, *args, **kwargs)


def _clean_course_slug(form):
    problems = list(authoring._id_problems(form.cleaned_data["slug"], ("slug",)))
    if problems:
        raise forms.ValidationError(problems[0].message)
    return form.cleaned_data["slug"]


@admin.register(Module)
class ModuleAdmin(WithHistory):
    list_display = ["title", "course", "position", "lesson_count", "is_retired"]
    list_display_links = ["title"]
    list_editable = ["position"]
    list_filter = [("course", admin.RelatedOnlyFieldListFilter), "is_retired"]
    list_select_related = ["course"]
    search_fields = ["title", "slug"]
    ordering = ["course", "position", "id"]

    def get_fields(self, request, obj=None):
        fields = ["title", "position", "source_section"]
        return [*fields, "is_retired"] if obj else ["course", "title", "slug", *fields[1:]]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("lessons")

    @admin.display(description="Lessons")
    def lesson_count(self, module):
        return sum(1 for lesson in module.lessons.all() if lesson.state != Lesson.State.RETIRED)


@admin.register(Lesson)
class LessonAdmin(OwnCourses):
    list_display = ["title", "module", "position", "state_tag", "minutes", "question_count"]
    list_filter = [
        ("course", admin.RelatedOnlyFieldListFilter),
        "state",
        ("module", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["module", "course"]
    search_fields = ["title", "slug", "body"]
    ordering = ["course", "module__position", "position", "pk"]
    actions = ["make_ready", "make_draft", "retire"]

    @admin.display(description="State", ordering="state")
    def state_tag(self, lesson):
        words = {"draft": "Draft", "ready": "Ready", "retired": "Retired"}
        return format_html('<span class="quiet-tag is-{}">{}</span>', lesson.state, words[lesson.state])

    @admin.display(description="Questions")
    def question_count(self, lesson):
        ready = sum(1 for q in lesson.questions.all() if q.state != Question.State.RETIRED)
        return format_html(
            '<a href="{}?lesson__id__exact={}">{}</a>',
            reverse("admin:content_question_changelist"),
            lesson.pk,
            ready,
        )

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("questions")

    @admin.action(description="Make ready")
    def make_ready(self, request, queryset):
        self._move(request, queryset, Lesson.State.READY)

    @admin.action(description="Make drafts")
    def make_draft(self, request, queryset):
        self._move(request, queryset, Lesson.State.DRAFT)

    @admin.action(description="Retire: show them no more, keep what was answered")
    def retire(self, request, queryset):
        self._move(request, queryset, Lesson.State.RETIRED)

    def _move(self, request, queryset, state):
        for lesson in queryset.exclude(state=state):
            try:
                authoring.save_lesson(lesson, {"state": state}, by=request.user, now=timezone.now())
            except authoring.Refused as refusal:
                messages.error(request, f"{lesson.title}: {refusal}")
            else:
                self.log_change(request, lesson, f"State: {Lesson.State(state).label}.")

    # --- writing ----------------------------------------------------------------

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        course, courses = course_to_write_for(request)
        if course is None:
            context = self._context(request, title="Write a lesson", courses=courses)
            return TemplateResponse(request, "admin/content/lesson/choose.html", context)
        return self._write(request, course, None)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        lesson = self.get_object(request, object_id)
        if lesson is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self._write(request, lesson.course, lesson)

    def _write(self, request, course, lesson):
        posted = request.POST if request.method == "POST" else None
        columns = LessonForm(posted, course=course, lesson=lesson, initial=_columns_of(lesson))
        objectives = _objectives(lesson, posted)
        problems, status = [], 200
        slug, body = (lesson.slug if lesson else "new"), lesson.body if lesson else ""
        if posted is not None:
            columns.is_valid()
            body = columns.cleaned_data.get("body", "")
            if not ("preview" in posted or "more" in posted):
                saved, problems = self._save(request, course, lesson, columns, objectives)
                if saved is not None:
                    return HttpResponseRedirect(self._next(request, saved, course))
                status = 422
        references = authoring.references_of(course)
        references.questions = set(
            Question.objects.for_practice().filter(course=course).values_list("slug", flat=True)
        )
        preview, found = _preview(slug, body, references)
        context = self._context(
            request,
            title=lesson.title if lesson else "New lesson",
            lesson=lesson,
            original=lesson,
            course=course,
            columns=columns,
            objectives=objectives,
            preview=preview,
            found=found,
            problems=problems,
            failed=status == 422,
        )
        template = "admin/content/lesson/change_form.html"
        if wants_part(request) and posted is not None and "preview" in posted:
            template += "#preview"
        return TemplateResponse(request, template, context, status=status)

    def _save(self, request, course, lesson, columns, objectives):
        """(saved lesson, []) or (None, the problems that have no field)."""
        if not (columns.is_valid() & objectives.is_valid()):
            return None, []
        said = columns.cleaned_data
        last = lesson.revisions.select_related("created_by").first() if lesson else None
        if last and said["seen"] != last.number:
            columns.data = columns.data.copy()
            columns.data["seen"] = str(last.number)
            columns.add_error(
                None,
                f"{last.created_by or 'Somebody'} saved revision {last.number} while you were writing. Look at the "
                "history to see what changed; saving again puts your text above it.",
            )
            return None, []
        is_new = lesson is None
        if is_new:
            if Lesson.objects.filter(course=course, slug=said["slug"]).exists():
                columns.add_error("slug", "The course has a lesson with this id. Choose another.")
                return None, []
            lesson = Lesson(course=course, slug=said["slug"])
        lesson.module = said["module"]
        if said["position"] is not None:
            lesson.position = said["position"]
        fields = {name: said[name] for name in ("title", "question", "source_section", "state", "body")}
        fields |= {"objectives": _rows_of(objectives), "sources": said["works"]}
        try:
            saved = authoring.save_lesson(
                lesson, fields, by=request.user, now=timezone.now(), note=said["note"]
            )
        except authoring.Refused as refusal:
            rest = []
            for problem in refusal.problems:
                name = problem.path[0] if problem.path else ""
                if name in columns.fields and name != "body":
                    columns.add_error(name, problem.message)
                else:
                    rest.append(problem)
            return None, rest
        newest = saved.revisions.first()
        if is_new:
            self.log_addition(request, saved, "Written.")
        elif newest and (last is None or newest.number != last.number):
            self.log_change(request, saved, f"Revision {newest.number}.")
        messages.success(request, f"Saved. {saved.title} has {saved.minutes} minutes to read.")
        return saved, []

    def _next(self, request, saved, course):
        if "_continue" in request.POST:
            return reverse("admin:content_lesson_change", args=[saved.pk])
        return f"{reverse('admin:content_lesson_changelist')}?course__id__exact={course.pk}"

    # --- history ------------------------------------------------------------------

    def get_urls(self):
        restore = self.admin_site.admin_view(self.restore)
        own = [path("<int:pk>/restore/<int:number>/", restore, name="content_lesson_restore")]
        return own + super().get_urls()

    def history_view(self, request, object_id, extra_context=None):
        lesson = self.get_object(request, object_id)
        if lesson is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        rows, before = [], None
        for revision in lesson.revisions.select_related("created_by").order_by("number"):
            rows.append((revision, line_changes(before, revision.document) if before is not None else []))
            before = revision.document
        entries = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Lesson), object_id=str(lesson.pk)
        ).select_related("user")
        context = self._context(
            request,
            title="History",
            lesson=lesson,
            original=lesson,
            rows=rows[::-1],
            entries=entries.order_by("-action_time")[:100],
        )
        return TemplateResponse(request, "admin/content/lesson/history.html", context)

    def restore(self, request, pk, number):
        lesson = self.get_queryset(request).filter(pk=pk).first()
        if lesson is None:
            return HttpResponseRedirect(reverse("admin:index"))
        revision = lesson.revisions.filter(number=number).first()
        if request.method == "POST" and revision is not None:
            try:
                authoring.restore_revision(revision, by=request.user, now=timezone.now())
            except authoring.Refused as refusal:
                messages.error(request, f"Revision {number} cannot come back: {refusal}")
            else:
                self.log_change(request, lesson, f"Restored revision {number}.")
                messages.success(request, f"Revision {number} is the lesson again, as a new revision.")
        return HttpResponseRedirect(reverse("admin:content_lesson_history", args=[pk]))

    def _context(self, request, **more):
        return {**self.admin_site.each_context(request), "opts": self.opts, **more}


def _columns_of(lesson):
    if lesson is None:
        return {"state": Lesson.State.DRAFT}
    last = lesson.revisions.first()
    return {
        "title": lesson.title,
        "module": lesson.module_id,
        "question": lesson.question,
        "state": lesson.state,
        "position": lesson.position,
        "source_section": lesson.source_section,
        "body": lesson.body,
        "works": lesson.works,
        "seen": last.number if last else 0,
    }


class _ObjectiveRows:
    """What the template of rows asks for beside a formset."""

    key, title, add = "objectives", "Objectives", "Add an objective"
    help = "What a learner can do afterwards, each with an id that stays."


def _objectives(lesson, posted):
    factory = forms.formset_factory(
        ObjectiveRow, extra=1 if lesson else 3, can_order=True, can_delete=True, max_num=20, absolute_max=30
    )
    if posted is None:
        rows = lesson.objectives.filter(is_retired=False) if lesson else ()
        made = factory(
            initial=[{"id": row.slug, "level": row.level, "text": row.text} for row in rows],
            prefix="objectives",
        )
    else:
        if "more" in posted:
            posted = posted.copy()
            total = posted.get("objectives-TOTAL_FORMS", "")
            posted["objectives-TOTAL_FORMS"] = str(min(20, int(total[:5]) + 2)) if total.isdecimal() else "2"
        made = factory(posted, prefix="objectives")
    made.rows = _ObjectiveRows
    return made


def _rows_of(objectives):
    said = [
        (form.cleaned_data.get("ORDER") or 10_000, index, form.cleaned_data)
        for index, form in enumerate(objectives.forms)
        if not form.cleaned_data.get("DELETE")
        and (form.cleaned_data.get("id") or form.cleaned_data.get("text"))
    ]
    said.sort(key=lambda row: row[:2])
    return [
        {"id": row["id"].strip(), "level": row["level"], "text": row["text"].strip()} for _, _, row in said
    ]


def _preview(slug, body, references):
    """(the lesson as it would be read, what is wrong with it): with errors the preview is None."""
    if not body.strip():
        return None, []
    said = lesson_problems({"objectives": [], "sources": [], "body": body}, references)
    found = [problem for problem in said if problem.path[0] == "body"]
    if any(problem.is_error for problem in found):
        return None, found
    return prepare_lesson(slug, body, [], references), found
