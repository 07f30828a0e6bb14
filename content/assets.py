"""Images of a course: stored once under the hash of their bytes, whatever they were called."""

import contextlib
import os
import uuid
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from content.coursefiles.images import Picture
from content.models import Asset, Course


def address_of(picture: Picture) -> str:
    """The address under which the image will be served."""
    return default_storage.url(_stored_name(picture))


def save_asset(course: Course, picture: Picture, *, alt: str, now, staged: Path | None = None) -> Asset:
    """Keep an image of a course under its name; the bytes get their final place when the transaction commits.

    `picture` comes from `read_picture`, `staged` from `stage_bytes` where the bytes were written beforehand.
    Nothing is written where row and file are there already.
    """
    if staged is None:
        keep_bytes(picture)
    else:
        move_on_commit(picture, staged)
    stored = _stored_name(picture)
    fields = {
        "sha256": picture.sha256,
        "file": stored,
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "alt": alt[:300],
    }
    asset = Asset.objects.filter(course=course, name=picture.name).first()
    if asset is None:
        return Asset.objects.create(course=course, name=picture.name, created_at=now, **fields)
    if any(getattr(asset, name) != value for name, value in fields.items()):
        for name, value in fields.items():
            setattr(asset, name, value)
        asset.save(update_fields=list(fields))
    return asset


def keep_bytes(picture: Picture):
    """Write the bytes beside their place, and move them there when the transaction commits.

    A load that is undone leaves a file with a name that nothing serves, and no half-written image.
    """
    part = stage_bytes(picture)
    if part is not None:
        move_on_commit(picture, part)


def stage_bytes(picture: Picture) -> Path | None:
    """Write the bytes beside their place under a name that nothing serves; None where they are in place already."""
    final = Path(settings.MEDIA_ROOT) / _stored_name(picture)
    if final.exists():
        return None
    final.parent.mkdir(parents=True, exist_ok=True)
    part = final.with_name(f".{final.name}.{uuid.uuid4().hex}.part")
    with open(part, "xb") as file:
        os.fchmod(file.fileno(), settings.FILE_UPLOAD_PERMISSIONS or 0o600)
        file.write(picture.data)
        file.flush()
        os.fsync(file.fileno())
    return part


def move_on_commit(picture: Picture, part: Path):
    """Give the bytes their place when the transaction commits."""
    final = Path(settings.MEDIA_ROOT) / _stored_name(picture)
    transaction.on_commit(lambda: os.replace(part, final))


def clear_parts(*, before) -> int:
    """Remove what an interrupted load or import left beside the images; `before` spares what is being written."""
    count = 0
    for part in (Path(settings.MEDIA_ROOT) / "assets").glob(".*.part"):
        with contextlib.suppress(FileNotFoundError):
            if part.stat().st_mtime < before.timestamp():
                part.unlink()
                count += 1
    return count


def _stored_name(picture):
    return f"assets/{picture.sha256}{picture.suffix}"
