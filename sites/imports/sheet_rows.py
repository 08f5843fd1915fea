"""Rows of a file that comes in, read by its headings: whole, and every error with its row, column and value.

What the columns are, and what a row makes, is said by the module of a kind of file: `count_rows`, `site_rows` and
`work_rows`. Nothing here knows the database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from sites.imports.columns import Column, Headings, match_headings
from sites.imports.layouts import Ask, Layout, WrittenDays, is_ordered
from sites.imports.preview import Errors, SheetError, TooManyErrors
from sites.imports.tabular import MOST_COLUMNS, Cell, Unreadable, numbered_rows

LONGEST_CELL = 2_000
LONGEST_HEADING = 100

FORMULA = "This is a formula. Paste its value instead."
NO_DATE = "This is no date. Write year-month-day, such as 1999-07-31."
MISSING = "This column is missing. Add it, or rename the one that holds it."
NO_SUCH_DAY = "There is no such day. Check the day and the month."
NO_TIME = "This is no time. Write hours and minutes, such as 8:40, or a day with its time, such as 1999-07-12 08:40."


@dataclass(frozen=True)
class Read:
    """The rows of a file and everything that is wrong with it; with an error nothing may be stored.

    A row with an error is among the rows where the rest of it can be checked. `asked` is what the file leaves open,
    each with the first place of it.
    """

    rows: Sequence
    errors: Sequence[SheetError]
    headings: Headings
    days: WrittenDays = field(default_factory=WrittenDays)
    asked: Mapping[Ask, SheetError] = field(default_factory=dict)


@dataclass(frozen=True)
class SheetRow:
    """One row: its number, its cells by what their columns hold, and what is known of the file so far."""

    number: int
    cells: Mapping[str, Cell]
    errors: list[SheetError]
    layout: Layout
    days: WrittenDays
    asked: dict[Ask, SheetError]

    def refuse(self, message: str, column: str) -> None:
        """Note what is wrong with a cell."""
        self.errors.append(SheetError(message, self.number, column, self.cells[column].text))

    def ask(self, what: Ask, column: str) -> None:
        """Note that a cell cannot be read until a person has said something about the file."""
        self.asked.setdefault(what, SheetError(what.message, self.number, column, self.cells[column].text))

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
        """Return the day of a cell; None with an error, or where it has to be asked for the order of days."""
        cell = self.cells[column]
        text = cell.value.strip() if isinstance(cell.value, str) else ""
        if cell.formula:
            self.refuse(FORMULA, column)
        elif cell.empty:
            self.refuse("The row has no date. Write year-month-day, such as 1999-07-31.", column)
        elif isinstance(cell.value, date) and not isinstance(cell.value, datetime):
            return cell.value
        else:
            return self._written(text, column, read=self.layout.day, otherwise=NO_DATE)
        return None

    def moment(self, column: str) -> datetime | time | None:
        """Return the time of day of a cell, or its day and time; None as for `day`."""
        cell = self.cells[column]
        if cell.formula:
            self.refuse(FORMULA, column)
        elif cell.empty:
            self.refuse("The row has no time here. Write hours and minutes, such as 8:40.", column)
        elif isinstance(cell.value, datetime | time):
            return cell.value
        elif isinstance(cell.value, date):
            return datetime.combine(cell.value, time())
        else:
            text = cell.value.strip() if isinstance(cell.value, str) else ""
            return self._written(text, column, read=self.layout.moment, otherwise=NO_TIME)
        return None

    def _written(self, text: str, column: str, *, read: Callable, otherwise: str):
        """Read a day or a moment of a text, and note its day where the order of days matters."""
        ordered = next((part for part in text.split(" ", 1)[:1] if is_ordered(part)), "")
        if ordered:
            self.days.add(ordered)
            if not self.layout.day_order:
                self.ask(Ask.DAY_ORDER, column)
                return None
        try:
            found = read(text)
        except ValueError:
            self.refuse(NO_SUCH_DAY if read == self.layout.day else NO_TIME, column)
            return None
        if found is None:
            self.refuse(otherwise, column)
        return found


def read_rows(
    content: bytes,
    *,
    columns: Sequence[Column],
    layout: Layout,
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
    days, asked = WrittenDays(), {}
    for_all = {key: Cell(value) for key, value in layout.values.items()}
    try:
        numbered = numbered_rows(content)
        number, first = next(numbered, (1, ()))
        headings = _read_headings(number, first, columns=columns, layout=layout, errors=errors)
        if len(first) <= MOST_COLUMNS and (message := lacking(headings)):
            errors.append(SheetError(message, number))
        if errors:
            return Read((), tuple(errors), headings)
        for number, cells in numbered:
            named = _cells_by_heading(number, cells, headings, errors)
            row = None if named is None else make(SheetRow(number, for_all | named, errors, layout, days, asked))
            rows += [] if row is None else [row]
    except Unreadable as stopped:
        errors += [stopped.error]
    except TooManyErrors:
        rows.clear()
    if not rows and not errors:
        errors.append(SheetError(f"There is no row below the headings. Add at least one {one}."))
    return Read(tuple(rows), tuple(errors), headings, days, asked)


def _read_headings(
    number: int,
    cells: Sequence[Cell],
    *,
    columns: Sequence[Column],
    layout: Layout,
    errors: list[SheetError],
) -> Headings:
    """Return what each column holds, and note columns that are missing or appear twice."""
    if len(cells) > MOST_COLUMNS:
        message = f"There are more than {MOST_COLUMNS} columns. Remove those that hold nothing."
        errors.append(SheetError(message, number))
        return Headings((), (), row=number)
    texts = [str(cell.value).strip() if isinstance(cell.value, str) else cell.text for cell in _fitted(cells, 0)]
    headings = [text[:LONGEST_HEADING] for text in texts]
    found = match_headings(
        headings, columns=columns, choices=layout.columns, others_left_out=layout.others_left_out, row=number
    )
    if not any(found.keys) and any(mark in text for text in texts for mark in ";\t"):
        errors.append(SheetError("No heading is known. Separate the columns by commas.", number, texts[0][:60]))
    errors += [SheetError("This column appears twice. Keep one of them.", number, title) for title in found.repeated]
    errors += _value_errors(columns, layout, found, number)
    errors += [SheetError(MISSING, number, column.title) for column in lacking_columns(columns, found, layout)]
    return found


def lacking_columns(columns: Sequence[Column], headings: Headings, layout: Layout) -> list[Column]:
    """Return the needed columns that a file does not have: no heading names them, no value, and none instead."""
    there = {*headings.keys, *layout.values}
    return [
        column
        for column in columns
        if column.needed and column.key not in there and not (column.instead and there.issuperset(column.instead))
    ]


def _value_errors(columns: Sequence[Column], layout: Layout, headings: Headings, number: int) -> list[SheetError]:
    """Return what is wrong with the values for all rows: for a column that the file has, or that cannot have one."""
    needed = {column.key: column.title for column in columns if column.needed}
    errors = []
    for key in layout.values:
        if key not in needed:
            message = f"This column cannot have one value for all rows. These can: {', '.join(needed.values())}."
            errors.append(SheetError(message, None, key))
        elif key in headings.keys:
            message = "The file has this column, and there is a value for all rows. Keep one of the two."
            errors.append(SheetError(message, number, headings.titles[headings.keys.index(key)]))
    return errors


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
