"""Questions as tables: CSV and XLSX, in and out."""

import csv
import datetime
import io
import posixpath
import re

from content import xmlsafe
from content.formats import source
from content.formats.drafts import LEVELS, Collector, TooMany
from content.formats.table_rows import HEAD, ROW_COLUMN, TAIL, Table
from content.formats.table_writing import quoted, rows_of
from content.numbers import as_text, exact
from content.questions import KINDS
from content.zips import ZipRefused, open_archive

SHEET = "Questions"

# --- CSV ---------------------------------------------------------------------------


def read_csv(data, *, limits=None):
    """The `Reading` of a CSV file with our headers, separated by comma, semicolon or tab."""
    collector = Collector("csv", limits)
    text = source.decode(data, collector).text
    if not text.strip():
        return collector.reading()
    delimiter = _delimiter(text.lstrip("\n").partition("\n")[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    table, line, open_quote, last = None, 1, text.count('"') % 2 == 1, text.rstrip("\n").count("\n") + 1
    try:
        for cells in reader:
            if open_quote and reader.line_num >= last and reader.line_num > line:
                collector.error("csv.quote", "A quotation mark in this row is never closed.", (line, 1))
            elif table is None and any(cell.strip() for cell in cells):
                table = Table(cells, collector, line, "", decimal_comma=delimiter != ",")
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
    known = {*HEAD, *TAIL}

    def matches(delimiter):
        cells = [cell.strip().strip('"').strip().lower() for cell in header[:4096].split(delimiter)]
        return sum(cell in known or bool(ROW_COLUMN.fullmatch(cell)) for cell in cells)

    return max(",;\t", key=matches)


def write_csv(drafts, **options):
    """CSV for spreadsheets: UTF-8 with byte order mark, CRLF, every cell quoted, nothing that runs."""
    header, rows = rows_of(drafts)
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([quoted(row.get(name, ""), name) for name in header])
    return "\ufeff".encode() + out.getvalue().encode()


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
    table = Table(header, collector, number, name, decimal_comma=False)
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
    return moment.isoformat(" ").removesuffix(" 00:00:00")


def write_xlsx(drafts, **options):
    """A workbook with the same columns, every cell typed as text. Without drafts it is the template."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    header, rows = rows_of(drafts)
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
        sheet.append([cell(quoted(row[name], name)) if row.get(name) else None for name in header])
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
