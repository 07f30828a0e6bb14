"""Our own YAML: the questions of a course file, nothing lost in either direction."""

from content.coursefiles.nodes import Malformed, read_yaml
from content.coursefiles.writing import INSIDE, questions_document
from content.formats import source
from content.formats.drafts import LEVELS, Collector, QuestionDraft, TooMany
from content.questions import KINDS
from content.questions.base import BESIDE

# Lines and commas bound the values that a file can hold, and with them the memory that reading takes.
MOST_VALUES = 600_000
_CHOICES = {"use": ("both", "practice", "exam"), "state": ("draft", "ready", "retired"), "level": LEVELS}
_LISTS = ("tags", "sources")
# Known keys may stand empty; an unknown one is named even so.
_MAY_BE_EMPTY = {
    "stem",
    "explanation",
    "hint",
    *INSIDE,
    *(field for kind in KINDS.values() for field in kind.FIELDS),
}


def read(data, *, limits=None):
    """The `Reading` of a YAML file: a list of questions, or a mapping with that list under ``questions``."""
    collector = Collector("yaml", limits)
    text = source.decode(data, collector).text
    if 2 * text.count("\n") + text.count(",") > MOST_VALUES:
        collector.error("yaml.size", "The file holds more values than any set of questions needs; divide it.")
        return collector.reading()
    try:
        root = read_yaml(text)
        if isinstance(root.value, dict) and "questions" in root.value:
            root = root.value["questions"]
        if not isinstance(root.value, list):
            place = root.line, root.column
            collector.error(
                "yaml.shape", "The file should be a list of questions; begin each with a hyphen.", place
            )
            return collector.reading()
        for node in root.value:
            _read_question(node, collector)
    except Malformed as malformed:
        message = malformed.message[:1].upper() + malformed.message[1:]
        collector.error("yaml.malformed", f"{message}.", (malformed.line, malformed.column))
    except TooMany:
        pass
    return collector.reading()


def _read_question(node, collector):
    place = node.line, node.column
    if not isinstance(node.value, dict):
        collector.error("yaml.shape", "A question should be a group of named fields.", place)
        return
    beside = {key: _plain(value) for key, value in node.value.items() if key in BESIDE}
    content = {key: value for key, value in _plain(node).items() if key not in BESIDE}
    wrong = list(_wrong_fields(beside))
    for key, message in wrong:
        at = node.value.get(key, node)
        collector.error("yaml.field", f"{key}: {message}", (at.line, at.column), ref=_text(beside.get("id")))
    if wrong:
        return
    draft = QuestionDraft(
        ref=_text(beside.get("id")),
        kind=beside["kind"],
        content=content,
        line=node.line,
        column=node.column,
        **{key: _text(beside.get(key)) for key in ("passage", "objective", "level")},
        **{key: _text(beside.get(key)) or default for key, default in (("use", "both"), ("state", "ready"))},
        **{key: beside.get(key) or [] for key in _LISTS},
    )
    collector.add(draft, places=_places(node))


def _wrong_fields(beside):
    """(key, what to do) for each field beside the content that is not as it should be."""
    for key, value in beside.items():
        if key in _LISTS:
            if value is not None and not (
                isinstance(value, list) and all(isinstance(item, str) for item in value)
            ):
                yield key, "this should be a list of words"
        elif not isinstance(value, str | None):
            yield key, "this should be a word"
        elif value and key in _CHOICES and value not in _CHOICES[key]:
            yield key, f'"{value[:40]}" is none of {", ".join(_CHOICES[key])}'
    kind = beside.get("kind")
    if kind is None or isinstance(kind, str) and kind not in KINDS:
        said = f'there is no kind "{kind[:40]}"' if kind else "the kind is missing"
        yield "kind", f"{said}; possible are {', '.join(KINDS)}"


def _text(value):
    return value if isinstance(value, str) else ""


def _plain(node):
    """The bare values of a node."""
    if isinstance(node.value, dict):
        said = {key: _plain(value) for key, value in node.value.items()}
        return {key: value for key, value in said.items() if value is not None or key not in _MAY_BE_EMPTY}
    if isinstance(node.value, list):
        return [_plain(item) for item in node.value]
    return node.value


def _places(node):
    """Path in the content → (line, column) of the value; of its key where that is what is wrong."""
    found, waiting = {}, [((), node)]
    while waiting:
        path, at = waiting.pop()
        found[path] = at.line, at.column
        steps = (
            at.value.items()
            if isinstance(at.value, dict)
            else enumerate(at.value)
            if isinstance(at.value, list)
            else ()
        )
        waiting += [((*path, step), child) for step, child in steps]
    return found


def write(drafts, **options):
    """The drafts as a file of a course."""
    questions = [_as_data(draft) for draft in drafts if not draft.skip and draft.kind in KINDS]
    return questions_document(questions).encode() if questions else b""


def _as_data(draft):
    keys = ("kind", "passage", "objective", "level", "tags", "use", "state", "sources")
    content = KINDS[draft.kind].normalise(draft.content)
    return {"id": draft.ref, "content": content} | {key: getattr(draft, key) for key in keys}
