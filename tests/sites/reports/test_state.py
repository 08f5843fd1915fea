from datetime import date

import pytest

from contracts.periods import Month
from sites.reports.state import IssuedReport, ReportState, month_status

JULY = Month(1999, 7)


def status(on: date, **values):
    return month_status(month=JULY, on=on, days_after=10, **values)


@pytest.mark.parametrize(
    ("on", "lacking", "state", "days_late"),
    [
        (date(1999, 6, 30), 6, ReportState.UPCOMING, 0),
        (date(1999, 7, 1), 6, ReportState.PRELIMINARY, 0),
        (date(1999, 7, 31), 0, ReportState.PRELIMINARY, 0),
        (date(1999, 8, 1), 0, ReportState.READY, 0),
        (date(1999, 8, 1), 1, ReportState.MISSING, 0),
        (date(1999, 8, 10), 0, ReportState.READY, 0),
        (date(1999, 8, 11), 0, ReportState.READY, 1),
        (date(1999, 9, 10), 2, ReportState.MISSING, 31),
    ],
)
def test_state_and_lateness_of_a_report_that_is_not_issued(on, lacking, state, days_late):
    found = status(on, lacking=lacking)

    assert (found.state, found.days_late, found.due_on) == (state, days_late, date(1999, 8, 10))
    assert found.overdue is (days_late > 0)


@pytest.mark.parametrize(
    ("first_issued_on", "days_late"), [(date(1999, 8, 3), 0), (date(1999, 8, 10), 0), (date(1999, 8, 12), 2)]
)
def test_issued_report_is_late_by_its_first_day_whatever_was_revised(first_issued_on, days_late):
    found = status(date(2000, 1, 1), issued=IssuedReport(first_issued_on, 2, date(1999, 12, 1)), lacking=3)

    assert (found.state, found.days_late, found.overdue) == (ReportState.ISSUED, days_late, False)


def test_acknowledged_report_says_so():
    issued = IssuedReport(date(1999, 8, 3), 0, date(1999, 8, 3), date(1999, 8, 9))

    assert status(date(1999, 8, 20), issued=issued).state is ReportState.ACKNOWLEDGED
