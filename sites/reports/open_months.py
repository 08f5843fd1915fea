"""Which months of agreements wait for their report: runs of months, told from dates alone (note 4).

A month is the number that `Month.number` gives it, a run of months a `range` of numbers.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Max, Min, QuerySet

from contracts.models import Agreement
from contracts.periods import Month
from sites.models import MonthlyReport, Site

Runs = Sequence[range]


class MonthOf(NamedTuple):
    """A month of an agreement, which its key names."""

    agreement: int
    month: int

    @property
    def first_day(self) -> date:
        return Month.numbered(self.month).span.first_day


@dataclass(frozen=True)
class OpenMonths:
    """The months of one agreement that are due and not issued, in order."""

    agreement: int
    runs: Runs

    def number(self, first: int, last: int) -> int:
        """Count those from a first month through a last one."""
        return sum(max(min(run.stop, last + 1) - max(run.start, first), 0) for run in self.runs)

    def holds(self, month: int) -> bool:
        return any(month in run for run in self.runs)

    def months(self, last: int | None = None) -> Iterator[MonthOf]:
        """Yield each of them, through a last one."""
        for run in self.runs:
            yield from (MonthOf(self.agreement, month) for month in run if last is None or month <= last)


def open_months(agreements: QuerySet[Agreement], *, on: date, through: date | None = None) -> list[OpenMonths]:
    """Return the open months of each agreement as known on a day, in the order of their numbers.

    An agreement without an expiration has those through the month of that day, or of the last one asked for.
    """
    rows = agreements.with_expiration(known_on=on).order_by("number", "pk")
    services, issued = _services(agreements), _issued(agreements)
    last_day = Month.of(through or on).span.last_day
    return [
        OpenMonths(key, without(due_runs(services.get(key, ()), first, expires_on or last_day), issued.get(key, ())))
        for key, first, expires_on in rows.values_list("pk", "first_period_starts_on", "expiration")
    ]


def due_runs(services: Iterable[tuple[date, date | None]], first_day: date, last_day: date) -> Runs:
    """Return the months within some days in which at least one site is in service."""
    served = (
        (max(first, first_day), last_day if last is None else min(last, last_day)) for first, last in set(services)
    )
    return joined(run_of(first, last) for first, last in served if first <= last)


def run_of(first_day: date, last_day: date) -> range:
    """Return the months of some days."""
    return range(Month.of(first_day).number, Month.of(last_day).number + 1)


def joined(runs: Iterable[range]) -> Runs:
    """Return the months of all runs, once each."""
    found: list[range] = []
    for run in sorted(runs, key=lambda run: run.start):
        if found and run.start <= found[-1].stop:
            found[-1] = range(found[-1].start, max(found[-1].stop, run.stop))
        else:
            found.append(run)
    return found


def without(runs: Runs, taken: Runs) -> Runs:
    """Return the months of some runs that are in none of the others."""
    for each in taken:
        runs = [
            part
            for run in runs
            for part in (range(run.start, min(run.stop, each.start)), range(max(run.start, each.stop), run.stop))
            if part
        ]
    return runs


def _services(agreements: QuerySet[Agreement]) -> Mapping[int, list[tuple[date, date | None]]]:
    found = defaultdict(list)
    sites = Site.objects.filter(agreement__in=agreements.order_by().values("pk")).order_by()
    for agreement, first, last in sites.values_list("agreement_id", "in_service_on", "removed_on").distinct():
        found[agreement].append((first, last))
    return found


def _issued(agreements: QuerySet[Agreement]) -> Mapping[int, Runs]:
    """The issued months of each agreement; single ones are read only where there is a gap between them."""
    reports = MonthlyReport.objects.filter(agreement__in=agreements.order_by().values("pk"), revision=0).order_by()
    found, gaps = {}, set()
    for key, first, last, number in reports.values_list("agreement").annotate(Min("month"), Max("month"), Count("pk")):
        found[key] = [run_of(first, last)]
        if number < len(found[key][0]):
            gaps.add(key)
    single = defaultdict(list)
    for key, day in reports.filter(agreement__in=gaps).values_list("agreement", "month"):
        single[key].append(run_of(day, day))
    return found | {key: joined(runs) for key, runs in single.items()}
