"""What the site pages show, from rows that are not saved."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.levels import Flag
from contracts.models import ServiceLevel
from contracts.schedule import OpeningRule
from contracts.terms import terms_on
from sites.models import ChargedLevel, ComponentCount, RenewalReview, Site
from sites.review_days import ReviewKind
from sites.site_pages import pages
from sites.site_pages.pages import ServiceState
from tests import reference

JULY = date(1999, 7, 15)


def site(*counts: tuple[date, dict[str, int]], levels: tuple[ChargedLevel, ...] = (), **fields) -> Site:
    row = Site(**{"city": "Reno", "in_service_on": reference.ANCHOR, **fields})
    row.charged_level_list, row.level_decision_list = list(levels), []
    row.count_list = [
        ComponentCount(component_code=code, counted_on=day, quantity=quantity, recorded_on=day)
        for day, quantities in counts
        for code, quantity in quantities.items()
    ]
    return row


def level(period_number: int, code: str, agreed_on: date) -> ChargedLevel:
    return ChargedLevel(period_number=period_number, level=ServiceLevel(code=code), agreed_on=agreed_on)


def page(row: Site, on: date = JULY) -> pages.SitePage:
    return pages.site_page(site=row, agreement=reference.AGREEMENT, on=on)


@pytest.mark.parametrize(
    ("in_service_on", "removed_on", "state"),
    [
        (date(1999, 7, 16), None, ServiceState.PLANNED),
        (JULY, None, ServiceState.IN_SERVICE),
        (date(1999, 1, 1), JULY, ServiceState.IN_SERVICE),
        (date(1999, 1, 1), date(1999, 7, 14), ServiceState.REMOVED),
    ],
)
def test_service_state_includes_both_days(in_service_on, removed_on, state):
    row = site(in_service_on=in_service_on, removed_on=removed_on)

    assert pages.service_state(site=row, on=JULY) is state


def test_row_has_both_levels():
    row = pages.site_row(site=site((date(1999, 7, 1), reference.counts(GE=16))), agreement=reference.AGREEMENT, on=JULY)

    assert (row.charged.name, row.measured.level.name, row.in_force) == ("Very Small", "Small", True)


def test_row_without_terms_in_force_has_no_level():
    row = pages.site_row(site=site(), agreement=reference.AGREEMENT, on=date(2000, 10, 1))

    assert (row.state, row.in_force, row.charged, row.measured) == (ServiceState.IN_SERVICE, False, None, None)


def test_months_mark_changes_and_what_is_missing():
    row = site(
        (date(1999, 4, 30), {"GE": 10, "SLC": 5}),
        (date(1999, 5, 31), {"GE": 14}),
        (date(1999, 7, 1), {"GE": 12, "SLC": 5}),
        in_service_on=date(1999, 4, 1),
    )

    shown = page(row).months

    ge = [
        (str(month.month), month.cells[0].count and month.cells[0].count.quantity, month.cells[0].change_text)
        for month in shown
    ]
    slc = [month.cells[2].count and month.cells[2].count.quantity for month in shown]
    assert ge == [("July 1999", 12, "−2"), ("June 1999", None, ""), ("May 1999", 14, "+4"), ("April 1999", 10, "")]
    assert slc == [5, None, None, 5]
    assert [month.over for month in shown] == [False, True, True, True]
    assert shown[-1].counted_on == (date(1999, 4, 30),)


def test_a_change_within_the_first_month_is_marked():
    row = site((date(1998, 10, 1), {"GE": 10}), (date(1998, 10, 31), {"GE": 12}))

    (october,) = page(row, on=date(1998, 10, 31)).months

    assert (october.cells[0].count.quantity, october.cells[0].change_text) == (12, "+2")
    assert october.counted_on == (date(1998, 10, 1), date(1998, 10, 31))


def test_zero_is_a_count():
    row = site((date(1999, 7, 1), {"GE": 0}), in_service_on=date(1999, 7, 1))

    (july,) = page(row).months

    assert july.cells[0].count.quantity == 0


def test_a_component_the_table_does_not_know_has_its_own_column():
    row = site((date(1999, 7, 1), {"GE": 1, "OLD": 3}), in_service_on=date(1999, 7, 1))

    assert [component.code for component in page(row).components] == [
        "GE",
        "5ESS",
        "SLC",
        "SM",
        "DACS2",
        "DACS4",
        "OLD",
    ]


def test_months_end_with_the_site():
    row = site((date(1999, 4, 1), {"GE": 1}), in_service_on=date(1999, 4, 1), removed_on=date(1999, 5, 10))

    assert [str(month.month) for month in page(row).months] == ["May 1999", "April 1999"]


def test_planned_site_has_no_month_and_no_period():
    shown = page(site(in_service_on=date(1999, 9, 1)))

    assert shown.months == ()
    assert [(row.period.number, row.measured) for row in shown.periods] == [(1, None)]
    assert shown.latest is None


def test_each_period_has_the_level_measured_at_its_end():
    row = site(
        (date(1999, 7, 1), reference.counts(GE=16)),
        (date(1999, 12, 1), reference.counts(GE=26)),
        levels=(level(2, "SMALL", date(1999, 8, 10)),),
    )

    second, first = page(row, on=date(2000, 1, 15)).periods

    assert (first.charged.name, first.measured.level.name, first.measured_on) == (
        "Very Small",
        "Small",
        date(1999, 9, 30),
    )
    assert (second.charged.name, second.charged.charged.basis.value) == ("Small", "agreed")
    assert (second.measured.level.name, second.measured_on) == ("Medium", date(2000, 1, 15))
    assert (first.running, second.running) == (False, True)
    assert (second.counted_from, second.counted_through) == (date(1999, 12, 1), date(1999, 12, 1))


def test_until_the_parties_agree_the_level_is_provisional():
    second = page(site((date(1999, 7, 1), reference.counts())), on=date(1999, 10, 1)).periods[0]

    assert (second.charged.name, second.charged.charged.provisional) == ("Very Small", True)


def test_an_agreed_level_is_shown_before_its_period_begins():
    row = site((date(1999, 7, 1), reference.counts()), levels=(level(2, "SMALL", date(1999, 8, 10)),))

    before, after = page(row, on=date(1999, 8, 9)), page(row, on=date(1999, 8, 10))

    assert [period.period.number for period in before.periods] == [1]
    assert [(period.period.number, period.charged.name) for period in after.periods] == [
        (2, "Small"),
        (1, "Very Small"),
    ]
    assert after.latest.period.number == 1


def test_flags_come_with_the_measured_level():
    row = site((date(1999, 7, 1), reference.counts(switches=2)))

    (first,) = page(row).periods

    assert (first.measured.level, first.measured.flags) == (None, (Flag.SEVERAL_SWITCHES,))


def test_every_component_deciding_is_said_once():
    all_alike = page(site((date(1999, 7, 1), reference.counts()))).latest
    one_decides = page(site((date(1999, 7, 1), reference.counts(GE=16)))).latest

    assert (all_alike.all_decide, one_decides.all_decide) == (True, False)
    assert [part.distance for part in one_decides.measured.deciding] == ["16 of 25 gateway elements"]


def test_agreement_sites_follow_the_service_date():
    rows = [site(), site(in_service_on=date(1999, 9, 1)), site(removed_on=date(1999, 5, 1))]
    outcome = terms_on(agreement=reference.AGREEMENT, service_on=JULY, known_on=JULY)

    shown = pages.agreement_sites(sites=rows, agreement=reference.AGREEMENT, outcome=outcome)

    assert [(row.state.value, row.charged.name if row.charged else None) for row in shown] == [
        ("In service", "Very Small"),
        ("Planned", None),
        ("Removed", "Very Small"),
    ]


SMALL = ChargedLevel(
    period_number=2, level=ServiceLevel(code="SMALL", name="Small"), agreed_on=date(1999, 7, 10), is_starting=True
)
NOVEMBER = date(1999, 11, 1)


@pytest.mark.parametrize(
    ("row", "known_on", "start"),
    [
        (site(in_service_on=date(1999, 9, 1)), JULY, None),
        (site(in_service_on=date(2000, 10, 2)), JULY, None),
        (
            site(in_service_on=NOVEMBER),
            JULY,
            pages.PlannedStart(None, "Very Small is charged unless another level is decided."),
        ),
        (site(in_service_on=NOVEMBER, levels=(SMALL,)), JULY, pages.PlannedStart("Small", "Decided on 10 July 1999.")),
        (
            site(in_service_on=NOVEMBER, levels=(SMALL,)),
            date(1999, 7, 9),
            pages.PlannedStart(None, "Very Small is charged unless another level is decided."),
        ),
    ],
)
def test_agreement_sites_say_how_a_planned_site_starts(row, known_on, start):
    outcome = terms_on(agreement=reference.AGREEMENT, service_on=JULY, known_on=known_on)

    (shown,) = pages.agreement_sites(sites=[row], agreement=reference.AGREEMENT, outcome=outcome)

    assert (shown.charged, shown.start) == (None, start)


def test_agreement_sites_say_that_a_schedule_without_a_starting_level_leaves_it_open():
    schedule = replace(reference.SCHEDULE, opening=OpeningRule("VERY_SMALL", None, ""))
    agreement = replace(reference.AGREEMENT, amendments=(replace(reference.AMENDMENT, schedule=schedule),))
    outcome = terms_on(agreement=agreement, service_on=JULY, known_on=JULY)

    (shown,) = pages.agreement_sites(sites=[site(in_service_on=NOVEMBER)], agreement=agreement, outcome=outcome)

    assert (
        shown.start.sentence == "The price schedule names no starting level: nothing is charged until one is decided."
    )


def test_agreement_sites_without_terms_have_no_level():
    outcome = terms_on(agreement=reference.AGREEMENT, service_on=date(2000, 10, 1), known_on=JULY)

    (shown,) = pages.agreement_sites(sites=[site()], agreement=reference.AGREEMENT, outcome=outcome)

    assert shown.charged is None


@pytest.mark.parametrize(
    ("on", "reviews", "overdue"),
    [
        (date(1999, 7, 31), [], [False, False]),
        (date(1999, 8, 1), [], [True, False]),
        (date(1999, 8, 1), [RenewalReview(period_number=1, kind="price-review")], [False, False]),
        (date(1999, 8, 1), [RenewalReview(period_number=1, kind="term-check")], [False, False]),
    ],
)
def test_a_review_not_opened_is_overdue_from_its_due_date(on, reviews, overdue):
    rows = pages.agreement_periods(agreement=reference.AGREEMENT, reviews=reviews, on=on)

    assert [(row.due.due_on, row.due.kind) for row in rows] == [
        (date(1999, 8, 1), ReviewKind.PRICE_REVIEW),
        (date(2000, 8, 1), ReviewKind.TERM_CHECK),
    ]
    assert [row.overdue for row in rows] == overdue


def test_an_agreed_term_check_stands_beside_the_price_review_that_an_extension_asks_for():
    extended = reference.agreement(reference.amendment(2, date(2000, 9, 1), expires_on=date(2001, 9, 30)))
    check = RenewalReview(pk=1, period_number=2, kind="term-check", agreed_on=date(2000, 8, 2))
    prices = RenewalReview(pk=2, period_number=2, kind="price-review")

    def second(*reviews):
        return pages.agreement_periods(agreement=extended, reviews=reviews, on=date(2000, 9, 2))[1]

    missing, both = second(check), second(check, prices)
    assert (missing.due.kind, missing.review, missing.overdue, missing.earlier) == (
        ReviewKind.PRICE_REVIEW,
        None,
        True,
        (check,),
    )
    assert (both.review, both.overdue, both.earlier) == (prices, False, (check,))
