"""Classes as their teachers set them up: name, zone, code, who is in, invitations."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from content.limited import OwnCourses, own_course_ids
from studyapp.classes import enrolling
from studyapp.classes.models import Cohort, Enrolment


class CohortForm(forms.ModelForm):
    class Meta:
        model = Cohort
        fields = ["course", "name", "time_zone", "exam_on", "join_open"]
        help_texts = {
            "time_zone": "For example Europe/Berlin. Empty: the zone of the course.",
            "exam_on": "Optional. The day of the class's exam, for its countdown.",
            "join_open": "Off: the code brings nobody in any more. Whoever is in stays in.",
        }

    def clean_time_zone(self):
        zone = self.cleaned_data["time_zone"].strip()
        if zone and not enrolling.is_time_zone(zone):
            raise forms.ValidationError(
                f"“{zone}” is not a time zone. Write one like Europe/Berlin or Asia/Baghdad."
            )
        return zone

    def clean_exam_on(self):
        """A day so far off that no plan can be made for it is a slip of the keyboard."""
        day = self.cleaned_data["exam_on"]
        if (
            day
            and day != self.instance.exam_on
            and abs(day.year - timezone.now().year) > enrolling.EXAM_YEARS
        ):
            raise forms.ValidationError(f"Choose a day within {enrolling.EXAM_YEARS} years from now.")
        return day


class EnrolmentForm(forms.ModelForm):
    class Meta:
        model = Enrolment
        fields = ["role"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].widget.attrs["aria-label"] = (
            f"Role of {self.instance.user}" if self.instance.pk else "Role"
        )


class EnrolmentInline(admin.TabularInline):
    """Who is in. People come in by the code or an invitation; here their role changes, or they are taken out."""

    model = Enrolment
    form = EnrolmentForm
    fields = ["role"]
    template = "admin/classes/cohort/members.html"
    extra = 0
    can_delete = False

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .filter(left_at__isnull=True, user__is_guest=False)
            .select_related("user")
        )

    def has_view_permission(self, request, obj=None):
        return obj is None or obj.course_id in own_course_ids(request)

    has_change_permission = has_view_permission

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Cohort)
class CohortAdmin(OwnCourses):
    form = CohortForm
    inlines = [EnrolmentInline]
    list_display = ["name", "course", "join_code", "join_open", "people"]
    list_filter = [("course", admin.RelatedOnlyFieldListFilter), "join_open"]
    list_select_related = ["course"]
    search_fields = ["name"]
    readonly_fields = ["code_to_give"]
    change_form_template = "admin/classes/cohort/change_form.html"

    def get_fields(self, request, obj=None):
        fields = ["course", "name", "time_zone", "exam_on"]
        return fields if obj is None else [*fields, "code_to_give", "join_open"]

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj is None else [*self.readonly_fields, "course"]

    def get_inlines(self, request, obj):
        return [] if obj is None else self.inlines

    @admin.display(description="Code")
    def code_to_give(self, cohort):
        return format_html(
            "<b class='code'>{}</b> · learners type it at {}", cohort.join_code, reverse("classes:join")
        )

    @admin.display(description="Learners")
    def people(self, cohort):
        return sum(
            1 for e in cohort.enrolments.all() if e.role == Enrolment.Role.LEARNER and e.left_at is None
        )

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("enrolments")

    def save_model(self, request, obj, form, change):
        if not change:
            made = enrolling.create_cohort(
                obj.course, obj.name, now=timezone.now(), time_zone=obj.time_zone, exam_on=obj.exam_on
            )
            obj.pk, obj.join_code, obj.created_at = made.pk, made.join_code, made.created_at
            obj._state.adding = False
            messages.info(request, f"The code of {made.name} is {made.join_code}. Give it to your learners.")
        else:
            super().save_model(request, obj, form, change)

    def save_formset(self, request, form, formset, change):
        for enrolment in formset.save(commit=False):
            enrolling.change_role(enrolment, enrolment.role)

    def render_change_form(self, request, context, *args, **kwargs):
        obj = kwargs.get("obj")
        if obj is not None:
            people = obj.enrolments.filter(left_at__isnull=True, user__is_guest=False).select_related("user")
            context["people"] = people.order_by("user__name", "user__username")
            taken_out = obj.enrolments.filter(taken_out_at__isnull=False)
            context["taken_out"] = taken_out.select_related("user", "taken_out_by").order_by("-taken_out_at")
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self):
        wrap = self.admin_site.admin_view
        own = [
            path("<int:pk>/renew-code/", wrap(self.renew_code), name="classes_cohort_renew_code"),
            path("<int:pk>/invite/", wrap(self.invite), name="classes_cohort_invite"),
            path("<int:pk>/take-out/", wrap(self.take_out), name="classes_cohort_take_out"),
        ]
        return own + super().get_urls()

    def renew_code(self, request, pk):
        cohort = self._own(request, pk)
        if cohort is not None and request.method == "POST":
            code = enrolling.renew_join_code(cohort)
            self.log_change(request, cohort, "New join code.")
            messages.success(request, f"The new code is {code}. The old one brings nobody in any more.")
        return self._back(pk, cohort)

    def invite(self, request, pk):
        """Make an invitation and show its link, this once: only its hash is kept."""
        cohort = self._own(request, pk)
        role = request.POST.get("role", "")
        if cohort is None or request.method != "POST" or role not in Enrolment.Role.values:
            return self._back(pk, cohort)
        invitation, token = enrolling.invite(cohort, role=role, by=request.user, now=timezone.now())
        self.log_change(
            request, cohort, f"Invited one {invitation.get_role_display().split(':')[0].lower()}."
        )
        context = {
            **self.admin_site.each_context(request),
            "title": f"Invitation to {cohort.name}",
            "opts": self.opts,
            "cohort": cohort,
            "invitation": invitation,
            "link": request.build_absolute_uri(reverse("classes:invitation", args=[token])),
        }
        return TemplateResponse(request, "admin/classes/cohort/invited.html", context)

    def take_out(self, request, pk):
        cohort = self._own(request, pk)
        number = request.POST.get("enrolment", "")
        if cohort is not None and request.method == "POST" and number.isdecimal() and len(number) < 19:
            enrolment = Enrolment.objects.select_related("user").filter(cohort=cohort, pk=int(number)).first()
            if enrolment and enrolling.take_out(enrolment, by=request.user, now=timezone.now()):
                # By number: names go when somebody is erased, this record stays.
                self.log_change(request, cohort, f"Took out account {enrolment.user_id}.")
                messages.success(
                    request,
                    f"{enrolment.user.shown_name} is no longer in {cohort.name}, "
                    "and can come back only by a new invitation.",
                )
        return self._back(pk, cohort)

    def _own(self, request, pk):
        return self.get_queryset(request).filter(pk=pk).first()

    def _back(self, pk, cohort):
        """To the class; for a class of somebody else to the first page, as the admin does for a missing one."""
        if cohort is None:
            return HttpResponseRedirect(reverse("admin:index"))
        return HttpResponseRedirect(reverse("admin:classes_cohort_change", args=[pk]))
