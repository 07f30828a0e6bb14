"""Shape of what authors type, beside the content of questions (`content.editors`)."""

import re
from datetime import date
from zoneinfo import available_timezones

from django import forms
from django.utils.text import slugify

from content.coursefiles.definitions import FIGURE_KINDS
from content.coursefiles.fields import ID, ID_LENGTH, ID_RULE
from content.coursefiles.images import PictureRefused, read_picture
from content.coursefiles.reading import TAG_LENGTH
from content.editors import Text
from content.models import (
    Asset,
    Course,
    Event,
    Figure,
    Lesson,
    Module,
    Objective,
    Passage,
    Question,
    Term,
    Topic,
    Work,
)

ASSET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,118}\.(png|jpe?g|gif|webp)", re.IGNORECASE)


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
        label="Id",
        required=False,
        max_length=ID_LENGTH,
        help_text="Stays for good. Empty: made from the question.",
    )
    level = forms.ChoiceField(label="Level", choices=Objective.Level)
    use = forms.ChoiceField(label="Used for", choices=Question.Use)
    state = forms.ChoiceField(label="State", choices=Question.State)
    topics = Text(
        label="Tags", rows=0, max_length=300, help_text="Words joined by hyphens, with commas between."
    )
    position = forms.IntegerField(
        label="Place in the lesson",
        required=False,
        min_value=0,
        max_value=9999,
        help_text="Empty: at the end.",
    )
    works = forms.MultipleChoiceField(
        label="Works cited", required=False, widget=forms.CheckboxSelectMultiple
    )
    note = Text(
        label="What did you change, and why?",
        rows=0,
        max_length=200,
        help_text="Optional; kept in the history.",
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, course, question=None, **kwargs):
        super().__init__(*args, **kwargs)
        lessons = (
            Lesson.objects.filter(course=course).exclude(state=Lesson.State.RETIRED).select_related("module")
        )
        rows = {"course": course, "is_retired": False}
        self.fields["lesson"] = forms.ModelChoiceField(lessons.order_by("module__position", "position", "pk"))
        self.fields["passage"] = Grouped(
            Passage.objects.filter(**rows).order_by(
                "lesson__module__position", "lesson__position", "position"
            ),
            help_text="The place that a wrong answer opens.",
        )
        self.fields["objective"] = Grouped(
            Objective.objects.filter(**rows).order_by(
                "lesson__module__position", "lesson__position", "position"
            )
        )
        works = Work.objects.filter(course=course, is_retired=False)
        self.fields["works"].choices = [(work.slug, work.short or work.label or work.slug) for work in works]
        if question is not None:
            del self.fields["slug"]
        self.order_fields(
            ["lesson", "passage", "objective", "level", "topics", "use", "state", "position", "slug"]
        )

    def clean_topics(self):
        return tag_names(self.cleaned_data["topics"])

    def clean(self):
        cleaned, lesson = super().clean(), self.cleaned_data.get("lesson")
        for name, what in (("passage", "This passage"), ("objective", "This objective")):
            row = cleaned.get(name)
            if lesson and row and row.lesson_id != lesson.pk:
                self.add_error(
                    name,
                    f"{what} belongs to the lesson “{row.lesson}”. Choose that lesson or one of its own.",
                )
        return cleaned


def tag_names(text: str) -> list[str]:
    """The tags that people wrote with commas between, each once, as they are stored."""
    names = [slugify(name)[:TAG_LENGTH].strip("-") for name in text.split(",")]
    return [name for name in dict.fromkeys(names) if name]


class TagForm(forms.Form):
    """Tags to put on many questions, and those that they have, to take off."""

    add = Text(
        label="Tags to add",
        rows=0,
        max_length=300,
        help_text="Words joined by hyphens, with commas between.",
    )
    remove = forms.MultipleChoiceField(
        label="Tags to take off", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, questions, **kwargs):
        super().__init__(*args, **kwargs)
        topics = Topic.objects.filter(questions__in=questions.order_by().values("pk"))
        names = topics.order_by("name").values_list("name", flat=True).distinct()
        self.fields["remove"].choices = [(name, name) for name in names]
        if not self.fields["remove"].choices:
            del self.fields["remove"]

    def clean_add(self):
        return tag_names(self.cleaned_data["add"])

    def clean(self):
        cleaned = super().clean()
        cleaned.setdefault("remove", [])
        if not self.errors and not cleaned["add"] and not cleaned["remove"]:
            raise forms.ValidationError("Write a tag to add, or tick one to take off.")
        return cleaned


