"""HTML and plain text → Markdown, and back for files that leave us.

Pure. HTML comes from strangers' files: it is cut into tags by a scanner of our own in one pass (the scanner of
the standard library needs quadratic time on unclosed tags), only an allow-list becomes Markdown, and
everything else is unwrapped to its text. Nothing here promises safe HTML for a page; that is `markup`'s job.
"""

import html
import re
import unicodedata
from dataclasses import dataclass, field

from markdown_it import MarkdownIt

MAX_DEPTH = 60

_DROPPED = frozenset(
    "script style iframe object embed applet form head title template noscript svg video audio canvas "  # noqa: SIM905
    "select textarea button map frameset rp".split()
)
_BLOCKS = frozenset(
    "p div section article main header footer aside nav figure figcaption address fieldset center "  # noqa: SIM905
    "h1 h2 h3 h4 h5 h6 dl dt dd details summary hr body html legend caption".split()
)
_VOID = frozenset(
    "br hr img input meta link area base col source track wbr param".split()  # noqa: SIM905
)
_STRONG, _EMPHASIS = frozenset({"strong", "b"}), frozenset({"em", "i"})
_CLOSES_ON_SAME = {
    "li": {"ul", "ol"},
    "tr": {"table"},
    "td": {"tr", "table"},
    "th": {"tr", "table"},
    "p": set(),
}
_CODE = frozenset({"code", "tt", "kbd", "samp"})
_LINKS = ("http://", "https://", "mailto:")

