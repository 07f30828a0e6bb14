"""Who may write a course."""

from django.http import Http404

from content.models import Course


def courses_edited_by(user):
    """The courses this person may write: all for a superuser, else those on whose staff they are.

    Writing happens in the admin, so it takes `is_staff` as well."""
    if not user.is_authenticated or not user.is_active or not user.is_staff:
        return Course.objects.none()
    if user.is_superuser:
        return Course.objects.all()
    return Course.objects.filter(staff__user=user)


def course_edited_by(user, slug: str) -> Course:
    """The course with this slug, or Http404 where this person may not write it."""
    try:
        return courses_edited_by(user).get(slug=slug)
    except Course.DoesNotExist:
        raise Http404 from None
