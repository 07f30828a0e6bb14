"""Shape of what those who teach type: marks, and what they do for one person or one class, with its reason."""

from django import forms

from content.editors import Text
from studyapp.accounts.models import User, folded
from studyapp.classes.models import Enrolment
from studyapp.quizzes.forms import Needed, ZonedDateTime


class ReasonForm(forms.Form):
    """Why something was done for somebody. Kept with who and when."""

    reason = Needed(
        label="Reason",
        rows=0,
        max_length=300,
        missing="Write the reason; it is kept with your name and the time.",
    )


class ReopenForm(ReasonForm):
    minutes = forms.IntegerField(label="Minutes from now", min_value=1, max_value=10_000)

    field_order = ("minutes", "reason")


class AllowanceForm(ReasonForm):
    """More time, other dates or more attempts, for one learner or the whole class, in one quiz or in all."""

    WHOLE_CLASS, THIS, EVERY = "class", "quiz", "course"

    who = forms.ChoiceField(label="For whom")
    scope = forms.ChoiceField(label="Where")
    factor = forms.FloatField(
        label="Time limit multiplied by",
        required=False,
        min_value=1,
        max_value=10,
        help_text="1.25 is a quarter more.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    extra_minutes = forms.IntegerField(label="Extra minutes", required=False, min_value=1, max_value=10_000)
    extra_attempts = forms.IntegerField(label="Extra attempts", required=False, min_value=1, max_value=100)

    field_order = (
        "who", "scope", "factor", "extra_minutes", "opens_at", "closes_at", "extra_attempts", "reason",
    )  # fmt: skip
    GRANTS = ("factor", "extra_minutes", "opens_at", "closes_at", "extra_attempts")

    def __init__(self, *args, cohort, quiz, learners, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["opens_at"] = ZonedDateTime(
            zone=cohort.zone, label="Opens for them", help_text=f"Time in {cohort.zone}."
        )
        self.fields["closes_at"] = ZonedDateTime(
            zone=cohort.zone, label="Closes for them", help_text="A make-up date. Never earlier than for all."
        )
        self.learners = {str(user.pk): user for user in learners}
        self.fields["who"].choices = [
            (self.WHOLE_CLASS, f"Everybody in {cohort.name}"),
            *((pk, user.shown_name) for pk, user in self.learners.items()),
        ]
        self.fields["scope"].choices = [
            (self.THIS, f"Only in {quiz.title}"),
            (self.EVERY, "In every quiz of the course"),
        ]
        self.order_fields(self.field_order)

    def clean(self):
        given = super().clean()
        factor = given.get("factor")
        if factor is not None and factor != factor:  # NaN
            self.add_error("factor", "Write a number from 1 to 10.")
        if not self.errors and not any(given.get(name) for name in self.GRANTS):
            raise forms.ValidationError("Nothing is allowed yet: more time, another date, or more attempts?")
        opens, closes = given.get("opens_at"), given.get("closes_at")
        if opens and closes and opens >= closes:
            self.add_error("closes_at", "It closes before it opens.")
        return given

    @property
    def user(self):
        """The learner it is for; None: the whole class."""
        return self.learners.get(self.cleaned_data["who"])

    def grants(self) -> dict:
        return {name: self.cleaned_data[name] for name in self.GRANTS if self.cleaned_data.get(name)}


class LoneAllowanceForm(AllowanceForm):
    """The same for one learner of a course who is in no class of it."""

    SOMEBODY = "name"

    name = Text(
        label="Sign-in name",
        rows=0,
        max_length=80,
        help_text="Of somebody who has not started yet, or stands further down.",
    )

    field_order = ("who", "name", *AllowanceForm.field_order[1:])

    def __init__(self, *args, cohort, **kwargs):
        super().__init__(*args, cohort=cohort, **kwargs)
        self.course = cohort.course
        self.fields["who"].choices = [
            (self.SOMEBODY, "The sign-in name that I write"),
            *((pk, _told_apart(user)) for pk, user in self.learners.items()),
        ]

    def clean(self):
        given = super().clean()
        if given.get("who") == self.SOMEBODY:
            self._look_up(given.get("name") or "")
        return given

    def _look_up(self, name):
        if not name:
            return self.add_error("name", "Whose? Write the sign-in name, or choose one above.")
        self.named = User.objects.filter(username_folded=folded(name), is_guest=False, is_active=True).first()
        if self.named is None:
            return self.add_error("name", "Nobody has this sign-in name.")
        learns = Enrolment.objects.filter(
            user=self.named,
            cohort__course=self.course,
            role=Enrolment.Role.LEARNER,
            left_at__isnull=True,
        )
        place = learns.select_related("cohort").first()
        if place:
            self.add_error("name", f"They learn in {place.cohort.name}: allow it on the page of that class.")
        return None

    @property
    def user(self):
        return super().user or self.named


def _told_apart(user) -> str:
    """People without a class do not know each other: two may have one name, and guests have none."""
    if user.is_guest:
        return f"Guest {user.pk}"
    return user.shown_name if user.shown_name == user.username else f"{user.shown_name}, {user.username}"


class MarkForm(forms.Form):
    """Points for each criterion of a rubric, or of the whole question without one, and a comment."""

    seen = forms.IntegerField(min_value=0, max_value=10**6, widget=forms.HiddenInput)

    def __init__(self, *args, rubric, maximum, longest, **kwargs):
        super().__init__(*args, **kwargs)
        self.rubric = rubric
        rows = rubric or [{"id": "", "criterion": "Points", "points": maximum}]
        for row in rows:
            self.fields[self._name(row["id"])] = forms.FloatField(
                label=row["criterion"],
                min_value=0,
                max_value=row["points"],
                widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal", "class": "points"}),
                error_messages={
                    "required": "Give points, or 0.",
                    "min_value": f"Points from 0 to {row['points']:g}.",
                    "max_value": f"Points from 0 to {row['points']:g}.",
                    "invalid": f"Points from 0 to {row['points']:g}.",
                },
            )
        self.fields["comment"] = Text(label="Comment for the learner", rows=4, max_length=longest)

    @staticmethod
    def _name(criterion):
        return f"points_{criterion}"

    @property
    def criteria(self):
        """(row of the rubric, its field)."""
        rows = self.rubric or [{"id": ""}]
        return [(row, self[self._name(row["id"])]) for row in rows]

    def points(self) -> dict:
        return {row["id"]: self.cleaned_data[self._name(row["id"])] for row in self.rubric}

    @property
    def whole(self):
        return None if self.rubric else self.cleaned_data[self._name("")]
