from datetime import date

import pytest

from contracts.periods import DaySpan, Month
from sites.reports.calendar import report_due_on, report_months
from tests.reference import ANCHOR, EXPIRES_ON, period

FIRST = period(1).span
TERM = DaySpan(ANCHOR, EXPIRES_ON)


def months(within=FIRST, in_service_on=ANCHOR, removed_on=None) -> list[str]:
    found = report_months(within=within, in_service_on=in_service_on, removed_on=removed_on)
    return [str(month) for month in found]


def test_site_in_service_all_along_has_twelve_reports_in_a_period():
    found = months()

    assert (len(found), found[0], found[-1]) == (12, "October 1998", "September 1999")
    assert len(months(TERM)) == 24


@pytest.mark.parametrize(
    ("in_service_on", "removed_on", "expected"),
    [
        (date(1999, 8, 1), None, ["August 1999", "September 1999"]),
        (date(1999, 8, 31), None, ["August 1999", "September 1999"]),  # one day of August
        (date(1999, 9, 30), None, ["September 1999"]),
        (date(1999, 10, 1), None, []),
        (date(1997, 5, 1), date(1998, 12, 1), ["October 1998", "November 1998", "December 1998"]),
        (date(1997, 5, 1), date(1998, 10, 1), ["October 1998"]),
        (date(1997, 5, 1), date(1998, 9, 30), []),
    ],
)
def test_month_is_reported_when_the_site_is_in_service_on_one_of_its_days(in_service_on, removed_on, expected):
    assert months(FIRST, in_service_on, removed_on) == expected


def test_months_of_a_span_that_begins_in_mid_month():
    assert months(DaySpan(date(1999, 1, 15), date(1999, 3, 14))) == ["January 1999", "February 1999", "March 1999"]


@pytest.mark.parametrize(
    ("month", "days_after", "due_on"),
    [
        (Month(1999, 7), 10, date(1999, 8, 10)),
        (Month(1998, 12), 10, date(1999, 1, 10)),
        (Month(2000, 2), 10, date(2000, 3, 10)),
        (Month(1999, 7), 0, date(1999, 7, 31)),
        (Month(1999, 1), 45, date(1999, 3, 17)),
    ],
)
def test_report_is_due_so_many_days_after_the_month(month, days_after, due_on):
    assert report_due_on(month=month, days_after=days_after) == due_on
