from decimal import Decimal

import pytest

from contracts.schedule import HourPrices
from sites.hours import PriceNotStated, blocks_amount, hourly_amount
from tests.reference import SCHEDULE

PRICES = SCHEDULE.hours


@pytest.mark.parametrize(("blocks", "amount"), [(0, "0.00"), (1, "121500.00"), (2, "243000.00"), (10, "1215000.00")])
def test_blocks_cost_their_price_each(blocks, amount):
    assert str(blocks_amount(prices=PRICES, blocks=blocks)) == amount


@pytest.mark.parametrize(
    ("hours", "amount"),
    [
        ("0", "0.00"),  # nothing for nothing
        ("0.01", "81.00"),  # the minimum of one hour
        ("0.50", "81.00"),
        ("1.00", "81.00"),
        ("1.01", "81.81"),
        ("1.25", "101.25"),  # 1.25 x 81
        ("10.50", "850.50"),
        ("1501", "121581.00"),
    ],
)
def test_hours_cost_at_least_the_minimum(hours, amount):
    assert str(hourly_amount(prices=PRICES, hours=Decimal(hours))) == amount


def test_hours_without_a_minimum_cost_what_was_done():
    prices = HourPrices(hourly_price=Decimal("81.00"))

    assert str(hourly_amount(prices=prices, hours=Decimal("0.50"))) == "40.50"


def test_price_not_stated_is_never_zero():
    with pytest.raises(PriceNotStated, match=r"^The price schedule states no price for a block of hours\.$"):
        blocks_amount(prices=HourPrices(), blocks=1)
    with pytest.raises(PriceNotStated, match=r"^The price schedule states no hourly price\.$"):
        hourly_amount(prices=HourPrices(), hours=Decimal("1.00"))
