"""A stranger's file, read in a process of its own: what kills that process is a message, and nothing is left behind."""

import logging
import os
import subprocess
import sys
import tempfile

from django.conf import settings

from content.formats import FORMATS, guess
from content.formats.__main__ import FAULT
from content.formats.carrying import unpacked
from content.formats.drafts import Reading, ReadingProblem

SECONDS = 30  # by the clock; the process itself counts its own time
_DIED = (
    "Reading this file took more time or memory than a file may take. Divide it, or save it anew in the program that "
    "made it."
)
_FAILED = (
    "A fault of this program stopped the reading of this file; its size is not the reason. Nothing was imported. Please "
    "tell the people who run this site: the log says where it happened."
)
logger = logging.getLogger(__name__)


def read_apart(data: bytes, filename: str, as_format: str = "", backs_as: str = "") -> tuple[Reading, bytes]:
    """(the `Reading` of a file, the same packed). Never raises for what stands in the file."""
    options = [backs_as] if backs_as and (as_format or guess(data, filename)) == "anki" else []
    with tempfile.TemporaryDirectory() as folder:
        # Neither the keys nor the address of the database go along.
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "TMPDIR": folder,
            "PYTHONPATH": str(settings.BASE_DIR),
        }
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "content.formats", _short(filename), as_format, *options],
                input=data,
                capture_output=True,
                env=environment,
                cwd=folder,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            return _dead(as_format), b""
    if done.returncode == FAULT:
        logger.error("a reader of files failed: %s", done.stderr.decode(errors="replace").strip())
        return _dead(as_format, "reader.fault", _FAILED), b""
    if done.returncode != 0:
        return _dead(as_format), b""
    try:
        return unpacked(done.stdout), done.stdout
    except ValueError:
        return _dead(as_format), b""


def _dead(as_format, code="reader.died", message=_DIED):
    return Reading(
        as_format if as_format in FORMATS else "", problems=[ReadingProblem("error", code, message)]
    )


def _short(filename):
    """The end of the name, which is what a format is told by; an argument holds no NUL."""
    return filename.replace("\x00", "")[-200:] or "file"
