"""The way of a file through the admin: upload, look and decide, one import, report with undo; and exports."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from content import reading_apart
from content.formats import read
from content.formats.carrying import packed, unpacked
from content.formats.drafts import Limits
from content.models import Asset, CourseStaff, Question, QuestionImport, Upload
from content.questions import KINDS
from content.reading_apart import read_apart
from content.uploads import KEPT, keep_upload
from tests import factories
from tests.content.formats.sample_files import bytes_of, described, sample_paths
from tests.content.test_import_commands import ATTACKS, bomb
from tests.content.test_importing import CAPITAL, TWO, with_picture
from tests.content.test_load_course import everything

pytestmark = pytest.mark.django_db
ADD = "/admin/content/questionimport/add/"


@pytest.fixture
def lesson(instructor):
    return factories.create_lesson(factories.create_course(staff=[instructor]))


@pytest.fixture
def author(client, instructor, lesson):
    client.force_login(instructor)
    return client


def choose(author, text, name="questions.gift", **more):
    data = text.encode() if isinstance(text, str) else text
    return author.post(ADD, {"course": "rivers", "file": SimpleUploadedFile(name, data), **more})


def looking_at(author, text, name="questions.gift", **more):
    """The address of the page that shows the file."""
    response = choose(author, text, name, **more)
    assert response.status_code == 302, response.content.decode()[-3000:]
    return response["Location"]


def decide(author, path, *, htmx=False, **more):
    said = {"state": "draft", "duplicates": "update", "tags": "", "lesson": "", "passage": ""} | more
    return author.post(path, said, headers={"HX-Request": "true"} if htmx else {})


# --- one way through ------------------------------------------------------------------


def test_file_goes_in_by_upload_look_and_confirm(author, lesson, instructor):
    path = looking_at(author, TWO)
    page = author.get(path).content.decode()

    assert "Which city is the capital of Iraq?" in page
    assert "On the Tigris." in page  # the review with the right answer
    assert "Bring in 2 questions" in page
    assert Question.objects.count() == 0

    done = decide(author, path, confirm="1", lesson=lesson.pk, tags="Spring 2026, exam")

    report = QuestionImport.objects.get()
    assert done["Location"] == reverse("admin:content_questionimport_change", args=[report.pk])
    assert (report.added, report.imported_by, report.name) == (2, instructor, "questions.gift")
    capital = Question.objects.get(slug="capital")
    assert (capital.state, capital.lesson) == ("draft", lesson)
    assert {topic.name for topic in capital.topics.all()} == {"cities", "spring-2026", "exam"}
    assert Upload.objects.count() == 0
    page = author.get(done["Location"]).content.decode()
    assert "Undo this import" in page
    assert "2 added questions would be retired." in page


def test_looking_writes_nothing_but_the_file_itself(author, lesson):
    before = everything()
    path = looking_at(author, TWO)
    author.get(path)
    decide(author, path, look="1")

    after = everything()
    assert len(after.pop("Upload")) == 1
    before.pop("Upload")
    assert after == before


def test_choices_stay_while_looking(author, lesson):
    path = looking_at(author, CAPITAL)

    assert decide(author, path, look="1", tags="one", state="ready")["Location"] == path
    page = author.get(path).content.decode()

    assert 'value="one"' in page
    assert '<option value="ready" selected' in page


def test_htmx_gets_what_is_understood_and_the_button_that_says_how_many(author, lesson):
    path = looking_at(author, TWO)
    decide(author, path, confirm="1")
    path = looking_at(author, TWO.replace("main port", "port"))

    part = decide(author, path, htmx=True, look="1", duplicates="skip").content.decode()

    assert part.lstrip().startswith('<div id="understood"')
    assert "There is nothing new in this file." in part
    assert 'hx-swap-oob="true"' in part
    assert "<html" not in part
    assert "Bring in 1 question" in decide(author, path, htmx=True, look="1").content.decode()


def test_changed_question_shows_what_changes(author, lesson):
    decide(author, looking_at(author, CAPITAL), confirm="1")

    page = author.get(looking_at(author, CAPITAL.replace("main port", "old port"))).content.decode()

    assert "<del>" in page
    assert "<ins>" in page
    assert "Bring in 1 question<" in page


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_shown_as_learners_see_it(author, lesson, kind):
    question = factories.create_question(lesson, "q", kind=kind)
    from content.exporting import export_questions

    data = export_questions(lesson.course, "yaml").data
    page = author.get(looking_at(author, data.replace(b"id: q", b"id: other"), "q.yaml")).content.decode()

    assert question.stem_text.split(".")[0][:30] in page
    assert 'id="q1-stem"' in page
    assert 'name="q1-' in page or kind == "gaps"


def test_error_shows_line_column_and_what_to_do_and_nothing_can_be_confirmed(author, lesson):
    path = looking_at(author, TWO + "\nBroken {=a\n")
    page = author.get(path).content.decode()

    assert "line 11, column 8" in page
    assert "write } behind the answers" in page
    assert "Bring in" not in page.partition('id="choices"')[2]
    assert decide(author, path, confirm="1").status_code == 422
    assert Question.objects.count() == 0


def test_file_can_be_read_as_another_format(author, lesson):
    path = looking_at(author, "stem,kind,correct\nIs it {T}?,true_false,T\n", "x.txt", as_format="gift")
    assert "Read as GIFT" in author.get(path).content.decode()

    decide(author, path, look="1", as_format="csv")

    assert "Read as CSV" in author.get(path).content.decode()


def test_anki_cards_become_short_texts_or_essays_by_one_choice(author, lesson):
    data = bytes_of(next(path for path in sample_paths("anki") if path.name == "current.apkg"))
    path = looking_at(author, data, "deck.apkg")

    decide(author, path, confirm="1", backs_as="essay")

    kinds = set(Question.objects.values_list("kind", flat=True))
    assert "essay" in kinds
    assert "short_text" not in kinds


def test_pictures_are_shown_before_they_are_kept_and_their_alt_text_is_asked_for(author, lesson):
    path = looking_at(author, with_picture(), "q.xml")
    page = author.get(path).content.decode()

    assert "What does “map.png” show?" in page
    address = f"{path}pictures/0/"
    assert f'src="{address}"' in page
    picture = author.get(address)
    assert (picture["Content-Type"], "sandbox" in picture["Content-Security-Policy"]) == ("image/png", True)
    assert Asset.objects.count() == 0

    decide(author, path, confirm="1", alt_0="Rivers of the north", state="ready")

    assert Asset.objects.get().alt == "Rivers of the north"
    assert Question.objects.get().state == "ready"


def test_question_with_an_undescribed_picture_waits_as_a_draft(author, lesson):
    decide(author, looking_at(author, with_picture(), "q.xml"), confirm="1", state="ready")

    assert Question.objects.get().state == "draft"


def test_preview_is_paged_and_can_be_limited(author, lesson):
    decide(author, looking_at(author, CAPITAL), confirm="1")
    many = CAPITAL + "".join(f"\n// [id:n{n}]\nNumber {n}?{{T}}\n" for n in range(25))
    path = looking_at(author, many)

    assert author.get(path).content.decode().count('<li class="card') == 10
    assert author.get(path + "?page=3").content.decode().count('<li class="card') == 6
    assert author.get(path + "?show=same").content.decode().count('<li class="card') == 1
    assert author.get(path + "?page=x&show=nothing").status_code == 200


def test_file_that_is_put_away_is_gone(author, lesson):
    path = looking_at(author, CAPITAL)

    decide(author, path, discard="1")

    assert Upload.objects.count() == 0
    assert author.get(path)["Location"] == "/admin/"


def test_file_with_nothing_new_leaves_no_report(author, lesson):
    decide(author, looking_at(author, CAPITAL), confirm="1")

    decide(author, looking_at(author, CAPITAL), confirm="1")

    assert QuestionImport.objects.count() == 1
    assert Upload.objects.count() == 0


def test_passage_of_another_lesson_is_refused_at_its_field(author, lesson):
    other = factories.create_lesson(lesson.course, "estuary")
    path = looking_at(author, CAPITAL)

    response = decide(author, path, confirm="1", lesson=other.pk, passage=lesson.passages.first().pk)

    assert response.status_code == 422
    assert "This passage belongs to the lesson" in response.content.decode()


def test_course_edited_meanwhile_stops_the_import_and_says_so(author, lesson, monkeypatch):
    path = looking_at(author, CAPITAL)
    from content.admin import imports

    real = imports.import_drafts

    def after_somebody(plan, **options):
        factories.create_question(lesson, "capital")
        return real(plan, **options)

    monkeypatch.setattr(imports, "import_drafts", after_somebody)
    response = decide(author, path, confirm="1")

    assert response.status_code == 422
    assert "was edited while the import was prepared" in response.content.decode()
    assert Upload.objects.count() == 1


# --- undo ---------------------------------------------------------------------------


def test_undo_from_the_report(author, lesson):
    report = decide(author, looking_at(author, TWO), confirm="1")["Location"]

    author.post(report, {"undo": "1"})

    assert set(Question.objects.values_list("state", flat=True)) == {"retired"}
    page = author.get(report).content.decode()
    assert "Undo this import" not in page
    assert "Undone on" in page
    assert author.post(report, {"undo": "1"}).status_code == 422


def test_report_names_what_undo_would_leave_and_why(author, lesson, learner):
    report = decide(author, looking_at(author, TWO), confirm="1", state="ready")["Location"]
    factories.create_answer(learner, Question.objects.get(slug="elections"))

    page = author.get(report).content.decode()

    assert "1 question would stay" in page
    assert "it is in use: " in page


# --- who may ----------------------------------------------------------------------------


@pytest.fixture
def stranger_author(client, db):
    other = factories.create_user("other", is_staff=True)
    factories.create_lesson(factories.create_course("deltas", staff=[other]))
    return other


def test_file_can_be_brought_to_own_courses_only(author, stranger_author):
    response = author.post(ADD, {"course": "deltas", "file": SimpleUploadedFile("q.gift", CAPITAL.encode())})

    assert response.status_code == 422
    assert Upload.objects.count() == 0


def test_file_is_for_its_owner_only_and_only_while_they_write_the_course(
    author, client, lesson, instructor, stranger_author
):
    path = looking_at(author, with_picture(), "q.xml")
    CourseStaff.objects.create(course=lesson.course, user=stranger_author)
    client.force_login(stranger_author)
    for address in (path, f"{path}pictures/0/"):
        assert client.get(address)["Location"] == "/admin/"
    client.force_login(instructor)
    assert client.get(path).status_code == 200

    CourseStaff.objects.filter(user=instructor).delete()

    assert client.get(path)["Location"] == "/admin/"


def test_choices_of_another_course_are_refused(author, lesson, stranger_author):
    theirs = stranger_author.courses_written.get().course.lessons.get()

    response = decide(author, looking_at(author, CAPITAL), confirm="1", lesson=theirs.pk)

    assert response.status_code == 422
    assert Question.objects.count() == 0


# --- attacks ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*ATTACKS, "bomb.zip"])
def test_file_that_attacks_is_a_message_and_leaves_nothing(author, lesson, settings, name):
    before = everything()

    response = choose(author, bomb() if name == "bomb.zip" else ATTACKS[name], name)
    if response.status_code == 302:
        page = author.get(response["Location"])
        assert page.status_code == 200
        assert "to mend in the file" in page.content.decode()
        assert decide(author, response["Location"], confirm="1").status_code == 422
        decide(author, response["Location"], discard="1")
    else:
        assert response.status_code == 422

    assert everything() == before
    assert not settings.MEDIA_ROOT.exists()


def test_file_above_twenty_megabytes_is_refused_at_its_field(author, lesson):
    response = choose(author, b"x" * (Limits().file + 1))

    assert response.status_code == 422
    assert "larger than 20 MB" in response.content.decode()


def test_no_file_and_an_empty_file_are_said(author, lesson):
    assert "Choose a file first." in author.post(ADD, {"course": "rivers"}).content.decode()
    assert "The file is empty." in choose(author, b"").content.decode()


@pytest.mark.parametrize(
    "name", ["a\nb.gift", "x" * 300 + ".gift", "../../etc/passwd", "\u202egnp.gift", "con", "q\u200b"]
)
def test_name_of_a_file_is_only_shown(author, lesson, name):
    path = looking_at(author, CAPITAL, name)

    decide(author, path, confirm="1")

    kept = QuestionImport.objects.get().name
    assert len(kept) <= 200
    assert "/" not in kept
    assert "\n" not in kept


def test_death_of_the_reading_process_is_a_message(author, lesson, monkeypatch):
    monkeypatch.setattr(reading_apart, "SECONDS", 0.001)

    page = author.get(looking_at(author, CAPITAL)).content.decode()

    assert "took more time or memory" in page
    assert Question.objects.count() == 0


def test_reading_process_has_a_limit_of_memory_and_neither_keys_nor_database(tmp_path):
    import subprocess
    import sys

    from django.conf import settings

    script = (
        "import content.formats.__main__ as m, content.formats as f, resource, os, sys\n"
        "def read(*a, **k):\n"
        "    assert resource.getrlimit(resource.RLIMIT_AS)[0] == 512 * 1024 * 1024\n"
        "    assert resource.getrlimit(resource.RLIMIT_CPU)[0] == 30\n"
        "    bytearray(700 * 1024 * 1024)\n"
        "f.read = read\n"
        "m.main('x')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=b"", capture_output=True, cwd=settings.BASE_DIR
    )

    assert done.returncode == 1
    assert b"MemoryError" in done.stderr


def test_reading_apart_hands_no_secrets_over(monkeypatch):
    seen = {}

    def run(command, **options):
        seen.update(options["env"])
        raise reading_apart.subprocess.TimeoutExpired(command, 1)

    monkeypatch.setenv("SECRET_KEY", "canary")
    monkeypatch.setattr(reading_apart.subprocess, "run", run)
    reading, _ = read_apart(b"A?{T}", "q.gift")

    assert set(seen) == {"PATH", "TMPDIR", "PYTHONPATH"}
    assert [problem.code for problem in reading.problems] == ["reader.died"]


@pytest.mark.parametrize("path", sample_paths(), ids=lambda path: path.name)
def test_what_is_read_survives_the_way_between_processes(path):
    reading = read(bytes_of(path), path.name)

    again = unpacked(packed(reading))

    assert described(again) == described(reading)
    assert again.media == reading.media


def test_other_bytes_are_no_reading():
    for data in (b"", b"x", packed(read(b"A?{T}", "q.gift"))[:-5]):
        with pytest.raises(ValueError):
            unpacked(data)


# --- a day later ----------------------------------------------------------------------------


def test_file_that_nobody_imports_is_gone_after_a_day(lesson, instructor, now):
    for age in (KEPT - timedelta(minutes=1), KEPT + timedelta(minutes=1)):
        keep_upload(lesson.course, user=instructor, data=b"A?{T}", name="q.gift", now=now - age)
    from studyapp.study.clearing import clear_stale

    assert clear_stale(now=now).uploads == 1
    assert Upload.objects.count() == 1


def test_nobody_piles_up_files(lesson, instructor, now):
    for number in range(7):
        keep_upload(lesson.course, user=instructor, data=b"A?{T}", name=f"{number}.gift", now=now)

    assert {upload.name for upload in Upload.objects.all()} == {f"{number}.gift" for number in range(2, 7)}


# --- templates and exports ---------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_template_is_a_table_that_reads_as_one(author, lesson, suffix):
    response = author.get(f"/admin/content/questionimport/template.{suffix}")

    assert response["Content-Disposition"] == f'attachment; filename="questions.{suffix}"'
    assert read(response.content, f"questions.{suffix}").format == suffix


def test_export_page_says_what_each_format_takes_and_which_takes_the_rest(author, lesson):
    factories.create_question(lesson, "a", kind="ordering")
    factories.create_question(lesson, "b", kind="single_choice")

    page = author.get(
        reverse("admin:content_questionimport_export", args=[lesson.course_id])
    ).content.decode()

    gift = page.partition("GIFT")[2].partition("<h2>")[0]
    assert "1 of 2 questions" in gift
    assert "1 × Ordering" in gift
    assert "Moodle XML" in gift
    assert "All 2 questions" in page.partition("<h2>Moodle XML")[2]


@pytest.mark.parametrize("to", ["gift", "aiken", "moodle_xml", "qti", "yaml", "csv", "xlsx", "anki"])
def test_export_downloads_a_file_that_reads_again(author, lesson, to):
    factories.create_question(lesson, "b", kind="single_choice")
    page = reverse("admin:content_questionimport_export", args=[lesson.course_id])

    response = author.get(page, {"to": to, "lesson": lesson.slug})

    assert response["Content-Disposition"].startswith('attachment; filename="rivers-sources.')
    assert len(read(response.content, "x", to).questions) == 1


def test_export_of_qti_can_be_two_point_one(author, lesson):
    factories.create_question(lesson, "b", kind="single_choice")
    page = reverse("admin:content_questionimport_export", args=[lesson.course_id])

    two, three = (author.get(page, {"to": "qti", "qti": version}).content for version in ("2.1", "3.0"))

    assert two != three
    assert len(read(two, "x.zip").questions) == 1


def test_list_of_questions_leads_in_and_out(author, lesson):
    page = author.get(f"/admin/content/question/?course__id__exact={lesson.course_id}").content.decode()

    assert f'href="{ADD}"' in page
    assert f"/admin/content/questionimport/export/{lesson.course_id}/" in page
    assert author.get("/admin/content/question/?course__id__exact=x").status_code in (200, 302)


# --- queries ----------------------------------------------------------------------------------


def queries_of(author, path):
    author.get(path)
    with CaptureQueriesContext(connection) as told:
        assert author.get(path).status_code == 200
    return len(told)


def test_page_of_a_file_asks_as_often_for_many_questions_as_for_few(author, lesson):
    def many(count):
        return "".join(f"// [id:n{n}]\nNumber {n}?{{T}}\n\n" for n in range(count))

    for text in (many(3), many(9)):
        decide(author, looking_at(author, text), confirm="1")
    few, more = (looking_at(author, many(count).replace("?", "??")) for count in (3, 9))

    assert queries_of(author, few) == queries_of(author, more)


def test_report_list_and_export_ask_as_often_for_many_as_for_few(author, lesson):
    def asked():
        report = reverse("admin:content_questionimport_change", args=[QuestionImport.objects.first().pk])
        export = reverse("admin:content_questionimport_export", args=[lesson.course_id])
        pages = [report, export, reverse("admin:content_questionimport_changelist")]
        return [queries_of(author, page) for page in pages]

    decide(author, looking_at(author, TWO), confirm="1")
    few = asked()
    text = "".join(f"// [id:n{n}] [tag:t]\nNumber {n}?{{T}}\n\n" for n in range(6))
    decide(author, looking_at(author, text), confirm="1")

    assert asked() == few


def test_command_clears_uploads_too(lesson, instructor, now, capsys):
    keep_upload(lesson.course, user=instructor, data=b"A?{T}", name="q.gift", now=now - KEPT * 400)

    call_command("clear_stale")

    assert "1 uploaded files" in capsys.readouterr().out
    assert json.dumps(everything()["Upload"]) == "[]"
