"""Saving what was typed in the month grid: one row or all of them, and a row whole or not at all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction

from contracts.periods import DaySpan
from contracts.refusal import Refusal
from contracts.schedule import Component, Refused
from sites.counts.count import unchanged_source
from sites.counts.recording import Conflict, Conflicting, Recorded, record_counts
from sites.models import ComponentCount, Site
from sites.month_grid.entry import Filed, RowEntry
from sites.refusals import CannotRecord

SOURCE = "month grid"


@dataclass(frozen=True)
class RowRefusal:
    """Why a row was not saved: errors with the place where they belong, and figures that somebody else has stored."""

    errors: tuple[Refused, ...] = ()
    conflicts: tuple[Conflicting, ...] = ()


class CannotSave(Refusal):
    """Nothing was stored. `rows` gives, by the key of the site, why its row cannot be saved."""

    def __init__(self, rows: Mapping[int, RowRefusal]):
        self.rows = dict(rows)
        super().__init__(*(error for row in self.rows.values() for error in row.errors))


@transaction.atomic
def save_rows(
    *,
    entries: Iterable[RowEntry],
    sites: Mapping[int, Site],
    components: Iterable[Component],
    days: DaySpan,
    may_add: bool,
    may_correct: bool,
    on: date,
    by: User | None,
) -> dict[int, Recorded]:
    """Record the counts of the rows of a month grid: all of them, or none.

    `days` are the days of the month whose last figure the grid shows for each component. Where that figure is not the
    one that the person had seen, nothing is stored: not over the head of whoever stored it. Raises CannotSave with
    what is wrong with every row.
    """
    names = {part.code: part.name for part in components}
    recorded, refused = {}, {}
    for entry in sorted(entries, key=lambda entry: entry.key):
        refusal = RowRefusal(entry.errors + _not_allowed(entry, names, may_add=may_add, may_correct=may_correct))
        if refusal.errors:
            refused[entry.key] = refusal
            continue
        try:
            recorded[entry.key] = _save_row(entry, sites[entry.key], names, days, on=on, by=by)
        except Conflict as conflict:
            refused[entry.key] = RowRefusal(conflict.refused, conflict.conflicts)
        except CannotRecord as refusal_:
            refused[entry.key] = RowRefusal(refusal_.refused)
    if refused:
        raise CannotSave(refused)
    return recorded


def _not_allowed(entry: RowEntry, names: Mapping[str, str], *, may_add: bool, may_correct: bool) -> tuple[Refused, ...]:
    refused = []
    for code in entry.wanted:
        name = names.get(code, code)
        if code in entry.seen and not may_correct:
            message = f"{name} is already on file. You may enter counts, but not correct them."
            refused.append(Refused("NOT_ALLOWED", code, message))
        elif code not in entry.seen and not may_add:
            message = f"{name} is not on file yet. You may correct counts, but not enter them."
            refused.append(Refused("NOT_ALLOWED", code, message))
    return tuple(refused)


@transaction.atomic
def _save_row(
    entry: RowEntry, site: Site, names: Mapping[str, str], days: DaySpan, *, on: date, by: User | None
) -> Recorded:
    """Record one row, each figure on its day. Raises CannotRecord and Conflict."""
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    stored = ComponentCount.objects.filter(site=site, counted_on__range=(days.first_day, days.last_day))
    standing = last_figures(stored.select_related("recorded_by"))
    wanted = {code: one for code, one in entry.wanted.items() if not _there_already(standing.get(code), one[1])}
    if conflicts := [
        _conflicting(code, names, entry.seen.get(code), standing.get(code), quantity)
        for code, (_day, quantity) in wanted.items()
        if _as_filed(standing.get(code)) != entry.seen.get(code)
    ]:
        raise Conflict(conflicts)
    by_day = defaultdict(dict)
    for code, (day, quantity) in wanted.items():
        by_day[day, code in entry.unchanged][code] = quantity
    total = Recorded(unchanged=len(entry.wanted) - len(wanted))
    errors = []
    for (day, is_unchanged), quantities in sorted(by_day.items()):
        try:
            done = record_counts(
                site=site,
                counted_on=day,
                quantities=quantities,
                withdrawn=[code for code, quantity in quantities.items() if quantity is None],
                seen={code: entry.seen[code].quantity for code in quantities if code in entry.seen},
                source=unchanged_source(SOURCE) if is_unchanged else SOURCE,
                reason=entry.reason,
                on=on,
                by=by,
            )
        except Conflict:
            raise
        except CannotRecord as refusal:
            errors += [error for error in refusal.refused if error not in errors]
            continue
        total = Recorded(total.added + done.added, total.corrected + done.corrected, total.unchanged + done.unchanged)
    if errors:
        raise CannotRecord(*errors)
    return total


def last_figures(counts: Iterable[ComponentCount]) -> dict[str, ComponentCount]:
    return {row.component_code: row for row in sorted(counts, key=lambda row: row.counted_on)}


def _as_filed(row: ComponentCount | None) -> Filed | None:
    return Filed(row.counted_on, row.quantity) if row else None


def _there_already(row: ComponentCount | None, quantity: int | None) -> bool:
    """Whether somebody else has done the same in the meantime."""
    return quantity == (row.quantity if row else None)


def _conflicting(
    code: str, names: Mapping[str, str], seen: Filed | None, row: ComponentCount | None, typed: int | None
) -> Conflicting:
    return Conflicting(
        code=code,
        component=names.get(code, code),
        seen=seen.quantity if seen else None,
        stored=row.quantity if row else None,
        typed=typed,
        stored_by=str(row.recorded_by) if row and row.recorded_by else "",
        stored_on=row.recorded_on if row else None,
    )


def saved_text(recorded: Iterable[Recorded]) -> str:
    """Say what saving did, in one line."""
    rows = list(recorded)
    added, corrected = sum(row.added for row in rows), sum(row.corrected for row in rows)
    if not added and not corrected:
        return (
            "Nothing was changed: every figure is on file like that. A second count of the month is entered as a "
            "further count, with the same figures or others."
        )
    parts = [f"{number} {word}" for number, word in ((added, "recorded"), (corrected, "corrected")) if number]
    return f"Saved: {' and '.join(parts)}."
