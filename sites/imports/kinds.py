"""What every kind of file that comes in says of itself: `importing` does the rest, the same way for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth.models import User

from contracts.models import Agreement
from contracts.periods import Month
from contracts.printing.sheets import Value
from contracts.terms import AgreementTerms
from contracts.wording import plural
from sites.imports.columns import Column, Headings
from sites.imports.layouts import Layout
from sites.imports.preview import PreviewRow, SheetError, Totals
from sites.imports.sheet_rows import Read
from sites.models import ImportedFile


@dataclass(frozen=True)
class Scope:
    """What an import is for: one agreement, or all of them, with their terms, on a day."""

    agreement: Agreement | None
    terms: Mapping[int, AgreementTerms]
    on: date


@dataclass
class Compared:
    """A file compared with what is stored: what each row would do, and the facts that `store` is handed for it."""

    headings: tuple[str, ...]
    rows: list[PreviewRow] = field(default_factory=list)
    facts: list = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    totals: Totals | None = None


@dataclass(frozen=True)
class Undoing:
    """What taking an import back would do, in words, and what stands against it."""

    sentence: str
    obstacles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Brought:
    """What an import has stored, as a table of its first rows; `number` is that of all rows."""

    headings: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    number: int


class ImportKind:
    """One kind of file. A kind reads and compares without writing anything; `store` and `take_back` write."""

    key: str
    title: str
    one: str
    many: str
    heading: str
    holds: str
    permissions: tuple[str, ...]
    remembers_columns = False
    has_hours = False

    def columns(self, scope: Scope) -> tuple[Column, ...]:
        """Return the columns that such a file can have."""
        raise NotImplementedError

    def read(self, content: bytes, *, columns: Sequence[Column], layout: Layout) -> Read:
        """Read the file."""
        raise NotImplementedError

    def lock(self, keys: Sequence[int]) -> None:
        """Lock what the rows will be compared with, for agreements of these keys, until the transaction ends."""
        raise NotImplementedError

    def compare(self, rows: Sequence, *, headings: Headings, scope: Scope, errors: list[SheetError]) -> Compared:
        """Compare the rows with what is stored, and note what is wrong with them."""
        raise NotImplementedError

    def reading_notes(self, facts: Sequence, *, scope: Scope, layout: Layout) -> list[str]:
        """Say where a file is read otherwise than its agreements are."""
        return []

    def store(self, facts: Sequence, *, file: ImportedFile, on: date, by: User | None) -> None:
        """Store what was compared."""
        raise NotImplementedError

    def details(self, facts: Sequence) -> dict:
        """Return what an import of these facts has to remember, so that it can be taken back."""
        return {}

    def undoing(self, file: ImportedFile) -> Undoing:
        """Return what taking the import back would do, and what stands against it."""
        raise NotImplementedError

    def take_back(self, file: ImportedFile, *, reason: str, on: date, by: User | None) -> None:
        """Take back what the import stored; nothing stands against it."""
        raise NotImplementedError

    def brought(self, file: ImportedFile, *, most: int) -> Brought:
        """Return what the import has stored."""
        raise NotImplementedError

    def month(self, file: ImportedFile) -> Month | None:
        """Return the last month of what was counted; None where nothing was."""
        return None

    def rows_of_template(self, scope: Scope, *, month: Month | None) -> Iterable[Sequence[Value]]:
        """Return the rows with which a template begins, in the order of the columns."""
        return ()

    def afterwards(self, scope: Scope) -> str:
        """Say what the import leads to; empty where there is nothing to say."""
        return ""

    def counted(self, number: int) -> str:
        """A number of rows in words: `1 entry`, `2 entries`."""
        return plural(number, self.one, self.many)


def first_of(obstacles: Iterable[str], *, most: int = 20) -> tuple[str, ...]:
    """Return the first obstacles, and how many more there are."""
    obstacles = list(dict.fromkeys(obstacles))
    more = len(obstacles) - most
    return (*obstacles[:most], *([f"And {more:,} more."] if more > 0 else []))
