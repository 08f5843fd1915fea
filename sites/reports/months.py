"""The months of agreements and how far the report of each has come: the open ones computed, the issued ones as stored.

A month that is issued is never computed again: what a list costs depends on the months that are still open.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncMonth
from django_tables2.data import TableData

from contracts.models import Agreement
from contracts.periods import MONTHS_A_YEAR, ONE_DAY, DaySpan, Month
from contracts.terms import AgreementTerms, expiration_known
from sites.counts.recording import components_on
from sites.models import ComponentCount, MissingCount, MonthlyReport, Site
from sites.reports.monthly_report import agreement_months
from sites.reports.state import IssuedReport, MonthStatus, ReportState, month_status

OVERDUE = "late"
TABS = {OVERDUE: "Late", **{state.value: state.label for state in ReportState}}
FEW = 50
"""So many agreements are named in a statement; of more, the counts of all are read."""
_ISSUED = {ReportState.ISSUED, ReportState.ACKNOWLEDGED}
_ORDER = [ReportState.MISSING, ReportState.READY, ReportState.PRELIMINARY, ReportState.UPCOMING]


@dataclass(frozen=True)
class AgreementMonth:
    """The report of one month of one agreement."""

    agreement: Agreement
    status: MonthStatus


class Months:
    """The months of some agreements for which a report is due; how many queries it asks depends on nothing."""

    def __init__(
        self,
        agreements: QuerySet[Agreement],
        *,
        on: date,
        days_after: int,
        rows: Sequence[Agreement] | None = None,
        only: Month | None = None,
    ):
        """Take the agreements, and their `rows` from `with_terms()` where they have been read already.

        `only` is the month that is looked at, where it is a single one.
        """
        self._agreements, self._on, self._days_after, self._rows = agreements, on, days_after, rows
        self._only = only

    @cached_property
    def open(self) -> Sequence[AgreementMonth]:
        """Every month that is not issued, those not begun too: what is late first, then the oldest."""
        rows = self._rows or list(self._agreements.with_terms(priced=False))
        services = _services(self._agreements)
        closed = _closed(self._agreements)
        months = {
            row.pk: [
                month
                for month in _open_months(row.as_terms(), services.get(row.pk, ()), closed.get(row.pk), self._on)
                if self._only in (None, month)
            ]
            for row in rows
        }
        lacking = _lacking(rows, months, services, self._on)
        found = [
            AgreementMonth(row, self._status(month, lacking=lacking.get((row.pk, month), 0)))
            for row in rows
            for month in months[row.pk]
        ]
        return sorted(found, key=_place)

    @cached_property
    def issued(self) -> QuerySet[MonthlyReport]:
        """The latest report of every month that is issued, the latest month first."""
        revisions = MonthlyReport.objects.filter(agreement=OuterRef("agreement"), month=OuterRef("month"))
        first = revisions.order_by("revision").values("issued_on")[:1]
        return (
            MonthlyReport.objects.filter(agreement__in=self._agreements.order_by().values("pk"))
            .filter(~Exists(revisions.filter(revision__gt=OuterRef("revision"))))
            .annotate(first_issued_on=Subquery(first), acknowledged_on=F("acknowledgment__acknowledged_on"))
            .select_related("agreement__customer", "agreement__supplier")
            .defer("content")
            .order_by("-month", "agreement__number", "pk")
        )

    def counts(self) -> dict[str | None, int]:
        """Count the months of every state to choose from; that of None is all that have begun."""
        open_ones = {state: len(self._open_in(state)) for state in (None, *TABS)}
        acknowledged = Count("pk", filter=Q(acknowledgment__isnull=False))
        issued = self.issued.order_by().aggregate(every=Count("pk"), acknowledged=acknowledged)
        return open_ones | {
            None: open_ones[None] + issued["every"],
            ReportState.ISSUED: issued["every"] - issued["acknowledged"],
            ReportState.ACKNOWLEDGED: issued["acknowledged"],
        }

    def of_state(self, state: str | None) -> "MonthRows":
        """Return the months of a state, or all that have begun: the open ones, then the issued ones."""
        issued = self.issued if state is None or state in _ISSUED else self.issued.none()
        if state is not None:
            issued = issued.filter(acknowledgment__isnull=state == ReportState.ISSUED)
        return MonthRows(self._open_in(state), issued, self)

    def _open_in(self, state: str | None) -> list[AgreementMonth]:
        if state is None:
            return [one for one in self.open if one.status.state is not ReportState.UPCOMING]
        return [one for one in self.open if (one.status.overdue if state == OVERDUE else one.status.state == state)]

    def status_of(self, month: Month) -> MonthStatus | None:
        """Return how far a month of a single agreement has come; None where no report of it is due or issued."""
        issued = self.issued.filter(month=month.span.first_day).first()
        if issued is not None:
            return self.as_issued(issued).status
        return next((one.status for one in self.open if one.status.month == month), None)

    def as_issued(self, report: MonthlyReport) -> AgreementMonth:
        """Return the month of a row of `issued`."""
        issued = IssuedReport(report.first_issued_on, report.revision, report.issued_on, report.acknowledged_on)
        return AgreementMonth(report.agreement, self._status(Month.of(report.month), issued=issued))

    def _status(self, month: Month, **known) -> MonthStatus:
        return month_status(month=month, on=self._on, days_after=self._days_after, **known)


class MonthRows(TableData):
    """The rows of a list: open months, and after them issued ones, of which only those of a page are read."""

    def __init__(self, open_months: Sequence[AgreementMonth], issued: QuerySet[MonthlyReport], months: Months):
        super().__init__(issued)
        self._open, self._months = open_months, months

    @cached_property
    def _number(self) -> int:
        return len(self._open) + self.data.count()

    def __len__(self):
        return self._number

    def __getitem__(self, key: slice) -> list[AgreementMonth]:
        first, last = key.start or 0, self._number if key.stop is None else key.stop
        passed = len(self._open)
        issued = self.data[max(first - passed, 0) : max(last - passed, 0)]
        return [*self._open[first:last], *map(self._months.as_issued, issued)]

    def __iter__(self) -> Iterator[AgreementMonth]:
        yield from self._open
        yield from map(self._months.as_issued, self.data.iterator(chunk_size=1000))

    def order_by(self, aliases):
        """Stay in the order of what is to be done."""


def _place(one: AgreementMonth) -> tuple:
    status = one.status
    rank = 0 if status.overdue else 1 + max(_ORDER.index(status.state) - 1, 0)  # what is missing or ready stands alike
    return (rank, status.month.span.first_day, one.agreement.number, one.agreement.pk)


# ---- what is on file ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Service:
    """A site's days in service."""

    site: int
    first_day: date
    last_day: date | None

    def serves(self, span: DaySpan) -> bool:
        return self.first_day <= span.last_day and (self.last_day is None or self.last_day >= span.first_day)


