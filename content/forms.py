"""Shape of what authors type, beside the content of questions (`content.editors`)."""

from django import forms
from django.utils.text import slugify

from content.coursefiles.fields import ID_LENGTH
from content.editors import Text
from content.models import Asset, Course, Event, Lesson, Module, Objective, Passage, Question, Term, Work


class Grouped(forms.ModelChoiceField):
    """A choice among rows of lessons, grouped by lesson, so that the list of a long course can be read."""

    def __init__(self, queryset, **options):
        super().__init__(queryset.select_related("lesson"), required=False, **options)
        groups = {}
        for row in self.queryset:
            groups.setdefault(row.lesson.title, []).append((row.pk, self.label_from_instance(row)))
        self.choices = [("", "—"), *groups.items()]


class QuestionForm(forms.Form):
    """Where a question belongs and what it is for. Its wording has a form of its own."""

    slug = forms.SlugField(
        label="Id", required=False, max_length=ID_LENGTH, help_text="Stays for good. Empty: made from the question."
    )
    level = forms.ChoiceField(label="Level", choices=Objective.Level)
    use = forms.ChoiceField(label="Used for", choices=Question.Use)
    state = forms.ChoiceField(label="State", choices=Question.State)
    topics = Text(label="Tags", rows=0, max_length=300, help_text="Words joined by hyphens, with commas between.")
    position = forms.IntegerField(
        label="Place in the lesson", required=False, min_value=0, max_value=9999, help_text="Empty: at the end."
    )
    works = forms.MultipleChoiceField(label="Works cited", required=False, widget=forms.CheckboxSelectMultiple)
    note = Text(label="What did you change, and why?", rows=0, max_length=200, help_text="Optional; kept in the history.")
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, course, question=None, **kwargs):
        super().__init__(*args, **kwargs)
        lessons = Lesson.objects.filter(course=course).exclude(state=Lesson.State.RETIRED).select_related("module")
        rows = {"course": course, "is_retired": False}
        self.fields["lesson"] = forms.ModelChoiceField(lessons.order_by("module__position", "position", "pk"))
        self.fields["passage"] = Grouped(
            Passage.objects.filter(**rows).order_by("lesson__module__position", "lesson__position", "position"),
            help_text="The place that a wrong answer opens.",
        )
        self.fields["objective"] = Grouped(
            Objective.objects.filter(**rows).order_by("lesson__module__position", "lesson__position", "position")
        )
        works = Work.objects.filter(course=course, is_retired=False)
        self.fields["works"].choices = [(work.slug, work.short or work.label or work.slug) for work in works]
        if question is not None:
            del self.fields["slug"]
        self.order_fields(["lesson", "passage", "objective", "level", "topics", "use", "state", "position", "slug"])

    def clean_topics(self):
        names = [slugify(name) for name in self.cleaned_data["topics"].split(",")]
        return [name[:60] for name in dict.fromkeys(names) if name]

    def clean(self):
        cleaned, lesson = super().clean(), self.cleaned_data.get("lesson")
        for name, what in (("passage", "This passage"), ("objective", "This objective")):
            row = cleaned.get(name)
            if lesson and row and row.lesson_id != lesson.pk:
                self.add_error(name, f"{what} belongs to the lesson “{row.lesson}”. Choose that lesson or one of its own.")
        return cleaned


class ObjectiveRow(forms.Form):
    id = Text(label="Id", rows=0, max_length=ID_LENGTH)
    level = forms.ChoiceField(label="Level", choices=Objective.Level, required=False)
    text = Text(label="The learner can …", rows=1, max_length=300)


class LessonForm(forms.Form):
    """A lesson as its file has it; passages and objectives follow from it."""

    title = Text(label="Title", rows=0, max_length=200)
    slug = forms.SlugField(label="Id", max_length=ID_LENGTH, help_text="Part of its address. Stays for good.")
    question = Text(label="Opening question", rows=0, max_length=300, help_text="The question that the lesson answers.")
    state = forms.ChoiceField(label="State", choices=Lesson.State)
    position = forms.IntegerField(label="Place in the module", required=False, min_value=0, max_value=9999)
    source_section = Text(label="Section of the source", rows=0, max_length=20)
    body = Text(label="Text", rows=24, max_length=400_000)
    works = forms.MultipleChoiceField(label="Works used", required=False, widget=forms.CheckboxSelectMultiple)
    note = Text(label="What did you change, and why?", rows=0, max_length=200, help_text="Optional; kept in the history.")
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, course, lesson=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["module"] = forms.ModelChoiceField(Module.objects.filter(course=course, is_retired=False))
        works = Work.objects.filter(course=course, is_retired=False)
        self.fields["works"].choices = [(work.slug, work.short or work.label or work.slug) for work in works]
        self.fields["body"].widget.attrs |= {"spellcheck": "true", "class": "source-text", "data-lines": ""}
        if lesson is not None:
            del self.fields["slug"]
        self.order_fields(["title", "slug", "module", "question", "state", "position", "source_section"])


