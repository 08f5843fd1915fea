"""Component counts coming in from a file: what a count file is, and what it does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from django.contrib.auth.models import User

from contracts.locking import lock_agreements
from contracts.periods import Month, day_text
from contracts.printing.sheets import Value
from contracts.terms import AgreementTerms
from sites.counts.count import NOTHING_BEFORE, SAME, UNCHANGED, unchanged_source
from sites.counts.counting import Figure, change_counts
from sites.counts.recording import all_components, components_on, date_faults
from sites.counts.unusual import unusual
from sites.imports.columns import Column, Headings
from sites.imports.count_rows import AGREEMENT, DATE, FIXED, SITE, CountRow, read_counts
from sites.imports.count_undoing import changes_of, count_undoing, take_back_counts
from sites.imports.kinds import Brought, Compared, ImportKind, Scope
from sites.imports.layouts import Layout
from sites.imports.preview import EMPTY, PreviewCell, PreviewRow, SheetError, State
from sites.imports.sheet_rows import Read
from sites.imports.site_names import SiteNames
from sites.models import ColumnName, ComponentCount, CountChange, ImportedFile, Site
from sites.reports.lacking import keep_counted

Held = Mapping[tuple[int, date, str], int]
Found = Sequence[tuple[CountRow, Site]]
MOST_WARNED = 15
NO_COMPONENT = "The price schedule of {} in force on {} has no such component."


class CountImport(ImportKind):
    """Component counts: one row per site and date, one column per component."""

    key = ImportedFile.Kind.COUNTS
    title = "component counts"
    one, many = "row", "rows"
    heading = "Import component counts"
    holds = "one row per site and date, one column per component"
    permissions = ("sites.add_componentcount", "sites.change_componentcount")
    remembers_columns = True

    def columns(self, scope: Scope) -> tuple[Column, ...]:
        return (*FIXED, *component_columns(scope))

    def read(self, content: bytes, *, columns: Sequence[Column], layout: Layout) -> Read:
        return read_counts(content, components=columns[len(FIXED) :], layout=layout)

    def lock(self, keys: Sequence[int]) -> None:
        lock_agreements(keys, no_key=True)
        sites = Site.objects.select_for_update(no_key=True).filter(agreement__in=keys)
        list(sites.order_by("pk").values_list("pk", flat=True))

    def compare(
        self, rows: Sequence[CountRow], *, headings: Headings, scope: Scope, errors: list[SheetError]
    ) -> Compared:
        found, silent = _with_sites(rows, scope.terms, errors)
        found = _with_last(found, errors)
        stored = _on_file(found)
        _check_rows(found, stored, scope, errors)
        codes = [key for key in headings.keys if key and key not in (SITE, DATE, AGREEMENT)]
        compared = Compared(headings=tuple(codes))
        compared.rows += [PreviewRow(row.number, f"{site}, no figures", (EMPTY,) * len(codes)) for row, site in silent]
        for row, site in found:
            cells = tuple(_cell(row, stored, site, code) for code in codes)
            compared.rows.append(PreviewRow(row.number, f"{site}, {day_text(row.counted_on)}", cells))
            compared.facts += [
                Figure(site, row.counted_on, code, row.quantities[code], UNCHANGED if code in row.unchanged else "")
                for code, cell in zip(codes, cells, strict=True)
                if cell.state in (State.NEW, State.CHANGED)
            ]
        _mark_unusual(compared, found, scope)
        return compared

    def store(self, facts: Sequence[Figure], *, file: ImportedFile, on: date, by: User | None) -> None:
        figures = (replace(one, source=unchanged_source(file.name) if one.source else file.name) for one in facts)
        change_counts(figures, reason=file.reason, file=file, on=on, by=by)
        keep_counted(((one.site, one.counted_on) for one in facts), on=on)

    def undoing(self, file: ImportedFile):
        return count_undoing(file)

    def take_back(self, file: ImportedFile, *, reason: str, on: date, by: User | None) -> None:
        take_back_counts(file, reason=reason, on=on, by=by)

    def brought(self, file: ImportedFile, *, most: int) -> Brought:
        changes = changes_of(file)
        rows = tuple(
            (change.site, day_text(change.counted_on), change.component_code, _before(change), change.after)
            for change in changes[:most]
        )
        return Brought(("Site", "Date", "Component", "Before", "Figure"), rows, changes.count())

    def month(self, file: ImportedFile) -> Month | None:
        last = changes_of(file).order_by("counted_on").values_list("counted_on", flat=True).last()
        return Month.of(last) if last else None

    def rows_of_template(self, scope: Scope, *, month: Month | None) -> Iterable[Sequence[Value]]:
        last = month.span.last_day if month else None
        first = month.span.first_day if month else scope.on
        sites = list(Site.objects.filter(agreement__in=list(scope.terms)).order_by("city", "state", "pk"))
        names = SiteNames.of(agreements=scope.terms, sites=sites)
        columns = len(component_columns(scope))
        for site in sites:
            if (site.removed_on is None or site.removed_on >= first) and (last is None or site.in_service_on <= last):
                yield (names.spelling(site), last, *[None] * columns)


def _with_last(found: Found, errors: list[SheetError]) -> Found:
    """Take the last count, on file or in the file, for every component that a row says is unchanged."""
    sites = {site.pk for row, site in found if row.unchanged}
    if not sites:
        return found
    on_file = ComponentCount.objects.filter(site__in=sites).order_by("counted_on")
    known: dict[tuple[int, str], list[tuple[date, int]]] = {}
    for site, code, day, quantity in on_file.values_list("site", "component_code", "counted_on", "quantity"):
        known.setdefault((site, code), []).append((day, quantity))
    resolved = {}
    for row, site in sorted(found, key=lambda one: one[0].counted_on):
        quantities = dict(row.quantities)
        for code in sorted(row.unchanged):
            before = [quantity for day, quantity in known.get((site.pk, code), ()) if day < row.counted_on]
            if before:
                quantities[code] = before[-1]
            else:
                message = f"{NOTHING_BEFORE} Write a whole number."
                errors.append(SheetError(message, row.number, code, SAME))
        for code, quantity in quantities.items():
            if site.pk in sites:
                known.setdefault((site.pk, code), []).append((row.counted_on, quantity))
                known[site.pk, code].sort(key=lambda one: one[0])
        resolved[row.number] = replace(row, quantities=quantities)
    return [(resolved[row.number], site) for row, site in found]


def _mark_unusual(compared: Compared, found: Found, scope: Scope) -> None:
    """Mark the figures that differ much from the last ones, in their cells and in warnings."""
    components = {
        (key, component.code): component for key, terms in scope.terms.items() for component in all_components(terms)
    }
    marks = unusual(compared.facts, components=components)
    if not marks:
        return
    sites = {row.number: (site, row.counted_on) for row, site in found}
    sentences = []
    for position, row in enumerate(compared.rows):
        site, day = sites.get(row.number, (None, None))
        of_row = [site and marks.get((site.pk, code, day)) for code in compared.headings]
        cells = zip(row.cells, of_row, strict=True)
        compared.rows[position] = replace(
            row, cells=tuple(replace(cell, remark=mark.kind.word) if mark else cell for cell, mark in cells)
        )
        sentences += [f"Row {row.number}, {row.name}: {mark.sentence}" for mark in of_row if mark]
    more = len(sentences) - MOST_WARNED
    compared.warnings += sentences[:MOST_WARNED] + ([f"And {more:,} more unusual figures."] if more > 0 else [])


def _before(change: CountChange) -> object:
    return "–" if change.before is None else change.before


def component_columns(scope: Scope) -> tuple[Column, ...]:
    """Return a column for every component of the agreements, with the names that it goes by."""
    names: dict[str, dict[str, None]] = {}
    for terms in scope.terms.values():
        for component in all_components(terms):
            names.setdefault(component.code, {})[component.name] = None
    for row in ColumnName.objects.filter(agreement__in=list(scope.terms)).order_by("pk"):
        names.setdefault(row.component_code, {})[row.name] = None
    return tuple(
        Column(code, code, tuple(known), help=next(iter(known)), example="10") for code, known in names.items()
    )


def _with_sites(
    rows: Iterable[CountRow], agreements: Mapping[int, AgreementTerms], errors: list[SheetError]
) -> tuple[Found, Found]:
    """Find the site of every row, and note rows that name none, several, or a site and date for the second time.

    Rows without a single figure are returned by themselves: of a template that was filled in for some of its sites.
    """
    sites = Site.objects.filter(agreement__in=list(agreements)).order_by("pk")
    names = SiteNames.of(agreements=agreements, sites=sites)
    found, silent, first_rows = [], [], {}
    for row in rows:
        site = names.find(name=row.site, agreement=row.agreement, row=row.number)
        if isinstance(site, SheetError):
            errors.append(site)
            continue
        if row.is_silent:
            silent.append((row, site))
        if row.counted_on is None or row.is_silent:
            continue
        first = first_rows.setdefault((site.pk, row.counted_on), row.number)
        if first != row.number:
            message = f"{site} has a row for {row.counted_on} already: row {first}. Keep one of them."
            errors.append(SheetError(message, row.number, DATE, row.counted_on.isoformat()))
        found.append((row, site))
    return found, silent


def _check_rows(found: Found, stored: Held, scope: Scope, errors: list[SheetError]) -> None:
    """Note days and components that cannot be counted; what is on file just like that is not judged again."""

    @cache
    def known(agreement_id: int, day: date) -> frozenset[str]:
        terms = scope.terms[agreement_id]
        return frozenset(part.code for part in components_on(terms=terms, day=day, known_on=scope.on))

    for row, site in found:
        fresh = {
            code: quantity
            for code, quantity in row.quantities.items()
            if stored.get((site.pk, row.counted_on, code)) != quantity
        }
        for message in date_faults(site, row.counted_on, scope.on) if fresh or not row.quantities else ():
            errors.append(SheetError(message, row.number, DATE, row.counted_on.isoformat()))
        for code, quantity in fresh.items():
            if code not in known(site.agreement_id, row.counted_on):
                message = NO_COMPONENT.format(site, day_text(row.counted_on))
                errors.append(SheetError(message, row.number, code, str(quantity)))


def _on_file(found: Found) -> Held:
    stored = ComponentCount.objects.filter(
        site__in={site.pk for _row, site in found}, counted_on__in={row.counted_on for row, _site in found}
    )
    rows = stored.order_by().values_list("site", "counted_on", "component_code", "quantity")
    return {(site, day, code): quantity for site, day, code, quantity in rows}


def _cell(row: CountRow, stored: Held, site: Site, code: str) -> PreviewCell:
    quantity = row.quantities.get(code)
    if quantity is None:
        return EMPTY
    filed = stored.get((site.pk, row.counted_on, code))
    if filed is None:
        return PreviewCell(State.NEW, str(quantity))
    if filed == quantity:
        return PreviewCell(State.UNCHANGED, str(quantity))
    return PreviewCell(State.CHANGED, str(quantity), str(filed), (site.pk, code, row.counted_on))
