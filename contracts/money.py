"""Money: the only place where an amount is rounded.

An amount is a `Decimal` of whole cents. What has not been rounded yet is a `Fraction`, so that a third of a
price stays a third until it is printed.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
LARGEST = Decimal("99999999999.99")


def cents(amount: Decimal | Fraction | int) -> Decimal:
    """Round an exact amount half up, away from zero, to whole cents: 13583.333... is 13583.33, -0.005 is -0.01.

    Nothing is ever minus nothing: -0.004 is 0.00.
    """
    scaled = abs(Fraction(amount)) * 100
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if amount >= 0 else -whole).scaleb(-2).quantize(CENT, rounding=ROUND_HALF_UP)


def instalment(*, total: Decimal, number: int, of: int) -> Decimal:
    """Return one of equal instalments, rounded so that all of them add up to the total.

    Instalment `number` (1 to `of`) is what is due through it less what was due before it, each rounded to cents:
    163,000.00 in twelve is 13,583.33, 13,583.34, 13,583.33, ... Raises ValueError for a number outside 1 to `of`.
    """
    if not 1 <= number <= of:
        raise ValueError(f"There is no instalment {number} of {of}.")
    return cents(Fraction(total) * number / of) - cents(Fraction(total) * (number - 1) / of)


def changed_by(*, amount: Decimal, percent: Decimal) -> Decimal:
    """Return an amount changed by so many per cent, rounded to cents: 163,000.00 by -5 is 154,850.00."""
    return cents(Fraction(amount) * Fraction(100 + percent) / 100)


def split_cumulatively(shares: Sequence[Fraction]) -> tuple[Decimal, ...]:
    """Round exact shares to cents so that they add up to their rounded sum: round(through k) - round(through k-1)."""
    amounts, exact, rounded = [], Fraction(0), ZERO
    for share in shares:
        exact += share
        amounts.append(cents(exact) - rounded)
        rounded = cents(exact)
    return tuple(amounts)


def split_last_absorbs(shares: Sequence[Fraction]) -> tuple[Decimal, ...]:
    """Round each exact share to cents by itself and let the last one carry the difference to the rounded sum."""
    if not shares:
        return ()
    amounts = [cents(share) for share in shares[:-1]]
    return (*amounts, cents(sum(shares, Fraction(0))) - sum(amounts, ZERO))


def money_text(amount: Decimal) -> str:
    """Print an amount as a reader expects it: thousands separated, two decimals, a minus in front (`-18,750.00`)."""
    return f"{cents(amount):,.2f}"
