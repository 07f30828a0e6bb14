"""YAML and TOML as trees that know where they stand.

YAML scalars stay the text that was written, whatever they look like: `no`, `1:30` and `1914-07-28` are words
until a schema asks for something else. TOML has types; its places are those of the keys. Anchors, tags,
several documents, a key twice and deep nesting are refused: no course needs them, and some are attacks.
"""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, time

import yaml

MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Place:
    line: int = 1
    column: int = 1


@dataclass(slots=True)
class Node:
    """A value of a file: a str, bool, int, float or None, a list of nodes, or a dict of nodes by key."""

    value: object
    line: int = 1
    column: int = 1
    keys: dict[str, Place] = field(default_factory=dict)  # where each key of a dict stands
    typed: bool = False  # True where the file's own syntax gave the type (TOML)

    def at(self, path) -> "Node | Place":
        """The node at `path` (keys and indexes), or the deepest on the way that exists."""
        node = self
        for step in path:
            if isinstance(node.value, dict) and str(step) in node.value:
                node = node.value[str(step)]
            elif isinstance(node.value, list) and isinstance(step, int) and 0 <= step < len(node.value):
                node = node.value[step]
            else:
                break
        return node


def as_node(value, line: int = 1) -> Node:
    """Plain data as nodes that all stand in one line; for what comes from a form and not from a file."""
    if isinstance(value, dict):
        value = {key: as_node(item, line) for key, item in value.items()}
    elif isinstance(value, list | tuple):
        value = [as_node(item, line) for item in value]
    return Node(value, line, typed=True)


class Malformed(ValueError):
    """The file cannot be read as YAML or TOML."""

    def __init__(self, message, line=1, column=1):
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


def read_yaml(text: str, *, line: int = 1) -> Node:
    """The document as nodes; `line` is where it begins in its file. An empty one is an empty dict."""
    try:
        return _yaml_document(text, line - 1)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = error.problem or error.context or "cannot be read"
        if said.startswith("mapping values"):
            said = 'a colon is read as the end of a key here; put text that holds ": " in quotes'
        raise Malformed(
            f"this is not valid YAML: {said}",
            (mark.line if mark else 0) + line,
            (mark.column if mark else 0) + 1,
        ) from None
    except yaml.YAMLError:
        raise Malformed(
            "this is not valid YAML: it holds a character that YAML does not allow", line
        ) from None


def _yaml_document(text, offset):
    root, stack, documents = None, [], 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)):
        mark = event.start_mark
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise Malformed("only one document is possible in a file", mark.line + offset + 1)
            continue
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            stack.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        place = Place(mark.line + offset + 1, mark.column + 1)
        _refuse_cleverness(event, place, len(stack))
        node = _yaml_node(event, place)
        if stack:
            _put(stack[-1], node, place)
        else:
            root = node
        if not isinstance(event, yaml.ScalarEvent):
            stack.append([node, None])
    return root if root is not None else Node({}, offset + 1)


def _refuse_cleverness(event, place, depth):
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        raise Malformed("anchors and aliases (& and *) are not possible; write it out, or quote the text",
                        place.line, place.column)  # fmt: skip
    if event.tag:
        raise Malformed(f'tags such as "{event.tag}" are not possible', place.line, place.column)
    if depth >= MAX_DEPTH:
        raise Malformed(f"this is nested more than {MAX_DEPTH} levels deep", place.line, place.column)


def _yaml_node(event, place):
    if isinstance(event, yaml.MappingStartEvent):
        return Node({}, place.line, place.column)
    if isinstance(event, yaml.SequenceStartEvent):
        return Node([], place.line, place.column)
    is_null = not event.style and event.value in ("", "~", "null")
    return Node(None if is_null else event.value, place.line, place.column)


def _put(frame, node, place):
    """Add `node` to the list or dict that is open; in a dict, keys and values take turns."""
    holder, key = frame
    if isinstance(holder.value, list):
        holder.value.append(node)
    elif key is None:
        if not isinstance(node.value, str):
            raise Malformed("a key must be a word", place.line, place.column)
        if node.value in holder.value or node.value in holder.keys:
            raise Malformed(f'"{node.value}" stands here twice', place.line, place.column)
        holder.keys[node.value] = place
        frame[1] = node.value
    else:
        holder.value[key] = node
        frame[1] = None


