"""Inputs that are far too large and yet small enough to be read: told as what they are, never as a crash.

A question with 3,000 options ended in StopIteration, and the page said that the file needed too much memory.
"""

import math
from datetime import date
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from content import reading_apart
from content.coursefiles.figures import figure_from_document
from content.coursefiles.nodes import Malformed, read_toml
from content.coursefiles.problems import Report
from content.formats import FORMATS, QuestionDraft, read, survival, write
from content.models import Question
from content.planning import _Planning
from content.questions import KINDS
from content.reading_apart import read_apart
from studyapp.classes.models import Cohort
from studyapp.progress.planned import FURTHEST_PLANNED
from studyapp.study.figures import draw
from tests import factories
from tests.content.questions.examples import EXAMPLES

BEYOND_TWO_LETTERS = 99 * 26 + 1


def rows_of(kind, count):
    """(the content of a kind with so many rows, where they stand in it); None for a kind without rows."""
    made = {
        "options": [{"text": f"o{n}", "correct": n == 0} for n in range(count)],
        "answers": [{"value": n} if kind == "numeric" else {"text": f"a{n}"} for n in range(count)],
        "pairs": [{"left": f"l{n}", "right": f"r{n}"} for n in range(count)],
        "items": [f"i{n}" for n in range(count)],
        "rubric": [{"criterion": f"c{n}", "points": 1} for n in range(count)],
    }
    if kind == "gaps":
        return {
            "stem": "Fill",
            "text": "{{g}}",
            "gaps": {"g": {"kind": "choice", "options": made["options"]}},
        }
    name = next((name for name in KINDS[kind].FIELDS if name in made), None)
    return name and {"stem": "Which?", name: made[name]}


WITH_ROWS = [kind for kind in KINDS if rows_of(kind, 1)]


@pytest.mark.parametrize("kind", WITH_ROWS)
@settings(deadline=None, max_examples=2, derandomize=True)
@given(st.integers(51, 6_000))
def test_any_number_of_rows_is_counted_and_refused(kind, count):
    content = KINDS[kind].normalise(rows_of(kind, count))

    said = [problem.message for problem in KINDS[kind].check(content) if problem.is_error]

    assert any(f"has {count}" in message for message in said), said


@pytest.mark.parametrize("kind", WITH_ROWS)
def test_ids_go_on_beyond_those_of_two_letters(kind):
    """The first number that had no id left."""
    content = KINDS[kind].normalise(rows_of(kind, BEYOND_TWO_LETTERS))

    rows = next(
        (content[name] for name in ("options", "answers", "pairs", "items", "rubric") if name in content),
        None,
    )
    rows = content["gaps"]["g"]["options"] if rows is None else rows
    assert len({row["id"] for row in rows}) == BEYOND_TWO_LETTERS


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "kind", [k if k == "single_choice" else pytest.param(k, marks=pytest.mark.soak) for k in WITH_ROWS]
)
def test_file_with_such_a_question_is_read_to_its_end(format, kind):
    if survival(format, kind) == "none":
        pytest.skip("not in this format")
    big = KINDS[kind].normalise(rows_of(kind, BEYOND_TWO_LETTERS))
    small = KINDS[kind].normalise(EXAMPLES[kind])

    reading = read(
        write(format, [draft("small", kind, small), draft("big", kind, big)]), "f", as_format=format
    )

    assert reading.problems or reading.drafts
    for found in reading.questions:
        assert not any(problem.is_error for problem in KINDS[found.kind].check(found.content))


def draft(ref, kind, content):
    return QuestionDraft(ref=ref, kind=kind, content=content, title=ref)


def test_person_who_imports_it_is_told_how_many_are_possible():
    big = KINDS["single_choice"].normalise(rows_of("single_choice", BEYOND_TWO_LETTERS))

    reading, _ = read_apart(write("gift", [draft("big", "single_choice", big)]), "big.gift")

    assert [problem.code for problem in reading.problems] == ["question.count"]


