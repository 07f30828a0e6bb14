"""Anki packages as the versions of Anki write them, made small, for tests."""

import io
import json
import sqlite3
import tempfile
import zipfile
from pathlib import Path

import zstandard

from content.formats import protobuf

BASIC, CLOZE, OCCLUSION = 11, 12, 13
TYPES = {
    BASIC: ("Basic", ["Front", "Back", "Extra", "Source"], False),
    CLOZE: ("Cloze", ["Text", "Back Extra"], True),
    OCCLUSION: ("Image Occlusion", ["Occlusion", "Image"], True),
}
NOTES = [
    # guid, type, tags, fields, deck, cards, reviewed
    ("aB1{:;", BASIC, "rivers level:apply", ["Which river?<br>One.", "Tigris", "It is <b>eastern</b>.", ""], 2, 1, False),
    ("aB2", BASIC, "", ["How does it run?", "From <i>Turkey</i> through Iraq<br>to the Gulf."], 2, 2, True),
    ("aB3", BASIC, "", ['See <img src="red dot.png"> and <img src="lost.png">', "[sound:a.mp3]dot *"], 3, 1, False),
    ("aB4", BASIC, "", ["[latex]x^2[/latex]?", "", "", "Atlas"], 3, 1, False),
    ("aC1", CLOZE, "", ["Complete.<br><br>{{c1::Baghdad::city}} lies on the {{c2::Tigris}}.",
                        "See <a href='javascript:x'>map</a>"], 3, 2, False),
    ("aC2", CLOZE, "", ["The {{c1::river {{c2::Tigris}} in Iraq}} is long {{c3::never closed", ""], 3, 1, False),
    ("aC3", CLOZE, "", ["No gap here", ""], 3, 1, False),
    ("aO1", OCCLUSION, "", ["{{c1::image-occlusion:rect:left=.1}}", "<img src='red dot.png'>"], 3, 1, False),
]  # fmt: skip
DECKS = {1: "Default", 2: "Rivers", 3: "Rivers::Gaps & more"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000020000000108020000007b40e8dd0000000f49444154789c633c2127c7"
    "c0c0000005cc0106458859d40000000049454e44ae426082"
)


def packed(members):
    """A zip of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def database(script):
    """The bytes of an SQLite file that `script(connection)` fills."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "collection"
        connection = sqlite3.connect(path)
        connection.create_collation("unicase", lambda a, b: (a > b) - (a < b))
        script(connection)
        connection.commit()
        connection.close()
        return path.read_bytes()


def _notes(connection, notes):
    connection.executescript(
        """CREATE TABLE notes (id integer primary key, guid text, mid integer, mod integer, usn integer, tags text,
             flds text, sfld integer, csum integer, flags integer, data text);
           CREATE TABLE cards (id integer primary key, nid integer, did integer, ord integer, mod integer,
             usn integer, type integer, queue integer, due integer, ivl integer, factor integer, reps integer,
             lapses integer, left integer, odue integer, odid integer, flags integer, data text);"""
    )
    card = 0
    for number, (guid, type, tags, fields, deck, cards, reviewed) in enumerate(notes, 1):
        row = (
            number,
            guid,
            type,
            1_700_000_000 + number,
            -1,
            f" {tags} ",
            "\x1f".join(fields),
            fields[0],
            0,
            0,
            "",
        )
        connection.execute(f"INSERT INTO notes VALUES ({','.join('?' * 11)})", row)
        for order in range(cards):
            card += 1
            values = (card, number, deck, order, 0, -1, 2 if reviewed else 0, *[0] * 10, "")
            connection.execute(f"INSERT INTO cards VALUES ({','.join('?' * 18)})", values)


def schema_11(notes=NOTES):
    """A collection as Anki wrote it until 2.1.49: models and decks as JSON in one row."""
    models = {
        str(id): {"id": id, "name": name, "type": int(cloze), "flds": [{"name": field} for field in fields]}
        for id, (name, fields, cloze) in TYPES.items()
    }
    decks = {str(id): {"id": id, "name": name} for id, name in DECKS.items()}

    def script(connection):
        connection.execute("CREATE TABLE col (id integer primary key, models text, decks text)")
        connection.execute("INSERT INTO col VALUES (1, ?, ?)", (json.dumps(models), json.dumps(decks)))
        _notes(connection, notes)

    return database(script)


def schema_18(notes=NOTES):
    """A collection as Anki writes it now: tables for note types, fields and decks."""

    def script(connection):
        connection.executescript(
            """CREATE TABLE notetypes (id integer primary key, name text collate unicase, mtime_secs integer,
                 usn integer, config blob);
               CREATE TABLE fields (ntid integer, ord integer, name text collate unicase, config blob,
                 primary key (ntid, ord)) without rowid;
               CREATE TABLE decks (id integer primary key, name text collate unicase, mtime_secs integer,
                 usn integer, common blob, kind blob);
               CREATE UNIQUE INDEX idx_decks_name ON decks (name);"""
        )
        for id, (name, fields, cloze) in TYPES.items():
            config = (
                protobuf.message((1, 1), (3, b".card {}")) if cloze else protobuf.message((3, b".card {}"))
            )
            connection.execute("INSERT INTO notetypes VALUES (?, ?, 0, 0, ?)", (id, name, config))
            for order, field in enumerate(fields):
                connection.execute("INSERT INTO fields VALUES (?, ?, ?, x'')", (id, order, field))
        for id, name in DECKS.items():
            connection.execute(
                "INSERT INTO decks VALUES (?, ?, 0, 0, x'', x'')", (id, name.replace("::", "\x1f"))
            )
        _notes(connection, notes)

    return database(script)


def oldest_package(notes=NOTES):
    return packed({"collection.anki2": schema_11(notes), "media": b'{"0": "red dot.png"}', "0": PNG})


def older_package(notes=NOTES):
    """With the stub that old programs show."""
    stub = schema_11([("stub", BASIC, "", ["Please update to the latest Anki version", ""], 1, 1, False)])
    media = b'{"0": "red dot.png"}'
    return packed({"collection.anki2": stub, "collection.anki21": schema_11(notes), "media": media, "0": PNG})


def current_package(notes=NOTES):
    pack = zstandard.ZstdCompressor().compress
    stub = schema_11([("stub", BASIC, "", ["Please update to the latest Anki version", ""], 1, 1, False)])
    entry = protobuf.message((1, b"red dot.png"), (2, len(PNG)))
    return packed(
        {
            "meta": protobuf.message((1, 3)),
            "collection.anki2": stub,
            "collection.anki21b": pack(schema_18(notes)),
            "media": pack(protobuf.message((1, entry))),
            "0": pack(PNG),
        }
    )