def _services(agreements: QuerySet[Agreement]) -> Mapping[int, list[_Service]]:
    found = defaultdict(list)
    rows = Site.objects.filter(agreement__in=agreements.order_by().values("pk")).order_by("pk")
    for agreement, site, first, last in rows.values_list("agreement_id", "pk", "in_service_on", "removed_on"):
        found[agreement].append(_Service(site, first, last))
    return found


class _Closed(NamedTuple):
    """The issued months of an agreement: the first and last day of all; each of them where some between are not."""

    first_day: date
    last_day: date
    single: frozenset[Month] = frozenset()


def _closed(agreements: QuerySet[Agreement]) -> Mapping[int, _Closed]:
    """The issued months of each agreement; single ones are read only where there is a gap between them."""
    reports = MonthlyReport.objects.filter(agreement__in=agreements.order_by().values("pk"), revision=0).order_by()
    found = {}
    for key, first, last, number in reports.values_list("agreement").annotate(Min("month"), Max("month"), Count("pk")):
        found[key] = _Closed(first, Month.of(last).span.last_day), number
    gaps = [key for key, (closed, number) in found.items() if number < _months_between(closed)]
    single = defaultdict(set)
    for key, day in reports.filter(agreement__in=gaps).values_list("agreement", "month"):
        single[key].add(Month.of(day))
    return {key: closed._replace(single=frozenset(single[key])) for key, (closed, _number) in found.items()}


def _months_between(closed: _Closed) -> int:
    first, last = closed.first_day, closed.last_day
    return (last.year - first.year) * MONTHS_A_YEAR + last.month - first.month + 1


def _open_months(
    terms: AgreementTerms, services: Collection[_Service], closed: _Closed | None, on: date
) -> list[Month]:
    expires_on, _source = expiration_known(agreement=terms, known_on=on)
    spans = {(one.first_day, one.last_day) for one in services}
    ends = [(terms.first_period_starts_on, expires_on)]
    if closed and not closed.single:
        before = closed.first_day - ONE_DAY
        ends = [(terms.first_period_starts_on, before), (closed.last_day + ONE_DAY, expires_on)]
    return [
        month
        for first, last in ends
        for month in agreement_months(first_period_starts_on=first, expires_on=last, services=spans, on=on)
        if not closed or month not in closed.single
    ]


def _lacking(
    agreements: Sequence[Agreement],
    months: Mapping[int, Sequence[Month]],
    services: Mapping[int, Sequence[_Service]],
    on: date,
) -> Mapping[tuple[int, Month], int]:
    """How many figures of each open month that has begun are neither counted nor marked as missing."""
    begun = {key: [month for month in found if month.span.first_day <= on] for key, found in months.items()}
    settled = _settled(agreements, {month for found in begun.values() for month in found}, on)
    lacking = {}
    for row in agreements:
        terms = row.as_terms()
        for month in begun[row.pk]:
            span = month.span
            day = min(span.last_day, on)
            codes = {part.code for part in components_on(terms=terms, day=day, known_on=on)}
            lacking[row.pk, month] = sum(
                len(codes - settled.get((one.site, month), set()))
                for one in services.get(row.pk, ())
                if one.serves(span) and one.first_day <= on
            )
    return lacking


def _settled(
    agreements: Sequence[Agreement], months: Collection[Month], on: date
) -> Mapping[tuple[int, Month], set[str]]:
    """The components of each site and month that were counted in it, or are marked as missing."""
    found = defaultdict(set)
    if not months:
        return found
    month_from = {month.span.first_day: month for month in months}
    days = sorted(month_from)
    only = {} if len(agreements) > FEW else {"site__agreement__in": [row.pk for row in agreements]}
    counted = (
        ComponentCount.objects.filter(counted_on__range=(days[0], min(on, month_from[days[-1]].span.last_day)), **only)
        .order_by()
        .annotate(month=TruncMonth("counted_on"))
        .filter(month__in=days)
        .values_list("site_id", "month", "component_code")
        .distinct()
    )
    marked = MissingCount.objects.filter(month__in=days, **only).order_by()
    for site, day, code in (*counted, *marked.values_list("site_id", "month", "component_code")):
        found[site, month_from[day]].add(code)
    return found
