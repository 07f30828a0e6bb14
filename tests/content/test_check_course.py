"""The check of course files: every mistake with its place, all at once."""

import json
import os
import tomllib
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.coursefiles.nodes import Malformed, read_toml, read_yaml
from content.coursefiles.problems import Report
from content.coursefiles.reading import _questions, read_course
from content.models import Course
from tests.content.conftest import VALID

BROKEN = Path(__file__).parent.parent / "data" / "broken_courses"
VARIANTS = [
    pytest.param(variant, id=f"{file.stem}: {variant['name']}")
    for file in sorted(BROKEN.glob("*.toml"))
    for variant in tomllib.loads(file.read_text())["broken"]
]
WITH_ERRORS = [variant for variant in VARIANTS if ": error: " in str(variant.values[0]["says"])]


def test_a_valid_course_has_nothing_to_complain_about(folder):
    assert folder.check() == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_broken_course_says_exactly_what_is_wrong(folder, variant):
    break_course(folder, variant)

    assert folder.check() == variant["says"]


@pytest.mark.django_db
@pytest.mark.parametrize("variant", WITH_ERRORS)
def test_of_a_broken_course_nothing_is_loaded(folder, variant):
    break_course(folder, variant)

    with pytest.raises(CommandError) as refused:
        call_command("load_course", str(folder.path), stdout=StringIO())

    assert refused.value.returncode == 1
    assert not Course.objects.exists()


def test_there_are_enough_broken_courses_and_each_has_a_message():
    assert len(WITH_ERRORS) >= 30
    assert all(variant.values[0]["says"] for variant in VARIANTS)


def break_course(folder, variant):
    file = folder.path / variant["file"]
    if variant.get("gone"):
        file.unlink()
    elif "bytes" in variant:
        file.write_bytes(bytes.fromhex(variant["bytes"]))
    elif variant["find"] == "":
        file.write_text(variant["put"])
    else:
        folder.change(variant["file"], variant["find"], variant["put"])


# --- the folder ---------------------------------------------------------------


def test_links_are_refused_and_not_followed(folder, tmp_path):
    secret = tmp_path / "secret.md"
    secret.write_text("---\nid: secret\ntitle: Secret\n---\n\nThe secret.\n")
    (folder.path / "lessons" / "secret.md").symlink_to(secret)
    (folder.path / "figures" / "flow-by-month.toml").unlink()
    (folder.path / "figures").rmdir()
    (folder.path / "figures").symlink_to(tmp_path)

    says = folder.check()

    assert "lessons/secret.md:1:1: error: this is a link; links are not followed, put the file here" in says
    assert "figures:1:1: error: this should be a folder; links are not followed" in says


def test_a_pipe_is_refused_without_waiting_for_it(folder):
    os.mkfifo(folder.path / "lessons" / "pipe.md")

    assert folder.check() == ["lessons/pipe.md:1:1: error: this is no plain file"]


def test_a_file_too_large_is_refused_unread(folder):
    with open(folder.path / "sources.yaml", "ab") as file:
        file.truncate(2_000_000)

    assert (
        "sources.yaml:1:1: error: the file has 2,000,000 bytes; at most 1,000,000 are possible"
        in folder.check()
    )


def test_hidden_files_are_skipped_and_strange_ones_named(folder):
    (folder.path / ".DS_Store").write_bytes(b"\x00")
    (folder.path / "lessons" / ".springs.md.swp").write_bytes(b"\x00")
    (folder.path / "source.yaml").write_text("[]")
    (folder.path / "questions" / "springs.yml").write_text("[]")

    assert folder.check() == [
        "questions/springs.yml:1:1: warning: only files ending in .yaml are read here",
        'source.yaml:1:1: warning: this is no part of a course and was not read; did you mean "sources.yaml"?',
    ]


def test_a_byte_order_mark_and_foreign_line_ends_change_nothing(folder):
    lesson = folder.path / "lessons" / "springs.md"
    lesson.write_bytes(b"\xef\xbb\xbf" + lesson.read_bytes().replace(b"\n", b"\r\n"))

    assert folder.check() == []


def test_an_image_of_too_many_pixels_is_refused_by_its_header(folder):
    picture = folder.path / "assets" / "spring.png"
    data = bytearray(picture.read_bytes())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    picture.write_bytes(crc_mended(bytes(data)))

    assert folder.check() == [
        "assets/spring.png:1:1: error: the image has too many pixels; at most 40 million are possible"
    ]


def crc_mended(png):
    import zlib

    return png[:29] + zlib.crc32(png[12:29]).to_bytes(4, "big") + png[33:]


# --- YAML and TOML ------------------------------------------------------------


