"""Verbs: a file of questions between its upload and its import. It belongs to who brought it, and is gone after a day."""

import hashlib
from datetime import timedelta

from content.assets import clear_parts
from content.formats.carrying import packed, unpacked
from content.models import Upload
from content.reading_apart import read_apart
from content.text import TextRefused, clean_name

KEPT = timedelta(days=1)
MOST_WAITING = 5  # files that one person may have lying about; the oldest goes


def keep_upload(course, *, user, data: bytes, name: str, as_format="", now) -> Upload:
    """Read the file in a process of its own and keep both, until it is imported or a day has passed."""
    name = _shown_name(name)
    reading, packed_reading = read_apart(data, name, as_format)
    waiting = Upload.objects.filter(user=user).order_by("-created_at", "-pk").values_list("pk", flat=True)
    Upload.objects.filter(pk__in=list(waiting[MOST_WAITING - 1 :])).delete()
    return Upload.objects.create(
        course=course,
        user=user,
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        reading=packed_reading or packed(reading),
        choices={"as_format": as_format},
        created_at=now,
    )


def read_again(upload: Upload, choices: dict):
    """Keep these choices; read the file anew where they say another format or other kinds for Anki's cards."""
    old = upload.choices
    upload.choices = choices
    fields = ["choices"]
    if any(old.get(name, "") != choices.get(name, "") for name in ("as_format", "backs_as")):
        reading, packed_reading = read_apart(
            bytes(upload.data), upload.name, choices.get("as_format", ""), choices.get("backs_as", "")
        )
        upload.reading = packed_reading or packed(reading)
        fields.append("reading")
    upload.save(update_fields=fields)


def reading_of(upload: Upload):
    """What was read from the file."""
    return unpacked(bytes(upload.reading))


def clear_uploads(*, now) -> int:
    """Remove files that nobody imported within a day, and what interrupted imports left among the images."""
    clear_parts(before=now - KEPT)
    return Upload.objects.filter(created_at__lt=now - KEPT).delete()[1].get("content.Upload", 0)


def _shown_name(name):
    try:
        return clean_name(name.replace("\\", "/").rpartition("/")[2], max_length=2_000)[-200:]
    except TextRefused:
        return "file"
