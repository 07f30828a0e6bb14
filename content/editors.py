"""The form of each kind of question: fields and rows in, content JSON out. Nobody writes JSON by hand.

What is wrong with a content only its kind knows (`check`), so these forms ask for little and hand the kind's
problems back to the field that they are about.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from django import forms

from content.questions import get_kind
from content.questions.base import MOST_ROWS, STEM_LENGTH, TEXT_LENGTH, Problem, with_ids
from content.text import TextRefused, clean_text

BLANK_ROWS = 2  # offered below the written ones, for those without JavaScript


class Text(forms.CharField):
    """Text through the one door in: NFC, no control characters."""

    def __init__(self, *, rows=1, max_length=TEXT_LENGTH, **options):
        widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
        super().__init__(required=False, widget=widget, **options)
        self.longest, self.multiline = max_length, bool(rows)

    def clean(self, value):
        value = super().clean(value)
        try:
            return clean_text(value, max_length=self.longest, multiline=self.multiline)
        except TextRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None


class Flag(forms.BooleanField):
    def __init__(self, **options):
        super().__init__(required=False, **options)


class StemForm(forms.Form):
    """What every kind has."""

    stem = Text(
        label="Question", rows=3, max_length=STEM_LENGTH, help_text="Markdown. Ends with a question mark."
    )


class AfterForm(forms.Form):
    explanation = Text(
        label="Explanation",
        rows=3,
        max_length=STEM_LENGTH,
        help_text="Shown after every answer: why the right answer is right, in two or three sentences.",
    )
    hint = Text(label="Hint", rows=2, help_text="Optional. Shown on request before the answer.")


class RowForm(forms.Form):
    """One row; `id` stays with it for good, so that answers and statistics know it again."""

    id = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)


class OptionRow(RowForm):
    text = Text(label="Option", rows=2)
    correct = Flag(label="Right")
    feedback = Text(label="Why it is right or wrong", rows=2)


class WeightedOptionRow(OptionRow):
    fraction = Text(
        label="Part of the mark",
        rows=0,
        help_text="Only for an option that is partly right, for example 0.5.",
    )
    field_order = ["id", "text", "correct", "fraction", "feedback"]


class TypedAnswerRow(RowForm):
    text = Text(label="Answer", rows=0, help_text="* stands for anything.")
    fraction = Text(label="Worth", rows=0, help_text="Empty: the whole mark. 0 for a known wrong answer.")
    feedback = Text(label="Feedback", rows=2)


class NumberAnswerRow(RowForm):
    value = Text(label="Number", rows=0)
    absolute = Text(label="Give or take", rows=0, help_text="In the same unit.")
    relative = Text(label="or as a share", rows=0, help_text="0.05 is five per cent of the number.")
    fraction = Text(label="Worth", rows=0, help_text="Empty: the whole mark.")
    feedback = Text(label="Feedback", rows=2)


class PairRow(RowForm):
    left = Text(label="Left side", rows=2)
    right = Text(label="Its partner", rows=2)
    feedback = Text(label="Why they belong together", rows=2)


class ExtraRow(RowForm):
    text = Text(label="Right side without a partner", rows=0)


class ItemRow(RowForm):
    text = Text(label="Item", rows=2)


class CriterionRow(RowForm):
    criterion = Text(label="Criterion", rows=0)
    points = Text(label="Points", rows=0)
    description = Text(label="What earns them", rows=2)


GAP_KINDS = (("choice", "Choose from a list"), ("short_text", "Type words"), ("numeric", "Type a number"))


class GapRow(forms.Form):
    name = Text(label="Gap", rows=0, help_text="As in {{name}}.")
    kind = forms.ChoiceField(label="Filled by", choices=GAP_KINDS, required=False)
    unit = Text(label="Unit", rows=0, help_text="Numbers only.")
    case_sensitive = Flag(label="Capitals count", help_text="Words only.")
    else_feedback = Text(label="Feedback when nothing fits", rows=2)


class GapAnswerRow(RowForm):
    gap = Text(label="Of the gap", rows=0)
    text = Text(label="Option, words or number", rows=0)
    correct = Flag(label="Right", help_text="Only for lists.")
    absolute = Text(label="Give or take", rows=0, help_text="Numbers only.")
    relative = Text(label="or as a share", rows=0, help_text="Numbers only.")
    fraction = Text(label="Worth", rows=0)
    feedback = Text(label="Feedback", rows=2)


class ShuffleForm(forms.Form):
    shuffle = Flag(label="Show the options in random order", initial=True)


class SelectAllForm(forms.Form):
    scoring = forms.ChoiceField(
        label="Scoring",
        required=False,
        choices=[
            ("net_correct", "Right ticks minus wrong ticks, out of the right ones"),
            ("all_or_nothing", "All or nothing"),
        ],
    )
    shuffle = Flag(label="Show the options in random order", initial=True)


class TrueFalseForm(forms.Form):
    answer = forms.ChoiceField(
        label="The statement is",
        required=False,
        choices=[("true", "True"), ("false", "False")],
        widget=forms.RadioSelect,
    )
    feedback_true = Text(label="Said to those who answer true", rows=2)
    feedback_false = Text(label="Said to those who answer false", rows=2)


class ShortTextForm(forms.Form):
    case_sensitive = Flag(label="Capitals and small letters count")
    else_feedback = Text(label="Feedback when no answer fits", rows=2)


class NumericForm(forms.Form):
    unit = Text(label="Unit", rows=0, help_text="Shown behind the field, for example soldiers or %.")
    else_feedback = Text(label="Feedback when no answer fits", rows=2)


class OrderingForm(forms.Form):
    scoring = forms.ChoiceField(
        label="Scoring",
        required=False,
        choices=[("adjacent", "Share of neighbours kept together"), ("all_or_nothing", "All or nothing")],
    )
    feedback = Text(label="Feedback", rows=2)


class GapsForm(forms.Form):
    text = Text(
        label="Text with gaps",
        rows=5,
        max_length=STEM_LENGTH,
        help_text="Write a gap as {{name}}: small letters, digits and hyphens.",
    )


class EssayForm(forms.Form):
    model_answer = Text(label="Model answer", rows=5, max_length=STEM_LENGTH)
    min_words = Text(label="At least, words", rows=0)
    max_words = Text(label="At most, words", rows=0)


@dataclass(frozen=True)
class Rows:
    """A list of rows in the content of a kind, under `key`."""

    key: str
    form: type[forms.Form]
    title: str
    add: str
    blank: int = BLANK_ROWS
    at_first: int = 4
    help: str = ""


@dataclass(frozen=True)
class KindForm:
    """How one kind is written. `take` and `give` translate where the form differs from the content."""

    fields: type[forms.Form] = forms.Form
    rows: tuple[Rows, ...] = ()
    take: Callable = field(default=lambda content: content)
    give: Callable = field(default=lambda content: content)
    place: Callable = field(default=lambda path, content: path)


def _take_true_false(content):
    said = content.get("feedback") or {}
    answer = content.get("answer")
    return content | {
        "answer": "" if answer is None else str(answer).lower(),
        "feedback_true": said.get("true", ""),
        "feedback_false": said.get("false", ""),
    }


def _give_true_false(content):
    said = {word: content.pop(f"feedback_{word}", "") for word in ("true", "false")}
    said = {word: text for word, text in said.items() if text}
    return content | ({"feedback": said} if said else {})


def _place_true_false(path, content):
    return (f"feedback_{path[1]}",) if path[:1] == ("feedback",) and len(path) > 1 else path


_GAP_LISTS = {"choice": "options", "short_text": "answers", "numeric": "answers"}
_GAP_TEXT = {"choice": "text", "short_text": "text", "numeric": "value"}
_OF_GAP = {
    "choice": ("text", "correct", "fraction", "feedback"),
    "short_text": ("text", "fraction", "feedback"),
    "numeric": ("value", "absolute", "relative", "fraction", "feedback"),
}
_WITH_GAP = {
    "choice": (),
    "short_text": ("case_sensitive", "else_feedback"),
    "numeric": ("unit", "else_feedback"),
}


def _take_gaps(content):
    gaps, answers = [], []
    for name, gap in (content.get("gaps") or {}).items():
        kind = gap.get("kind", "choice")
        gaps.append(
            {"name": name} | {key: value for key, value in gap.items() if key not in ("options", "answers")}
        )
        for row in gap.get(_GAP_LISTS.get(kind, "answers"), ()):
            answers.append({"gap": name} | row | {"text": row.get(_GAP_TEXT.get(kind, "text"), "")})
    return content | {"gaps": gaps, "gap_answers": answers}


def _give_gaps(content):
    made = {}
    answers = content.pop("gap_answers", [])
    for row in content.get("gaps", []):
        kind = row.get("kind") or "choice"
        gap = {"kind": kind} | {key: row[key] for key in _WITH_GAP[kind] if key in row}
        gap[_GAP_LISTS[kind]] = [
            _gap_answer(answer, kind)
            for answer in answers
            if answer.get("gap", "").strip() == row.get("name", "").strip()
        ]
        made[row.get("name", "").strip()] = gap
    return content | {"gaps": made}


def _gap_answer(answer, kind):
    row = {_GAP_TEXT[kind]: answer.get("text", "")} | answer
    return {key: row[key] for key in ("id", *_OF_GAP[kind]) if key in row}


def _place_gaps(path, content):
    """("gaps", name, "options", n, key) → the n-th answer of that gap among all answers."""
    if path[:1] != ("gaps",) or len(path) < 2:
        return path
    names = list(content.get("gaps", {}))
    if path[1] not in names:
        return ("text",)
    if len(path) < 4 or not isinstance(path[3], int):
        return ("gaps", names.index(path[1]), *path[2:3])
    before = sum(len(_answers(content["gaps"][name])) for name in names[: names.index(path[1])])
    key = "text" if path[4:5] in (("value",), ()) else path[4]
    return ("gap_answers", before + path[3], key)


def _answers(gap):
    return gap.get(_GAP_LISTS.get(gap.get("kind"), "answers"), ())


KIND_FORMS = {
    "single_choice": KindForm(
        ShuffleForm,
        (Rows("options", WeightedOptionRow, "Options", "Add an option", help="Mark one as right."),),
    ),
    "multiple_choice": KindForm(
        SelectAllForm, (Rows("options", OptionRow, "Options", "Add an option", help="Mark every right one."),)
    ),
    "true_false": KindForm(TrueFalseForm, (), _take_true_false, _give_true_false, _place_true_false),
    "short_text": KindForm(
        ShortTextForm,
        (
            Rows(
                "answers",
                TypedAnswerRow,
                "Answers",
                "Add an answer",
                at_first=2,
                help="The first that fits decides, from the top.",
            ),
        ),
    ),
    "numeric": KindForm(
        NumericForm, (Rows("answers", NumberAnswerRow, "Answers", "Add an answer", blank=1, at_first=1),)
    ),
    "matching": KindForm(
        forms.Form,
        (
            Rows("pairs", PairRow, "Pairs", "Add a pair", at_first=3),
            Rows("extra", ExtraRow, "Right sides without a partner", "Add a right side", blank=1, at_first=1),
        ),
    ),
    "ordering": KindForm(OrderingForm, (Rows("items", ItemRow, "Items, in the right order", "Add an item"),)),
    "gaps": KindForm(
        GapsForm,
        (
            Rows("gaps", GapRow, "Gaps", "Add a gap", blank=1, at_first=2),
            Rows("gap_answers", GapAnswerRow, "What fills them", "Add an answer", at_first=4),
        ),
        _take_gaps,
        _give_gaps,
        _place_gaps,
    ),
    "essay": KindForm(EssayForm, (Rows("rubric", CriterionRow, "Rubric", "Add a criterion", at_first=3),)),
}


class QuestionEditor:
    """The forms of one question's content, filled from `content` or from what was posted (`data`)."""

    def __init__(self, kind: str, *, content: dict | None = None, data=None, more: str = ""):
        self.kind, self.module, self.form = kind, get_kind(kind), KIND_FORMS[kind]
        self.is_new = content is None
        # An id that once named an option never names another one.
        self._used_ids = _ids_in(content)
        shown = self.form.take(content) if content is not None else {}
        options = {"data": data} if data is not None else {"initial": shown if content is not None else None}
        self.stem = StemForm(prefix="q", **options)
        self.fields = self.form.fields(prefix="q", **options)
        self.after = AfterForm(prefix="q", **options)
        if kind == "true_false":
            self.stem.fields["stem"].label = "Statement"
            self.stem.fields[
                "stem"
            ].help_text = "Markdown. The statement to be judged; ends with a full stop."
        self.row_sets = [self._row_set(rows, shown.get(rows.key), data, more) for rows in self.form.rows]
        self.general: list[Problem] = []
        self.hints: dict[str, list[Problem]] = {}
        self.is_laid = False
        self.errors: list[Problem] = []
        self._kept: dict[str, list[forms.Form]] = {}

    def _row_set(self, rows, initial, data, more):
        """A formset of rows. On posting for more rows, the number of rows posted is raised, nothing else changes."""
        extra = rows.at_first if self.is_new and not initial else rows.blank
        factory = forms.formset_factory(
            rows.form,
            extra=extra,
            can_order=True,
            can_delete=True,
            max_num=MOST_ROWS,
            absolute_max=MOST_ROWS + 10,
        )
        if data is not None and more == rows.key:
            data = data.copy()
            total = data.get(f"{rows.key}-TOTAL_FORMS", "0")
            data[f"{rows.key}-TOTAL_FORMS"] = (
                str(min(MOST_ROWS, int(total[:5]) + 2)) if total.isdecimal() else "2"
            )
        made = (
            factory(data, prefix=rows.key)
            if data is not None
            else factory(initial=initial or [], prefix=rows.key)
        )
        made.rows = rows
        return made

    @property
    def all_forms(self):
        yield from (self.stem, self.fields, self.after)
        for row_set in self.row_sets:
            yield from row_set.forms

    @property
    def is_readable(self) -> bool:
        """True if every field could be read; whether the content is right, `check` says."""
        # Every form is asked, so that every error is shown at once.
        answers = [form.is_valid() for form in (self.stem, self.fields, self.after, *self.row_sets)]
        return all(answers)

    def content(self) -> dict:
        """What was posted as normalised content. Blank rows are dropped, rows sorted by their position fields."""
        made = {**self.stem.cleaned_data, **self.fields.cleaned_data}
        for row_set in self.row_sets:
            self._kept[row_set.rows.key] = kept = _in_order(row_set)
            made[row_set.rows.key] = [_said(form.cleaned_data) for form in kept]
        if not self.is_new:
            for row_set in self.row_sets:
                if issubclass(row_set.rows.form, RowForm):
                    taken = self._used_ids | _ids_in(made)
                    made[row_set.rows.key] = with_ids(made[row_set.rows.key], taken=taken)
        made |= self.after.cleaned_data
        made = {key: value for key, value in made.items() if value not in ("", None, [])}
        made = self.form.give({"stem": "", **made})
        return self.module.normalise(made)

    def check(self, content: dict) -> list[Problem]:
        """The kind's problems with this content, each laid at its field: errors as errors, warnings as hints."""
        problems = [_in_words_of_the_form(problem) for problem in self.module.check(content)]
        self.is_laid, self.errors = True, [problem for problem in problems if problem.is_error]
        for problem in problems:
            self.lay(problem, content)
        return problems

    def hint_on(self, content: dict):
        """Lay the hints on a stored content at the fields that show it."""
        for row_set in self.row_sets:
            self._kept[row_set.rows.key] = row_set.initial_forms
        for problem in self.module.check(content):
            if not problem.is_error:
                self.lay(_in_words_of_the_form(problem), content)

    def lay(self, problem: Problem, content: dict):
        """Lay one problem at the field it is about; without one, above the form."""
        path = tuple(problem.path)
        if not path and problem.code == "missing-explanation":
            path = ("explanation",)  # the check names what is there; the form has a field for what is not
        bound = self._field_of(self.form.place(path, content))
        if bound is None:
            self.general.append(problem)
        elif problem.is_error:
            bound.form.add_error(bound.name, problem.message)
        else:
            self.hints.setdefault(bound.auto_id, []).append(problem)

    def _field_of(self, path):
        if not path:
            return None
        if path[0] in self._kept:
            rows = self._kept[path[0]]
            if len(path) > 1 and isinstance(path[1], int) and path[1] < len(rows):
                form = rows[path[1]]
                name = path[2] if len(path) > 2 and path[2] in form.fields else _first_visible(form)
                return form[name]
            return None
        for form in (self.stem, self.fields, self.after):
            if path[0] in form.fields:
                return form[path[0]]
        return None


