"""How the form of a price table is laid out: its rows and columns, and beside each cell what is in force now."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError

from contracts.money import money_text
from contracts.pages.inputs import AmountField
from contracts.price_table.form import ScheduleForm, read_cell
from contracts.schedule import Finding, Limit, Schedule, Weight, findings

SECTIONS = (
    ("Levels", ("follows_counts", "follows_counts_clause")),
    ("Opening rule", ("first_period_level", "starting_level", "opening_clause")),
    ("Renewal review", ("lead_days", "minimum_changed", "review_clause")),
    (
        "Hours",
        (
            "block_hours",
            "block_price",
            "hourly_price",
            "minimum_hours",
            "opens_after_blocks",
            "opens_in_month",
            "hours_clause",
        ),
    ),
)


@dataclass(frozen=True)
class EntryCell:
    """One cell: its field, the one for a correction of what is printed, and what is in force where that differs."""

    field: forms.BoundField
    correction: forms.BoundField | None = None
    in_force: str = ""
    warned: bool = False

    @property
    def wrong(self) -> bool:
        return bool(self.field.errors or (self.correction and self.correction.errors))


@dataclass(frozen=True)
class EntryRow:
    """One level: its name and code, its prices and its limits."""

    rank: forms.BoundField
    name: forms.BoundField
    code: forms.BoundField
    remove: forms.BoundField
    price: EntryCell
    limits: tuple[EntryCell, ...]
    integration: EntryCell


@dataclass(frozen=True)
class EntryColumn:
    """One component: its name and code."""

    name: forms.BoundField
    code: forms.BoundField
    remove: forms.BoundField


@dataclass(frozen=True)
class EntryService:
    """One service that is included, or charged by hours."""

    name: forms.BoundField
    clause: forms.BoundField | None


@dataclass(frozen=True)
class EntryTable:
    """The form as its template shows it. `warnings` are for the reader and stop nothing."""

    columns: tuple[EntryColumn, ...]
    rows: tuple[EntryRow, ...]
    sections: tuple[tuple[str, tuple[forms.BoundField, ...]], ...]
    included: tuple[EntryService, ...]
    hour_services: tuple[EntryService, ...]
    warnings: tuple[Finding, ...]
    errors: tuple[Finding, ...]


def entry_table(*, form: ScheduleForm, in_force: Schedule | None) -> EntryTable:
    """Lay the form out. Where it holds a whole schedule, that is judged too."""
    found = findings(form.schedule) if form.schedule is not None else ()
    warnings = tuple(finding for finding in found if finding.weight is Weight.WARNING and not _wrong(form, finding))
    marked = [finding for finding in warnings if finding.code != "BLANK_IN_SOURCE"]  # an empty cell says so itself
    warned = {name for finding in marked for codes in finding.cells for name in form.cells_of(*codes)}
    return EntryTable(
        columns=tuple(
            EntryColumn(*(form[f"component-{index}-{what}"] for what in ("name", "code", "remove")))
            for index in range(form.sizes["component"])
        ),
        rows=tuple(_row(form, index, in_force, warned) for index in range(form.sizes["level"])),
        sections=tuple((title, tuple(form[name] for name in names)) for title, names in SECTIONS),
        included=tuple(
            EntryService(form[f"included-{index}-name"], form[f"included-{index}-clause"])
            for index in range(form.sizes["included"])
        ),
        hour_services=tuple(EntryService(form[f"hour-{index}-name"], None) for index in range(form.sizes["hour"])),
        warnings=warnings,
        errors=() if form.is_bound else tuple(finding for finding in found if finding.weight is Weight.ERROR),
    )


def _wrong(form: ScheduleForm, finding: Finding) -> bool:
    """Whether a cell that the finding speaks of could not be read anyway."""
    return any(name in form.errors for codes in finding.cells for name in form.cells_of(*codes))


def _row(form: ScheduleForm, index: int, in_force: Schedule | None, warned: set[str]) -> EntryRow:
    level = in_force.level(form.text_of(f"level-{index}-code")) if in_force is not None else None

    def amount(what: str, stated: object) -> EntryCell:
        name = f"level-{index}-{what}"
        stored = "not stated" if stated is None else money_text(stated)
        differs = level is not None and _amount(form, name) not in (stored, None)
        return EntryCell(form[name], None, stored if differs else "", name in warned)

    def limit(column: int) -> EntryCell:
        cell, says = f"cell-{index}-{column}", f"says-{index}-{column}"
        known = {part.code for part in in_force.components} if in_force is not None else set()
        code = form.text_of(f"component-{column}-code")
        read = read_cell(form.text_of(cell), form.text_of(says), place="")
        asked = form.text_of(says) or form[says].errors or not isinstance(read, Limit)
        stored = str(level.limit(code)) if level is not None and code in known else ""
        differs = isinstance(read, Limit) and str(read) != stored
        return EntryCell(form[cell], form[says] if asked else None, stored if differs else "", cell in warned)

    return EntryRow(
        **{what: form[f"level-{index}-{what}"] for what in ("rank", "name", "code", "remove")},
        price=amount("price", level and level.annual_price),
        limits=tuple(limit(column) for column in range(form.sizes["component"])),
        integration=amount("integration", level and level.integration_price),
    )


def _amount(form: ScheduleForm, name: str) -> str | None:
    """What an amount reads as, None for one that cannot be read."""
    try:
        amount = AmountField(currency=form.currency, required=False).clean(form.text_of(name))
    except ValidationError:
        return None
    return "not stated" if amount is None else money_text(amount)
