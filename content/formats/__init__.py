"""Questions in the formats of other systems: bytes ↔ drafts.

Pure. `read` guesses the format by what a file holds, then by its name; `write` gives the bytes of a file;
`losses` says beforehand, question by question, what a format cannot carry.
"""

from content.formats.drafts import (
    Collector,
    Limits,
    Media,
    QuestionDraft,
    Reading,
    ReadingProblem,
    grouped,
    slug_of,
)
from content.formats.guessing import UNSUITABLE, guess
from content.formats.table import FORMATS, Format, losses, survival

__all__ = [
    "FORMATS",
    "ReadingProblem",
    "Format",
    "Limits",
    "Media",
    "QuestionDraft",
    "Reading",
    "grouped",
    "guess",
    "losses",
    "read",
    "slug_of",
    "survival",
    "write",
]


def read(data, filename, as_format=None, *, limits=None, **options):
    """The `Reading` of a file. Never raises for what stands in it: all that is wrong is in `problems`.

    `as_format`: a name of `FORMATS`, overrules the guess; KeyError for a name that is none. `options` go to
    the reader (Anki: ``backs_as="essay"`` or ``"short_text"``).
    """
    limits = limits or Limits()
    name = as_format or guess(data, filename)
    collector = Collector(name or "", limits)
    if len(data) > limits.file:
        size = limits.file // (1024 * 1024)
        collector.error("limit.file", f"The file is larger than {size} MiB; divide it.")
    elif not data.strip():
        collector.error("file.empty", "The file is empty.")
    elif name in UNSUITABLE and not as_format:
        collector.error("file.unsuitable", UNSUITABLE[name])
    elif name is None:
        collector.error(
            "file.unknown",
            "No format of questions was recognised. Say which it is, or bring GIFT, Aiken, Moodle XML, QTI, "
            "CSV, XLSX, Anki or YAML.",
        )
    else:
        return FORMATS[name].read(data, limits=limits, **options)
    return collector.reading()


def write(format, drafts, **options):
    """The bytes of a file with those of the drafts that the format can express. KeyError for an unknown name.

    `options`: ``media`` (name → bytes or `Media`), ``course`` and ``lesson`` (titles, for folders and decks),
    for QTI ``version`` (``"3.0"`` or ``"2.1"``).
    """
    return FORMATS[format].write(list(drafts), **options)
