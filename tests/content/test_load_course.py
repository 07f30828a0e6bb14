"""Loading a course: all or nothing, twice the same, edits kept, what is dropped retired."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from content.authoring import save_lesson, save_question
from content.loading import Conflict
from content.models import (
    Asset,
    Course,
    Event,
    Figure,
    Lesson,
    Module,
    Passage,
    Question,
    QuestionVersion,
    Term,
    Topic,
    Work,
)

pytestmark = pytest.mark.django_db


def everything():
    """Every row of the app, column by column."""
    return {
        model.__name__: [
            {name: str(value) for name, value in vars(row).items() if not name.startswith("_")}
            for row in model.objects.order_by("pk")
        ]
        for model in apps.get_app_config("content").get_models()
    }


def test_a_course_is_loaded_with_all_its_parts(folder):
    loaded = folder.load()

    assert (loaded.added, loaded.changed, loaded.unchanged, loaded.retired) == (10, 0, 0, 0)
    course = Course.objects.get(slug="rivers")
    assert (course.title, course.time_zone, course.source_title) == (
        "Rivers",
        "Europe/Paris",
        "A page about rivers",
    )
    assert course.summary_html == "<p>Where rivers come from and where they go.</p>"
    assert [quiz["id"] for quiz in course.quizzes] == ["module-1"]
    lesson = Lesson.objects.get(course=course)
    assert (lesson.module.slug, lesson.slug, lesson.state) == ("water", "springs", "ready")
    assert [passage.slug for passage in lesson.passages.all()] == ["what-a-spring-is", "how-much-water"]
    assert [objective.slug for objective in lesson.objectives.all()] == ["explain-springs"]
    question = Question.objects.get(slug="what-feeds-springs")
    assert (question.passage.slug, question.objective.slug) == ("what-a-spring-is", "explain-springs")
    assert [topic.name for topic in question.topics.all()] == ["water"]
    assert question.current.number == 1
    assert question.stem_text == "What feeds a spring?"
    assert Work.objects.get(slug="atlas-1999").short == "Institute of Maps, No. 7 (1999)"
    assert Term.objects.get().definition_html == "A layer of rock that holds water."
    event = Event.objects.get()
    assert (event.date, event.end, event.lesson, event.works) == (
        "1910-01",
        "1910-03",
        lesson,
        ["atlas-1999"],
    )
    assert Figure.objects.get().definition["rows"] == [["January", 420], ["July", 98.5]]


def test_a_lesson_carries_what_its_page_needs(folder):
    folder.load()

    lesson = Lesson.objects.get()
    asset = Asset.objects.get()
    first, second = lesson.passages.all()
    assert lesson.lead == [{"html": "<p>A river begins where water comes to light.</p>"}]
    assert [list(segment) for segment in first.segments] == [["html"], ["check"]]
    assert second.segments[1] == {"figure": "flow-by-month"}
    assert f'<img src="{asset.file.url}" alt="Water runs out between two rocks">' in first.segments[0]["html"]
    assert 'href="/courses/rivers/glossary/#term-aquifer"' in first.segments[0]["html"]
    assert lesson.summary_html == "<p>Springs are fed by aquifers.</p>"
    assert lesson.claims == [
        {
            "claim_html": "Rivers begin in the mountains.",
            "verdict": "imprecise",
            "record_html": "Many begin on plains.",
            "works": ["atlas-1999"],
        }
    ]
    assert list(lesson.apparatus["terms"]) == ["aquifer"]
    assert [work["id"] for work in lesson.apparatus["works"]] == ["hydrology-2001", "atlas-1999"]
    assert lesson.apparatus["figures"]["flow-by-month"]["unit"] == "cubic metres a second"
    assert (lesson.words, lesson.minutes) == (36, 1)


def test_loading_twice_changes_nothing(folder, now):
    folder.load()
    before = everything()

    loaded = folder.load(now=now + timedelta(days=1))

    assert (loaded.added, loaded.changed, loaded.unchanged, loaded.retired) == (0, 0, 10, 0)
    assert everything() == before


def test_a_second_load_writes_no_row(folder):
    folder.load()

    with CaptureQueriesContext(connection) as queries:
        folder.load()

    verbs = {query["sql"].split()[0] for query in queries}
    assert verbs <= {"SELECT", "BEGIN", "SAVEPOINT", "RELEASE", "COMMIT"}


def test_a_change_of_wording_is_a_new_version_of_that_question_only(folder):
    folder.load()
    old = Question.objects.get(slug="july-flow").current
    folder.change("questions/springs.yaml", "How much water flows in July?", "How much water runs in July?")

    loaded = folder.load()

    assert (loaded.changed, loaded.unchanged) == (1, 9)
    question = Question.objects.get(slug="july-flow")
    assert question.current.number == 2
    assert question.stem_text == "How much water runs in July?"
    old.refresh_from_db()
    assert old.content["stem"] == "How much water flows in July?"
    assert QuestionVersion.objects.count() == 3


def test_a_change_beside_the_wording_is_no_new_version(folder):
    folder.load()
    folder.change("questions/springs.yaml", "tags: [water]", "tags: [rock, water]")

    folder.load()

    assert QuestionVersion.objects.count() == 2
    assert sorted(Topic.objects.values_list("name", flat=True)) == ["rock", "water"]


def test_a_passage_keeps_its_row_when_words_and_lesson_change(folder):
    folder.load()
    passage = Passage.objects.get(slug="how-much-water")
    move_second_passage(folder)

    folder.load()

    moved = Passage.objects.get(slug="how-much-water")
    assert (moved.pk, moved.title, moved.lesson.slug) == (passage.pk, "How much flows", "floods")
    assert not moved.is_retired
    assert Question.objects.get(slug="july-flow").passage_id == passage.pk


def move_second_passage(folder):
    """Into a lesson of its own, with its question and objective."""
    text = (folder.path / "lessons/springs.md").read_text()
    start, end = text.index("## How much water"), text.index(":::claims")
    passage = text[start:end].replace("## How much water", "## How much flows")
    (folder.path / "lessons/springs.md").write_text(text[:start] + text[end:])
    (folder.path / "lessons/floods.md").write_text(f"---\nid: floods\ntitle: Floods\n---\n\n{passage}")
    questions = (folder.path / "questions/springs.yaml").read_text()
    cut = questions.index("- id: july-flow")
    (folder.path / "questions/springs.yaml").write_text(questions[:cut])
    (folder.path / "questions/floods.yaml").write_text(questions[cut:])
    folder.change(
        "course.toml", 'source_section = "1"\nlessons = ["springs"]', 'lessons = ["floods", "springs"]'
    )
    folder.change("course.toml", 'lessons = ["springs"]\nlevels', 'lessons = ["floods"]\nlevels')


def test_what_the_files_drop_is_retired_and_what_returns_is_the_same_row(folder):
    move_second_passage(folder)
    with_floods = folder.files()
    folder.load()
    ids = {
        model: model.objects.get(slug=slug).pk
        for model, slug in ((Lesson, "floods"), (Question, "july-flow"))
    }
    (folder.path / "lessons/floods.md").unlink()
    (folder.path / "questions/floods.yaml").unlink()
    (folder.path / "figures/flow-by-month.toml").unlink()
    (folder.path / "timeline.yaml").unlink()
    folder.change("course.toml", '"floods", ', "")
    folder.change(
        "course.toml", '\n[[quizzes.slots]]\ndraw = 1\nlessons = ["floods"]\nlevels = ["remember"]\n', ""
    )

    loaded = folder.load()

    assert loaded.retired == 4
    assert Lesson.objects.get(slug="floods").state == "retired"
    assert Question.objects.get(slug="july-flow").state == "retired"
    assert Figure.objects.get().is_retired
    assert Event.objects.get().is_retired

    for name, data in with_floods.items():
        (folder.path / name).write_bytes(data)
    folder.load()

    assert Lesson.objects.get(slug="floods", state="ready").pk == ids[Lesson]
    assert Question.objects.get(slug="july-flow", state="ready").pk == ids[Question]
    assert QuestionVersion.objects.count() == 2
    assert not Figure.objects.get().is_retired


def test_a_changed_term_reaches_the_lessons_that_use_it(folder):
    folder.load()
    folder.change("glossary.yaml", "A layer of rock that holds water.", "Rock that holds *water*.")
    folder.change("sources.yaml", "year: 2001", "year: 2002")

    folder.load()

    lesson = Lesson.objects.get()
    assert lesson.apparatus["terms"]["aquifer"]["html"] == "Rock that holds <em>water</em>."
    assert "A. Author (2002)" in lesson.passages.first().segments[0]["html"]
    assert lesson.revisions.count() == 1


# --- conflicts ----------------------------------------------------------------


def edit_question(now, stem="What fills a spring?"):
    question = Question.objects.get(slug="what-feeds-springs")
    save_question(
        question.course,
        question.slug,
        kind=question.kind,
        content=question.current.content | {"stem": stem},
        lesson=question.lesson,
        passage=question.passage,
        objective=question.objective,
        level=question.level,
        topics=[topic.name for topic in question.topics.all()],
        works=question.works,
        use=question.use,
        state=question.state,
        position=question.position,
        by=None,
        now=now,
    )


def test_an_edit_stops_the_load_and_is_named(folder, now):
    folder.load()
    edit_question(now)
    Term.objects.update(term="Water-bearing rock")
    folder.change("course.toml", 'title = "Rivers"', 'title = "All rivers"')

    with pytest.raises(Conflict) as stopped:
        folder.load()

    assert [str(problem) for problem in stopped.value.problems] == [
        'glossary.yaml:1:7: error: the glossary term "aquifer" was edited in the product since it was last loaded; '
        "keep the edit with dump_course, or replace it with --overwrite",
        'questions/springs.yaml:1:7: error: the question "what-feeds-springs" was edited in the product since it was '
        "last loaded; keep the edit with dump_course, or replace it with --overwrite",
    ]
    assert Course.objects.get().title == "Rivers"


def test_overwrite_replaces_an_edit_by_a_further_version(folder, now):
    folder.load()
    edit_question(now)

    folder.load(overwrite=True)

    versions = Question.objects.get(slug="what-feeds-springs").versions.order_by("number")
    assert [version.content["stem"] for version in versions] == [
        "What feeds a spring?",
        "What fills a spring?",
        "What feeds a spring?",
    ]
    assert folder.load().unchanged == 10


def test_the_same_edit_on_both_sides_is_no_conflict(folder, now):
    folder.load()
    edit_question(now)
    folder.change("questions/springs.yaml", "stem: What feeds a spring?", "stem: What fills a spring?")

    folder.load()

    assert Question.objects.get(slug="what-feeds-springs").current.number == 2


def test_an_edited_lesson_is_a_conflict(folder, now):
    folder.load()
    lesson = Lesson.objects.get()
    save_lesson(lesson, {"body": lesson.body.replace("comes to light", "sees the light")}, by=None, now=now)

    with pytest.raises(Conflict, match='the lesson "springs" was edited'):
        folder.load()


def test_what_was_made_in_the_product_is_left_alone(folder, now):
    folder.load()
    course, module = Course.objects.get(), Module.objects.get()
    save_lesson(
        Lesson(course=course, module=module, slug="lakes", title="Lakes"),
        {"body": "## What a lake is {#what-a-lake-is}\n\nStill water.\n"},
        by=None,
        now=now,
    )

    loaded = folder.load()

    assert loaded.retired == 0
    assert Lesson.objects.get(slug="lakes").state == "ready"


def test_an_object_of_the_product_with_an_id_of_the_files_is_a_conflict(folder):
    folder.load()
    Term.objects.create(course=Course.objects.get(), slug="well", term="Well", definition="A hole.")
    with open(folder.path / "glossary.yaml", "a") as file:
        file.write("\n- id: well\n  term: Well\n  definition: A hole with water in it.\n")

    with pytest.raises(Conflict, match='the glossary term "well" is in the product already'):
        folder.load()


def test_a_dropped_object_that_was_edited_is_a_conflict(folder):
    folder.load()
    Event.objects.update(text="The Seine flooded the whole of Paris.")
    (folder.path / "timeline.yaml").unlink()

    with pytest.raises(Conflict, match='the event "great-flood" is not in the files and was edited'):
        folder.load()


def test_a_question_never_changes_its_kind(folder):
    folder.load()
    text = (folder.path / "questions/springs.yaml").read_text()
    choice, numeric = text.split("- id: july-flow")
    swapped = choice.replace("what-feeds-springs", "july-flow") + "- id: what-feeds-springs" + numeric
    (folder.path / "questions/springs.yaml").write_text(swapped)
    folder.change("course.toml", 'levels = ["remember"]', 'levels = ["understand"]')

    with pytest.raises(
        Conflict, match='"july-flow" was loaded as numeric; give a question of a new kind a new id'
    ):
        folder.load(overwrite=True)


def fail_at(table):
    """The database fails when the first row of this table comes."""

    def execute(run, sql, params, many, context):
        if sql.startswith(f'INSERT INTO "{table}"'):
            raise OperationalError("disk I/O error")
        return run(sql, params, many, context)

    return connection.execute_wrapper(execute)


def test_a_failure_in_the_middle_leaves_nothing(folder):
    with pytest.raises(OperationalError), fail_at("content_questionversion"):
        folder.load()

    assert everything() == {model.__name__: [] for model in apps.get_app_config("content").get_models()}


# --- images -------------------------------------------------------------------


def test_an_image_is_stored_once_under_its_hash(folder, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        folder.load()

    asset = Asset.objects.get()
    assert (asset.name, asset.media_type, asset.width, asset.height) == ("spring.png", "image/png", 4, 3)
    assert asset.alt == "Water runs out between two rocks"
    assert asset.file.name == f"assets/{asset.sha256}.png"
    stored = settings.MEDIA_ROOT / asset.file.name
    assert stored.read_bytes() == (folder.path / "assets/spring.png").read_bytes()
    assert list(stored.parent.iterdir()) == [stored]


def test_an_undone_load_serves_no_image(folder, settings):
    with pytest.raises(OperationalError), fail_at("content_questionversion"):
        folder.load()

    assert not [path for path in (settings.MEDIA_ROOT / "assets").iterdir() if path.suffix == ".png"]


def test_where_a_camera_stood_is_removed_from_an_image(folder, settings, django_capture_on_commit_callbacks):
    exif = Image.Exif()
    exif[0x010F] = "Camera of someone"
    exif[0x0112] = 6  # to be turned by a quarter
    Image.new("RGB", (8, 4)).save(folder.path / "assets/photo.jpg", exif=exif)
    folder.change("lessons/springs.md", "assets/spring.png", "assets/photo.jpg")

    with django_capture_on_commit_callbacks(execute=True):
        folder.load()

    asset = Asset.objects.get(name="photo.jpg")
    data = (settings.MEDIA_ROOT / asset.file.name).read_bytes()
    assert b"Camera of someone" not in data
    assert (asset.width, asset.height) == (4, 8)


# --- the command --------------------------------------------------------------


def test_if_absent_leaves_an_existing_course_as_it_is(folder):
    call_command("load_course", str(folder.path), "--if-absent", stdout=StringIO())
    folder.change("course.toml", 'title = "Rivers"', 'title = "All rivers"')

    call_command("load_course", str(folder.path), "--if-absent", stdout=StringIO())

    assert Course.objects.get().title == "Rivers"


def test_the_command_counts_what_it_did(folder):
    out = StringIO()

    call_command("load_course", str(folder.path), stdout=out)

    assert out.getvalue() == "rivers: 10 added, 0 changed, 0 unchanged, 0 retired; 0 warnings.\n"


@pytest.mark.parametrize("check", [[], ["--check"]], ids=["load", "check"])
def test_exam_that_asks_what_can_be_practised_is_told_where_its_preset_stands(folder, check):
    folder.change("course.toml", 'preset = "learn"', 'preset = "exam"')
    out = StringIO()

    call_command("load_course", str(folder.path), *check, stdout=out)

    assert re.search(
        r"course\.toml:24:\d+: warning: \d+ of its questions can also be practised", out.getvalue()
    )
    assert "1 warning." in out.getvalue()
    assert Course.objects.exists() is not bool(check)
