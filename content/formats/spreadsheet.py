"""Questions as rows of a table: CSV and XLSX. One header row, one question a row; cells hold Markdown."""

import csv
import datetime
import io
import posixpath
import re
from fractions import Fraction

from content import xmlsafe
from content.formats import gap_texts, source, weights
from content.formats.answers import absolute_tolerance, answer_worth, decimal, extras, without_arrow
from content.formats.drafts import LEVELS, Collector, QuestionDraft, TooMany, title_of
from content.numbers import NotANumber, as_text, exact
from content.questions import KINDS
from content.zips import ZipRefused, open_archive

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TEMPLATE_LETTERS = LETTERS[:10]
SHEET = "Questions"
_HEAD = ("id", "kind", "passage", "objective", "level", "tags", "stem")
_TAIL = (
    *("correct", "answer", "tolerance", "unit", "else_feedback", "case_sensitive", "shuffle", "scoring"),
    *("explanation", "hint", "sources"),
)
_ROW_COLUMN = re.compile(r"(option|feedback)_([a-z])")
_WEIGHTED = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,9})?)\s*%\s*:\s*(.*)", re.DOTALL)
_KEY_WEIGHT = re.compile(r"([A-Z])\s*(?:=\s*(-?\d{1,3}(?:\.\d{1,9})?)\s*%?)?")
# What a spreadsheet would run; ours get a ' in front and lose it on the way back.
_RUNS = ("=", "+", "-", "@", "'", "\t", "\r", "＝", "＋", "－", "＠")
_YES, _NO = {"true", "t", "yes", "y", "1", "x"}, {"false", "f", "no", "n", "0"}
_KIND_WORDS = {
    "multichoice": "single_choice",
    "mcq": "single_choice",
    "select_all": "multiple_choice",
    "multiple_answers": "multiple_choice",
    "truefalse": "true_false",
    "true_or_false": "true_false",
    "short_answer": "short_text",
    "number": "numeric",
    "numerical": "numeric",
    "cloze": "gaps",
    "order": "ordering",
    "match": "matching",
}


class BadCell(ValueError):
    """A cell cannot be read; `column` names its header."""

    def __init__(self, column, message):
        super().__init__(message)
        self.column = column


# --- rows → drafts ---------------------------------------------------------------


class _Table:
    """The header, and the way from a row to a draft."""

    def __init__(self, header, collector, place, where, *, decimal_comma):
        self.collector, self.where, self.decimal_comma = collector, where, decimal_comma
        self.columns, self.has_stem = {}, False
        known = {*_HEAD, *_TAIL}
        for index, cell in enumerate(header):
            name = re.sub(r"[\s-]+", "_", cell.strip().lower())
            if not name:
                continue
            if name not in known and not _ROW_COLUMN.fullmatch(name):
                self.problem(
                    "warning",
                    "table.unknown-column",
                    f'The column "{cell.strip()[:40]}" is not known and was left out.',
                    place,
                    index,
                )
            elif name in self.columns:
                self.problem(
                    "error",
                    "table.double-column",
                    f'The column "{name}" stands here twice; remove one.',
                    place,
                    index,
                )
            else:
                self.columns[name] = index
        self.has_stem = "stem" in self.columns

    def problem(self, severity, code, message, line, index, ref=""):
        add = self.collector.error if severity == "error" else self.collector.warning
        add(code, message, (line, index + 1), where=self.where, ref=ref)

    def take(self, cells, line):
        """Read one row into a draft, or its problem."""
        row = {
            name: cells[index].strip()
            for name, index in self.columns.items()
            if index < len(cells) and cells[index].strip()
        }
        if not row:
            return
        if sum(map(len, row.values())) > self.collector.limits.question:
            limit = self.collector.limits.question // 1024
            self.problem(
                "error", "limit.question", f"This row is longer than {limit} KiB; make it shorter.", line, 0
            )
            return
        row = {name: _unquoted(value) for name, value in row.items()}
        try:
            draft = _Row(row, self).draft()
        except BadCell as bad:
            index = self.columns.get(bad.column, self.columns.get("kind", 0))
            self.problem("error", "table.cell", f"{bad.column}: {bad}", line, index, row.get("id", ""))
            return
        except weights.BadWeights as bad:
            self.problem(
                "error", bad.code, f"correct: {bad}", line, self.columns.get("correct", 0), row.get("id", "")
            )
            return
        draft.line, draft.column, draft.where = line, self.columns.get("stem", 0) + 1, self.where
        self.collector.add(draft, places=self.places(draft, line))

    def places(self, draft, line):
        """Path in the content → the cell it came from."""
        found = {
            (key,): (line, self.columns[key] + 1)
            for key in ("stem", "explanation", "hint", "unit")
            if key in self.columns
        }
        for key, field in (
            ("options", "option"),
            ("items", "option"),
            ("pairs", "option"),
            ("answers", "feedback"),
        ):
            for index in range(len(draft.content.get(key, ()))):
                name = f"{field}_{LETTERS[min(index, 25)]}"
                if name in self.columns:
                    found[(key, index)] = line, self.columns[name] + 1
        if "answer" in self.columns:
            found[("answers",)] = line, self.columns["answer"] + 1
        return found