_ATTRIBUTE = re.compile(r"""([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_SPACES = re.compile(r"[ \t\n\r\f]+")
_SUPERSCRIPTS = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SUBSCRIPTS = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")


@dataclass
class Element:
    """A tag with its attributes and what stands inside: texts and elements."""

    tag: str
    attributes: dict = field(default_factory=dict)
    children: list = field(default_factory=list)


@dataclass
class Converted:
    """Markdown, and the names of what was left out (``script``, ``image``, ``link``, ``depth`` …)."""

    markdown: str
    lost: tuple[str, ...] = ()


# --- plain text → Markdown -----------------------------------------------------

_SPECIAL = re.compile(
    r"\\(?=[!-/:-@\[-`{-~\n]|$)"  # a backslash that would escape what follows
    r"|`+|\*+|_+"
    r"|(?<=\^)\[|\[(?=[\[^@]|$)|\](?=[(\[{:]|$)"
    r"|<(?=[A-Za-z/!?])|&(?=\#?\w{1,32};)"
    r"|~(?=~)|(?<=~)~"
    r"|-(?=-)"
    r"|\((?=(?:c|r|tm|p)\))|(?<=[)*`\]_{]){",
    re.IGNORECASE,
)
_LINE_START = re.compile(
    r"(?m)^(?:(?P<rule>[|:\-=+][|:\-=+ \t]*$)|(?P<mark>\#{1,6}(?=[ \t]|$)|[-+](?=[ \t]|$)|>|:(?=::|[ \t])|~(?=[ \t])|{)"
    r"|(?P<number>\d{1,9})(?P<point>[.)])(?=[ \t]|$))"
)


def escaped(text, *, before="", after="", line_start=True):
    """`text` as Markdown that reads exactly like it. Line ends stay as they are.

    `before` and `after` are the characters beside it (none: a boundary), `line_start` says whether block
    marks (``#``, ``1.``) can be taken for such at its start.
    """
    around = (before[-1:] or " ") + text + (after[:1] or " ")

    def mark(found):
        token, start, end = found[0], found.start(), found.end()
        if token[0] in "*_":
            left, right = around[start], around[end + 1]
            if left.isspace() and right.isspace() and not _alone_on_line(text, start, end, line_start):
                return token
            if token[0] == "_" and left.isalnum() and right.isalnum():
                return token
        if token in ("[", "]", "\\") and end == len(text) and not after:
            return token if token != "\\" else "\\\\"
        return "".join("\\" + character for character in token)

    marked = _SPECIAL.sub(mark, text)
    if marked.startswith("{") and before[-1:] in tuple(")*`]_{"):
        marked = "\\" + marked
    if line_start:
        return _LINE_START.sub(_line_mark, marked)
    head, newline, rest = marked.partition("\n")
    return head + newline + _LINE_START.sub(_line_mark, rest) if newline else head


def _alone_on_line(text, start, end, line_start):
    """Would this run of ``*`` or ``_`` start a list item or be a rule?"""
    line_from = text.rfind("\n", 0, start) + 1
    first = (line_from > 0 or line_start) and not text[line_from:start].strip(" \t")
    return first and (
        text[start] == "*" or not text[end : end + 1].strip(" \t\n") or end - start >= 3 and _bare(text, end)
    )


def _bare(text, end):
    line_end = text.find("\n", end)
    return not text[end : line_end if line_end >= 0 else len(text)].strip(" \t_")


def _line_mark(found):
    if found["number"]:
        return f"{found['number']}\\{found['point']}"
    return "\\" + found[0]


def from_plain(text):
    """Plain text as Markdown: every character stays itself, a line end is a line end."""
    paragraphs = re.split(r"\n[ \t]*\n\s*", text.strip("\n\r\t \f"))
    return "\n\n".join(_with_breaks(paragraph) for paragraph in paragraphs)


def _with_breaks(paragraph):
    lines = [line.strip(" \t") for line in paragraph.split("\n")]
    return "\\\n".join(escaped(line) for line in lines)


# --- HTML → tree ---------------------------------------------------------------


def parse(source):
    """The tree of an HTML text under one root element. Any text has a tree; the time is linear in its length."""
    root = Element("root")
    open_ = [root]
    lower = None
    at, last_close, last_comment = 0, source.rfind(">"), source.rfind("-->")
    quotes_count = True
    while True:
        start = source.find("<", at)
        if start < 0 or start > last_close:
            _text(open_[-1], source[at:])
            return root
        _text(open_[-1], source[at:start])
        following = source[start + 1 : start + 2]
        if source.startswith("<!--", start) and last_comment >= start + 4:
            at = source.find("-->", start + 4) + 3
            continue
        if not (following.isalpha() and following.isascii()) and following not in "/!?" or not following:
            _text(open_[-1], "<")
            at = start + 1
            continue
        end = _tag_end(source, start + 1) if quotes_count else -1
        if end < 0:
            quotes_count = False
            end = source.find(">", start)
        inside, at = source[start + 1 : end], end + 1
        if following in "!?":
            continue
        if following == "/":
            _close(open_, inside[1:].strip().lower())
            continue
        tag, attributes = _read_tag(inside)
        if tag in ("script", "style"):
            lower = source.lower() if lower is None else lower
            close = lower.find(f"</{tag}", at)
            at = len(source) if close < 0 else close
        _open(open_, tag, attributes, inside.endswith("/"))


def _tag_end(source, start, _stops=re.compile("[>\"']")):
    """The place of the ``>`` that ends the tag, past quoted values; −1 if there is none."""
    at = start
    while found := _stops.search(source, at):
        if found[0] == ">":
            return found.start()
        # A quote opens a value only behind an equals sign; any other is a slip of the writer.
        after_equals = source[max(start, found.start() - 8) : found.start()].rstrip().endswith("=")
        closing = source.find(found[0], found.end()) if after_equals else found.start()
        if closing < 0:
            return -1
        at = closing + 1
    return -1


def _read_tag(inside):
    name = re.match(r"[^\s/>]+", inside)[0].lower()
    attributes = {}
    for found in _ATTRIBUTE.finditer(inside, len(name)):
        value = found[2] if found[2] is not None else found[3] if found[3] is not None else found[4] or ""
        attributes.setdefault(found[1].lower(), html.unescape(value))
    return name.rpartition(":")[2], attributes


def _text(element, text):
    if text:
        element.children.append(html.unescape(text))


def _open(open_, tag, attributes, closed):
    element = Element(tag, attributes)
    if tag in _CLOSES_ON_SAME:
        _close_before(open_, tag)
    elif (tag in _BLOCKS or tag in ("ul", "ol", "table", "blockquote", "pre")) and open_[-1].tag == "p":
        open_.pop()
    open_[-1].children.append(element)
    if tag not in _VOID and not (closed and tag not in _BLOCKS) and len(open_) <= MAX_DEPTH:
        open_.append(element)


def _close_before(open_, tag):
    """An open <li>, <td>, <tr> or <p> ends where the next begins."""
    stops = _CLOSES_ON_SAME[tag]
    also = {"td": {"td", "th"}, "th": {"td", "th"}, "tr": {"tr"}}.get(tag, {tag})
    for depth in range(len(open_) - 1, 0, -1):
        if open_[depth].tag in also:
            del open_[depth:]
            return
        if open_[depth].tag in stops or tag == "p":
            return


def _close(open_, tag):
    tag = tag.rpartition(":")[2]
    for depth in range(len(open_) - 1, 0, -1):
        if open_[depth].tag == tag:
            del open_[depth:]
            return


# --- tree → Markdown -----------------------------------------------------------


def from_html(source, *, inline=False, image=None):
    """HTML as Markdown.

    `image(src, alt)` gives the Markdown for a picture; without it only the alt text stays. With `inline`,
    paragraphs, lists and tables become lines joined by line breaks, for places that hold no blocks.
    """
    return from_elements(parse(source).children, inline=inline, image=image)


def from_elements(children, *, inline=False, image=None):
    """As `from_html`, for a tree that is parsed already: a list of texts and `Element`s."""
    writer = _Writer(image)
    root = Element("root", {}, list(children))
    text = writer.lines(root) if inline else writer.blocks(root)
    return Converted(text, tuple(dict.fromkeys(writer.lost)))


def from_nodes(content):
    """The parsed content of an XML element (texts and nodes) as children for `from_elements`."""
    return [
        item
        if isinstance(item, str)
        else Element(item.tag.lower(), item.attributes, from_nodes(item.content))
        for item in content
    ]


class _Writer:
    def __init__(self, image):
        self.image, self.lost, self.open_marks = image, [], []

    # blocks

    def blocks(self, element):
        """The element's content as block Markdown: parts with an empty line between."""
        parts, run, list_before = [], [], ("", False)

        def flush():
            text = self.paragraph(run)
            if text:
                parts.append(text)
            run.clear()
            return bool(text)

        for child in self.flattened(element):
            if isinstance(child, Element) and self.is_block(child):
                if flush():
                    list_before = "", False
                # Of two lists in a row the second needs another mark, or they would be one.
                other = list_before == (child.tag, False)
                if text := self.list(child, other=other) if child.tag in ("ul", "ol") else self.block(child):
                    parts.append(text)
                    list_before = child.tag, other
            else:
                run.append(child)
        flush()
        return "\n\n".join(part for part in parts if part)

    def flattened(self, element):
        """The children, with elements opened up that hold blocks but mean nothing themselves (a span round a <p>)."""
        for child in element.children:
            if isinstance(child, Element) and child.tag in _DROPPED:
                self.lose(child)
            elif isinstance(child, Element) and not self.is_block(child) and self.holds_block(child):
                yield from self.flattened(child)
            else:
                yield child

    @staticmethod
    def is_block(element):
        return element.tag in _BLOCKS or element.tag in (
            "ul",
            "ol",
            "li",
            "table",
            "tr",
            "td",
            "th",
            "blockquote",
            "pre",
        )

    def holds_block(self, element):
        return any(
            isinstance(child, Element) and (self.is_block(child) or self.holds_block(child))
            for child in element.children
        )

    def block(self, element):
        tag = element.tag
        if tag == "pre":
            return _fenced(_plain_text(element))
        if tag in ("ul", "ol"):
            return self.list(element)
        if tag == "blockquote":
            return _prefixed(self.blocks(element), "> ", "> ")
        if tag == "table":
            return self.table(element)
        return self.blocks(element)

    def list(self, element, *, other=False):
        items = [
            child for child in element.children if isinstance(child, Element) and child.tag not in _DROPPED
        ]
        start = element.attributes.get("start", "1")
        number = int(start) if start.isdecimal() and start.isascii() and len(start) < 9 else 1
        lines = []
        for item in items:
            mark = f"{number}{')' if other else '.'} " if element.tag == "ol" else "* " if other else "- "
            text = self.blocks(item) if item.tag == "li" else self.block(item)
            if text:
                lines.append(_prefixed(text, mark, " " * len(mark)))
                number += 1
        loose = any("\n\n" in line for line in lines)
        return ("\n\n" if loose else "\n").join(lines)

    def table(self, element):
        rows = [self.cells(row) for row in _rows(element)]
        rows = [row for row in rows if row]
        if not rows:
            return self.blocks(Element("div", {}, [c for c in element.children if isinstance(c, str)]))
        width = max(len(row) for row in rows)
        lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
        return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])

    def cells(self, row):
        cells = [c for c in row.children if isinstance(c, Element) and c.tag in ("td", "th")]
        texts = [self.lines(cell).replace("\\\n", " ") for cell in cells]
        return [re.sub(r"(?<!\\)\|", r"\\|", text.replace("\n", " ")) for text in texts]

    # lines

    def lines(self, element):
        """The content without blocks: what were blocks are lines, joined by line breaks."""
        lines, run = [], []

        def flush():
            if text := self.paragraph(run):
                lines.append(text)
            run.clear()

        for child in self.flattened(element):
            if not (isinstance(child, Element) and self.is_block(child)):
                run.append(child)
                continue
            flush()
            if child.tag == "pre":
                lines.extend(_code(line) for line in _plain_text(child).strip("\n").split("\n"))
            elif text := self.lines(child):
                lines.append(text)
        flush()
        return "\\\n".join(line for line in lines if line.strip())

    def paragraph(self, run):
        return _joined(self.inline(run))

    def inline(self, children):
        """(kind, text) pieces; kind is ``text`` (not yet escaped), ``break`` or ``mark`` (Markdown already)."""
        pieces = []
        for child in children:
            if isinstance(child, str):
                pieces.append(("text", child))
            elif child.tag in _DROPPED:
                self.lose(child)
            else:
                pieces.extend(self.inline_element(child))
        return pieces

    def inline_element(self, element):
        tag = element.tag
        if tag == "br":
            return [("break", "")]
        if tag == "img":
            return self.picture(element)
        if tag in _CODE:
            text = _SPACES.sub(" ", _plain_text(element)).strip()
            return [("mark", _code(text))] if text else []
        if tag in ("sup", "sub"):
            return self.raised(element)
        if tag == "rt":
            inner = self.inline(element.children)
            return [("text", "("), *inner, ("text", ")")] if inner else []
        mark = "**" if tag in _STRONG else "*" if tag in _EMPHASIS else ""
        if mark and mark not in self.open_marks:
            self.open_marks.append(mark)
            inner = self.inline(element.children)
            self.open_marks.pop()
            return _wrapped(inner, mark)
        # Emphasis inside the same emphasis says nothing more, and its marks would run together.
        inner = self.inline(element.children)
        if tag == "a":
            return self.link(element, inner)
        return inner

    def raised(self, element):
        text = _SPACES.sub(" ", _plain_text(element)).strip()
        table = _SUPERSCRIPTS if element.tag == "sup" else _SUBSCRIPTS
        if text and all(ord(character) in table for character in text):
            return [("text", text.translate(table))]
        sign = "^" if element.tag == "sup" else "_"
        return [("text", f"{sign}({text})")] if text else []

    def link(self, element, inner):
        target = element.attributes.get("href", "").strip()
        if not target.lower().startswith(_LINKS) or re.search(r"[\s<>\x00-\x1f]", target):
            if target and not target.startswith("#"):
                self.lost.append("link")
            return inner
        label = _joined(inner, line_start=False)
        if not label or "](" in label:
            return inner
        return [("mark", f"[{label}]({_target(target)})".replace("\\\n", " "))]

    def picture(self, element):
        source, alt = element.attributes.get("src", "").strip(), element.attributes.get("alt", "")
        alt = _SPACES.sub(" ", alt).strip()
        markdown = self.image(source, alt) if self.image and source else None
        if markdown is not None:
            return [("mark", markdown)]
        self.lost.append("image")
        return [("text", alt)] if alt else []

    def lose(self, element):
        if element.tag not in ("head", "title", "rp", "noscript", "template"):
            self.lost.append(element.tag)


