"""The form of a question, made from what its kind declares (`FORM`): fields and rows in, content JSON out.

Nobody writes JSON by hand. What is wrong with a content only its kind knows (`check`), so these forms ask for
little and hand the kind's problems back to the field that they are about.
"""

from dataclasses import replace
from functools import lru_cache

from django import forms

from content.questions import author_form, get_kind
from content.questions.base import MOST_ROWS, STEM_LENGTH, TEXT_LENGTH, Problem, with_ids
from content.text import TextRefused, clean_text

STEM = author_form.Text("stem", "Question", 3, "Markdown. Ends with a question mark.")
AFTER = (
    author_form.Text(
        "explanation",
        "Explanation",
        3,
        "Shown after every answer: why the right answer is right, in two or three sentences.",
        STEM_LENGTH,
    ),
    author_form.Text("hint", "Hint", 2, "Optional. Shown on request before the answer."),
)


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


def _field_for(declared):
    shared = {"label": declared.label, "help_text": declared.help}
    if isinstance(declared, author_form.Text):
        return Text(rows=declared.lines, max_length=declared.longest, **shared)
    if isinstance(declared, author_form.Flag):
        return forms.BooleanField(required=False, initial=declared.default, **shared)
    widget = forms.RadioSelect if declared.spread else forms.Select
    return forms.ChoiceField(required=False, choices=declared.choices, widget=widget, **shared)


def _name(key):
    """The name of the field for a key: ``feedback.true`` → ``feedback_true``."""
    return key.replace(".", "_")


@lru_cache(maxsize=256)
def _form_class(declared, *, has_id=False):
    """A form class with these declared fields; with an id, hidden, where the form is a row that keeps one."""
    fields = (
        {"id": forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)} if has_id else {}
    )
    return type("Fields", (forms.Form,), fields | {_name(each.key): _field_for(each) for each in declared})


