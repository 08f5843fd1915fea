"""What is left of an issued line to take back, and how a credited amount is spread over the parts of its charge."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from contracts.money import NOTHING

Shares = dict[int, Decimal]
"""Amounts by part of a charge: by instalment for an annual charge, one part for any other."""


def left_of_line(
    *, shares: Mapping[int, Decimal], credited: Iterable[Mapping[int, Decimal]], billed: Mapping[int, Decimal]
) -> Shares:
    """Return what can still be taken back of an issued line, part by part.

    `shares` is the line's own amount by part, `credited` what earlier credits took of it (negative amounts), `billed`
    what all issued documents have billed for the charge by now. A part that corrections have lowered meanwhile can be
    taken back only as far as it still stands: what is left is never more than was billed for the part, nor for the
    charge in all. A negative line, which gave something back, can be taken back whole. So can a line that both charges
    and gives back, but only as long as all of it stands: otherwise what is left of it could be of the other sign, or
    more than the line.
    """
    left = _left(shares, credited, billed)
    return {part: 0 * amount for part, amount in left.items()} if left != shares and _is_mixed(shares) else left


def _is_mixed(shares: Mapping[int, Decimal]) -> bool:
    return any(amount > 0 for amount in shares.values()) and any(amount < 0 for amount in shares.values())


def _left(
    shares: Mapping[int, Decimal], credited: Iterable[Mapping[int, Decimal]], billed: Mapping[int, Decimal]
) -> Shares:
    left = dict(shares)
    for earlier in credited:
        for part, amount in earlier.items():
            left[part] = left.get(part, NOTHING) + amount
    standing = {part: _standing(amount, billed.get(part, NOTHING)) for part, amount in left.items()}
    return _at_most(standing, max(sum(billed.values(), NOTHING), NOTHING))


def _at_most(left: Shares, most: Decimal) -> Shares:
    """Lower the last parts first, until together they are no more than an amount."""
    excess = max(sum(left.values(), NOTHING) - most, NOTHING)
    for part in sorted(left, reverse=True):
        lowered = min(max(left[part], NOTHING), excess)
        left[part] -= lowered
        excess -= lowered
    return left


def _standing(amount: Decimal, billed: Decimal) -> Decimal:
    return min(amount, max(billed, NOTHING)) if amount > 0 else amount


def spread_credit(*, amount: Decimal, left: Mapping[int, Decimal]) -> Shares:
    """Return how an amount to take back is spread over what is left: the whole, or the earliest parts first.

    Raises ValueError where more is asked than is left, or part of a line that both charges and gives back.
    """
    total = sum(left.values(), NOTHING)
    if amount == total:
        return {part: rest for part, rest in left.items() if rest}
    if any(rest < 0 for rest in left.values()) or not 0 < amount < total:
        raise ValueError(f"{amount} cannot be taken of {total}.")
    spread: Shares = {}
    for part, rest in sorted(left.items()):
        taken = min(rest, amount)
        if taken:
            spread[part] = taken
            amount -= taken
    return spread
