"""The history of a row in the admin, who changed what and when, and the way back."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from content.authoring import Refused
from content.changes import content_changes
from content.limited import OwnCourses, own_course_ids
from content.models import RowRevision
from content.revisions import restore_row, revisions_of, row_of, save_row


class WithHistory(OwnCourses):
    """Saving keeps a revision; the page of history shows them all."""

    def save_model(self, request, obj, form, change):
        save_row(obj, by=request.user, now=timezone.now())

    def history_view(self, request, object_id, extra_context=None):
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        rows, before = [], None
        for revision in revisions_of(row).select_related("created_by").order_by("number"):
            document = self.named(revision.document)
            changes = content_changes(before, document) if before is not None else []
            rows.append((revision, changes, self.picture_of(revision.document)))
            before = document
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "History",
            "original": row,
            "rows": rows[::-1],
        }
        return TemplateResponse(request, "admin/content/row_history.html", context)

    def picture_of(self, document):
        """(address, alt text) of the image that stood so; nothing where rows are no images."""
        return ()

    def named(self, document):
        """The document under the names that its form has for its fields."""
        labels = self.form.base_fields if hasattr(self.form, "base_fields") else {}
        columns = {field.name: field.verbose_name for field in self.opts.get_fields() if field.concrete}
        names = columns | {name: field.label for name, field in labels.items() if field.label}
        return {str(names.get(name, name)): value for name, value in document.items()}


def restore(request, pk):
    """Bring a row of one of this person's courses back to a revision; the address of every kind."""
    revision = RowRevision.objects.filter(pk=pk, course__in=own_course_ids(request)).first()
    row = revision and row_of(revision)
    if row is None:
        return HttpResponseRedirect(reverse("admin:index"))
    if request.method == "POST":
        try:
            restore_row(revision, by=request.user, now=timezone.now())
        except Refused as refusal:
            messages.error(request, f"Revision {revision.number} cannot come back: {refusal}")
        else:
            messages.success(request, f"It is again as revision {revision.number} had it, as a new revision.")
    return HttpResponseRedirect(reverse(f"admin:content_{revision.kind}_history", args=[row.pk]))
