"""The base of every admin page that instructors open: only their courses, and nothing is deleted."""

from django.contrib import admin
from django.utils.text import capfirst

from content.access import courses_edited_by
from content.models import Course, Lesson, Module, Objective, Passage, Question, Topic, Work

# How each model that a form may point to leads to its course.
COURSE_OF = {
    Course: "pk",
    **dict.fromkeys((Module, Lesson, Objective, Passage, Question, Topic, Work), "course"),
}


def own_course_ids(request) -> set[int]:
    """Ids of the courses this person writes, read once for each request, so that rights end when they end."""
    if not hasattr(request, "_own_course_ids"):
        request._own_course_ids = set(courses_edited_by(request.user).values_list("pk", flat=True))
    return request._own_course_ids


def course_to_write_for(request):
    """The course of this person that the address asks for, or their only one; None: they have to choose. With all
    their courses."""
    courses = courses_edited_by(request.user)
    asked = request.GET.get("course", "")
    if asked or courses.count() > 1:
        return courses.filter(slug=asked).first(), courses
    return courses.first(), courses


class OwnCourses(admin.ModelAdmin):
    """Rights come from the staff of a course, not from Django's groups: see, change and add what belongs to it.

    Deleting is nobody's right here: learners' answers and notes point to these rows. They are retired instead.
    """

    course_path = "course"  # from this model to the course
    list_per_page = 50
    show_full_result_count = False

    def changelist_view(self, request, extra_context=None):
        """The heading names what is listed; Django's says what to do with it."""
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        title = {"title": capfirst(self.opts.verbose_name)}
        return super().change_view(request, object_id, form_url, {**title, **(extra_context or {})})

    def get_queryset(self, request):
        return super().get_queryset(request).filter(**{f"{self.course_path}__in": own_course_ids(request)})

    def may(self, request, obj=None) -> bool:
        if not (request.user.is_active and request.user.is_staff):
            return False
        if obj is None:
            return bool(own_course_ids(request))
        return self.get_queryset(request).filter(pk=obj.pk).exists()

    def has_module_permission(self, request):
        return self.may(request)

    def has_view_permission(self, request, obj=None):
        return self.may(request, obj)

    def has_change_permission(self, request, obj=None):
        return self.may(request, obj)

    def has_add_permission(self, request):
        return self.may(request)

    def has_delete_permission(self, request, obj=None):
        return False

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        related = db_field.remote_field.model
        if related in COURSE_OF and "queryset" not in kwargs:
            kwargs["queryset"] = related._default_manager.filter(
                **{f"{COURSE_OF[related]}__in": own_course_ids(request)}
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        related = db_field.remote_field.model
        if related in COURSE_OF:
            kwargs["queryset"] = related._default_manager.filter(course__in=own_course_ids(request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)
