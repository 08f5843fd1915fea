"""Work files: CSV or XLSX with one row per work entry.

A file is read whole, and every error of every row is reported with its row, column and value. Nothing here knows the
database: `work_importing` finds the sites, judges the entries and stores them.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import partial

from contracts.wording import plural
from sites.imports.columns import Column, Headings
from sites.imports.layouts import (
    PLAIN,
    Ask,
    Layout,
    clock_hours,
    decimal_of,
    hours_text,
    is_whole_hundredth,
    number,
)
from sites.imports.sheet_rows import FORMULA, Read, SheetRow, read_rows

DATE, SITE, SERVICE, HOURS, PERSON, REFERENCE, AGREEMENT = (
    *("date", "site", "service", "hours", "person"),
    *("reference", "agreement"),
)
START, END, END_DATE, FIRST_NAME, LAST_NAME = "start", "end", "end date", "first name", "last name"
SHOWN = (DATE, SITE, SERVICE, HOURS, PERSON, REFERENCE, AGREEMENT)
COLUMNS = (
    Column(
        DATE,
        DATE,
        ("day", "worked on", "work date", "start date"),
        True,
        "1999-07-12",
        "The day of the work; not needed where the start has it.",
        instead=(START,),
    ),
    Column(
        SITE,
        SITE,
        ("city", "location", "office", "CLLI", "CLLI code", "project"),
        True,
        "Augusta, GA",
        "City, city and state, or CLLI code.",
    ),
    Column(
        SERVICE,
        SERVICE,
        ("kind of work", "type of work", "task"),
        True,
        "Customer Care",
        "As the price schedule names it.",
    ),
    Column(
        HOURS,
        HOURS,
        ("hrs", "hours worked", "duration"),
        True,
        "7.25",
        "7.25, or 7:15, or 7:15:00; not needed with start and end.",
        instead=(START, END),
    ),
    Column(
        PERSON,
        PERSON,
        ("who", "engineer", "technician", "done by", "user", "user name"),
        True,
        "Ann Example",
        "Who did the work; not needed with first and last name.",
        instead=(FIRST_NAME, LAST_NAME),
    ),
    Column(REFERENCE, REFERENCE, ("request", "ticket", "request reference"), False, "REQ-1041", "May be empty."),
    *(
        Column(key, key, names, False, example, help, in_template=False)
        for key, names, example, help in (
            (START, ("start time", "started at"), "8:40", "A time, such as 8:40 or 8:40 AM, or a day and time."),
            (END, ("end time", "stop", "stop time", "ended at"), "9:25", "As the start."),
            (END_DATE, ("stop date",), "1999-07-12", "The day of the end, where it is another one."),
            (FIRST_NAME, (), "Ann", "With the last name, in place of the person."),
            (LAST_NAME, (), "Example", "With the first name, in place of the person."),
            (AGREEMENT, ("agreement number", "contract"), "", "The agreement's number."),
        )
    ),
)
NO_PERSON = "The row does not say who did the work. Name the person."
MISSING = {
    SITE: "The row names no site. Give its city, city and state, or CLLI code.",
    SERVICE: "The row names no service. Write it as the price schedule does.",
    PERSON: NO_PERSON,
}
_NO_HOURS = "These are no hours. Write a number with at most two decimals, such as 7.25, or hours and minutes: 7:15."
_NOT_BOTH = "Leave one of the two out."


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
    rounded_by: Fraction = Fraction(0)
    """What rounding has added to the hours."""


def read_work(content: bytes, *, layout: Layout = PLAIN) -> Read:
    """Read a work file; a row with an error is among the rows, so that the rest of it can be checked."""
    return read_rows(content, columns=COLUMNS, layout=layout, make=_row, one="entry", lacking=partial(_lacking, layout))


def rounding_note(rows: list[WorkRow]) -> str:
    """Say what rounding has done to the hours of a file; empty where it has done nothing."""
    changes = [row.rounded_by for row in rows if row.rounded_by]
    if not changes:
        return ""
    total = sum(changes, Fraction(0))
    sign = "+" if total > 0 else ""
    entries = plural(len(changes), "entry", "entries")
    return f"Rounding changes the hours of {entries}, by {sign}{hours_text(total)} h in all."


def _lacking(layout: Layout, headings: Headings) -> str:
    """Say which headings hold half of something, or something twice."""
    titles = {key: f"“{value}”" for key, value in layout.values.items()}
    titles |= {key: f"“{title}”" for key, title in zip(headings.keys, headings.titles, strict=True) if key}
    names = [titles[key] for key in (FIRST_NAME, LAST_NAME) if key in titles]
    if names and PERSON in titles:
        return f"{titles[PERSON]} and {names[0]} both say who did the work. {_NOT_BOTH}"
    times = [titles[key] for key in (START, END, END_DATE) if key in titles]
    if times and not (START in titles and END in titles):
        return f"{times[0]} gives no hours by itself. Add the start or the end that belongs to it, or leave it out."
    return ""


def _row(row: SheetRow) -> WorkRow:
    texts = row.texts(SITE, SERVICE, PERSON, REFERENCE, AGREEMENT, missing=MISSING)
    if PERSON not in texts:
        names = row.texts(FIRST_NAME, LAST_NAME, missing={LAST_NAME: NO_PERSON})
        texts[PERSON] = " ".join(name for name in names.values() if name)
    day = row.day(DATE) if DATE in row.cells else None
    start, end = _span(row, day) if START in row.cells else (None, None)
    if DATE not in row.cells and start is not None:
        day = start.date()
    given = _hours(row, start, end)
    hours, added = _entered(given, row.layout)
    return WorkRow(number=row.number, worked_on=day, hours=hours, rounded_by=added, **texts)


def _entered(given: Decimal | Fraction | None, layout: Layout) -> tuple[Decimal | None, Fraction]:
    """Return hours as they are entered, and what rounding has added to them; a number without rounding stays."""
    if given is None or (isinstance(given, Decimal) and not layout.rounding):
        return given, Fraction(0)
    exact = Fraction(given)
    hours = layout.rounded(exact) if layout.rounding else exact
    return decimal_of(hours), hours - exact


def _span(row: SheetRow, day: date | None) -> tuple[datetime, datetime] | tuple[None, None]:
    """Return start and end of the work as moments, or neither where one of them cannot be read."""
    start, end = row.moment(START), row.moment(END)
    has_end_day = END_DATE in row.cells and not row.cells[END_DATE].empty
    end_day = row.day(END_DATE) if has_end_day else None
    if start is None or end is None or (has_end_day and end_day is None):
        return None, None
    if isinstance(start, time):
        if day is None:
            if DATE not in row.cells:
                row.refuse("This has no day. Write the day before the time, or add a column with the date.", START)
            return None, None
        start = datetime.combine(day, start)
    elif day is not None and start.date() != day:
        row.refuse("The start is on another day than the date. Correct one of the two.", START)
        return None, None
    if isinstance(end, time):
        end = datetime.combine(end_day or start.date(), end, tzinfo=start.tzinfo)
    wrong = ""
    if end_day is not None and end.date() != end_day:
        wrong = "The end is on another day than its date. Correct one of the two."
    elif (start.tzinfo is None) != (end.tzinfo is None):
        wrong = "Of start and end only one has a time zone. Write both in the same way."
    elif end < start:
        wrong = "The end is before the start. Where the work went past midnight, give the day of its end."
    if wrong:
        row.refuse(wrong, END)
        return None, None
    return start, end


def _hours(row: SheetRow, start: datetime | None, end: datetime | None) -> Decimal | Fraction | None:
    """Return the hours of a row: as they are written, or from start to end; None with an error or a question."""
    spent = None if start is None else clock_hours(end - start)
    written = HOURS in row.cells and not (row.cells[HOURS].empty and START in row.cells)
    given = _written_hours(row) if written else spent
    if given is None:
        return None
    if spent is not None and abs(Fraction(given) - spent) >= Fraction(1, 100):
        message = f"The hours are {row.cells[HOURS].text}, but start and end make {hours_text(spent)}."
        row.refuse(f"{message} Correct them, or leave a column out.", HOURS)
        return None
    if isinstance(given, Fraction) and not row.layout.rounding and not is_whole_hundredth(given):
        row.ask(Ask.ROUNDING, HOURS if written else END)
        return None
    return given


def _written_hours(row: SheetRow) -> Decimal | Fraction | None:
    """Read hours exactly as they are written; whether there can be so many is judged with the rest of the entry."""
    cell, message = row.cells[HOURS], _NO_HOURS
    value = cell.value.strip() if isinstance(cell.value, str) else cell.value
    if cell.formula:
        message = FORMULA
    elif cell.empty:
        message = "The row has no hours. Write a number such as 7.25."
    elif (clock := clock_hours(value)) is not None:
        return clock
    elif isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
        is_text = isinstance(value, str)
        found, mark = number(value if is_text else f"{Decimal(str(value)):f}") or (None, "")
        if is_text and mark == "," and not row.layout.decimal_comma:
            row.ask(Ask.DECIMAL_COMMA, HOURS)
            return None
        if is_text and mark == "." and row.layout.decimal_comma:
            message, found = "The comma is the decimal mark of this file. Write one, such as 7,25.", None
        if found is not None:
            return found
    row.refuse(message, HOURS)
    return None
