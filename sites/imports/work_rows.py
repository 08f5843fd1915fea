"""Work files: CSV or XLSX with one row per work entry.

A file is read whole, and every error of every row is reported with its row, column and value. Nothing here knows the
database: `work_importing` finds the sites, judges the entries and stores them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sites.imports.columns import Column
from sites.imports.sheet_rows import FORMULA, Read, SheetRow, read_rows

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
_HOURS = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,20})?", re.ASCII)
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


def read_work(content: bytes, *, choices: Mapping[str, str] | None = None) -> Read:
    """Read a work file; a row with an error is among the rows, so that the rest of it can be checked."""
    return read_rows(content, columns=COLUMNS, choices=choices, make=_row, one="entry")


def _row(row: SheetRow) -> WorkRow:
    texts = row.texts(SITE, SERVICE, PERSON, REFERENCE, AGREEMENT, missing=MISSING)
    return WorkRow(number=row.number, worked_on=row.day(DATE), hours=_hours(row), **texts)


def _hours(row: SheetRow) -> Decimal | None:
    """Read hours exactly as they are written; whether there can be so many is judged with the rest of the entry."""
    cell, message = row.cells[HOURS], _NO_HOURS
    value = cell.value
    if cell.formula:
        message = FORMULA
    elif cell.empty:
        message = "The row has no hours. Write a number such as 7.25."
    elif isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
        text = value.strip(" ") if isinstance(value, str) else f"{Decimal(str(value)):f}"
        if _HOURS.fullmatch(text):
            return Decimal(text)
    row.refuse(message, HOURS)
    return None
