"""The month grid: what was counted at sites of an agreement in one month, beside what was counted before.

Composed from rows already loaded, a page at a time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.levels import MeasuredLevel, level_as_read
from contracts.periods import DaySpan, Month, day_text
from contracts.schedule import Component
from contracts.terms import AgreementTerms, NotInForce, TermsFound, terms_on
from contracts.wording import signed
from sites.counts.count import Count
from sites.counts.jumps import Jump, jump
from sites.counts.recording import components_on
from sites.models import ComponentCount, Site
from sites.month_grid.entry import Filed, RowEntry, TypedRow, entry_of, quantity_of, seen_text
from sites.month_grid.queries import GridRows, grid_days
from sites.month_grid.saving import RowRefusal, last_figures
from sites.month_grid.whole_month import countable_days

NO_REFUSAL = RowRefusal()


@dataclass(frozen=True)
class GridCell:
    """One component at one site: the last count before, the figure on file in the month, and the text in the cell."""

    component: Component
    was: Count | None
    filed: ComponentCount | None
    text: str
    earlier: tuple[ComponentCount, ...] = ()
    missing: str = ""
    errors: tuple[str, ...] = ()

    @property
    def quantity(self) -> int | None:
        """The count in the cell; None where there is none, or a text that is none."""
        return quantity_of(self.text)

    @property
    def filed_text(self) -> str:
        """The figure on file as it stands in the cell."""
        return str(self.filed.quantity) if self.filed else ""

    @property
    def change(self) -> str:
        """The change against the count before, with its sign; nothing where there is none."""
        if self.quantity is None or self.was is None:
            return ""
        change = self.quantity - self.was.quantity
        return signed(change) if change else ""

    @property
    def jump(self) -> Jump | None:
        return jump(component=self.component, before=self.was.quantity if self.was else None, now=self.quantity)

    @property
    def title(self) -> str:
        """What stands behind the figures, for the pointer and for a screen reader."""
        message = []
        if self.filed:
            message.append(f"On file: {self.filed.quantity} on {day_text(self.filed.counted_on)}.")
        message += [f"Also {one.quantity} on {day_text(one.counted_on)}." for one in self.earlier]
        if self.was and self.was.counted_on not in {one.counted_on for one in self.earlier}:
            message.append(f"Before: {self.was.quantity} on {day_text(self.was.counted_on)}.")
        elif self.was is None:
            message.append("Not counted before.")
        if self.missing:
            message.append(f"Marked as missing: {self.missing}")
        return " ".join(message)


@dataclass(frozen=True)
class LevelShown:
    """The measured level of a row in words; `changed_from` names the one before where it is another."""

    name: str
    says: tuple[str, ...]
    changed_from: str = ""
    doubtful: bool = False


@dataclass(frozen=True)
class GridRow:
    """One site in the month. It is `open` once it can be counted; `days` are those on which it can."""

    site: Site
    cells: tuple[GridCell, ...]
    days: DaySpan | None
    day: str
    level: LevelShown | None
    reason: str = ""
    errors: tuple[tuple[str, str], ...] = ()

    @property
    def open(self) -> bool:
        """Whether the site can be counted in the month by now."""
        return self.days is not None

    @property
    def seen(self) -> str:
        return seen_text({cell.component.code: _filed(cell.filed) for cell in self.cells if cell.filed})

    @property
    def has_filed(self) -> bool:
        return any(cell.filed for cell in self.cells)

    @property
    def first_due(self) -> bool:
        """Whether the site can be counted, and some component never was: the first count of it is due."""
        return self.open and any(cell.was is None and cell.filed is None for cell in self.cells)

    @property
    def can_stay(self) -> bool:
        """Whether something was counted before that is not on file for the month."""
        return self.open and any(cell.was and not cell.filed for cell in self.cells)

    @property
    def filed_days(self) -> str:
        """The days of the month on which its figures on file were counted: `1, 31`."""
        return ", ".join(str(day) for day in sorted({cell.filed.counted_on.day for cell in self.cells if cell.filed}))

    def errors_at(self, place: str) -> tuple[str, ...]:
        """What is wrong with one of the row's fields."""
        return tuple(message for where, message in self.errors if where == place)

    @property
    def day_errors(self) -> tuple[str, ...]:
        return self.errors_at("day") + self.errors_at("counted_on")

    @property
    def reason_errors(self) -> tuple[str, ...]:
        return self.errors_at("reason")


def _filed(row: ComponentCount) -> Filed:
    return Filed(row.counted_on, row.quantity)


@dataclass(frozen=True)
class MonthGrid:
    """The rows of one page of an agreement's month. `refusal` says why no level can be measured, where none can."""

    month: Month
    on: date
    days: DaySpan
    components: tuple[Component, ...]
    rows: tuple[GridRow, ...]
    refusal: str

    @property
    def day(self) -> date:
        """The day proposed for the counts: the month's last one, or the business date while the month runs."""
        return min(self.days.last_day, self.on)


