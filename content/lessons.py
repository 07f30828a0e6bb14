"""A lesson file taken apart: front matter, lead, passages, blocks, references, each with its place.

Pure. Nothing is rendered here (`content.markup` does that) and nothing looked up: whether a term, source,
figure or question exists is for the loader, which knows the course. YAML (front matter, claims) is handed on
as text with the line it starts at.
"""

import difflib
import re
from dataclasses import dataclass, field

from content.markup import find_images, find_raw_html, plain

# Ids that pages of the app use themselves.
RESERVED_IDS = frozenset(
    {
        *(
            "main",
            "question",
            "stem",
            "answer",
            "verdict",
            "said",
            "toc",
            "record",
            "short",
            "sources",
            "summary",
        ),
        *("objectives", "notes", "claims", "glossary", "timeline", "search", "next", "footnotes", "messages"),
    }
)
RESERVED_PREFIXES = ("src-", "term-", "fn", "x-", "id_")
BLOCKS = ("check", "figure", "claims", "summary")
BOXES = ("note", "example", "source")

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?[ \t]*")
_HEADING_ID = re.compile(r"(.*?)[ \t]*\{#([^}\s]*)\}")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_COLONS = re.compile(r" {0,3}:::+[ \t]*(.*?)[ \t]*")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_TERM = re.compile(r"\[\[([^\[\]|\n]*)(?:\|([^\[\]|\n]*))?\]\]")
_CITATION = re.compile(r"\[@([^\[\],\n]*)(?:, [^\[\]\n]*)?\]")
_FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\](:?)")


@dataclass(frozen=True)
class LessonProblem:
    """One mistake in a lesson file, at a line and column from 1."""

    line: int
    column: int
    message: str
    severity: str = "error"
    code: str = "lesson"


@dataclass(frozen=True)
class Reference:
    """Something the text points to by id, and where."""

    id: str
    line: int
    column: int


@dataclass(frozen=True)
class RawBlock:
    """The inside of a ``:::`` block, or the front matter, as written; `line` is where its first line stands."""

    text: str
    line: int


@dataclass(frozen=True)
class PassageDoc:
    """A passage: its id, its title in plain words, its Markdown without the heading, and where the heading is."""

    id: str
    title: str
    markdown: str
    line: int
    column: int = 1


@dataclass
class LessonDoc:
    """What `parse_lesson` found. With problems, what could be understood is there all the same."""

    front_matter: RawBlock | None = None
    lead: str = ""
    lead_line: int = 1
    passages: list[PassageDoc] = field(default_factory=list)
    checks: list[Reference] = field(default_factory=list)
    figures: list[Reference] = field(default_factory=list)
    claims: RawBlock | None = None
    summary: RawBlock | None = None
    terms: list[Reference] = field(default_factory=list)
    citations: list[Reference] = field(default_factory=list)
    images: list[tuple[Reference, str]] = field(default_factory=list)  # address as written, and alt text
    problems: list[LessonProblem] = field(default_factory=list)

    @property
    def words(self):
        """Words to read, front matter and claims left out."""
        texts = [
            self.lead,
            *(passage.markdown for passage in self.passages),
            self.summary.text if self.summary else "",
        ]
        return sum(len(plain(text).split()) for text in texts)


def parse_lesson(text):
    """Take a lesson apart. Never raises; mistakes are in `problems`, sorted by place."""
    reader = _Reader(text)
    reader.read()
    doc = reader.doc
    doc.problems.sort(key=lambda problem: (problem.line, problem.column))
    return doc


