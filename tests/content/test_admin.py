"""Authors in the admin: they write their own courses only, and every save goes through the verbs."""

import io
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from content.authoring import save_lesson
from content.editors import QuestionEditor
from content.forms import FigureForm
from content.models import Asset, Course, CourseStaff, Figure, Lesson, LessonRevision, Question, Term, Work
from content.questions import KINDS
from studyapp.accounts.models import User
from tests import factories
from tests.content.posting import at_once, posted_from
from tests.factories import EXAMPLES, THEN

BODY = """The river begins in the hills.

## Where it begins {#begins}

In a spring.

## Where it ends {#ends}

At the sea.
"""


@pytest.fixture
def foreign(db):
    """A question of a course that somebody else writes."""
    other = factories.create_user("other", is_staff=True)
    return factories.create_question(
        factories.create_lesson(factories.create_course("deltas", staff=[other]))
    )


def columns(question=None, *, lesson, **more):
    """What the part of the form beside the wording posts."""
    said = {"lesson": lesson.pk, "passage": lesson.passages.first().pk, "level": "remember", "use": "both"}
    return said | {"state": "ready", "seen": question.current.number if question else ""} | more


def change(question):
    return reverse("admin:content_question_change", args=[question.pk])


def add(course, kind):
    return f"{reverse('admin:content_question_add')}?course={course.slug}&kind={kind}"


# --- questions ------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_question_of_each_kind_is_written_by_its_form(author, course, lesson, kind):
    posted = posted_from(QuestionEditor(kind, content=KINDS[kind].normalise(EXAMPLES[kind])))

    response = author.post(add(course, kind), {**posted.dict(), **columns(lesson=lesson), "slug": "mine"})

    assert response.status_code == 302, response.context["editor"].errors
    question = Question.objects.get(slug="mine")
    assert (question.kind, question.state, question.current.created_by.username) == (
        kind,
        "ready",
        "instructor",
    )
    assert LogEntry.objects.get().object_id == str(question.pk)


def test_question_gets_an_id_from_its_words_and_never_a_taken_one(author, course, lesson):
    for _ in range(2):
        posted = posted_from(QuestionEditor("true_false", content=EXAMPLES["true_false"]))
        posted["q-stem"] = "Rivers flow, as Heraclitus said."
        author.post(add(course, "true_false"), {**posted.dict(), **columns(lesson=lesson)})

    slugs = set(Question.objects.values_list("slug", flat=True))
    assert slugs == {"rivers-flow-as-heraclitus-said", "rivers-flow-as-heraclitus-said-2"}


def test_changed_wording_is_a_new_version_with_who_and_why(author, lesson, instructor):
    question = factories.create_question(lesson)
    posted = posted_from(QuestionEditor(question.kind, content=question.current.content))
    posted["q-stem"] = "Another statement to be judged."

    author.post(change(question), {**posted.dict(), **columns(question, lesson=lesson), "note": "clearer"})

    question.refresh_from_db()
    version = question.current
    assert (version.number, version.created_by, version.note) == (2, instructor, "clearer")
    assert version.content["stem"] == "Another statement to be judged."


def test_saving_without_a_change_writes_nothing(author, lesson):
    question = factories.create_question(lesson)
    posted = posted_from(QuestionEditor(question.kind, content=question.current.content))
    said = columns(question, lesson=lesson, position=question.position)

    author.post(change(question), {**posted.dict(), **said})

    question.refresh_from_db()
    assert question.current.number == 1
    assert not LogEntry.objects.exists()


def test_changed_columns_are_told_in_the_log_and_make_no_version(author, lesson):
    question = factories.create_question(lesson)
    posted = posted_from(QuestionEditor(question.kind, content=question.current.content))
    said = columns(
        question, lesson=lesson, position=question.position, topics="Water, old  rivers", use="exam"
    )

    author.post(change(question), {**posted.dict(), **said})

    question.refresh_from_db()
    assert (question.use, question.current.number) == ("exam", 1)
    told = LogEntry.objects.get().get_change_message()
    assert told == "Tags: none → old-rivers, water; Used for: Practice and exams → Exams only."


def test_question_that_its_kind_refuses_is_not_saved_and_says_so_at_the_field(author, course, lesson):
    posted = posted_from(QuestionEditor("numeric", content=EXAMPLES["numeric"]))
    posted["answers-0-value"] = "many"

    response = author.post(add(course, "numeric"), {**posted.dict(), **columns(lesson=lesson)})

    assert response.status_code == 422
    assert "value" in response.context["editor"].row_sets[0].forms[0].errors
    assert not Question.objects.exists()


