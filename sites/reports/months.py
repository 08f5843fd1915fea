"""The months of agreements and how far the report of each has come: counted and listed from runs of months.

Nothing is computed for all months. Runs of open months give the numbers of the tabs and the place of each month in the
list; what a month lacks is read for those of a page, and for the others only whether that is anything.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django_tables2.data import TableData

from contracts.models import Agreement
from contracts.periods import Month
from sites.models import LackingFigures, MonthlyReport
from sites.reports.calendar import report_due_on
from sites.reports.lacking import kept_figures, lacking_figures
from sites.reports.open_months import MonthOf, OpenMonths, open_months
from sites.reports.state import IssuedReport, MonthStatus, ReportState, month_status

OVERDUE = "late"
TABS = {OVERDUE: "Late", **{state.value: state.label for state in ReportState}}
ROWS_AT_ONCE = 1000
_ISSUED = {ReportState.ISSUED, ReportState.ACKNOWLEDGED}
_COUNTED = {ReportState.MISSING, ReportState.READY}


@dataclass(frozen=True)
class AgreementMonth:
    """The report of one month of one agreement."""

    agreement: Agreement
    status: MonthStatus


class Months:
    """The months of some agreements for which a report is due; how many queries it asks depends on nothing."""

    def __init__(self, agreements: QuerySet[Agreement], *, on: date, days_after: int):
        self._agreements, self._on, self._days_after = agreements, on, days_after
        self._this = Month.of(on).number

    @cached_property
    def _open(self) -> Sequence[OpenMonths]:
        return open_months(self._agreements, on=self._on)

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

    # ---- how many

    @cached_property
    def counts(self) -> dict[str | None, int]:
        """The months of every state to choose from; those of None are all that have begun."""
        acknowledged = Count("pk", filter=Q(acknowledgment__isnull=False))
        issued = self.issued.order_by().aggregate(every=Count("pk"), acknowledged=acknowledged)
        ready = self._number_ready
        return {
            None: self._number(None) + issued["every"],
            **{state: self._number(state) for state in TABS},
            ReportState.MISSING: self._number(ReportState.MISSING) - ready,
            ReportState.READY: ready,
            ReportState.ISSUED: issued["every"] - issued["acknowledged"],
            ReportState.ACKNOWLEDGED: issued["acknowledged"],
        }

    def _number(self, state: str | None) -> int:
        first, last = self._bounds(state)
        return sum(each.number(first, last) for each in self._open)

    def _bounds(self, state: str | None) -> tuple[int, int]:
        """The first and the last month that can be open and in a state."""
        this = self._this
        return {
            None: (0, this),
            OVERDUE: (0, self._last_overdue),
            ReportState.MISSING: (0, this - 1),
            ReportState.READY: (0, this - 1),
            ReportState.PRELIMINARY: (this, this),
            ReportState.UPCOMING: (this + 1, Month.of(date.max).number),
        }.get(state, (0, -1))

    @property
    def _last_overdue(self) -> int:
        """The last month whose report is late where it is not issued."""
        month = self._this
        while report_due_on(month=Month.numbered(month), days_after=self._days_after) >= self._on:
            month -= 1
        return month

    # ---- what they lack

    @property
    def _kept(self) -> QuerySet[LackingFigures]:
        """What is kept of months that are over."""
        agreements = self._agreements.order_by().values("pk")
        first_day = Month.numbered(self._this).span.first_day
        return LackingFigures.objects.filter(agreement__in=agreements, month__lt=first_day).order_by()

    @cached_property
    def _numbers_kept(self) -> Mapping[int, tuple[int, int]]:
        """By agreement: of how many months something is kept, and how many of them lack nothing."""
        rows = self._kept.values_list("agreement").annotate(kept=Count("pk"), ready=Count("pk", filter=Q(figures=0)))
        return {key: (kept, ready) for key, kept, ready in rows}

    @cached_property
    def _gaps(self) -> set[int]:
        """The agreements of which not every open month that is over is kept."""
        kept = {key: number for key, (number, _ready) in self._numbers_kept.items()}
        return {each.agreement for each in self._open if each.number(0, self._this - 1) != kept.get(each.agreement, 0)}

    @cached_property
    def _forgotten(self) -> Mapping[MonthOf, int]:
        """What the months of those agreements lack: what is not kept is computed."""
        some = [each for each in self._open if each.agreement in self._gaps]
        return self._figures([month for each in some for month in each.months(self._this - 1)])

    def _figures(self, months: Sequence[MonthOf]) -> dict[MonthOf, int]:
        """What months lack that have begun: as kept where they are over, else computed."""
        over = [each for each in months if each.month < self._this]
        kept = kept_figures(over) if over else {}
        unkept = [each for each in months if each not in kept]
        return kept | (lacking_figures(unkept, on=self._on) if unkept else {})

    @cached_property
    def _number_ready(self) -> int:
        kept = sum(ready for key, (_kept, ready) in self._numbers_kept.items() if key not in self._gaps)
        return kept + sum(not figures for figures in self._forgotten.values())

    @cached_property
    def _ready(self) -> set[MonthOf]:
        """The open months that are over and lack nothing."""
        rows = self._kept.filter(figures=0).values_list("agreement", "month")
        found = {MonthOf(key, Month.of(day).number) for key, day in rows if key not in self._gaps}
        return found | {each for each, figures in self._forgotten.items() if not figures}

    # ---- which

    def of_state(self, state: str | None) -> "MonthRows":
        """Return the months of a state, or all that have begun: the open ones, then the issued ones."""
        issued = self.issued if state is None or state in _ISSUED else self.issued.none()
        if state is not None:
            issued = issued.filter(acknowledgment__isnull=state == ReportState.ISSUED)
        return MonthRows(self._open_in(state), issued, self, self.counts[state])

    def _open_in(self, state: str | None) -> "OpenRows":
        first, last = self._bounds(state)
        numbers = Counter()
        for each in self._open:
            for run in each.runs:
                numbers.update(range(max(run.start, first), min(run.stop, last + 1)))
        if state not in _COUNTED:
            return OpenRows(numbers, lambda month: [each.agreement for each in self._open if each.holds(month)])
        wanted = state == ReportState.READY
        ready = Counter(each.month for each in self._ready)
        return OpenRows(
            ready if wanted else numbers - ready,
            lambda month: [
                each.agreement
                for each in self._open
                if each.holds(month) and (MonthOf(each.agreement, month) in self._ready) == wanted
            ],
        )

    def shown(self, months: Sequence[MonthOf]) -> list[AgreementMonth]:
        """Return open months with what is shown of them."""
        agreements = self._agreements.model.objects.with_parties().in_bulk({each.agreement for each in months})
        begun = [each for each in months if each.month <= self._this]
        lacking = {**self._forgotten, **self._figures([each for each in begun if each not in self._forgotten])}
        return [
            AgreementMonth(
                agreements[each.agreement], self._status(Month.numbered(each.month), lacking=lacking.get(each, 0))
            )
            for each in months
        ]

    def as_issued(self, report: MonthlyReport) -> AgreementMonth:
        """Return the month of a row of `issued`."""
        issued = IssuedReport(report.first_issued_on, report.revision, report.issued_on, report.acknowledged_on)
        return AgreementMonth(report.agreement, self._status(Month.of(report.month), issued=issued))

    def _status(self, month: Month, **known) -> MonthStatus:
        return month_status(month=month, on=self._on, days_after=self._days_after, **known)


class OpenRows:
    """Open months in the order of a list, the oldest first: those of a page are told without the others."""

    def __init__(self, numbers: Mapping[int, int], agreements_in: Callable[[int], Sequence[int]]):
        """Take how many agreements each month has, and who names them in their order."""
        self._numbers, self._agreements_in = numbers, agreements_in

    def __len__(self) -> int:
        return sum(self._numbers.values())

    def between(self, first: int, last: int) -> list[MonthOf]:
        """Return the rows from one place to before another."""
        found, passed = [], 0
        for month in sorted(self._numbers):
            number = self._numbers[month]
            if passed < last and passed + number > first:
                keys = self._agreements_in(month)[max(first - passed, 0) : last - passed]
                found += [MonthOf(key, month) for key in keys]
            passed += number
        return found


class MonthRows(TableData):
    """The rows of a list: open months, and after them issued ones, of which only those of a page are read."""

    def __init__(self, open_rows: OpenRows, issued: QuerySet[MonthlyReport], months: Months, number: int):
        super().__init__(issued)
        self._open, self._months, self._number = open_rows, months, number

    def __len__(self):
        return self._number

    def __getitem__(self, key: slice) -> list[AgreementMonth]:
        first, last = key.start or 0, self._number if key.stop is None else key.stop
        passed = len(self._open)
        issued = self.data[max(first - passed, 0) : max(last - passed, 0)]
        return [*self._shown(first, min(last, passed)), *map(self._months.as_issued, issued)]

    def __iter__(self) -> Iterator[AgreementMonth]:
        passed = len(self._open)
        for first in range(0, passed, ROWS_AT_ONCE):
            yield from self._shown(first, min(first + ROWS_AT_ONCE, passed))
        yield from map(self._months.as_issued, self.data.iterator(chunk_size=ROWS_AT_ONCE))

    def _shown(self, first: int, last: int) -> list[AgreementMonth]:
        return self._months.shown(self._open.between(first, last)) if first < last else []

    def order_by(self, aliases):
        """Stay in the order of what is to be done."""
