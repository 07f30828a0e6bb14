"""Shape of what those who make quizzes type: rules, slots, what is seen when, texts by score."""

from dataclasses import dataclass, field
from datetime import UTC
from zoneinfo import ZoneInfo

from django import forms
from django.utils.dateparse import parse_datetime

from content.editors import Text
from content.models import Lesson, Module, Objective, Passage, Question, Topic
from content.questions import KINDS
from content.text import TextRefused
from studyapp.accounts.signing_in import typed_password
from studyapp.quizzes.drawing import FIELDS
from studyapp.quizzes.models import Quiz, Slot
from studyapp.quizzes.release import PARTS

# While an attempt runs nothing of it is ever shown, whatever the quiz.
MOMENT_WORDS = {
    "just_after": "Two minutes after hand-in",
    "later": "Later, while the quiz is open",
    "closed": "After it has closed",
}
PART_WORDS = {
    "verdict": "Right or wrong",
    "mark": "Marks",
    "feedback": "Feedback on what was chosen",
    "key": "Right answer, explanation",
}
BLANK_ROWS = 1
MOST_SLOTS = 200


class ZonedDateTime(forms.Field):
    """A date and a time as they stand on the clocks of one zone; in UTC afterwards.

    An hour that a clock change skips is read as the hour after it; one that comes twice, as the first.
    """

    def __init__(self, *, zone, **options):
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(required=False, widget=widget, **options)
        self.zone = ZoneInfo(zone)

    def prepare_value(self, value):
        return value.astimezone(self.zone).replace(tzinfo=None) if hasattr(value, "astimezone") else value

    def to_python(self, value):
        text = (value or "").strip() if isinstance(value, str) else ""
        if not text:
            return None
        try:
            moment = parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None or not 2000 <= moment.year <= 2200:
            raise forms.ValidationError("This is not a date with a time. Write one like 2026-11-27 14:30.")
        return moment.replace(tzinfo=self.zone).astimezone(UTC)

    def has_changed(self, initial, data):
        try:
            return self.to_python(data) != initial
        except forms.ValidationError:
            return True


class Needed(Text):
    """Text that must not be empty; `missing` says so."""

    def __init__(self, *, missing, **options):
        super().__init__(**options)
        self.required = True
        self.error_messages["required"] = missing


class QuizForm(forms.ModelForm):
    """The rules of a quiz of `course`. Its slots and texts by score are rows of their own."""

    title = Needed(label="Title", rows=0, max_length=200, missing="A quiz needs a title.")
    password = Text(
        label="Password", rows=0, max_length=80, help_text="Read out in the room. Kept as it is written here."
    )

    class Meta:
        model = Quiz
        fields = (
            "title", "slug", "module", "state", "position", "time_limit_minutes", "opens_at", "closes_at",
            "attempts_allowed", "counting", "delay_minutes", "password", "one_way", "shuffle_questions",
            "shuffle_options", "preset", "open_to_everyone", "pass_percent",
        )  # fmt: skip
        labels = {
            "slug": "Id",
            "position": "Place among the quizzes",
            "time_limit_minutes": "Time limit, minutes",
            "attempts_allowed": "Attempts",
            "counting": "Which attempt counts",
            "delay_minutes": "Wait between attempts, minutes",
            "shuffle_questions": "Questions in an order of chance",
            "shuffle_options": "Options in an order of chance",
            "one_way": "No way back to an earlier question",
            "pass_percent": "Pass mark, per cent",
            "preset": "Who sees what, when",
            "open_to_everyone": "Exam: open to everyone, also without a class",
        }
        help_texts = {
            "slug": "Part of its address. Stays for good.",
            "attempts_allowed": "0: any number.",
            "pass_percent": "0: none.",
            "delay_minutes": "0: none.",
            "open_to_everyone": "Off: once the course has a class, only people in one of its classes can start "
            "this exam.",
        }

    def __init__(self, *args, course, **kwargs):
        super().__init__(*args, **kwargs)
        self.course = course
        zone = course.time_zone
        for name, label in (("opens_at", "Opens"), ("closes_at", "Closes")):
            self.fields[name] = ZonedDateTime(zone=zone, label=label, help_text=f"Time in {zone}.")
        self.fields["module"].queryset = Module.objects.filter(course=course, is_retired=False)
        self.fields["module"].empty_label = "The whole course"
        self.fields["position"].required = False
        if self.instance.pk:
            del self.fields["slug"]
        custom = self.instance.custom if isinstance(self.instance.custom, dict) else {}
        for moment in MOMENT_WORDS:
            self.fields[moment] = forms.MultipleChoiceField(
                label=MOMENT_WORDS[moment],
                required=False,
                choices=[(part, PART_WORDS[part]) for part in PARTS],
                widget=forms.CheckboxSelectMultiple,
                initial=custom.get(moment, []),
            )

    @property
    def moments(self):
        return [self[moment] for moment in MOMENT_WORDS]

    @property
    def parts(self):
        return list(PART_WORDS.values())

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        if Quiz.objects.filter(course=self.course, slug=slug).exists():
            raise forms.ValidationError("The course has a quiz with this id. Choose another.")
        return slug

    def clean_position(self):
        return self.cleaned_data["position"] or 0

    def clean(self):
        given = super().clean()
        opens, closes = given.get("opens_at"), given.get("closes_at")
        if opens and closes and opens >= closes:
            self.add_error("closes_at", "It closes before it opens.")
        self.instance.custom = {moment: _whole(given[moment]) for moment in MOMENT_WORDS if given.get(moment)}
        if given.get("preset") == Quiz.Preset.CUSTOM and not self.instance.custom:
            self.add_error("preset", "Custom shows only what is ticked below, and nothing is.")
        return given