def test_two_authors_do_not_overwrite_each_other_unseen(author, lesson):
    question = factories.create_question(lesson)
    posted = posted_from(QuestionEditor(question.kind, content=question.current.content))
    posted["q-stem"] = "What I wrote meanwhile."
    said = {**posted.dict(), **columns(question, lesson=lesson)}
    other = dict(question.current.content, stem="What somebody else wrote first.")
    factories.create_question(lesson, question.slug, kind=question.kind, content=other)

    refused = author.post(change(question), said)
    question.refresh_from_db()
    stem_between = question.current.content["stem"]
    again = author.post(change(question), {**said, "seen": refused.context["columns"].data["seen"]})

    assert refused.status_code == 422
    assert "while you were writing" in refused.content.decode()
    assert stem_between == "What somebody else wrote first."
    assert again.status_code == 302


def test_preview_is_what_a_learner_sees_and_saves_nothing(author, course, lesson):
    posted = posted_from(QuestionEditor("single_choice", content=EXAMPLES["single_choice"]))
    posted["q-stem"] = "Which *river* is it?"

    said = {**posted.dict(), "preview": "1"}
    part = author.post(add(course, "single_choice"), said, headers={"HX-Request": "true"}).content.decode()
    page = author.post(add(course, "single_choice"), said).content.decode()

    assert "Which <em>river</em> is it?" in part
    assert 'type="radio"' in part
    assert "<html" not in part
    assert "Which <em>river</em> is it?" in page
    assert 'name="q-stem"' in page
    assert not Question.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_preview_shows_every_kind_as_it_is_asked_and_answered(author, course, kind):
    posted = posted_from(QuestionEditor(kind, content=KINDS[kind].normalise(EXAMPLES[kind])))

    said = {**posted.dict(), "preview": "1"}
    part = author.post(add(course, kind), said, headers={"HX-Request": "true"}).content.decode()

    asked, answered = part.split("With the right answer given")
    assert re.search(r"<(input|select|textarea)[^>]* name=\"asked-", asked)
    assert "SECRET" not in asked
    assert "SECRET" in answered
    assert not Question.objects.exists()


def test_hints_come_beside_their_fields_while_writing_and_stay_after_saving(author, course, lesson):
    posted = posted_from(QuestionEditor("multiple_choice"))
    posted["q-stem"], posted["options-0-text"] = "Which is not a river?", "All of the above"
    weak = EXAMPLES["multiple_choice"] | {"stem": "Which is not a river?", "explanation": ""}
    question = factories.create_question(lesson, kind="multiple_choice", content=weak)
    Question.objects.update(passage=None)

    said = {**posted.dict(), "preview": "1"}
    live = author.post(add(course, "multiple_choice"), said, headers={"HX-Request": "true"}).content.decode()
    plain = author.post(add(course, "multiple_choice"), said).content.decode()
    saved = author.get(change(question)).content.decode()

    beside = {
        "hints-id_q-stem": "A negative stem tests attention",
        "hints-id_options-0-text": "This can be judged without knowing the subject",
        "hints-id_passage": "a wrong answer has nothing to open",
    }
    for at, words in beside.items():
        assert re.search(rf'id="{at}" hx-swap-oob="true"><p class="hint">[^<]*{words}', live), at
        assert re.search(rf'id="{at}"><p class="hint">[^<]*{words}', plain), at
    assert re.search(r'id="hints-id_q-stem"><p class="hint">A negative stem', saved)
    assert re.search(r'id="hints-id_q-explanation"><p class="hint">There is no explanation', saved)
    assert re.search(r'id="hints-id_passage"><p class="hint">[^<]*has nothing to open', saved)


def test_saving_says_how_many_hints_are_left(author, course, lesson):
    posted = posted_from(QuestionEditor("true_false", content=EXAMPLES["true_false"])).dict()
    sound = posted | {"q-feedback_true": "So.", "q-feedback_false": "So."} | columns(lesson=lesson)

    weak = author.post(add(course, "true_false"), sound | {"q-explanation": ""}, follow=True).content.decode()
    plain = author.post(add(course, "true_false"), sound, follow=True).content.decode()

    assert "1 hint stands beside the fields of" in weak
    assert "beside the fields of" not in plain


