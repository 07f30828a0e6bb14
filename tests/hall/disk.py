"""A disk that can lose its power or its room: disk.c put under real processes, and what it wrote down read back; or,
where this process may mount one, a small disk of its own."""

import contextlib
import os
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("disk.c")
COMPILER = shutil.which("gcc") or shutil.which("cc")
LINE = struct.Struct("=qqq8s40s")
SECTOR = 512  # what a disk writes whole or not at all


def missing(what, package):
    """Leave a test out by the name of what it lacks; in CI nothing may be left out."""
    say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    say(f"{what} is missing: apt install {package}")


def compiled(folder: Path) -> Path:
    """The shared object, made from its source."""
    if COMPILER is None:
        missing("A C compiler", "gcc libc6-dev")
    made = folder / "disk.so"
    if not made.exists():
        subprocess.run(
            [COMPILER, "-O2", "-Wall", "-Werror", "-shared", "-fPIC", str(SOURCE), "-o", str(made), "-ldl"],
            check=True,
        )
    return made


class Fillable:
    @contextlib.contextmanager
    def full(self):
        self.fill()
        try:
            yield
        finally:
            self.free()

    def close(self):
        pass


class Watched(Fillable):
    """disk.c under a program that is started with `env`: while this is full, files below `place` do not grow."""

    def __init__(self, folder: Path, place: Path):
        self.flag = folder / "full"
        self.env = {
            "LD_PRELOAD": str(compiled(folder)),
            "DISK_WATCH": str(place),
            "DISK_FULL": str(self.flag),
        }

    def fill(self):
        self.flag.touch()

    def free(self):
        self.flag.unlink()


class Small(Fillable):
    """A real disk with little room, in memory, at `place`; only who may mount it can make one (see `made`)."""

    env = {}

    def __init__(self, place: Path):
        self.place = place

    @classmethod
    def made(cls, place: Path, *, owner: str):
        """The disk, or None where this process may not mount."""
        if os.getuid() != 0 or not shutil.which("mount"):
            return None
        place.mkdir()
        options = f"size=256m,mode=700,uid={owner}"
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if subprocess.run(mount, capture_output=True).returncode:
            place.rmdir()
            return None
        return cls(place)

    def fill(self):
        """Put a file there that takes all room, to the last block."""
        with open(self.place / "filler", "ab", buffering=0) as filler:
            for size in (1 << 20, 1 << 12):
                try:
                    while filler.write(bytes(size)):
                        pass
                except OSError:  # no room for as much as that
                    continue

    def free(self):
        (self.place / "filler").unlink()

    def close(self):
        subprocess.run(["umount", "--lazy", str(self.place)], check=True)


@dataclass(frozen=True)
class Step:
    """One thing that was done to a file: `write` at an offset, `cut` to a length, `flush` begun, `flushed` (both
    with the thread as length)."""

    at: float
    what: str
    name: str
    offset: int
    length: int
    data: bytes


def read_steps(log: Path) -> list[Step]:
    data, place, steps = log.read_bytes(), 0, []
    while place < len(data):
        at, offset, length, what, name = LINE.unpack_from(data, place)
        place += LINE.size
        what, name = what.rstrip(b"\0").decode(), name.rstrip(b"\0").decode()
        content = b""
        if what == "write":
            content = data[place : place + length]
            place += length
        steps.append(Step(at / 1e9, what, name, offset, length, content))
    return steps


def after_power_cut(before: dict[str, bytes], steps: list[Step], at: float, rng) -> dict[str, bytes]:
    """The files as a disk holds them after the power failed at this time.

    Of each file, what was written before the beginning of a flush that was finished by then is there. Of what came
    later each sector may be there or not, as the disk pleased: `rng` decides, None loses them all.
    """
    files = {name: bytearray(content) for name, content in before.items()}
    for name in {step.name for step in steps}:
        own = [step for step in steps if step.name == name and step.at <= at]
        safe, begun = 0, {}
        for place, step in enumerate(own):
            if step.what == "flush":
                begun[step.length] = place
            elif step.what == "flushed":
                safe = max(safe, begun[step.length])
        file = files.setdefault(name, bytearray())
        for place, step in enumerate(own):
            is_safe = place < safe
            if step.what == "cut" and (is_safe or (rng and rng.random() < 0.5)):
                del file[step.length :]
                file.extend(bytes(step.length - len(file)))
            elif step.what == "write":
                write(file, step, None if is_safe else rng, lose_all=not is_safe and rng is None)
    return {name: bytes(file) for name, file in files.items()}


def write(file, step, rng, *, lose_all=False):
    if lose_all:
        return
    place = step.offset
    while place < step.offset + step.length:
        end = min(step.offset + step.length, (place // SECTOR + 1) * SECTOR)
        if rng is None or rng.random() < 0.5:
            if len(file) < end:
                file.extend(bytes(end - len(file)))
            file[place:end] = step.data[place - step.offset : end - step.offset]
        place = end