def test_yaml_words_stay_words():
    node = read_yaml("{a: no, b: 1:30, c: 1914-07-28, d: 1e3, e: ~, f: 0x10}")

    assert {key: item.value for key, item in node.value.items()} == {
        "a": "no", "b": "1:30", "c": "1914-07-28", "d": "1e3", "e": None, "f": "0x10",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a: " * 5_000,
        "- " * 100_000,
        "a: &x [1]\nb: *x",
        "a: !!python/object/apply:os.system [ls]",
        "? [a]\n: b",
        "--- 1\n--- 2",
        "a: 1\na: 2",
        "a: '",
        "a: \x01",
    ],
)
def test_malformed_yaml_is_refused(text):
    with pytest.raises(Malformed):
        read_yaml(text)


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 100_000, "a = ", "a = 1\na = 2", ".".join("a" * 5_000) + " = 1"]
)
def test_malformed_toml_is_refused(text):
    with pytest.raises(Malformed):
        read_toml(text)


def test_places_of_toml_are_those_of_keys_and_of_elements():
    node = read_toml(
        '# a comment with [brackets] = "and quotes"\n'
        'text = """\nnot = a key\n"""\n'
        "[[quizzes]]\n"
        'id = "one"\n'
        "[[quizzes]]\n"
        "  'id' = 'two' # x\n"
        "  slots = [\n"
        "    {draw = 1, at = 2001-01-01 10:00:00},\n"
        "    # nothing\n"
        '    {draw.most = 2, "a b" = [1, "]"]},\n'
        "  ]\n"
    )

    def place(*path):
        found = node.at(path)
        return found.line, found.column

    assert place("text") == (2, 1)
    assert place("quizzes", 0, "id") == (6, 1)
    assert place("quizzes", 1) == (7, 1)
    assert place("quizzes", 1, "id") == (8, 3)
    assert place("quizzes", 1, "slots", 0, "at") == (10, 16)
    assert place("quizzes", 1, "slots", 1, "draw", "most") == (12, 6)
    assert place("quizzes", 1, "slots", 1, "a b", 1) == (12, 33)


# --- the command --------------------------------------------------------------


@pytest.mark.django_db
def test_check_loads_nothing_and_says_so(folder):
    out = StringIO()

    call_command("load_course", str(folder.path), "--check", stdout=out)

    assert out.getvalue() == f"{folder.path}: no errors, 0 warnings.\n"
    assert not Course.objects.exists()


@pytest.mark.django_db
def test_the_text_form_is_one_line_a_problem(folder):
    folder.change("questions/springs.yaml", "passage: how-much-water", "passage: how-much-watr")
    out = StringIO()

    with pytest.raises(CommandError, match=r"^Nothing was loaded: 1 error\.$"):
        call_command("load_course", str(folder.path), stdout=out)

    assert out.getvalue().splitlines() == folder.check()


@pytest.mark.django_db
def test_the_json_form_is_one_object(folder):
    folder.change("questions/springs.yaml", "passage: how-much-water", "passage: how-much-watr")
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("load_course", str(folder.path), "--format", "json", stdout=out)

    told = json.loads(out.getvalue())
    assert told["loaded"] is False
    assert told["problems"][-1] == {
        "file": "questions/springs.yaml",
        "line": 26,
        "column": 12,
        "severity": "error",
        "message": 'passage "how-much-watr" is not in this lesson; did you mean "how-much-water"?',
    }


@pytest.mark.django_db
def test_a_path_that_is_no_folder_is_wrong_use(folder):
    with pytest.raises(CommandError) as refused:
        call_command("load_course", str(folder.path / "course.toml"))

    assert refused.value.returncode == 2


# --- anything -----------------------------------------------------------------

FILES = sorted(path.relative_to(VALID).as_posix() for path in VALID.rglob("*") if path.is_file())


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_file_however_mangled_breaks_the_check(data, folder):
    """Cut, doubled and mistyped files give problems with a place, never an exception."""
    file = folder.path / data.draw(st.sampled_from(FILES))
    before = file.read_bytes()
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, min(len(before), start + 40)))
    put = data.draw(
        st.binary(max_size=8)
        | st.sampled_from(
            [b": ", b"\n- ", b"\n  ", b"[", b"{", b"'", b'"', b"&a ", b"|", b":::", b"#", b"1e999"]
        )
        | st.just(before[:start])
    )
    try:
        file.write_bytes(before[:start] + put + before[end:])

        _, problems = read_course(folder.path)

        assert all(problem.line >= 1 and problem.column >= 1 and problem.message for problem in problems)
    finally:
        file.write_bytes(before)


def nested(inner):
    return st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.text(max_size=9) | st.booleans() | st.integers() | st.floats(), nested, max_leaves=9
    )
)
def test_a_question_of_any_shape_is_checked(value):
    text = yaml.safe_dump(
        [{"id": "a", "kind": "single_choice", "stem": value, "options": value, "sources": value}]
    )
    report = Report()

    _questions("questions/one.yaml", "one.yaml", {"questions/one.yaml": text.encode()}, report)

    assert all(problem.message for problem in report.sorted())