def test_fault_of_a_reader_is_not_told_as_too_large_a_file(tmp_path, monkeypatch, caplog):
    """The reader of a format fails in the process of its own; its words are not in the log."""
    failing = tmp_path / "content" / "formats" / "__main__.py"
    failing.parent.mkdir(parents=True)
    (tmp_path / "content" / "__init__.py").touch()
    source = (reading_apart.settings.BASE_DIR / "content" / "formats" / "__main__.py").read_text()
    failing.write_text(source)
    (failing.parent / "__init__.py").write_text("def read(*a, **o): raise StopIteration('a canary')")
    (failing.parent / "carrying.py").write_text("packed = None")
    monkeypatch.setattr(reading_apart.settings, "BASE_DIR", tmp_path)

    reading, _ = read_apart(b"A?{T}", "q.gift")

    assert [problem.code for problem in reading.problems] == ["reader.fault"]
    assert "StopIteration at" in caplog.text
    assert "canary" not in caplog.text


# --- the same kind elsewhere -----------------------------------------------------------------------------------


def test_id_is_found_however_many_are_taken():
    taken = {"why", *(f"why-{n}" for n in range(2, 10_050))}

    assert _Planning._free(SimpleNamespace(taken=taken), "why") == "why-10050"


def test_question_typed_in_the_admin_finds_an_id_however_many_are_taken(db, instructor):
    from content.admin.question import _free_slug

    course = factories.create_course(staff=[instructor])
    lesson = factories.create_lesson(course)
    taken = ["why", *(f"why-{n}" for n in range(2, 10_000))]  # as many as there used to be numbers
    Question.objects.bulk_create(
        [Question(course=course, lesson=lesson, slug=slug, kind="true_false") for slug in taken],
        batch_size=2000,
    )

    assert _free_slug(course, "Why?") == "why-10000"


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000, "1_" * 4_500 + "0"])
def test_number_of_thousands_of_digits_is_a_fault_of_the_file(number):
    with pytest.raises(Malformed, match="digits"):
        read_toml(f"title = 1\nrows = [{number}]")


def test_course_with_such_a_number_is_refused_with_one_line(db, tmp_path):
    (tmp_path / "course.toml").write_text(f"id = {'9' * 5000}\n")
    told = StringIO()

    with pytest.raises((CommandError, SystemExit)):
        call_command("load_course", str(tmp_path), "--check", stdout=told, stderr=told)


NUMBERS = st.one_of(
    st.floats(-1e15, 1e15),
    st.floats(-1e-300, 1e-300),
    st.sampled_from([5e-324, 1e-323, 1e-310, 0.0, 1e15, -1e15, -5e-324]),
    st.integers(-(10**15), 10**15),
)
FIGURE = """
title = "t"\ndescription = "d"\nkind = "{kind}"\ncolumns = ["a", "b", "c"]\nlabel_column = 0\nvalue_columns = [1, 2]
rows = [{rows}]
"""


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    st.sampled_from(["bars", "grouped_bars", "stacked_bars", "lines"]),
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5),
)
def test_figure_of_any_numbers_is_drawn_within_its_frame(kind, values):
    rows = ", ".join(f'["{n}", {one!r}, {other!r}]' for n, (one, other) in enumerate(values))

    entry = figure_from_document("x", FIGURE.format(kind=kind, rows=rows), Report())

    for mark in draw(entry.data).marks:
        assert all(
            math.isfinite(part) for part in (mark.x, mark.y, mark.width, mark.height, mark.x2, mark.y2)
        )


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_exam_of_a_class_lies_within_reach(client, instructor, learner, day):
    course = factories.create_course(staff=[instructor])
    client.force_login(instructor)
    said = {"course": course.pk, "name": "Tuesday", "time_zone": "Pacific/Kiritimati", "exam_on": day}

    page = client.post(reverse("admin:classes_cohort_add"), said)

    assert page.status_code == 200
    assert "exam_on" in page.context["adminform"].form.errors
    assert not Cohort.objects.exists()


def test_plan_for_a_day_that_a_class_had_before_ends_within_reach(client, learner):
    """8,000 years took 42 seconds; the number of days is counted here, not the time."""
    course = factories.create_course()
    factories.create_lesson(course)
    factories.create_cohort(course, learners=[learner], exam_on=date(9999, 12, 31))
    client.force_login(learner)

    plan = client.get(reverse("progress:plan", args=[course.slug])).context["plan"]

    assert len(plan.days) <= FURTHEST_PLANNED + 1
