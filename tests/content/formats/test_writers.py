import io
import json
import re
import sqlite3
import zipfile
from contextlib import closing

import pytest

from content import xmlsafe
from content.formats import QuestionDraft, read, write
from content.formats.anki_writing import BASIC_FIELDS, BASIC_ID, CLOZE_FIELDS, CLOZE_ID

GAPS = {
    "stem": "Complete it.",
    "text": "The {{river}} is long.",
    "gaps": {"river": {"kind": "choice", "options": [{"text": "Tigris", "correct": True}, {"text": "Nile"}]}},
}


def draft(kind="true_false", ref="one", modified=0, **content):
    content = {"stem": "Iraq has a coast."} | ({"answer": True} if kind == "true_false" else {}) | content
    return QuestionDraft(ref=ref, kind=kind, content=content, title="T", modified=modified)


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def rows(package, query, tmp_path):
    path = tmp_path / "collection.anki2"
    path.write_bytes(members(package)["collection.anki2"])
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


# --- GIFT ---


def test_gift_is_one_answer_a_line_with_every_mark_escaped():
    text = write(
        "gift",
        [draft("single_choice", stem="2 = {2}?", options=[{"text": "~a", "correct": True}, {"text": "50%"}])],
    )

    assert text.decode() == "// [id:one]\n::T::[markdown]2 \\= \\{2\\}?{\n  =\\~a\n  ~50%\n}\n"


def test_gift_weights_have_five_decimals():
    options = [{"text": t, "correct": True} for t in "abc"] + [{"text": "d"}]

    assert "~%33.33333%a" in write("gift", [draft("multiple_choice", options=options)]).decode()
    assert "~%-33.33333%d" in write("gift", [draft("multiple_choice", options=options)]).decode()


def test_gift_relative_tolerance_becomes_absolute():
    text = write("gift", [draft("numeric", answers=[{"value": "200", "relative": "0.05"}])]).decode()

    assert "=200:10\n" in text


# --- CSV ---


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'x", "＝1+1"])
def test_csv_cell_that_would_run_gets_a_quote_and_loses_it(text):
    data = write("csv", [draft(stem=f"{text} is what?")])

    assert f'"\'{text} is what?"' in data.decode()
    assert read(data, "x.csv").drafts[0].stem == f"{text} is what?"


def test_csv_negative_number_stays_a_number():
    assert '"-5"' in write("csv", [draft("numeric", answers=[{"value": "-5"}])]).decode()


def test_csv_has_byte_order_mark_line_ends_and_quotes_of_spreadsheets():
    data = write("csv", [draft()])

    assert data.startswith(b'\xef\xbb\xbf"id","kind"')
    assert data.count(b"\r\n") == 2


# --- XLSX ---


def test_xlsx_cells_are_texts_never_formulas():
    data = members(write("xlsx", [draft(stem="=1+1 is what?")]))
    sheet = data["xl/worksheets/sheet1.xml"].decode()

    assert "<f>" not in sheet
    assert "&#x27;=1+1" in sheet or "'=1+1" in sheet + data.get("xl/sharedStrings.xml", b"").decode()


# --- Aiken ---


def test_aiken_is_plain_and_on_single_lines():
    options = [{"text": "**Tigris**\\\nriver", "correct": True}, {"text": "Nile"}]

    text = write("aiken", [draft("single_choice", stem="Which\n\nriver?", options=options)]).decode()

    assert text == "Which river?\nA) Tigris river\nB) Nile\nANSWER: A\n"


# --- Moodle XML ---


def test_moodle_xml_is_well_formed_and_names_the_category():
    root = xmlsafe.parse(write("moodle_xml", [draft()], course="Iraq & the USA", lesson="One/Two"))

    assert root.find("question", "category", "text").text == "top/Iraq & the USA/One//Two"


def test_moodle_xml_weights_have_seven_decimals():
    options = [{"text": t, "correct": True} for t in "abc"] + [{"text": "d"}]

    assert (
        'fraction="33.3333333"' in write("moodle_xml", [draft("multiple_choice", options=options)]).decode()
    )


# --- QTI ---


@pytest.mark.parametrize(("version", "root"), [("3.0", "qti-assessment-item"), ("2.1", "assessmentItem")])
def test_qti_versions_differ_in_names_and_read_alike(version, root):
    drafts = [draft(), draft("gaps", "two", **GAPS), draft("essay", "three", model_answer="**So.**")]

    data = write("qti", drafts, version=version)

    items = [body for name, body in members(data).items() if name.startswith("items/")]
    assert [xmlsafe.root_name(body) for body in items] == [root] * 3
    assert ("qti-" in b"".join(items).decode()) == (version == "3.0")
    reading = read(data, "x.zip")
    assert reading.problems == []
    assert [(d.ref, d.kind) for d in reading.drafts] == [
        ("one", "true_false"),
        ("two", "gaps"),
        ("three", "essay"),
    ]


