"""A folder → the definition of a course, with every problem of its files."""

import re
from pathlib import Path

from content.coursefiles.checking import check_definition
from content.coursefiles.definitions import (
    FIGURE_KINDS,
    LEVELS,
    PRESETS,
    RESERVED_LESSON_IDS,
    STATES,
    USES,
    CourseDefinition,
    Entry,
)
from content.coursefiles.fields import Fields
from content.coursefiles.folder import read_folder, text_of
from content.coursefiles.images import PictureRefused, read_picture
from content.coursefiles.nodes import Malformed, Node, Place, read_toml, read_yaml
from content.coursefiles.problems import Report, did_you_mean
from content.questions import KINDS
from content.questions.base import BESIDE

TOP = Place(1, 1)
LONG = 20_000
DATE = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
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
    course, modules = _course(node, report)
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


# --- course.toml --------------------------------------------------------------


def _course(node, report):
    file = "course.toml"
    fields = Fields(node, file, report, what="the course")
    data = {
        "id": fields.id(),
        "title": fields.text("title", max_length=200, required=True, multiline=False),
        "summary": fields.text("summary", max_length=LONG),
        "language": fields.text("language", max_length=35, default="en", multiline=False),
        "licence": fields.text("licence", max_length=80, multiline=False),
        "access": fields.choice("access", ("open", "class"), default="open"),
        "time_zone": fields.text("time_zone", max_length=64, default="Etc/UTC", multiline=False),
        "draft": fields.flag("draft"),
    }
    source = fields.take("source")
    data["source"] = _source(source or Node({}), file, report)
    modules = [_module(item, file, report) for item in fields.items("modules")]
    data["quizzes"] = [_quiz(item, file, report) for item in fields.items("quizzes")]
    fields.done()
    return Entry(data, file, node), modules


def _source(node, file, report):
    fields = Fields(node, file, report, what="the source")
    data = {
        "title": fields.text("title", max_length=300, multiline=False),
        "kind": fields.text("kind", max_length=80, multiline=False),
        "file_sha256": fields.text("file_sha256", max_length=64, multiline=False),
        "notice": fields.text("notice", max_length=LONG),
    }
    if data["file_sha256"] and not re.fullmatch("[0-9a-f]{64}", data["file_sha256"]):
        fields.error("file_sha256", '"file_sha256" should be 64 hexadecimal digits')
    fields.done()
    return data


def _module(node, file, report):
    fields = Fields(node, file, report, what="the module")
    data = {
        "id": fields.id(),
        "title": fields.text("title", max_length=200, required=True, multiline=False),
        "source_section": fields.text("source_section", max_length=20, multiline=False),
        "lessons": fields.ids("lessons"),
    }
    fields.done()
    return Entry(data, file, node)


def _quiz(node, file, report):
    fields = Fields(node, file, report, what="the quiz")
    data = {
        "id": fields.id(),
        "title": fields.text("title", max_length=200, required=True, multiline=False),
        "module": fields.id("module", required=False),
        "preset": fields.choice("preset", PRESETS, default="learn"),
        "time_limit_minutes": fields.whole("time_limit_minutes", least=0, most=10_000, default=0),
        "attempts": fields.whole("attempts", least=0, most=1000, default=0),
        "pass_percent": fields.whole("pass_percent", least=0, most=100, default=0),
        "slots": [_slot(item, file, report) for item in fields.items("slots", required=True)],
    }
    if fields.is_mapping and "slots" in node.value and not data["slots"]:
        fields.error("slots", "a quiz needs at least one slot")
    fields.done()
    return data


def _slot(node, file, report):
    fields = Fields(node, file, report, what="the slot")
    points = fields.whole("points", least=0, most=1000, default=1)
    if fields.is_mapping and "question" in node.value:
        data = {"question": fields.id("question"), "points": points}
    else:
        data = {
            "draw": fields.whole("draw", least=1, most=1000, default=1, required=True),
            "points": points,
            "lessons": fields.ids("lessons"),
            "levels": _choices(fields, "levels", LEVELS),
            "tags": fields.ids("tags"),
            "kinds": _choices(fields, "kinds", tuple(KINDS)),
        }
        data = {key: value for key, value in data.items() if value != []}
        fields.asked.append("question")
    fields.done()
    return data


def _choices(fields, key, allowed):
    found = []
    for node in fields.items(key):
        if node.value in allowed:
            found.append(node.value)
        else:
            hint = did_you_mean(str(node.value), allowed) or f"; possible are {', '.join(allowed)}"
            fields.report.error(fields.file, node, f'"{node.value}" is not possible in "{key}"{hint}')
    return found


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


# --- figures ------------------------------------------------------------------