def test_button_for_more_rows_works_without_javascript(author, course):
    posted = posted_from(QuestionEditor("single_choice"))
    posted["options-0-text"] = "The Tigris"

    page = author.post(add(course, "single_choice"), {**posted.dict(), "more": "options"}).content.decode()

    assert 'name="options-5-text"' in page
    assert "The Tigris" in page
    assert "Nothing was saved" not in page


def test_history_tells_who_changed_which_words_and_brings_them_back(author, lesson, instructor):
    question = factories.create_question(lesson, by=instructor)
    old = question.current.content
    factories.create_question(
        lesson,
        question.slug,
        kind=question.kind,
        content=dict(old, stem="Quite another statement."),
        by=instructor,
    )

    page = author.get(reverse("admin:content_question_history", args=[question.pk])).content.decode()
    author.post(reverse("admin:content_question_restore", args=[question.pk, 1]))

    assert "Instructor One" in page
    assert "added: </span>Quite" in page
    question.refresh_from_db()
    assert (question.current.number, question.current.content) == (3, old)


def test_bank_is_searched_in_options_and_feedback_whatever_the_case(author, lesson):
    content = {
        "stem": "Which river?",
        "options": [
            {"text": "Die Ößel", "correct": True},
            {"text": "Lethe", "feedback": "That one is of the dead."},
        ],
    }
    factories.create_question(lesson, "rivers", kind="single_choice", content=content)
    factories.create_question(lesson, "other")
    factories.create_question(lesson, "filled", kind="gaps")
    url = reverse("admin:content_question_changelist")

    found = {
        words: [q.slug for q in author.get(url, {"q": words}).context["cl"].result_list]
        for words in ("öSSEL", "dead", "river lethe", "galilei", "nothing of it")
    }

    assert found == {
        "öSSEL": ["rivers"],
        "dead": ["rivers"],
        "river lethe": ["rivers"],
        "galilei": ["filled"],
        "nothing of it": [],
    }


def test_retiring_keeps_the_question_and_its_answers(author, lesson, learner):
    question = factories.create_question(lesson)
    factories.create_answer(learner, question)

    asked = at_once(author, "retire", question)
    before = Question.objects.get().state
    at_once(author, "retire", question, apply=True)

    question.refresh_from_db()
    assert "asked no more" in asked.content.decode()
    assert (before, question.state) == ("ready", "retired")
    assert question.items.count() == 1


# --- rights ---------------------------------------------------------------------


def test_lists_and_choices_hold_the_own_course_only(author, lesson, foreign):
    question = factories.create_question(lesson)
    url = reverse("admin:content_question_changelist")

    listed = author.get(url)
    page = author.get(change(question)).content.decode()

    assert [q.pk for q in listed.context["cl"].result_list] == [question.pk]
    assert "Deltas" not in listed.content.decode()
    assert "Sources of deltas" not in page
    assert str(foreign.lesson.passages.first().title) not in page.replace(
        str(lesson.passages.first().title), ""
    )


@pytest.mark.parametrize("field", ["lesson", "passage", "objective"])
def test_foreign_ids_in_the_form_are_refused(author, course, lesson, foreign, field):
    posted = posted_from(QuestionEditor("true_false", content=EXAMPLES["true_false"]))
    ids = {"lesson": foreign.lesson_id, "passage": foreign.passage_id, "objective": 99}

    response = author.post(
        add(course, "true_false"),
        {**posted.dict(), **columns(lesson=lesson), field: ids[field], "slug": "mine"},
    )

    assert response.status_code == 422
    assert field in response.context["columns"].errors
    assert not Question.objects.filter(slug="mine").exists()


def test_foreign_question_can_neither_be_saved_nor_restored_nor_moved(author, lesson, foreign):
    posted = posted_from(QuestionEditor(foreign.kind, content=foreign.current.content))
    posted["q-stem"] = "Taken over."

    saved = author.post(change(foreign), {**posted.dict(), **columns(foreign, lesson=lesson)})
    author.post(reverse("admin:content_question_restore", args=[foreign.pk, 1]))
    at_once(author, "retire", foreign, apply=True)

    assert saved.url == reverse("admin:index")
    foreign.refresh_from_db()
    assert (foreign.state, foreign.current.number) == ("ready", 1)


def test_course_of_another_cannot_be_written_to(author, foreign):
    page = author.get(add(foreign.course, "true_false")).content.decode()

    assert "deltas" not in page.lower()