def _rows(table):
    for child in table.children:
        if isinstance(child, Element):
            if child.tag == "tr":
                yield child
            elif child.tag in ("thead", "tbody", "tfoot"):
                yield from _rows(child)


def _plain_text(element):
    parts = []
    waiting = [iter(element.children)]
    while waiting:
        child = next(waiting[-1], None)
        if child is None:
            waiting.pop()
        elif isinstance(child, str):
            parts.append(child)
        elif child.tag == "br":
            parts.append("\n")
        elif child.tag not in _DROPPED:
            waiting.append(iter(child.children))
    return "".join(parts)


def _joined(pieces, *, line_start=True):
    """The pieces as inline Markdown: runs of spaces are one space, none stand at the ends of lines."""
    lines, line = [], []
    for kind, text in pieces:
        if kind == "break":
            lines.append(line)
            line = []
        else:
            line.append((kind, text))
    lines.append(line)
    done = [_line(line, line_start=line_start or index > 0) for index, line in enumerate(lines)]
    return "\\\n".join(text for text in done if text)


def _line(pieces, *, line_start):
    merged = []
    for kind, text in pieces:
        if kind == "text" and merged and merged[-1][0] == "text":
            merged[-1] = ("text", merged[-1][1] + text)
        else:
            merged.append((kind, text))
    merged = [(kind, _SPACES.sub(" ", text) if kind == "text" else text) for kind, text in merged]
    if merged and merged[0][0] == "text":
        merged[0] = ("text", merged[0][1].lstrip(" "))
    if merged and merged[-1][0] == "text":
        merged[-1] = ("text", merged[-1][1].rstrip(" "))
    merged = [piece for piece in merged if piece[1]]
    out = []
    for index, (kind, text) in enumerate(merged):
        if kind == "text":
            before = merged[index - 1][1][-1:] if index else ""
            after = merged[index + 1][1][:1] if index + 1 < len(merged) else ""
            text = escaped(text, before=before, after=after, line_start=line_start and index == 0)
        elif text.startswith("*"):
            after = merged[index + 1][1][:1] if index + 1 < len(merged) else ""
            bare = _flanked(text, out[-1][-1:] if out else "", after)
            text = _LINE_START.sub(_line_mark, bare) if bare != text and line_start and index == 0 else bare
        out.append(text)
    for index in range(len(merged) - 1):
        # "!" before a link would make it a picture.
        if merged[index][0] == "text" and out[index].endswith("!") and out[index + 1].startswith("["):
            out[index] = out[index][:-1] + "\\!"
    return "".join(out)