def _whole(parts) -> list[str]:
    """What is seen, in its order. Feedback and the right answer cannot be shown without telling what was right."""
    told = {"verdict"} if {"feedback", "key"} & set(parts) else set()
    return [part for part in PARTS if part in told or part in parts]


class BandRow(forms.Form):
    """A text for everybody whose score begins at so many per cent."""

    start = forms.IntegerField(label="From per cent", required=False, min_value=0, max_value=100)
    text = Text(label="Text", rows=1, max_length=500)

    def clean(self):
        given = super().clean()
        if (given.get("start") is None) != (not given.get("text")):
            raise forms.ValidationError(
                "A text by score needs both: the per cent from which it holds, and the text."
            )
        return given


def bands_of(rows) -> list[dict]:
    """The filled rows as a quiz keeps them, highest first."""
    given = [
        {"from": row["start"], "text": row["text"]}
        for row in rows
        if row.get("text") and row.get("start") is not None and not row.get("DELETE")
    ]
    return sorted(given, key=lambda band: -band["from"])


@dataclass
class Bank:
    """What slots of a course can name. Four queries."""

    questions: dict = field(default_factory=dict)  # id in course files → question
    lessons: list = field(default_factory=list)
    passages: list = field(default_factory=list)
    tags: list = field(default_factory=list)

    @classmethod
    def of(cls, course):
        lessons = Lesson.objects.filter(course=course).exclude(state=Lesson.State.RETIRED)
        passages = {}
        for passage in (
            Passage.objects.filter(course=course, is_retired=False)
            .select_related("lesson")
            .only("slug", "title", "lesson__title")
            .order_by("lesson__module__position", "lesson__position", "position")
        ):
            passages.setdefault(passage.lesson.title, []).append((passage.slug, passage.title))
        rows = Question.objects.filter(course=course).exclude(state=Question.State.RETIRED)
        return cls(
            {row.slug: row for row in rows.only("slug", "stem_text", "state", "kind", "course_id")},
            list(lessons.order_by("module__position", "position", "pk").values_list("slug", "title")),
            list(passages.items()),
            [(name, name) for name in Topic.objects.filter(course=course).values_list("name", flat=True)],
        )