class _Row:
    """The cells of one question by header."""

    def __init__(self, cells, table):
        self.cells, self.table = cells, table

    def get(self, name, default=""):
        return self.cells.get(name, default)

    def draft(self):
        kind = self.kind()
        content = {"stem": self.get("stem")} | getattr(self, kind)()
        for key in ("explanation", "hint"):
            if self.get(key):
                content[key] = self.get(key)
        level = self.get("level").lower()
        if level and level not in LEVELS:
            raise BadCell("level", f'"{level[:40]}" is no level; possible are {", ".join(LEVELS)}.')
        return QuestionDraft(
            ref=self.get("id"),
            kind=kind,
            content=content,
            title=title_of(content["stem"]),
            passage=self.get("passage"),
            objective=self.get("objective"),
            level=level,
            tags=_split(self.get("tags")),
            sources=_split(self.get("sources")),
        )

    def kind(self):
        name = re.sub(r"[\s-]+", "_", self.get("kind").lower())
        name = _KIND_WORDS.get(name, name)
        if name in KINDS:
            return name
        if name:
            raise BadCell("kind", f'"{name[:40]}" is no kind; possible are {", ".join(KINDS)}.')
        if self.get("option_a") and self.get("correct"):
            return (
                "multiple_choice"
                if len(_split(self.get("correct"))) > 1 and "=" not in self.get("correct")
                else "single_choice"
            )
        raise BadCell("kind", f"The kind is missing; write one of {', '.join(KINDS)}.")

    # cells

    def lettered(self, name):
        """(letter, text) of the filled cells option_a … or feedback_a …"""
        return [(letter, self.get(f"{name}_{letter}")) for letter in LETTERS if self.get(f"{name}_{letter}")]

    def feedback(self, letter):
        text = self.get(f"feedback_{letter}")
        return {"feedback": text} if text else {}

    def flag(self, name):
        """{name: True or False}, {} for an empty cell."""
        word = self.get(name).lower()
        if not word:
            return {}
        if word in _YES | _NO:
            return {name: word in _YES}
        raise BadCell(name, f'"{word[:40]}" is neither yes nor no.')

    def scoring(self):
        word = re.sub(r"[\s-]+", "_", self.get("scoring").lower())
        return {"scoring": word} if word else {}

    def number(self, column, text):
        if self.table.decimal_comma:
            text = text.replace(",", ".")
        try:
            return as_text(exact(text))
        except NotANumber as refusal:
            hint = " Write a decimal point, not a comma." if "," in text else ""
            raise BadCell(column, f"{refusal}{hint}") from None

    def keys(self):
        """Letter → weight in per cent, None where none is written."""
        found = {}
        for part in re.split(r"[;,\s]+(?=[A-Za-z])", self.get("correct").strip(" ;,")):
            match = _KEY_WEIGHT.fullmatch(part.strip().upper())
            if not match:
                raise BadCell("correct", f'"{part[:40]}" is no key; write B, or A;C, or A=100;C=50.')
            if not self.get(f"option_{match[1].lower()}"):
                raise BadCell("correct", f"There is no option {match[1]}.")
            found[match[1].lower()] = Fraction(match[2]) if match[2] else None
        return found

    # kinds

    def single_choice(self):
        keys = self.keys()
        options = self.lettered("option")
        percents = [100 if keys.get(letter, 0) is None else keys.get(letter, 0) for letter, _ in options]
        worth = weights.single_choice(percents)
        rows = [
            {"text": text} | key | self.feedback(letter)
            for (letter, text), key in zip(options, worth, strict=True)
        ]
        return {"options": rows} | self.flag("shuffle")

    def multiple_choice(self):
        keys = self.keys()
        if any(percent not in (None, 100) for percent in keys.values()):
            raise BadCell(
                "correct", "A select-all has no weights of its own; write the right letters only, like A;C."
            )
        rows = [
            {"text": text} | ({"correct": True} if letter in keys else {}) | self.feedback(letter)
            for letter, text in self.lettered("option")
        ]
        return {"options": rows} | self.flag("shuffle") | self.scoring()

    def true_false(self):
        word = self.get("correct").lower()
        if word not in _YES | _NO:
            raise BadCell("correct", "Write TRUE or FALSE.")
        texts = {"true": self.get("feedback_a"), "false": self.get("feedback_b")}
        feedback = {key: text for key, text in texts.items() if text}
        return {"answer": word in _YES} | ({"feedback": feedback} if feedback else {})

    def answer_lines(self):
        """(letter, fraction as {} or {"fraction": f}, text) of each line of the cell `answer`."""
        lines = [line.strip() for line in self.get("answer").split("\n") if line.strip()]
        if len(lines) > len(LETTERS):
            raise BadCell("answer", f"More than {len(LETTERS)} answers; use * for what may differ.")
        found = []
        for letter, line in zip(LETTERS, lines, strict=False):
            weighted = _WEIGHTED.fullmatch(line)
            if not weighted:
                found.append((letter, {}, line))
                continue
            percent = Fraction(weighted[1])
            if not 0 <= percent <= 100:
                raise BadCell("answer", f"A weight of {weighted[1]} % is outside 0 … 100.")
            worth = {} if percent == 100 else {"fraction": weights.as_fraction(percent)}
            found.append((letter, worth, weighted[2].strip()))
        return found

    def short_text(self):
        rows = [{"text": text} | worth | self.feedback(letter) for letter, worth, text in self.answer_lines()]
        return {"answers": rows} | self.flag("case_sensitive") | self.else_feedback()

    def numeric(self):
        tolerances = [line.strip() for line in self.get("tolerance").split("\n")]
        rows = []
        for index, (letter, worth, text) in enumerate(self.answer_lines()):
            tolerance = (
                tolerances[index] if len(tolerances) > 1 and index < len(tolerances) else tolerances[0]
            )
            row = {"value": self.number("answer", text)} | self.tolerance(tolerance)
            rows.append(row | worth | self.feedback(letter))
        return (
            {"answers": rows}
            | ({"unit": self.get("unit")} if self.get("unit") else {})
            | self.else_feedback()
        )

    def tolerance(self, text):
        if not text:
            return {}
        if text.endswith("%"):
            return {"relative": as_text(exact(self.number("tolerance", text[:-1].strip())) / 100)}
        value = self.number("tolerance", text)
        return {} if exact(value) == 0 else {"absolute": value}

    def else_feedback(self):
        return {"else_feedback": self.get("else_feedback")} if self.get("else_feedback") else {}

    def matching(self):
        pairs, extra = [], []
        for letter, text in self.lettered("option"):
            left, arrow, right = text.partition("->")
            if not arrow:
                raise BadCell(f"option_{letter}", "Write the pair as: left -> right.")
            if left.strip():
                pairs.append({"left": left.strip(), "right": right.strip()} | self.feedback(letter))
            else:
                extra.append(right.strip())
        return {"pairs": pairs} | ({"extra": extra} if extra else {})

    def ordering(self):
        items = [{"text": text} for _, text in self.lettered("option")]
        return {"items": items} | self.scoring() | self.feedback("a")

    def gaps(self):
        stem, text = gap_texts.divided(self.get("stem"))
        gaps = {}
        for letter, cell in self.lettered("option"):
            name, colon, notation = cell.partition(":")
            if not colon:
                raise BadCell(f"option_{letter}", "Write the gap as: name: =right ~wrong.")
            try:
                gaps[name.strip().strip("{}").strip()] = gap_texts.from_notation(
                    notation, decimal_comma=self.table.decimal_comma
                )
            except (gap_texts.BadGap, weights.BadWeights) as bad:
                raise BadCell(f"option_{letter}", str(bad)) from None
        return {"stem": stem, "text": text, "gaps": gaps}

    def essay(self):
        return {"model_answer": self.get("answer")} if self.get("answer") else {}


