"""Work entries coming in from a file: what a work file is, and what it does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache, partial

from django.contrib.auth.models import User

from contracts.money import ZERO, hundredths
from contracts.parties.names import name_key
from contracts.periods import Month, day_text
from contracts.readings import QUESTIONS
from contracts.schedule import Refused
from contracts.terms import AgreementTerms
from contracts.wording import cut, plural
from sites.hours.position import ledger_of, position_of
from sites.hours.prices import hours_text
from sites.hours.queries import PersonDay, hours_on_file, services_on
from sites.hours.recording import lock_people
from sites.hours.refusals import MOST_HOURS, chargeable_service, work_refusals
from sites.imports.columns import Column, Headings
from sites.imports.kinds import Brought, Compared, ImportKind, Scope, Undoing, first_of
from sites.imports.layouts import Layout
from sites.imports.preview import EMPTY, PreviewCell, PreviewRow, SheetError, State, Totals
from sites.imports.sheet_rows import Read
from sites.imports.site_names import SiteNames
from sites.imports.undoing import dependent_reports
from sites.imports.work_rows import (
    COLUMNS,
    DATE,
    HOURS,
    PERSON,
    SERVICE,
    SHOWN,
    SITE,
    WorkRow,
    read_work,
    rounding_note,
)
from sites.models import ImportedFile, Site, WorkEntry
from sites.refusals import later_refusals, one_line, text_refusals
from sites.site_refusals import out_of_service

COLUMN_OF = {"worked_on": "date"}
"""Columns whose name is not that of the place of a refusal."""

BATCH = 1000
MOST_NAMED = 5


@dataclass(frozen=True)
class _Entry:
    """One row with its site; `service` is None where no schedule charges it by hours."""

    row: WorkRow
    site: Site
    service: str | None = None


class WorkImport(ImportKind):
    """Work entries: one row per entry. An entry is always new; one that is on file word for word is warned of."""

    key = ImportedFile.Kind.WORK
    title = "work entries"
    one, many = "entry", "entries"
    heading = "Import a work file"
    holds = "one row per entry"
    permissions = ("sites.enter_work",)
    has_hours = True

    def columns(self, scope: Scope) -> tuple[Column, ...]:
        return COLUMNS

    def read(self, content: bytes, *, columns: Sequence[Column], layout: Layout) -> Read:
        return read_work(content, layout=layout)

    def lock(self, keys: Sequence[int]) -> None:
        lock_people(keys)

    def compare(
        self, rows: Sequence[WorkRow], *, headings: Headings, scope: Scope, errors: list[SheetError]
    ) -> Compared:
        entries = _with_sites(rows, scope.terms, errors)
        judge = cache(partial(_judged_work, scope))
        entries = [_judged(entry, judge, scope.on, errors) for entry in entries]
        _check_days(rows, errors)
        shown = tuple(key for key in SHOWN if key in {*headings.keys, DATE, SITE, SERVICE, HOURS, PERSON})
        compared = Compared(headings=shown, facts=entries)
        compared.rows = [_preview(entry.row, str(entry.site), shown) for entry in entries]
        if not errors and all(row.worked_on and row.hours is not None for row in rows):
            alike = _alike(entries)
            compared.warnings += [_duplicate_warning(alike)] if alike else []
            compared.warnings += _repeat_warnings(entries)
            compared.totals = _totals(entries)
            compared.notes += [note] if (note := rounding_note(rows)) else []
        return compared

    def reading_notes(self, facts: Sequence["_Entry"], *, scope: Scope, layout: Layout) -> list[str]:
        """Say whether a file is rounded as its agreements are read, or from which day of its work one is not."""
        days: dict[int, set[date]] = {}
        for entry in facts:
            days.setdefault(entry.site.agreement_id, set()).add(entry.row.worked_on)
        notes = []
        for key, worked in days.items():
            terms, first = scope.terms[key], {}
            for day in sorted(day for day in worked if day is not None):
                first.setdefault(terms.readings_on(day).minutes, day)
            notes += [
                f"The reading of agreement {terms.number} is another one for work from {day_text(day)} on: "
                f"{QUESTIONS['minutes'].sentence(choice)}"
                for choice, day in first.items()
                if choice is not layout.reading
            ]
        return notes or (["That is the reading of the agreement."] if layout.rounding and days else [])

    def store(self, facts: Sequence["_Entry"], *, file: ImportedFile, on: date, by: User | None) -> None:
        rows = (
            WorkEntry(
                **_values(entry),
                file=file,
                recorded_on=on,
                recorded_by=by,
                is_demonstration=entry.site.is_demonstration,
            )
            for entry in facts
        )
        WorkEntry.objects.bulk_create(rows, batch_size=BATCH)

    def undoing(self, file: ImportedFile) -> Undoing:
        entries = list(WorkEntry.objects.filter(file=file).select_related("site", "replaced_by").order_by("pk"))
        standing = [entry for entry in entries if entry.reversed_on is None]
        sentence = f"{plural(len(standing), 'entry', 'entries')} would be reversed."
        if len(standing) < len(entries):
            sentence += f" {plural(len(entries) - len(standing), 'entry', 'entries')} of the file were reversed before."
        months = {(entry.site.agreement_id, Month.of(entry.worked_on)) for entry in standing}
        reports = dependent_reports(
            file,
            agreements={key for key, _month in months},
            rests=lambda key, month: (key, month) in months,
            what="entries",
        )
        return Undoing(sentence, first_of([*(message for entry in entries if (message := _obstacle(entry))), *reports]))

    def take_back(self, file: ImportedFile, *, reason: str, on: date, by: User | None) -> None:
        rows = WorkEntry.objects.filter(file=file, reversed_on=None)
        rows.update(reversed_on=on, reversed_by=by, reversal_reason=reason)

    def brought(self, file: ImportedFile, *, most: int) -> Brought:
        entries = WorkEntry.objects.filter(file=file).select_related("site").order_by("pk")
        rows = tuple(
            (entry.site, day_text(entry.worked_on), entry.service, hours_text(entry.hours), entry.person)
            for entry in entries[:most]
        )
        return Brought(("Site", "Date", "Service", "Hours", "Person"), rows, entries.count())

    def afterwards(self, scope: Scope) -> str:
        (key, terms), *others = scope.terms.items()
        position = position_of(ledger=ledger_of(agreement_id=key, terms=terms, known_on=scope.on), on=scope.on)
        waits = position.waiting if not others else ZERO
        return f"{hours_text(waits)} of work wait for a block." if waits else ""


def _obstacle(entry: WorkEntry) -> str:
    """What keeps an import with this entry from being undone; empty where nothing does."""
    name = f"{hours_text(entry.hours)} of {entry.person} on {day_text(entry.worked_on)}, {entry.site},"
    if entry.billed_on is not None:
        return f"{name} are billed. Reverse the entry on its own: the next run then credits it."
    if hasattr(entry, "replaced_by") and entry.replaced_by.reversed_on is None:
        return f"{name} were corrected after the import. Reverse the entry in their place first."
    return ""


def _preview(row: WorkRow, site: str, shown: Sequence[str]) -> PreviewRow:
    values = {
        "date": row.worked_on.isoformat() if row.worked_on else "",
        "hours": "" if row.hours is None else str(row.hours),
    }
    texts = (values.get(key, getattr(row, key, "")) for key in shown)
    cells = tuple(PreviewCell(State.NEW, text) if text else EMPTY for text in texts)
    return PreviewRow(row.number, site, cells)


def _duplicate_warning(number: int) -> str:
    verb = "says" if number == 1 else "say"
    message = f"{plural(number, 'entry', 'entries')} of them {verb} word for word what is on file"
    return f"{message}: check that they are not the same work."


def _repeat_warnings(entries: Iterable["_Entry"]) -> list[str]:
    """Warn of rows that repeat one further up: one entry after the other, the second would have to be confirmed."""
    rows: dict[tuple, list[int]] = {}
    for entry in entries:
        rows.setdefault(tuple(_values(entry).values()), []).append(entry.row.number)
    twins = [numbers for numbers in rows.values() if len(numbers) > 1]
    if not twins:
        return []
    message = "; ".join(f"rows {', '.join(map(str, numbers[:MOST_NAMED]))}" for numbers in twins[:MOST_NAMED])
    more = " and others" if len(twins) > MOST_NAMED or any(len(numbers) > MOST_NAMED for numbers in twins) else ""
    message = f"Rows of the file say the same word for word: {message}{more}"
    return [f"{message}. Check that they are not the same work; where they are, take one of them out."]


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


def _judged_work(
    scope: Scope, agreement: int, day: date | None, hours: Decimal | None, service: str
) -> tuple[tuple[Refused, ...], str | None]:
    """Return what stops some work whoever did it, and its service as the schedule spells it."""
    terms = scope.terms[agreement]
    services = services_on(terms=terms, day=day or scope.on, known_on=scope.on)
    refusals = work_refusals(
        agreement=terms, services=services, worked_on=day, hours=hours, service=service, known_on=scope.on
    )
    return refusals, chargeable_service(services=services, service=service)


def _judged(entry: _Entry, judge: Callable, on: date, errors: list[SheetError]) -> _Entry:
    """Note what stops one row by itself, and find its service; `judge` answers for each kind of row once."""
    row, site = entry.row, entry.site
    of_work, service = judge(site.agreement_id, row.worked_on, row.hours, row.service)
    refusals = [
        *later_refusals(place="date", what="Work of", day=row.worked_on, on=on, then="Enter it once it has been done."),
        *(_out_of_service(site, row.worked_on) if row.worked_on else ()),
        *of_work,
        *_name_refusals(row.person, row.reference),
    ]
    for refusal in refusals:
        column = COLUMN_OF.get(refusal.place, refusal.place)
        errors.append(SheetError(refusal.message, row.number, column, _shown(row, column)))
    return replace(entry, service=service)


@lru_cache
def _name_refusals(person: str, reference: str) -> list[Refused]:
    return [
        *text_refusals(place="person", what="the person", text=person),
        *text_refusals(place="reference", what="the request reference", text=reference),
    ]


def _out_of_service(site: Site, day: date) -> tuple[Refused, ...]:
    return out_of_service(name=str(site), in_service_on=site.in_service_on, removed_on=site.removed_on, worked_on=day)


def _shown(row: WorkRow, column: str) -> str:
    value = row.worked_on if column == "date" else getattr(row, column)
    text = str(value)
    return cut(text, 60)


def _check_days(rows: Iterable[WorkRow], errors: list[SheetError]) -> None:
    """Note the rows with which a person's day gets more than 24 hours, with what is on file and in rows above."""
    wrong = {error.row for error in errors if error.column in ("date", "hours", "person")}
    days: dict[PersonDay, list[WorkRow]] = {}
    for row in rows:
        if row.number not in wrong and row.worked_on and row.hours is not None:
            days.setdefault((name_key(row.person), row.worked_on), []).append(row)
    filed = hours_on_file(days={day for _person, day in days})
    for (person, day), of_day in days.items():
        on_file = total = filed.get((person, day), ZERO)
        for position, row in enumerate(of_day):
            total += row.hours
            if total > MOST_HOURS:
                message = _too_much(row, on_file, of_day[: min(position, MOST_NAMED + 1)], total)
                errors.append(SheetError(message, row.number, "hours", str(row.hours)))


