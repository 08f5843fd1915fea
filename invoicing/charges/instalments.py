"""The instalments of a site's annual charge: twelfths, parts of months, and the cents that make them meet the whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from contracts.money import split_cumulatively, split_last_absorbs, unit_like
from contracts.periods import MONTHS_A_YEAR, ONE_DAY, AnnualPeriod, DaySpan
from contracts.readings import AdvanceStart, Frequency, Proration, Readings, Rounding
from sites.billing_parts import billing_part_due
from sites.charged import Basis


@dataclass(frozen=True)
class PricedDays:
    """Consecutive days of one annual period at one annual price, with the document that states the price.

    `basis` says why the site is charged at the level, `reason` which decision or counts are behind it.
    """

    days: DaySpan
    annual_price: Decimal
    level_code: str = ""
    level_name: str = ""
    source: str = ""
    basis: Basis | None = None
    reason: str = ""

    @property
    def why(self) -> tuple[str, ...]:
        """Why the site is charged at the level, and which decision or counts are behind it, in sentences."""
        return tuple(filter(None, (self.basis and self.basis.sentence, self.reason)))

    def goes_on_from(self, before: "PricedDays") -> bool:
        """Whether it follows on other days at the same price, for the same reason: both are one stretch then."""
        return before == replace(self, days=before.days) and self.days.first_day == before.days.last_day + ONE_DAY


@dataclass(frozen=True)
class Instalment:
    """One instalment of a site's annual charge. `part` is the billing period, `service` the charged days within it."""

    number: int
    of: int
    part: DaySpan
    service: DaySpan
    exact: Fraction
    exact_through: Fraction
    amount: Decimal


def instalments(
    *,
    period: AnnualPeriod,
    priced: Sequence[PricedDays],
    frequency: Frequency = Frequency.MONTHLY,
    proration: Proration = Proration.MONTHLY,
    rounding: Rounding = Rounding.CUMULATIVE,
    spread_through: date | None = None,
) -> tuple[Instalment, ...]:
    """Return the instalments of one site's annual charge in one annual period, in order.

    An instalment without service is left out. Monthly proration: a month costs a twelfth of the annual price, part of
    a month its share of the month's days. Daily proration: the share of the days of the full annual period. None: the
    whole price, spread over the months served. Rounding is half up to the unit of the price's
    currency; the instalments add up to the rounded exact sum.

    Where charges end early by a recorded credit, `spread_through` is the day through which they would have gone: an end
    of charges calls in nothing that was not due yet, so that the whole price stays spread over the months to that day.
    """
    if not priced:
        return ()
    unit = unit_like(priced[0].annual_price)
    return _instalments(period, tuple(priced), unit, frequency, proration, rounding, spread_through)


@lru_cache(maxsize=4096)
def _instalments(
    period: AnnualPeriod,
    priced: tuple[PricedDays, ...],
    unit: Decimal,
    frequency: Frequency,
    proration: Proration,
    rounding: Rounding,
    spread_through: date | None,
) -> tuple[Instalment, ...]:
    """Remembered, since sites at one price have the same ones, in each of their annual periods and at each run.

    The unit is named beside the price: 1,000 yen and 1,000.00 dollars are equal numbers.
    """
    parts = period.parts(frequency.parts)
    shares = [_share(part, period, priced, proration, spread_through) for part in parts]
    served = [number for number, part in enumerate(parts, start=1) if _service(part, priced)]
    if not served:
        return ()
    split = split_cumulatively if rounding is Rounding.CUMULATIVE else split_last_absorbs
    amounts = split([shares[number - 1] for number in served], unit)
    through = Fraction(0)
    result = []
    for number, amount in zip(served, amounts, strict=True):
        through += shares[number - 1]
        part = parts[number - 1]
        result.append(Instalment(number, len(parts), part, _service(part, priced), shares[number - 1], through, amount))
    return tuple(result)


def _service(part: DaySpan, priced: Sequence[PricedDays]) -> DaySpan | None:
    within = [days for days in (part.overlap(p.days.first_day, p.days.last_day) for p in priced) if days]
    return DaySpan(min(d.first_day for d in within), max(d.last_day for d in within)) if within else None


def _share(
    part: DaySpan,
    period: AnnualPeriod,
    priced: Sequence[PricedDays],
    proration: Proration,
    spread_through: date | None,
) -> Fraction:
    if proration is Proration.DAILY:
        return sum(
            (Fraction(p.annual_price) * _shared_days(part, p.days) / period.full_span.days for p in priced), Fraction(0)
        )
    months = [month for month in period.months() if part.overlap(month.first_day, month.last_day)]
    if proration is Proration.NONE:
        spread = _months_of_service(period, priced, spread_through)
        return sum(
            (
                Fraction(p.annual_price) / spread * days.days / month.days
                for month in months
                for p, days in governed(month=month, priced=priced)
            ),
            Fraction(0),
        )
    return sum(
        (
            Fraction(p.annual_price) / MONTHS_A_YEAR * _shared_days(month, p.days) / month.days
            for month in months
            for p in priced
        ),
        Fraction(0),
    )


def _months_of_service(period: AnnualPeriod, priced: Sequence[PricedDays], spread_through: date | None) -> int:
    """How many months are in service, those after an early end of charges included."""
    ended_on, through = priced[-1].days.last_day, spread_through or date.min
    return sum(1 for month in period.months() if _service(month, priced) or ended_on < month.first_day <= through)


def governed(*, month: DaySpan, priced: Sequence[PricedDays]) -> tuple[tuple[PricedDays, DaySpan], ...]:
    """Return the days of a whole month for which each price counts, where part of a month costs as much as all of it.

    A price counts from its own day; the first one in service counts for the days of the month before it as well.
    """
    within = [p for p in priced if month.overlap(p.days.first_day, p.days.last_day)]
    if not within:
        return ()
    starts = [month.first_day, *(p.days.first_day for p in within[1:])]
    ends = [*(start - ONE_DAY for start in starts[1:]), month.last_day]
    return tuple((p, DaySpan(first, last)) for p, first, last in zip(within, starts, ends, strict=True))


def _shared_days(span: DaySpan, days: DaySpan) -> int:
    shared = span.overlap(days.first_day, days.last_day)
    return shared.days if shared else 0


def instalment_falls_due(instalment: Instalment, period: AnnualPeriod, readings: Readings) -> date:
    """Return the day from which an instalment can be billed; in advance, not before a site that starts is in service.

    For a site of 1 June 2000 the annual price billed in advance, 54,333.33 of 163,000.00, falls due on that day; by the
    other reading on 1 October 1999, as for every site.
    """
    due_on = billing_part_due(instalment.part, period, readings.timing)
    return max(due_on, instalment.service.first_day) if readings.advance_start is AdvanceStart.SERVICE else due_on