def _split(text):
    return [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]


def _unquoted(text):
    return text[1:] if text.startswith("'") and text[1:2] in _RUNS and text[1:2] else text


# --- CSV ---------------------------------------------------------------------------


def read_csv(data, *, limits=None):
    """The `Reading` of a CSV file with our headers, separated by comma, semicolon or tab."""
    collector = Collector("csv", limits)
    text = source.decode(data, collector).text
    if not text.strip():
        collector.error("file.empty", "The file is empty.")
        return collector.reading()
    delimiter = _delimiter(text.lstrip("\n").partition("\n")[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    table, line, open_quote, last = None, 1, text.count('"') % 2 == 1, text.rstrip("\n").count("\n") + 1
    try:
        for cells in reader:
            if open_quote and reader.line_num >= last and reader.line_num > line:
                collector.error("csv.quote", "A quotation mark in this row is never closed.", (line, 1))
            elif table is None and any(cell.strip() for cell in cells):
                table = _Table(cells, collector, line, "", decimal_comma=delimiter != ",")
                if not table.has_stem:
                    collector.error("table.no-header", _NO_HEADER, (line, 1))
                    break
            elif table:
                table.take(cells, line)
            line = reader.line_num + 1
    except csv.Error:
        collector.error(
            "csv.cell",
            "This row holds a cell of more than 128 KiB; is a quotation mark never closed?",
            (line, 1),
        )
    except TooMany:
        pass
    return collector.reading()


_NO_HEADER = "The first row should name the columns, with stem among them; download the template to see them."


def _delimiter(header):
    known = {*_HEAD, *_TAIL}

    def matches(delimiter):
        cells = [cell.strip().strip('"').strip().lower() for cell in header[:4096].split(delimiter)]
        return sum(cell in known or bool(_ROW_COLUMN.fullmatch(cell)) for cell in cells)

    return max(",;\t", key=matches)


def write_csv(drafts, **options):
    """CSV for spreadsheets: UTF-8 with byte order mark, CRLF, every cell quoted, nothing that runs."""
    header, rows = _rows(drafts)
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_quoted(row.get(name, ""), name) for name in header])
    return "\ufeff".encode() + out.getvalue().encode()


