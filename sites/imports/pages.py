"""What the pages of an import show: the preview in parts, each with its first rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.wording import plural
from sites.imports.kinds import ImportKind
from sites.imports.preview import Preview, PreviewRow, SheetError, State

MOST_SHOWN = 500
MOST_ASKED = 20
"""So many unclear columns are asked about; with more of them it is another kind of file."""

TITLES = {
    State.CHANGED: "Changed",
    State.NEW: "New",
    State.UNCHANGED: "Already on file",
    State.SILENT: "Without figures",
    State.REFUSED: "Refused",
}


@dataclass(frozen=True)
class Part:
    """The rows of one state: the first of them, and how many more there are."""

    state: str
    title: str
    rows: Sequence[PreviewRow]
    number: int
    is_open: bool

    @property
    def more(self) -> int:
        """How many rows are not shown."""
        return self.number - len(self.rows)


@dataclass(frozen=True)
class Shown:
    """A preview as its page shows it."""

    preview: Preview
    errors: Sequence[SheetError]
    parts: Sequence[Part]
    asks: bool

    @property
    def more_errors(self) -> int:
        """How many errors are not shown."""
        return max(len(self.preview.errors) - len(self.errors), 0)

    @property
    def error_count(self) -> int:
        """How many errors there are."""
        return max(len(self.preview.errors), len(self.errors))

    @property
    def cells(self) -> tuple[tuple[str, str, int], ...]:
        """State, title and number of cells; refused ones only where there are any."""
        counted = ((state, self.preview.cells[state]) for state in TITLES)
        always = (State.CHANGED, State.NEW, State.UNCHANGED)
        return tuple((state.value, TITLES[state], number) for state, number in counted if number or state in always)

    @property
    def changes(self) -> int:
        """How many figures on file would be corrected."""
        return self.preview.cells[State.CHANGED]


def preview_shown(preview: Preview, *, only: str = "") -> Shown:
    """Lay a preview out; `only` names a state whose rows alone are shown."""
    asks = bool(preview.unclear or preview.asked or preview.lacking)
    errors = preview.errors
    if len(preview.unclear) > MOST_ASKED:
        asks = False
        errors = (
            *(SheetError(message, preview.heading_row, title) for title, message in preview.unclear[:MOST_ASKED]),
            *errors,
        )
    parts = []
    for state, title in TITLES.items():
        rows = preview.rows_in(state)
        if rows and (not only or only == state.value):
            is_open = state == State.CHANGED or only == state.value or (state == State.NEW and not preview.errors)
            parts.append(Part(state.value, title, rows[:MOST_SHOWN], len(rows), is_open))
    return Shown(preview, errors[:MOST_SHOWN], parts, asks)


def done_sentence(kind: ImportKind, preview: Preview, name: str) -> str:
    """Say what an import has done."""
    cells = preview.cells
    parts = [f"{kind.counted(preview.bringing)} stored"]
    parts += [f"{plural(cells[State.CHANGED], 'figure')} corrected"] if cells[State.CHANGED] else []
    if preview.totals is not None:
        parts[0] = f"{kind.counted(preview.bringing)} with {preview.totals.total[-1]} added"
    return f"{name}: {', '.join(parts)}."