class SlotRow(forms.Form):
    """One slot: a fixed question, or a draw from what lessons, passages, levels, tags and kinds let through."""

    FIXED, DRAWN = "fixed", "drawn"

    slot = forms.IntegerField(required=False, widget=forms.HiddenInput)
    what = forms.ChoiceField(
        label="This slot",
        required=False,
        choices=[(DRAWN, "draws by chance"), (FIXED, "asks one fixed question")],
        widget=forms.RadioSelect,
        initial=DRAWN,
    )
    question = Text(label="Id of the question", rows=0, max_length=80)
    draw = forms.IntegerField(label="How many", required=False, min_value=1, max_value=1000)
    points = forms.IntegerField(label="Points each", required=False, min_value=0, max_value=1000, initial=1)

    def __init__(self, *args, bank, **kwargs):
        super().__init__(*args, **kwargs)
        self.bank = bank
        self.fields["question"].widget.attrs["list"] = "bank-questions"
        self.fields["question"].widget.attrs["autocomplete"] = "off"
        choices = {
            "lessons": ("Lessons", bank.lessons),
            "passages": ("Passages", bank.passages),
            "levels": ("Levels", Objective.Level.choices),
            "tags": ("Tags, all of them", bank.tags),
            "kinds": ("Kinds", [(kind, module.NAME) for kind, module in KINDS.items()]),
        }
        for name in FIELDS:
            label, options = choices[name]
            self.fields[name] = forms.MultipleChoiceField(
                label=label, required=False, choices=options, widget=forms.CheckboxSelectMultiple
            )

    @property
    def filters(self):
        return [self[name] for name in FIELDS if self.fields[name].choices]

    @property
    def filter_words(self) -> str:
        """What the slot asks for now, on one line."""
        found = [
            ", ".join(str(box.choice_label) for box in bound if box.data["selected"])
            for bound in self.filters
        ]
        return " · ".join(words for words in found if words) or "the whole course"

    @property
    def asked(self):
        """The fixed question, where the id in its field is one."""
        return self.bank.questions.get(self["question"].value() or "")

    def clean(self):
        given = super().clean()
        if given.get("what") == self.FIXED and given.get("question") not in self.bank.questions:
            typed = given.get("question")
            self.add_error(
                "question",
                f"The course has no question with the id “{typed}”." if typed else "Which question?",
            )
        return given

    def filled(self) -> bool:
        """Something was chosen here: a row that was only added is no slot."""
        return bool(self.cleaned_data.get("slot")) or self.has_changed()

    def as_slot(self, position: int) -> Slot:
        """The slot that this row describes; its own row is kept, so that items go on pointing to it."""
        given = self.cleaned_data
        is_fixed = given.get("what") == self.FIXED
        return Slot(
            pk=given.get("slot"),
            position=position,
            points=1 if given.get("points") is None else given["points"],
            question=self.bank.questions[given["question"]] if is_fixed else None,
            draw=1 if is_fixed else given.get("draw") or 1,
            filter={} if is_fixed else {name: given[name] for name in FIELDS if given.get(name)},
        )


def slot_initial(slot) -> dict:
    return {
        "slot": slot.pk,
        "what": SlotRow.FIXED if slot.question_id else SlotRow.DRAWN,
        "question": slot.question.slug if slot.question_id else "",
        "draw": slot.draw,
        "points": slot.points,
        **slot.filter,
    }


def rows_of(form, prefix, data, initial, *, more="", at_first=1, **kwargs):
    """A formset that can be ordered and cut. Posting its `more` button adds two rows and changes nothing else."""
    factory = forms.formset_factory(
        form,
        extra=BLANK_ROWS if initial else at_first,
        can_order=True,
        can_delete=True,
        max_num=MOST_SLOTS,
        absolute_max=MOST_SLOTS + 10,
    )
    if data is not None and more == prefix:
        data = data.copy()
        total = data.get(f"{prefix}-TOTAL_FORMS", "0")
        data[f"{prefix}-TOTAL_FORMS"] = str(min(MOST_SLOTS, int(total[:5]) + 2)) if total.isdecimal() else "2"
    if data is not None:
        return factory(data, prefix=prefix, initial=initial or [], form_kwargs=kwargs)
    return factory(initial=initial or [], prefix=prefix, form_kwargs=kwargs)


def kept_rows(rows):
    """The valid rows that were not taken out, in their order."""
    kept = [form for form in rows.forms if form.is_valid() and not form.cleaned_data.get("DELETE")]
    return sorted(
        kept, key=lambda form: (form.cleaned_data.get("ORDER") is None, form.cleaned_data.get("ORDER") or 0)
    )


class SignInToSaveForm(forms.Form):
    """Who answered, where answers were sent after the session had ended."""

    name = Needed(
        label="Sign-in name or e-mail", rows=0, max_length=254, missing="Which sign-in name or e-mail?"
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    shared = forms.BooleanField(
        required=False,
        label="This computer is shared",
        help_text="You will be signed out when the browser is closed.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs |= {
            "autocomplete": "username", "autocapitalize": "none", "spellcheck": "false",
        }  # fmt: skip

    def clean_password(self):
        try:
            return typed_password(self.cleaned_data["password"])
        except TextRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None


class TextForm(forms.Form):
    """One text that must not be empty."""

    def __init__(self, *args, label, longest, help_text="", **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"] = Needed(
            label=label, rows=5, max_length=longest, help_text=help_text, missing="Write something first."
        )
