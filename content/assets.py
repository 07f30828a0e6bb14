"""Images of a course: stored once under the hash of their bytes, whatever they were called."""

import contextlib
import os
import uuid
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from content.coursefiles.images import Picture, stored_name
from content.models import Asset, Course
from content.revisions import document_of, write_down


def address_of(picture: Picture) -> str:
    """The address under which the image will be served."""
    return default_storage.url(_stored_name(picture))


def fill_asset(asset: Asset, picture: Picture) -> None:
    """Set the columns of an image that its bytes say."""
    asset.sha256, asset.media_type = picture.sha256, picture.media_type
    asset.width, asset.height = picture.width, picture.height
    asset.file = _stored_name(picture)


def save_asset(
    course: Course, picture: Picture, *, alt: str, now, staged: Path | None = None, by=None, note="", **more
) -> Asset:
    """Keep an image of a course under its name; the bytes get their final place when the transaction commits.

    `picture` comes from `read_picture`, `staged` from `stage_bytes` where the bytes were written beforehand.
    Nothing is written where row and file are there already. An image that the course has under this name leaves
    a revision. `more` are further columns.
    """
    if staged is None:
        keep_bytes(picture)
    else:
        move_on_commit(picture, staged)
    asset = Asset.objects.filter(course=course, name=picture.name).first()
    if asset is None:
        asset = Asset(course=course, name=picture.name, created_at=now, alt=alt[:300], **more)
        fill_asset(asset, picture)
        asset.save()
        return asset
    before = document_of(asset)
    fields = {"alt": alt[:300], **more}
    is_as_before = all(getattr(asset, name) == value for name, value in fields.items())
    for name, value in fields.items():
        setattr(asset, name, value)
    fill_asset(asset, picture)
    after = document_of(asset)
    if before != after or not is_as_before:
        asset.save()
    if before != after:
        write_down(asset, before, after, by=by, now=now, note=note)
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
    for folder in (Path(settings.MEDIA_ROOT), final.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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
    return stored_name(picture.sha256, picture.media_type)
