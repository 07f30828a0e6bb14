"""A folder → the definition of a course, with every problem of its files."""

import re
from pathlib import Path

from content.coursefiles.checking import check_definition
from content.coursefiles.course_toml import course_and_modules
from content.coursefiles.definitions import (
    LEVELS,
    RESERVED_LESSON_IDS,
    STATES,
    USES,
    CourseDefinition,
    Entry,
)
from content.coursefiles.fields import Fields
from content.coursefiles.figures import figure_of
from content.coursefiles.folder import read_folder, text_of
from content.coursefiles.images import PictureRefused, read_picture
from content.coursefiles.nodes import Malformed, Node, Place, read_toml, read_yaml
from content.coursefiles.problems import Report
from content.questions import KINDS
from content.questions.base import BESIDE

TOP = Place(1, 1)
LONG = 20_000
DATE = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
TAG_LENGTH = 60
ASSET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,118}")


def read_course(path: Path) -> tuple[CourseDefinition | None, list]:
    """The course in the folder and its problems, sorted; None where a problem is an error.

    Raises `OSError` where `path` is no folder that can be read.
    """
    report = Report()
    files = read_folder(path, report)
    definition = _definition(files, report)
    if definition is not None:
        check_definition(definition, report)
    return (None if report.has_errors else definition), report.sorted()


def _definition(files, report):
    if "course.toml" not in files:
        report.error("course.toml", TOP, "this file is missing; every course has one")
        return None
    node = _parsed("course.toml", files, report, read_toml)
    if node is None:
        return None
    course, modules = course_and_modules(node, report)
    definition = CourseDefinition(course=course, modules=modules)
    for group, name, read, what in (
        ("works", "sources.yaml", _work, "source"),
        ("terms", "glossary.yaml", _term, "glossary term"),
        ("events", "timeline.yaml", _event, "event"),
    ):
        _keep(definition, group, _list(name, files, report, read, what))
    for name in files:
        folder, _, rest = name.partition("/")
        if folder == "figures":
            _keep(definition, "figures", [_figure(name, rest, files, report)])
        elif folder == "lessons":
            _keep(definition, "lessons", [_lesson(name, rest, files, report)])
        elif folder == "questions":
            _keep(definition, "questions", _questions(name, rest, files, report))
        elif folder == "assets":
            _keep(definition, "pictures", [_picture(name, rest, files, report)])
    return definition


def _keep(definition, group, entries):
    """Add what was read to its group; None stands for what could not be."""
    getattr(definition, group).extend(entry for entry in entries if entry is not None)
    if any(entry is None or (isinstance(entry, Entry) and not entry.id) for entry in entries):
        definition.unread.add(group)


def _parsed(name, files, report, reader):
    text = text_of(name, files[name], report)
    if text is None:
        return None
    try:
        return reader(text)
    except Malformed as error:
        report.error(name, Place(error.line, error.column), error.message)
        return None


# --- what a course shares -----------------------------------------------------


def _list(name, files, report, read, what):
    if name not in files:
        return []
    node = _parsed(name, files, report, read_yaml)
    if node is None:
        return [None]
    if node.value == {}:
        return []
    if not isinstance(node.value, list):
        report.error(name, node, "this file should be a list; begin each entry with a hyphen")
        return [None]
    return [Entry(read(Fields(item, name, report, what=f"the {what}")), name, item) for item in node.value]


def _work(fields):
    data = {
        "id": fields.id(),
        "author": fields.text("author", max_length=300, multiline=False),
        "title": fields.text("title", max_length=400, required=True, multiline=False),
        "year": fields.whole("year", least=-5000, most=9999),
        "publisher": fields.text("publisher", max_length=300, multiline=False),
        "number": fields.text("number", max_length=100, multiline=False),
        "short": fields.text("short", max_length=120, multiline=False),
    }
    fields.done()
    return {key: value for key, value in data.items() if value not in ("", None) or key in ("id", "title")}


def _term(fields):
    data = {
        "id": fields.id(),
        "term": fields.text("term", max_length=120, required=True, multiline=False),
        "abbreviation": fields.text("abbreviation", max_length=40, multiline=False),
        "definition": fields.text("definition", max_length=LONG, required=True),
        "matters": fields.text("matters", max_length=LONG),
        "lessons": fields.ids("lessons"),
    }
    fields.done()
    return data


def _event(fields):
    data = {
        "id": fields.id(),
        "date": _date(fields, "date", required=True),
        "end": _date(fields, "end"),
        "text": fields.text("text", max_length=LONG, required=True),
        "lesson": fields.id("lesson", required=False),
        "sources": fields.ids("sources"),
    }
    if data["end"] and data["end"] < data["date"][: len(data["end"])]:
        fields.error("end", f'"end" {data["end"]} is before "date" {data["date"]}')
    fields.done()
    return data


def _date(fields, key, *, required=False):
    text = fields.text(key, max_length=40, required=required, multiline=False)
    if text and not DATE.fullmatch(text):
        fields.error(key, f'"{key}" should be "YYYY-MM-DD", "YYYY-MM" or "YYYY", not "{text}"')
        return ""
    return text