class MoveForm(forms.Form):
    """Where many questions of one course are to go."""

    def __init__(self, *args, course, **kwargs):
        super().__init__(*args, **kwargs)
        lessons = (
            Lesson.objects.filter(course=course).exclude(state=Lesson.State.RETIRED).select_related("module")
        )
        passages = Passage.objects.filter(course=course, is_retired=False)
        self.fields["lesson"] = forms.ModelChoiceField(lessons.order_by("module__position", "position", "pk"))
        self.fields["passage"] = Grouped(
            passages.order_by("lesson__module__position", "lesson__position", "position"),
            help_text="Of that lesson. Empty: each keeps its passage where it can.",
        )

    def clean(self):
        cleaned, lesson = super().clean(), self.cleaned_data.get("lesson")
        passage = cleaned.get("passage")
        if lesson and passage and passage.lesson_id != lesson.pk:
            self.add_error("passage", f"This passage belongs to the lesson “{passage.lesson}”.")
        return cleaned


class ObjectiveRow(forms.Form):
    id = Text(label="Id", rows=0, max_length=ID_LENGTH)
    level = forms.ChoiceField(label="Level", choices=Objective.Level, required=False)
    text = Text(label="The learner can …", rows=1, max_length=300)


class LessonForm(forms.Form):
    """A lesson as its file has it; passages and objectives follow from it."""

    title = Text(label="Title", rows=0, max_length=200)
    slug = forms.SlugField(label="Id", max_length=ID_LENGTH, help_text="Part of its address. Stays for good.")
    question = Text(
        label="Opening question", rows=0, max_length=300, help_text="The question that the lesson answers."
    )
    state = forms.ChoiceField(label="State", choices=Lesson.State)
    position = forms.IntegerField(label="Place in the module", required=False, min_value=0, max_value=9999)
    source_section = Text(label="Section of the source", rows=0, max_length=20)
    body = Text(label="Text", rows=24, max_length=400_000)
    works = forms.MultipleChoiceField(label="Works used", required=False, widget=forms.CheckboxSelectMultiple)
    note = Text(
        label="What did you change, and why?",
        rows=0,
        max_length=200,
        help_text="Optional; kept in the history.",
    )
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
        help_texts = {
            "slug": "Part of its address. Stays for good.",
            "time_zone": "For example Europe/Berlin.",
        }

    def clean_time_zone(self):
        return real_time_zone(self.cleaned_data["time_zone"])


def real_time_zone(name: str) -> str:
    """The name of a zone of the IANA database, or a ValidationError."""
    if name not in available_timezones():
        raise forms.ValidationError(
            f"“{name}” is not a time zone. Write one like Europe/Berlin or Asia/Baghdad."
        )
    return name


class OfCourse(forms.ModelForm):
    """A row of a course. `own_courses` are the courses its author writes; lists of ids offer theirs only."""

    own_courses: frozenset[int] = frozenset()
    lists: dict[str, type] = {}  # name of the field → the model whose ids it holds

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        course = self.instance.course_id or self.data.get("course") or self.initial.get("course")
        for name, model in self.lists.items():
            rows = model.objects.filter(course__in=self.own_courses)
            if str(course or "").isdecimal() and len(str(course)) < 19:
                rows = rows.filter(course=int(course))
            rows = (
                rows.exclude(state=Lesson.State.RETIRED) if model is Lesson else rows.filter(is_retired=False)
            )
            self.fields[name] = forms.MultipleChoiceField(
                label=self.fields[name].label,
                help_text=self.fields[name].help_text,
                required=False,
                choices=[(row.slug, str(getattr(row, "short", "") or row)) for row in rows],
                widget=forms.CheckboxSelectMultiple,
            )
        if self.instance.pk:
            for name in ("slug", "course"):
                self.fields.pop(name, None)

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        if not ID.fullmatch(slug):
            raise forms.ValidationError(f"{ID_RULE[0].upper()}{ID_RULE[1:]}.")
        return slug


class TermForm(OfCourse):
    definition = Text(label="Definition", rows=3, help_text="One to three sentences, inline Markdown.")
    matters = Text(label="Where it matters", rows=2)
    lists = {"lessons": Lesson}

    class Meta:
        model = Term
        fields = ["course", "term", "abbreviation", "slug", "definition", "matters", "lessons", "is_retired"]
        labels = {"slug": "Id", "is_retired": "Retired"}

    def clean_definition(self):
        return _not_empty(self.cleaned_data["definition"], "Write what the term means.")