def test_qti_of_an_unknown_version_is_refused():
    with pytest.raises(ValueError, match=r"3\.0 or 2\.1"):
        write("qti", [draft()], version="1.2")


def test_qti_identifier_that_starts_with_a_digit_comes_back():
    assert read(write("qti", [draft(ref="2003-war")]), "x.zip").drafts[0].ref == "2003-war"


# --- Anki ---


def test_anki_note_types_never_change(tmp_path):
    """Anki updates notes only while id and fields of their type stay: a new layout needs a new id."""
    (models,) = rows(write("anki", [draft()]), "SELECT models FROM col", tmp_path)[0]
    types = {
        int(id): tuple(field["name"] for field in model["flds"]) for id, model in json.loads(models).items()
    }

    assert types == {
        1_735_689_600_001: ("Question", "Answer", "Explanation", "Passage", "Reference"),
        1_735_689_600_002: ("Text", "Explanation", "Passage", "Reference"),
    }
    assert types == {BASIC_ID: BASIC_FIELDS, CLOZE_ID: CLOZE_FIELDS}


def test_anki_second_export_matches_by_guid_and_is_later(tmp_path):
    query = "SELECT id, guid, mid, mod FROM notes"
    first = rows(write("anki", [draft(modified=1_700_000_000)]), query, tmp_path)
    second = rows(write("anki", [draft(modified=1_700_000_500, explanation="New.")]), query, tmp_path)

    assert first[0][:3] == second[0][:3]
    assert [first[0][3], second[0][3]] == [1_700_000_000, 1_700_000_500]


def test_anki_keeps_two_courses_apart(tmp_path):
    query = "SELECT guid FROM notes"

    guids = {rows(write("anki", [draft()], course_id=id), query, tmp_path)[0][0] for id in ("a", "b")}

    assert guids == {"a/one", "b/one"}
    assert read(write("anki", [draft()], course_id="a"), "x.apkg").drafts[0].ref == "one"


def test_anki_checksum_is_that_of_the_first_field_without_html(tmp_path):
    # SHA-1 of "Name it." begins with these eight digits.
    package = write("anki", [draft("short_text", stem="**Name** it.", answers=[{"text": "x"}])])

    (checksum, sort_field) = rows(package, "SELECT csum, sfld FROM notes", tmp_path)[0]

    assert (checksum, sort_field) == (int("f5b6b6f5", 16), "Name it.")


def test_anki_gap_is_a_deletion_with_its_choices_as_hint(tmp_path):
    (fields,) = rows(write("anki", [draft("gaps", **GAPS)]), "SELECT flds FROM notes", tmp_path)[0]

    assert "{{c1::Tigris::Tigris / Nile}}" in fields


def test_answer_to_show_stands_on_cards_and_is_the_correct_one_of_qti(tmp_path):
    typed = {"answers": ["Fund * Iraq"], "match": "words", "display": "Fund for Iraq"}
    gap = {"text": "It was the {{what}}.", "gaps": {"what": typed | {"kind": "short_text"}}}
    drafts = [draft("short_text", "one", **typed), draft("gaps", "two", **gap)]
    cards = [fields for (fields,) in rows(write("anki", drafts), "select flds from notes", tmp_path)]
    items = [
        body.decode() for name, body in members(write("qti", drafts)).items() if name.startswith("items/")
    ]

    assert all("Fund for Iraq" in fields for fields in cards)
    assert all("<qti-value>Fund for Iraq</qti-value>" in body for body in items)
    assert len(cards) == len(items) == 2


def test_anki_decks_are_course_and_lesson(tmp_path):
    (decks,) = rows(
        write("anki", [draft()], course="Iraq", lesson="Rivers"), "SELECT decks FROM col", tmp_path
    )[0]

    assert sorted(deck["name"] for deck in json.loads(decks).values()) == ["Default", "Iraq::Rivers"]


def test_anki_ordering_does_not_give_its_order_away(tmp_path):
    item = draft("ordering", items=[{"text": text} for text in ("1958", "1968", "2003")])
    (fields,) = rows(write("anki", [item]), "SELECT flds FROM notes", tmp_path)[0]
    front, back = fields.split("\x1f")[:2]

    assert re.findall(r"\d{4}", back) == ["1958", "1968", "2003"]
    assert re.findall(r"\d{4}", front) != ["1958", "1968", "2003"]


def test_anki_backs_can_be_read_as_essays_or_short_texts():
    data = write("anki", [draft("short_text", answers=[{"text": "yes"}])])

    kinds = [read(data, "x.apkg", backs_as=kind).drafts[0].kind for kind in ("", "essay", "short_text")]

    assert kinds == ["short_text", "essay", "short_text"]
