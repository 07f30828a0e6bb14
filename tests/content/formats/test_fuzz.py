"""Whatever a file holds, reading it gives a list of problems, never a traceback."""

import io
import random
import zipfile

import pytest

from content.formats import FORMATS, guess, read, survival, write
from content.questions import KINDS
from tests.content.formats.made_drafts import NASTY, make_draft
from tests.content.formats.sample_files import bytes_of, sample_paths

IN_THE_SUITE, IN_THE_SOAK = 500, 10_000
TOKENS = [
    *NASTY,
    *("{", "}", "=", "~", "#", "->", "\n\n", "\\", "::", "%50%", "A) ", "ANSWER: ", "\r\n", "\x00", "\ufeff"),
    *("<", ">", "&", "</", "/>", "<!--", "<![CDATA[", "]]>", "<!DOCTYPE x>", "&x;", '"', "'", ",", ";", "\t"),
    *(
        "- id: x\n",
        "  kind: ",
        ": ",
        "- ",
        "[",
        "]",
        "*a",
        "&a",
        "!!python/object",
        "|",
        ">",
        "\ud7ff",
        "\u202e",
    ),
    *("9" * 400, "1e999", "nan", "-0", "٣", "{{g1}}", "{{", "x" * 3000),
]


def valid_files(name):
    rng = random.Random(name)
    kinds = [kind for kind in KINDS if survival(name, kind) != "none"]
    files = [
        write(name, [make_draft(kind, rng) for kind in rng.sample(kinds, min(3, len(kinds)))])
        for _ in range(6)
    ]
    return files + [bytes_of(path) for path in sample_paths(name) if len(bytes_of(path)) < 40_000]


def spoiled(data, rng):
    """The bytes with a few changes of the sort that disks, editors and attackers make."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0 if data:
                data[at % len(data)] = rng.randrange(256)
            case 1:
                del data[at : at + rng.randrange(1, 40)]
            case 2:
                data[at:at] = rng.choice(TOKENS).encode()
            case 3:
                piece = data[at : at + rng.randrange(1, 200)]
                data[at:at] = piece * rng.randrange(1, 4)
            case 4:
                del data[at:]
            case 5:
                data[at:at] = rng.randbytes(rng.randrange(1, 20))
    return bytes(data)


def zip_with(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return out.getvalue()


def spoiled_members(data, rng):
    """The archive with one member changed, dropped, or two of them swapped."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        members = {name: file.read(name) for name in file.namelist()}
    names = sorted(members)
    first, second = rng.choice(names), rng.choice(names)
    match rng.randrange(4):
        case 0:
            members[first], members[second] = members[second], members[first]
        case 1:
            del members[first]
        case _:
            members[first] = spoiled(members[first], rng)
    return zip_with(members)


def generated(name, seed, files):
    rng = random.Random(f"{name} {seed}")
    match rng.randrange(8):
        case 0:
            return rng.randbytes(rng.randrange(400))
        case 1:
            return "".join(rng.choice(TOKENS) for _ in range(rng.randrange(1, 60))).encode()
        case _:
            data = rng.choice(files)
            if zipfile.is_zipfile(io.BytesIO(data)) and rng.random() < 0.8:
                return spoiled_members(data, rng)
            return spoiled(data, rng)


def check(name, seed, files):
    data = generated(name, seed, files)
    reading = read(data, "file", as_format=name)
    assert reading.format == name
    assert reading.drafts or reading.problems, seed
    assert all(
        problem.message and problem.code and problem.severity in ("error", "warning")
        for problem in reading.problems
    )
    for draft in reading.questions:
        assert not any(problem.is_error for problem in KINDS[draft.kind].check(draft.content))
    guess(data, "file")


@pytest.mark.parametrize("name", FORMATS)
def test_any_bytes_give_drafts_or_problems(name):
    files = valid_files(name)

    for seed in range(IN_THE_SUITE):
        check(name, seed, files)


@pytest.mark.soak
@pytest.mark.parametrize("name", FORMATS)
def test_ten_thousand_inputs_give_drafts_or_problems(name):
    files = valid_files(name)

    for seed in range(IN_THE_SUITE, IN_THE_SUITE + IN_THE_SOAK):
        check(name, seed, files)