class EventForm(OfCourse):
    text = Text(label="What happened", rows=2, help_text="One sentence, inline Markdown.")
    lists = {"works": Work}

    class Meta:
        model = Event
        fields = ["course", "date", "end", "text", "slug", "lesson", "works", "is_retired"]
        labels = {"slug": "Id", "is_retired": "Retired", "end": "Last day", "works": "Sources"}
        help_texts = {
            "date": "2003-05-16, 2003-05 or 2003: as exactly as it is known.",
            "end": "Only for something that lasted; in the same form.",
        }

    def clean_text(self):
        return _not_empty(self.cleaned_data["text"], "Write what happened.")

    def clean_date(self):
        return real_date(self.cleaned_data["date"].strip())

    def clean_end(self):
        end = self.cleaned_data["end"].strip()
        return real_date(end) if end else ""

    def clean(self):
        cleaned = super().clean()
        course = cleaned.get("course") or (self.instance.course if self.instance.course_id else None)
        if course and cleaned.get("lesson") and cleaned["lesson"].course_id != course.pk:
            self.add_error("lesson", "This lesson belongs to another course.")
        if cleaned.get("date") and cleaned.get("end") and cleaned["end"] < cleaned["date"]:
            self.add_error("end", "This is before the first day.")
        return cleaned


def real_date(text: str) -> str:
    """A day, month or year as ISO 8601 writes it, or a ValidationError."""
    parts = text.split("-")
    lengths = [len(part) for part in parts]
    try:
        if lengths not in ([4], [4, 2], [4, 2, 2]) or not all(
            part.isascii() and part.isdigit() for part in parts
        ):
            raise ValueError
        date(*(int(part) for part in (parts + ["01", "01"])[:3]))
    except ValueError:
        raise forms.ValidationError("Write 2003-05-16, 2003-05 or 2003, a day that exists.") from None
    return text


class WorkForm(OfCourse):
    """A work cited, field by field; together they are its definition."""

    author = Text(label="Author", rows=0, max_length=300, help_text="Person or institution.")
    title = Text(label="Title", rows=0, max_length=500)
    year = Text(label="Year", rows=0, max_length=10)
    publisher = Text(
        label="Publisher", rows=0, max_length=300, help_text="Or the journal or newspaper, with its date."
    )
    number = Text(label="Document number", rows=0, max_length=120)

    class Meta:
        model = Work
        fields = ["course", "slug", "is_retired"]
        labels = {"slug": "Id", "is_retired": "Retired"}
        help_texts = {"slug": "What [@id] in a text names."}

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


class FigureForm(OfCourse):
    """A figure: what it says, and its data as lines of cells. How it is drawn follows from its kind."""

    title = Text(label="Title", rows=0, max_length=200)
    sub = Text(label="What is measured", rows=0, max_length=300, help_text="One line, with the unit.")
    description = Text(
        label="Description",
        rows=4,
        max_length=4000,
        help_text="What somebody who cannot see the drawing must know.",
    )
    kind = forms.ChoiceField(
        label="Kind", choices=[(kind, kind.replace("_", " ").capitalize()) for kind in FIGURE_KINDS]
    )
    unit = Text(label="Unit", rows=0, max_length=120)
    x_label = Text(label="Name of the first axis", rows=0, max_length=120)
    y_label = Text(label="Name of the second axis", rows=0, max_length=120)
    note = Text(label="How to read it", rows=3, max_length=4000)
    source = Text(label="Sources", rows=0, max_length=500, help_text="Ids of works, with commas between.")
    table = Text(
        label="Data",
        rows=8,
        max_length=40_000,
        help_text="One row a line, cells with | between; an empty cell is a missing value. "
        "The first line names the columns.",
    )
    label_column = forms.IntegerField(
        label="Column of the names", required=False, help_text="Counted from 0."
    )
    value_columns = Text(
        label="Columns that are drawn", rows=0, max_length=60, help_text="Counted from 0, with commas."
    )
    basis_column = forms.IntegerField(
        label="Column of the basis", required=False, help_text="Rows with estimate or projection are dashed."
    )
    nodes = Text(
        label="Boxes of a diagram",
        rows=4,
        max_length=8000,
        help_text="A line each: id | label | detail | row | column.",
    )
    links = Text(
        label="Arrows of a diagram", rows=3, max_length=8000, help_text="A line each: from | to | label."
    )

    class Meta:
        model = Figure
        fields = ["course", "slug", "is_retired"]
        labels = {"slug": "Id", "is_retired": "Retired"}
        help_texts = {"slug": "What :::figure id in a lesson names."}

    PLAIN = ("title", "sub", "description", "kind", "unit", "x_label", "y_label", "note")
    field_order = [
        "course", "slug", *PLAIN, "source", "table", "label_column", "value_columns", "basis_column",
        "nodes", "links", "is_retired",
    ]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        made = self.instance.definition
        for name in (*self.PLAIN, "label_column", "basis_column"):
            self.fields[name].initial = made.get(name)
        source = made.get("source", [])
        self.fields["source"].initial = source if isinstance(source, str) else ", ".join(source)
        self.fields["value_columns"].initial = ", ".join(str(n) for n in made.get("value_columns", ()))
        lines = [made.get("columns", []), *made.get("rows", [])]
        self.fields["table"].initial = _lines(lines)
        self.fields["nodes"].initial = _lines(
            [[n.get(k, "") for k in NODE_KEYS] for n in made.get("nodes", ())]
        )
        self.fields["links"].initial = _lines(
            [[n.get(k, "") for k in LINK_KEYS] for n in made.get("links", ())]
        )

    def definition(self) -> dict:
        """What was typed as the figure's file would say it; whether it can be drawn, its check says."""
        said = self.cleaned_data
        made = {key: said[key] for key in self.PLAIN if said.get(key)}
        sources = [id.strip() for id in said["source"].split(",") if id.strip()]
        if sources:
            made["source"] = sources[0] if len(sources) == 1 else sources
        columns = [_number(n.strip()) for n in said["value_columns"].split(",") if n.strip()]
        table = _cells(said["table"])
        if table:
            drawn = {n for n in columns if isinstance(n, int)}
            made |= {"columns": table[0], "rows": [self._row(row, drawn) for row in table[1:]]}
        for key in ("label_column", "basis_column"):
            if said.get(key) is not None:
                made[key] = said[key]
        if columns:
            made["value_columns"] = columns
        for key, keys in (("nodes", NODE_KEYS), ("links", LINK_KEYS)):
            rows = [
                {k: _number(v) if k in ("row", "col") else v for k, v in zip(keys, row, strict=False) if v}
                for row in _cells(said[key])
            ]
            if rows:
                made[key] = rows
        return made

    def _row(self, row, drawn):
        """Cells as they were stored where they read the same; new ones are numbers in the columns that are drawn."""
        rows = self.instance.definition.get("rows", ())
        stored = {(n, str(cell)): cell for old in rows for n, cell in enumerate(old)}
        return [stored.get((n, cell), _number(cell) if n in drawn else cell) for n, cell in enumerate(row)]


