"""Anki packages (.apkg): old and current collections in; one deck that later imports update out.

The collection is a SQLite file of a stranger: it is copied to a temporary file, opened read-only and unable to
change, with a schema that is not trusted, nothing allowed but reading tables, and a bound on the work.
"""

import html
import json
import re
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import zstandard

from content.formats import gap_texts, protobuf
from content.formats.cloze import CLOSE, MARK, OPEN
from content.formats.drafts import Collector, QuestionDraft, TooMany, title_of, with_tags
from content.html_markdown import from_html, from_plain, to_plain
from content.zips import ZipRefused, open_archive

# The newest first: an older one beside it only says "please update".
COLLECTIONS = ("collection.anki21b", "collection.anki21", "collection.anki2")
SHORT_ANSWER = 60
# Steps of SQLite's machine that reading one collection may take.
MOST_STEPS = 300_000_000
OURS = "Study questions"
_SOUND = re.compile(r"\[(?:sound|anki:play)[:\]][^\]]*\]")
_LATEX = re.compile(r"\[latex\]|\[\$\$?\]")
_CLOZE_OPEN = re.compile(r"\{\{c(\d{1,3})::")
_CLOZE_PART = re.compile(r"\{\{c\d{1,3}::|\}\}")
_DROPPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef]")


@dataclass
class NoteType:
    """What the notes of one type are: its name, the names of its fields, and whether it is a cloze."""

    name: str
    fields: list = field(default_factory=list)
    is_cloze: bool = False


@dataclass
class Card:
    """What the cards of one note say: deck, place among the new ones, whether answered, whether there are two."""

    deck: object = None
    position: int = 0
    is_reviewed: bool = False
    is_reversed: bool = False


_NO_CARD = Card()


# What becomes of notes with front and back: `backs_as` of `read`, in words.
BACKS = (
    ("", "Short texts, long backs essays"),
    ("short_text", "Short texts, all of them"),
    ("essay", "Essays, all of them"),
)


# --- reading -------------------------------------------------------------------


def read(data, *, limits=None, backs_as=""):
    """The `Reading` of an Anki package.

    `backs_as`: ``"short_text"`` or ``"essay"`` for all plain notes; by default a back that is plain, on one line
    and short is a short text, any other the model answer of an essay.
    """
    collector = Collector("anki", limits)
    try:
        archive = open_archive(data, collector.limits.zip)
        name = next((name for name in COLLECTIONS if name in archive), None)
        if name is None:
            collector.error(
                "anki.no-collection", "The package holds no collection; export it from Anki again."
            )
        else:
            package = _Package(archive, name, collector)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "collection"
                path.write_bytes(package.collection())
                _read_collection(path, package, collector, backs_as)
    except ZipRefused as refused:
        collector.error("zip.refused", str(refused))
    except (sqlite3.Error, OverflowError, UnicodeError) as broken:
        collector.error(
            "anki.damaged", f"The collection cannot be read ({broken}); export it from Anki again."
        )
    except TooMany:
        pass
    return collector.reading()


class _Package:
    """The members of a package; those of the current form are packed once more."""

    def __init__(self, archive, name, collector):
        self.archive, self.name, self.collector = archive, name, collector
        self.is_current = name.endswith("b")
        self._media = None

    def collection(self):
        return self._unpacked(self.name)

    def _unpacked(self, name):
        data = self.archive.read(name)
        return unzstd(data, self.collector.limits.zip.member, name) if self.is_current else data

    @property
    def media(self):
        """Name of a media file → its member."""
        if self._media is None:
            self._media = {}
            if "media" in self.archive:
                self._media = self._media_map(self._unpacked("media"))
        return self._media

    def _media_map(self, data):
        if self.is_current:
            entries = [
                protobuf.fields(value)
                for number, value in protobuf.fields(data)
                if number == 1 and isinstance(value, bytes)
            ]
            names = [next((v for n, v in entry if n == 1 and isinstance(v, bytes)), b"") for entry in entries]
            return {name.decode("utf-8", "replace"): str(number) for number, name in enumerate(names)}
        found = _json(data)
        return {name: member for member, name in found.items() if isinstance(name, str)}

    def picture_for(self, where):
        def picture(source, alt):
            member, found = self.media.get(html.unescape(source)), None
            if member in self.archive:
                found = self._unpacked(member), source
            return self.collector.picture_at(source, alt, found, (0, 0), where=where)

        return picture


def unzstd(data, limit, name=""):
    """What zstd packed, at most `limit` bytes, else `ZipRefused`."""
    parts, size = [], 0
    try:
        # The window bounds the memory that a frame may ask for.
        with zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(data) as stream:
            while piece := stream.read(64 * 1024):
                size += len(piece)
                if size > limit:
                    raise ZipRefused(f'"{name}" unpacks to more than {limit // 1024**2} MiB.')
                if size > 1024**2 and size - 1024**2 > 100 * max(len(data), 1):
                    raise ZipRefused(f'"{name}" is packed more than 100 times; it may be a trap.')
                parts.append(piece)
    except zstandard.ZstdError as broken:
        raise ZipRefused(f'"{name}" is damaged ({broken}); export the deck again.') from None
    return b"".join(parts)


