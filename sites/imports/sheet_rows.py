"""Rows of a file that comes in, read by its headings: whole, and every error with its row, column and value.

What the columns are, and what a row makes, is said by the module of a kind of file: `count_rows`, `site_rows` and
`work_rows`. Nothing here knows the database.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sites.imports.columns import Column, Headings, match_headings
from sites.imports.preview import Errors, SheetError, TooManyErrors
from sites.imports.tabular import MOST_COLUMNS, Cell, Unreadable, numbered_rows

LONGEST_CELL = 2_000
LONGEST_HEADING = 100

FORMULA = "This is a formula. Paste its value instead."
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class Read:
    """The rows of a file and everything that is wrong with it; with an error nothing may be stored.

    A row with an error is among the rows where the rest of it can be checked.
    """

    rows: Sequence
    errors: Sequence[SheetError]
    headings: Headings


@dataclass(frozen=True)
class SheetRow:
    """One row: its number, its cells by what their columns hold, and the errors of the file so far."""

    number: int
    cells: Mapping[str, Cell]
    errors: list[SheetError]

    def refuse(self, message: str, column: str) -> None:
        """Note what is wrong with a cell."""
        self.errors.append(SheetError(message, self.number, column, self.cells[column].text))

    def text(self, column: str, *, missing: str = "") -> str:
        """Return the text of a cell, no blanks around it; with `missing`, an empty cell is an error that says so."""
        cell = self.cells[column]
        if cell.formula:
            self.refuse(FORMULA, column)
        elif cell.empty and missing:
            self.refuse(missing, column)
        elif not cell.empty and not isinstance(cell.value, str | int) or isinstance(cell.value, bool):
            self.refuse("This is no text. Write letters or a whole number.", column)
        elif len(str(cell.value)) > LONGEST_CELL:
            self.refuse(f"This is longer than {LONGEST_CELL:,} characters. Shorten it.", column)
        return "" if cell.empty else str(cell.value).strip()

    def texts(self, *columns: str, missing: Mapping[str, str]) -> dict[str, str]:
        """Return the texts of those columns that the file has."""
        return {key: self.text(key, missing=missing.get(key, "")) for key in columns if key in self.cells}

    def day(self, column: str) -> date | None:
        """Return the day of a cell, or None with an error."""
        cell = self.cells[column]
        text = cell.value.strip(" ") if isinstance(cell.value, str) else ""
        if cell.formula:
            self.refuse(FORMULA, column)
        elif cell.empty:
            self.refuse("The row has no date. Write year-month-day, such as 1999-07-31.", column)
        elif isinstance(cell.value, date) and not isinstance(cell.value, datetime):
            return cell.value
        elif not _DATE.fullmatch(text):
            self.refuse("This is no date. Write year-month-day, such as 1999-07-31.", column)
        else:
            try:
                return date.fromisoformat(text)
            except ValueError:
                self.refuse("There is no such day. Check the day and the month.", column)
        return None


def read_rows(
    content: bytes,
    *,
    columns: Sequence[Column],
    choices: Mapping[str, str] | None,
    make: Callable[[SheetRow], object | None],
    one: str,
    lacking: Callable[[Headings], str] = lambda headings: "",
) -> Read:
    """Read a file row by row with `make`, which returns None for a row that cannot be checked any further.

    `one` is what a row holds, and `lacking` says what the headings lack beyond a needed column. Without good headings
    no row is read.
    """
    rows: list = []
    errors = Errors()
    headings = Headings((), ())
    try:
        numbered = numbered_rows(content)
        number, first = next(numbered, (1, ()))
        headings = _read_headings(number, first, columns=columns, choices=choices or {}, errors=errors)
        if len(first) <= MOST_COLUMNS and (message := lacking(headings)):
            errors.append(SheetError(message, number))
        if errors:
            return Read((), tuple(errors), headings)
        for number, cells in numbered:
            named = _cells_by_heading(number, cells, headings, errors)
            row = None if named is None else make(SheetRow(number, named, errors))
            rows += [] if row is None else [row]
    except Unreadable as stopped:
        errors += [stopped.error]
    except TooManyErrors:
        rows.clear()
    if not rows and not errors:
        errors.append(SheetError(f"There is no row below the headings. Add at least one {one}."))
    return Read(tuple(rows), tuple(errors), headings)


def _read_headings(
    number: int,
    cells: Sequence[Cell],
    *,
    columns: Sequence[Column],
    choices: Mapping[str, str],
    errors: list[SheetError],
) -> Headings:
    """Return what each column holds, and note columns that are missing or appear twice."""
    if len(cells) > MOST_COLUMNS:
        message = f"There are more than {MOST_COLUMNS} columns. Remove those that hold nothing."
        errors.append(SheetError(message, number))
        return Headings((), (), row=number)
    texts = [str(cell.value).strip() if isinstance(cell.value, str) else cell.text for cell in _fitted(cells, 0)]
    headings = [text[:LONGEST_HEADING] for text in texts]
    found = match_headings(headings, columns=columns, choices=choices, row=number)
    if not any(found.keys) and any(mark in text for text in texts for mark in ";\t"):
        errors.append(SheetError("No heading is known. Separate the columns by commas.", number, texts[0][:60]))
    errors += [SheetError("This column appears twice. Keep one of them.", number, title) for title in found.repeated]
    missing = [column.title for column in columns if column.needed and column.key not in found.keys]
    message = "This column is missing. Add it, or rename the one that holds it."
    errors += [SheetError(message, number, title) for title in missing]
    return found


def _cells_by_heading(
    number: int, cells: Sequence[Cell], headings: Headings, errors: list[SheetError]
) -> dict[str, Cell] | None:
    """Return the cells of a row by what their columns hold; None, with an error, where their number is another one."""
    fitted = _fitted(cells, len(headings.keys))
    if len(fitted) != len(headings.keys):
        message = (
            f"The row has {len(cells)} cells, but there are {len(headings.keys)} headings. Check its commas and quotes."
        )
        errors.append(SheetError(message, number))
        return None
    return {key: cell for key, cell in zip(headings.keys, fitted, strict=True) if key}


def _fitted(cells: Sequence[Cell], width: int) -> list[Cell]:
    """Return cells without empty ones beyond a width, and with the last one if that alone was left out."""
    fitted = list(cells)
    while len(fitted) > width and fitted[-1].empty:
        fitted.pop()
    return [*fitted, Cell(None)] if len(fitted) == width - 1 else fitted
