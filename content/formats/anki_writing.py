"""Drafts → an Anki package that a later import updates.

Anki matches notes by guid and takes a change only if `mod` is later and the note type has the same id and
fields. So the ids and fields below never change; a new layout is a new note type with a new id.
"""

import hashlib
import html
import io
import json
import re
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path

from content.formats import gap_texts
from content.formats.anki import OURS
from content.formats.answers import absolute_tolerance, best, decimal, extras, option_worth
from content.formats.drafts import Media, image_type, travelling_tags
from content.html_markdown import to_html
from content.questions import KINDS

BASIC_ID, CLOZE_ID = 1_735_689_600_001, 1_735_689_600_002
BASIC_FIELDS = ("Question", "Answer", "Explanation", "Passage", "Reference")
CLOZE_FIELDS = ("Text", "Explanation", "Passage", "Reference")
# Anki keeps times in its definitions; ours never change, so neither does their time.
_DEFINED_AT = 1_735_689_600
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_CSS = ".card { font-family: Georgia, serif; font-size: 20px; text-align: start; max-width: 40em; margin: auto; }"
_BELOW = (
    "{{#Explanation}}<p>{{Explanation}}</p>{{/Explanation}}"
    "{{#Passage}}<p><small>{{Passage}}</small></p>{{/Passage}}"
    "{{#Reference}}<p><small>{{Reference}}</small></p>{{/Reference}}"
)
_SCHEMA = """
CREATE TABLE col (id integer primary key, crt integer not null, mod integer not null, scm integer not null,
  ver integer not null, dty integer not null, usn integer not null, ls integer not null, conf text not null,
  models text not null, decks text not null, dconf text not null, tags text not null);
CREATE TABLE notes (id integer primary key, guid text not null, mid integer not null, mod integer not null,
  usn integer not null, tags text not null, flds text not null, sfld integer not null, csum integer not null,
  flags integer not null, data text not null);
CREATE TABLE cards (id integer primary key, nid integer not null, did integer not null, ord integer not null,
  mod integer not null, usn integer not null, type integer not null, queue integer not null, due integer not null,
  ivl integer not null, factor integer not null, reps integer not null, lapses integer not null,
  left integer not null, odue integer not null, odid integer not null, flags integer not null, data text not null);
CREATE TABLE revlog (id integer primary key, cid integer not null, usn integer not null, ease integer not null,
  ivl integer not null, lastIvl integer not null, factor integer not null, time integer not null, type integer not null);
CREATE TABLE graves (usn integer not null, oid integer not null, type integer not null);
CREATE INDEX ix_notes_usn on notes (usn);
CREATE INDEX ix_cards_usn on cards (usn);
CREATE INDEX ix_revlog_usn on revlog (usn);
CREATE INDEX ix_cards_nid on cards (nid);
CREATE INDEX ix_cards_sched on cards (did, queue, due);
CREATE INDEX ix_revlog_cid on revlog (cid);
CREATE INDEX ix_notes_csum on notes (csum);
"""


