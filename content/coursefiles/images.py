"""Images of a course: recognised by their signature, measured by their header, freed of what cameras write."""

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

MOST_PIXELS = 40_000_000
TOO_MANY = "at most 40 million are possible"
MOST_BYTES = 20_000_000
MOST_FRAMES = 200
SIGNATURES = {
    "PNG": (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    "JPEG": (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    "GIF": (b"GIF8", "image/gif", ".gif"),
    "WEBP": (b"RIFF", "image/webp", ".webp"),
}
ORIENTATION = 0x0112
METADATA = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif", "comment", "photoshop", "Comment")


def stored_name(sha256: str, media_type: str) -> str:
    """Where the bytes of this hash are kept: other bytes have another name, so that nothing is ever overwritten."""
    suffix = next(suffix for _, known, suffix in SIGNATURES.values() if known == media_type)
    return f"assets/{sha256}{suffix}"


class PictureRefused(ValueError):
    """The file is no image that we keep; the message says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image ready to be kept. `name` is the file's name in assets/, `data` its bytes without metadata."""

    name: str
    data: bytes
    media_type: str
    suffix: str
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def read_picture(name: str, data: bytes) -> Picture:
    """The image in `data`, by what it is and not by what it is called, or `PictureRefused`.

    Bytes stay as they are unless they carry metadata (place, camera, author); then the image is written anew,
    turned the way its camera said.
    """
    if len(data) > MOST_BYTES:
        raise PictureRefused(f"the image has {len(data):,} bytes; at most {MOST_BYTES:,} are possible")
    kind = _kind_of(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data), formats=[kind]) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    raise PictureRefused(f"the image has {width:,} × {height:,} pixels; {TOO_MANY}")
                frames = _frames(image)
                if frames > 1 and width * height * frames > MOST_PIXELS * 5:
                    raise PictureRefused("the animation is too large to be shown")
                image.load()
                if _has_metadata(image):
                    data, (width, height) = _rewritten(image, kind, animated=frames > 1)
        except PictureRefused:
            raise
        except Image.DecompressionBombError:
            raise PictureRefused(f"the image has too many pixels; {TOO_MANY}") from None
        except Exception:  # Pillow meets broken data with errors of every class
            raise PictureRefused("the image is damaged and cannot be read") from None
    _, media_type, suffix = SIGNATURES[kind]
    return Picture(name, data, media_type, suffix, width, height)


def _kind_of(data):
    for kind, (signature, _, _) in SIGNATURES.items():
        if data.startswith(signature) and (kind != "WEBP" or data[8:12] == b"WEBP"):
            return kind
    start = data[:500].lstrip().lower()
    if start.startswith((b"<svg", b"<?xml")) or b"<svg" in start:
        raise PictureRefused(
            "SVG is not possible, it can hold scripts; use PNG, JPEG, GIF or WebP, or a figure"
        )
    raise PictureRefused("this is no PNG, JPEG, GIF or WebP image")


def _frames(image):
    count = getattr(image, "n_frames", 1)
    if count > MOST_FRAMES:
        raise PictureRefused(f"the animation has {count} frames; at most {MOST_FRAMES} are possible")
    return count


def _has_metadata(image):
    texts = getattr(image, "text", None)
    return bool(texts or image.getexif() or any(image.info.get(key) for key in METADATA))


def _rewritten(image, kind, *, animated):
    """The image without metadata, and its size. Colours keep their profile; a JPEG keeps its quality."""
    out = io.BytesIO()
    if animated:
        for key in METADATA:
            image.info.pop(key, None)
        image.save(out, kind, save_all=True, exif=b"")
        return out.getvalue(), image.size
    is_turned = image.getexif().get(ORIENTATION, 1) != 1
    options = {"quality": 92 if is_turned else "keep"} if kind == "JPEG" else {}
    clean = ImageOps.exif_transpose(image) if is_turned else image
    for key in METADATA:
        clean.info.pop(key, None)
    clean.save(out, kind, exif=b"", **options)
    return out.getvalue(), clean.size