class QuestionEditor:
    """The forms of one question's content, filled from `content` or from what was posted (`data`).

    `parts` are what stands between stem and explanation, in the order of the kind: fields and sets of rows.
    """

    def __init__(self, kind: str, *, content: dict | None = None, data=None, more: str = ""):
        self.kind, self.module = kind, get_kind(kind)
        self.is_new = content is None
        # An id that once named an option never names another one.
        self._used_ids = _ids_in(content)
        declared = [part for part in self.module.FORM if not isinstance(part, author_form.Rows)]
        self._keys = {tuple(part.key.split(".")): _name(part.key) for part in declared}
        shown = self._filled_from(content) if content is not None else {}
        options = {"data": data} if data is not None else {"initial": shown if content is not None else None}
        stem = replace(getattr(self.module, "STEM", STEM), lines=3, longest=STEM_LENGTH)
        self.stem = _form_class((stem,))(prefix="q", **options)
        self.fields = _form_class(tuple(declared))(prefix="q", **options)
        self.after = _form_class(AFTER)(prefix="q", **options)
        self.row_sets = [
            self._row_set(part, shown.get(part.key), data, more)
            for part in self.module.FORM
            if isinstance(part, author_form.Rows)
        ]
        sets = {row_set.rows.key: row_set for row_set in self.row_sets}
        self.parts = [
            {"rows": sets[part.key]} if part.key in sets else {"field": self.fields[_name(part.key)]}
            for part in self.module.FORM
        ]
        self.general: list[Problem] = []
        self.hints: dict[str, list[Problem]] = {}
        self.is_laid = False
        self.errors: list[Problem] = []
        self._kept: dict[str, list[forms.Form]] = {}

    # --- what the form is filled with ---

    def _filled_from(self, content):
        translate = getattr(self.module, "form_of", None)
        shown = dict(translate(content) if translate else content)
        for path, name in self._keys.items():
            value = shown
            for key in path:
                value = value.get(key, "") if isinstance(value, dict) else ""
            shown[name] = str(value).lower() if isinstance(value, bool) and self._is_choice(name) else value
        return shown

    def _is_choice(self, name):
        return any(
            isinstance(part, author_form.Choice) and _name(part.key) == name for part in self.module.FORM
        )

    def _row_set(self, rows, initial, data, more):
        """A formset of rows. On posting for more rows, the number of rows posted is raised, nothing else changes."""
        extra = rows.at_first if self.is_new and not initial else rows.blank
        factory = forms.formset_factory(
            _form_class(rows.fields, has_id=rows.has_ids),
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
        made.rows, made.hints, made.told = rows, [], []
        return made

    @property
    def all_forms(self):
        yield from (self.stem, self.fields, self.after)
        for row_set in self.row_sets:
            yield from row_set.forms

    # --- what was filled in ---

    @property
    def is_readable(self) -> bool:
        """True if every field could be read; whether the content is right, `check` says."""
        # Every form is asked, so that every error is shown at once.
        answers = [form.is_valid() for form in (self.stem, self.fields, self.after, *self.row_sets)]
        return all(answers)

    def content(self) -> dict:
        """What was posted as normalised content. Blank rows are dropped, rows sorted by their position fields."""
        made = {**self.stem.cleaned_data}
        for path, name in self._keys.items():
            _put(made, path, self.fields.cleaned_data[name])
        for row_set in self.row_sets:
            self._kept[row_set.rows.key] = kept = _in_order(row_set)
            made[row_set.rows.key] = [_said(form.cleaned_data) for form in kept]
        if not self.is_new:
            for row_set in self.row_sets:
                if row_set.rows.has_ids:
                    taken = self._used_ids | _ids_in(made)
                    made[row_set.rows.key] = with_ids(made[row_set.rows.key], taken=taken)
        made |= self.after.cleaned_data
        made = {"stem": "", **{key: value for key, value in made.items() if value not in ("", None, [], {})}}
        translate = getattr(self.module, "content_of", None)
        return self.module.normalise(translate(made) if translate else made)

    # --- what is to be said about it ---

    def check(self, content: dict) -> list[Problem]:
        """The kind's problems with this content, each laid at its field: errors as errors, warnings as hints.

        What is not finished yet gets its hints too, so that they come while it is being written.
        """
        problems = self._in_words_of_the_form(self.module.check(content))
        self.is_laid, self.errors = True, [problem for problem in problems if problem.is_error]
        if self.errors and hasattr(self.module, "hints"):
            problems += self._in_words_of_the_form(self.module.hints(content))
        for problem in problems:
            self.lay(problem, content)
        return problems

    def _in_words_of_the_form(self, problems):
        whole, rows = _labels(self.module)
        made = []
        for problem in problems:
            message = problem.message
            labels = whole | rows if len(problem.path) > 1 else rows | whole
            words = _FORM_WORDS | {f'"{key}"': f"“{label}”" for key, label in labels.items()}
            for written, here in words.items():
                message = message.replace(written, here)
            made.append(replace(problem, message=message[:1].upper() + message[1:]))
        return made

    def hint_on(self, content: dict):
        """Lay the hints on a stored content at the fields that show it."""
        for row_set in self.row_sets:
            self._kept[row_set.rows.key] = row_set.initial_forms
        for problem in self._in_words_of_the_form(self.module.check(content)):
            if not problem.is_error:
                self.lay(problem, content)

    def lay(self, problem: Problem, content: dict):
        """Lay one problem at the field it is about, else at its set of rows, else above the form."""
        path = tuple(problem.path)
        # The check names what is there; the form has a field for what is not.
        path = path or _FIELD_FOR.get(problem.code, ())
        path = self._place(path, content)
        bound = self._field_of(path)
        if bound is None and path and (row_set := self._rows_at(path[0])):
            (row_set.told if problem.is_error else row_set.hints).append(problem)
        elif bound is None:
            self.general.append(problem)
        elif problem.is_error:
            bound.form.add_error(bound.name, problem.message)
        else:
            self.hints.setdefault(bound.auto_id, []).append(problem)

    def _place(self, path, content):
        translate = getattr(self.module, "place_in_form", None)
        path = translate(path, content) if translate else path
        for keys, name in self._keys.items():
            if path[: len(keys)] == keys:
                return (name,)
        return path

    def _rows_at(self, key):
        return next((row_set for row_set in self.row_sets if row_set.rows.key == key), None)

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


_FIELD_FOR = {
    "missing-explanation": ("explanation",),
    "no-unit": ("unit",),
    "no-rubric": ("rubric",),
    "no-model-answer": ("model_answer",),
}
# The checks speak of keys of a course file; here stand the names of the form's own fields.
_FORM_WORDS = {
    "mark one with correct: true": "tick “Right” at one",
    "for several use multiple_choice": "for several, write a “Select all that apply”",
    "use single_choice": "write a “Single choice”",
    "give one fraction 1": "leave “Worth” empty at one",
    "add a right side without a partner under extra": "add a right side without a partner below",
    " under gaps": " in the list of gaps below",
}


def _labels(module):
    """Key → what the form calls it: of the fields and sets of rows, and of the fields in the rows."""
    whole, rows = {"stem": getattr(module, "STEM", STEM).label}, {}
    for part in (*AFTER, *module.FORM):
        if isinstance(part, author_form.Rows):
            whole[part.key] = part.title
            rows |= {each.key: each.label for each in part.fields}
        else:
            whole[part.key] = part.label
    return whole, rows


def _put(holder, path, value):
    """Put the value under a path of keys; an empty one makes no group."""
    *groups, last = path
    if groups and value in ("", None):
        return
    for key in groups:
        holder = holder.setdefault(key, {})
    holder[last] = value


def _in_order(row_set):
    """The forms that say something, by their position field; those without one stay where they are."""
    said = [
        (form, index)
        for index, form in enumerate(row_set.forms)
        if not form.cleaned_data.get("DELETE") and _has_words(row_set.rows, form.cleaned_data)
    ]
    places = {id(form): form.cleaned_data.get("ORDER") for form, _ in said}
    said.sort(key=lambda pair: (places[id(pair[0])] if places[id(pair[0])] is not None else 10_000, pair[1]))
    return [form for form, _ in said]


def _has_words(rows, cleaned):
    """Is the row more than blank? A tick or a choice alone is not."""
    return any(cleaned.get(_name(each.key)) for each in rows.fields if isinstance(each, author_form.Text))


def _said(cleaned):
    """What a row says."""
    return {
        key: value
        for key, value in cleaned.items()
        if key not in ("DELETE", "ORDER") and value not in ("", None, False)
    }


def _ids_in(value) -> set[str]:
    """Every id of a row anywhere in a content."""
    if isinstance(value, dict):
        own = {value["id"]} if isinstance(value.get("id"), str) else set()
        return own.union(*(_ids_in(inner) for inner in value.values()))
    return set().union(*(_ids_in(inner) for inner in value)) if isinstance(value, list) else set()


def _first_visible(form):
    return next(name for name, item in form.fields.items() if not item.widget.is_hidden)
