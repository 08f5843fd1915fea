"""Count files: CSV or XLSX with one row per site and date and one column per component.

A file is read whole, and every error of every row is reported with its row, column and value. Nothing here knows the
database: `recording` finds the sites and stores the counts.
"""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import openpyxl
from defusedxml.ElementTree import iterparse

MOST_ROWS = 50_000
MOST_COLUMNS = 100
MOST_BYTES = 20_000_000
MOST_MEMBERS = 200
MOST_EVENTS = 4_000_000
LONGEST_CELL = 2_000

SITE, DATE, AGREEMENT = "site", "date", "agreement"
_QUANTITY = re.compile(r"[0-9]{1,9}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class CountError:
    """Something that keeps a file from being imported. Row 1 holds the headings; no row means the whole file."""

    message: str
    row: int | None = None
    column: str = ""
    value: str = ""

    @property
    def place(self) -> str:
        """Row, column and value as far as they are known: `row 3, column GE, “1.5”`."""
        parts = (
            f"row {self.row}" if self.row else "",
            f"column {self.column}" if self.column else "",
            f"“{self.value}”" if self.value else "",
        )
        return ", ".join(part for part in parts if part) or "file"

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True)
class CountRow:
    """One row: a site as the file names it, a date, and the quantities; what cannot be read of it is left out."""

    number: int
    site: str
    agreement: str
    counted_on: date | None
    quantities: Mapping[str, int]


@dataclass(frozen=True)
class CountFile:
    """The rows of a file and everything that is wrong with it; with an error nothing may be stored.

    A row with an error is among the rows as long as its site can be read, so that the rest of it can be checked.
    """

    rows: tuple[CountRow, ...]
    errors: tuple[CountError, ...]


@dataclass(frozen=True)
class Cell:
    """A cell of either kind of file. `formula` marks one that a spreadsheet computes, or failed to compute."""

    value: str | int | float | date | bool | None
    formula: bool = False

    @property
    def text(self) -> str:
        """The cell as a reader sees it, without blanks around it, cut short where it is long."""
        text = "" if self.value is None else str(self.value).strip(" ")
        return text if len(text) <= 60 else f"{text[:57]}..."

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it; a formula always is something."""
        return not self.formula and (self.value is None or (isinstance(self.value, str) and not self.value.strip(" ")))


class Unreadable(Exception):
    """The file cannot be read on from here."""

    def __init__(self, error: CountError):
        super().__init__(str(error))
        self.error = error


def read_counts(content: bytes, *, columns: Mapping[str, str]) -> CountFile:
    """Read a count file; `columns` gives the component code by heading, code or name, in small letters."""
    rows: list[CountRow] = []
    errors: list[CountError] = []
    try:
        numbered = _numbered(content)
        headings = _headings(next(numbered, (1, ()))[1], columns, errors)
        if errors:
            return CountFile((), tuple(errors))
        for number, cells in numbered:
            if row := _row(number, cells, headings, errors):
                rows.append(row)
    except Unreadable as stopped:
        errors.append(stopped.error)
    if not rows and not errors:
        errors.append(CountError("There is no row below the headings. Add at least one count."))
    return CountFile(tuple(rows), tuple(errors))


def _numbered(content: bytes) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Yield the rows with their numbers, from 1; rows without a single figure are left out, except the first."""
    if len(content) > MOST_BYTES:
        raise Unreadable(CountError(f"The file is larger than {MOST_BYTES:,} bytes. Split it."))
    if not content.strip():
        raise Unreadable(CountError("The file is empty."))
    read = _workbook_rows if content.startswith(b"PK") else _csv_rows
    for number, cells in enumerate(read(content), start=1):
        if number > MOST_ROWS + 1:
            raise Unreadable(CountError(f"There are more than {MOST_ROWS:,} rows. Split the file.", number))
        if number == 1 or not all(cell.empty for cell in cells):
            yield number, cells


# ---- CSV ---------------------------------------------------------------------------------------------------------