class _Reader:
    """Walks the lines once; `at` is the index of the next line."""

    def __init__(self, text):
        self.lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.doc = LessonDoc()
        self.at = 0
        self.fence = ""
        self.open = []  # (name, line index) of the ::: boxes that are open
        self.body = []  # (line index, line) of the part being read
        self.heading = None  # (id, title, line index) of the passage being read

    def read(self):
        self._front_matter()
        self.doc.lead_line = self.at + 1
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if self._in_code(line) or not (self._block(line) or self._head(line)):
                self.body.append((self.at, line))
                self.at += 1
        for name, index in self.open:
            self._problem(
                index, 1, f'the block ":::{name}" is never closed; end it with a line ":::"', "unclosed"
            )
        self._close_part()

    def _front_matter(self):
        if not self.lines or self.lines[0].rstrip() != "---":
            return
        for index in range(1, len(self.lines)):
            if self.lines[index].rstrip() in ("---", "..."):
                self.doc.front_matter = RawBlock("\n".join(self.lines[1:index]), 2)
                self.at = index + 1
                return
        self._problem(0, 1, 'the front matter is never closed; end it with a line "---"', "unclosed")
        self.at = len(self.lines)

    def _in_code(self, line):
        """True within a fenced code block, its first and last line included."""
        found = _FENCE.fullmatch(line)
        if self.fence:
            if found and found[1].startswith(self.fence) and not found[2].strip():
                self.fence = ""
            return True
        if found and not (found[1][0] == "`" and "`" in found[2]):
            self.fence = found[1]
            return True
        return False

    # --- blocks ---

    def _block(self, line):
        found = _COLONS.fullmatch(line)
        if not found:
            return False
        name, _, rest = found[1].partition(" ")
        if not name:
            if self.open:
                self.open.pop()
                return False
            self._problem(self.at, 1, 'this ":::" closes nothing; remove it or name a block', "unopened")
            self.at += 1
            return True
        if name in BOXES:
            self.open.append((name, self.at))
            return False
        if name not in BLOCKS:
            near = difflib.get_close_matches(name, (*BLOCKS, *BOXES), n=1)
            hint = f'; did you mean "{near[0]}"?' if near else f"; known are: {', '.join((*BLOCKS, *BOXES))}"
            self._problem(self.at, 4, f'unknown block "{name}"{hint}', "unknown-block")
            self.open.append((name, self.at))
            return False
        return self._own_block(name, rest.strip())

    def _own_block(self, name, id):
        """``:::check``, ``:::figure``: kept in the text. ``:::claims``, ``:::summary``: taken out of it."""
        start = self.at
        if self.open:
            self._problem(
                start, 1, f'":::{name}" cannot stand inside another block; close that first', "nested"
            )
        end = next((i for i in range(start + 1, len(self.lines)) if self.lines[i].strip() == ":::"), None)
        blocked = next(
            (i for i in range(start + 1, end or len(self.lines)) if self._opens(self.lines[i])), None
        )
        if end is None or (blocked is not None and name in ("check", "figure")):
            self._problem(
                start, 1, f'the block ":::{name}" is never closed; end it with a line ":::"', "unclosed"
            )
            self.at = start + 1
            return True
        inside = self.lines[start + 1 : end]
        self.at = end + 1
        if name in ("check", "figure"):
            self._pointer(name, id, start, inside)
            self.body += [(index, self.lines[index]) for index in range(start, end + 1)]
        else:
            self._taken_out(name, id, start, inside)
        return True

    def _opens(self, line):
        return bool(re.match(r" {0,3}:::+[ \t]*\w", line) or re.match(r" {0,3}##?[ \t]", line))

    def _pointer(self, name, id, start, inside):
        if not _ID.fullmatch(id):
            self._problem(
                start, 4, f'":::{name}" needs the id of a {_POINTS_TO[name]}, like ":::{name} some-id"', "id"
            )
            return
        if any(line.strip() for line in inside):
            self._problem(
                start + 1, 1, f'":::{name}" holds nothing; put the text after its ":::"', "not-empty"
            )
        column = self.lines[start].index(id, self.lines[start].index(name) + len(name)) + 1
        into = self.doc.checks if name == "check" else self.doc.figures
        if any(reference.id == id for reference in into):
            self._problem(start, column, f'the {name} "{id}" stands in this lesson twice', "double-id")
        into.append(Reference(id, start + 1, column))

    def _taken_out(self, name, id, start, inside):
        if id:
            self._problem(start, 4, f'":::{name}" takes no id', "id")
        if getattr(self.doc, name):
            self._problem(start, 1, f'a lesson has one block ":::{name}"; join the two', "double-block")
            return
        block = RawBlock("\n".join(inside), start + 2)
        setattr(self.doc, name, block)
        if name == "summary":
            self._references(list(enumerate(inside, start + 1)))
            self._markup(block.text, block.line)

    # --- headings and parts ---

    def _head(self, line):
        found = _HEADING.fullmatch(line)
        if not found:
            self._underlined(line)
            return False
        level, title = len(found[1]), re.sub(r"[ \t]+#+$", "", found[2] or "")
        if level == 1:
            self._problem(
                self.at,
                1,
                "a heading of level 1 is the title, which stands in the front matter; use ##",
                "level-1",
            )
            return False
        if level > 2:
            return False
        if self.open:
            self._problem(
                self.at,
                1,
                f'a passage cannot begin inside ":::{self.open[-1][0]}"; close it with ":::"',
                "unclosed",
            )
            self.open.clear()
        self._close_part()
        self.heading = (*self._id_and_title(line, title), self.at)
        self.at += 1
        return True

    def _underlined(self, line):
        before = self.body[-1][1] if self.body and self.body[-1][0] == self.at - 1 else ""
        if _UNDERLINE.fullmatch(line) and re.match(r" {0,3}[^\s#>|:*+-]", before):
            self._problem(
                self.at, 1, "a heading by underlining has no id; write ## Title {#its-id}", "underlined"
            )

    def _id_and_title(self, line, title):
        found = _HEADING_ID.fullmatch(title)
        if not found:
            self._problem(
                self.at, 1, f"this heading has no id; write ## {plain(title)} {{#{_slug(title)}}}", "no-id"
            )
            return "", plain(title)
        id, title = found[2], plain(found[1])
        column = line.rindex("{#") + 3
        if not title:
            self._problem(self.at, 1, "this heading has no words", "no-title")
        if not _ID.fullmatch(id) or len(id) > 80:
            self._problem(
                self.at,
                column,
                f'"{id}" is no id; an id has lower-case letters, digits and single hyphens',
                "id",
            )
        elif id in RESERVED_IDS or id.startswith(RESERVED_PREFIXES):
            self._problem(
                self.at, column, f'the id "{id}" is used by the page itself; choose another', "reserved-id"
            )
        elif any(passage.id == id for passage in self.doc.passages):
            self._problem(self.at, column, f'the id "{id}" is used twice in this lesson', "double-id")
        return id, title

    def _close_part(self):
        """What was read since the last heading becomes the lead or a passage."""
        first = self.body[0][0] if self.body else self.at
        markdown = "\n".join(line for _, line in self.body)
        self._references(self.body)
        self._footnotes()
        # Lines that were taken out stand between; blank ones in their place keep the count true.
        self._markup("\n".join(dict(self.body).get(i, "") for i in range(first, self.at)), first + 1)
        if self.heading is None:
            self.doc.lead = markdown.strip("\n")
        else:
            id, title, index = self.heading
            self.doc.passages.append(PassageDoc(id, title, markdown.strip("\n"), index + 1))
        self.body, self.heading = [], None

    # --- what the text points to ---

    def _references(self, body):
        for index, line in _without_code(body):
            for found in _TERM.finditer(line):
                self._reference(self.doc.terms, found, index, "glossary term", "[[its-id|words]]")
            for found in _CITATION.finditer(line):
                self._reference(self.doc.citations, found, index, "source", "[@its-id]")

    def _reference(self, into, found, index, what, example):
        if _ID.fullmatch(found[1]):
            into.append(Reference(found[1], index + 1, found.start(1) + 1))
        else:
            self._problem(
                index, found.start(1) + 1, f'"{found[1]}" is no id of a {what}; write {example}', "id"
            )

    def _footnotes(self):
        """A footnote is written in the passage that uses it, since a passage is also shown alone."""
        used, written = {}, set()
        for index, line in _without_code(self.body):
            for found in _FOOTNOTE.finditer(line):
                if found[2] and not line[: found.start()].strip():
                    written.add(found[1])
                else:
                    used.setdefault(found[1], (index, found.start() + 1))
        for name, (index, column) in used.items():
            if name not in written:
                self._problem(
                    index, column, f'the footnote "{name}" is not written in this passage', "footnote"
                )

    def _markup(self, markdown, first_line):
        for line, column, found in find_raw_html(markdown, first_line=first_line):
            self._problem(
                line - 1,
                column,
                f"raw HTML is not allowed ({found}); use Markdown, or put it in `code`",
                "raw-html",
            )
        for line, address, alt in find_images(markdown, first_line=first_line):
            column = max(0, self.lines[line - 1].find("![")) + 1
            self.doc.images.append((Reference(address, line, column), alt))
            if not address.startswith("assets/"):
                self._problem(line - 1, column, f'the image "{address}" is not a file of assets/', "image")
            if not alt.strip():
                self._problem(
                    line - 1, column, f'the image "{address}" has no alt text; say what it shows', "alt"
                )

    def _problem(self, index, column, message, code):
        self.doc.problems.append(LessonProblem(index + 1, column, message, code=code))


_POINTS_TO = {"check": "question", "figure": "figure"}


def _without_code(body):
    """(index, line) outside fenced blocks, with inline code blanked so that columns stay."""
    fence = ""
    for index, line in body:
        found = _FENCE.fullmatch(line)
        if fence:
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
        elif found:
            fence = found[1]
        else:
            yield index, _CODE.sub(lambda code: " " * len(code[0]), line)


def _slug(title):
    words = re.findall(r"[a-z0-9]+", plain(title).lower())
    return "-".join(words[:4]) or "its-id"