def test_right_ends_with_the_place_on_the_staff(author, course, lesson, instructor):
    question = factories.create_question(lesson)
    CourseStaff.objects.filter(user=instructor).delete()

    assert author.get(change(question)).status_code in (302, 403)
    assert course.title not in author.get(reverse("admin:index")).content.decode()


def test_nobody_but_a_superuser_sees_users_or_sets_rights(author, instructor):
    page = author.get(reverse("admin:index")).content.decode()

    assert "/admin/auth/" not in page
    assert "/admin/accounts/" not in page
    assert author.get("/admin/auth/group/").status_code == 403
    assert not User.objects.get(pk=instructor.pk).is_superuser


def test_learner_does_not_get_in(client, learner, lesson):
    question = factories.create_question(lesson)
    client.force_login(learner)

    assert client.get(change(question)).status_code == 302


# --- lessons ----------------------------------------------------------------------


def lesson_posted(module, **more):
    rows = {"objectives-TOTAL_FORMS": "1", "objectives-INITIAL_FORMS": "0", "objectives-0-id": "tell-source"}
    rows |= {"objectives-0-level": "remember", "objectives-0-text": "Tell where the river begins."}
    said = {"title": "The river", "module": module.pk, "state": "ready", "body": BODY, "seen": "0"}
    return {**rows, **said, **more}


def test_lesson_is_written_with_its_passages_and_objectives(author, course, lesson):
    url = f"{reverse('admin:content_lesson_add')}?course={course.slug}"

    response = author.post(url, lesson_posted(lesson.module, slug="the-river"))

    assert response.status_code == 302, response.context["problems"]
    made = Lesson.objects.get(slug="the-river")
    assert [passage.slug for passage in made.passages.all()] == ["begins", "ends"]
    assert [objective.slug for objective in made.objectives.all()] == ["tell-source"]


def test_lesson_with_a_mistake_names_its_line_and_is_not_saved(author, course, lesson):
    url = f"{reverse('admin:content_lesson_add')}?course={course.slug}"
    body = BODY + "\n## Without an id\n\nText.\n"

    response = author.post(url, lesson_posted(lesson.module, slug="the-river", body=body))

    assert response.status_code == 422
    assert f'data-line="{BODY.count(chr(10)) + 2}"' in response.content.decode()
    assert not Lesson.objects.filter(slug="the-river").exists()


def test_lesson_preview_shows_the_text_and_saves_nothing(author, course, lesson):
    url = f"{reverse('admin:content_lesson_add')}?course={course.slug}"
    said = lesson_posted(lesson.module, slug="the-river", preview="1")

    part = author.post(url, said, headers={"HX-Request": "true"}).content.decode()

    assert "<p>In a spring.</p>" in part
    assert "<html" not in part
    assert not Lesson.objects.filter(slug="the-river").exists()


def test_lesson_history_shows_changed_lines_and_restores_them(author, instructor, lesson):
    for number, words in enumerate(("In a spring.", "In a glacier.")):
        fields = {"body": BODY.replace("In a spring.", words)}
        save_lesson(lesson, fields, by=instructor, now=THEN, note=f"turn {number}")
    url = reverse("admin:content_lesson_history", args=[lesson.pk])

    page = author.get(url).content.decode()
    author.post(reverse("admin:content_lesson_restore", args=[lesson.pk, 1]))

    assert "removed: </span>In a spring." in page
    assert "added: </span>In a glacier." in page
    lesson.refresh_from_db()
    assert "In a spring." in lesson.body
    assert LessonRevision.objects.filter(lesson=lesson).count() == 3


# --- courses and what lessons refer to ----------------------------------------------


def test_author_makes_a_course_and_may_write_it(author, instructor):
    said = {"title": "Deserts", "slug": "deserts", "language": "en", "access": "open", "time_zone": "Etc/UTC"}

    response = author.post(reverse("admin:content_course_add"), said)

    assert response.status_code == 302
    made = Course.objects.get(slug="deserts")
    assert CourseStaff.objects.get(course=made, user=instructor).role == "owner"


def test_course_with_a_zone_that_is_none_is_refused(author, course):
    said = {"title": "Rivers", "language": "en", "access": "open", "time_zone": "Mars/Olympus"}

    response = author.post(reverse("admin:content_course_change", args=[course.pk]), said)

    assert "Mars/Olympus” is not a time zone" in response.content.decode()
    course.refresh_from_db()
    assert course.time_zone == "Etc/UTC"


