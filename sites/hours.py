"""Prepaid hour blocks and hourly prices (Provisioning/Translations and Customer Care, paragraphs 1 and 2)."""

from decimal import Decimal

from contracts.money import ZERO, cents
from contracts.schedule import HourPrices


class PriceNotStated(ValueError):
    """The schedule in force states no such price; enter it by an amendment before asking for it."""


def blocks_amount(*, prices: HourPrices, blocks: int) -> Decimal:
    """Return what a whole number of prepaid blocks costs. Raises PriceNotStated without a block price (paragraph 1)."""
    if prices.block_price is None:
        raise PriceNotStated("The price schedule states no price for a block of hours.")
    return cents(prices.block_price * blocks)


def hourly_amount(*, prices: HourPrices, hours: Decimal) -> Decimal:
    """Return what hours bought as incurred cost: none for none, otherwise at least the minimum (paragraph 2).

    Raises PriceNotStated without an hourly price.
    """
    if prices.hourly_price is None:
        raise PriceNotStated("The price schedule states no hourly price.")
    if hours == 0:
        return ZERO
    return cents(prices.hourly_price * max(hours, prices.minimum_hours or ZERO))
