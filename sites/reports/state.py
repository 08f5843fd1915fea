"""How far the report of a month has come: when it is due, what it lacks, whether it is issued or late (note 4)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.periods import Month
from sites.reports.calendar import report_due_on


class ReportState(StrEnum):
    """How far a month's report has come."""

    MISSING = "missing"
    READY = "ready"
    PRELIMINARY = "preliminary"
    ISSUED = "issued"
    ACKNOWLEDGED = "acknowledged"
    UPCOMING = "upcoming"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    ReportState.MISSING: "Counts missing",
    ReportState.READY: "Ready to issue",
    ReportState.PRELIMINARY: "Preliminary",
    ReportState.ISSUED: "Issued",
    ReportState.ACKNOWLEDGED: "Acknowledged",
    ReportState.UPCOMING: "Not begun",
}


@dataclass(frozen=True)
class IssuedReport:
    """What was issued for a month: the day of the first report, the latest revision, and its acknowledgment."""

    first_issued_on: date
    revision: int
    issued_on: date
    acknowledged_on: date | None = None


@dataclass(frozen=True)
class MonthStatus:
    """The report of one month on a day. `lacking` are the figures neither counted nor marked as missing."""

    month: Month
    due_on: date
    state: ReportState
    days_late: int
    lacking: int = 0
    issued: IssuedReport | None = None

    @property
    def late(self) -> bool:
        """Whether the report was issued after its day, or its day has passed without it."""
        return self.days_late > 0

    @property
    def overdue(self) -> bool:
        """Whether its day has passed and it is not issued yet."""
        return self.late and self.issued is None


def month_status(
    *, month: Month, on: date, days_after: int, lacking: int = 0, issued: IssuedReport | None = None
) -> MonthStatus:
    """Return how far the report of a month has come on a day.

    It is due `days_after` days after the month's last one: issued on that day it is in time, a day later it is one day
    late. Until the month is over it is preliminary, whatever it lacks; a revision makes no report late.
    """
    due_on = report_due_on(month=month, days_after=days_after)
    days_late = max(((issued.first_issued_on if issued else on) - due_on).days, 0)
    return MonthStatus(month, due_on, _state(month, on, lacking, issued), days_late, lacking, issued)


def _state(month: Month, on: date, lacking: int, issued: IssuedReport | None) -> ReportState:
    if issued is not None:
        return ReportState.ACKNOWLEDGED if issued.acknowledged_on else ReportState.ISSUED
    if on < month.span.first_day:
        return ReportState.UPCOMING
    if on <= month.span.last_day:
        return ReportState.PRELIMINARY
    return ReportState.MISSING if lacking else ReportState.READY
