"""Shape of what is chosen on the way of a file of questions into a course."""

from django import forms
from django.utils.text import slugify

from content.editors import Text
from content.formats import FORMATS
from content.forms import Grouped
from content.models import Lesson, Passage
from content.picturing import ALT_LENGTH
from content.planning import LEAVE, NEW, UPDATE, Choices

MOST_ALTS = 200  # pictures asked about on one page
FORMAT_CHOICES = [("", "By what the file holds"), *((name, one.label) for name, one in FORMATS.items())]


class UploadForm(forms.Form):
    course = forms.ModelChoiceField(None, label="Course", empty_label=None, to_field_name="slug")
    file = forms.FileField(
        label="File",
        help_text="GIFT, Aiken, Moodle XML, QTI (also from Canvas), CSV, Excel, Anki or YAML; at most 20 MB.",
        error_messages={"required": "Choose a file first.", "empty": "The file is empty."},
    )
    as_format = forms.ChoiceField(label="Read it as", choices=FORMAT_CHOICES, required=False)

    def __init__(self, *args, courses, most_bytes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["course"].queryset = courses
        self.most_bytes = most_bytes

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > self.most_bytes:
            raise forms.ValidationError(
                f"The file is larger than {self.most_bytes // (1024 * 1024)} MB. Divide it."
            )
        return file


class ChoicesForm(forms.Form):
    """Where the questions go and what happens to those that the course has already."""

    lesson = forms.ModelChoiceField(None, label="Lesson for new questions", required=False)
    tags = Text(label="Tags for all", rows=0, max_length=300, help_text="Words, with commas between.")
    state = forms.ChoiceField(
        label="New questions are",
        required=False,
        choices=[
            ("draft", "Drafts: only staff see them"),
            ("ready", "Ready: learners see them at once"),
            ("", "As the file says"),
        ],
    )
    duplicates = forms.ChoiceField(
        label="What the course has already",
        widget=forms.RadioSelect,
        choices=[
            (UPDATE, "Update it: the wording of the file becomes a new version"),
            (LEAVE, "Leave it as it is"),
            (NEW, "Add what the file has as new questions"),
        ],
    )
    as_format = forms.ChoiceField(label="Read the file as", choices=FORMAT_CHOICES, required=False)
    backs_as = forms.ChoiceField(
        label="Cards with front and back become",
        required=False,
        choices=[
            ("", "Short texts, long backs essays"),
            ("short_text", "Short texts, all of them"),
            ("essay", "Essays, all of them"),
        ],
    )

    def __init__(self, *args, course, reading, undescribed, **kwargs):
        super().__init__(*args, **kwargs)
        lessons = Lesson.objects.filter(course=course).exclude(state=Lesson.State.RETIRED)
        lessons = lessons.order_by("module__position", "position", "pk").only("title", "course")
        self.fields["lesson"] = forms.ModelChoiceField(
            lessons,
            label="Lesson for new questions",
            required=False,
            empty_label="Where the file says, else the first lesson",
        )
        self.fields["passage"] = Grouped(
            Passage.objects.filter(course=course, is_retired=False)
            .only("title", "lesson__title")
            .order_by("lesson__module__position", "lesson__position", "position"),
            label="Passage for new questions",
            help_text="The place that a wrong answer opens, where the file names none.",
        )
        if reading.format != "anki":
            del self.fields["backs_as"]
        self.pictures = undescribed[:MOST_ALTS]
        for number, name in enumerate(self.pictures):
            self.fields[f"alt_{number}"] = Text(
                label=f"What does “{name.removeprefix('assets/')}” show?", rows=0, max_length=ALT_LENGTH
            )
        self.order_fields(["lesson", "passage", "tags", "state", "duplicates", "backs_as", "as_format"])

    def clean_tags(self):
        names = [
            slugify(name).replace("_", "-")[:60].strip("-") for name in self.cleaned_data["tags"].split(",")
        ]
        return [name for name in dict.fromkeys(names) if name]

    def clean(self):
        cleaned = super().clean()
        lesson, passage = cleaned.get("lesson"), cleaned.get("passage")
        if passage and not lesson:
            cleaned["lesson"] = passage.lesson
        elif passage and passage.lesson_id != lesson.pk:
            self.add_error(
                "passage",
                f"This passage belongs to the lesson “{passage.lesson}”. Choose that lesson or one of its own.",
            )
        return cleaned

    @property
    def main(self):
        """The fields but for the alt texts."""
        return [field for field in self.visible_fields() if not field.name.startswith("alt_")]

    @property
    def alts(self):
        """(field, name of the picture) of each picture that is asked about."""
        return [(self[f"alt_{number}"], name) for number, name in enumerate(self.pictures)]

    def kept(self) -> dict:
        """What was chosen, as JSON."""
        said = {
            name: self.cleaned_data.get(name, "") for name in ("state", "duplicates", "as_format", "backs_as")
        }
        for name in ("lesson", "passage"):
            said[name] = self.cleaned_data[name].pk if self.cleaned_data.get(name) else None
        said["tags"] = self.cleaned_data["tags"]
        said["alts"] = {
            name: self.cleaned_data[f"alt_{number}"]
            for number, name in enumerate(self.pictures)
            if self.cleaned_data.get(f"alt_{number}")
        }
        return said


def initial_of(said: dict, pictures) -> dict:
    """What a form starts with that was filled in before."""
    return {
        "state": "draft",
        "duplicates": UPDATE,
        **said,
        "tags": ", ".join(said.get("tags", ())),
        **{f"alt_{number}": said.get("alts", {}).get(name, "") for number, name in enumerate(pictures)},
    }


def choices_of(said: dict, course) -> Choices:
    """What was chosen, with the rows that still are there."""
    lessons = Lesson.objects.filter(course=course).exclude(state=Lesson.State.RETIRED)
    passages = Passage.objects.filter(course=course, is_retired=False)
    return Choices(
        lesson=lessons.filter(pk=said.get("lesson")).first() if said.get("lesson") else None,
        passage=passages.filter(pk=said.get("passage")).first() if said.get("passage") else None,
        tags=tuple(said.get("tags", ())),
        duplicates=said.get("duplicates") or UPDATE,
        state=said.get("state", "draft"),
        alts=said.get("alts", {}),
    )
