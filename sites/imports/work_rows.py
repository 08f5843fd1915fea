"""Work files: CSV or XLSX with one row per work entry.

A file is read whole, and every error of every row is reported with its row, column and value. Nothing here knows the
database: `work_importing` finds the sites, judges the entries and stores them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sites.imports.columns import Column, Headings
from sites.imports.preview import SheetError
from sites.imports.tabular import (
    FORMULA,
    Cell,
    Unreadable,
    cells_by_heading,
    numbered_rows,
    read_day,
    read_headings,
    read_text,
)

DATE, SITE, SERVICE, HOURS, PERSON, REFERENCE, AGREEMENT = (
    *("date", "site", "service", "hours", "person"),
    *("reference", "agreement"),
)
COLUMNS = (
    Column(DATE, DATE, ("day", "worked on", "work date"), True, "1999-07-12", "The day of the work, year-month-day."),
    Column(
        SITE,
        SITE,
        ("city", "location", "office", "CLLI", "CLLI code"),
        True,
        "Augusta, GA",
        "City, city and state, or CLLI code.",
    ),
    Column(
        SERVICE, SERVICE, ("kind of work", "type of work"), True, "Customer Care", "As the price schedule names it."
    ),
    Column(HOURS, HOURS, ("hrs", "hours worked"), True, "7.25", "A point and at most two decimals."),
    Column(PERSON, PERSON, ("who", "engineer", "technician", "done by"), True, "Ann Example", "Who did the work."),
    Column(REFERENCE, REFERENCE, ("request", "ticket", "request reference"), False, "REQ-1041", "May be empty."),
    Column(AGREEMENT, AGREEMENT, ("agreement number", "contract"), False, "", "The agreement's number."),
)
MISSING = {
    SITE: "The row names no site. Give its city, city and state, or CLLI code.",
    SERVICE: "The row names no service. Write it as the price schedule does.",
    PERSON: "The row does not say who did the work. Name the person.",
}
_HOURS = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?", re.ASCII)
_NO_HOURS = "These are no hours. Write a number with a point and at most two decimals, such as 7.25."


@dataclass(frozen=True)
class WorkRow:
    """One row as the file says it; what cannot be read of it is None, or empty where it is text."""

    number: int
    worked_on: date | None
    site: str
    service: str
    hours: Decimal | None
    person: str
    reference: str = ""
    agreement: str = ""


@dataclass(frozen=True)
class WorkFile:
    """The rows of a file and everything that is wrong with it; with an error nothing may be stored.

    A row with an error is among the rows, so that the rest of it can be checked.
    """

    rows: tuple[WorkRow, ...]
    errors: tuple[SheetError, ...]
    headings: Headings = Headings((), ())


def read_work(content: bytes, *, choices: Mapping[str, str] | None = None) -> WorkFile:
    """Read a work file."""
    rows: list[WorkRow] = []
    errors: list[SheetError] = []
    headings = Headings((), ())
    try:
        numbered = numbered_rows(content)
        first = next(numbered, (1, ()))[1]
        headings = read_headings(first, columns=COLUMNS, choices=choices or {}, errors=errors)
        if errors:
            return WorkFile((), tuple(errors), headings)
        for number, cells in numbered:
            if row := _row(number, cells, headings, errors):
                rows.append(row)
    except Unreadable as stopped:
        errors.append(stopped.error)
    if not rows and not errors:
        errors.append(SheetError("There is no row below the headings. Add at least one entry."))
    return WorkFile(tuple(rows), tuple(errors), headings)


def _row(number: int, cells: Sequence[Cell], headings: Headings, errors: list[SheetError]) -> WorkRow | None:
    named = cells_by_heading(number, cells, headings, errors)
    if named is None:
        return None
    texts = {
        name: read_text(number, name, named[name], errors, missing=MISSING.get(name, ""))
        for name in (SITE, SERVICE, PERSON, REFERENCE, AGREEMENT)
        if name in named
    }
    worked_on = read_day(number, DATE, named[DATE], errors)
    return WorkRow(number=number, worked_on=worked_on, hours=_hours(number, named[HOURS], errors), **texts)


def _hours(number: int, cell: Cell, errors: list[SheetError]) -> Decimal | None:
    """Read hours exactly as they are written; whether there can be so many is judged with the rest of the entry."""
    value, message = cell.value, _NO_HOURS
    if cell.formula:
        message = FORMULA
    elif cell.empty:
        message = "The row has no hours. Write a number such as 7.25."
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        text = value.strip(" ") if isinstance(value, str) else f"{Decimal(repr(value)):f}"
        if _HOURS.fullmatch(text):
            return Decimal(text)
    errors.append(SheetError(message, number, HOURS, cell.text))
    return None
