"""course.toml: what the course is, its modules in order, its quizzes."""

import re

from content.coursefiles.definitions import LEVELS, PRESETS, Entry
from content.coursefiles.fields import Fields
from content.coursefiles.nodes import Node
from content.coursefiles.problems import Report, did_you_mean
from content.questions import KINDS

LONG = 20_000
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


def course_and_modules(node: Node, report: Report) -> tuple[Entry, list[Entry]]:
    """The course without its modules, with its quizzes; and the modules."""
    file = "course.toml"
    fields = Fields(node, file, report, what="the course")
    data = {
        "id": fields.id(),
        "title": fields.text("title", max_length=200, required=True, multiline=False),
        "summary": fields.text("summary", max_length=LONG),
        "language": _language(fields),
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


def _language(fields):
    language = fields.text("language", max_length=35, default="en", multiline=False)
    if not LANGUAGE.fullmatch(language):
        fields.error("language", f'"{language}" is no language tag; write one like en, ar or pt-BR')
    return language


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
    if fields.flag("open_to_everyone"):  # said only where it is so: a quiz without it stays what was loaded
        data["open_to_everyone"] = True
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
