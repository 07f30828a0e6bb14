"""Files nobody expected, sent where an image is asked for: refused with a message or kept harmless (rows 86 to 89)."""

import io
import struct
import zlib

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from content.models import Asset
from tests import factories


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width=2, height=2):
    """A PNG whose header says this size, whatever its data hold."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * 6) * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def gif(frames):
    one = b"\x2c\0\0\0\0\1\0\1\0\0\x02\x02\x4c\x01\x00"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + one * frames + b";"


def jpeg(width, height):
    """A JPEG cut after the header that says its size."""
    return b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc0\0\x0b\x08" + struct.pack(
        ">HH", height, width
    )


def photograph():
    out, image = io.BytesIO(), Image.new("RGB", (4, 3), "red")
    exif = image.getexif()
    exif[0x010E] = "a canary in the camera's words"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


HTML = b"<!doctype html><script>alert(1)</script>"
REFUSED = {
    "86 a PNG of 60,000 times 60,000": png(60_000, 60_000),
    "86 a GIF of 10,000 frames": gif(10_000),
    "86 a JPEG of 65,000 times 65,000": jpeg(65_000, 65_000),
    "87 HTML with the name of an image": HTML,
    "87 an SVG": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "87 a signature and nothing after it": b"\x89PNG\r\n\x1a\n",
    "87 WebP in its first letters only": b"RIFF" + b"\0" * 40,
    "89 an empty file": b"",
    "89 one byte": b"\x89",
    "89 21 MB": png() + b"\0" * 21_000_000,
    "89 an image cut in the middle": photograph()[:200],
}


@pytest.fixture
def course(instructor):
    return factories.create_course(staff=[instructor])


@pytest.fixture
def author(instructor):
    client = Client(raise_request_exception=False)
    client.force_login(instructor)
    return client


def send(author, course, data, file_name="map.png", *, cut=0, **more):
    """Post as a browser would, whatever the file is called: Django's own client refuses some of these names."""
    said = {"course": course.pk, "alt": "A map"} | more
    named = file_name.replace("\n", "%0A").replace('"', "%22")
    parts = [f'name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in said.items()]
    parts.append(f'name="upload"; filename="{named}"\r\n\r\n'.encode() + data)
    body = b"".join(b"--0123456789\r\nContent-Disposition: form-data; " + part for part in parts)
    body = body[:-cut] if cut else body + b"\r\n--0123456789--\r\n"
    kind = "multipart/form-data; boundary=0123456789"
    return author.generic("POST", reverse("admin:content_asset_add"), body, content_type=kind)


@pytest.mark.parametrize("what", REFUSED)
def test_file_that_is_no_image_for_us_is_refused_with_a_message(author, course, settings, what):
    response = send(author, course, REFUSED[what])

    assert response.status_code == 200
    assert response.context["adminform"].form.errors["upload"]
    assert not Asset.objects.exists()
    assert list(settings.MEDIA_ROOT.rglob("*")) == [] or not settings.MEDIA_ROOT.exists()


def test_page_behind_an_image_is_kept_and_is_never_a_page(
    author, course, django_capture_on_commit_callbacks, settings
):
    with django_capture_on_commit_callbacks(execute=True):
        assert send(author, course, png() + HTML).status_code == 302

    response = author.get(Asset.objects.get().file.url)

    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert set(response["Content-Security-Policy"].split("; ")) == {"sandbox", "default-src 'none'"}


@pytest.mark.parametrize(
    "name",
    ["a\nb.png", "x" * 300 + ".png", "con", ".", "..", "../../x.png", "\u202egnp.exe", "C:\\x.png", "\x00"],
)
def test_name_of_the_file_is_never_a_name_on_the_disk(
    author, course, settings, name, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        chosen = send(author, course, png(), name, name="map.png")
        left_to_us = send(author, course, png(), name)

    stored = [path.name for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert chosen.status_code in (302, 200)
    assert left_to_us.status_code in (302, 200)
    assert all(asset.name.isascii() and len(asset.name) <= 120 for asset in Asset.objects.all())
    assert all(len(found) == len("0" * 64 + ".png") for found in stored)


def test_words_of_the_camera_are_taken_out(author, course, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        send(author, course, photograph(), "map.jpg")

    [stored] = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert b"canary" not in stored.read_bytes()


@pytest.mark.parametrize("cut", [1, 20])
def test_upload_that_was_cut_on_its_way_stores_nothing(author, course, cut):
    response = send(author, course, png(), cut=cut)

    assert response.status_code in (400, 408)
    assert not Asset.objects.exists()
