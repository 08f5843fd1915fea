"""Work entries coming in from a file: all of its rows, or none."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from contracts.fields import validate_plain_text
from contracts.models import Agreement
from contracts.money import ZERO, cents
from contracts.periods import day_text
from contracts.schedule import Refused
from contracts.terms import AgreementTerms
from sites.hour_checks import MOST_HOURS, chargeable_service, work_refusals
from sites.hour_prices import hours_text
from sites.hours_recording import lock_people
from sites.models import ImportedFile, Site, WorkEntry
from sites.record_checks import later_refusals, one_line, text_refusals
from sites.recording import CannotRecord
from sites.sheetfile import SheetError
from sites.site_checks import out_of_service
from sites.site_names import SiteNames
from sites.work_basis import PersonDay, hours_on_file, person_key, services_on
from sites.workfile import WorkRow, read_work

COLUMN_OF = {"worked_on": "date"}
"""Columns whose name is not that of the place of a refusal."""

BATCH = 1000


@dataclass(frozen=True)
class Imported:
    """What importing a file did, or would do: entries and hours, and how many of them are on file word for word.

    `earlier` is the import of the same file: nothing was done then.
    """

    entries: int = 0
    hours: Decimal = ZERO
    alike: int = 0
    by_site: tuple[tuple[str, int, Decimal], ...] = ()
    earlier: ImportedFile | None = None

    @property
    def entries_text(self) -> str:
        """`1 entry`, `2 entries`."""
        return _entries(self.entries)

    @property
    def told_alike(self) -> str:
        """A warning about entries that are on file word for word; empty where there are none."""
        if not self.alike:
            return ""
        verb = "says" if self.alike == 1 else "say"
        said = f"{_entries(self.alike)} of them {verb} word for word what is on file"
        return f"{said}: check that they are not the same work."

    @property
    def told_earlier(self) -> str:
        """When the same file was imported, in words; empty where it was not."""
        if self.earlier is None:
            return ""
        said = f"This file was imported on {day_text(self.earlier.imported_on)} as {self.earlier.name}"
        return f"{said}, with {_entries(self.earlier.rows)}. Nothing was changed."


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number:,} entries"


@dataclass(frozen=True)
class _Entry:
    """One row with its site; `service` is None where no schedule charges it by hours."""

    row: WorkRow
    site: Site
    service: str | None = None


@transaction.atomic
def import_work(
    *,
    content: bytes,
    name: str,
    agreement: Agreement | None = None,
    on: date,
    by: User | None,
    dry_run: bool = False,
) -> Imported:
    """Record the work entries of a CSV or XLSX file: all of its rows, or none.

    Rows name a site by city, city and state, or CLLI code, among the sites of `agreement` or, without one, of all
    agreements; a column `agreement` tells cities of the same name apart. The same file again, told by its SHA-256,
    changes nothing. Raises CannotRecord with every error of every row: those of `workfile`, an unknown or ambiguous
    site, everything that `enter_work` refuses, and more than 24 hours of a person on one day, over the rows of the file
    and the entries on file under all agreements. `dry_run` stores nothing.
    """
    chosen = Agreement.objects.filter(pk=agreement.pk) if agreement else Agreement.objects.all()
    keys = list(chosen.order_by("pk").values_list("pk", flat=True))
    lock_people(keys)
    digest = hashlib.sha256(content).hexdigest()
    earlier = ImportedFile.objects.filter(kind=ImportedFile.Kind.WORK, sha256=digest).first()
    if earlier is not None:
        return Imported(earlier=earlier)
    held = {row.pk: row.as_terms() for row in Agreement.objects.with_terms().filter(pk__in=keys)}
    file = read_work(content)
    errors = [*file.errors, *_name_errors(name)]
    entries = _with_sites(file.rows, held, errors)
    entries = [_judged(entry, held[entry.site.agreement_id], on, errors) for entry in entries]
    _check_days(file.rows, errors)
    if errors:
        raise CannotRecord(sorted(errors, key=lambda error: error.row or 0))
    imported = _summed(entries)
    if not dry_run:
        _store(entries, name=name, digest=digest, on=on, by=by)
    return imported


def _name_errors(name: str) -> list[SheetError]:
    try:
        validate_plain_text(name)
    except ValidationError:
        return [SheetError("The name of the file holds characters that cannot be printed. Rename it.")]
    return []


def _with_sites(
    rows: Iterable[WorkRow], agreements: Mapping[int, AgreementTerms], errors: list[SheetError]
) -> list[_Entry]:
    sites = Site.objects.filter(agreement__in=list(agreements)).order_by("pk")
    names = SiteNames.of(agreements=agreements, sites=sites)
    found = []
    for row in rows:
        site = names.find(name=row.site, agreement=row.agreement, row=row.number) if row.site else None
        if isinstance(site, SheetError):
            errors.append(site)
        elif site is not None:
            found.append(_Entry(row, site))
    return found


def _judged(entry: _Entry, terms: AgreementTerms, on: date, errors: list[SheetError]) -> _Entry:
    """Note what stops one row by itself, and find its service as the schedule spells it."""
    row, site = entry.row, entry.site
    services = services_on(terms=terms, day=row.worked_on or on, known_on=on)
    refusals = [
        *later_refusals(place="date", what="Work of", day=row.worked_on, on=on, then="Enter it once it has been done."),
        *(_out_of_service(site, row.worked_on) if row.worked_on else ()),
        *work_refusals(
            agreement=terms,
            services=services,
            worked_on=row.worked_on,
            hours=row.hours,
            service=row.service,
            known_on=on,
        ),
        *text_refusals(place="person", what="the person", text=row.person),
        *text_refusals(place="reference", what="the request reference", text=row.reference),
    ]
    for refusal in refusals:
        column = COLUMN_OF.get(refusal.place, refusal.place)
        errors.append(SheetError(refusal.message, row.number, column, _shown(row, column)))
    return replace(entry, service=chargeable_service(services=services, service=row.service))


def _out_of_service(site: Site, day: date) -> tuple[Refused, ...]:
    return out_of_service(name=str(site), in_service_on=site.in_service_on, removed_on=site.removed_on, worked_on=day)


def _shown(row: WorkRow, column: str) -> str:
    value = row.worked_on if column == "date" else getattr(row, column)
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _check_days(rows: Iterable[WorkRow], errors: list[SheetError]) -> None:
    """Note the rows with which a person's day gets more than 24 hours, with what is on file and in rows above."""
    wrong = {error.row for error in errors if error.column in ("date", "hours", "person")}
    days: dict[PersonDay, list[WorkRow]] = {}
    for row in rows:
        if row.number not in wrong:
            days.setdefault((person_key(row.person), row.worked_on), []).append(row)
    filed = hours_on_file(days={day for _person, day in days})
    for (person, day), of_day in days.items():
        on_file = total = filed.get((person, day), ZERO)
        for position, row in enumerate(of_day):
            total += row.hours
            if total > MOST_HOURS:
                said = _too_much(row, on_file, [above.number for above in of_day[:position]], total)
                errors.append(SheetError(said, row.number, "hours", str(row.hours)))


