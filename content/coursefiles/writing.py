"""The definition of a course → its files, always the same bytes for the same course.

The order of keys is given here and not taken from what is stored: a database may keep objects in an order of
its own. What is left at its default is not written, apart from the ids of options and what says how a
question is used.
"""

import re

import tomli_w
import yaml

from content.coursefiles.definitions import CourseDefinition
from content.questions import KINDS

COURSE = ("id", "title", "summary", "language", "licence", "access", "time_zone", "draft")
SOURCE = ("title", "kind", "file_sha256", "notice")
MODULE = ("id", "title", "source_section", "lessons")
QUIZ = (
    *("id", "title", "module", "preset", "open_to_everyone"),
    *("time_limit_minutes", "attempts", "pass_percent"),
)
SLOT = ("question", "draw", "lessons", "levels", "tags", "kinds", "points")
WORK = ("id", "author", "title", "year", "publisher", "number", "short")
TERM = ("id", "term", "abbreviation", "definition", "matters", "lessons")
EVENT = ("id", "date", "end", "text", "lesson", "sources")
FIGURE = (
    *("title", "sub", "description", "kind", "unit", "x_label", "y_label", "note", "source"),
    *("nodes", "links", "columns", "rows", "label_column", "value_columns", "basis_column"),
)
FIGURE_KEPT = ("sub", "unit", "x_label", "y_label", "note")
NODE = ("id", "label", "detail", "row", "col")
LINK = ("from", "to", "label")
FRONT = ("id", "title", "source_section", "question", "objectives", "sources", "state")
OBJECTIVE = ("id", "level", "text")
QUESTION = ("id", "kind", "passage", "objective", "level", "tags", "use", "state")
# Inside the content of a question: what is asked, then what it is worth, then what is said about it.
INSIDE = (
    *("id", "kind", "text", "left", "right", "criterion", "value", "absolute", "relative", "points"),
    *("description", "true", "false", "options", "answers", "correct", "fraction", "unit"),
    *("match", "display", "case_sensitive", "feedback", "else_feedback"),
)
NUMBERS = ("value", "absolute", "relative")


def write_course(definition: CourseDefinition) -> dict[str, bytes]:
    """The files of the course by their name, with ``/``. Empty files are left out."""
    files = {"course.toml": _course(definition)}
    for name, entries, order in (
        ("sources.yaml", definition.works, WORK),
        ("glossary.yaml", definition.terms, TERM),
        ("timeline.yaml", definition.events, EVENT),
    ):
        if entries:
            files[name] = _yaml([_picked(entry.data, order) for entry in entries])
    for figure in definition.figures:
        files[f"figures/{figure.id}.toml"] = _figure(figure.data)
    for lesson in definition.lessons:
        files[f"lessons/{lesson.id}.md"] = lesson_document(lesson.data)
        questions = [
            _question(entry.data) for entry in definition.questions if entry.data["lesson"] == lesson.id
        ]
        if questions:
            files[f"questions/{lesson.id}.yaml"] = _yaml(questions)
    written = {name: text.encode() for name, text in files.items()}
    return written | {f"assets/{picture.name}": picture.data for picture in definition.pictures}


def questions_document(questions: list[dict]) -> str:
    """Questions as the file of a lesson. Each as in a question's entry: id, kind, content and what stands beside."""
    return _yaml([_question(data) for data in questions])


def lesson_document(data: dict) -> str:
    """A lesson as its file: front matter and body. `data` as in a lesson's entry."""
    front = {key: value for key, value in data.items() if (key, value) != ("state", "ready")}
    front = _picked(front, FRONT)
    if "objectives" in front:
        front["objectives"] = [_picked(objective, OBJECTIVE) for objective in data["objectives"]]
    return f"---\n{_yaml(front)}---\n\n{data['body']}"


def _picked(data, order):
    """The keys of `order` that say something."""
    return {
        key: _Line(data[key]) if _is_list_of_ids(data[key]) else data[key]
        for key in order
        if _says_something(key, data.get(key))
    }


def _says_something(key, value):
    """False for what is empty or at its default. Zero is a value."""
    if key == "points":
        return value != 1
    return value is not None and value is not False and value not in ("", [])


