"""The commands that scripts rely on: import_questions and export_questions."""

import io
import json
import random
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from content.exporting import drafts_of
from content.formats import FORMATS, read, survival, write
from content.models import Asset, Question, QuestionImport, QuestionVersion, Upload
from content.questions import KINDS
from tests.content.formats import made_apkg
from tests.content.formats.made_drafts import make_draft
from tests.content.formats.test_fuzz import zip_with
from tests.content.test_importing import CAPITAL, TWO
from tests.content.test_load_course import everything
from tests.factories import EXAMPLES, create_course, create_lesson, create_question

pytestmark = pytest.mark.django_db


@pytest.fixture
def lesson(db):
    return create_lesson(create_course(), "sources")


def said(file, *more, course="rivers"):
    """What the import prints as JSON, and its exit status."""
    out = StringIO()
    try:
        call_command("import_questions", str(file), "--course", course, "--format", "json", *more, stdout=out)
    except CommandError as error:
        return json.loads(out.getvalue()) if out.getvalue() else None, error.returncode
    return json.loads(out.getvalue()), 0


def kept(tmp_path, data, name="questions.gift"):
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_import_prints_one_object(lesson, tmp_path):
    told, status = said(kept(tmp_path, TWO), "--lesson", "sources")

    assert status == 0
    assert told["format"] == "gift"
    assert [(q["ref"], q["title"], q["kind"], q["line"], q["status"]) for q in told["questions"]] == [
        ("capital", "Capital", "single_choice", 2, "add"),
        ("elections", "Were there elections in 2005?", "true_false", 9, "add"),
    ]
    assert told["lessons"] == []
    assert told["problems"] == []
    assert [told[key] for key in ("added", "changed", "unchanged", "skipped")] == [2, 0, 0, 0]
    assert Question.objects.filter(lesson=lesson).count() == 2
    assert QuestionImport.objects.get().name == "questions.gift"


def test_second_import_of_a_changed_file_says_what_changed(lesson, tmp_path):
    said(kept(tmp_path, TWO))

    told, status = said(kept(tmp_path, TWO.replace("main port", "port") + "\nOnly words.\n"))

    assert status == 0
    assert [question["status"] for question in told["questions"]] == ["change", "same", "skip"]
    assert [told[key] for key in ("added", "changed", "unchanged", "skipped")] == [0, 1, 1, 1]
    assert [problem["code"] for problem in told["problems"]] == ["skipped.kind"]


def test_dry_run_says_the_same_and_writes_nothing(lesson, tmp_path):
    before = everything()

    told, status = said(kept(tmp_path, TWO), "--dry-run")

    assert (status, told["added"], [q["status"] for q in told["questions"]]) == (0, 2, ["add", "add"])
    assert everything() == before


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_error_stops_everything_with_status_one_and_its_place(lesson, tmp_path, more):
    before = everything()

    told, status = said(kept(tmp_path, TWO + "\nBroken {=a\n"), *more)

    assert status == 1
    (error,) = [problem for problem in told["problems"] if problem["severity"] == "error"]
    assert (error["line"], error["column"]) == (11, 8)
    assert told["added"] == 0
    assert everything() == before


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-file.gift", "--course", "rivers"],
        ["{file}", "--course", "no-such-course"],
        ["{file}", "--course", "rivers", "--lesson", "no-such-lesson"],
        ["{file}", "--course", "rivers", "--as", "word"],
        ["{file}"],
    ],
)
def test_wrong_use_is_status_two(lesson, tmp_path, words):
    file = kept(tmp_path, TWO)

    with pytest.raises(CommandError) as caught:
        call_command("import_questions", *[word.format(file=file) for word in words])

    # Django's own parser of arguments raises without a status of its own when it is called from Python.
    assert caught.value.returncode == 2 or "argument" in str(caught.value)
    assert Question.objects.count() == 0


def test_people_read_places_counts_and_progress(lesson, tmp_path):
    out, err = StringIO(), StringIO()

    call_command("import_questions", str(kept(tmp_path, TWO)), "--course", "rivers", stdout=out, stderr=err)

    assert "questions.gift:2:1: warning: No lesson is named" in out.getvalue()
    assert out.getvalue().endswith("questions.gift (GIFT): 2 added, 0 changed, 0 unchanged, 0 skipped.\n")
    assert "2 of 2 rendered" in err.getvalue()


def test_format_can_be_said(lesson, tmp_path):
    told, status = said(kept(tmp_path, "stem,kind,correct\nIs it?,true_false,T\n", "x.gift"), "--as", "csv")

    assert (status, told["format"], told["added"]) == (0, "csv", 1)