def _figure(name, rest, files, report):
    node = _parsed(name, files, report, read_toml)
    if node is None:
        return None
    fields = Fields(node, name, report, what="the figure")
    data = {"id": _id_of_file(name, rest, report)}
    for key, most in (("title", 200), ("sub", 300)):
        data[key] = fields.text(key, max_length=most, required=key == "title", multiline=False)
    data["description"] = fields.text("description", max_length=LONG, required=True)
    data["kind"] = fields.choice("kind", FIGURE_KINDS, required=True)
    for key in ("unit", "x_label", "y_label"):
        data[key] = fields.text(key, max_length=120, multiline=False)
    data["note"] = fields.text("note", max_length=LONG)
    data["source"] = _figure_sources(fields, node)
    if data["kind"] == "diagram":
        data["nodes"] = [_diagram_node(item, name, report) for item in fields.items("nodes", required=True)]
        data["links"] = [_diagram_link(item, name, report) for item in fields.items("links")]
        _check_diagram(data, fields, node)
    table_needed = data["kind"] not in ("diagram", "")
    data["columns"] = _texts(fields, "columns", required=table_needed)
    data["rows"] = _rows(fields, len(data["columns"]), required=table_needed)
    for key in ("label_column", "basis_column"):
        data[key] = fields.whole(key, least=0, most=max(0, len(data["columns"]) - 1))
    data["value_columns"] = _value_columns(fields, data)
    fields.done()
    return Entry({key: value for key, value in data.items() if value not in (None, [])}, name, node)


def _id_of_file(name, rest, report):
    return Fields(Node({}), name, report, what="the file").id_of(Node(rest.rsplit(".", 1)[0]))


def _figure_sources(fields, node):
    """One id or a list of ids; what stands alone stays alone in the file."""
    source = node.value.get("source")
    if source is not None and isinstance(source.value, str):
        fields.asked.append("source")
        return fields.id_of(source)
    return fields.ids("source")


def _diagram_node(node, file, report):
    fields = Fields(node, file, report, what="the node")
    data = {
        "id": fields.id(),
        "label": fields.text("label", max_length=120, required=True, multiline=False),
        "detail": fields.text("detail", max_length=300, multiline=False),
        "row": fields.whole("row", least=1, most=50, default=1, required=True),
        "col": fields.whole("col", least=1, most=50, default=1, required=True),
    }
    fields.done()
    return data


def _diagram_link(node, file, report):
    fields = Fields(node, file, report, what="the link")
    data = {
        "from": fields.id("from"),
        "to": fields.id("to"),
        "label": fields.text("label", max_length=120, multiline=False),
    }
    fields.done()
    return data


def _check_diagram(data, fields, node):
    ids = [item["id"] for item in data["nodes"]]
    for n, id in enumerate(ids):
        if id and id in ids[:n]:
            fields.report.error(
                fields.file, node.at(("nodes", n, "id")), f'the node "{id}" stands here twice'
            )
    for n, link in enumerate(data["links"]):
        for key in ("from", "to"):
            if link[key] and link[key] not in ids:
                place = node.at(("links", n, key))
                fields.report.error(
                    fields.file, place, f'there is no node "{link[key]}"{did_you_mean(link[key], ids)}'
                )


def _texts(fields, key, *, required):
    nodes = fields.items(key, required=required, most=30)
    return [
        fields.text_of(node, f'an entry of "{key}"', max_length=120, multiline=False) or "" for node in nodes
    ]


def _rows(fields, width, *, required):
    rows = []
    for node in fields.items("rows", required=required, most=500):
        if not isinstance(node.value, list) or len(node.value) != width:
            count = len(node.value) if isinstance(node.value, list) else 0
            fields.report.error(
                fields.file, node, f"cells in this row: {count}; columns of the figure: {width}"
            )
            continue
        rows.append([_cell(cell, fields) for cell in node.value])
    return rows


def _cell(node, fields):
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        if node.value != node.value or abs(node.value) > 1e15:
            fields.report.error(fields.file, node, "this number cannot be drawn")
            return ""
        return node.value
    if isinstance(node.value, str):
        return fields.text_of(node, "a cell", max_length=500, multiline=False) or ""
    fields.report.error(fields.file, node, "a cell holds text or a number; an empty text is a missing value")
    return ""


def _value_columns(fields, data):
    nodes = fields.items("value_columns", required=data["kind"] not in ("diagram", "table", ""))
    found = []
    for node in nodes:
        if not isinstance(node.value, int) or not 0 <= node.value < max(1, len(data["columns"])):
            fields.report.error(
                fields.file,
                node,
                f'"value_columns" counts columns from 0 to {max(0, len(data["columns"]) - 1)}',
            )
            continue
        found.append(node.value)
        for n, row in enumerate(data["rows"]):
            if node.value < len(row) and isinstance(row[node.value], str) and row[node.value]:
                place = fields.node.at(("rows", n, node.value))
                fields.report.error(
                    fields.file, place, f'"{row[node.value][:40]}" is drawn as a value and is no number'
                )
    return found


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
    fields = Fields(node, name, report, what="the lesson")
    data = {
        "id": fields.id(),
        "title": fields.text("title", max_length=200, required=True, multiline=False),
        "source_section": fields.text("source_section", max_length=20, multiline=False),
        "question": fields.text("question", max_length=300, multiline=False),
        "objectives": [_objective(item, name, report) for item in fields.items("objectives")],
        "sources": fields.ids("sources", most=200),
        "state": fields.choice("state", STATES, default="ready"),
        "body": body + "\n" if body.strip() else "",
    }
    fields.done()
    if data["id"] in RESERVED_LESSON_IDS:
        fields.error("id", f'"{data["id"]}" is the address of a page; choose another id')
    if not data["body"]:
        report.error(name, Place(body_line, 1), "the lesson has no text")
    # Where the text begins, for whoever checks it.
    node.keys["body"] = Place(body_line, 1)
    return Entry(data, name, node)


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
        "tags": sorted(fields.ids("tags")),
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
