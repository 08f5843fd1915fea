from datetime import date
from decimal import Decimal

import pytest

from contracts.periods import DaySpan, Month
from sites.charged import AgreedLevel, Basis
from sites.reports.monthly_report import FiledCount, ReportedSite, agreement_months, monthly_figures
from tests import reference

OCTOBER, NOVEMBER, JULY = Month(1998, 10), Month(1998, 11), Month(1999, 7)
FIRST, LAST = date(1998, 10, 1), date(1998, 10, 31)


def counts(day: date, source: str = "monthly count", **changed: int) -> tuple[FiledCount, ...]:
    """The smallest configuration, changed by component, counted on a day."""
    return tuple(FiledCount(code, day, number, source) for code, number in (reference.SMALLEST | changed).items())


def facts(*made: tuple[FiledCount, ...], **values) -> ReportedSite:
    """A site in service from the first day, with counts."""
    fields = {"key": 1, "name": "Reno, NV", "in_service_on": FIRST, "removed_on": None} | values
    return ReportedSite(counts=tuple(count for one in made for count in one), **fields)


def report(*sites: ReportedSite, month: Month = OCTOBER, on: date = reference.LATER):
    """The report of sites under the reference agreement."""
    return monthly_figures(
        agreement=reference.AGREEMENT, month=month, sites=sites, components=lambda day: reference.COMPONENTS, on=on
    )


def figure(found, code: str = "GE", row: int = 0):
    """One figure of a report."""
    return next(one for one in found.rows[row].figures if one.component.code == code)


def test_figure_of_a_month_is_the_last_count_made_in_it():
    found = report(facts(counts(FIRST), counts(date(1998, 10, 20), GE=11), counts(LAST, GE=13, SLC=6)))

    assert figure(found).count == FiledCount("GE", LAST, 13, "monthly count")
    assert (figure(found).in_month, figure(found).stale, figure(found).lacking) == (True, False, False)


def test_count_after_the_month_is_left_out():
    found = report(facts(counts(LAST), counts(date(1998, 11, 1), GE=50)))

    assert figure(found).count.quantity == 10


def test_count_after_the_day_of_the_report_is_left_out():
    found = report(facts(counts(date(1998, 10, 25)), counts(LAST, GE=50)), on=date(1998, 10, 28))

    assert (figure(found).count.quantity, found.cut_off_on, found.preliminary) == (10, date(1998, 10, 28), True)


def test_month_without_a_count_shows_the_last_one_as_old():
    found = report(facts(counts(LAST)), month=NOVEMBER)

    assert figure(found).count.counted_on == LAST
    assert (figure(found).stale, figure(found).lacking, figure(found).since_month) == (True, True, None)
    assert [(row.name, one.component.code) for row, one in found.lacking] == [
        ("Reno, NV", code) for code in ("GE", "5ESS", "SLC", "SM", "DACS2", "DACS4")
    ]


def test_component_never_counted_is_missing_and_no_zero():
    created = tuple(count for count in counts(LAST) if count.component != "SLC")
    found = report(facts(created))

    assert (figure(found, "SLC").count, figure(found, "SLC").lacking, figure(found, "SLC").stale) == (None, True, False)
    assert found.rows[0].measured.level is None
    (total,) = [one for one in found.totals if one["code"] == "SLC"]
    assert (total["quantity"], total["not_counted"], total["stale"]) == (0, 1, 0)


def test_figure_marked_as_missing_is_not_lacking_and_keeps_its_reason():
    found = report(facts(counts(LAST), missing=dict.fromkeys(reference.SMALLEST, "Flood")), month=NOVEMBER)

    assert (found.lacking, figure(found).missing_reason, figure(found).stale) == ((), "Flood", True)


def test_mark_is_passed_over_once_the_month_is_counted():
    found = report(facts(counts(LAST), missing={"GE": "Flood"}))

    assert (figure(found).missing_reason, figure(found).in_month) == ("", True)


def test_changes_since_last_month_and_since_the_period_began():
    created = (counts(FIRST), counts(LAST, GE=13), counts(date(1998, 11, 30), GE=12, SLC=7))
    found = report(facts(*created), month=NOVEMBER)

    changes = {one.component.code: (one.since_month, one.since_period) for one in found.rows[0].figures}
    assert changes == {"GE": (-1, 2), "5ESS": (0, 0), "SLC": (2, 2), "SM": (0, 0), "DACS2": (0, 0), "DACS4": (0, 0)}
    assert found.rows[0].changes.changed == ("GE", "SLC")


def test_first_month_has_nothing_to_compare_with_last_month():
    found = report(facts(counts(FIRST), counts(LAST, GE=13)))

    assert (figure(found).since_month, figure(found).since_period) == (None, 3)


