"""Site files: CSV or XLSX with one row per site.

A file is read whole, and every error of every row is reported with its row, column and value. Nothing here knows the
database: `site_importing` compares the sites with those on file and stores them.
"""

import re
from dataclasses import dataclass
from datetime import date

from sites.imports.columns import Column
from sites.imports.layouts import PLAIN, Layout
from sites.imports.sheet_rows import FORMULA, Read, SheetRow, read_rows

CITY, STATE, CLLI, POPULATION, START, END, AGREEMENT = (
    *("city", "state", "clli", "population"),
    *("in_service_on", "removed_on", "agreement"),
)
COLUMNS = (
    Column(CITY, CITY, ("site", "location", "town", "city name"), True, "Augusta", "The city alone."),
    Column(STATE, STATE, ("st", "province"), False, "GA", "May be empty."),
    Column(CLLI, "CLLI code", ("clli", "office code"), False, "AUGSGAZZDS0", "May be empty."),
    Column(POPULATION, POPULATION, ("inhabitants", "pop"), False, "44000", "A whole number; may be empty."),
    Column(
        START,
        "in service from",
        ("in service on", "in service", "first day in service", "start", "start date", "service date"),
        False,
        "1998-10-01",
        "The first day of service, year-month-day; needed for a new site.",
    ),
    Column(END, "last day in service", ("removed on", "removed", "end date", "end of service"), in_template=False),
    Column(AGREEMENT, AGREEMENT, ("agreement number", "contract"), help="The agreement's number.", in_template=False),
)
REMOVAL = "The end of service is an event: record it on the site's page, and leave this cell empty."
NO_POPULATION = "This is no population. Write a whole number from 1 to 999,999,999 without separators."
_POPULATION = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One row as the file says it; what it leaves empty, or cannot be read, is empty or None."""

    number: int
    city: str
    state: str = ""
    clli: str = ""
    population: int | None = None
    in_service_on: date | None = None
    agreement: str = ""


def read_sites(content: bytes, *, layout: Layout = PLAIN) -> Read:
    """Read a site file."""
    return read_rows(content, columns=COLUMNS, layout=layout, make=_row, one="site")


def _row(row: SheetRow) -> SiteRow:
    missing = {CITY: "The row names no city. Write the city alone."}
    texts = row.texts(CITY, STATE, CLLI, AGREEMENT, missing=missing)
    if END in row.cells and not row.cells[END].empty:
        row.refuse(REMOVAL, END)
    return SiteRow(
        number=row.number,
        population=_population(row) if POPULATION in row.cells else None,
        in_service_on=row.day(START) if START in row.cells and not row.cells[START].empty else None,
        **texts,
    )


def _population(row: SheetRow) -> int | None:
    cell = row.cells[POPULATION]
    value = cell.value
    if cell.empty:
        return None
    if not cell.formula and isinstance(value, int | str) and not isinstance(value, bool):
        text = str(value).strip(" ")
        if _POPULATION.fullmatch(text) and int(text):
            return int(text)
    row.refuse(FORMULA if cell.formula else NO_POPULATION, POPULATION)
    return None
