"""Figures for spreadsheets: XLSX and CSV with typed cells. A text is never a formula, whatever it begins with."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import xlsxwriter

Value = str | int | Decimal | date | None

TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
"""The kinds of file by their ending, each with its content type."""

COUNT = "#,##0"
DAY = "yyyy-mm-dd"
WIDEST = 60
MOST_DIGITS = 15
"""A spreadsheet keeps no more digits of a number: longer ones are written as text, so that none is lost."""

_FORMULA = re.compile(r"^[=+\-@\t\r\n|]|^\s+[=+\-@]")
_QUOTED = re.compile(r"^'+(?:[=+\-@\t\r\n|]|\s+[=+\-@])")
"""A text that begins as a formula does, after apostrophes: guarded, or to be told apart from one that is."""
_NO_TITLE = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True)
class Sheet:
    """One table: its title, the headings and the rows below them. `notes` stand above the headings, one per row.

    The last `totals` rows are set apart as totals.
    """

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Value]]
    notes: Sequence[str] = ()
    totals: int = 0


def workbook(sheets: Sequence[Sheet], *, title: str, created_on: date) -> bytes:
    """Return an XLSX workbook of the sheets, in their order; the same sheets give the same bytes.

    Numbers and dates are typed, texts are texts. Raises ValueError for a float: amounts are Decimals.
    """
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": DAY,
        },
    )
    book.set_properties(
        {"title": title, "created": datetime(created_on.year, created_on.month, created_on.day, tzinfo=UTC)}
    )
    formats = _Formats(book)
    used: set[str] = set()
    for sheet in sheets:
        _write(book.add_worksheet(_title(sheet.title, used)), sheet, formats)
    book.close()
    return file.getvalue()


def csv_bytes(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Return a CSV file, UTF-8 with a byte order mark; dates are year-month-day, amounts have a point.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([_plain(heading) for heading in headings])
    writer.writerows([_plain(value) for value in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def without_guard(text: str) -> str:
    """Return the text of a CSV cell without the apostrophe that `csv_bytes` puts before what looks like a formula."""
    return text[1:] if _QUOTED.search(text) else text


# ---- cells -------------------------------------------------------------------------------------------------------


class _Formats:
    """How cells look."""

    def __init__(self, book: xlsxwriter.Workbook):
        self.note = book.add_format({"font_color": "#555555"})
        self.heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self._book, self._made = book, {}

    def of(self, number_format: str, *, total: bool):
        """Return the format of a cell, of a row of totals or another one."""
        key = (number_format, total)
        if key not in self._made:
            message = {"num_format": number_format} if number_format else {}
            self._made[key] = self._book.add_format(message | ({"bold": True, "top": 1} if total else {}))
        return self._made[key]


def _write(page: xlsxwriter.worksheet.Worksheet, sheet: Sheet, formats: _Formats) -> None:
    top = len(sheet.notes)
    for row, note in enumerate(sheet.notes):
        page.write_string(row, 0, note, formats.note)
    widths = [len(heading) for heading in sheet.headings]
    for column, heading in enumerate(sheet.headings):
        page.write_string(top, column, heading, formats.heading)
    rows = list(sheet.rows)
    for position, values in enumerate(rows):
        for column, value in enumerate(values):
            _write_cell(page, top + 1 + position, column, value, formats, position >= len(rows) - sheet.totals)
            if column < len(widths):
                widths[column] = max(widths[column], len(_shown(value)))
    for column, width in enumerate(widths):
        page.set_column(column, column, min(width, WIDEST) + 2)
    page.freeze_panes(top + 1, 1)
    page.repeat_rows(top)
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _write_cell(page, row: int, column: int, value: Value, formats: _Formats, total: bool) -> None:
    if value is None:
        page.write_blank(row, column, None, formats.of("", total=total))
    elif isinstance(value, bool | float):
        raise ValueError(f"{value!r} is neither a text, a date nor an exact number.")
    elif isinstance(value, int | Decimal) and len(_shown(value).strip("-").replace(".", "")) > MOST_DIGITS:
        page.write_string(row, column, _shown(value), formats.of("", total=total))
    elif isinstance(value, int | Decimal):
        page.write_number(row, column, value, formats.of(_number_format(value), total=total))
    elif isinstance(value, date):
        page.write_datetime(row, column, value, formats.of(DAY, total=total))
    else:
        page.write_string(row, column, value, formats.of("", total=total))


def _number_format(value: int | Decimal) -> str:
    """Thousands separated, and the places that the number has: those of its currency."""
    places = 0 if isinstance(value, int) else -value.as_tuple().exponent
    return f"{COUNT}.{'0' * places}" if places > 0 else COUNT


def _shown(value: Value) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _plain(value: Value) -> str:
    if isinstance(value, bool | float):
        raise ValueError(f"{value!r} is neither a text, a date nor an exact number.")
    text = _shown(value)
    guarded = isinstance(value, str) and (_FORMULA.search(text) or _QUOTED.search(text))
    return f"'{text}" if guarded else text


def _title(title: str, used: set[str]) -> str:
    """Return a title that a workbook accepts: at most 31 characters, none forbidden, each once."""
    plain = _NO_TITLE.sub(" ", title).strip()[:31] or "Sheet"
    found, number = plain, 1
    while found.casefold() in used:
        number += 1
        found = f"{plain[: 31 - len(str(number)) - 1]} {number}"
    used.add(found.casefold())
    return found
