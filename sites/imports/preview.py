"""What a file would do: each of its cells against what is stored. Nothing here knows the file or the database."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property

from contracts.schedule import Refused
from sites.imports.layouts import WrittenDays

MOST_ERRORS = 1_000


class State(StrEnum):
    """What storing a cell or a row would do."""

    REFUSED = "refused"
    CHANGED = "changed"
    NEW = "new"
    UNCHANGED = "unchanged"
    SILENT = "silent"


@dataclass(frozen=True, init=False)
class SheetError(Refused):
    """Something that keeps a file from being imported. No row means the whole file.

    Its place tells row, column and value as far as they are known: `row 3, column GE, “1.5”`.
    """

    row: int | None
    column: str
    value: str

    def __init__(self, message: str, row: int | None = None, column: str = "", value: str = ""):
        parts = (f"row {row}" if row else "", f"column {column}" if column else "", f"“{value}”" if value else "")
        super().__init__("SHEET", ", ".join(part for part in parts if part) or "file", message)
        for name, given in (("row", row), ("column", column), ("value", value)):
            object.__setattr__(self, name, given)

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class TooManyErrors(Exception):
    """The list of errors is full: nobody reads a longer one, so the file is not checked any further."""


class Errors(list[SheetError]):
    """The errors of a file. The last one that has a place says that checking stops, and ends it by TooManyErrors."""

    def append(self, error: SheetError) -> None:
        if len(self) == MOST_ERRORS - 1:
            message = f"The file has {MOST_ERRORS:,} errors or more, and was checked no further. Correct these first."
            super().append(SheetError(message))
            raise TooManyErrors
        super().append(error)


@dataclass(frozen=True, slots=True)
class PreviewCell:
    """One cell: what storing it would do, what the file says, and what is on file where that differs.

    `figure` names the count on file that would be corrected, by its site's key, component code and day: its page tells
    what rests on it. `remark` is a word about a figure that is unusual.
    """

    state: State | None
    value: str = ""
    before: str = ""
    figure: tuple[int, str, date] | None = None
    remark: str = ""


EMPTY = PreviewCell(None)
"""A cell that says nothing."""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row of the file: its number, what it is about, and its cells in the order of the preview's headings."""

    number: int
    name: str
    cells: tuple[PreviewCell, ...]
    refused: bool = False

    @property
    def state(self) -> State:
        """What storing the row would do: the strongest of what its cells do."""
        states = {cell.state for cell in self.cells}
        if self.refused:
            return State.REFUSED
        return next((state for state in State if state in states), State.SILENT)


@dataclass(frozen=True)
class Totals:
    """A small table that sums up what a file brings."""

    headings: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    total: tuple[object, ...] = ()


@dataclass(frozen=True)
class Preview:
    """Everything that a file would do, or that keeps it from being stored.

    `unclear` are columns that nobody knows, each with what to say; `left_out` and `chosen` are those that a person has
    decided about. No column is ever ignored: it is known, chosen, left out by name, or asked about. `notes` say how the
    file is read; `asked` is what has to be said before it can be. `file_columns` are the headings with what each holds,
    `lacking` the columns that are needed and not there, `days` those whose order has to be known.
    """

    headings: tuple[str, ...] = ()
    rows: tuple[PreviewRow, ...] = ()
    errors: tuple[SheetError, ...] = ()
    unclear: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    chosen: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    asked: tuple[SheetError, ...] = ()
    file_columns: tuple[tuple[str, str | None], ...] = ()
    lacking: tuple[str, ...] = ()
    days: WrittenDays = field(default_factory=WrittenDays)
    totals: Totals | None = None
    earlier: str = ""
    heading_row: int = 1

    @cached_property
    def cells(self) -> Counter:
        return Counter(cell.state for row in self.rows for cell in row.cells if cell.state)

    def rows_in(self, state: State) -> tuple[PreviewRow, ...]:
        """The rows of one state."""
        return self._by_state.get(state, ())

    @cached_property
    def _by_state(self) -> dict[State, tuple[PreviewRow, ...]]:
        found: dict[State, list[PreviewRow]] = {}
        for row in self.rows:
            found.setdefault(row.state, []).append(row)
        return {state: tuple(rows) for state, rows in found.items()}

    @cached_property
    def refused_rows(self) -> int:
        """How many rows have an error, those among them that could not be read at all."""
        return len({error.row for error in self.errors if error.row and error.row > self.heading_row})

    @property
    def bringing(self) -> int:
        """How many rows would store something."""
        return len(self.rows_in(State.NEW)) + len(self.rows_in(State.CHANGED))

    @property
    def can_be_stored(self) -> bool:
        """Whether everything is clear, and there is something to store."""
        return not self.errors and not self.unclear and not self.asked and not self.earlier and self.bringing > 0

    @cached_property
    def fingerprint(self) -> str:
        """A digest of everything shown: another one means that the file would do something else by now."""
        digest = hashlib.sha256()
        for part in (self.headings, self.left_out, self.chosen, self.unclear, self.warnings, self.notes, self.earlier):
            digest.update(repr(part).encode())
        for row in self.rows:
            cells = [(cell.state and cell.state.value, cell.value, cell.before) for cell in row.cells]
            digest.update(repr((row.number, row.name, cells)).encode())
        return digest.hexdigest()


def marked(rows: Iterable[PreviewRow], errors: Iterable[SheetError], headings: tuple[str, ...]) -> list[PreviewRow]:
    """Mark the rows, and the cells of them, that an error concerns."""
    wrong: dict[int, dict[str, str]] = {}
    for error in errors:
        if error.row:
            wrong.setdefault(error.row, {})[error.column] = error.value
    return [_refused(row, headings, wrong[row.number]) if row.number in wrong else row for row in rows]


def _refused(row: PreviewRow, headings: tuple[str, ...], columns: Mapping[str, str]) -> PreviewRow:
    cells = tuple(
        replace(cell, state=State.REFUSED, value=cell.value or columns[heading]) if heading in columns else cell
        for heading, cell in zip(headings, row.cells, strict=True)
    )
    return PreviewRow(row.number, row.name, cells, refused=True)