def read_toml(text: str) -> Node:
    """The document as nodes; each stands where its key does."""
    if _toml_depth(text) > MAX_DEPTH:
        raise Malformed(f"this is nested more than {MAX_DEPTH} levels deep")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said, line, column = str(error), 1, 1
        if found := re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", said):
            said, line, column = found[1], int(found[2]), int(found[3])
        elif said.endswith(" (at end of document)"):
            said, line = said.removesuffix(" (at end of document)"), text.count("\n") + 1
        raise Malformed(f"this is not valid TOML: {said}", line, column) from None
    except ValueError:
        # Python reads no number of so many digits.
        raise Malformed("a number here has thousands of digits") from None
    try:
        return _toml_node(data, (), _TomlPlaces(text).places, Place())
    except RecursionError:
        raise Malformed(f"this is nested more than {MAX_DEPTH} levels deep") from None


def _toml_depth(text):
    deepest = depth = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}" and depth:
            depth -= 1
        elif character == "\n" and deepest <= MAX_DEPTH and depth > MAX_DEPTH:
            break
    return deepest


def _toml_node(value, path, places, above):
    place = places.get(path, above)
    if isinstance(value, dict):
        children = {key: _toml_node(item, (*path, key), places, place) for key, item in value.items()}
        keys = {key: places.get((*path, key), place) for key in value}
        return Node(children, place.line, place.column, keys, typed=True)
    if isinstance(value, list):
        return Node(
            [_toml_node(item, (*path, n), places, place) for n, item in enumerate(value)],
            place.line,
            place.column,
            typed=True,
        )
    if isinstance(value, datetime | date | time):
        value = value.isoformat()
    return Node(value, place.line, place.column, typed=True)


class _TomlPlaces:
    """Where each key and each element of a list stands. Reads only text that tomllib has accepted."""

    SPACE = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
    STRING = re.compile(
        r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\])*"|' + r"'[^']*'", re.DOTALL
    )
    BARE = re.compile(r"[^\s,\]}=#]+(?: \d[^\s,\]}=#]*)?")
    KEY_PART = re.compile(r"[ \t]*([A-Za-z0-9_-]+|\"(?:\\.|[^\"\\])*\"|'[^']*')[ \t]*(\.?)")

    def __init__(self, text):
        self.text, self.at = text, 0
        self.places, self.counts, self.here = {}, {}, ()
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._document()

    def _place(self):
        line = self._line_of(self.at)
        return Place(line, self.at - self.starts[line - 1] + 1)

    def _line_of(self, at):
        low, high = 0, len(self.starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.starts[middle] <= at else (low, middle)
        return low + 1

    def _skip(self):
        self.at = self.SPACE.match(self.text, self.at).end()

    def _document(self):
        self._skip()
        while self.at < len(self.text):
            place = self._place()
            if self.text[self.at] == "[":
                self._header(place)
            else:
                self._pair(self.here, place)
            self._skip()

    def _header(self, place):
        is_list = self.text.startswith("[[", self.at)
        self.at += 2 if is_list else 1
        parts = self._key()
        self.at += 2 if is_list else 1
        path = ()
        for n, part in enumerate(parts):
            path = (*path, part)
            last = n == len(parts) - 1
            if last and is_list:
                self.places.setdefault(path, place)
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
        self.places.setdefault(path, place)
        self.here = path

    def _key(self):
        parts = []
        while True:
            found = self.KEY_PART.match(self.text, self.at)
            self.at = found.end()
            part = found[1]
            parts.append(tomllib.loads(f"k = {part}")["k"] if part[0] in "\"'" else part)
            if not found[2]:
                return parts

    def _pair(self, base, place):
        path = base
        for part in self._key():
            path = (*path, part)
            self.places.setdefault(path, place)
        self.at += 1  # the equals sign
        while self.text[self.at] in " \t":
            self.at += 1
        self._value(path)

    def _value(self, path):
        opening = self.text[self.at]
        if opening == "[":
            self._list(path)
        elif opening == "{":
            self._inline(path)
        else:
            found = self.STRING.match(self.text, self.at) or self.BARE.match(self.text, self.at)
            self.at = found.end()

    def _list(self, path):
        self.at += 1
        n = 0
        self._skip()
        while self.text[self.at] != "]":
            self.places[(*path, n)] = self._place()
            self._value((*path, n))
            n += 1
            self._skip()
        self.at += 1

    def _inline(self, path):
        self.at += 1
        self._skip()
        while self.text[self.at] != "}":
            self._pair(path, self._place())
            self._skip()
        self.at += 1
