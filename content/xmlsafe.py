"""XML from strangers: no document type, no entities but XML's five, bounded depth, positions on every element.

Pure. Built on defusedxml's parser. Names are local: namespaces differ between the tools that write the same
format, so ``qti:choice`` and ``choice`` are one.
"""

import codecs
import contextlib
import xml.sax
from dataclasses import dataclass, field

from defusedxml.common import DefusedXmlException, DTDForbidden
from defusedxml.expatreader import DefusedExpatParser

CHUNK = 64 * 1024
MAX_DEPTH = 100
MAX_ELEMENTS = 100_000


class XmlRefused(ValueError):
    """The XML is broken or dangerous. `line` and `column` count from 1; 0 where unknown."""

    def __init__(self, message, line=0, column=0):
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(slots=True)
class Node:
    """An element: local name, attributes by local name, its content (texts and nodes in order), its place."""

    tag: str
    attributes: dict
    line: int = 0
    column: int = 0
    content: list = field(default_factory=list)

    def get(self, name, default=""):
        return self.attributes.get(name, default)

    @property
    def children(self):
        return [child for child in self.content if isinstance(child, Node)]

    def find(self, *tags):
        """The first descendant along the path of names, each a child of the one before, or None."""
        found = self
        for tag in tags:
            found = next((child for child in found.children if child.tag == tag), None)
            if found is None:
                return None
        return found

    def all(self, *tags):
        """The children with one of these names."""
        return [child for child in self.children if child.tag in tags]

    def walk(self):
        """The node and everything inside, in the order of the document."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    def descendants(self, *tags):
        return [node for node in self.walk() if node.tag in tags and node is not self]

    @property
    def text(self):
        """All text inside, also that of nodes inside."""
        parts, waiting = [], [self]
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                parts.append(item)
            else:
                waiting.extend(reversed(item.content))
        return "".join(parts)


class _Handler(xml.sax.ContentHandler):
    """Builds nodes; those named in `wanted` are handed out when they end and kept nowhere else."""

    def __init__(self, wanted, max_depth, max_elements):
        super().__init__()
        self.wanted, self.max_depth, self.max_elements = wanted, max_depth, max_elements
        self.open, self.done, self.root = [], [], None
        self.depth = self.count = 0
        self.root_tag = ""
        self.locator = None

    def place(self):
        return self.locator.getLineNumber() or 0, (self.locator.getColumnNumber() or 0) + 1

    def startElement(self, name, attributes):
        self.depth += 1
        tag = name.rpartition(":")[2]
        if self.depth > self.max_depth:
            raise XmlRefused(f"Elements are nested more than {self.max_depth} deep.", *self.place())
        self.root_tag = self.root_tag or tag
        if not self.open and self.wanted and tag not in self.wanted:
            return
        self.count += 1
        if self.count > self.max_elements:
            raise XmlRefused(f"One question has more than {self.max_elements:,} elements.", *self.place())
        line, column = self.place()
        node = Node(tag, {key.rpartition(":")[2]: value for key, value in attributes.items()}, line, column)
        if self.open:
            self.open[-1].content.append(node)
        self.open.append(node)

    def endElement(self, name):
        self.depth -= 1
        if self.open:
            node = self.open.pop()
            if not self.open:
                self.done.append(node)
                self.count = 0

    def characters(self, content):
        if self.open:
            texts = self.open[-1].content
            texts.append(content)


def nodes(data, *wanted, max_depth=MAX_DEPTH, max_elements=MAX_ELEMENTS):
    """Yield each element of one of the `wanted` names as it ends (outermost only); without names the root.

    Only what lies inside a wanted element is held in memory, and `max_elements` bounds each. Raises
    `XmlRefused` with the place, after the elements before it were given.
    """
    handler = _Handler(frozenset(wanted), max_depth, max_elements)
    # Without its mark UTF-8 is still UTF-8, and columns are those that an editor shows.
    data = data.removeprefix(codecs.BOM_UTF8)
    parser = DefusedExpatParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.setFeature(xml.sax.handler.feature_external_ges, False)
    parser.setContentHandler(handler)
    handler.locator = parser
    try:
        for start in range(0, len(data), CHUNK):
            parser.feed(data[start : start + CHUNK])
            yield from _taken(handler)
        parser.close()
        yield from _taken(handler)
    except XmlRefused as refusal:
        yield from _taken(handler)
        raise refusal
    except DTDForbidden:
        raise XmlRefused(
            "A document type (<!DOCTYPE …>) is not accepted; remove that line.", *handler.place()
        ) from None
    except DefusedXmlException:
        raise XmlRefused(
            "Entities of its own are not accepted in the file; write the characters.", *handler.place()
        ) from None
    except xml.sax.SAXParseException as broken:
        yield from _taken(handler)
        message = f"This is not well-formed XML: {broken.getMessage()}."
        raise XmlRefused(message, broken.getLineNumber() or 0, (broken.getColumnNumber() or 0) + 1) from None
    except (ValueError, LookupError, UnicodeError) as broken:
        raise XmlRefused(
            f"The encoding that the XML names cannot be read ({broken}); save it as UTF-8.", *handler.place()
        ) from None


def parse(data, *, max_depth=MAX_DEPTH, max_elements=MAX_ELEMENTS):
    """The root `Node` of a whole document, or `XmlRefused`."""
    found = list(nodes(data, max_depth=max_depth, max_elements=max_elements))
    if not found:
        raise XmlRefused("The XML holds no element.", 1, 1)
    return found[0]


def root_name(data):
    """The local name of the root element of these bytes, or "" if they do not start like XML."""
    handler = _Handler(frozenset({"\x00"}), MAX_DEPTH, MAX_ELEMENTS)
    parser = DefusedExpatParser(forbid_dtd=False, forbid_entities=False, forbid_external=False)
    parser.setFeature(xml.sax.handler.feature_external_ges, False)
    parser.setContentHandler(handler)
    handler.locator = parser
    # Any fault only means that this is no XML that we know.
    with contextlib.suppress(Exception):
        parser.feed(data[:CHUNK])
    return handler.root_tag


def _taken(handler):
    done, handler.done = handler.done, []
    return done
