"""Rows for tests of the monthly report: sites counted at the ends of months, and their reports."""

from datetime import date

from contracts.models import Agreement
from contracts.periods import Month
from sites.models import MonthlyReport, Site
from sites.reports.reporting import issue_report
from tests import factories, reference

OCTOBER, NOVEMBER = Month(1998, 10), Month(1998, 11)
ISSUED_ON = date(1998, 11, 5)
DAYS_AFTER = 10


def counted_sites(number: int = 1, agreement: Agreement | None = None) -> list[Site]:
    """So many sites, counted on the first and on the last day of October 1998: 3 gateway elements were added."""
    agreement = agreement or factories.agreement()
    sites = factories.sites(agreement, number)
    for site in sites:
        factories.counts(site, date(1998, 10, 1), reference.counts())
        factories.counts(site, date(1998, 10, 31), reference.counts(GE=13))
    return sites


def issued(agreement: Agreement, month: Month = OCTOBER, on: date = ISSUED_ON, by=None) -> MonthlyReport:
    """The first report of a month."""
    return issue_report(agreement=agreement, month=month, days_after=DAYS_AFTER, on=on, by=by)
