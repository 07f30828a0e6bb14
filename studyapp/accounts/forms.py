"""The shape of what people type about themselves."""

from functools import cache
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.validators import validate_email

from content.text import TextRefused, clean_name, is_blank
from studyapp.accounts.models import User
from studyapp.accounts.names import fault_of
from studyapp.accounts.signing_in import typed_password


class NameField(forms.CharField):
    """A name on one line, through the door for people's text."""

    def to_python(self, value):
        if value in self.empty_values or (isinstance(value, str) and is_blank(value) and not self.required):
            return ""
        try:
            return clean_name(value, max_length=self.max_length)
        except TextRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None


class PasswordField(forms.CharField):
    """A password, in the form in which it is compared."""

    def __init__(self, *, autocomplete, **kwargs):
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(strip=False, widget=widget, **kwargs)

    def to_python(self, value):
        try:
            return typed_password(value or "")
        except TextRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None


class EmailField(NameField):
    """An e-mail in the form that mail servers accept. Where mail is sent, its owner confirms it."""

    default_validators = [validate_email]
    widget = forms.EmailInput

    def __init__(self):
        help_text = "Only so that you can sign in with it. We send no mail."
        if settings.SENDS_MAIL:
            help_text = (
                "To sign in with, and for a link if you forget your password. We send a link to it first, to see that "
                "it is yours. No other mail is sent, but for a word to this address when you change it."
            )
        super().__init__(label="E-mail", max_length=254, required=False, help_text=help_text)


class SharedField(forms.BooleanField):
    def __init__(self):
        super().__init__(
            required=False,
            label="This computer is shared",
            help_text="You will be signed out when the browser is closed.",
        )


def who_field() -> NameField:
    """Who somebody says they are, in the words they sign in with."""
    attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
    return NameField(label="Sign-in name or e-mail", max_length=254, widget=forms.TextInput(attrs=attrs))


class SignInForm(forms.Form):
    name = who_field()
    password = PasswordField(autocomplete="current-password")
    shared = SharedField()


class ResetForm(forms.Form):
    name = who_field()


def checked_password(form: forms.Form, field: str, user: User) -> None:
    """Put on the field what makes its password too easy to guess."""
    if password := form.cleaned_data.get(field):
        try:
            password_validation.validate_password(password, user)
        except forms.ValidationError as weak:
            form.add_error(field, weak)


PASSWORD_HELP = "At least 10 characters. A few words in a row are easy to remember and hard to guess."  # noqa: S105


class SignUpForm(forms.Form):
    username = NameField(
        label="Sign-in name",
        max_length=80,
        help_text="What you type to sign in. Letters, digits, full stops, hyphens and underscores.",
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    name = NameField(
        label="Name",
        max_length=120,
        required=False,
        help_text="Shown to you, and to the instructors of classes that you join.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = EmailField()
    password = PasswordField(autocomplete="new-password", help_text=PASSWORD_HELP)
    shared = SharedField()

    def clean_username(self):
        username = self.cleaned_data["username"]
        if fault := fault_of(username):
            raise forms.ValidationError(fault)
        return username

    def clean(self):
        cleaned = super().clean()
        person = User(username=cleaned.get("username", ""), email=cleaned.get("email", ""))
        checked_password(self, "password", person)
        return cleaned


@cache
def zones_by_region() -> list:
    """Choices of time zones: UTC, then one group for each region."""
    regions = {}
    for zone in sorted(available_timezones()):
        region, slash, place = zone.partition("/")
        if slash and region not in {
            "Etc",
            "posix",
            "right",
            "SystemV",
            "US",
            "Brazil",
            "Canada",
            "Chile",
            "Mexico",
        }:
            regions.setdefault(region, []).append((zone, place.replace("_", " ")))
    return [("UTC", "UTC"), *regions.items()]


class ProfileForm(forms.Form):
    """`user` gives the values shown first, and is left as it is.

    `proof` is how the person shows who they are where the e-mail changes: "password", "link" (they came by one a moment
    ago), or "" for an account that has no password: its session may stand open at a shared computer.
    """

    name = NameField(
        label="Name",
        max_length=120,
        required=False,
        help_text="Shown to you, and to the instructors of classes that you join.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = EmailField()
    current = PasswordField(
        autocomplete="current-password",
        label="Current password",
        required=False,
        help_text="Asked for only if you change the e-mail.",
    )
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=zones_by_region,
        error_messages={"invalid_choice": "Please choose a time zone from the list."},
        help_text="Times on the pages are shown in it.",
    )

    def __init__(self, data=None, *, user, proof):
        super().__init__(data, initial={"name": user.name, "email": user.email, "time_zone": user.time_zone})
        self.proof = proof
        if proof != "password":
            del self.fields["current"]
        known = {
            zone
            for _, group in self.fields["time_zone"].choices
            if isinstance(group, list)
            for zone, _ in group
        }
        if user.time_zone not in known | {"UTC"}:
            # A zone of before, under a name that we no longer offer, stays choosable.
            self.fields["time_zone"].choices = [(user.time_zone, user.time_zone), *zones_by_region()]

    @property
    def changes_email(self) -> bool:
        return self.cleaned_data.get("email", self.initial["email"]) != self.initial["email"]

    def clean(self):
        cleaned = super().clean()
        if self.changes_email and not self.proof:
            self.add_error("email", "Set a password first, further down. Then you can change the e-mail.")
        elif self.changes_email and self.proof == "password" and not cleaned.get("current", "-"):
            self.add_error("current", "Type your current password to change the e-mail.")
        return cleaned


class PasswordForm(forms.Form):
    """A new password; the old one is asked for unless the person came by a one-time link or has none."""

    current = PasswordField(autocomplete="current-password", label="Current password")
    new = PasswordField(autocomplete="new-password", label="New password", help_text=PASSWORD_HELP)

    def __init__(self, data=None, *, user, ask_current):
        super().__init__(data, auto_id="id_password_%s")
        self.user = user
        if not ask_current:
            del self.fields["current"]

    def clean(self):
        cleaned = super().clean()
        checked_password(self, "new", self.user)
        return cleaned
