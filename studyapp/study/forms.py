"""The shape of what learners choose about their studying."""

from django import forms

from studyapp.review.models import ReviewSettings


class ReviewSettingsForm(forms.ModelForm):
    """How much review a day may bring."""

    RECALLS = [
        (0.8, "80 %: fewer questions, more forgotten"),
        (0.85, "85 %"),
        (0.9, "90 %: what we advise"),
        (0.95, "95 %: about twice as many questions"),
    ]
    desired_recall = forms.TypedChoiceField(
        choices=RECALLS,
        coerce=float,
        label="How much you want to remember",
        help_text="A question comes back when you would probably just recall it so often.",
    )

    class Meta:
        model = ReviewSettings
        fields = ["minutes_a_day", "new_a_day", "desired_recall"]
        help_texts = {
            "minutes_a_day": "1 to 120. Review never asks for more; what does not fit waits for the days after.",
            "new_a_day": "0 to 50. Questions on passages you have read, asked once what is due is done.",
        }
