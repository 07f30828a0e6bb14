"""The shape of what learners set on their pages of progress."""

from django import forms


class ExamDateForm(forms.Form):
    on = forms.DateField(
        label="Day of the exam",
        input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Choose the day of your exam.",
            "invalid": "Write the day as year-month-day, such as 2027-06-12.",
        },
    )
