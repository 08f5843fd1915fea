"""Files with rows and columns that come in, CSV or XLSX: read strictly, every error with its row, column and value.

What the columns hold is read by `sheet_rows`. Nothing here knows the database.
"""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

import openpyxl
from defusedxml.ElementTree import iterparse
from openpyxl.worksheet.worksheet import Worksheet

from contracts.money import hundredths
from contracts.printing.sheets import without_guard
from contracts.wording import cut
from sites.imports.preview import SheetError

MOST_ROWS = 50_000
MOST_LINES = 200_000
"""Rows of a workbook, empty ones as well: a reader goes through all of them."""
MOST_COLUMNS = 100
MOST_BYTES = 20_000_000
MOST_MEMBERS = 200
MOST_EVENTS = 4_000_000
NEAR = Decimal("1e-9")
"""Within this of a hundredth, a number of a workbook is that hundredth."""

END_OF_FILE = "\x1a"
_SEPARATOR = re.compile(r"sep=([,;\t])(?:\r\n|\r|\n)", re.IGNORECASE)


@dataclass(frozen=True)
class Cell:
    """A cell of either kind of file. `formula` marks one that a spreadsheet computes, or failed to compute."""

    value: str | int | float | Decimal | date | bool | None
    formula: bool = False

    @property
    def text(self) -> str:
        """The cell as a reader sees it, without blanks around it, cut short where it is long."""
        text = "" if self.value is None else str(self.value).strip(" ")
        return cut(text, 60)

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it but blanks of any kind; a formula always is something."""
        return not self.formula and (self.value is None or (isinstance(self.value, str) and not self.value.strip()))


class Unreadable(Exception):
    """The file cannot be read on from here."""

    def __init__(self, error: SheetError):
        super().__init__(str(error))
        self.error = error


def numbered_rows(content: bytes) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Yield the rows with their numbers, from 1; empty rows are left out. Raises Unreadable."""
    if len(content) > MOST_BYTES:
        raise Unreadable(SheetError(f"The file is larger than {MOST_BYTES:,} bytes. Split it."))
    if not content.strip():
        raise Unreadable(SheetError("The file is empty. Choose one with headings and rows."))
    read = _workbook_rows if content.startswith(b"PK") else _csv_rows
    filled = ((number, cells) for number, cells in enumerate(read(content), start=1) if not is_empty(cells))
    for position, (number, cells) in enumerate(filled):
        if position > MOST_ROWS:
            raise Unreadable(SheetError(f"There are more than {MOST_ROWS:,} rows. Split the file.", number))
        yield number, cells


def is_empty(cells: Iterable[Cell]) -> bool:
    """Whether there is nothing in any of some cells."""
    return all(cell.empty for cell in cells)


# ---- CSV ---------------------------------------------------------------------------------------------------------


