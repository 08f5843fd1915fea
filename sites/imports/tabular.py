"""Files with rows and columns that come in, CSV or XLSX: read strictly, every error with its row, column and value.

What the columns hold is read by `sheet_rows`. Nothing here knows the database.
"""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import openpyxl
from defusedxml.ElementTree import iterparse

from contracts.printing.sheets import without_guard
from contracts.wording import cut
from sites.imports.preview import SheetError

MOST_ROWS = 50_000
MOST_COLUMNS = 100
MOST_BYTES = 20_000_000
MOST_MEMBERS = 200
MOST_EVENTS = 4_000_000


@dataclass(frozen=True)
class Cell:
    """A cell of either kind of file. `formula` marks one that a spreadsheet computes, or failed to compute."""

    value: str | int | float | date | bool | None
    formula: bool = False

    @property
    def text(self) -> str:
        """The cell as a reader sees it, without blanks around it, cut short where it is long."""
        text = "" if self.value is None else str(self.value).strip(" ")
        return cut(text, 60)

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it; a formula always is something."""
        return not self.formula and (self.value is None or (isinstance(self.value, str) and not self.value.strip(" ")))


class Unreadable(Exception):
    """The file cannot be read on from here."""

    def __init__(self, error: SheetError):
        super().__init__(str(error))
        self.error = error


def numbered_rows(content: bytes) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Yield the rows with their numbers, from 1; empty rows are left out, except the first. Raises Unreadable."""
    if len(content) > MOST_BYTES:
        raise Unreadable(SheetError(f"The file is larger than {MOST_BYTES:,} bytes. Split it."))
    if not content.strip():
        raise Unreadable(SheetError("The file is empty. Choose one with headings and rows."))
    read = _workbook_rows if content.startswith(b"PK") else _csv_rows
    for number, cells in enumerate(read(content), start=1):
        if number > MOST_ROWS + 1:
            raise Unreadable(SheetError(f"There are more than {MOST_ROWS:,} rows. Split the file.", number))
        if number == 1 or not all(cell.empty for cell in cells):
            yield number, cells


# ---- CSV ---------------------------------------------------------------------------------------------------------


def _csv_rows(content: bytes) -> Iterator[list[Cell]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Unreadable(SheetError("This is no UTF-8 text. Save the file as CSV UTF-8 or XLSX.", line)) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
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
            sheets = book.worksheets
            if len(sheets) != 1:
                message = f"The workbook has {len(sheets)} sheets. Keep only the one with the figures."
                raise Unreadable(SheetError(message))
            sheets[0].reset_dimensions()  # what the file claims of its size may be wrong
            width = None
            for row in sheets[0].iter_rows():
                cells = [_workbook_cell(cell) for cell in row]
                while cells and cells[-1].empty:
                    cells.pop()
                width = len(cells) if width is None else width
                yield [*cells, *[Cell(None)] * (width - len(cells))]
    except Unreadable:
        raise
    except Exception as error:  # a broken workbook can fail in any way
        raise Unreadable(
            SheetError(f"This is no readable XLSX workbook ({type(error).__name__}). Save it again.")
        ) from error


def _refuse_bomb(content: bytes) -> None:
    """Refuse a workbook that unpacks to too much, declares entities, or hides cells behind others."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_BYTES:
                message = f"The workbook unpacks to more than {MOST_BYTES:,} bytes or {MOST_MEMBERS} parts. Split it."
                raise Unreadable(SheetError(message))
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    with archive.open(member) as part:
                        _refuse_disorder(part)
    except Unreadable:
        raise
    except Exception as error:  # a broken archive can fail in any way
        raise Unreadable(
            SheetError(f"This is no readable XLSX workbook ({type(error).__name__}). Save it again.")
        ) from error


def _refuse_disorder(part: io.BufferedIOBase) -> None:
    """Refuse cells out of order: the sheet's reader would drop them without a word."""
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
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        value = int(value)
    return Cell(value)