# --- YAML ---------------------------------------------------------------------


class _Line(list):
    """A list that is written on one line."""


class _Bare(str):
    """A text that is written without quotes though it looks like another type."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True

    def increase_indent(self, flow=False, indentless=False):
        # Entries of a list are indented below their key, which reads better in long files.
        return super().increase_indent(flow, False)


def _represent_text(dumper, text):
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _represent_bare(dumper, text):
    tag = dumper.resolve(yaml.ScalarNode, str(text), (True, False))
    return dumper.represent_scalar(tag, str(text))


def _represent_line(dumper, items):
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(_Bare, _represent_bare)
_Dumper.add_representer(_Line, _represent_line)


def _yaml(data) -> str:
    text = yaml.dump(
        data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=10**6
    )
    # Entries of a list at the margin are told apart by an empty line; blocks of text are indented.
    return re.sub(r"\n(?=- )", "\n\n", text) if isinstance(data, list) else text


def _question(data):
    content, kind = data["content"], KINDS[data["kind"]]
    shown = _picked(data, QUESTION)
    for key in ("stem", *kind.FIELDS, "explanation", "hint"):
        if key in content and not _is_default(kind, content, key):
            shown[key] = _inside(key, content[key], str(content))
    if data["sources"]:
        shown["sources"] = _Line(data["sources"])
    return shown


def _is_default(kind, content, key):
    """True for a setting that its kind would fill in just so."""
    if key in ("stem", "explanation", "hint") or isinstance(content[key], list | dict):
        return False
    without = {name: value for name, value in content.items() if name != key}
    return kind.normalise(without) == kind.normalise(content)


def _inside(key, value, text):
    if isinstance(value, dict):

        def place(name):
            # Gaps follow the order of their text; everything else the order above.
            found = text.find("{{" + name + "}}")
            return (INSIDE.index(name) if name in INSIDE else len(INSIDE), found, name)

        return {
            _Bare(name) if name in ("true", "false") else name: _inside(name, value[name], text)
            for name in sorted(value, key=place)
            if (name, value[name]) != ("shuffle", True)  # the default of every kind
        }
    if isinstance(value, list):
        return [_inside(key, item, text) for item in value]
    if key in NUMBERS and isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return _Bare(value)
    return value


def _is_list_of_ids(value):
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


# --- TOML ---------------------------------------------------------------------


def _course(definition):
    data = definition.course.data
    parts = [_table(data, COURSE)]
    if source := _table(data["source"], SOURCE):
        parts.append(f"[source]\n{source}")
    parts += [f"[[modules]]\n{_table(module.data, MODULE)}" for module in definition.modules]
    for quiz in data["quizzes"]:
        parts.append(f"[[quizzes]]\n{_table(quiz, QUIZ)}")
        parts += [f"[[quizzes.slots]]\n{_table(slot, SLOT)}" for slot in quiz["slots"]]
    return "\n".join(parts)


def _figure(data):
    shown = dict(data)
    for key, order in (("nodes", NODE), ("links", LINK)):
        if key in shown:
            shown[key] = [
                {name: item[name] for name in order if _says_something(name, item.get(name))}
                for item in data[key]
            ]
    # An empty unit or axis is said, so that nobody takes it for forgotten.
    return _table(shown, FIGURE, kept=FIGURE_KEPT)


def _table(data, order, *, kept=()):
    return "".join(
        f"{key} = {_toml(data[key])}\n"
        for key in order
        if key in data and (key in kept or _says_something(key, data[key]))
    )


def _toml(value):
    if isinstance(value, list) and value and isinstance(value[0], list | dict):
        return "[\n" + "".join(f"  {_toml_inline(item)},\n" for item in value) + "]"
    return _toml_inline(value)


def _toml_inline(value):
    if isinstance(value, list):
        return f"[{', '.join(_toml_inline(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {_toml_inline(item)}' for key, item in value.items())}}}"
    return tomli_w.dumps({"k": value}, multiline_strings=True).removeprefix("k = ").removesuffix("\n")
