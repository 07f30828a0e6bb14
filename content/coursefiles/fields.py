"""Reading one mapping of a course file by its schema: types, limits, and what nobody asked for."""

import re

from content.coursefiles.nodes import Node
from content.coursefiles.problems import Report, did_you_mean, one_of
from content.text import TextRefused, clean_text, is_blank

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
ID_LENGTH = 80
ID_RULE = "an id is lower-case words joined by hyphens, such as after-the-invasion"
WORDS_FOR_FLAGS = {"true": True, "yes": True, "false": False, "no": False}


class Fields:
    """One mapping. Each method takes a key and gives its value or the default; `done` names what is left over.

    A value of the wrong type is reported and read as the default, so that one mistake is one line.
    """

    def __init__(self, node: Node, file: str, report: Report, *, what: str):
        self.node, self.file, self.report, self.what = node, file, report, what
        self.asked: list[str] = []
        self.is_mapping = isinstance(node.value, dict)
        if not self.is_mapping:
            report.error(file, node, f"{what} should be keys with values")

    def error(self, key, message):
        """Report a mistake at the value of `key`, or at the mapping where it is absent."""
        self.report.error(self.file, self.place(key), message)

    def warn(self, key, message):
        self.report.warn(self.file, self.place(key), message)

    def place(self, key):
        return self.node.at((key,)) if self.is_mapping else self.node

    def take(self, key, *, required=False) -> Node | None:
        """The node under `key`, or None where it is absent or empty."""
        self.asked.append(key)
        found = self.node.value.get(key) if self.is_mapping else None
        if found is not None and found.value is not None:
            return found
        if required and self.is_mapping:
            if found is not None:
                self.report.error(self.file, found, f'"{key}" of {self.what} is empty')
            else:
                self.report.error(self.file, self.node, f'{self.what} lacks "{key}"')
        return None

    def text(self, key, *, max_length, required=False, multiline=True, default="") -> str:
        """Cleaned text without outer space. Numbers of TOML are not text."""
        node = self.take(key, required=required)
        if node is None:
            return default
        text = self.text_of(node, f'"{key}"', max_length=max_length, multiline=multiline)
        if required and text is not None and is_blank(text):
            self.report.error(self.file, node, f'"{key}" of {self.what} is empty')
        return default if text is None else text

    def text_of(self, node, name, *, max_length, multiline=True) -> str | None:
        """The cleaned text of a node, or None with an error."""
        if not isinstance(node.value, str):
            self.report.error(self.file, node, f"{name} should be text{_in_quotes(node)}")
            return None
        try:
            return clean_text(node.value, max_length=max_length, multiline=multiline).strip()
        except TextRefused as refusal:
            self.report.error(self.file, node, f"{name}: {refusal}")
            return None

    def id(self, key="id", *, required=True) -> str:
        node = self.take(key, required=required)
        return "" if node is None else self.id_of(node)

    def id_of(self, node, *, longest=ID_LENGTH) -> str:
        """The id a node holds, or "" with an error."""
        if isinstance(node.value, str) and ID.fullmatch(node.value) and len(node.value) <= longest:
            return node.value
        shown = f'"{node.value[:80]}" is no id: ' if isinstance(node.value, str) else ""
        self.report.error(self.file, node, f"{shown}{ID_RULE}")
        return ""

    def choice(self, key, allowed, *, default="", required=False) -> str:
        node = self.take(key, required=required)
        if node is None:
            return default
        if isinstance(node.value, str) and node.value in allowed:
            return node.value
        shown = node.value if isinstance(node.value, str) else ""
        hint = did_you_mean(shown, allowed) if shown else ""
        self.report.error(self.file, node, f'"{key}" should be {one_of(allowed)}, not "{shown}"{hint}')
        return default

    def flag(self, key, *, default=False) -> bool:
        node = self.take(key)
        if node is None:
            return default
        if isinstance(node.value, bool):
            return node.value
        if not node.typed and isinstance(node.value, str) and node.value in WORDS_FOR_FLAGS:
            return WORDS_FOR_FLAGS[node.value]
        self.report.error(self.file, node, f'"{key}" should be true or false')
        return default

    def whole(self, key, *, least, most, default=None, required=False) -> int | None:
        """A whole number within its bounds."""
        node = self.take(key, required=required)
        if node is None:
            return default
        value = node.value
        if not node.typed and isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value, re.ASCII):
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.report.error(self.file, node, f'"{key}" should be a whole number from {least} to {most}')
        return default

    def items(self, key, *, required=False, most=1000) -> list[Node]:
        """The nodes of a list."""
        node = self.take(key, required=required)
        if node is None:
            return []
        if not isinstance(node.value, list):
            self.report.error(self.file, node, f'"{key}" should be a list')
            return []
        if len(node.value) > most:
            self.report.error(
                self.file, node, f'"{key}" has {len(node.value)} entries; at most {most} are possible'
            )
            return []
        return node.value

    def ids(self, key, *, required=False, most=100, longest=ID_LENGTH) -> list[str]:
        """A list of ids, each once."""
        found = []
        for node in self.items(key, required=required, most=most):
            id = self.id_of(node, longest=longest)
            if id and id in found:
                self.report.error(self.file, node, f'"{id}" stands twice in "{key}"')
            elif id:
                found.append(id)
        return found

    def done(self):
        """Report every key that was not asked for."""
        if not self.is_mapping:
            return
        for key in self.node.value:
            if key not in self.asked:
                hint = did_you_mean(key, self.asked) or f"; possible are {', '.join(self.asked)}"
                self.report.error(
                    self.file, self.node.keys.get(key, self.node), f'unknown key "{key[:80]}"{hint}'
                )


def _in_quotes(node):
    return "; put it in quotes" if isinstance(node.value, bool | int | float) else ""
