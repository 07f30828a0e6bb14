"""Bytes of a text file → text with places.

Pure. A byte order mark decides the encoding; without one strict UTF-8, then UTF-16 by its NULs, then cp1252
with a warning.
"""

import codecs
import re

_DROPPED = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0-\ufdef\ufffe\uffff\ufeff]")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


# Many times what any set of questions needs; what a list of lines costs in memory is bounded by it.
MOST_LINES = 500_000


class Source:
    """A text with the places of its characters. Line ends are ``\\n``."""

    def __init__(self, text):
        self.text = text

    def place(self, offset):
        """(line, column) of a character, both from 1."""
        return self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset)

    @property
    def lines(self):
        return self.text.split("\n")


def decode(data, collector):
    """The `Source` of a text file; problems of its encoding go to the collector, with the line to look at."""
    text = _decoded(data, collector)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > MOST_LINES:
        collector.error("limit.lines", f"The file has more than {MOST_LINES:,} lines; divide it.")
        return Source("")
    if "\x00" in text:
        place = Source(text[: text.index("\x00") + 1]).place(text.index("\x00"))
        collector.error("text.nul", "The text contains a NUL character; is this really a text file?", place)
        text = text.replace("\x00", "")
    if found := _DROPPED.search(text):
        place = Source(text[: found.end()]).place(found.start())
        collector.warning(
            "text.control", f"Control characters were dropped, the first U+{ord(found[0]):04X} here.", place
        )
        text = _DROPPED.sub("", text)
    return Source(text)


def _decoded(data, collector):
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding, collector)
    try:
        text = data.decode()
    except UnicodeDecodeError as broken:
        first = broken.start
    else:
        # A UTF-16 file of ASCII text is valid UTF-8 with a NUL in every second place.
        if data.count(0) * 3 < len(data) or len(data) < 4:
            return text
        first = 0
    even, odd = data[0::2].count(0), data[1::2].count(0)
    if max(even, odd) * 5 > len(data):
        return _strictly(data, "utf-16-be" if even > odd else "utf-16-le", collector)
    line = data.count(b"\n", 0, first) + 1
    text = data.decode("cp1252", "replace")
    collector.warning(
        "text.encoding",
        f"The file is not UTF-8; it was read as Windows-1252. Look at line {line} first, or save the file as UTF-8.",
        (line, 1),
    )
    return text


def _strictly(data, encoding, collector):
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as broken:
        before = data[: broken.start].decode(encoding, "replace")
        collector.error(
            "text.encoding",
            f"The file starts as {encoding.upper()} and is broken from here; save it as UTF-8.",
            Source(before).place(len(before)),
        )
        return data.decode(encoding, "replace")
