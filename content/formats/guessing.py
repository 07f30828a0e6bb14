"""What format a file is in: by what it holds, then by its name. Pure, and cheap for any bytes."""

import re
from pathlib import PurePosixPath

from content import xmlsafe
from content.formats.drafts import Collector, Limits
from content.formats.source import decode
from content.zips import ZipLimits, ZipRefused, looks_like_zip, open_archive

START = 64 * 1024
# Files that hold no questions in a form we read; the message says what to do.
UNSUITABLE = {
    "docx": "This is a Word document. Bring it in as a document, or save its questions as GIFT, Aiken or XLSX.",
    "pdf": "This is a PDF. Its questions cannot be told from its text; copy them into the XLSX template.",
    "xls": "This is an old Excel or Word file. Open it and save it as .xlsx or .docx.",
}
_ROOTS = {
    "quiz": "moodle_xml",
    "questestinterop": "qti",
    "assessmentItem": "qti",
    "qti-assessment-item": "qti",
    "assessmentTest": "qti",
    "qti-assessment-test": "qti",
    "manifest": "qti",
}
_SUFFIXES = {
    ".gift": "gift",
    ".xml": "moodle_xml",
    ".qti": "qti",
    ".imscc": "qti",
    ".csv": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".apkg": "anki",
    ".colpkg": "anki",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".aiken": "aiken",
    ".zip": "qti",
}
_AIKEN = re.compile(r"(?mi)^[ \t]*ANSWER[ \t]*:")
_YAML = re.compile(r"(?m)^(?:-[ \t]+(?:id|kind|stem)|questions)[ \t]*:")
_OPEN_BRACE = re.compile(r"(?<!\\)(?:\\\\)*\{")


def guess(data, filename=""):
    """The name of a format, of `UNSUITABLE`, or None."""
    return _by_content(data) or _SUFFIXES.get(PurePosixPath(filename.lower().replace("\\", "/")).suffix)


def _by_content(data):
    if looks_like_zip(data):
        return _by_members(data)
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    # Enough to see the first row or root; a character cut in half at the end is no fault of the file.
    text = decode(data[: START - START % 4], Collector("")).text.lstrip("\ufeff \t\n")
    if text.startswith("<") and (root := xmlsafe.root_name(data)):
        return _ROOTS.get(root)
    first = text.partition("\n")[0]
    if _YAML.match(text) or re.match(
        r"(?:#.*\n|\s*\n|---\s*\n)*(?:-\s+(?:id|kind|stem)|questions)[ \t]*:", text[:4096]
    ):
        return "yaml"
    if _is_header(first):
        return "csv"
    if _AIKEN.search(text):
        return "aiken"
    if _OPEN_BRACE.search(text):
        return "gift"
    return None


def _is_header(line):
    cells = [cell.strip().strip("\"'").strip().lower() for cell in re.split(r"[,;\t]", line[:4096])]
    return "stem" in cells and len(cells) > 1


def _by_members(data):
    try:
        # Only names are looked at; what a format allows is its reader's to say.
        names = set(open_archive(data, ZipLimits(documents=Limits().questions)).names)
    except ZipRefused:
        return None
    if "imsmanifest.xml" in names:
        return "qti"
    if names & {"collection.anki2", "collection.anki21", "collection.anki21b"}:
        return "anki"
    if "xl/workbook.xml" in names or any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "word/document.xml" in names:
        return "docx"
    if any(name.lower().endswith((".xml", ".qti")) for name in names):
        return "qti"
    return None