def write(drafts, *, media=None, course="Questions", course_id="", lesson="", passages=None, **options):
    """The package as bytes; the same drafts give the same bytes.

    `course`: title, the name of the deck; `course_id` keeps the notes of two courses apart for ever;
    `passages`: passage id → title, shown under the answer.
    """
    drafts = [draft for draft in drafts if not draft.skip and draft.kind in _BACKS or draft.kind == "gaps"]
    if not drafts:
        return b""
    shown = {}
    notes = [_Note(draft, media or {}, passages or {}, shown) for draft in drafts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "collection.anki2"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
            _fill(connection, notes, course or "Questions", course_id, lesson)
            connection.commit()
            connection.execute("VACUUM")
        files = {"collection.anki2": path.read_bytes()}
    names = {}
    for number, (name, data) in enumerate(shown.items()):
        files[str(number)] = data
        names[str(number)] = name
    files["media"] = json.dumps(names, ensure_ascii=False).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, date_time=_FIXED_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def _stable_number(text, base):
    """A number of 13 digits that is always the same for a text, as Anki's ids are."""
    return base + int(hashlib.sha256(text.encode()).hexdigest()[:9], 16)


def _fill(connection, notes, course, course_id, lesson):
    decks, used = {}, set()
    rows, cards = [], []
    for position, note in enumerate(notes, 1):
        path = note.draft.category or tuple(name for name in (course, lesson) if name)
        name = "::".join(part.replace("::", ":") for part in path)
        deck = decks.setdefault(name, _stable_number(f"deck {course_id or course} {name}", 1_500_000_000_000))
        guid = f"{course_id}/{note.draft.ref}" if course_id else note.draft.ref
        number = _stable_number(f"note {guid}", 1_600_000_000_000)
        while number in used:
            number += 1
        used.add(number)
        mod = note.draft.modified or _DEFINED_AT
        fields = note.fields()
        first = _stripped(fields[0])
        checksum = int(hashlib.sha1(first.encode(), usedforsecurity=False).hexdigest()[:8], 16)
        tags = " ".join(re.sub(r"\s+", "-", tag) for tag in travelling_tags(note.draft))
        row = (
            number,
            guid,
            note.type_id,
            mod,
            -1,
            f" {tags} " if tags else "",
            "\x1f".join(fields),
            first,
            checksum,
            0,
            "",
        )
        rows.append(row)
        for index in range(note.card_count):
            card = _stable_number(f"card {guid} {index}", 1_600_000_000_000)
            while card in used:
                card += 1
            used.add(card)
            cards.append((card, number, deck, index, mod, -1, 0, 0, position, 0, 0, 0, 0, 0, 0, 0, 0, ""))
    connection.executemany(f"INSERT INTO notes VALUES ({','.join('?' * 11)})", rows)
    connection.executemany(f"INSERT INTO cards VALUES ({','.join('?' * 18)})", cards)
    ordered = {str(id): _deck(id, name) for name, id in [("Default", 1), *decks.items()]}
    types = {str(id): _type(id, name, fields) for id, name, fields in _TYPES}
    conf = {"nextPos": len(notes) + 1, "curModel": str(BASIC_ID), "curDeck": 1, "activeDecks": [1], "sortType": "noteFld",
            "sortBackwards": False, "addToCur": True, "estTimes": True, "dueCounts": True, "newSpread": 0,
            "collapseTime": 1200, "timeLim": 0}  # fmt: skip
    connection.execute(
        f"INSERT INTO col VALUES ({','.join('?' * 13)})",
        (1, _DEFINED_AT, _DEFINED_AT * 1000, _DEFINED_AT * 1000, 11, 0, 0, 0,
         *(json.dumps(part, ensure_ascii=False) for part in (conf, types, ordered, {"1": _DECK_OPTIONS}, {}))),
    )  # fmt: skip


_TYPES = ((BASIC_ID, OURS, BASIC_FIELDS), (CLOZE_ID, f"{OURS} (gaps)", CLOZE_FIELDS))
_DECK_OPTIONS = {
    "id": 1, "name": "Default", "mod": 0, "usn": 0, "maxTaken": 60, "autoplay": True, "timer": 0, "replayq": True,
    "dyn": False,
    "new": {"bury": False, "delays": [1, 10], "initialFactor": 2500, "ints": [1, 4, 7], "order": 1, "perDay": 20},
    "rev": {"bury": False, "ease4": 1.3, "fuzz": 0.05, "ivlFct": 1, "maxIvl": 36500, "minSpace": 1, "perDay": 200},
    "lapse": {"delays": [10], "leechAction": 1, "leechFails": 8, "minInt": 1, "mult": 0},
}  # fmt: skip


def _deck(id, name):
    return {
        "id": id, "name": name, "desc": "", "mod": _DEFINED_AT, "usn": -1, "collapsed": False, "browserCollapsed": False,
        "dyn": 0, "conf": 1, "extendNew": 0, "extendRev": 0,
        "newToday": [0, 0], "revToday": [0, 0], "lrnToday": [0, 0], "timeToday": [0, 0],
    }  # fmt: skip


def _type(id, name, fields):
    is_cloze = id == CLOZE_ID
    front = "{{cloze:Text}}" if is_cloze else "{{Question}}"
    back = "{{cloze:Text}}<hr>" if is_cloze else "{{FrontSide}}<hr id=answer>{{Answer}}"
    template = {"name": "Cloze" if is_cloze else "Card 1", "ord": 0, "qfmt": front, "afmt": back + _BELOW,
                "bqfmt": "", "bafmt": "", "did": None, "bfont": "", "bsize": 0}  # fmt: skip
    return {
        "id": id, "name": name, "type": int(is_cloze), "mod": _DEFINED_AT, "usn": -1, "sortf": 0, "did": None,
        "tmpls": [template], "css": _CSS, "latexPre": "", "latexPost": "", "latexsvg": False, "tags": [], "vers": [],
        "req": [[0, "any", [0]]],
        "flds": [
            {"name": field, "ord": number, "sticky": False, "rtl": False, "font": "Arial", "size": 20, "media": []}
            for number, field in enumerate(fields)
        ],
    }  # fmt: skip


def _stripped(text):
    """The words of a field: what Anki sorts by and makes its checksum of."""
    return html.unescape(re.sub(r"<[^>]*>", "", text)).strip()


class _Note:
    """One draft as the fields of a note."""

    def __init__(self, draft, media, passages, shown):
        self.draft, self.media, self.passages, self.shown = draft, media, passages, shown
        self.content = KINDS[draft.kind].normalise(draft.content)

    @property
    def type_id(self):
        return CLOZE_ID if self.draft.kind == "gaps" else BASIC_ID

    @property
    def card_count(self):
        return len(self.content["gaps"]) if self.draft.kind == "gaps" else 1

    def fields(self):
        below = [
            self.flow(self.content.get("explanation", "")),
            html.escape(self.passages.get(self.draft.passage, self.draft.passage)),
            html.escape("; ".join(self.draft.sources)),
        ]
        if self.draft.kind == "gaps":
            above = [self.cloze()]
        else:
            front, back = _BACKS[self.draft.kind](self)
            above = [self.flow(self.content["stem"]) + front, back]
        return [text.replace("\x1f", " ") for text in above + below]

    # texts

    def flow(self, markdown):
        """HTML; a single paragraph stands without its tags, as notes typed in Anki do."""
        found = to_html(markdown, image=self.picture)
        if found.count("<p>") == 1 and found.startswith("<p>") and found.endswith("</p>"):
            return found[3:-4]
        return found

    def line(self, markdown):
        return to_html(markdown, inline=True, image=self.picture)

    def picture(self, source):
        held = self.media.get(source)
        if held is None:
            return source
        data = held.data if isinstance(held, Media) else held
        if not image_type(data):
            return source
        name = source.rpartition("/")[2]
        self.shown[name] = data
        return name

    def reasons(self, row):
        return f": {self.flow(row['feedback'])}" if row.get("feedback") else ""

    # kinds: (what follows the stem on the front, the back)

    def choice(self):
        options = self.content["options"]
        front = "".join(f"<li>{self.line(option['text'])}</li>" for option in options)
        rows = [f"<li>{self.line(o['text'])}{self.reasons(o)}</li>" for o in options if option_worth(o) == 1]
        wrong = [
            f"<li>{self.line(o['text'])}{self.reasons(o)}</li>"
            for o in options
            if option_worth(o) != 1 and o.get("feedback")
        ]
        if len(rows) == 1 and not wrong and ": " not in rows[0]:
            back = rows[0][4:-5]
        else:
            back = f"<ul>{''.join(rows)}</ul>" + (f"<p>Not:</p><ul>{''.join(wrong)}</ul>" if wrong else "")
        return f'<ol type="A">{front}</ol>', back

    def true_false(self):
        feedback = self.content.get("feedback", {})
        word = "true" if self.content["answer"] else "false"
        said = feedback.get(word, "")
        return "<p>True or false?</p>", word.title() + (f"<p>{self.line(said)}</p>" if said else "")

    def short_text(self):
        shown = KINDS["short_text"].correct(self.content)["text"]
        return "", html.escape(" ".join(shown.split()), quote=False)

    def numeric(self):
        answer = best(self.content["answers"])
        room = absolute_tolerance(answer)
        parts = [
            decimal(answer["value"]),
            *([f"± {decimal(room)}"] if room else []),
            self.content.get("unit", ""),
        ]
        return "", html.escape(" ".join(part for part in parts if part))

    def matching(self):
        pairs = self.content["pairs"]
        lefts = "".join(f"<li>{self.line(pair['left'])}</li>" for pair in pairs)
        rights = sorted({*(pair["right"] for pair in pairs), *extras(self.content)})
        front = f"<ul>{lefts}</ul><p>{html.escape(' · '.join(rights))}</p>"
        back = "".join(f"<li>{self.line(pair['left'])} → {html.escape(pair['right'])}</li>" for pair in pairs)
        return front, f"<ul>{back}</ul>"

    def ordering(self):
        texts = [self.line(item["text"]) for item in self.content["items"]]
        mixed = sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest())
        if mixed == texts:
            mixed = texts[1:] + texts[:1]
        front = "".join(f"<li>{text}</li>" for text in mixed)
        return f"<ul>{front}</ul>", f"<ol>{''.join(f'<li>{text}</li>' for text in texts)}</ol>"

    def essay(self):
        model = self.flow(self.content.get("model_answer", ""))
        rubric = "".join(f"<li>{self.line(row['criterion'])}</li>" for row in self.content.get("rubric", ()))
        return "", model + (f"<ul>{rubric}</ul>" if rubric else "")

    def cloze(self):
        gaps, order = self.content["gaps"], []

        def mark(found):
            if found[1] not in gaps:
                return found[0]
            order.append(found[1])
            return f"\ufdd0{len(order) - 1}\ufdd1"

        text = self.flow(gap_texts.GAP.sub(mark, gap_texts.joined(self.content)))
        text = text.replace("{{", "&#123;&#123;").replace("}}", "&#125;&#125;")
        return re.sub(
            "\ufdd0(\\d+)\ufdd1", lambda found: self.deletion(int(found[1]), gaps[order[int(found[1])]]), text
        )

    def deletion(self, index, gap):
        """One gap as a cloze deletion; what may be chosen is its hint."""
        hint = ""
        if gap["kind"] == "choice":
            right = next((o for o in gap["options"] if option_worth(o) == 1), gap["options"][0])
            answer, hint = right["text"], " / ".join(option["text"] for option in gap["options"])
        elif gap["kind"] == "numeric":
            answer = decimal(best(gap["answers"])["value"])
        else:
            answer = " ".join(KINDS["short_text"].correct(gap)["text"].split())
        return f"{{{{c{index + 1}::{_inside(answer)}{'::' + _inside(hint) if hint else ''}}}}}"


def _inside(text):
    """Text inside a deletion: its marks as entities."""
    return html.escape(text, quote=False).replace("{", "&#123;").replace("}", "&#125;").replace(":", "&#58;")


_BACKS = {
    "single_choice": _Note.choice,
    "multiple_choice": _Note.choice,
    "true_false": _Note.true_false,
    "short_text": _Note.short_text,
    "numeric": _Note.numeric,
    "matching": _Note.matching,
    "ordering": _Note.ordering,
    "essay": _Note.essay,
}