def test_duplicates_can_be_left_alone(lesson, tmp_path):
    said(kept(tmp_path, CAPITAL))

    told, _ = said(kept(tmp_path, CAPITAL.replace("main port", "port")), "--duplicates", "skip")

    assert told["questions"][0]["status"] == "skip"
    assert QuestionVersion.objects.count() == 1


# --- attacks ----------------------------------------------------------------------

BOMB = zip_with({"imsmanifest.xml": b"<x/>"})
ATTACKS = {
    "entities.xml": b'<!DOCTYPE quiz [<!ENTITY a "ha">]><quiz>&a;</quiz>',
    "external.xml": b'<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz>&x;</quiz>',
    "utf-7.xml": b'<?xml version="1.0" encoding="UTF-7"?><quiz>+ADw-script+AD4-</quiz>',
    "cut.apkg": made_apkg.current_package()[:900],
    "nothing.gift": b"",
    "byte.bin": b"x",
    "brace.gift": b"Is it {=" + b"a" * 1_000_000,
    "climbs.zip": zip_with({"imsmanifest.xml": b"<manifest/>", "../../x": b"x"}),
    "absolute.zip": zip_with({"imsmanifest.xml": b"<manifest/>", "/etc/x": b"x"}),
    "members.apkg": zip_with({"collection.anki2": b"x"} | {str(n): b"" for n in range(2_001)}),
    "trigger.apkg": made_apkg.packed(
        {
            "collection.anki2": made_apkg.database(
                lambda c: [
                    c.execute("CREATE TABLE notes (id, guid, mid, mod, tags, flds)"),
                    c.execute("CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END"),
                ]
            )
        }
    ),
    "formula.csv": b"stem,kind,correct\n" + b'"=cmd|calc",' * 3,
    "nul.gift": b"A\x00B{T}\n",
    "line.gift": b"{" * 5_000_000,
    "large.gift": b" " * (20 * 1024 * 1024 + 1),
}


def bomb():
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("imsmanifest.xml", b"\x00" * (201 * 1024 * 1024))
    return out.getvalue()


@pytest.mark.parametrize("name", [*ATTACKS, "bomb.zip"])
def test_file_that_attacks_is_refused_and_leaves_nothing(lesson, tmp_path, settings, name, monkeypatch):
    import tempfile

    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    before = everything()

    told, status = said(kept(tmp_path, bomb() if name == "bomb.zip" else ATTACKS[name], name))

    assert status == 1
    assert any(problem["severity"] == "error" and problem["message"] for problem in told["problems"])
    assert everything() == before
    assert list(aside.iterdir()) == []
    assert not settings.MEDIA_ROOT.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        made_apkg.PNG[:16] + (60_000).to_bytes(4, "big") * 2 + made_apkg.PNG[24:],
        made_apkg.PNG[:40],
    ],
    ids=["a page", "a drawing", "60,000 by 60,000", "cut"],
)
def test_picture_that_is_none_is_left_out_and_named_and_its_question_comes_in(
    lesson, tmp_path, settings, data
):
    import base64

    from tests.content.test_importing import png, with_picture

    text = with_picture("A map").replace(base64.b64encode(png()).decode(), base64.b64encode(data).decode())

    told, status = said(kept(tmp_path, text, "q.xml"))

    assert (status, told["added"]) == (0, 1)
    assert any("map.png" in problem["message"] for problem in told["problems"])
    assert Asset.objects.count() == 0
    assert "assets/" not in str(Question.objects.get().current.content)
    assert not settings.MEDIA_ROOT.exists()


def test_script_in_a_question_is_text_that_runs_nowhere(lesson, tmp_path):
    text = "[html]<p>Is <script>alert(1)</script><img src=x onerror=alert(2)> it?</p>{T#<svg onload\\=alert(3)>}\n"

    told, status = said(kept(tmp_path, text))

    assert status == 0
    rendered = json.dumps(Question.objects.get().current.rendered)
    assert "<script" not in rendered
    assert "onerror" not in rendered
    assert "<svg" not in rendered


# --- out, and in again ---------------------------------------------------------------


def exported(tmp_path, to, *more, course="rivers"):
    path = tmp_path / f"out{FORMATS[to].suffix}"
    err = StringIO()
    call_command("export_questions", "--course", course, "--to", to, "-o", str(path), *more, stderr=err)
    return path, err.getvalue()


def filled(course_slug, kind, count=6):
    """A course with questions of one kind, full of texts that break formats; its lesson."""
    place = create_lesson(create_course(course_slug), f"{course_slug}-sources")
    rng, number = random.Random(f"{kind} out"), 0
    while number < count:
        content = make_draft(kind, rng).content
        # What our Markdown refuses or takes for a pointer is no text an author could have saved.
        text = json.dumps(content)
        if any(mark in text for mark in ("<script", "[[2]]", "a < b")) or any(
            problem.is_error for problem in KINDS[kind].check(KINDS[kind].normalise(content))
        ):
            continue
        number += 1
        create_question(place, f"{kind}-{number}".replace("_", "-"), kind=kind, content=content)
    return place


