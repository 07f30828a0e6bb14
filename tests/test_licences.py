"""docs/licences.md lists every pinned package of the product with the licence that the package itself names."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# What older packages call their licence, as SPDX names it.
SPDX = {
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "PSFL": "PSF-2.0",
}
LOOKED_AT = {
    "Apache-2.0",
    "Apache-2.0 OR BSD-2-Clause",
    "BSD-3-Clause",
    "LGPL-3.0-only",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "PSF-2.0",
}

ELSEWHERE = {"psycopg", "psycopg-binary", "tzdata"}  # with PostgreSQL, on Windows


def pinned() -> dict:
    """Package → (version, the file that pins it first)."""
    found = {}
    for name in ("requirements.txt", "requirements-postgres.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if match := re.match(r"([A-Za-z0-9_.-]+)(?:\[.*?\])?==([^\s;]+)", line):
                found.setdefault(match[1], (match[2], name))
    return found


def licence_of(package) -> str:
    """As the installed package says, in one line."""
    said = metadata(package)
    named = said.get("License-Expression") or said.get("License") or ""
    if not named or len(named) > 40:  # some give the whole text
        kinds = [kind for kind in said.get_all("Classifier") or [] if kind.startswith("License")]
        named = kinds[0].rpartition(" :: ")[2]
    return SPDX.get(named, named)


def listed() -> dict:
    rows = re.findall(
        r"^\| ([\w.-]+) \| (\S+) \| (.+?) \| .*\|$", (ROOT / "docs" / "licences.md").read_text(), re.M
    )
    return {name: (version, licence) for name, version, licence in rows if name != "package"}


def test_every_pinned_package_is_listed_with_its_version():
    assert {name: version for name, (version, _) in listed().items()} == {
        name: version for name, (version, _) in pinned().items()
    }


@pytest.mark.parametrize("package", sorted(pinned()))
def test_licence_is_the_packages_own_and_was_looked_at(package):
    licence = listed()[package][1]

    assert licence in LOOKED_AT
    try:
        assert licence_of(package) == licence
    except PackageNotFoundError:
        assert package in ELSEWHERE