def _quoted(text, name):
    """The text with a ' in front where a spreadsheet would take it for a formula; numbers stay numbers."""
    if name in ("answer", "tolerance") and re.fullmatch(r"-\d+(?:\.\d+)?", text):
        return text
    return "'" + text if text.startswith(_RUNS) else text


# --- drafts → rows -------------------------------------------------------------------


def can_write(draft):
    """Do the rows of this question (options, answers …) fit the columns a … z?"""
    content = draft.content
    rows = [content.get(key) or () for key in ("options", "pairs", "items", "gaps", "answers")]
    return sum(map(len, rows)) + len(content.get("extra") or ()) <= len(LETTERS)


def _rows(drafts):
    """(header, rows as dicts): the columns of the template, and more letters where a question needs them."""
    rows = [_row(draft) for draft in drafts if not draft.skip and draft.kind in KINDS and can_write(draft)]
    used = {name for row in rows for name in row}
    letters = [
        letter
        for letter in LETTERS
        if letter in TEMPLATE_LETTERS or {f"option_{letter}", f"feedback_{letter}"} & used
    ]
    options = [f"option_{letter}" for letter in letters]
    feedback = [f"feedback_{letter}" for letter in letters]
    return [*_HEAD, *options, *feedback, *_TAIL], rows


def _row(draft):
    content = KINDS[draft.kind].normalise(draft.content)
    row = {
        "id": draft.ref,
        "kind": draft.kind,
        "passage": draft.passage,
        "objective": draft.objective,
        "level": draft.level,
        "tags": "; ".join(tag.replace(";", ",") for tag in draft.tags),
        "sources": "; ".join(tag.replace(";", ",") for tag in draft.sources),
        "stem": content["stem"],
        "explanation": content.get("explanation", ""),
        "hint": content.get("hint", ""),
    }
    for key in ("case_sensitive", "shuffle"):
        if key in content:
            row[key] = "yes" if content[key] else "no"
    for key in ("scoring", "unit", "else_feedback"):
        row[key] = content.get(key) or ""
    row |= _WRITERS[draft.kind](content)
    return {name: text.replace("\r", "") for name, text in row.items() if text}


