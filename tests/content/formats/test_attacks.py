"""Files that attack are refused with a message and leave nothing behind."""

import io
import json
import sqlite3
import tempfile
import zipfile

import pytest
import zstandard

from content.formats import FORMATS, Limits, guess, read
from content.formats.anki import _only_reading, _opened, unzstd
from content.zips import ZipLimits, ZipRefused
from tests.content.formats import made_apkg
from tests.content.formats.test_fuzz import zip_with

MEBIBYTE = 1024 * 1024
ZIPPED = ["xlsx", "qti", "anki"]
MAIN_MEMBER = {"xlsx": "xl/workbook.xml", "qti": "imsmanifest.xml", "anki": "collection.anki2"}


def codes(reading):
    return [problem.code for problem in reading.problems if problem.is_error]


@pytest.mark.parametrize("name", FORMATS)
def test_file_above_twenty_mebibytes_is_refused_unread(name):
    reading = read(b" " * (20 * MEBIBYTE + 1), "x", name)

    assert codes(reading) == ["limit.file"]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("data", [b"", b" ", b"\n\n\t"])
def test_empty_file_is_said_to_be_empty(name, data):
    assert codes(read(data, "x", name)) == ["file.empty"]


@pytest.mark.parametrize("name", ZIPPED)
def test_bomb_is_refused(name):
    """200 MB in 200 kB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(MAIN_MEMBER[name], b"\x00" * (201 * MEBIBYTE))
    data = out.getvalue()
    assert len(data) < 250_000

    assert codes(read(data, "x", name)) == ["zip.refused"]


@pytest.mark.parametrize("name", ZIPPED)
@pytest.mark.parametrize("member", ["../../x", "/etc/x", "C:\\x"])
def test_member_that_climbs_out_is_refused(name, member):
    data = zip_with({MAIN_MEMBER[name]: b"x", member: b"x"})

    assert codes(read(data, "x", name)) == ["zip.refused"]


@pytest.mark.parametrize("name", ZIPPED)
def test_more_than_two_thousand_members_are_refused(name):
    data = zip_with({MAIN_MEMBER[name]: b"x"} | {str(number): b"" for number in range(2_000)})

    assert codes(read(data, "x", name)) == ["zip.refused"]


@pytest.mark.parametrize("name", ["moodle_xml", "qti"])
def test_billion_laughs_are_refused_at_their_line(name):
    data = (
        b'<?xml version="1.0"?>\n<!DOCTYPE quiz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>\n<quiz>&b;</quiz>'
    )

    reading = read(data, "x.xml", name)

    assert [(p.code, p.line) for p in reading.problems if p.is_error] == [("xml.refused", 2)]


def test_external_entity_is_never_opened(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("canary")
    doctype = f'<!DOCTYPE quiz [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    data = f'{doctype}<quiz><question type="essay"><name><text>&x;</text></name></question></quiz>'

    reading = read(data.encode(), "x.xml")

    assert codes(reading) == ["xml.refused"]
    assert "canary" not in repr(reading)


def test_question_above_two_hundred_kibibytes_is_an_error_and_the_next_is_read():
    data = b"Long " + b"x" * (200 * 1024) + b"{T}\n\nShort?{T}\n"

    reading = read(data, "x.gift")

    assert codes(reading) == ["limit.question"]
    assert [draft.stem for draft in reading.drafts] == ["Short?"]


@pytest.mark.parametrize("name", ["gift", "csv", "yaml"])
def test_more_questions_than_the_limit_stop_the_reading(name):
    files = {
        "gift": "".join(f"Number {n}?{{T}}\n\n" for n in range(30)),
        "csv": "stem,kind,correct\n" + "".join(f"Number {n}?,true_false,T\n" for n in range(30)),
        "yaml": "".join(f"- {{kind: true_false, stem: Number {n}, answer: yes}}\n" for n in range(30)),
    }

    reading = read(files[name].encode(), "x", name, limits=Limits(questions=20))

    assert len(reading.drafts) == 20
    assert codes(reading) == ["limit.questions"]


def test_faults_beyond_a_thousand_are_counted_not_listed():
    reading = read(b"x {=\n\n" * 1_500, "x.gift")

    assert len(reading.problems) == 1_001
    assert reading.problems[-1].code == "limit.problems"
    assert reading.problems[-1].message.startswith("500 more")


@pytest.mark.parametrize(
    "data", [b"x" * 5 * MEBIBYTE, b"{" * 5 * MEBIBYTE, b"Q {=" + b"a" * 5 * MEBIBYTE, b"\\" * 5 * MEBIBYTE]
)
@pytest.mark.parametrize("name", ["gift", "aiken", "csv"])
def test_one_line_of_five_megabytes_is_refused(name, data):
    assert codes(read(data, "x", name))


def test_pictures_that_are_none_or_too_large_are_left_out_and_named():
    large = bytearray(made_apkg.PNG)
    large[16:24] = (60_000).to_bytes(4, "big") * 2
    media = {"0": "large.png", "1": "page.png", "2": "draw.svg", "3": "fine.png"}
    notes = [
        (
            "g",
            made_apkg.BASIC,
            "",
            ["".join(f'<img src="{n}" alt="{n}">' for n in media.values()), "x"],
            1,
            1,
            False,
        )
    ]
    members = {"collection.anki2": made_apkg.schema_11(notes), "media": json.dumps(media).encode()}
    members |= {
        "0": bytes(large),
        "1": b"<html><script>",
        "2": b"<svg onload='x()'>",
        "3": made_apkg.PNG + b"<script>",
    }

    reading = read(made_apkg.packed(members), "x.apkg")

    assert list(reading.media) == ["assets/fine.png"]
    assert [p.code for p in reading.problems if p.code.startswith("skipped")] == [
        "skipped.picture",
        "skipped.file",
        "skipped.file",
    ]
    assert reading.drafts[0].stem == "large.pngpage.pngdraw.svg![fine.png](assets/fine.png)"


@pytest.mark.parametrize(
    "script", ["CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END", "CREATE VIEW v AS SELECT 1"]
)
def test_collection_with_triggers_or_views_is_refused(script):
    def fill(connection):
        connection.execute("CREATE TABLE notes (id, guid, mid, mod, tags, flds)")
        connection.execute(script)

    reading = read(made_apkg.packed({"collection.anki2": made_apkg.database(fill)}), "x.apkg")

    assert codes(reading) == ["anki.refused"]


def test_notes_that_are_a_view_which_never_ends_are_refused():
    def fill(connection):
        connection.execute(
            "CREATE VIEW notes AS WITH RECURSIVE c(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM c) "
            "SELECT id, 'g' guid, 1 mid, 1 mod, '' tags, 'a' flds FROM c"
        )

    assert codes(read(made_apkg.packed({"collection.anki2": made_apkg.database(fill)}), "x.apkg")) == [
        "anki.refused"
    ]


@pytest.mark.parametrize("cut", [10, 100, 1_000, 5_000])
def test_cut_collection_is_refused(cut):
    data = made_apkg.packed({"collection.anki2": made_apkg.schema_11()[:cut]})

    assert codes(read(data, "x.apkg")) in (["anki.damaged"], ["anki.damaged", "file.no-questions"])


def test_reading_a_collection_leaves_no_file_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    read(made_apkg.current_package(), "x.apkg")
    read(made_apkg.packed({"collection.anki2": b"no database"}), "x.apkg")

    assert list(tmp_path.iterdir()) == []


def test_zstd_bomb_is_refused_while_it_unpacks():
    bomb = zstandard.ZstdCompressor().compress(b"\x00" * (60 * MEBIBYTE))

    with pytest.raises(ZipRefused):
        unzstd(bomb, 50 * MEBIBYTE, "collection.anki21b")


def test_unpacked_sizes_follow_the_limits():
    limits = Limits(zip=ZipLimits(unpacked=1_000))

    assert codes(read(made_apkg.oldest_package(), "x.apkg", limits=limits)) == ["zip.refused"]


def test_collection_is_opened_without_power_to_write(tmp_path):
    path = tmp_path / "collection"
    path.write_bytes(made_apkg.schema_11())
    connection = _opened(path)
    connection.set_authorizer(_only_reading)

    for statement in (
        "DELETE FROM notes",
        "ATTACH 'x' AS y",
        "PRAGMA writable_schema=ON",
        "SELECT load_extension('x')",
    ):
        with pytest.raises(sqlite3.Error):
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "xls"),
        (zip_with({"word/document.xml": b"<x/>"}), "docx"),
    ],
)
def test_document_is_told_apart_and_the_message_says_what_to_do(data, name):
    assert guess(data, "questions.gift") == name
    assert codes(read(data, "questions.gift")) == ["file.unsuitable"]


def test_unknown_bytes_say_which_formats_are_known():
    reading = read(bytes(range(128, 200)), "x.bin")

    assert (reading.format, codes(reading)) == ("", ["file.unknown"])
