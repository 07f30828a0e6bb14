"""Images of courses, for those who may read the course."""

from csp.constants import NONE
from csp.decorators import csp
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from content.models import Asset, Course
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
    if asset is None:
        raise Http404
    try:
        with asset.file.open("rb") as file:
            response = HttpResponse(file.read(), content_type=asset.media_type)
    except FileNotFoundError:
        raise Http404 from None
    if asset.course.access == Course.Access.OPEN:
        response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