def _lettered(name, texts):
    return {f"{name}_{letter}": text for letter, text in zip(LETTERS, texts, strict=False) if text}


def _feedbacks(rows):
    return _lettered("feedback", [row.get("feedback", "") for row in rows])


def _choice(content):
    options = content["options"]
    keys = []
    for letter, option in zip(LETTERS.upper(), options, strict=False):
        if "fraction" in option:
            keys.append(f"{letter}={weights.as_percent(option['fraction'], decimals=5)}")
        elif option.get("correct"):
            keys.append(letter)
    return (
        _lettered("option", [option["text"] for option in options])
        | _feedbacks(options)
        | {"correct": ";".join(keys)}
    )


def _true_false(content):
    feedback = content.get("feedback", {})
    return {
        "correct": "TRUE" if content["answer"] else "FALSE",
        "feedback_a": feedback.get("true", ""),
        "feedback_b": feedback.get("false", ""),
    }


def _weighted_lines(answers, text_of):
    lines = []
    for answer in answers:
        text, worth = text_of(answer).replace("\n", " "), answer_worth(answer)
        if worth != 1 or _WEIGHTED.fullmatch(text):
            text = f"{weights.as_percent(worth, decimals=5)}%: {text}"
        lines.append(text)
    return "\n".join(lines)


def _short_text(content):
    answers = content["answers"]
    return {"answer": _weighted_lines(answers, lambda answer: answer["text"])} | _feedbacks(answers)


def _numeric(content):
    answers = content["answers"]
    tolerances = [_tolerance(answer) for answer in answers]
    shared = tolerances[0] if len(set(tolerances)) == 1 else "\n".join(text or "0" for text in tolerances)
    return {
        "answer": _weighted_lines(answers, lambda answer: decimal(answer["value"])),
        "tolerance": shared,
        **_feedbacks(answers),
    }


def _tolerance(answer):
    if answer.get("relative") is not None and answer.get("absolute") is None:
        return f"{decimal(exact(answer['relative']) * 100)}%"
    room = absolute_tolerance(answer)
    return decimal(room) if room else ""


def _matching(content):
    pairs = [f"{without_arrow(pair['left'])} -> {pair['right']}" for pair in content["pairs"]]
    extra = [f"-> {text}" for text in extras(content)]
    return _lettered("option", pairs + extra)


def _ordering(content):
    return _lettered("option", [item["text"] for item in content["items"]]) | {
        "feedback_a": content.get("feedback", "")
    }


def _gaps(content):
    notes = [f"{name}: {gap_texts.to_notation(gap)}" for name, gap in content["gaps"].items()]
    return _lettered("option", notes) | {"stem": gap_texts.joined(content)}


def _essay(content):
    return {"answer": content.get("model_answer", "")}


_WRITERS = {
    "single_choice": _choice,
    "multiple_choice": _choice,
    "true_false": _true_false,
    "short_text": _short_text,
    "numeric": _numeric,
    "matching": _matching,
    "ordering": _ordering,
    "gaps": _gaps,
    "essay": _essay,
}


