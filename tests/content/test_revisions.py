"""What lessons refer to, modules and the course itself: who changed what and when, and the way back."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from content.admin.revising import WithHistory
from content.authoring import Refused, save_lesson
from content.models import Event, Figure, Module, RowRevision, Term, Work
from content.revisions import FIELDS, document_of, restore_row, revisions_of, save_row
from tests import factories
from tests.factories import THEN

BARS = {
    "title": "Levels",
    "kind": "bars",
    "columns": ["Year", "Metres"],
    "rows": [["2003", 4], ["2004", 5]],
    "label_column": 0,
    "value_columns": [1],
    "description": "Two years.",
}


@pytest.fixture
def rows(course, lesson):
    """One of each kind, and what an author changes in it."""
    term = Term.objects.create(course=course, slug="delta", term="Delta", definition="A mouth of a river.")
    event = Event.objects.create(course=course, slug="flood", date="1910", text="A flood.", lesson=lesson)
    work = Work.objects.create(course=course, slug="atlas", definition={"title": "Atlas", "year": 1999})
    figure = Figure.objects.create(course=course, slug="levels", title="Levels", definition=BARS)
    asset = factories.create_asset(course)
    other = factories.create_asset(factories.create_course("lakes"))
    bytes_of_another = {name: getattr(other, name) for name in ("sha256", "file", "width", "height")}
    return {
        "course": (course, {"title": "Rivers of the world", "is_draft": True}),
        "module": (lesson.module, {"title": "Springs", "position": 7}),
        "term": (term, {"definition": "Where a river meets the sea.", "lessons": [lesson.slug]}),
        "event": (event, {"text": "A great flood.", "lesson": None, "works": ["atlas"]}),
        "work": (work, {"definition": {"title": "Great atlas", "publisher": "Maps"}, "is_retired": True}),
        "figure": (figure, {"definition": BARS | {"title": "Depths", "rows": [["2003", 9]]}}),
        "asset": (asset, {"alt": "A map of two rivers"} | bytes_of_another),
    }


KINDS = ["course", "module", "term", "event", "work", "figure", "asset"]


def change(row, fields, by, now=THEN):
    for name, value in fields.items():
        setattr(row, name, value)
    return save_row(row, by=by, now=now)


def again(row):
    return type(row).objects.get(pk=row.pk)


@pytest.mark.parametrize("kind", KINDS)
def test_row_comes_back_as_it_was_and_the_way_back_is_a_revision(rows, instructor, kind):
    row, fields = rows[kind]
    before = document_of(row)
    change(row, fields, instructor)
    after = document_of(again(row))

    restore_row(revisions_of(row).get(number=1), by=instructor, now=THEN + timedelta(hours=1))

    assert before != after
    assert document_of(again(row)) == before
    kept = list(revisions_of(row).order_by("number").values_list("document", "created_by", "note"))
    assert kept == [
        (before, None, "As it stood before"),
        (after, instructor.pk, ""),
        (before, instructor.pk, "Restored from revision 1"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_saving_what_is_there_already_is_no_change(rows, instructor, kind):
    row, fields = rows[kind]
    change(row, fields, instructor)

    assert save_row(again(row), by=instructor, now=THEN) is False
    assert revisions_of(row).count() == 2


def test_every_admin_page_of_such_a_row_keeps_its_history():
    for model in FIELDS:
        assert isinstance(admin.site.get_model_admin(model), WithHistory), model


def test_what_the_course_files_changed_meanwhile_is_written_down_with_the_next_change(rows, instructor):
    term, fields = rows["term"]
    change(term, fields, instructor)
    Term.objects.filter(pk=term.pk).update(definition="Out of the files.")

    change(again(term), {"definition": "By hand again."}, instructor)

    assert [r.document["definition"] for r in revisions_of(term).order_by("number")] == [
        "A mouth of a river.",
        "Where a river meets the sea.",
        "Out of the files.",
        "By hand again.",
    ]


def test_restored_words_stand_in_the_lessons_again(rows, lesson, instructor):
    term, _ = rows["term"]
    save_lesson(lesson, {"body": "## One {#one}\n\nThe [[delta]] is wide.\n"}, by=instructor, now=THEN)
    change(term, {"definition": "Where a river meets the sea."}, instructor)
    lesson.refresh_from_db()
    changed = str(lesson.apparatus)

    restore_row(revisions_of(term).get(number=1), by=instructor, now=THEN)
    lesson.refresh_from_db()

    assert "meets the sea" in changed
    assert "A mouth of a river." in str(lesson.apparatus)


def test_figure_that_cannot_be_drawn_any_more_does_not_come_back(rows, instructor):
    figure, fields = rows["figure"]
    change(figure, fields, instructor)
    first = revisions_of(figure).get(number=1)
    first.document = {"title": "Levels", "kind": "cloud"}
    first.save()

    with pytest.raises(Refused):
        restore_row(first, by=instructor, now=THEN)

    assert again(figure).title == "Depths"


def test_row_that_is_gone_does_not_come_back(rows, instructor):
    event, fields = rows["event"]
    change(event, fields, instructor)
    revision = revisions_of(event).first()
    event.delete()

    with pytest.raises(Refused):
        restore_row(revision, by=instructor, now=THEN)


# --- the pages ----------------------------------------------------------------------


def test_history_says_who_when_and_what_changed_and_brings_it_back(author, rows, instructor):
    term, fields = rows["term"]
    change(term, fields, instructor)
    history = reverse("admin:content_term_history", args=[term.pk])

    page = author.get(history).content.decode()
    answer = author.post(
        reverse("admin:content_row_restore", args=[revisions_of(term).last().pk]), follow=True
    )

    assert "Instructor One" in page
    assert "1 March 2026, 09:00" in page
    assert "removed: </span>A mouth" in page
    assert "added: </span>Where" in page
    assert answer.redirect_chain[-1][0] == history
    assert again(term).definition == "A mouth of a river."
    assert "Restored from revision 1" in answer.content.decode()


def test_change_in_the_admin_is_kept(author, rows):
    term, _ = rows["term"]
    said = {"term": "Delta", "abbreviation": "", "definition": "By hand.", "matters": ""}

    author.post(reverse("admin:content_term_change", args=[term.pk]), said)

    assert again(term).definition == "By hand."
    assert [r.document["definition"] for r in revisions_of(term)] == ["By hand.", "A mouth of a river."]


def test_retiring_from_the_list_is_kept(author, rows, instructor):
    term, _ = rows["term"]

    author.post(reverse("admin:content_term_changelist"), {"action": "retire", "_selected_action": [term.pk]})

    newest = revisions_of(term).first()
    assert (newest.document["is_retired"], newest.created_by, newest.note) == (True, instructor, "Retired")


def test_course_made_in_the_admin_has_its_first_revision(author, instructor):
    said = {"title": "Deserts", "slug": "deserts", "language": "en", "access": "open", "time_zone": "Etc/UTC"}

    author.post(reverse("admin:content_course_add"), said)

    [revision] = RowRevision.objects.filter(slug="deserts")
    assert (revision.document["title"], revision.created_by) == ("Deserts", instructor)


def test_row_without_changes_says_so(author, rows):
    page = author.get(reverse("admin:content_work_history", args=[rows["work"][0].pk])).content.decode()

    assert "Nothing has been changed here yet." in page


def test_revision_of_another_course_is_the_way_to_the_index(author, rows):
    other = factories.create_course("deltas")
    module = Module.objects.create(course=other, slug="m", title="Theirs")
    module.title = "Changed"
    save_row(module, by=None, now=THEN)

    answer = author.post(reverse("admin:content_row_restore", args=[revisions_of(module).last().pk]))

    assert answer["Location"] == reverse("admin:index")
    assert again(module).title == "Changed"


def test_history_costs_the_same_queries_whatever_its_length(author, rows, instructor):
    term, _ = rows["term"]
    url = reverse("admin:content_term_history", args=[term.pk])
    costs = []
    for turn in range(3):
        change(term, {"definition": f"Wording {turn}."}, instructor)
        with CaptureQueriesContext(connection) as captured:
            author.get(url)
        costs.append(len(captured))

    assert costs[0] == costs[2] <= 8


@given(title=st.text(max_size=60), position=st.integers(0, 1000), is_retired=st.booleans())
def test_document_holds_every_field_that_an_author_sets(title, position, is_retired):
    module = Module(slug="m", title=title, position=position, is_retired=is_retired)

    assert document_of(module) == {
        "title": title,
        "position": position,
        "source_section": "",
        "is_retired": is_retired,
    }
