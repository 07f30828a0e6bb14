"""Reading costs in proportion to what is read. Steps are counted, not timed."""

import random
import sys

import pytest

from content.formats import FORMATS, read, survival, write
from content.questions import KINDS
from tests.content.formats.made_drafts import make_draft


def file_of(name, count):
    rng = random.Random(7)
    kinds = [kind for kind in KINDS if survival(name, kind) != "none"]
    drafts = [make_draft(kinds[number % len(kinds)], rng) for number in range(20)]
    numbered = []
    for number in range(count):
        draft = drafts[number % 20]
        numbered.append(type(draft)(**{**vars(draft), "ref": f"q-{number}"}))
    return write(name, numbered)


def steps_of(name, data):
    """How many functions, Python's and C's, reading calls."""
    count = 0

    def step(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(step)
    try:
        reading = read(data, "x", name)
    finally:
        sys.setprofile(None)
    assert not reading.has_errors
    return count


@pytest.mark.parametrize("name", FORMATS)
def test_ten_times_the_questions_take_ten_times_the_steps(name):
    steps_of(name, file_of(name, 20))  # what is made once, the first time, does not count

    few, many = steps_of(name, file_of(name, 20)), steps_of(name, file_of(name, 200))

    assert many <= 10.5 * few


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        ("gift", b"{"),
        ("gift", b"x {=\n\n"),
        ("gift", b"{\n\n="),
        ("gift", b"// [id:\\"),
        ("gift", b"same {T}\n\n"),
        ("aiken", b"A) x\n"),
        ("csv", b"stem,"),
        ("csv", b'"a\n'),
        ("yaml", b"- {kind: true_false, stem: a, answer: yes}\n"),
        ("moodle_xml", b"<question/>"),
        ("moodle_xml", b"<a>"),
    ],
)
def test_ten_times_an_odd_piece_takes_ten_times_the_steps(name, piece):
    def steps(times):
        count = 0

        def step(frame, event, argument):
            nonlocal count
            count += event in ("call", "c_call")

        data = (b"<quiz>" if name == "moodle_xml" else b"") + piece * times
        sys.setprofile(step)
        try:
            read(data, "x", name)
        finally:
            sys.setprofile(None)
        return count

    steps(10)

    assert steps(600) <= 10.5 * steps(60) + 500
