import pytest

from content.formats.drafts import Collector
from content.formats.source import MOST_LINES, decode

TEXT = "Größe\nبغداد\n"


def decoded(data):
    collector = Collector("x")
    text = decode(data, collector)
    return text, [
        (problem.severity, problem.code, problem.line, problem.column) for problem in collector.problems
    ]


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
    ],
)
def test_unicode_in_every_dress_is_one_text(data):
    source, problems = decoded(data)

    assert (source.text, problems) == (TEXT, [])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_mark_is_known_by_its_nuls(encoding):
    source, problems = decoded("Question one?\nQuestion two?".encode(encoding))

    assert (source.text, problems) == ("Question one?\nQuestion two?", [])


def test_windows_1252_is_read_with_a_warning_at_the_first_line_to_look_at():
    source, problems = decoded("one\ntwo\nGröße “x”".encode("cp1252"))

    assert source.lines[2] == "Größe “x”"
    assert problems == [("warning", "text.encoding", 3, 1)]


def test_broken_utf_16_is_an_error_at_its_place():
    _, problems = decoded(b"\xff\xfe" + "a\nb".encode("utf-16-le") + b"\x00\xd8x\x00")

    assert problems[0] == ("error", "text.encoding", 2, 2)


def test_nul_is_an_error_and_control_characters_go_with_a_warning():
    source, problems = decoded(b"a\nb\x00c\n\x07d")

    assert source.text == "a\nbc\nd"
    assert problems == [("error", "text.nul", 2, 2), ("warning", "text.control", 3, 1)]


def test_places_count_characters_from_one():
    source, _ = decoded("äö\nü x".encode())

    assert [source.place(offset) for offset in (0, 2, 3, 5)] == [(1, 1), (1, 3), (2, 1), (2, 3)]


def test_more_lines_than_any_questions_need_are_refused():
    source, problems = decoded(b"\n" * (MOST_LINES + 1))

    assert (source.text, problems) == ("", [("error", "limit.lines", 0, 0)])
