"""Dumping a course: the files it came from, byte for byte, and what was edited since."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.authoring import retire_question, save_lesson
from content.coursefiles.definitions import CourseDefinition, Entry
from content.coursefiles.nodes import read_toml, read_yaml
from content.coursefiles.problems import Report
from content.coursefiles.reading import lesson_from_document, plain, read_course
from content.coursefiles.writing import lesson_document, write_course
from content.dumping import definition_of
from content.loading import load_definition
from content.models import Course, Lesson, Module, Question
from content.questions import KINDS
from tests.content.questions.examples import EXAMPLES


@pytest.fixture
def media(django_capture_on_commit_callbacks):
    """Images reach their place when the load commits, which a test never does by itself."""

    def load(folder, **options):
        with django_capture_on_commit_callbacks(execute=True):
            return folder.load(**options)

    return load


def dump(path, slug="rivers"):
    out = StringIO()
    call_command("dump_course", slug, str(path), stdout=out)
    return out.getvalue()


def files_below(path):
    return {f.relative_to(path).as_posix(): f.read_bytes() for f in path.rglob("*") if f.is_file()}


@pytest.mark.django_db
def test_a_dump_gives_the_files_that_were_loaded(folder, media, tmp_path):
    media(folder)

    said = dump(tmp_path / "dumped")

    assert files_below(tmp_path / "dumped") == folder.files()
    assert said == "rivers: 8 files, 8 written, 0 removed.\n"


@pytest.mark.django_db
def test_a_dump_over_the_files_writes_nothing(folder, media):
    media(folder)

    assert dump(folder.path) == "rivers: 8 files, 0 written, 0 removed.\n"


@pytest.mark.django_db
def test_another_way_of_writing_dumps_to_the_same_bytes(folder, media, tmp_path):
    canonical = folder.files()
    folder.change(
        "questions/springs.yaml",
        "    - id: b\n      text: Melted sea ice\n      feedback: Sea ice melts into the sea, below all springs.\n"
        "    - id: c\n      text: Water from wells\n      feedback: Wells take from the same rock; they do not feed it.\n",
        "    # comments are lost\n"
        '    - {text: "Melted sea ice", feedback: "Sea ice melts into the sea, below all springs."}\n'
        "    - text: >\n        Water from\n        wells\n"
        "      feedback: 'Wells take from the same rock; they do not feed it.'\n",
    )
    folder.change("lessons/springs.md", "source_section: '1'", 'source_section: "1"')
    folder.change("course.toml", 'id = "rivers"\ntitle = "Rivers"', 'title = "Rivers"\nid = "rivers"')

    media(folder)
    dump(tmp_path / "dumped")

    assert files_below(tmp_path / "dumped") == canonical


@pytest.mark.django_db
def test_edits_of_the_product_are_dumped_and_load_without_conflict(folder, media, now):
    media(folder)
    lesson = Lesson.objects.get()
    save_lesson(lesson, {"title": "Where rivers begin"}, by=None, now=now)
    save_lesson(
        Lesson(course=lesson.course, module=Module.objects.get(), slug="lakes", title="Lakes"),
        {"body": "## What a lake is {#what-a-lake-is}\n\nStill water.\n", "state": "draft"},
        by=None,
        now=now,
    )

    dump(folder.path)
    loaded = folder.load()

    assert b"title: Where rivers begin" in folder.files()["lessons/springs.md"]
    assert b"state: draft" in folder.files()["lessons/lakes.md"]
    assert b'lessons = ["springs", "lakes"]' in folder.files()["course.toml"]
    assert (loaded.added, loaded.retired) == (0, 0)
    assert folder.load().unchanged == 11
    assert dump(folder.path) == "rivers: 9 files, 0 written, 0 removed.\n"


@pytest.mark.django_db
def test_a_question_retired_in_the_product_stays_in_the_files(folder, media, now):
    media(folder)
    retire_question(Question.objects.get(slug="july-flow"), now=now)

    dump(folder.path)

    text = folder.files()["questions/springs.yaml"].decode()
    assert text[text.index("- id: july-flow") :].count("state: retired") == 1


@pytest.mark.django_db
def test_what_files_dropped_is_not_dumped_again(folder, media):
    media(folder)
    text = (folder.path / "questions/springs.yaml").read_text()
    (folder.path / "questions/springs.yaml").write_text(text[: text.index("\n- id: july-flow")])
    folder.change(
        "course.toml", '\n[[quizzes.slots]]\ndraw = 1\nlessons = ["springs"]\nlevels = ["remember"]\n', ""
    )
    media(folder)

    assert dump(folder.path) == "rivers: 8 files, 0 written, 0 removed.\n"


@pytest.mark.django_db
def test_a_dump_removes_the_files_of_what_is_gone_and_no_others(folder, media):
    media(folder)
    (folder.path / "figures" / "old.toml").write_text("title = 'Old'\n")
    (folder.path / "README.md").write_text("Read me.\n")

    assert dump(folder.path) == "rivers: 8 files, 0 written, 1 removed.\n"
    assert (folder.path / "README.md").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("case", ["no such course", "a file", "other files"])
def test_wrong_use_is_refused_and_writes_nothing(case, folder, media, tmp_path):
    media(folder)
    target = tmp_path / "target"
    if case == "a file":
        target.write_text("precious")
    elif case == "other files":
        target.mkdir()
        (target / "precious.txt").write_text("precious")

    with pytest.raises(CommandError) as refused:
        dump(target, "lakes" if case == "no such course" else "rivers")

    assert refused.value.returncode == 2
    assert [path.read_text() for path in tmp_path.glob("target/**/*.txt")] in ([], ["precious"])
    assert not (target / "course.toml").exists()


@pytest.mark.django_db
def test_every_kind_survives_load_and_dump(tmp_path, now):
    """The example of each kind, as a course of its own."""
    questions = [
        Entry(
            {
                "id": f"a-{kind.replace('_', '-')}",
                "lesson": "one",
                "kind": kind,
                "passage": "first",
                "objective": "",
                "level": "apply",
                "tags": ["a", "b"],
                "use": "exam",
                "state": "draft",
                "sources": [],
                "content": KINDS[kind].normalise(EXAMPLES[kind]),
            }
        )
        for kind in KINDS
    ]
    lesson = {
        "id": "one", "title": "One", "source_section": "", "question": "", "objectives": [], "sources": [],
        "state": "ready", "body": "## First {#first}\n\nText.\n",
    }  # fmt: skip
    course = {
        "id": "kinds", "title": "Kinds", "summary": "Two\n\nparagraphs.", "language": "en", "licence": "",
        "access": "class", "time_zone": "Etc/UTC", "draft": True, "quizzes": [],
        "source": {"title": "", "kind": "", "file_sha256": "", "notice": ""},
    }  # fmt: skip
    module = {"id": "m", "title": "M", "source_section": "", "lessons": ["one"]}
    definition = CourseDefinition(
        Entry(course), modules=[Entry(module)], lessons=[Entry(lesson)], questions=questions
    )
    write(tmp_path / "written", write_course(definition))

    read, problems = read_course(tmp_path / "written")
    assert read is not None, problems
    assert [entry.data for entry in read.questions] == [entry.data for entry in questions]
    load_definition(read, now=now)
    dumped = write_course(definition_of(Course.objects.get()))

    assert dumped == files_below(tmp_path / "written")


def write(path, files):
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)


# --- any text -----------------------------------------------------------------

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Mn", "Me")) | st.sampled_from("\n:#-'\"{}[]&*!|>%@`\\,? ")
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TEXT, min_size=1, max_size=4), TEXT)
def test_any_text_comes_back_from_yaml_and_toml(texts, more):
    title = " ".join(more.split()) or "x"
    entry = Entry({"id": "a", "term": title, "definition": more or "x", "matters": texts[0]})
    figure = Entry(
        {"id": "f", "title": title, "description": more, "columns": texts, "rows": [texts, [1, 2.5, -3]]}
    )
    course = Entry(
        {
            "id": "c",
            "title": title,
            "summary": more,
            "source": {"notice": texts[-1]},
            "quizzes": [],
            "draft": False,
        }
    )

    files = write_course(CourseDefinition(course, terms=[entry], figures=[figure]))

    read = plain(read_yaml(files["glossary.yaml"].decode()).value[0])
    assert read["term"] == title
    assert read["definition"] == (more or "x")
    assert read.get("matters", "") == texts[0]
    toml = plain(read_toml(files["figures/f.toml"].decode()))
    assert toml["rows"] == [texts, [1, 2.5, -3]]
    assert plain(read_toml(files["course.toml"].decode())).get("summary", "") == more


def test_a_lesson_comes_back_from_its_document():
    data = {
        "id": "one",
        "title": "One: “two”, # three",
        "source_section": "1.0",
        "question": "Why - and how?",
        "objectives": [{"id": "do", "level": "apply", "text": "Do: this."}],
        "sources": ["a-1", "b-2"],
        "state": "draft",
        "body": "---\n\nText\n\n## Two {#two}\n\n- a\n",
    }

    entry = lesson_from_document("lessons/one.md", lesson_document(data), Report())

    assert entry.data == data