def _flanked(marked, before, after):
    """Emphasis, or its bare text where CommonMark would not see it (``x**"y"**z``, ``*a***b**``)."""
    mark = re.match(r"\*+", marked)[0]
    inner = marked[len(mark) : -len(mark)]

    def is_word(character):
        return bool(character) and not character.isspace() and unicodedata.category(character)[0] not in "PS"

    opens = not (is_word(before) and not is_word(inner[:1])) and before != "*"
    closes = not (is_word(after) and not is_word(inner[-1:]))
    return marked if opens and closes else inner


def _wrapped(pieces, mark):
    """The pieces within emphasis; spaces and line breaks at the ends stay outside."""
    before, after = [], []
    while pieces and (pieces[0][0] == "break" or not pieces[0][1].strip(" \t\n\r\f")):
        before.append(pieces.pop(0))
    while pieces and (pieces[-1][0] == "break" or not pieces[-1][1].strip(" \t\n\r\f")):
        after.insert(0, pieces.pop())
    if not pieces:
        return before + after
    kind, text = pieces[0]
    if kind == "text" and text != text.lstrip(" \t\n\r\f"):
        before.append(("text", " "))
        pieces[0] = (kind, text.lstrip(" \t\n\r\f"))
    kind, text = pieces[-1]
    if kind == "text" and text != text.rstrip(" \t\n\r\f"):
        after.insert(0, ("text", " "))
        pieces[-1] = (kind, text.rstrip(" \t\n\r\f"))
    inner = _joined(pieces, line_start=False)
    return [*before, ("mark", f"{mark}{inner}{mark}"), *after] if inner else before + after


