"""The months of many agreements: open ones and issued ones, whatever lies between them, page by page."""

from datetime import date
from itertools import chain

import pytest

from contracts.models import Agreement
from contracts.periods import Month
from sites.models import ComponentCount
from sites.reports.months import TABS, Months
from sites.reports.pages import month_page
from sites.reports.reporting import acknowledge, revise_report
from tests import factories, reference
from tests.sites.reports.cases import DAYS_AFTER, counted_sites, issued

pytestmark = pytest.mark.django_db
ON = date(1999, 2, 15)
ENDS = {Month(1998, 10): 31, Month(1998, 11): 30, Month(1998, 12): 31, Month(1999, 1): 31}


@pytest.fixture
def months() -> Months:
    """Three agreements to February 1999: nothing issued; all issued to December; November missing between two."""
    for number, left_out in (("A", ENDS), ("B", [Month(1999, 1)]), ("C", [Month(1998, 11), Month(1999, 1)])):
        (site,) = counted_sites(1, factories.agreement(number))
        for month, day in ENDS.items():
            if month != Month(1998, 10):
                factories.counts(site, date(month.year, month.month, day), reference.counts())
            if month not in left_out:
                report = issued(site.agreement, month, on=ON)
        if number == "C":
            acknowledge(report=report, acknowledged_on=ON, acknowledged_by="Ann", on=ON, by=None)
    return Months(Agreement.objects.order_by("number"), on=ON, days_after=DAYS_AFTER)


def named(rows) -> list[str]:
    return [f"{row.agreement.number} {row.status.month.span.first_day:%m}" for row in rows]


def test_every_month_is_listed_once_in_its_place(months):
    late = ["A 10", "A 11", "C 11", "A 12", "A 01", "B 01", "C 01"]
    rest = ["A 02", "B 02", "C 02", "B 12", "C 12", "B 11", "B 10", "C 10"]

    assert named(months.of_state(None)) == late + rest
    assert named(months.of_state("late")) == late
    assert named(months.of_state("issued")) == ["B 12", "B 11", "B 10", "C 10"]
    assert named(months.of_state("acknowledged")) == ["C 12"]


def test_tabs_count_what_they_list_and_pages_meet_without_a_gap(months):
    counts = months.counts

    for state in (None, *TABS):
        rows = months.of_state(state)
        pages = [rows[start : start + 2] for start in range(0, len(rows), 2)]
        assert counts[state] == len(rows) == len(list(rows)), state
        assert named(chain(*pages)) == named(rows), state


def test_each_month_has_the_same_state_on_its_page_as_in_the_list(months):
    for row in months.of_state(None):
        agreement = Agreement.objects.with_terms().get(pk=row.agreement.pk)
        page = month_page(agreement=agreement, month=row.status.month, on=ON, days_after=DAYS_AFTER)
        assert page.status == row.status


def test_a_revision_takes_the_place_of_the_first_report_and_keeps_its_day(months):
    agreement = Agreement.objects.get(number="B")
    december = ComponentCount.objects.filter(site__agreement=agreement, counted_on="1998-12-31")
    december.filter(component_code="GE").update(quantity=99)
    later = date(1999, 3, 1)
    about = {"agreement": agreement, "month": Month(1998, 12), "days_after": DAYS_AFTER, "on": later, "by": None}
    revise_report(reason="Counted wrong", **about)

    (first, *_rest) = Months(Agreement.objects.filter(number="B"), on=later, days_after=DAYS_AFTER).of_state("issued")

    assert (first.status.issued.revision, first.status.issued.first_issued_on) == (1, ON)
    assert first.status.issued.issued_on == later