class CourseForm(forms.ModelForm):
    summary = Text(label="Summary", rows=4, max_length=5000, help_text="One paragraph of Markdown.")
    notice = Text(
        label="Notice",
        rows=6,
        max_length=10_000,
        help_text="Markdown. Where the course comes from and what was checked; shown with the course and its lessons.",
    )

    class Meta:
        model = Course
        fields = [
            "title",
            "slug",
            "summary",
            "notice",
            "source_title",
            "source_kind",
            "language",
            "licence",
            "access",
            "time_zone",
            "is_draft",
        ]
        labels = {"slug": "Id", "source_title": "Title of the source", "source_kind": "Kind of source"}
        help_texts = {"slug": "Part of its address. Stays for good.", "time_zone": "For example Europe/Berlin."}

    def clean_time_zone(self):
        return real_time_zone(self.cleaned_data["time_zone"])


def real_time_zone(name: str) -> str:
    from zoneinfo import available_timezones

    if name not in available_timezones():
        raise forms.ValidationError(f"“{name}” is not a time zone. Write one like Europe/Berlin or Asia/Baghdad.")
    return name


class TermForm(forms.ModelForm):
    definition = Text(label="Definition", rows=3, help_text="One to three sentences, inline Markdown.")
    matters = Text(label="Where it matters", rows=2)

    class Meta:
        model = Term
        fields = ["course", "term", "slug", "definition", "matters", "is_retired"]
        labels = {"slug": "Id", "is_retired": "Retired"}

    def clean_definition(self):
        return _not_empty(self.cleaned_data["definition"], "Write what the term means.")


class EventForm(forms.ModelForm):
    text = Text(label="What happened", rows=2, help_text="One sentence, inline Markdown.")

    class Meta:
        model = Event
        fields = ["course", "date", "text", "slug", "lesson", "work", "is_retired"]
        labels = {"slug": "Id", "is_retired": "Retired", "work": "Source"}
        help_texts = {"date": "2003-05-16, 2003-05 or 2003: as exactly as it is known."}

    def clean_text(self):
        return _not_empty(self.cleaned_data["text"], "Write what happened.")

    def clean_date(self):
        return real_date(self.cleaned_data["date"].strip())

    def clean(self):
        cleaned = super().clean()
        course = cleaned.get("course") or self.instance.course
        for name in ("lesson", "work"):
            if cleaned.get(name) and cleaned[name].course_id != course.pk:
                self.add_error(name, "This belongs to another course.")
        return cleaned


def real_date(text: str) -> str:
    """A day, month or year as ISO 8601 writes it, or a ValidationError."""
    from datetime import date

    parts = text.split("-")
    lengths = [len(part) for part in parts]
    try:
        if lengths not in ([4], [4, 2], [4, 2, 2]) or not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError
        date(*(int(part) for part in (parts + ["01", "01"])[:3]))
    except ValueError:
        raise forms.ValidationError("Write 2003-05-16, 2003-05 or 2003, a day that exists.") from None
    return text


class WorkForm(forms.ModelForm):
    """A work cited, field by field; together they are its definition."""

    author = Text(label="Author", rows=0, max_length=300, help_text="Person or institution.")
    title = Text(label="Title", rows=0, max_length=500)
    year = Text(label="Year", rows=0, max_length=10)
    publisher = Text(label="Publisher", rows=0, max_length=300, help_text="Or the journal or newspaper, with its date.")
    number = Text(label="Document number", rows=0, max_length=120)

    class Meta:
        model = Work
        fields = ["course", "slug", "is_retired"]
        labels = {"slug": "Id", "is_retired": "Retired"}

    field_order = ["course", "author", "title", "year", "publisher", "number", "slug", "is_retired"]
    PARTS = ("author", "title", "year", "publisher", "number")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.PARTS:
            self.fields[name].initial = self.instance.definition.get(name, "")

    def clean_title(self):
        return _not_empty(self.cleaned_data["title"], "A work needs a title.")

    def clean_year(self):
        year = self.cleaned_data["year"].strip()
        if year and not (year.isascii() and year.isdigit() and len(year) <= 4):
            raise forms.ValidationError("Write the year as a number, for example 2013.")
        return year

    def definition(self) -> dict:
        """The definition with what was typed; keys that have no field here stay."""
        made = dict(self.instance.definition)
        for name in self.PARTS:
            value = self.cleaned_data[name].strip()
            if value:
                made[name] = int(value) if name == "year" else value
            else:
                made.pop(name, None)
        return made


class AssetForm(forms.ModelForm):
    """An image. What it is, its signature says; what it shows, its alt text."""

    upload = forms.FileField(label="Image", help_text="PNG, JPEG, GIF or WebP, up to 20 MB. Camera data is removed.")
    alt = Text(label="Alt text", rows=2, max_length=300, help_text="What the image shows, for those who do not see it.")

    class Meta:
        model = Asset
        fields = ["course", "name", "alt"]
        help_texts = {"name": "As lessons write it: ![alt](assets/name.png). Empty: the name of the file."}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "name" in self.fields:
            self.fields["name"].required = False
        if self.instance.pk:
            self.fields["upload"].required = False
            self.fields["upload"].label = "Another file"

    def clean_alt(self):
        return _not_empty(self.cleaned_data["alt"], "Say what the image shows. Without it some readers get nothing.")


def _not_empty(text, message):
    if not text.strip():
        raise forms.ValidationError(message)
    return text.strip()
