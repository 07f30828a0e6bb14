from django import forms


class JoinForm(forms.Form):
    code = forms.CharField(
        label="Code of your class",
        max_length=40,
        error_messages={"required": "Type the code that your teacher gave you."},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "aria-describedby": "code-form",
            }
        ),
    )
