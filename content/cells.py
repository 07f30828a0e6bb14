"""Tables that a spreadsheet will open: nothing in them runs, numbers stay numbers."""

import io
import re

_RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value):
    """The value for a CSV cell: text that a spreadsheet would run as a formula gets an apostrophe in front.

    Numbers stay numbers. Leading spaces do not hide a formula from every program, so they are looked through.
    """
    if isinstance(value, str) and (
        value.startswith(_RUNS_AS_FORMULA) or value.lstrip().startswith(_RUNS_AS_FORMULA)
    ):
        return "'" + value
    return value


def write_workbook(rows, *, title: str) -> bytes:
    """An XLSX file of one sheet with the same cells as the CSV, its first row bold and kept in sight.

    Text is typed as text, so that no program takes it for a formula, a date or a number.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    rows = list(rows)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31].strip("' ") or "Table")
    sheet.freeze_panes = "B2"
    for index, column in enumerate(zip(*rows, strict=True), 1):
        longest = max(len(str(value)) for value in column)
        sheet.column_dimensions[get_column_letter(index)].width = min(max(longest + 2, 9), 40)
    for number, row in enumerate(rows):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=safe_cell(value))
            if isinstance(value, str):
                cell.data_type = "s"
            if number == 0:
                cell.font = Font(bold=True)
            cells.append(None if value == "" else cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
