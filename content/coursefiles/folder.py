"""A course's folder as bytes by name: plain files only, of a size that a course has."""

import os
import stat
from pathlib import Path

from content.coursefiles.nodes import Place
from content.coursefiles.problems import Report, did_you_mean
from content.text import TextRefused, clean_text

SINGLE = ("course.toml", "sources.yaml", "glossary.yaml", "timeline.yaml")
FOLDERS = {"lessons": (".md",), "questions": (".yaml",), "figures": (".toml",), "assets": None}
MOST_FILES = 2_000
MOST_TEXT = 1_000_000
MOST_IMAGE = 20_000_000
TOP = Place(1, 1)


def read_folder(path: Path, report: Report) -> dict[str, bytes]:
    """The files of a course by their name below `path`, with ``/``. What is no part of a course is reported."""
    files: dict[str, bytes] = {}
    for name, entry in _entries(path):
        if name in FOLDERS:
            if entry.is_symlink() or not entry.is_dir():
                report.error(name, TOP, "this should be a folder; links are not followed")
                continue
            for inner, file in _entries(Path(entry.path)):
                _read(f"{name}/{inner}", file, FOLDERS[name], files, report)
        elif name in SINGLE:
            _read(name, entry, None, files, report)
        elif not entry.is_dir(follow_symlinks=False) or did_you_mean(name, FOLDERS):
            hint = did_you_mean(name, (*SINGLE, *FOLDERS))
            report.warn(name, TOP, f"this is no part of a course and was not read{hint}")
        if len(files) > MOST_FILES:
            report.error(name, TOP, f"the folder has more than {MOST_FILES:,} files")
            break
    return files


def _entries(path):
    """What stands in a folder, by name; hidden files belong to editors and are skipped."""
    with os.scandir(path) as found:
        return sorted((entry.name, entry) for entry in found if not entry.name.startswith("."))


def _read(name, entry, suffixes, files, report):
    shown = name.encode("utf-8", "replace").decode()
    if entry.is_symlink():
        report.error(shown, TOP, "this is a link; links are not followed, put the file here")
        return
    if suffixes and not name.endswith(suffixes):
        report.warn(shown, TOP, f"only files ending in {suffixes[0]} are read here")
        return
    most = MOST_IMAGE if name.startswith("assets/") else MOST_TEXT
    try:
        # Not blocking and not following: the entry may have become a pipe or a link since it was listed.
        handle = os.open(entry.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                report.error(shown, TOP, "this is no plain file")
                return
            if status.st_size > most:
                report.error(
                    shown, TOP, f"the file has {status.st_size:,} bytes; at most {most:,} are possible"
                )
                return
            files[name] = file.read(most + 1)
    except OSError as error:
        report.error(shown, TOP, f"the file cannot be read: {error.strerror}")


def text_of(name: str, data: bytes, report: Report) -> str | None:
    """The cleaned text of a file, or None with an error at its first bad character."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        report.error(name, Place(line, column), "this is not UTF-8; save the file as UTF-8")
        return None
    try:
        return clean_text(text, max_length=MOST_TEXT)
    except TextRefused as refusal:
        for number, line in enumerate(text.split("\n"), 1):
            try:
                clean_text(line, max_length=MOST_TEXT)
            except TextRefused as here:
                report.error(name, Place(number, 1), str(here))
                return None
        report.error(name, TOP, str(refusal))
        return None
