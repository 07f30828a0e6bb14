"""The sample files in tests/data/formats: one folder a format, beside each file its expected result as JSON.

A folder `name.zip/` stands for an archive: its files are packed when the sample is read.
"""

import io
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "data" / "formats"


def sample_paths(format=None):
    """The sample files of a format, or of all."""
    folders = [ROOT / format] if format else sorted(path for path in ROOT.iterdir() if path.is_dir())
    return [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.suffix != ".json"
    ]


def bytes_of(path):
    """The bytes of a sample."""
    if not path.is_dir():
        return path.read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for member in sorted(path.rglob("*")):
            if member.is_file():
                file.writestr(member.relative_to(path).as_posix(), member.read_bytes())
    return out.getvalue()


def described(reading):
    """What a reading says, as JSON can hold it."""
    beside = (
        "ref",
        "kind",
        "title",
        "passage",
        "objective",
        "level",
        "tags",
        "sources",
        "skip",
        "where",
        "line",
    )
    questions = []
    for draft in reading.drafts:
        said = {key: getattr(draft, key) for key in beside if getattr(draft, key)}
        if draft.category:
            said["category"] = list(draft.category)
        questions.append(said | {"content": draft.content})
    problems = [[p.severity, p.code, p.place, p.message] for p in reading.problems]
    return {
        "format": reading.format,
        "questions": questions,
        "problems": problems,
        "media": sorted(reading.media),
    }
