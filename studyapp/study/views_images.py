"""Images of courses, for those who may read the course."""

from csp.constants import NONE
from csp.decorators import csp
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from content.coursefiles.images import stored_name
from content.models import Asset, Course, RowRevision
from studyapp.classes.access import courses_for


# An image is shown by itself or inside a page; nothing in its bytes may ever run.
@csp({"default-src": [NONE], "sandbox": True})
@require_safe
def image(request, name):
    """The image stored under this name: the hash of its bytes, so that it never changes."""
    kept = Asset.objects.filter(file=f"assets/{name}", course__in=courses_for(request.user)).select_related(
        "course"
    )
    asset = kept.order_by("-course__access", "pk").first()  # an open course before one for a class
    media_type, course = (asset.media_type, asset.course) if asset else _image_of_before(request.user, name)
    try:
        with default_storage.open(f"assets/{name}") as file:
            response = HttpResponse(file.read(), content_type=media_type)
    except FileNotFoundError:
        raise Http404 from None
    if course.access == Course.Access.OPEN:
        response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _image_of_before(user, name):
    """What an image of a course once was: wordings that somebody answered then still show it."""
    revisions = RowRevision.objects.filter(
        kind=RowRevision.Kind.ASSET,
        document__sha256=name.partition(".")[0],
        course__in=courses_for(user),
    ).select_related("course")
    for revision in revisions.order_by("-course__access", "pk"):
        media_type = revision.document["media_type"]
        if stored_name(revision.document["sha256"], media_type) == f"assets/{name}":
            return media_type, revision.course
    raise Http404
