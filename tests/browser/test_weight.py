"""What a lesson costs to load: bytes on the wire, requests, and how much of it is fetched again."""

import gzip
import re
import urllib.request
from urllib.parse import urljoin

import pytest

from tests.browser.addresses import COURSE, LESSON
from tests.trust.test_headers import CSP, EVERYWHERE, policy

PATH = f"/courses/{COURSE}/{LESSON}/"


def transferred(page, path) -> dict[str, int]:
    """Bytes on the wire for each request of one load, by address without its host."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    addresses, sizes = {}, {}
    session.on(
        "Network.requestWillBeSent", lambda e: addresses.__setitem__(e["requestId"], e["request"]["url"])
    )
    session.on("Network.loadingFinished", lambda e: sizes.__setitem__(e["requestId"], e["encodedDataLength"]))
    page.goto(path, wait_until="networkidle")
    session.detach()
    # What began before belongs to the page before.
    return {
        re.sub(r"^\w+://[^/]+", "", addresses[key]): int(size)
        for key, size in sizes.items()
        if key in addresses
    }


# The heaviest there are: with italics in the text, with an order to be found, with a question above it.
LESSONS = [LESSON, "a-new-political-order", "public-opinion"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_first_and_second_load_of_a_lesson_are_light(open_page, lesson):
    page = open_page()
    path = f"/courses/{COURSE}/{lesson}/"

    first = transferred(page, path)
    second = transferred(page, path)

    fonts = sum(size for path, size in first.items() if path.endswith(".woff2"))
    report = f"{sum(first.values())} B, fonts {fonts} B, warm {sum(second.values())} B: {first}"
    assert sum(first.values()) <= 185_000, report
    assert sum(first.values()) - fonts <= 60_000, report
    assert len(first) <= 12, report
    assert sum(second.values()) <= 15_000, report


def test_scripts_beside_htmx_stay_small(site):
    with urllib.request.urlopen(site.url + PATH) as answer:
        page = answer.read().decode()
    scripts = [urljoin(site.url + PATH, src) for src in re.findall(r'<script[^>]*\bsrc="([^"]+)"', page)]

    ours = {
        src: len(urllib.request.urlopen(src).read())
        for src in scripts
        if "htmx" not in src.rpartition("/")[2]
    }

    assert ours
    assert sum(ours.values()) <= 20_000, ours


def test_static_files_are_hashed_compressed_and_kept_for_years(site):
    with urllib.request.urlopen(site.url + PATH) as answer:
        page = answer.read().decode()
    sheet = re.search(r'href="(/static/app\.[0-9a-f]{12}\.css)"', page)[1]

    request = urllib.request.Request(site.url + sheet, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        body = answer.read()

    assert {name: answer.headers[name] for name in EVERYWHERE} == EVERYWHERE
    assert policy(answer.headers) == {tuple(part.split()) for part in CSP.split(";")}
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert int(re.search(r"max-age=(\d+)", answer.headers["Cache-Control"])[1]) >= 31_536_000
    assert gzip.decompress(body).startswith(b"/*")