def _prefixed(text, first, rest):
    lines = text.split("\n")
    return "\n".join([first + lines[0], *((rest + line if line else rest.rstrip()) for line in lines[1:])])


def _code(text):
    """A code span that may hold backticks."""
    if not text:
        return ""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = (
        " "
        if text.startswith("`") or text.endswith("`") or (text[0] == text[-1] == " " and text.strip())
        else ""
    )
    return f"{fence}{pad}{text}{pad}{fence}"


def _fenced(text):
    text = text.strip("\n").replace("\t", "    ")
    if not text.strip():
        return ""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _target(target):
    return target.replace("(", "%28").replace(")", "%29").replace("\\", "%5C")


# --- Markdown → HTML, plain text -------------------------------------------------

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
# A term of the course's glossary: its words are what a reader sees.
_TERM = re.compile(r"(?<!\\)\[\[([a-z0-9]+(?:-[a-z0-9]+)*)(?:\|([^\[\]|\n]{1,200}))?\]\]")
_PLAIN_BREAKS = {"softbreak": " ", "hardbreak": "\n"}


def to_html(markdown, *, inline=False, image=None):
    """Markdown as HTML for files that leave us. `image(src)` gives the address to write for a picture."""
    markdown = _TERM.sub(lambda found: found[2] or found[1], markdown)
    tokens = _MARKDOWN.parseInline(markdown) if inline else _MARKDOWN.parse(markdown)
    if image:
        for token in tokens:
            for child in token.children or ():
                if child.type == "image":
                    child.attrSet("src", image(child.attrGet("src") or ""))
    rendered = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}).strip()
    return rendered.replace(' style="text-align:left"', "").replace("\n</code></pre>", "</code></pre>")


def to_plain(markdown):
    """The words of a Markdown text without its marks; blocks stand on lines of their own, pictures as their alt text."""
    parts = []
    for token in _MARKDOWN.parse(_TERM.sub(lambda found: found[2] or found[1], markdown)):
        if token.type == "inline":
            parts.append("".join(_plain_tokens(token.children)))
        elif token.type in ("fence", "code_block"):
            parts.append(token.content.rstrip("\n"))
    return unicodedata.normalize("NFC", "\n".join(part for part in parts if part)).strip()


def _plain_tokens(tokens):
    for token in tokens or ():
        if token.type in _PLAIN_BREAKS:
            yield _PLAIN_BREAKS[token.type]
        elif token.type == "image":
            yield token.content
        else:
            yield token.content


def images_of(markdown):
    """The addresses of the pictures in a Markdown text, in order."""
    if "![" not in markdown:
        return []
    tokens = (child for token in _MARKDOWN.parse(markdown) for child in token.children or ())
    return [token.attrGet("src") for token in tokens if token.type == "image"]
