"""Count files: CSV or XLSX with one row per site and date and one column per component.

A file is read whole, and every error of every row is reported with its row, column and value. Nothing here knows the
database: `count_importing` finds the sites and stores the counts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sites.imports.columns import Column, Headings
from sites.imports.preview import SheetError
from sites.imports.tabular import (
    FORMULA,
    MOST_COLUMNS,
    Cell,
    Unreadable,
    cells_by_heading,
    numbered_rows,
    read_day,
    read_headings,
    read_text,
)

SITE, DATE, AGREEMENT = "site", "date", "agreement"
FIXED = (
    Column(
        SITE,
        SITE,
        ("city", "location", "office", "CLLI", "CLLI code"),
        needed=True,
        example="Augusta, GA",
        help="City, city and state, or CLLI code.",
    ),
    Column(
        DATE,
        DATE,
        ("day", "counted on", "count date", "as of", "month end"),
        needed=True,
        example="1999-07-31",
        help="The day of the count, year-month-day.",
    ),
)
AGREEMENT_COLUMN = Column(AGREEMENT, AGREEMENT, ("agreement number", "contract"), help="The agreement's number.")
NONE_COUNTED = "No component has a column. Add one of {}."
_QUANTITY = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class CountRow:
    """One row: a site as the file names it, a date, and the quantities; what cannot be read of it is left out."""

    number: int
    site: str
    agreement: str
    counted_on: date | None
    quantities: Mapping[str, int]
    is_silent: bool = False
    """Whether no component has a figure."""


@dataclass(frozen=True)
class CountFile:
    """The rows of a file and everything that is wrong with it; with an error nothing may be stored.

    A row with an error is among the rows as long as its site can be read, so that the rest of it can be checked.
    """

    rows: tuple[CountRow, ...]
    errors: tuple[SheetError, ...]
    headings: Headings = Headings((), ())


def read_counts(content: bytes, *, components: Sequence[Column], choices: Mapping[str, str] | None = None) -> CountFile:
    """Read a count file with columns for the site, the date, and each of the components."""
    rows: list[CountRow] = []
    errors: list[SheetError] = []
    columns = (*FIXED, *components, AGREEMENT_COLUMN)
    headings = Headings((), ())
    try:
        numbered = numbered_rows(content)
        cells = next(numbered, (1, ()))[1]
        headings = read_headings(cells, columns=columns, choices=choices or {}, errors=errors)
        codes = {component.key for component in components}
        if len(cells) <= MOST_COLUMNS and not headings.unclear and not codes & set(headings.held):
            titles = ", ".join(component.title for component in components)
            errors.append(SheetError(NONE_COUNTED.format(titles), 1))
        if errors:
            return CountFile((), tuple(errors), headings)
        for number, cells in numbered:
            if row := _row(number, cells, headings, errors):
                rows.append(row)
    except Unreadable as stopped:
        errors.append(stopped.error)
    if not rows and not errors:
        errors.append(SheetError("There is no row below the headings. Add at least one count."))
    return CountFile(tuple(rows), tuple(errors), headings)


def _row(number: int, cells: Sequence[Cell], headings: Headings, errors: list[SheetError]) -> CountRow | None:
    named = cells_by_heading(number, cells, headings, errors)
    if named is None:
        return None
    before = len(errors)
    site = read_text(
        number, SITE, named[SITE], errors, missing="The row names no site. Give its city, city and state, or CLLI code."
    )
    agreement = read_text(number, AGREEMENT, named[AGREEMENT], errors) if AGREEMENT in named else ""
    named_well = len(errors) == before
    figures = {code: cell for code, cell in named.items() if code not in (SITE, DATE, AGREEMENT) and not cell.empty}
    day = None if named[DATE].empty and not figures else read_day(number, DATE, named[DATE], errors)
    read = {code: _quantity(number, code, cell, errors) for code, cell in figures.items()}
    quantities = {code: quantity for code, quantity in read.items() if quantity is not None}
    return CountRow(number, site, agreement, day, quantities, is_silent=not figures) if named_well else None


def _quantity(number: int, column: str, cell: Cell, errors: list[SheetError]) -> int | None:
    value = cell.value
    message = "This is no count. Counts are whole numbers from 0 to 999,999,999."
    if cell.formula:
        message = FORMULA
    elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
        return value
    elif isinstance(value, str) and _QUANTITY.fullmatch(value.strip(" ")):
        return int(value.strip(" "))
    elif isinstance(value, float) or (isinstance(value, str) and re.fullmatch(r" *[0-9]+[.,][0-9]+ *", value)):
        message = "A count is a whole number, without a fraction or separator. Write plain digits."
    elif str(value).strip(" ").startswith("-"):
        message = "A count cannot be negative. Write 0 or more."
    errors.append(SheetError(message, number, column, cell.text))
    return None