def grid_components(*, terms: AgreementTerms, month: Month, on: date, counted: Iterable[str]) -> tuple[Component, ...]:
    """Return the columns of all pages: the components of the schedule in force, and any other counted in the month."""
    columns = components_on(terms=terms, day=min(month.span.last_day, on), known_on=on)
    others = sorted(set(counted) - {component.code for component in columns})
    return (*columns, *(Component(code, code) for code in others))


def month_grid(
    *,
    rows: GridRows,
    terms: AgreementTerms,
    columns: tuple[Component, ...],
    month: Month,
    on: date,
    after: date | None = None,
    typed: Mapping[int, TypedRow] | None = None,
    refused: Mapping[int, RowRefusal] | None = None,
) -> MonthGrid:
    """Compose the rows of a page. Rows that were typed keep what was typed, with what is wrong at its place."""
    typed, refused = typed or {}, refused or {}
    days = grid_days(month=month, after=after)
    found = terms_on(agreement=terms, service_on=min(month.span.last_day, on), known_on=on)
    composed = tuple(
        _row(
            site,
            columns,
            rows,
            terms,
            found,
            countable_days(site=site, days=days, on=on),
            typed.get(site.pk),
            refused.get(site.pk, NO_REFUSAL),
        )
        for site in rows.sites
    )
    refusal = found.message if isinstance(found, NotInForce) else ""
    return MonthGrid(month, on, days, columns, composed, refusal)


def _row(
    site: Site,
    columns: Iterable[Component],
    rows: GridRows,
    terms: AgreementTerms,
    found: TermsFound | NotInForce,
    days: DaySpan | None,
    typed: TypedRow | None,
    refusal: RowRefusal,
) -> GridRow:
    created = rows.counts.get(site.pk, ())
    last = last_figures(created)
    was = {count.component: count for count in site.count_values()}
    errors = tuple((error.place, error.message) for error in refusal.errors)
    cells = []
    for component in columns:
        filed = last.get(component.code)
        earlier = tuple(row for row in created if row.component_code == component.code and row is not filed)
        text = str(filed.quantity) if filed else ""
        cells.append(
            GridCell(
                component=component,
                was=was.get(component.code) or (earlier[0].as_count() if earlier else None),
                filed=filed,
                text=typed.figures.get(component.code, text) if typed else text,
                earlier=earlier,
                missing=rows.missing.get((site.pk, component.code), ""),
                errors=tuple(message for place, message in errors if place == component.code),
            )
        )
    day = str(days.last_day.day) if days else ""
    return GridRow(
        site=site,
        cells=tuple(cells),
        days=days,
        day=typed.day if typed else day,
        level=_level(cells, terms, found) if days and isinstance(found, TermsFound) else None,
        reason=typed.reason if typed else "",
        errors=errors,
    )


def _level(cells: Iterable[GridCell], terms: AgreementTerms, found: TermsFound) -> LevelShown | None:
    """The level that the row measures with its figures, those before standing in for cells without one."""
    before = {cell.component.code: cell.was.quantity for cell in cells if cell.was}
    now = before | {cell.component.code: cell.quantity for cell in cells if cell.quantity is not None}
    if not now:
        return None
    measured, earlier = _measured(now, terms, found), _measured(before, terms, found)
    name = _name(measured)
    changed = bool(before) and _name(earlier) != name
    decides = "; ".join(part.distance for part in measured.deciding)
    says = [f"{decides}."] if decides and len(measured.deciding) < len(measured.components) else []
    says += [flag.sentence for flag in measured.flags]
    return LevelShown(name, tuple(says), _name(earlier) if changed else "", bool(measured.flags))


def _measured(counts: Mapping[str, int], terms: AgreementTerms, found: TermsFound) -> MeasuredLevel:
    return level_as_read(schedule=found.schedule, counts=counts, readings=terms.readings_on(found.service_on))


def _name(measured: MeasuredLevel) -> str:
    return measured.level.name if measured.level else "No level"


def entries_of(
    *,
    typed: Iterable[TypedRow],
    rows: GridRows,
    columns: Sequence[Component],
    month: Month,
    on: date,
    after: date | None = None,
    page_reason: str = "",
) -> list[RowEntry]:
    """Return what typed rows ask for; those that ask for nothing and have no error are left out."""
    days = grid_days(month=month, after=after)
    sites = {site.pk: site for site in rows.sites}
    entries = []
    for row in typed:
        countable = countable_days(site=sites[row.key], days=days, on=on)
        if countable is not None:
            entries.append(entry_of(typed=row, components=columns, days=countable, page_reason=page_reason))
    return [entry for entry in entries if entry.wanted or entry.errors]


def month_to_open(*, sites: Iterable[Site], on: date) -> Month:
    """Return the month that an agreement's counts open with: the last one begun in which a site is in service."""
    last_days = [min(on, site.removed_on or on) for site in sites if site.in_service_on <= on]
    return Month.of(max(last_days, default=on))