NODE_KEYS = ("id", "label", "detail", "row", "col")
LINK_KEYS = ("from", "to", "label")


def _lines(rows):
    return "\n".join(" | ".join(str(cell) for cell in row) for row in rows if row)


def _cells(text):
    return [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.strip()]


def _number(cell):
    """A cell as the number it is written as, else its text. Groups of digits and words stay text."""
    try:
        return int(cell)
    except ValueError:
        try:
            return float(cell) if cell.replace("-", "").replace(".", "").isdigit() else cell
        except ValueError:
            return cell


class AssetForm(OfCourse):
    """An image. What it is, its signature says; what it shows, its alt text."""

    upload = forms.FileField(
        label="Image", help_text="PNG, JPEG, GIF or WebP, up to 20 MB. Camera data is removed."
    )
    alt = Text(
        label="Alt text",
        rows=2,
        max_length=300,
        help_text="What the image shows, for those who do not see it.",
    )

    class Meta:
        model = Asset
        fields = ["course", "name", "alt"]
        help_texts = {"name": "As lessons write it: ![alt](assets/name.png). Empty: the name of the file."}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "name" in self.fields:
            self.fields["name"].required = False
        if self.instance.pk:
            self.fields.pop("name", None)
            self.fields["upload"].required = False
            self.fields["upload"].label = "Another file"

    def clean(self):
        """Read the image by what it is; `picture` is it, None where only the words change."""
        cleaned, self.picture = super().clean(), None
        upload = cleaned.get("upload")
        if upload:
            name = self.instance.name or cleaned.get("name") or upload.name
            try:
                self.picture = read_picture(name, upload.read())
            except PictureRefused as refusal:
                self.add_error("upload", f"{str(refusal)[:1].upper()}{str(refusal)[1:]}.")
        name = self.picture.name if self.picture else ""
        if name and not ASSET_NAME.fullmatch(name):
            self.add_error(
                "name" if "name" in self.fields else "upload",
                "A name has letters, digits, points and hyphens, for example troops-2003.png.",
            )
        elif name and not self.instance.pk and self._is_taken(cleaned.get("course"), name):
            self.add_error(
                "name", "The course has an image of this name. Change that one, or choose another name."
            )
        return cleaned

    def _is_taken(self, course, name):
        return course is not None and Asset.objects.filter(course=course, name=name).exists()

    def clean_alt(self):
        return _not_empty(
            self.cleaned_data["alt"], "Say what the image shows. Without it some readers get nothing."
        )


def _not_empty(text, message):
    if not text.strip():
        raise forms.ValidationError(message)
    return text.strip()
