"""How documents write amounts and dates that stand in plain values."""

from datetime import date
from decimal import Decimal

from django import template

from contracts import wording
from contracts.money import money_text, placed
from contracts.periods import day_text

register = template.Library()


@register.filter
def money(amount: Decimal | str | None) -> str:
    """Write an amount, or the text of one: `163000.00` becomes 163,000.00; nothing stays empty."""
    return "" if amount in (None, "") else money_text(Decimal(amount))


@register.filter
def signed(amount: Decimal | str | None) -> str:
    """Write a difference with its sign: +82,000.00, −35,000.00, 0.00; nothing stays empty."""
    if amount in (None, ""):
        return ""
    return wording.signed(placed(Decimal(amount)))


@register.filter
def day(value: date | str | None) -> str:
    """Write a date, or the text of one: `1998-10-01` becomes 1 October 1998; nothing stays empty."""
    return "" if value in (None, "") else day_text(_date(value))


@register.filter
def short_day(value: date | str | None) -> str:
    """Write a date for a narrow column: `1998-10-01` becomes 1 Oct 1998; nothing stays empty."""
    return "" if value in (None, "") else f"{_date(value).day} {_date(value):%b %Y}"


def _date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


@register.filter
def figure(amount: Decimal | None) -> str:
    """Write a number of two decimals for a column: 1,501.00; nothing stays empty."""
    return "" if amount is None else f"{amount:,.2f}"


@register.filter
def figure_or_blank(amount: Decimal | None) -> str:
    """Write a number for a column in which 0 says nothing: it stays empty then."""
    return figure(amount) if amount else ""


@register.filter
def hours(amount: Decimal | None) -> str:
    """Write hours with their unit: 1,501.00 h; nothing stays empty."""
    return "" if amount is None else f"{figure(amount)} h"


@register.filter
def whole(number: int | None) -> str:
    """Write a whole number with separators: 60,000; nothing stays empty."""
    return "" if number is None else f"{number:,}"