# The checks speak of keys of a course file; here stand the names of the form's own fields.
_FORM_WORDS = {
    "mark one with correct: true": "tick “Right” at one",
    "for several use multiple_choice": "for several, write a “Select all that apply”",
    "use single_choice": "write a “Single choice”",
    "give one fraction 1": "leave “Worth” empty at one",
}


def _in_words_of_the_form(problem):
    message = problem.message
    for written, here in _FORM_WORDS.items():
        message = message.replace(written, here)
    return replace(problem, message=message)


def _in_order(row_set):
    """The forms that say something, by their position field; those without one stay where they are."""
    said = [
        (form, index)
        for index, form in enumerate(row_set.forms)
        if not form.cleaned_data.get("DELETE") and _said(form.cleaned_data, meaning=True)
    ]
    places = {id(form): form.cleaned_data.get("ORDER") for form, _ in said}
    said.sort(key=lambda pair: (places[id(pair[0])] if places[id(pair[0])] is not None else 10_000, pair[1]))
    return [form for form, _ in said]


def _said(cleaned, *, meaning=False):
    """What a row says. With `meaning`, only what makes it more than blank: an id or a choice alone is not."""
    skipped = {"DELETE", "ORDER"} | ({"id", "kind", "correct", "case_sensitive"} if meaning else set())
    return {
        key: value for key, value in cleaned.items() if key not in skipped and value not in ("", None, False)
    }


def _ids_in(value) -> set[str]:
    """Every id of a row anywhere in a content."""
    if isinstance(value, dict):
        own = {value["id"]} if isinstance(value.get("id"), str) else set()
        return own.union(*(_ids_in(inner) for inner in value.values()))
    return set().union(*(_ids_in(inner) for inner in value)) if isinstance(value, list) else set()


def _first_visible(form):
    return next(name for name, item in form.fields.items() if not item.widget.is_hidden)