def test_later_site_is_compared_with_its_first_count():
    started = date(1999, 7, 10)
    found = report(
        facts(counts(date(1999, 7, 12)), counts(date(1999, 7, 31), GE=14), in_service_on=started), month=JULY
    )

    assert (figure(found).since_month, figure(found).since_period) == (None, 4)
    assert found.rows[0].served == DaySpan(started, date(1999, 7, 31))


def test_charged_level_stays_whatever_is_measured_in_the_first_period():
    row = report(facts(counts(LAST, GE=40, SLC=22, SM=3))).rows[0]

    assert (row.charged_level.name, row.charged.basis, row.measured.level.name) == (
        "Very Small",
        Basis.OPENING,
        "Large",
    )
    assert [part.component.code for part in row.measured.deciding] == ["GE", "SLC", "SM"]
    assert (row.measured.nearest.distance, row.measured.nearest.room) == ("22 of 25 SLC", 3)


def test_level_of_the_second_period_goes_on_until_it_is_agreed():
    october = Month(1999, 10)
    created = counts(date(1999, 10, 31), GE=18)
    going_on = report(facts(created), month=october).rows[0]
    agreed = report(facts(created, agreed=(AgreedLevel(2, "SMALL", date(1999, 9, 1)),)), month=october).rows[0]

    assert (going_on.charged_level.name, going_on.charged.provisional) == ("Very Small", True)
    assert (agreed.charged_level.name, agreed.charged.provisional) == ("Small", False)


@pytest.mark.parametrize(
    ("in_service_on", "removed_on", "shown"),
    [
        (FIRST, None, True),
        (date(1998, 11, 30), None, True),
        (date(1998, 12, 1), None, False),
        (FIRST, date(1998, 11, 1), True),
        (FIRST, date(1998, 10, 31), False),
    ],
)
def test_site_is_in_the_report_when_it_is_in_service_on_a_day_of_the_month(in_service_on, removed_on, shown):
    found = report(facts(in_service_on=in_service_on, removed_on=removed_on), month=NOVEMBER)

    assert bool(found.rows) is shown


def test_site_that_opens_later_in_the_running_month_is_not_in_it_yet():
    assert report(facts(in_service_on=date(1998, 11, 20)), month=NOVEMBER, on=date(1998, 11, 10)).rows == ()


def test_site_without_terms_in_force_has_counts_and_the_reason():
    (row,) = report(facts(counts(FIRST)), on=date(1998, 10, 10)).rows

    assert (row.measured, row.charged, row.changes) == (None, None, None)
    assert [one.count.quantity for one in row.figures] == [10, 1, 5, 1, 1, 1]
    assert row.refusal.startswith("No price schedule on file, as known on 10 October 1998")


def test_totals_sum_the_figures_shown_and_say_which_are_old():
    fresh = facts(counts(LAST, GE=13), counts(date(1998, 11, 30), GE=15), key=1)
    old = facts(counts(LAST, GE=20), key=2, name="Mobile, AL")
    never = facts(key=3, name="Eugene, OR")
    total = report(fresh, old, never, month=NOVEMBER).totals[0]

    assert total == {"code": "GE", "quantity": 35, "sites": 3, "stale": 1, "not_counted": 1, "since_month": 2}


def test_levels_count_the_sites_charged_and_measured_at_each():
    sites = (facts(counts(LAST), key=1), facts(counts(LAST, GE=20), key=2), facts(key=3))

    assert [tuple(one.values()) for one in report(*sites).levels] == [
        ("Very Small", 3, 1),
        ("Small", 0, 1),
        ("", 0, 1),
    ]


def test_included_services_and_hours_are_the_services_utilized():
    found = report(facts(counts(LAST), hours={"Customer Care": Decimal("12.50")}))

    assert [service.name for service in found.included] == [
        "Traffic Management",
        "Capacity Management",
        "Network Management",
    ]
    assert found.rows[0].hours == {"Customer Care": Decimal("12.50")}


# ---- months ------------------------------------------------------------------------------------------------------


def months(*services: tuple[date, date | None], expires_on: date | None = reference.EXPIRES_ON, on=date(1999, 7, 15)):
    found = agreement_months(first_period_starts_on=reference.ANCHOR, expires_on=expires_on, services=services, on=on)
    return [str(month) for month in found]


def test_reference_term_has_24_months():
    found = months((FIRST, None))

    assert (len(found), found[0], found[-1]) == (24, "October 1998", "September 2000")


def test_months_are_those_in_which_some_site_is_in_service():
    found = months((date(1998, 12, 31), date(1999, 1, 1)), (date(2000, 8, 15), None), (date(1997, 1, 1), FIRST))

    assert found == ["October 1998", "December 1998", "January 1999", "August 2000", "September 2000"]


def test_term_without_an_end_reaches_to_the_running_month():
    assert months((FIRST, None), expires_on=None, on=date(1998, 12, 3)) == [
        "October 1998",
        "November 1998",
        "December 1998",
    ]


def test_agreement_without_sites_has_no_month():
    assert months() == []
