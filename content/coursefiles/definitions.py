"""The definition of a course: what its files say, with defaults filled in. The same shape is read from the
database, so that both sides can be compared by hash."""

import hashlib
import json
import re
from dataclasses import dataclass, field

from content.coursefiles.images import Picture
from content.coursefiles.nodes import Node

LEVELS = ("remember", "understand", "apply", "analyse", "evaluate")
STATES = ("draft", "ready", "retired")
USES = ("practice", "exam", "both")
PRESETS = ("learn", "exam", "try-again", "custom")
FIGURE_KINDS = ("bars", "grouped_bars", "stacked_bars", "lines", "diagram", "table")
RESERVED_LESSON_IDS = ("glossary", "timeline", "search")


@dataclass(slots=True)
class Entry:
    """One object of a course. `data` is what is hashed, stored and dumped; the rest says where it stands."""

    data: dict
    file: str = ""
    node: Node = field(default_factory=lambda: Node({}))

    @property
    def id(self) -> str:
        return self.data["id"]

    def place(self, *path):
        """Where the value at `path` stands in the file, or the nearest place above it."""
        return self.node.at(path)


@dataclass(slots=True)
class CourseDefinition:
    """All of a course.

    `course`: course.toml but its modules · `modules`: id, title, source_section, lessons (ids) · `works`,
    `terms`, `events`, `figures`: entries of their files · `lessons`: front matter, `module`, `body` ·
    `questions`: what stands beside the content, `lesson`, and `content` as its kind stores it.
    """

    course: Entry
    modules: list[Entry] = field(default_factory=list)
    works: list[Entry] = field(default_factory=list)
    terms: list[Entry] = field(default_factory=list)
    events: list[Entry] = field(default_factory=list)
    figures: list[Entry] = field(default_factory=list)
    lessons: list[Entry] = field(default_factory=list)
    questions: list[Entry] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    # Groups of which something could not be read: what points into them may be right.
    unread: set[str] = field(default_factory=set)


def hash_of(data) -> str:
    """The hash of a definition: the same for the same content, whatever the order of its keys."""
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def work_short(work: dict) -> str:
    """What a citation in the text shows: ``UN Security Council, Resolution 1483 (2003)``."""
    if work.get("short"):
        return work["short"]
    named = ", ".join(filter(None, (work.get("author") or work["title"], work.get("number"))))
    return _fitted(f"{named} ({work['year']})" if work.get("year") else named, 120)


def work_label(work: dict) -> str:
    """The full reference in plain text; what author or publisher say already is not said again."""
    author, publisher = work.get("author") or "", work.get("publisher") or ""
    if author and f"{publisher}, ".startswith(f"{author}, "):
        publisher = publisher[len(author) :].lstrip(", ")
    year = str(work.get("year") or "")
    if year in re.findall(r"\d+", publisher):
        year = ""
    parts = (author, work["title"].removesuffix("."), work.get("number"), publisher, year)
    return _fitted(", ".join(part for part in parts if part) + ".", 500)


def _fitted(text, length):
    return text if len(text) <= length else text[: length - 1] + "…"