def _too_much(row: WorkRow, on_file: Decimal, above: Sequence[WorkRow], total: Decimal) -> str:
    others = [f"{hours_text(on_file)} on file"] if on_file else []
    if above:
        numbers = ", ".join(str(one.number) for one in above[:MOST_NAMED])
        numbers += " and others" if len(above) > MOST_NAMED else ""
        others.append(f"row{'s' if len(above) > 1 else ''} {numbers}")
    message = f"With {' and '.join(others)}, {one_line(row.person)} would have {hours_text(total)}"
    return f"{message} on {day_text(row.worked_on)}; a day has 24. Correct the day, the person or the hours."


def _totals(entries: Sequence[_Entry]) -> Totals:
    """Sum up what the file adds, site by site."""
    by_site: dict[str, list[Decimal]] = {}
    for entry in entries:
        by_site.setdefault(str(entry.site), []).append(entry.row.hours)
    rows = tuple((site, len(hours), hours_text(sum(hours, ZERO))) for site, hours in sorted(by_site.items()))
    every = sum((entry.row.hours for entry in entries), ZERO)
    return Totals(("Site", "Entries", "Hours"), rows, ("Total", len(entries), hours_text(every)))


def _alike(entries: Sequence[_Entry]) -> int:
    """Count the entries that are on file word for word."""
    stored = WorkEntry.objects.filter(worked_on__in={entry.row.worked_on for entry in entries}, reversed_on=None)
    filed = set(stored.order_by().values_list("site", "worked_on", "service", "hours", "person", "reference"))
    return sum(1 for entry in entries if tuple(_values(entry).values()) in filed)


def _values(entry: _Entry) -> dict:
    return {
        "site_id": entry.site.pk,
        "worked_on": entry.row.worked_on,
        "service": entry.service,
        "hours": hundredths(entry.row.hours),
        "person": one_line(entry.row.person),
        "reference": entry.row.reference,
    }