def _figure(name, rest, files, report):
    node = _parsed(name, files, report, read_toml)
    return node and figure_of(rest.removesuffix(".toml"), node, name, report)


# --- lessons ------------------------------------------------------------------


def _lesson(name, rest, files, report):
    text = text_of(name, files[name], report)
    if text is None:
        return None
    entry = lesson_from_document(name, text, report)
    if entry is not None and entry.id and entry.id not in RESERVED_LESSON_IDS and f"{entry.id}.md" != rest:
        message = f'the id "{entry.id}" is not the name of its file; one of the two should change'
        report.error(name, entry.place("id"), message)
        return None
    return entry


def lesson_from_document(name: str, text: str, report: Report) -> Entry | None:
    """A lesson's text with front matter → its entry; None where it cannot be read at all."""
    found = re.match(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", text, re.DOTALL | re.MULTILINE)
    if not found:
        report.error(name, TOP, "a lesson begins with its front matter between two lines of ---")
        return None
    try:
        node = read_yaml(found[1], line=2)
    except Malformed as error:
        report.error(name, Place(error.line, error.column), error.message)
        return None
    rest_text = text[found.end() :]
    body = rest_text.strip("\n")
    body_line = text[: found.end()].count("\n") + 1 + len(rest_text) - len(rest_text.lstrip("\n"))
    data = lesson_fields(node, name, report) | {"body": body + "\n" if body.strip() else ""}
    if not data["body"]:
        report.error(name, Place(body_line, 1), "the lesson has no text")
    # Where the text begins, for whoever checks it.
    node.keys["body"] = Place(body_line, 1)
    return Entry(data, name, node)


def lesson_fields(node: Node, file: str, report: Report) -> dict:
    """The front matter of a lesson by its schema."""
    fields = Fields(node, file, report, what="the lesson")
    data = {
        "id": fields.id(),
        "title": fields.text("title", max_length=200, required=True, multiline=False),
        "source_section": fields.text("source_section", max_length=20, multiline=False),
        "question": fields.text("question", max_length=300, multiline=False),
        "objectives": [_objective(item, file, report) for item in fields.items("objectives")],
        "sources": fields.ids("sources", most=200),
        "state": fields.choice("state", STATES, default="ready"),
    }
    fields.done()
    if data["id"] in RESERVED_LESSON_IDS:
        fields.error("id", f'"{data["id"]}" is the address of a page; choose another id')
    return data


def _objective(node, file, report):
    fields = Fields(node, file, report, what="the objective")
    data = {
        "id": fields.id(),
        "level": fields.choice("level", LEVELS, required=True, default="remember"),
        "text": fields.text("text", max_length=300, required=True, multiline=False),
    }
    fields.done()
    return data


# --- questions ----------------------------------------------------------------


def _questions(name, rest, files, report):
    node = _parsed(name, files, report, read_yaml)
    if node is None:
        return [None]
    if node.value == {}:
        return []
    if not isinstance(node.value, list):
        report.error(name, node, "this file should be a list; begin each question with a hyphen")
        return [None]
    return [_question(item, name, rest.removesuffix(".yaml"), report) for item in node.value]


def _question(node, file, lesson, report):
    fields = Fields(node, file, report, what="the question")
    if not fields.is_mapping:
        return None
    data = {
        "id": fields.id(),
        "lesson": lesson,
        "kind": fields.choice("kind", tuple(KINDS), required=True),
        "passage": fields.id("passage", required=False),
        "objective": fields.id("objective", required=False),
        "level": fields.choice("level", LEVELS, default="remember"),
        "tags": sorted(fields.ids("tags", longest=TAG_LENGTH)),
        "use": fields.choice("use", USES, default="both"),
        "state": fields.choice("state", STATES, default="ready"),
        "sources": fields.ids("sources"),
        "content": {},
    }
    if not data["kind"]:
        return None
    kind = KINDS[data["kind"]]
    content = {key: value for key, value in plain(node).items() if key not in BESIDE}
    data["content"] = kind.normalise(content)
    for problem in kind.check(data["content"]):
        say = report.error if problem.is_error else report.warn
        say(file, _content_place(node, problem), problem.message)
    return Entry(data, file, node)


def _content_place(node, problem):
    """Where a problem of the content stands: at its value, or at the key where the key is the problem."""
    *above, last = problem.path or ("",)
    holder = node.at(above)
    if problem.code == "unknown-key" and isinstance(holder, Node) and last in holder.keys:
        return holder.keys[last]
    return node.at(problem.path)


def plain(node: Node):
    """A node as JSON; keys without a value are left out."""
    if isinstance(node.value, dict):
        return {key: plain(value) for key, value in node.value.items() if value.value is not None}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


# --- images -------------------------------------------------------------------


def _picture(name, rest, files, report):
    if not ASSET_NAME.fullmatch(rest):
        shown = name.encode("utf-8", "replace").decode()
        report.error(
            shown, TOP, "the name of an image has letters, digits, dots, hyphens and underscores only"
        )
        return None
    try:
        return read_picture(rest, files[name])
    except PictureRefused as refusal:
        report.error(name, TOP, str(refusal))
        return None
