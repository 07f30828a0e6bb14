"""People, for who runs the site. Nobody else sees the list, and nobody sets a right but a superuser."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from content.text import TextRefused, clean_name
from studyapp.accounts.links import close_links, make_link
from studyapp.accounts.models import User, folded
from studyapp.accounts.names import fault_of
from studyapp.study import erasing


class UserForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["username", "name", "email", "is_staff", "is_superuser", "is_active"]
        help_texts = {
            "is_staff": "Writes courses. Which ones, the staff of each course says.",
            "is_superuser": "Runs the site: may do everything here.",
            "is_active": "Off: cannot sign in any more; everything is kept. To remove somebody, erase them below.",
        }

    def clean_username(self):
        name = self.cleaned_data["username"]
        # Guests keep the name they were given until they sign up.
        fault = None if name == self.instance.username else fault_of(name)
        if (
            fault is None
            and User.objects.filter(username_folded=folded(name)).exclude(pk=self.instance.pk).exists()
        ):
            fault = "Somebody has this sign-in name already. Choose another."
        if fault:
            raise forms.ValidationError(fault)
        return name

    def clean_email(self):
        email = self.cleaned_data["email"]
        taken = User.objects.filter(email_folded=folded(email)).exclude(pk=self.instance.pk)
        if email and taken.exists():
            raise forms.ValidationError("Somebody has this e-mail address already.")
        return email

    def clean_name(self):
        try:
            return (
                clean_name(self.cleaned_data["name"], max_length=120)
                if self.cleaned_data["name"].strip()
                else ""
            )
        except TextRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    form = UserForm
    list_display = ["username", "name", "is_staff", "is_superuser", "is_active", "is_guest", "date_joined"]
    list_filter = ["is_staff", "is_superuser", "is_active", "is_guest"]
    search_fields = ["username_folded", "name", "email_folded"]
    ordering = ["username"]
    change_form_template = "admin/accounts/user/change_form.html"

    def has_module_permission(self, request):
        return request.user.is_active and request.user.is_superuser

    def has_view_permission(self, request, obj=None):
        return self.has_module_permission(request)

    has_change_permission = has_view_permission

    def has_add_permission(self, request):
        return self.has_module_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if not change:
            obj.set_unusable_password()
        if change and "email" in form.changed_data:
            close_links(obj)
        super().save_model(request, obj, form, change)
        if not change:
            messages.info(request, f"{obj} has no password yet. Make a one-time link and send it.")

    def response_add(self, request, obj, post_url_continue=None):
        return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[obj.pk]))

    def get_urls(self):
        link = self.admin_site.admin_view(self.sign_in_link)
        erase = self.admin_site.admin_view(self.erase)
        return [
            path("<int:pk>/sign-in-link/", link, name="accounts_user_sign_in_link"),
            path("<int:pk>/erase/", erase, name="accounts_user_erase"),
            *super().get_urls(),
        ]

    def erase(self, request, pk):
        """What erasing this person removes; and erase them, once it is confirmed."""
        person = User.objects.filter(pk=pk).first() if self.has_module_permission(request) else None
        if person is None:
            return HttpResponseRedirect(reverse("admin:index"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Erase {person}",
            "opts": self.opts,
            "person": person,
            "is_self": person == request.user,
        }
        if request.method == "POST" and "erase" in request.POST and not context["is_self"]:
            try:
                erasing.erase(person, now=timezone.now())
            except erasing.CannotErase as reason:
                messages.error(request, str(reason))
            else:
                erasing.scrub_disk()
                person.refresh_from_db()
                self.log_change(request, person, "Erased.")
                messages.success(request, f"Account {pk} is erased. Backups made before today still hold it.")
                return HttpResponseRedirect(reverse("admin:accounts_user_changelist"))
        context["kinds"] = erasing.would_erase(person)
        return TemplateResponse(request, "admin/accounts/user/erase.html", context)

    def sign_in_link(self, request, pk):
        """Make a link that signs this person in once, and show it, this once: only its hash is kept."""
        person = None
        if self.has_module_permission(request):
            person = User.objects.filter(pk=pk, is_active=True, is_guest=False).first()
        if person is None:
            return HttpResponseRedirect(reverse("admin:index"))
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[pk]))
        token = make_link(person, now=timezone.now())
        self.log_change(request, person, "Made a one-time sign-in link.")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Sign-in link for {person}",
            "opts": self.opts,
            "person": person,
            "link": request.build_absolute_uri(reverse("accounts:link", args=[token])),
        }
        return TemplateResponse(request, "admin/accounts/user/link.html", context)
