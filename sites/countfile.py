"""Count files: CSV or XLSX with one row per site and date and one column per component.

A file is read whole, and every error of every row is reported with its row, column and value. Nothing here knows the
database: `recording` finds the sites and stores the counts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sites.sheetfile import (
    FORMULA,
    MOST_COLUMNS,
    Cell,
    SheetError,
    Unreadable,
    cells_by_heading,
    numbered_rows,
    read_day,
    read_headings,
    read_text,
)

SITE, DATE, AGREEMENT = "site", "date", "agreement"
_QUANTITY = re.compile(r"[0-9]{1,9}", re.ASCII)


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
    errors: tuple[SheetError, ...]


def read_counts(content: bytes, *, columns: Mapping[str, str]) -> CountFile:
    """Read a count file; `columns` gives the component code by heading, code or name, in small letters."""
    rows: list[CountRow] = []
    errors: list[SheetError] = []
    try:
        numbered = numbered_rows(content)
        headings = _headings(next(numbered, (1, ()))[1], columns, errors)
        if errors:
            return CountFile((), tuple(errors))
        for number, cells in numbered:
            if row := _row(number, cells, headings, errors):
                rows.append(row)
    except Unreadable as stopped:
        errors.append(stopped.error)
    if not rows and not errors:
        errors.append(SheetError("There is no row below the headings. Add at least one count."))
    return CountFile(tuple(rows), tuple(errors))


def _headings(cells: Sequence[Cell], columns: Mapping[str, str], errors: list[SheetError]) -> list[str]:
    """Return what each column holds: site, date, agreement, or a component code."""
    shown = dict.fromkeys((SITE, DATE, *columns.values()))
    known = {SITE: SITE, DATE: DATE, AGREEMENT: AGREEMENT, **columns}
    headings, faults = read_headings(cells, known=known, needed=(SITE, DATE), shown=shown)
    errors += faults
    if len(cells) <= MOST_COLUMNS and not set(headings) & set(columns.values()):
        codes = ", ".join(sorted(set(columns.values())))
        errors.append(SheetError(f"No component has a column. Add one of {codes}.", 1))
    return headings


def _row(number: int, cells: Sequence[Cell], headings: Sequence[str], errors: list[SheetError]) -> CountRow | None:
    named = cells_by_heading(number, cells, headings, errors)
    if named is None:
        return None
    before = len(errors)
    site = read_text(number, SITE, named[SITE], errors, missing="The row names no site.")
    agreement = read_text(number, AGREEMENT, named[AGREEMENT], errors) if AGREEMENT in named else ""
    named_well = len(errors) == before
    day = read_day(number, DATE, named[DATE], errors)
    quantities = {}
    for code, cell in named.items():
        if code not in (SITE, DATE, AGREEMENT) and not cell.empty:
            quantity = _quantity(number, code, cell, errors)
            if quantity is not None:
                quantities[code] = quantity
    return CountRow(number, site, agreement, day, quantities) if named_well else None


def _quantity(number: int, column: str, cell: Cell, errors: list[SheetError]) -> int | None:
    value = cell.value
    said = "This is no count. Counts are whole numbers from 0 to 999,999,999."
    if cell.formula:
        said = FORMULA
    elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
        return value
    elif isinstance(value, str) and _QUANTITY.fullmatch(value.strip(" ")):
        return int(value.strip(" "))
    elif isinstance(value, float) or (isinstance(value, str) and re.fullmatch(r" *[0-9]+[.,][0-9]+ *", value)):
        said = "A count is a whole number, without a fraction or separator."
    elif str(value).strip(" ").startswith("-"):
        said = "A count cannot be negative."
    errors.append(SheetError(said, number, column, cell.text))
    return None
