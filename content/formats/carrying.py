"""A `Reading` as bytes, for handing it from one process to another and keeping it for a while. Pure, and no pickle."""

import base64
import json
import zlib
from dataclasses import asdict, fields

from content.formats.drafts import Media, QuestionDraft, Reading, ReadingProblem

_TUPLES = ("category",)


def packed(reading):
    """The reading as compressed JSON."""
    said = {
        "format": reading.format,
        "drafts": [
            {name: value for name, value in asdict(draft).items() if value} for draft in reading.drafts
        ],
        "problems": [asdict(problem) for problem in reading.problems],
        "media": [
            [one.name, base64.b64encode(one.data).decode(), one.type, one.alt]
            for one in reading.media.values()
        ],
    }
    return zlib.compress(json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass"), 3)


def unpacked(data):
    """The reading again. ValueError where these are other bytes."""
    try:
        said = json.loads(zlib.decompress(data))
        return Reading(
            said["format"],
            [_draft(one) for one in said["drafts"]],
            [ReadingProblem(**one) for one in said["problems"]],
            {name: Media(name, base64.b64decode(held), type, alt) for name, held, type, alt in said["media"]},
        )
    except (zlib.error, KeyError, TypeError, UnicodeDecodeError) as broken:
        raise ValueError(f"this is no reading ({broken})") from None


_NAMES = {field.name for field in fields(QuestionDraft)}


def _draft(said):
    values = {name: value for name, value in said.items() if name in _NAMES}
    return QuestionDraft(**values | {name: tuple(values[name]) for name in _TUPLES if name in values})