# --- XLSX --------------------------------------------------------------------------


def read_xlsx(data, *, limits=None):
    """The `Reading` of an XLSX file: the first sheet whose first row has our headers."""
    collector = Collector("xlsx", limits)
    try:
        archive = open_archive(data, collector.limits.zip)
        _read_book(_Book(archive), collector)
    except ZipRefused as refused:
        collector.error("zip.refused", str(refused))
    except xmlsafe.XmlRefused as refused:
        collector.error("xml.refused", str(refused), (refused.line, refused.column))
    except TooMany:
        pass
    return collector.reading()


def _read_book(book, collector):
    for name, member in book.sheets:
        rows = book.rows(member)
        for number, cells in rows:
            if number == 0 or not any(text.strip() for text, _ in cells.values()):
                continue
            header = _dense({index: text for index, (text, _) in cells.items()})
            if "stem" in {cell.strip().lower() for cell in header}:
                _read_sheet(name, header, number, rows, collector)
                return
            break
    collector.error("table.no-header", _NO_HEADER)


def _read_sheet(name, header, number, rows, collector):
    table = _Table(header, collector, number, name, decimal_comma=False)
    for number, cells in rows:
        if number == 0:
            message = f"The cells {cells[0]} are merged; split them, one cell for each column."
            collector.error("xlsx.merged", message, where=name)
            continue
        formulas = [
            index for index, (_, formula) in cells.items() if formula and index in table.columns.values()
        ]
        for index in formulas:
            message = f"The cell {_letters(index)}{number} holds a formula; copy it and paste its value."
            collector.error("xlsx.formula", message, (number, index + 1), where=name)
        if not formulas:
            table.take(_dense({index: text for index, (text, _) in cells.items()}), number)


def _dense(cells):
    return [cells.get(index, "") for index in range(max(cells, default=-1) + 1)]


class _Book:
    """The parts of a workbook that hold text."""

    MOST_COLUMNS = 200

    def __init__(self, archive):
        self.archive = archive
        self.sheets = self._sheets()
        self._strings = None
        self._dates = None

    def _sheets(self):
        """[(name, member)] in the order of the tabs."""
        relations = {}
        if "xl/_rels/workbook.xml.rels" in self.archive:
            for node in xmlsafe.nodes(self.archive.read("xl/_rels/workbook.xml.rels"), "Relationship"):
                target = posixpath.normpath(posixpath.join("xl", node.get("Target")))
                relations[node.get("Id")] = target.lstrip("/")
        if "xl/workbook.xml" not in self.archive:
            raise ZipRefused("This is no workbook: it has no xl/workbook.xml. Save it as .xlsx again.")
        found = []
        for node in xmlsafe.nodes(self.archive.read("xl/workbook.xml"), "sheet"):
            member = relations.get(node.get("id"), "")
            if member in self.archive:
                found.append((node.get("name"), member))
        return found

    def rows(self, member):
        """Yield (row number, {column: (text, is it a formula)}); number 0 with the references of merged cells."""
        expected = 1
        for node in xmlsafe.nodes(self.archive.read(member), "row", "mergeCell"):
            if node.tag == "mergeCell":
                yield 0, [node.get("ref")[:20]]
                continue
            number = node.get("r")
            expected = (
                int(number) if number.isdecimal() and number.isascii() and len(number) < 8 else expected
            )
            cells, column = {}, 0
            for cell in node.all("c"):
                column = _column(cell.get("r"), column)
                if column < self.MOST_COLUMNS:
                    cells[column] = self.text(cell), cell.find("f") is not None
                column += 1
            yield expected, cells
            expected += 1

    def text(self, cell):
        """What a cell shows: text, ``3`` for 3.0, ``TRUE``, a date as ISO."""
        kind, value = cell.get("t", "n"), cell.find("v")
        if kind == "inlineStr":
            inline = cell.find("is")
            return _rich(inline) if inline else ""
        if value is None:
            return ""
        raw = value.text.strip() if kind != "str" else value.text
        if kind == "s":
            strings = self.strings()
            return (
                strings[int(raw)]
                if raw.isdecimal() and raw.isascii() and len(raw) < 9 and int(raw) < len(strings)
                else ""
            )
        if kind == "b":
            return "TRUE" if raw == "1" else "FALSE"
        if kind != "n":
            return raw
        return self.number(raw, cell.get("s"))

    def number(self, raw, style):
        try:
            number = float(raw)
        except ValueError:
            return raw
        if not -1e300 < number < 1e300:
            return raw
        if style.isdecimal() and style.isascii() and len(style) < 6 and int(style) in self.dates():
            return _date(number)
        if number == int(number) and abs(number) < 1e15:
            return str(int(number))
        return as_text(exact(repr(number)))

    def strings(self):
        if self._strings is None:
            found, member = [], "xl/sharedStrings.xml"
            if member in self.archive:
                found = [_rich(node) for node in xmlsafe.nodes(self.archive.read(member), "si")]
            self._strings = found
        return self._strings

    def dates(self):
        """The numbers of the cell styles that show dates."""
        if self._dates is None:
            self._dates = set()
            if "xl/styles.xml" in self.archive:
                own, member = set(range(14, 23)) | {45, 46, 47}, self.archive.read("xl/styles.xml")
                for node in xmlsafe.nodes(member, "numFmt"):
                    code = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", node.get("formatCode"))
                    if re.search(r"[dmyhs]", code, re.IGNORECASE) and node.get("numFmtId").isdecimal():
                        own.add(int(node.get("numFmtId")[:8]))
                for table in xmlsafe.nodes(member, "cellXfs"):
                    ids = [node.get("numFmtId") for node in table.all("xf")]
                    self._dates = {
                        index for index, id in enumerate(ids) if id[:8].isdecimal() and int(id[:8]) in own
                    }
        return self._dates