def _csv_rows(content: bytes) -> Iterator[list[Cell]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Unreadable(SheetError("This is no UTF-8 text. Save the file as CSV UTF-8 or XLSX.", line)) from None
    text = text.removesuffix(END_OF_FILE)
    separator = _SEPARATOR.match(text)
    text = text[separator.end() :] if separator else text  # a spreadsheet counts its rows after this line
    delimiter = separator[1] if separator else ","
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise Unreadable(SheetError(f"This is no CSV: {error}. Check the quotes.", number)) from None
        if row is None:
            return
        yield [Cell(without_guard(value)) for value in row]


# ---- XLSX --------------------------------------------------------------------------------------------------------


def _workbook_rows(content: bytes) -> Iterator[list[Cell]]:
    _refuse_bomb(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which hold no value
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
            sheet = _sheet_with_figures(book, content)
            width = 0
            for row in sheet.iter_rows():
                cells = [_workbook_cell(cell) for cell in row]
                while cells and cells[-1].empty:
                    cells.pop()
                width = width or len(cells)
                yield [*cells, *[Cell(None)] * (width - len(cells))]
    except Unreadable:
        raise
    except Exception as error:  # a broken workbook can fail in any way
        raise Unreadable(
            SheetError(f"This is no readable XLSX workbook ({type(error).__name__}). Save it again.")
        ) from error


def _sheet_with_figures(book: openpyxl.Workbook, content: bytes) -> Worksheet:
    """Return the one sheet that is not hidden and not empty; of empty ones the first."""
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    for sheet in visible:
        sheet.reset_dimensions()  # what the file claims of its size may be wrong
    filled = [sheet for sheet in visible if len(visible) == 1 or not _is_blank(sheet)]
    if len(filled) > 1:
        titles = ", ".join(cut(sheet.title, 40) for sheet in filled)
        message = f"The workbook has {len(filled)} sheets with figures: {titles}. Keep only one, or hide the others."
        raise Unreadable(SheetError(message))
    if not visible and _is_strict(content):
        raise Unreadable(SheetError("The workbook is saved as Strict Open XML. Save it as Excel Workbook (.xlsx)."))
    if not visible:
        raise Unreadable(SheetError("The workbook has no sheet that is not hidden. Show the one with the figures."))
    return (filled or visible)[0]


def _is_blank(sheet: Worksheet) -> bool:
    return all(is_empty(map(_workbook_cell, row)) for row in sheet.iter_rows())


def _is_strict(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"http://purl.oclc.org/ooxml/" in archive.read("xl/workbook.xml")


def _refuse_bomb(content: bytes) -> None:
    """Refuse a workbook that unpacks to too much, declares entities, or hides cells behind others."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_BYTES:
                message = f"The workbook unpacks to more than {MOST_BYTES:,} bytes or {MOST_MEMBERS} parts."
                raise Unreadable(SheetError(f"{message} Delete the empty rows below the figures, or split it."))
            rows = 0
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    with archive.open(member) as part:
                        rows += _last_row_in_order(part)
                    if rows > MOST_LINES:
                        message = f"There are more than {MOST_LINES:,} rows, the empty ones among them."
                        raise Unreadable(SheetError(f"{message} Delete those below the figures, or split the file."))
    except Unreadable:
        raise
    except Exception as error:  # a broken archive can fail in any way
        raise Unreadable(
            SheetError(f"This is no readable XLSX workbook ({type(error).__name__}). Save it again.")
        ) from error


def _last_row_in_order(part: io.BufferedIOBase) -> int:
    """Return the number of the last row; refuse cells out of order: the sheet's reader would drop them silently."""
    row = column = 0
    for events, (event, element) in enumerate(iterparse(part, events=("start", "end"), forbid_dtd=True)):
        name = element.tag.rpartition("}")[2]
        if events > MOST_EVENTS:
            raise Unreadable(SheetError("The workbook holds too much. Split it."))
        if event == "end":
            element.clear()
        elif name == "row":
            before, row, column = row, int(element.get("r", row + 1)), 0
            if row <= before:
                raise Unreadable(SheetError("The sheet has this row twice or out of order. Save it again.", row))
        elif name == "c" and row:
            place = element.get("r")
            before, column = column, _column_number(place) if place else column + 1
            if column <= before or (place and place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != str(row)):
                raise Unreadable(SheetError(f"Cell {place} is out of order. Save the sheet again.", row))
            if column > MOST_COLUMNS:
                raise Unreadable(
                    SheetError(f"There are more than {MOST_COLUMNS} columns. Remove those that hold nothing.", row)
                )
    return row


def _column_number(place: str) -> int:
    number = 0
    for letter in place.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _workbook_cell(cell: object) -> Cell:
    if cell.data_type in ("f", "e"):
        return Cell("formula" if cell.data_type == "f" else cell.value, formula=True)
    value = cell.value
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, float) and abs(value) < 10**15:
        value = _as_shown(value)
    return Cell(value)


def _as_shown(value: float) -> int | Decimal | float:
    """Return a computed number as a spreadsheet shows it: 7.3000000000000007 is 7.3, and 10.000000000000002 is 10."""
    exact = Decimal(repr(value))
    shown = hundredths(exact)
    if abs(exact - shown) > NEAR:
        return value
    return int(shown) if shown == shown.to_integral_value() else shown.normalize()
