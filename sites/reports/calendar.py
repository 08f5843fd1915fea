"""The months for which a site's monthly report is due, and the days on which it is (Appendix A, note 4)."""

from datetime import date, timedelta

from contracts.periods import DaySpan, Month


def report_months(*, within: DaySpan, in_service_on: date, removed_on: date | None = None) -> tuple[Month, ...]:
    """Return, in order, the calendar months of a span in which a site is in service on at least one day (note 4)."""
    served = within.overlap(in_service_on, removed_on)
    months: list[Month] = []
    while served and (not months or months[-1].span.last_day < served.last_day):
        months.append(months[-1].following() if months else Month.of(served.first_day))
    return tuple(months)


def report_due_on(*, month: Month, days_after: int) -> date:
    """Return the day on which a month's report is due: so many days after the month's last one."""
    return month.span.last_day + timedelta(days=days_after)