def _rich(node):
    """The text of a string in pieces, without the readings of East Asian phonetics."""
    parts = []
    for child in node.children:
        if child.tag == "t":
            parts.append(child.text)
        elif child.tag == "r":
            parts += [run.text for run in child.all("t")]
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: _unescaped(found), "".join(parts)).replace(
        "\r\n", "\n"
    )


def _unescaped(found):
    character = chr(int(found[1], 16))
    return character if character in "\n\r\t_" else ""


def _column(reference, otherwise):
    letters = re.match(r"[A-Z]{1,3}", reference)
    if not letters:
        return otherwise
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _letters(index):
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def _date(number):
    """The ISO form of a spreadsheet's day number (days since 30 December 1899)."""
    try:
        moment = datetime.datetime(1899, 12, 30) + datetime.timedelta(days=number)  # noqa: DTZ001 (a cell has no zone)
    except OverflowError:
        return str(number)
    moment = moment + datetime.timedelta(microseconds=500_000)
    moment = moment.replace(microsecond=0)
    return moment.date().isoformat() if moment.time() == datetime.time() else moment.isoformat(" ")


def write_xlsx(drafts, **options):
    """A workbook with the same columns, every cell typed as text. Without drafts it is the template."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    header, rows = _rows(drafts)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.freeze_panes = "A2"
    for index, name in enumerate(header, 1):
        sheet.column_dimensions[get_column_letter(index)].width = 48 if name == "stem" else 18

    def cell(text, *, bold=False):
        made = WriteOnlyCell(sheet, value=text)
        made.data_type = "s"
        made.alignment = Alignment(wrap_text=True, vertical="top")
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(name, bold=True) for name in header])
    for row in rows:
        sheet.append([cell(_quoted(row[name], name)) if row.get(name) else None for name in header])
    choices = {
        "kind": list(KINDS),
        "level": list(LEVELS),
        "case_sensitive": ["yes", "no"],
        "shuffle": ["yes", "no"],
    }
    for name, words in choices.items():
        letter = get_column_letter(header.index(name) + 1)
        validation = DataValidation(type="list", formula1=f'"{",".join(words)}"', allow_blank=True)
        validation.add(f"{letter}2:{letter}5001")
        sheet.data_validations.append(validation)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
