"""Who may write a course."""

from content.models import Course


def courses_edited_by(user):
    """The courses this person may write: all for a superuser, else those on whose staff they are.

    Writing happens in the admin, so it takes `is_staff` as well."""
    if not user.is_authenticated or not user.is_active or not user.is_staff:
        return Course.objects.none()
    if user.is_superuser:
        return Course.objects.all()
    return Course.objects.filter(staff__user=user)
