"""Money: the currencies, the places of each, and the only place where an amount is rounded.

An amount is a `Decimal` with the places of its currency: 163000.00 in dollars, 83333 in yen, 12.345 in dinars. What is
added to it or subtracted from it keeps them. What has not been rounded yet is a `Fraction`, so that a third of a price
stays a third until it is printed.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
NOTHING = Decimal("0E+3")
"""No money, in any currency: a sum that begins with it has the places of what is added."""
LARGEST = Decimal("99999999999.99")

MOST_PLACES = 3
_WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_OF_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_OF_TWO_DECIMALS = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
    CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
    KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
    NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
    TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
CURRENCIES = {
    code: places
    for places, codes in ((2, _OF_TWO_DECIMALS), (0, _WITHOUT_DECIMALS), (3, _OF_THREE_DECIMALS))
    for code in codes.split()
}
"""The places of each currency of ISO 4217 in which people pay: no funds, metals and units of account."""


def unit_of(currency: str) -> Decimal:
    """Return the smallest unit of a currency (ISO 4217): 1 for JPY, 0.01 for USD, 0.001 for KWD."""
    return Decimal(1).scaleb(-CURRENCIES[currency])


def unit_like(amount: Decimal) -> Decimal:
    """Return the smallest unit of an amount's currency, which its own places say."""
    return Decimal(1).scaleb(amount.as_tuple().exponent)


def in_currency(amount: Decimal, currency: str) -> Decimal:
    """Return an amount with the places of its currency; one that the currency cannot hold stays as it is."""
    return in_units(amount, unit_of(currency))


def in_units(amount: Decimal, unit: Decimal) -> Decimal:
    """Return an amount with the places of a unit; one that is not whole units stays as it is."""
    if not amount.is_finite() or amount.adjusted() > LARGEST.adjusted():
        return amount
    whole = amount.quantize(unit, rounding=ROUND_HALF_UP)
    return whole if whole == amount else amount


def unheld(amount: Decimal, currency: str) -> str:
    """Say that a currency cannot hold an amount, and what it can hold; empty where it can."""
    if amount.is_finite() and (Fraction(amount) / Fraction(unit_of(currency))).denominator == 1:
        return ""
    places = CURRENCIES[currency]
    return (
        f"An amount in {currency} has {f'at most {places} decimals' if places else 'no decimals'}: {amount:f} is none."
    )


def cents(amount: Decimal | Fraction | int, unit: Decimal) -> Decimal:
    """Round an exact amount half up, away from zero, to whole units: 13583.333... is 13583.33, -0.005 is -0.01.

    Nothing is ever minus nothing: -0.004 is 0.00.
    """
    scaled = abs(Fraction(amount)) / Fraction(unit)
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if amount >= 0 else -whole).scaleb(unit.as_tuple().exponent)


def hundredths(number: Decimal | Fraction | int) -> Decimal:
    """Round a number that is no money, such as hours, half up to two decimals."""
    return cents(number, CENT)


def instalment(*, total: Decimal, number: int, of: int) -> Decimal:
    """Return one of equal instalments, rounded so that all of them add up to the total.

    Instalment `number` (1 to `of`) is what is due through it less what was due before it, each rounded to the unit of
    the total: 163,000.00 in twelve is 13,583.33, 13,583.34, 13,583.33, ... Raises ValueError for a number outside 1 to
    `of`.
    """
    if not 1 <= number <= of:
        raise ValueError(f"There is no instalment {number} of {of}.")
    unit = unit_like(total)
    return cents(Fraction(total) * number / of, unit) - cents(Fraction(total) * (number - 1) / of, unit)


def changed_by(*, amount: Decimal, percent: Decimal) -> Decimal:
    """Return an amount changed by so many per cent, rounded to its unit: 163,000.00 by -5 is 154,850.00."""
    return cents(Fraction(amount) * Fraction(100 + percent) / 100, unit_like(amount))


def split_cumulatively(shares: Sequence[Fraction], unit: Decimal) -> tuple[Decimal, ...]:
    """Round exact shares so that they add up to their rounded sum: round(through k) - round(through k-1)."""
    amounts, exact, rounded = [], Fraction(0), NOTHING
    for share in shares:
        exact += share
        amounts.append(cents(exact, unit) - rounded)
        rounded = cents(exact, unit)
    return tuple(amounts)


def split_last_absorbs(shares: Sequence[Fraction], unit: Decimal) -> tuple[Decimal, ...]:
    """Round each exact share by itself and let the last one carry the difference to the rounded sum."""
    if not shares:
        return ()
    amounts = [cents(share, unit) for share in shares[:-1]]
    return (*amounts, cents(sum(shares, Fraction(0)), unit) - sum(amounts, NOTHING))


def plain_text(amount: Decimal) -> str:
    """Write an amount as files and stored values have it: its places, a point, no separators (`-18750.00`)."""
    return f"{placed(amount):f}"


def money_text(amount: Decimal) -> str:
    """Print an amount as a reader expects it: thousands separated, a minus in front, its places (`-18,750.00`)."""
    return f"{placed(amount):,f}"


def placed(amount: Decimal) -> Decimal:
    """Return an amount with two places where it is no money in no currency."""
    return amount + ZERO if amount.as_tuple().exponent > 0 else +amount  # nothing is ever minus nothing
