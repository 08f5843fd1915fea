from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from sites.integration.prices import (
    PlacedOrder,
    Placement,
    Priced,
    PriceNotStated,
    Quoted,
    integration_price,
    placement,
)
from tests.reference import LARGE, MEDIUM, SCHEDULE, SMALL, VERY_LARGE, VERY_SMALL

JULY = date(1999, 7, 15)
QUOTED = Quoted("Q-17", Decimal("145000.00"), date(1999, 7, 1))


def price(level, quotation=None, known_on=JULY, schedule=SCHEDULE):
    return integration_price(schedule=schedule, level=level, quotation=quotation, known_on=known_on)


@pytest.mark.parametrize("level", [VERY_SMALL, SMALL])
def test_size_that_the_schedule_prices_costs_that_price(level):
    expected = Priced(Decimal("100000.00"), "Appendix A, note 5")

    assert price(level) == expected
    assert price(level, QUOTED) == expected


def test_other_sizes_have_no_price_and_are_never_free():
    for level in (MEDIUM, LARGE, VERY_LARGE):
        assert price(level) == PriceNotStated(
            f"The price schedule states no price for system integration at a {level.name} site (Appendix A, note 5). "
            "Attach a quotation with its own price that both parties have signed."
        )


def test_message_without_a_clause_names_none():
    assert price(MEDIUM, schedule=replace(SCHEDULE, integration_clause="")) == PriceNotStated(
        "The price schedule states no price for system integration at a Medium site. "
        "Attach a quotation with its own price that both parties have signed."
    )


def test_size_priced_at_zero_is_priced():
    assert price(replace(MEDIUM, integration_price=Decimal("0.00"))) == Priced(Decimal("0.00"), "Appendix A, note 5")


def test_site_without_a_level_has_no_price():
    assert price(None) == PriceNotStated(
        "The site has no charged level yet, so that system integration has no price. Record its level first."
    )


@pytest.mark.parametrize("level", [MEDIUM, None])
def test_quotation_stands_in_from_the_day_both_have_signed_it(level):
    assert price(level, QUOTED, date(1999, 7, 1)) == Priced(Decimal("145000.00"), "Quotation Q-17")
    assert price(level, QUOTED, date(1999, 6, 30)) == PriceNotStated(
        "Quotation Q-17 is not signed by both parties yet. Record both signatures first."
    )


def test_quotation_without_its_document_on_file_gives_no_price():
    bare = replace(QUOTED, has_document=False)

    assert price(MEDIUM, bare) == PriceNotStated(
        "The signed document of Quotation Q-17 is not on file, and gives no price before it is. "
        "Attach the document to the quotation."
    )
    assert price(SMALL, bare) == Priced(Decimal("100000.00"), "Appendix A, note 5")


FIRST, SECOND = PlacedOrder(1, "Amendment 1", date(1999, 2, 1)), PlacedOrder(1, "Amendment 1", date(1999, 6, 1))


def test_first_order_of_a_site_needs_no_confirmation():
    placed = placement(order=FIRST, standing=[])

    assert (placed, placed.is_duplicate, placed.needs_confirmation) == (Placement(None, ""), False, False)


@pytest.mark.parametrize(
    ("reason", "needs_confirmation"), [("", True), ("  ", True), ("The switch was moved to another building.", False)]
)
def test_second_order_of_a_site_needs_a_reason(reason, needs_confirmation):
    placed = placement(order=SECOND, standing=[FIRST], reason=reason)

    assert (placed.duplicate_of, placed.is_duplicate) == (FIRST, True)
    assert (placed.needs_confirmation, placed.reason) == (needs_confirmation, reason.strip())


def test_order_of_another_site_is_no_duplicate():
    assert placement(order=SECOND, standing=[replace(FIRST, site=2)]) == Placement(None, "")


def test_order_under_a_later_schedule_is_confirmed_too():
    later = replace(SECOND, schedule="Amendment 2")

    assert placement(order=later, standing=[FIRST]).needs_confirmation
    assert placement(order=later, standing=[FIRST], reason="Second switch").needs_confirmation is False
    assert placement(order=later, standing=[FIRST, later]).duplicate_of == later  # of the same schedule first


def test_duplicate_names_the_first_order():
    third = replace(SECOND, ordered_on=date(1999, 7, 1))

    assert placement(order=third, standing=[SECOND, FIRST]).duplicate_of == FIRST
