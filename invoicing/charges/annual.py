"""A site's annual charge: the steps of an instalment, what is stored of it, computed again, and in words."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from contracts.money import cents, money_text, unit_like
from contracts.periods import MONTHS_A_YEAR, AnnualPeriod, DaySpan, annual_period, day_text
from contracts.readings import Frequency, Proration, Rounding
from invoicing.charges.charge import Charge, InWords, stored_money
from invoicing.charges.instalments import PricedDays, governed, instalments

INSTALMENT = "instalment"
"""The rule by which an instalment is computed again."""


def instalment_steps(charge: Charge) -> tuple[str, ...]:
    """Return the steps of an instalment's calculation, one sentence each, ending with its amount."""
    steps: list[str] = []
    readings = charge.readings
    for p in charge.priced:
        days = charge.instalment.part.overlap(p.days.first_day, p.days.last_day)
        if days:
            steps += [step for step in p.why if step not in steps]
            steps.append(f"{p.level_name}: {money_text(p.annual_price)} a year ({p.source}).")
            steps += _part_steps(charge, days, readings.proration)
    return (*steps, _rounding_step(charge, readings.rounding))


def _part_steps(charge: Charge, days: DaySpan, proration: Proration) -> list[str]:
    part, period = charge.instalment.part, charge.period
    if proration is Proration.DAILY:
        return [f"{_days(days)}: {days.days} of the {period.full_span.days} days of the annual period."]
    months = [month for month in period.months() if part.overlap(month.first_day, month.last_day)]
    if proration is Proration.NONE:
        return [_spread_step(charge, days), *_split_steps(charge, days, months)]
    whole = sum(1 for month in months if month.overlap(days.first_day, days.last_day) == month)
    steps = [f"{whole} of {MONTHS_A_YEAR} months, each a twelfth of the annual price."] if whole else []
    for month in months:
        shared = month.overlap(days.first_day, days.last_day)
        if shared and shared != month:
            steps.append(f"{_days(shared)}: {shared.days} of {month.days} days of a month, which is a twelfth.")
    return steps


def _spread_step(charge: Charge, days: DaySpan) -> str:
    over = "spread over the months in service"
    if charge.spread_through:
        over += f" and those to {day_text(charge.spread_through)}: an end of charges calls in nothing"
    return f"{_days(days)}: the whole annual price, {over}."


def _split_steps(charge: Charge, days: DaySpan, months: Sequence[DaySpan]) -> Iterator[str]:
    """The share of each month in which the price changes, for the price of some days."""
    for month in months:
        shares = governed(month=month, priced=charge.priced)
        for priced, span in shares if len(shares) > 1 else ():
            if priced.days.overlap(days.first_day, days.last_day):
                yield f"{_days(span)}: {span.days} of {month.days} days of a month in which the price changes."


def _days(span: DaySpan) -> str:
    if span.days == 1:
        return f"{day_text(span.first_day)}"
    return f"{day_text(span.first_day)} to {day_text(span.last_day)}"


def _rounding_step(charge: Charge, rounding: Rounding) -> str:
    instalment = charge.instalment
    named = f"Instalment {instalment.number} of {instalment.of}"
    if rounding is Rounding.LAST_ABSORBS:
        return f"{named}, rounded by itself, the last one carrying the difference: {money_text(charge.amount)}."
    unit = unit_like(charge.amount)
    through = cents(instalment.exact_through, unit)
    before = cents(instalment.exact_through - instalment.exact, unit)
    return (
        f"{named}: {money_text(through)} due through it, less {money_text(before)} due before it, "
        f"is {money_text(charge.amount)}."
    )


def instalment_inputs(charge: Charge) -> dict:
    """Return what `recompute_instalment` needs, as JSON values."""
    readings = charge.readings
    return {
        "rule": INSTALMENT,
        "instalment": charge.instalment.number,
        "frequency": readings.frequency.value,
        "proration": readings.proration.value,
        "rounding": readings.rounding.value,
        "period": _period_json(charge.period),
        "priced": [_priced_json(p) for p in charge.priced],
        "basis": charge.basis.value,
        **({"spread_through": charge.spread_through.isoformat()} if _is_spread_further(charge) else {}),
    }


def _is_spread_further(charge: Charge) -> bool:
    """Whether the amount depends on the day to which charges would have gone on."""
    return charge.readings.proration is Proration.NONE and charge.spread_through is not None


def recompute_instalment(inputs: Mapping) -> Decimal:
    """Compute the amount of an instalment again; raises ValueError where there is no such instalment."""
    computed = instalments(
        period=period_of(inputs["period"]),
        priced=[_priced_of(p) for p in inputs["priced"]],
        frequency=Frequency(inputs["frequency"]),
        proration=Proration(inputs["proration"]),
        rounding=Rounding(inputs["rounding"]),
        spread_through=date.fromisoformat(inputs["spread_through"]) if "spread_through" in inputs else None,
    )
    for instalment in computed:
        if instalment.number == inputs["instalment"]:
            return instalment.amount
    raise ValueError(f"There is no instalment {inputs['instalment']} in what was stored.")


def instalment_in_words(inputs: Mapping) -> InWords:
    """Say what an instalment is computed from."""
    period, of = period_of(inputs["period"]), Frequency(inputs["frequency"]).parts
    yield ("Annual period", f"{period.number}: {period.span}")
    yield ("Instalment", f"{inputs['instalment']} of {of}, {period.parts(of)[inputs['instalment'] - 1]}")
    for priced in inputs["priced"]:
        days = DaySpan(date.fromisoformat(priced["first_day"]), date.fromisoformat(priced["last_day"]))
        yield ("Annual price", f"{stored_money(priced['annual_price'])} for {days} ({priced['source']})")
        if "reason" in priced:
            yield ("Level", priced["reason"])
    if "spread_through" in inputs:
        yield ("Spread over months to", day_text(date.fromisoformat(inputs["spread_through"])))


def _period_json(period: AnnualPeriod) -> dict:
    return {
        "number": period.number,
        "first_period_starts_on": period.anchor.isoformat(),
        "last_day": period.span.last_day.isoformat(),
    }


def period_of(stored: Mapping) -> AnnualPeriod:
    """Return the annual period that stored inputs name."""
    return annual_period(
        number=stored["number"],
        first_period_starts_on=date.fromisoformat(stored["first_period_starts_on"]),
        expires_on=date.fromisoformat(stored["last_day"]),
    )


def _priced_json(priced: PricedDays) -> dict:
    return {
        "first_day": priced.days.first_day.isoformat(),
        "last_day": priced.days.last_day.isoformat(),
        "annual_price": str(priced.annual_price),
        "level": priced.level_code,
        "source": priced.source,
        **({"reason": priced.reason} if priced.reason else {}),
    }


def _priced_of(stored: Mapping) -> PricedDays:
    return PricedDays(
        DaySpan(date.fromisoformat(stored["first_day"]), date.fromisoformat(stored["last_day"])),
        Decimal(stored["annual_price"]),
        stored["level"],
        source=stored["source"],
        reason=stored.get("reason", ""),
    )