def _json(data):
    """The JSON object in bytes or text, {} for anything else."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _opened(path):
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    # Anki compares names by a rule of its own; any will do to read.
    connection.create_collation(
        "unicase", lambda a, b: (a.casefold() > b.casefold()) - (a.casefold() < b.casefold())
    )
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    steps = [0]

    def count():
        steps[0] += 10_000
        return steps[0] > MOST_STEPS

    connection.set_progress_handler(count, 10_000)
    return connection


def _only_reading(action, *details):
    return (
        sqlite3.SQLITE_OK if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ) else sqlite3.SQLITE_DENY
    )


def _read_collection(path, package, collector, backs_as):
    with closing(_opened(path)) as connection:
        if (found := connection.execute("PRAGMA quick_check(1)").fetchone()) and found[0] != "ok":
            collector.error("anki.damaged", "The collection is damaged; export it from Anki again.")
            return
        connection.set_authorizer(_only_reading)
        objects = connection.execute("SELECT type, name FROM sqlite_master").fetchall()
        if any(type in ("trigger", "view") for type, _ in objects):
            collector.error(
                "anki.refused", "The collection holds triggers or views, which no collection of Anki does."
            )
            return
        tables = {name for _, name in objects}
        if "notes" not in tables:
            collector.error("anki.damaged", "The collection has no notes; export it from Anki again.")
            return
        types, decks = _types_and_decks(connection, tables)
        cards = _cards(connection, tables)
        if any(card.is_reviewed for card in cards.values()):
            collector.warning(
                "lossy.scheduling", "When cards are due and how they were answered was left out."
            )
        collector.warning("lossy.templates", "Card templates, their styles and scripts were left out.")
        notes = connection.execute("SELECT id, guid, mid, mod, tags, flds FROM notes").fetchall()
        notes.sort(key=lambda row: (cards.get(row[0], _NO_CARD).position, row[0]))
        for id, guid, mid, mod, tags, fields in notes:
            card, type = cards.get(id, _NO_CARD), types.get(mid, NoteType("unknown"))
            note = _Note(str(guid), type, str(fields), package, backs_as)
            if card.is_reversed and not type.is_cloze:
                note.lost("reversed", "The reversed card of a note was left out")
            _add(note, decks.get(card.deck, ()), str(tags), mod, collector)


def _types_and_decks(connection, tables):
    """({id: NoteType}, {id: path of the deck}) of either schema."""
    types, decks = {}, {}
    if {"notetypes", "fields"} <= tables:
        for id, name, config in connection.execute("SELECT id, name, config FROM notetypes"):
            cloze = (1, 1) in protobuf.fields(config if isinstance(config, bytes) else b"")
            types[id] = NoteType(str(name), [], cloze)
        for id, name in connection.execute("SELECT ntid, name FROM fields ORDER BY ntid, ord"):
            if id in types:
                types[id].fields.append(str(name))
        if "decks" in tables:
            rows = connection.execute("SELECT id, name FROM decks")
            decks = {id: tuple(str(name).split("\x1f")) for id, name in rows}
        return types, decks
    row = connection.execute("SELECT models, decks FROM col").fetchone() if "col" in tables else None
    models, found = map(_json, row) if row else ({}, {})
    for id, model in models.items():
        if id.lstrip("-").isdecimal() and isinstance(model, dict):
            names = [str(f.get("name", "")) for f in model.get("flds") or () if isinstance(f, dict)]
            types[int(id)] = NoteType(str(model.get("name", "")), names, model.get("type") == 1)
    for id, deck in found.items():
        if id.lstrip("-").isdecimal() and isinstance(deck, dict):
            decks[int(id)] = tuple(str(deck.get("name", "")).split("::"))
    return types, decks


def _cards(connection, tables):
    """{note: Card}: what its cards say together."""
    found = {}
    if "cards" not in tables:
        return found
    rows = connection.execute("SELECT nid, did, ord, type, due FROM cards ORDER BY nid, ord")
    for note, deck, number, type, due in rows:
        # Only of a card that is still new does `due` tell its place in the deck.
        position = due if type == 0 and isinstance(due, int) else 0
        card = found.setdefault(note, Card(deck, position))
        card.is_reviewed = card.is_reviewed or bool(type)
        card.is_reversed = card.is_reversed or number == 1
    return found


def _add(note, deck, tags, mod, collector):
    draft = QuestionDraft(
        ref=note.ref,
        category=tuple(part for part in deck if part and part != "Default"),
        where=note.where,
        modified=mod if isinstance(mod, int) else 0,
    )
    draft = with_tags(draft, tags.split())
    try:
        draft.kind, draft.content = note.kind_and_content()
    except Skipped as skipped:
        draft.content = {"stem": note.html(0)}
        draft.title = title_of(draft.stem)
        collector.skip(draft, str(skipped))
        return
    shown = draft.stem if draft.stem != gap_texts.TASK else gap_texts.GAP.sub("…", draft.content["text"])
    draft.title = title_of(shown)
    collector.add(draft)


class Skipped(Exception):
    """A note that we have no kind for; the message says why."""


class _Note:
    """One note on its way to the JSON of its kind."""

    def __init__(self, guid, type, fields, package, backs_as):
        self.type, self.package, self.backs_as = type, package, backs_as
        self.is_ours = type.name.startswith(OURS)
        guid = _DROPPED.sub("", guid).strip()
        self.ref = guid.rpartition("/")[2] if self.is_ours else guid
        self.where = f"note {guid[:60]}"
        self.fields = [_DROPPED.sub("", text) for text in fields.split("\x1f")]
        self.collector = package.collector

    def lost(self, code, message):
        self.collector.warning(f"lossy.{code}", message, where=self.where, ref=self.ref)

    # fields

    def raw(self, index):
        """The HTML of a field without sounds; what goes with them is named."""
        text = self.fields[index] if index < len(self.fields) else ""
        if _SOUND.search(text):
            self.lost("sound", "A sound was left out")
            text = _SOUND.sub("", text)
        if _LATEX.search(text):
            self.lost("latex", "LaTeX stays as its source")
        return text

    def html(self, index):
        return self.markdown(self.raw(index), index)

    def markdown(self, text, index):
        where = f"{self.where} {self.field_name(index)}".strip()
        if "<" not in text and "&" not in text:
            return from_plain(text)
        converted = from_html(text, image=self.package.picture_for(where))
        self.collector.lost((0, 0), converted.lost, where=where)
        return converted.markdown

    def field_name(self, index):
        return self.type.fields[index] if index < len(self.type.fields) else ""

    def field_called(self, *names):
        """The index of the field with one of these names after the first two, or None."""
        rest = range(2 if not self.type.is_cloze else 1, len(self.fields))
        return next((index for index in rest if self.field_name(index).lower() in names), None)

    # the note

    def kind_and_content(self):
        if "image occlusion" in self.type.name.lower() or "image-occlusion:" in self.fields[0]:
            raise Skipped("it hides parts of a picture (image occlusion)")
        kind, content = self.cloze() if self.type.is_cloze else self.front_and_back()
        return kind, content | self.explanation()

    def explanation(self):
        index = self.field_called("explanation", "back extra", "extra")
        known = {
            index,
            self.field_called("passage") if self.is_ours else None,
            self.field_called("reference") if self.is_ours else None,
        }
        first = 1 if self.type.is_cloze else 2
        others = [i for i in range(first, len(self.fields)) if i not in known and self.fields[i].strip()]
        if others:
            self.lost("fields", "Fields after the second were left out")
        text = self.html(index) if index is not None else ""
        return {"explanation": text} if text else {}

    def front_and_back(self):
        stem, back = self.html(0), self.html(1)
        plain = " ".join(to_plain(back).split())
        is_short = (
            bool(plain) and len(plain) <= SHORT_ANSWER and "\n" not in back and back == from_plain(plain)
        )
        kind = self.backs_as or ("short_text" if is_short else "essay")
        if kind == "short_text" and plain:
            return "short_text", {"stem": stem, "answers": [{"text": plain.replace("*", "\\*")}]}
        return "essay", {"stem": stem} | ({"model_answer": back} if back else {})

    def cloze(self):
        text, found = self.cut(self.raw(0))
        if not found:
            raise Skipped("it has no gap ({{c1::…}})")
        gaps, hints = {}, []
        for answer, hint in found:
            words = " ".join(to_plain(from_html(answer).markdown).split())
            gaps[gap_texts.name_for("", gaps)] = {
                "kind": "short_text",
                "answers": [{"text": words.replace("*", "\\*")}],
            }
            if hint := " ".join(to_plain(from_html(hint).markdown).split()):
                hints.append(hint)
        names = list(gaps)
        markdown = MARK.sub(lambda mark: f"{{{{{names[int(mark[1])]}}}}}", self.markdown(text, 0))
        stem, text = gap_texts.divided(markdown)
        content = {"stem": stem, "text": text, "gaps": gaps}
        # In our own notes the hint of a gap is what can be chosen there.
        return "gaps", content | (
            {"hint": from_plain("; ".join(hints))} if hints and not self.is_ours else {}
        )

    def cut(self, text):
        """(text with a mark for each outer deletion, [(answer, hint)]); inner ones stay as words of the outer."""
        parts, found, at = [], [], 0
        while start := _CLOZE_OPEN.search(text, at):
            depth, end, inner = 1, start.end(), []
            piece_from = start.end()
            while depth and (part := _CLOZE_PART.search(text, end)):
                inner.append(text[piece_from : part.start()])
                depth += -1 if part[0] == "}}" else 1
                end = piece_from = part.end()
                if depth > 1 and part[0] != "}}":
                    self.lost("nested", "A gap inside a gap stays as text")
            if depth:
                break
            answer, _, hint = "".join(inner).partition("::")
            parts.append(text[at : start.start()] + f"{OPEN}{len(found)}{CLOSE}")
            found.append((answer, hint))
            at = end
        return "".join([*parts, text[at:]]), found
