"""Sheets that go with an import: templates to fill in, the counts on file to edit and read back, and previews."""

from collections.abc import Iterator, Sequence
from datetime import date

from contracts.models import Agreement
from contracts.periods import Month
from contracts.printing.sheets import Sheet, Value, csv_bytes, workbook
from sites.imports.count_importing import component_columns
from sites.imports.count_rows import DATE, SITE
from sites.imports.kinds import ImportKind, Scope
from sites.imports.preview import Preview
from sites.imports.site_names import SiteNames
from sites.models import ComponentCount, Site


def template_sheet(*, kind: ImportKind, agreement: Agreement, month: Month | None = None, on: date) -> Sheet:
    """Return a template for files of a kind: the agreement's columns, and rows for its sites.

    With a month, a count template has a row for each site in service in it, dated on its last day.
    """
    scope = Scope(agreement, {agreement.pk: agreement.as_terms()}, on)
    titles = [column.title for column in kind.columns(scope) if column.in_template]
    return Sheet(kind.title.capitalize(), titles, list(kind.rows_of_template(scope, month=month)))


def counts_sheet(*, agreement: Agreement, first: Month | None, last: Month | None, on: date) -> Sheet:
    """Return the counts on file, those of some months or all: a row per site and date, as the import reads it."""
    scope = Scope(agreement, {agreement.pk: agreement.as_terms()}, on)
    sites = list(Site.objects.filter(agreement=agreement).order_by("city", "state", "pk"))
    counts = ComponentCount.objects.filter(site__in=sites)
    if first:
        counts = counts.filter(counted_on__gte=first.span.first_day)
    if last:
        counts = counts.filter(counted_on__lte=last.span.last_day)
    stored: dict[tuple[int, date], dict[str, int]] = {}
    rows = counts.order_by("pk").values_list("site", "counted_on", "component_code", "quantity")
    for site, day, code, quantity in rows:
        stored.setdefault((site, day), {})[code] = quantity
    codes = [column.key for column in component_columns(scope)]
    return Sheet("Component counts", [SITE, DATE, *codes], list(_count_rows(sites, scope, stored, codes)))


def _count_rows(sites: Sequence[Site], scope: Scope, stored: dict, codes: Sequence[str]) -> Iterator[Sequence[Value]]:
    names = SiteNames.of(agreements=scope.terms, sites=sites)
    by_key = {site.pk: (position, names.spelling(site)) for position, site in enumerate(sites)}
    for site, day in sorted(stored, key=lambda place: (by_key[place[0]][0], place[1])):
        quantities = stored[site, day]
        yield (by_key[site][1], day, *(quantities.get(code) for code in codes))


def preview_sheet(preview: Preview) -> Sheet:
    """Return everything that a preview shows, a row per cell or error."""
    errors = [(error.row, "", error.column, "refused", error.value, None, error.message) for error in preview.errors]
    cells = [
        (row.number, row.name, heading, cell.state.value, cell.value, cell.before or None, None)
        for row in preview.rows
        for heading, cell in zip(preview.headings, row.cells, strict=True)
        if cell.state is not None and cell.state != "refused"
    ]
    headings = ["Row", "What", "Column", "State", "Value", "On file", "What is wrong, and what would be right"]
    return Sheet("Preview", headings, [*errors, *cells])


def sheet_bytes(sheet: Sheet, *, ending: str, on: date) -> bytes:
    """Return a sheet as CSV or XLSX."""
    if ending == "csv":
        return csv_bytes(sheet.headings, sheet.rows)
    return workbook([sheet], title=sheet.title, created_on=on)