def _too_much(row: WorkRow, on_file: Decimal, above: Sequence[int], total: Decimal) -> str:
    others = [f"{hours_text(on_file)} on file"] if on_file else []
    if above:
        numbers = ", ".join(str(number) for number in above[:5]) + (" and others" if len(above) > 5 else "")
        others.append(f"row{'s' if len(above) > 1 else ''} {numbers}")
    said = f"With {' and '.join(others)}, {one_line(row.person)} would have {hours_text(total)}"
    return f"{said} on {day_text(row.worked_on)}; a day has 24. Correct the day, the person or the hours."


def _summed(entries: Sequence[_Entry]) -> Imported:
    """Sum up what the file adds, and count the entries that are on file word for word."""
    by_site: dict[str, list[Decimal]] = {}
    for entry in entries:
        by_site.setdefault(str(entry.site), []).append(entry.row.hours)
    stored = WorkEntry.objects.filter(worked_on__in={entry.row.worked_on for entry in entries}, reversed_on=None)
    filed = Counter(stored.order_by().values_list("site", "worked_on", "service", "hours", "person", "reference"))
    alike = Counter(tuple(_values(entry).values()) for entry in entries)
    return Imported(
        entries=len(entries),
        hours=sum((entry.row.hours for entry in entries), ZERO),
        alike=sum(number for said, number in alike.items() if said in filed),
        by_site=tuple((site, len(hours), sum(hours, ZERO)) for site, hours in sorted(by_site.items())),
    )


def _values(entry: _Entry) -> dict:
    return {
        "site_id": entry.site.pk,
        "worked_on": entry.row.worked_on,
        "service": entry.service,
        "hours": cents(entry.row.hours),
        "person": one_line(entry.row.person),
        "reference": entry.row.reference,
    }


def _store(entries: Sequence[_Entry], *, name: str, digest: str, on: date, by: User | None) -> None:
    file = ImportedFile.objects.create(
        kind=ImportedFile.Kind.WORK,
        name=name[-200:],
        sha256=digest,
        rows=len(entries),
        imported_on=on,
        imported_by=by,
    )
    rows = (
        WorkEntry(
            **_values(entry),
            file=file,
            recorded_on=on,
            recorded_by=by,
            is_demonstration=entry.site.is_demonstration,
        )
        for entry in entries
    )
    WorkEntry.objects.bulk_create(rows, batch_size=BATCH)
