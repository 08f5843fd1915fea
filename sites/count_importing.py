"""Component counts coming in from a file: all of its rows, or none."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from contracts.fields import validate_plain_text
from contracts.models import Agreement
from contracts.periods import day_text
from contracts.terms import AgreementTerms
from sites.countfile import CountRow, read_counts
from sites.counting import Figure, change_counts
from sites.models import ComponentCount, Site
from sites.recording import CannotRecord, Recorded, all_components, components_on, date_faults
from sites.sheetfile import SheetError
from sites.site_names import SiteNames


@transaction.atomic
def import_counts(
    *,
    content: bytes,
    name: str,
    agreement: Agreement | None = None,
    on: date,
    by: User | None,
    dry_run: bool = False,
) -> Recorded:
    """Record the counts of a CSV or XLSX file: all of its rows, or none.

    Rows name a site by city, city and state, or CLLI code, among the sites of `agreement` or, without one, of all
    agreements; a column `agreement` tells cities of the same name apart. A file that was imported before changes
    nothing. Raises CannotRecord with every error of every row: those of `countfile`, an unknown or ambiguous site, a
    second row for a site and date, a date before the site's start or after `on`, and a count that contradicts one on
    file. The name of the file is kept as the source of its counts. `dry_run` stores nothing.
    """
    agreements = Agreement.objects.with_terms()
    chosen = agreements.filter(pk=agreement.pk) if agreement else agreements
    held = {row.pk: row.as_terms() for row in chosen}
    file = read_counts(content, columns=_columns(held.values()))
    errors = list(file.errors)
    try:
        validate_plain_text(name)
    except ValidationError:
        errors.append(SheetError("The name of the file holds characters that cannot be printed. Rename it."))
    found = _with_sites(file.rows, held, errors)
    _check_rows(found, held, on, errors)
    new, unchanged = _new_counts(found, errors)
    if errors:
        raise CannotRecord(sorted(errors, key=lambda error: error.row or 0))
    if not dry_run:
        source = name[-200:]
        change_counts((Figure(*one, source) for one in new), on=on, by=by)
    return Recorded(added=len(new), unchanged=unchanged)


def _columns(agreements: Iterable[AgreementTerms]) -> dict[str, str]:
    """Component codes by heading: the code or the name of any component, in small letters."""
    columns: dict[str, str] = {}
    for terms in agreements:
        for component in all_components(terms):
            columns.setdefault(component.name.casefold(), component.code)
            columns[component.code.casefold()] = component.code
    return columns


Found = Sequence[tuple[CountRow, Site]]


def _with_sites(rows: Iterable[CountRow], agreements: Mapping[int, AgreementTerms], errors: list[SheetError]) -> Found:
    """Find the site of every row, and note rows that name none, several, or a site and date for the second time."""
    sites = Site.objects.select_for_update(no_key=True).filter(agreement__in=list(agreements)).order_by("pk")
    names = SiteNames.of(agreements=agreements, sites=sites)
    found, first_rows = [], {}
    for row in rows:
        site = names.find(name=row.site, agreement=row.agreement, row=row.number)
        if isinstance(site, SheetError):
            errors.append(site)
            continue
        if row.counted_on is None:
            continue
        first = first_rows.setdefault((site.pk, row.counted_on), row.number)
        if first != row.number:
            said = f"{site} has a row for {row.counted_on} already: row {first}. Keep one of them."
            errors.append(SheetError(said, row.number, "date", row.counted_on.isoformat()))
        found.append((row, site))
    return found


def _check_rows(found: Found, agreements: Mapping[int, AgreementTerms], on: date, errors: list[SheetError]) -> None:
    @cache
    def known(agreement_id: int, day: date) -> frozenset[str]:
        return frozenset(part.code for part in components_on(terms=agreements[agreement_id], day=day, known_on=on))

    for row, site in found:
        for said in date_faults(site, row.counted_on, on):
            errors.append(SheetError(said, row.number, "date", row.counted_on.isoformat()))
        for code, quantity in row.quantities.items():
            if code not in known(site.agreement_id, row.counted_on):
                said = f"The price schedule of {site} in force on {day_text(row.counted_on)} has no such component."
                errors.append(SheetError(said, row.number, code, str(quantity)))


def _new_counts(found: Found, errors: list[SheetError]) -> tuple[list[tuple[Site, date, str, int]], int]:
    """Return the counts that are not on file yet and how many are; note those that contradict one on file."""
    stored = ComponentCount.objects.filter(
        site__in={site.pk for _row, site in found}, counted_on__in={row.counted_on for row, _site in found}
    )
    held = {(row.site_id, row.counted_on, row.component_code): row.quantity for row in stored}
    new, unchanged = [], 0
    for row, site in found:
        for code, quantity in row.quantities.items():
            filed = held.get((site.pk, row.counted_on, code))
            if filed is None:
                new.append((site, row.counted_on, code, quantity))
            elif filed == quantity:
                unchanged += 1
            else:
                said = f"The file says {quantity}, but {filed} is on file for {site} on {day_text(row.counted_on)}."
                next_step = "Correct one of the two."
                errors.append(SheetError(f"{said} {next_step}", row.number, code, str(quantity)))
    return new, unchanged
