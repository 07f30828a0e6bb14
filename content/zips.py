"""Zip files from strangers, opened within limits.

Pure. Nothing is unpacked to disk, no name of a member is ever used as a path, and sizes are counted while
reading, for the header of a zip can say what it likes.
"""

import io
import stat
import zipfile
import zlib
from dataclasses import dataclass

MEBIBYTE = 1024 * 1024
CHUNK = 64 * 1024
# What a member starts with that is an archive itself.
_ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a",
    b"BZh",
    b"\xfd7zXZ\x00",
)


class ZipRefused(ValueError):
    """The archive is broken or dangerous; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class ZipLimits:
    """Sizes in bytes. `ratio`: unpacked to packed, beyond the first MiB of a member.

    `documents`: how many members called ``.xml`` may come on top of `members`. A QTI package holds one for each
    question; what bounds the work is that every one of them is counted while it is read, as all others are.
    """

    members: int = 2_000
    documents: int = 0
    unpacked: int = 200 * MEBIBYTE
    member: int = 50 * MEBIBYTE
    ratio: int = 100


class Archive:
    """A checked zip: `names` in the order of its table, `read(name)` gives the bytes of a member."""

    def __init__(self, file, members, limits):
        self._file, self._members, self._limits, self._unpacked = file, members, limits, 0
        self.names = list(members)

    def __contains__(self, name):
        return name in self._members

    def read(self, name):
        """The bytes of a member, or `ZipRefused`. All reads of an archive count together."""
        return b"".join(self.chunks(name))

    def chunks(self, name):
        """The member in pieces of at most 64 KiB, counted as they come."""
        info, size = self._members[name], 0
        try:
            with self._file.open(info) as stream:
                while piece := stream.read(CHUNK):
                    if not size and piece.startswith(_ARCHIVES):
                        raise ZipRefused(
                            f'"{_shown(name)}" is an archive inside the archive; unpack it and bring in its files.'
                        )
                    size += len(piece)
                    self._unpacked += len(piece)
                    self._check(name, size, info.compress_size)
                    yield piece
        except ZipRefused:
            raise
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as broken:
            raise ZipRefused(
                f'"{_shown(name)}" in the archive is damaged ({broken}); make the file anew.'
            ) from None

    def _check(self, name, size, packed):
        if size > self._limits.member:
            raise ZipRefused(f'"{_shown(name)}" unpacks to more than {self._limits.member // MEBIBYTE} MiB.')
        if self._unpacked > self._limits.unpacked:
            raise ZipRefused(f"The archive unpacks to more than {self._limits.unpacked // MEBIBYTE} MiB.")
        if size > MEBIBYTE and size - MEBIBYTE > self._limits.ratio * max(packed, 1):
            raise ZipRefused(
                f'"{_shown(name)}" is packed more than {self._limits.ratio} times; it may be a trap.'
            )


def open_archive(data, limits=None):
    """The `Archive` of these bytes, or `ZipRefused`: too many members, encrypted, names that climb out, links."""
    limits = limits or ZipLimits()
    # Each entry of the table starts with this signature, so the count bounds what zipfile will build.
    if data.count(b"PK\x01\x02") > limits.members + limits.documents:
        raise ZipRefused(f"The archive has more than {limits.members + limits.documents:,} members.")
    try:
        file = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as broken:
        raise ZipRefused(
            f"The archive cannot be opened ({broken}); it may be cut short. Make or download it again."
        ) from None
    members = {}
    for info in file.infolist():
        _check_name(info)
        if info.is_dir():
            continue
        if info.filename in members:
            raise ZipRefused(f'The archive holds "{_shown(info.filename)}" twice; make it anew.')
        members[info.filename] = info
    # One of them is the list of contents, which counts as a member like any other.
    documents = max(0, sum(name.lower().endswith(".xml") for name in members) - 1)
    if len(members) - min(documents, limits.documents) > limits.members:
        raise ZipRefused(f"The archive has more than {limits.members:,} members.")
    return Archive(file, members, limits)


def looks_like_zip(data):
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def _check_name(info):
    name = info.orig_filename
    shown = _shown(name)
    if info.flag_bits & 0x1:
        raise ZipRefused(f'"{shown}" is encrypted; save the file without a password.')
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ZipRefused(f'"{shown}" is a link; put the file itself into the archive.')
    if (
        not name
        or "\x00" in name
        or "\\" in name
        or name.startswith("/")
        or name[1:2] == ":"
        or ".." in name.split("/")
        or len(name) > 1_000
    ):
        raise ZipRefused(
            f'The name "{shown}" leads out of the archive; pack the files anew with plain names.'
        )


def _shown(name):
    return "".join(c if c.isprintable() else "\ufffd" for c in name[:80])
