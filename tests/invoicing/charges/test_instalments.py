"""Instalments of an annual charge: their sum is the whole to the cent, for any price, start and reading."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.money import hundredths
from contracts.periods import DaySpan, annual_period
from contracts.readings import Frequency, Proration, Rounding, Timing
from invoicing.charges.instalments import PricedDays, instalments
from sites.billing_parts import billing_part_due
from tests.reference import bounded, period


def test_instalments_of_nothing_are_none():
    assert instalments(period=period(1), priced=[]) == ()


@pytest.mark.parametrize(
    ("timing", "expected"), [(Timing.IN_ADVANCE, date(2000, 7, 1)), (Timing.IN_ARREARS, date(2000, 7, 22))]
)
def test_part_falls_due_within_its_annual_period(timing, expected):
    cut = period(2, expires_on=date(2000, 7, 22))

    assert billing_part_due(cut.months()[9], cut, timing) == expected


prices = st.integers(min_value=1, max_value=9_999_999_999).map(lambda number: Decimal(number).scaleb(-2))
anchors = st.dates(min_value=date(1996, 1, 1), max_value=date(2004, 12, 31))


@bounded
@given(
    prices,
    anchors,
    st.integers(0, 364),
    st.sampled_from(Frequency),
    st.sampled_from(Proration),
    st.sampled_from(Rounding),
)
def test_instalments_of_any_price_and_start_sum_to_the_rounded_whole(
    price, anchor, day, frequency, proration, rounding
):
    within = annual_period(number=1, first_period_starts_on=anchor, expires_on=None)
    start = date.fromordinal(anchor.toordinal() + day)
    parts = instalments(
        period=within,
        priced=[PricedDays(DaySpan(start, within.span.last_day), price)],
        frequency=frequency,
        proration=proration,
        rounding=rounding,
    )

    served = [month.overlap(start, None) for month in within.months()]
    exact = {
        Proration.NONE: Fraction(price),
        Proration.DAILY: Fraction(price) * (within.span.days - day) / within.span.days,
        Proration.MONTHLY: sum(
            Fraction(price) / 12 * days.days / month.days
            for month, days in zip(within.months(), served, strict=True)
            if days
        ),
    }[proration]
    assert sum(part.amount for part in parts) == hundredths(exact)
    assert sum(part.service.days for part in parts) == within.span.days - day
    if rounding is Rounding.CUMULATIVE:
        assert all(part.amount >= 0 for part in parts)
        assert all(abs(Fraction(part.amount) - part.exact) < Fraction(1, 100) for part in parts)