def test_notice_is_rendered_when_it_is_saved(author, course):
    said = {
        "title": "Rivers",
        "language": "en",
        "access": "open",
        "time_zone": "Etc/UTC",
        "notice": "Made by *us*.",
    }

    author.post(reverse("admin:content_course_change", args=[course.pk]), said)

    course.refresh_from_db()
    assert course.notice_html.strip() == "<p>Made by <em>us</em>.</p>"


def test_term_is_saved_rendered_and_its_course_stays(author, course):
    author.post(
        reverse("admin:content_term_add"),
        {"course": course.pk, "term": "Delta", "slug": "delta", "definition": "The *mouth* of a river."},
    )

    assert Term.objects.get().definition_html == "The <em>mouth</em> of a river."


def test_work_keeps_what_its_form_does_not_show(author, course):
    work = Work.objects.create(
        course=course, slug="w", definition={"title": "On water", "url": "kept", "year": 1999}
    )

    author.post(
        reverse("admin:content_work_change", args=[work.pk]),
        {"title": "On rivers", "author": "A. Author", "year": "2001"},
    )

    work.refresh_from_db()
    assert work.definition == {"title": "On rivers", "url": "kept", "year": 2001, "author": "A. Author"}
    assert work.label == "A. Author, On rivers, 2001."


def picture(name="map.png", form="PNG"):
    out = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(out, form)
    return SimpleUploadedFile(name, out.getvalue())


@pytest.fixture
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.usefixtures("_media")
def test_image_is_kept_by_what_it_is_and_needs_words(author, course, django_capture_on_commit_callbacks):
    url = reverse("admin:content_asset_add")

    without = author.post(url, {"course": course.pk, "upload": picture(), "alt": " "})
    with django_capture_on_commit_callbacks(execute=True):
        kept = author.post(url, {"course": course.pk, "upload": picture(), "alt": "A red map"})

    assert "Say what the image shows" in without.content.decode()
    assert kept.status_code == 302
    asset = Asset.objects.get()
    assert (asset.name, asset.media_type, asset.width, asset.height) == ("map.png", "image/png", 4, 3)
    assert asset.sha256 in asset.file.name


@pytest.mark.usefixtures("_media")
@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile("map.png", b"<html><script>alert(1)</script>"),
        SimpleUploadedFile("map.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        SimpleUploadedFile("map.png", b""),
    ],
    ids=["html", "svg", "empty"],
)
def test_what_is_no_image_is_refused(author, course, upload):
    response = author.post(
        reverse("admin:content_asset_add"), {"course": course.pk, "upload": upload, "alt": "A map"}
    )

    assert response.status_code == 200
    assert response.context["adminform"].form.errors["upload"]
    assert not Asset.objects.exists()


# --- figures -------------------------------------------------------------------------


FIGURE = {
    "title": "Levels",
    "description": "Two bars.",
    "kind": "bars",
    "columns": ["Year", "Metres", "Basis"],
    "rows": [["2003", 1.5, "count"], ["2004", 2, "estimate"]],
    "label_column": 0,
    "value_columns": [1],
    "basis_column": 2,
}


@pytest.fixture
def figure(course):
    return Figure.objects.create(course=course, slug="levels", title="Levels", definition=FIGURE)


def figure_posted(figure, **more):
    form = FigureForm(instance=figure)
    return {b.html_name: b.value() for b in form if b.value() is not None and b.value() is not False} | more


def test_figure_comes_through_its_form_as_it_was(author, figure):
    response = author.post(reverse("admin:content_figure_change", args=[figure.pk]), figure_posted(figure))

    assert response.status_code == 302
    figure.refresh_from_db()
    assert {key: value for key, value in figure.definition.items() if value != ""} == FIGURE


def test_figure_whose_rows_do_not_fit_is_refused_in_words(author, figure):
    posted = figure_posted(figure, table="Year | Metres | Basis\n2003 | 1.5")

    page = author.post(reverse("admin:content_figure_change", args=[figure.pk]), posted).content.decode()

    assert "cells in this row: 2; columns of the figure: 3" in page
    figure.refresh_from_db()
    assert figure.definition == FIGURE


def test_figure_may_cite_works_of_its_course_only(author, figure, foreign):
    Work.objects.create(course=foreign.course, slug="theirs", definition={"title": "T"})

    page = author.post(
        reverse("admin:content_figure_change", args=[figure.pk]), figure_posted(figure, source="theirs")
    ).content.decode()

    assert "There is no work “theirs” in this course." in page
