"""README names every setting and every target of make, and docs name no file that is not there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_readme_names_every_make_target():
    targets = set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()) - {"needs"}
    readme = (ROOT / "README.md").read_text()

    assert [t for t in sorted(targets) if f"make {t}" not in readme] == []


def test_readme_names_every_setting():
    read = set()
    for name in ("settings.py", "environment.py", "middleware.py"):
        path = ROOT / "studyapp" / name
        if path.exists():
            read |= set(re.findall(r"""(?:text|flag|number)\(\s*["']([A-Z_]+)["']""", path.read_text()))
    readme = (ROOT / "README.md").read_text()

    assert read
    assert [name for name in sorted(read) if f"`{name}`" not in readme] == []


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda p: p.name)
def test_docs_name_files_that_exist(page):
    named = re.findall(
        r"`((?:content|studyapp|templates|tests|docs)/[\w./-]+\.(?:py|html|md|css|js|sh|toml|yaml))`",
        page.read_text(),
    )

    assert [n for n in named if not (ROOT / n).exists()] == []