PAIRS = [(to, kind) for to in FORMATS for kind in KINDS if survival(to, kind) != "none"]


@pytest.mark.parametrize(("to", "kind"), PAIRS)
def test_what_is_taken_along_comes_back(db, tmp_path, to, kind):
    """The matrix: all of it gives the same; the answerable core changes nothing more the second time."""
    filled("rivers", kind)
    path, _ = exported(tmp_path, to)

    if survival(to, kind) == "all":
        told, status = said(path, "--as", to)
        assert (status, {q["status"] for q in told["questions"]}) == (0, {"same"})
        return

    create_lesson(create_course("deltas"), "deltas-sources")
    once, status = said(path, "--as", to, course="deltas")
    assert (status, once["added"]) == (0, 6)
    again, _ = exported(tmp_path, to, course="deltas")
    twice, status = said(again, "--as", to, course="deltas")
    back = {q["status"] for q in twice["questions"]}
    assert (status, back) == (0, {"same"}), [p["message"] for p in twice["problems"]]
    for question in Question.objects.filter(course__slug="deltas"):
        module = KINDS[question.kind]
        content = question.current.content
        assert module.grade(content, module.correct(content)).fraction in (1, None)


@pytest.mark.parametrize(
    ("to", "kind"), [(to, kind) for to in FORMATS for kind in KINDS if survival(to, kind) == "none"]
)
def test_kind_that_a_format_cannot_express_is_left_out_and_another_is_offered(db, tmp_path, to, kind):
    filled("rivers", kind, 2)

    with pytest.raises(CommandError, match="can hold none of them") as caught:
        exported(tmp_path, to)

    assert caught.value.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_export_says_what_is_lost_and_what_is_left_out(lesson, tmp_path):
    create_question(lesson, "a", kind="ordering")
    create_question(lesson, "b", kind="single_choice", content=EXAMPLES["single_choice"] | {"hint": "Heat."})

    path, told = exported(tmp_path, "gift")

    assert "GIFT has no place for the kind" in told
    assert "YAML" in told or "Moodle XML" in told
    assert "the hint will be missing in GIFT" in told
    assert path.read_text().count("::") == 2


def test_export_of_a_lesson_holds_its_questions_only(lesson, tmp_path):
    other = create_lesson(lesson.course, "estuary")
    create_question(lesson, "a")
    create_question(other, "b")

    path, _ = exported(tmp_path, "yaml", "--lesson", "estuary")

    assert ("id: b" in path.read_text(), "id: a" in path.read_text()) == (True, False)


def test_retired_questions_stay_at_home(lesson):
    create_question(lesson, "a", state="retired")

    assert drafts_of(lesson.course) == []


def test_qti_can_be_written_as_two_point_one(lesson, tmp_path):
    import zipfile

    create_question(lesson, "a")

    path, _ = exported(tmp_path, "qti", "--qti", "2.1")

    with zipfile.ZipFile(path) as file:
        assert b"imsqti_item_xmlv2p1" in file.read("imsmanifest.xml")


def test_export_to_standard_output_is_the_file(lesson):
    create_question(lesson, "a")
    out = StringIO()

    call_command("export_questions", "--course", "rivers", "--to", "gift", stdout=out, stderr=StringIO())

    assert out.getvalue().encode() == write("gift", drafts_of(lesson.course))


@pytest.mark.parametrize(
    "words",
    [["--course", "no-such", "--to", "gift"], ["--course", "rivers", "--lesson", "no-such", "--to", "gift"]],
)
def test_export_of_nothing_known_is_status_two(lesson, words):
    with pytest.raises(CommandError) as caught:
        call_command("export_questions", *words)

    assert caught.value.returncode == 2


def test_pictures_go_along_and_come_back(lesson, tmp_path, now, django_capture_on_commit_callbacks):
    from tests.content.test_importing import bring_in, with_picture

    with django_capture_on_commit_callbacks(execute=True):
        bring_in(with_picture("A map"), lesson, now, name="q.xml")

    for to in ("moodle_xml", "qti", "anki"):
        path, _ = exported(tmp_path, to)
        assert [len(one.data) > 0 for one in read(path.read_bytes(), path.name, to).media.values()] == [True]
    told, _ = said(exported(tmp_path, "qti")[0])
    assert told["questions"][0]["status"] == "same"
    assert Upload.objects.count() == 0