def _csv_rows(content: bytes) -> Iterator[list[Cell]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Unreadable(CountError("This is no UTF-8 text. Save the file as CSV UTF-8 or XLSX.", line)) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise Unreadable(CountError(f"This is no CSV: {error}. Check the quotes.", number)) from None
        if row is None:
            return
        yield [Cell(value) for value in row]


# ---- XLSX --------------------------------------------------------------------------------------------------------


def _workbook_rows(content: bytes) -> Iterator[list[Cell]]:
    _refuse_bomb(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which hold no count
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
            sheets = book.worksheets
            if len(sheets) != 1:
                said = f"The workbook has {len(sheets)} sheets. Keep only the one with the counts."
                raise Unreadable(CountError(said))
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
        raise Unreadable(CountError(f"This is no readable XLSX workbook ({type(error).__name__}).")) from error


def _refuse_bomb(content: bytes) -> None:
    """Refuse a workbook that unpacks to too much, declares entities, or hides cells behind others."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_BYTES:
                said = f"The workbook unpacks to more than {MOST_BYTES:,} bytes or {MOST_MEMBERS} parts. Split it."
                raise Unreadable(CountError(said))
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    with archive.open(member) as part:
                        _refuse_disorder(part)
    except Unreadable:
        raise
    except Exception as error:  # a broken archive can fail in any way
        raise Unreadable(CountError(f"This is no readable XLSX workbook ({type(error).__name__}).")) from error


def _refuse_disorder(part: io.BufferedIOBase) -> None:
    """Refuse cells out of order: the sheet's reader would drop them without a word."""
    row = column = 0
    for events, (event, element) in enumerate(iterparse(part, events=("start", "end"), forbid_dtd=True)):
        name = element.tag.rpartition("}")[2]
        if events > MOST_EVENTS:
            raise Unreadable(CountError("The workbook holds too much. Split it."))
        if event == "end":
            element.clear()
        elif name == "row":
            before, row, column = row, int(element.get("r", row + 1)), 0
            if row <= before:
                raise Unreadable(CountError("The sheet has this row twice or out of order. Save it again.", row))
        elif name == "c" and row:
            place = element.get("r")
            before, column = column, _column_number(place) if place else column + 1
            if column <= before or (place and place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != str(row)):
                raise Unreadable(CountError(f"Cell {place} is out of order. Save the sheet again.", row))
            if column > MOST_COLUMNS:
                raise Unreadable(CountError(f"There are more than {MOST_COLUMNS} columns.", row))


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


# ---- headings and rows -------------------------------------------------------------------------------------------


def _headings(cells: Sequence[Cell], columns: Mapping[str, str], errors: list[CountError]) -> list[str]:
    """Return what each column holds: site, date, agreement, or a component code."""
    result = []
    known = {SITE: SITE, DATE: DATE, AGREEMENT: AGREEMENT, **columns}
    if len(cells) > MOST_COLUMNS:
        errors.append(CountError(f"There are more than {MOST_COLUMNS} columns.", 1))
        return result
    for position, cell in enumerate(cells, start=1):
        heading = known.get(cell.text.casefold()) if isinstance(cell.value, str) and not cell.formula else None
        if heading is None:
            names = ", ".join(dict.fromkeys((SITE, DATE, *columns.values())))
            hint = " Separate the columns by commas." if any(mark in cell.text for mark in ";\t") else ""
            said = f"This column is unknown. Known: {names}.{hint}"
            errors.append(CountError(said, 1, cell.text or f"number {position}"))
        elif heading in result:
            errors.append(CountError("This column stands twice.", 1, cell.text))
        result.append(heading or "")
    for needed in (SITE, DATE):
        if needed not in result:
            errors.append(CountError("This column is missing.", 1, needed))
    if not set(result) & set(columns.values()):
        errors.append(
            CountError(f"No component has a column. Add one of {', '.join(sorted(set(columns.values())))}.", 1)
        )
    return result


def _row(number: int, cells: Sequence[Cell], headings: Sequence[str], errors: list[CountError]) -> CountRow | None:
    if len(cells) != len(headings):
        errors.append(CountError(f"The row has {len(cells)} cells, but there are {len(headings)} headings.", number))
        return None
    named = dict(zip(headings, cells, strict=True))
    before = len(errors)
    texts = {key: _text(number, key, named[key], errors) for key in (SITE, AGREEMENT) if key in named}
    named_well = len(errors) == before
    day = _day(number, named[DATE], errors)
    quantities = {}
    for code, cell in named.items():
        if code not in (SITE, DATE, AGREEMENT) and not cell.empty:
            quantity = _quantity(number, code, cell, errors)
            if quantity is not None:
                quantities[code] = quantity
    if not named_well:
        return None
    return CountRow(number, texts[SITE], texts.get(AGREEMENT, ""), day, quantities)


def _text(number: int, column: str, cell: Cell, errors: list[CountError]) -> str:
    if cell.formula:
        errors.append(CountError("This is a formula. Paste its value instead.", number, column, cell.text))
    elif cell.empty and column == SITE:
        errors.append(CountError("The row names no site.", number, column))
    elif not cell.empty and not isinstance(cell.value, str | int) or isinstance(cell.value, bool):
        errors.append(CountError("This is no text.", number, column, cell.text))
    elif len(str(cell.value)) > LONGEST_CELL:
        errors.append(CountError("This is too long.", number, column, cell.text))
    return "" if cell.empty else str(cell.value).strip(" ")


def _day(number: int, cell: Cell, errors: list[CountError]) -> date | None:
    if cell.formula:
        errors.append(CountError("This is a formula. Paste its value instead.", number, DATE, cell.text))
    elif cell.empty:
        errors.append(CountError("The row has no date.", number, DATE))
    elif isinstance(cell.value, date) and not isinstance(cell.value, datetime):
        return cell.value
    else:
        text = cell.value.strip(" ") if isinstance(cell.value, str) else ""
        if _DATE.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                errors.append(CountError("There is no such day.", number, DATE, cell.text))
                return None
        said = "This is no date. Write year-month-day, such as 1999-07-31."
        errors.append(CountError(said, number, DATE, cell.text))
    return None


def _quantity(number: int, column: str, cell: Cell, errors: list[CountError]) -> int | None:
    value = cell.value
    said = "This is no count. Counts are whole numbers from 0 to 999,999,999."
    if cell.formula:
        said = "This is a formula. Paste its value instead."
    elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
        return value
    elif isinstance(value, str) and _QUANTITY.fullmatch(value.strip(" ")):
        return int(value.strip(" "))
    elif isinstance(value, float) or (isinstance(value, str) and re.fullmatch(r" *[0-9]+[.,][0-9]+ *", value)):
        said = "A count is a whole number, without a fraction or separator."
    elif str(value).strip(" ").startswith("-"):
        said = "A count cannot be negative."
    errors.append(CountError(said, number, column, cell.text))
    return None
