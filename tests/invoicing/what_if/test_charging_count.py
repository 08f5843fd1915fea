"""What a count of a site's switch decides, and what the next run makes of another one."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.periods import DaySpan, annual_periods
from invoicing.charges.charge import SiteFacts
from invoicing.charges.due import due_through
from invoicing.charges.unbilled import unbilled
from invoicing.runs.books import Books
from invoicing.what_if.charging_count import ChargingCount, CountEffect, days_decided, with_count
from invoicing.what_if.compare import Amounts
from tests import reference

FEBRUARY = date(1999, 2, 28)
INVOICES = tuple(f"INV-0000{number}" for number in range(1, 6))
FIRST, SECOND = DaySpan(date(1998, 10, 1), date(1999, 9, 30)), DaySpan(date(1999, 10, 1), date(2000, 9, 30))


def counted(*counts: tuple[date, int]) -> SiteFacts:
    return replace(reference.site(1, name="Akron"), switch_counts=counts)


def decided(site: SiteFacts, day: date, stands: int | None) -> tuple[DaySpan, ...]:
    periods = annual_periods(
        first_period_starts_on=reference.ANCHOR, through=date(1999, 11, 30), expires_on=date(2000, 9, 30)
    )
    return days_decided(terms=reference.AGREEMENT, site=site, counted_on=day, stands=stands, periods=periods)


JULY = date(1999, 7, 1)


@pytest.mark.parametrize(
    ("counts", "day", "stands", "days"),
    [
        ([(reference.ANCHOR, 1)], reference.ANCHOR, 1, (FIRST, SECOND)),
        ([(reference.ANCHOR, 1), (JULY, 1)], reference.ANCHOR, 1, (DaySpan(FIRST.first_day, date(1999, 6, 30)),)),
        ([(reference.ANCHOR, 1), (JULY, 1)], JULY, 1, (SECOND,)),  # the first period is charged since October
        ([(reference.ANCHOR, 0), (JULY, 1)], JULY, 1, (DaySpan(JULY, FIRST.last_day), SECOND)),
        ([(reference.ANCHOR, 0)], reference.ANCHOR, 0, (FIRST, SECOND)),
        ([(reference.ANCHOR, 1)], JULY, None, (SECOND,)),  # one that was withdrawn, and may be recorded again
        ([(JULY, 0)], JULY, 0, (FIRST, SECOND)),  # the first count of the period
    ],
)
def test_days_that_a_count_decides(counts, day, stands, days):
    assert decided(counted(*counts), day, stands) == days


def test_a_site_without_service_in_a_period_is_decided_by_no_count():
    gone = replace(counted((reference.ANCHOR, 1)), removed_on=date(1999, 3, 31))

    assert decided(gone, reference.ANCHOR, 1) == (FIRST,)


def billed_through_february(site: SiteFacts) -> dict:
    due = due_through(agreement=reference.AGREEMENT, sites=[site], through=FEBRUARY, known_on=reference.LATER)
    return reference.with_documents({}, unbilled(due=due, billed={}, sites={1: site}), names=INVOICES)


def effect(
    site: SiteFacts,
    billed: dict,
    stands: int | None,
    becomes: int | None,
    *,
    day=reference.ANCHOR,
    through: date = FEBRUARY,
) -> CountEffect:
    books = Books({1: site}, billed=billed)
    switch = ChargingCount(reference.AGREEMENT, "USD", books, 1, "5ESS", day, stands, through, reference.LATER)
    return switch.effect(becomes=becomes)


ONE, NONE = counted((reference.ANCHOR, 1)), counted((reference.ANCHOR, 0))


def test_a_switch_counted_as_0_credits_what_was_billed():
    shown = effect(ONE, billed_through_february(ONE), 1, 0)

    assert shown == CountEffect(FEBRUARY, Amounts(Decimal("0"), Decimal("-67916.67")), INVOICES)
    assert shown.sentence(currency="USD") == (
        "The next run, through 28 February 1999, credits 67,916.67 USD by this correction, for what was billed in "
        "INV-00001, INV-00002, INV-00003, INV-00004, INV-00005."
    )


@pytest.mark.parametrize("becomes", [None, 2])
def test_another_figure_above_0_and_a_missing_one_change_nothing(becomes):
    shown = effect(ONE, billed_through_february(ONE), 1, becomes)

    assert (shown.amounts.difference, shown.documents, shown.sentence(currency="USD")) == (0, (), "")


def test_a_switch_that_is_there_after_all_is_billed():
    shown = effect(NONE, {}, 0, 1)

    assert (shown.amounts.difference, shown.documents) == (Decimal("67916.67"), ())
    assert shown.sentence(currency="USD") == (
        "The next run, through 28 February 1999, bills 67,916.67 USD by this correction."
    )


def test_a_switch_that_came_later_credits_the_days_before_it():
    later = with_count(site=NONE, counted_on=date(1999, 1, 1), stands=None, becomes=1)
    shown = effect(later, billed_through_february(ONE), 0, 0)
    assert (shown.amounts.before, shown.amounts.difference) == (Decimal("-40750.00"), 0)  # October to December

    moved = effect(later, billed_through_february(ONE), 1, 0, day=date(1999, 1, 1))
    assert moved.amounts.after == Decimal("-67916.67")


def test_what_else_the_run_bills_is_told_apart():
    ended = replace(ONE, charged_through=date(1999, 1, 31))
    shown = effect(ended, billed_through_february(ONE), 1, 0)

    # The end of January credits February, 13,583.34; the switch credits the four months before.
    assert (shown.amounts.before, shown.amounts.difference, shown.documents) == (
        Decimal("-13583.34"),
        Decimal("-54333.33"),
        INVOICES[:4],
    )
    assert shown.sentence(currency="USD").endswith(
        "INV-00004. Together with what else it bills for the site, it credits 67,916.67 USD."
    )


def test_a_run_that_is_not_possible_says_why():
    shown = effect(ONE, {}, 1, 0, through=date(2005, 1, 31))

    assert shown.sentence(currency="USD").startswith("What the next run makes of it cannot be said: ")
