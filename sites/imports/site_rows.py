"""Site files: CSV or XLSX with one row per site.

A file is read whole, and every error of every row is reported with its row, column and value. Nothing here knows the
database: `site_importing` compares the sites with those on file and stores them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

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
    Column(END, "last day in service", ("removed on", "removed", "end date", "end of service"), False),
    Column(AGREEMENT, AGREEMENT, ("agreement number", "contract"), False, "", "The agreement's number."),
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


@dataclass(frozen=True)
class SiteFile:
    """The rows of a file and everything that is wrong with it; with an error nothing may be stored."""

    rows: tuple[SiteRow, ...]
    errors: tuple[SheetError, ...]
    headings: Headings = Headings((), ())


def read_sites(content: bytes, *, choices: Mapping[str, str] | None = None) -> SiteFile:
    """Read a site file."""
    rows: list[SiteRow] = []
    errors: list[SheetError] = []
    headings = Headings((), ())
    try:
        numbered = numbered_rows(content)
        first = next(numbered, (1, ()))[1]
        headings = read_headings(first, columns=COLUMNS, choices=choices or {}, errors=errors)
        if errors:
            return SiteFile((), tuple(errors), headings)
        for number, cells in numbered:
            named = cells_by_heading(number, cells, headings, errors)
            if named is not None:
                rows.append(_row(number, named, errors))
    except Unreadable as stopped:
        errors.append(stopped.error)
    if not rows and not errors:
        errors.append(SheetError("There is no row below the headings. Add at least one site."))
    return SiteFile(tuple(rows), tuple(errors), headings)


def _row(number: int, named: Mapping[str, Cell], errors: list[SheetError]) -> SiteRow:
    missing = {CITY: "The row names no city. Write the city alone."}
    texts = {
        key: " ".join(read_text(number, key, named[key], errors, missing=missing.get(key, "")).split(" "))
        for key in (CITY, STATE, CLLI, AGREEMENT)
        if key in named
    }
    if END in named and not named[END].empty:
        errors.append(SheetError(REMOVAL, number, END, named[END].text))
    started = named.get(START)
    return SiteRow(
        number=number,
        population=_population(number, named[POPULATION], errors) if POPULATION in named else None,
        in_service_on=read_day(number, START, started, errors) if started is not None and not started.empty else None,
        **texts,
    )


def _population(number: int, cell: Cell, errors: list[SheetError]) -> int | None:
    value = cell.value
    if cell.empty:
        return None
    if not cell.formula and isinstance(value, int | str) and not isinstance(value, bool):
        text = str(value).strip(" ")
        if _POPULATION.fullmatch(text) and int(text):
            return int(text)
    errors.append(SheetError(FORMULA if cell.formula else NO_POPULATION, number, POPULATION, cell.text))
    return None
