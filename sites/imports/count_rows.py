"""Count files: CSV or XLSX with one row per site and date and one column per component.

A file is read whole, and every error of every row is reported with its row, column and value. Nothing here knows the
database: `count_importing` finds the sites and stores the counts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sites.counts.count import SAME
from sites.imports.columns import Column, Headings
from sites.imports.layouts import PLAIN, Layout
from sites.imports.sheet_rows import FORMULA, Read, SheetRow, read_rows

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
AGREEMENT_COLUMN = Column(
    AGREEMENT, AGREEMENT, ("agreement number", "contract"), help="The agreement's number.", in_template=False
)
NO_SITE = "The row names no site. Give its city, city and state, or CLLI code."
NONE_COUNTED = "No component has a column. Add one of {}."
NONE = ("-", "–", "—")
"""What people write where nothing was counted."""
SAME_WORDS = (SAME, "unchanged")
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
    unchanged: frozenset[str] = frozenset()
    """The components of which the file says that they were counted, and are as they were."""


def read_counts(content: bytes, *, components: Sequence[Column], layout: Layout = PLAIN) -> Read:
    """Read a count file with columns for the site, the date, and each of the components."""

    def lacking(headings: Headings) -> str:
        if headings.unclear or {component.key for component in components} & set(headings.keys):
            return ""
        return NONE_COUNTED.format(", ".join(component.title for component in components))

    columns = (*FIXED, *components, AGREEMENT_COLUMN)
    return read_rows(content, columns=columns, layout=layout, make=_row, one="count", lacking=lacking)


def _row(row: SheetRow) -> CountRow | None:
    """Return the row as long as its site can be read, so that the rest of it can be checked."""
    before = len(row.errors)
    names = row.texts(SITE, AGREEMENT, missing={SITE: NO_SITE})
    named_well = len(row.errors) == before
    figures = [code for code, cell in row.cells.items() if code not in (SITE, DATE, AGREEMENT) and not cell.empty]
    day = None if row.cells[DATE].empty and not figures else row.day(DATE)
    unchanged = frozenset(code for code in figures if row.cells[code].text.casefold() in SAME_WORDS)
    read = {code: _quantity(row, code) for code in figures if code not in unchanged}
    quantities = {code: quantity for code, quantity in read.items() if quantity is not None}
    if not named_well:
        return None
    return CountRow(row.number, names[SITE], names.get(AGREEMENT, ""), day, quantities, not figures, unchanged)


def _quantity(row: SheetRow, column: str) -> int | None:
    value = row.cells[column].value
    message = "This is no count. Counts are whole numbers from 0 to 999,999,999."
    if row.cells[column].formula:
        message = FORMULA
    elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
        return value
    elif isinstance(value, str) and _QUANTITY.fullmatch(value.strip(" ")):
        return int(value.strip(" "))
    elif isinstance(value, float | Decimal) or (
        isinstance(value, str) and re.fullmatch(r" *[0-9]+[.,][0-9]+ *", value)
    ):
        message = "A count is a whole number, without a fraction or separator. Write plain digits."
    elif row.cells[column].text in NONE:
        message = f"“{row.cells[column].text}” is no count. Leave the cell empty where nothing was counted."
    elif str(value).strip(" ").startswith("-"):
        message = "A count cannot be negative. Write 0 or more."
    row.refuse(message, column)
    return None
