"""Glossary, works cited, timeline, figures and images: simple forms that save through the verbs."""

import tomli_w
from django.contrib import admin, messages
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.html import format_html

from content.admin.revising import WithHistory
from content.assets import fill_asset, keep_bytes, save_asset
from content.coursefiles.figures import figure_from_document
from content.coursefiles.images import stored_name
from content.coursefiles.problems import Report
from content.forms import AssetForm, EventForm, FigureForm, TermForm, WorkForm
from content.limited import OwnCourses, own_course_ids
from content.models import Asset, Event, Figure, Term, Work
from content.revisions import record_new, save_row


class Reference(OwnCourses):
    """Something that lessons refer to. Retiring hides it; nothing is deleted."""

    list_filter = [("course", admin.RelatedOnlyFieldListFilter), "is_retired"]
    list_select_related = ["course"]
    actions = ["retire"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        made = super().get_form(request, obj, change, **kwargs)
        made.own_courses = frozenset(own_course_ids(request))
        return made

    def get_fields(self, request, obj=None):
        hidden = {"slug", "course", "name"} if obj else set()
        names = (
            [*self.form.base_fields] if not getattr(self.form, "field_order", None) else self.form.field_order
        )
        return [name for name in names if name not in hidden]

    def get_changeform_initial_data(self, request):
        own = own_course_ids(request)
        return (
            {"course": next(iter(own))} | super().get_changeform_initial_data(request)
            if len(own) == 1
            else (super().get_changeform_initial_data(request))
        )

    @admin.action(description="Retire: show it no more")
    def retire(self, request, queryset):
        for row in queryset.filter(is_retired=False):
            row.is_retired = True
            save_row(row, by=request.user, now=timezone.now(), note="Retired")
            self.log_change(request, row, "Retired.")
        messages.success(request, "Retired. What refers to it keeps its words.")


@admin.register(Term)
class TermAdmin(WithHistory, Reference):
    form = TermForm
    list_display = ["term", "slug", "course", "is_retired"]
    search_fields = ["term", "definition", "slug"]


@admin.register(Event)
class EventAdmin(WithHistory, Reference):
    form = EventForm
    list_display = ["date", "text", "lesson", "is_retired"]
    list_display_links = ["date", "text"]
    search_fields = ["text", "date", "slug"]


@admin.register(Work)
class WorkAdmin(WithHistory, Reference):
    form = WorkForm
    list_display = ["label_or_id", "slug", "is_retired"]
    search_fields = ["label", "slug"]

    @admin.display(description="Work", ordering="label")
    def label_or_id(self, work):
        return work.label or work.slug

    def save_model(self, request, obj, form, change):
        obj.definition = form.definition()
        super().save_model(request, obj, form, change)


@admin.register(Figure)
class FigureAdmin(WithHistory, Reference):
    form = FigureForm
    list_display = ["title", "slug", "kind", "is_retired"]
    search_fields = ["title", "slug"]

    @admin.display(description="Kind")
    def kind(self, figure):
        return str(figure.definition.get("kind", "")).replace("_", " ")

    def get_form(self, request, obj=None, change=False, **kwargs):
        made = super().get_form(request, obj, change, **kwargs)
        made.clean = _clean_figure
        return made

    def save_model(self, request, obj, form, change):
        obj.definition = form.cleaned_data["definition"]
        super().save_model(request, obj, form, change)


def _clean_figure(form):
    """Ask the figure's own check whether it can be drawn; what it says stands above the form."""
    cleaned = super(FigureForm, form).clean()
    if form.errors:
        return cleaned
    made, report = form.definition(), Report()
    slug = form.instance.slug or cleaned.get("slug", "")
    entry = figure_from_document(slug, tomli_w.dumps(made), report)
    for problem in report.sorted():
        form.add_error(None, problem.message)
    course = form.instance.course_id or getattr(cleaned.get("course"), "pk", None)
    sources = made.get("source", [])
    known = set(Work.objects.filter(course=course, is_retired=False).values_list("slug", flat=True))
    for id in [sources] if isinstance(sources, str) else sources:
        if id not in known:
            form.add_error("source", f"There is no work “{id}” in this course.")
    if entry is not None and not form.errors:
        cleaned["definition"] = {key: value for key, value in entry.data.items() if key != "id"}
    return cleaned


@admin.register(Asset)
class AssetAdmin(WithHistory, Reference):
    form = AssetForm
    list_display = ["thumbnail", "name", "alt", "size"]
    list_display_links = ["thumbnail", "name"]
    list_filter = [("course", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name", "alt"]
    readonly_fields = ["thumbnail"]
    actions = []

    def get_actions(self, request):
        return {}

    def get_fields(self, request, obj=None):
        return ["thumbnail", "upload", "alt"] if obj else ["course", "upload", "alt", "name"]

    @admin.display(description="Image")
    def thumbnail(self, asset):
        return format_html('<img class="thumb" src="{}" alt="{}" loading="lazy">', asset.file.url, asset.alt)

    @admin.display(description="Size")
    def size(self, asset):
        return f"{asset.width} × {asset.height}, {_kind_of(asset.media_type)}"

    def save_model(self, request, obj, form, change):
        now = timezone.now()
        if change:
            if form.picture is not None:
                keep_bytes(form.picture)
                fill_asset(obj, form.picture)
            save_row(obj, by=request.user, now=now)
            return
        saved = save_asset(obj.course, form.picture, alt=form.cleaned_data["alt"], now=now)
        record_new(saved, by=request.user, now=now)
        for field in saved._meta.concrete_fields:
            setattr(obj, field.attname, getattr(saved, field.attname))
        obj._state.adding = False

    def picture_of(self, document):
        return default_storage.url(stored_name(document["sha256"], document["media_type"])), document["alt"]

    def named(self, document):
        size = f"{document['width']} × {document['height']}, {_kind_of(document['media_type'])}"
        return {"Alt text": document["alt"], "File": document["sha256"], "Size": size}


def _kind_of(media_type):
    return media_type.removeprefix("image/").upper()
