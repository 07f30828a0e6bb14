"""What must hold on every page, whoever opens it: policy, console, axe, width, validity of the HTML."""

import re
import subprocess

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import addresses
from tests.conftest import IN_CI, JAVA, VNU

SIZES = [(360, 780), (1280, 900)]
# Schemes differ in their colours alone: what else axe knows of a page is asked in the first.
SCHEMES = {"light": None, "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
AXE = Axe().axe_script


def refused_by_axe(page, *, rules=None) -> list[str]:
    """axe's violations as lines of rule, place and what to do."""
    # A colour on its way to another has a contrast that nobody reads.
    page.wait_for_function("() => document.getAnimations().every((each) => each.playState !== 'running')")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    # Without preloading: to read style sheets anew axe writes inline styles, which our own policy then refuses.
    options = {"preload": False, "resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found = page.evaluate("options => axe.run(options).then((result) => result.violations)", options)
    return [
        f"{page.url} {violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found
        for node in violation["nodes"]
    ]


def wider_than_the_window(page) -> str | None:
    """The first element that makes the page scroll sideways, or None."""
    return page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return null;
          for (const e of document.body.querySelectorAll('*')) {
            const right = e.getBoundingClientRect().right;
            if (right > width + 1 && !e.closest('[tabindex="0"], .sr')) return e.outerHTML.slice(0, 200);
          }
          return 'scrollWidth ' + document.documentElement.scrollWidth;
        }"""
    )


def look_over(page, paths):
    """Open each page in both sizes and both schemes; return everything that is wrong."""
    wrong = []
    for path in paths:
        page.watched.failures_wanted = "/no-such-" in path
        page.goto(path)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            wide = wider_than_the_window(page)
            if wide:
                wrong.append(f"{path} at {width} px: {wide}")
            for scheme, rules in SCHEMES.items():
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                wrong += [f"[{width} {scheme}] {line}" for line in refused_by_axe(page, rules=rules)]
        page.set_viewport_size({"width": 640, "height": 512})  # 1280 px at 200 % zoom
        wide = wider_than_the_window(page)
        if wide:
            wrong.append(f"{path} at 200 % zoom: {wide}")
    return wrong


def test_every_public_page_is_sound(open_page):
    page = open_page()

    assert look_over(page, addresses.PUBLIC) == []


def test_every_page_of_a_learner_is_sound(open_page, learner_signed_in, classroom):
    page = learner_signed_in(open_page())

    assert look_over(page, [path.format(**classroom) for path in addresses.LEARNER]) == []


def test_every_page_of_an_instructor_is_sound(open_page, instructor_signed_in, classroom):
    page = instructor_signed_in(open_page())

    wrong = look_over(page, [path.format(**classroom) for path in addresses.INSTRUCTOR])

    assert wrong == []


def test_every_page_is_valid_html(open_page, learner_signed_in, instructor_signed_in, classroom, tmp_path):
    if not (JAVA and VNU.exists()):
        assert not IN_CI, "vnu-jar or Java is missing"
        pytest.skip("the checker of HTML is missing: npm install --prefix . --no-save vnu-jar, and Java")
    visitors = [
        (open_page(), addresses.PUBLIC),
        (learner_signed_in(open_page()), [path.format(**classroom) for path in addresses.LEARNER]),
        (instructor_signed_in(open_page()), [path.format(**classroom) for path in addresses.INSTRUCTOR]),
    ]
    for page, paths in visitors:
        for path in paths:
            html = page.request.get(path).text()
            name = re.sub(r"\W+", "_", path).strip("_") or "home"
            (tmp_path / f"{name}.html").write_text(html)

    # htmx's own attributes are no part of HTML; Django's admin writes the rest of what is let through.
    let_through = r".*(Attribute .hx-|Trailing slash on void elements).*"
    done = subprocess.run(
        [
            JAVA,
            "-jar",
            VNU,
            "--errors-only",
            "--format",
            "gnu",
            "--filterpattern",
            let_through,
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.stderr.replace(f"file:{tmp_path}/", "").strip() == ""
