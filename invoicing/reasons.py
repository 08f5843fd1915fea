"""Why a line has its amount: the steps in words, and the stored inputs from which it can be computed again."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from contracts.money import ZERO, cents, money_text
from contracts.periods import MONTHS_A_YEAR, AnnualPeriod, DaySpan, annual_period, day_text
from contracts.readings import Frequency, Proration, Rounding
from invoicing.due import Charge, PricedDays, instalments
from invoicing.unbilled import Adjustment


def charge_steps(charge: Charge) -> tuple[str, ...]:
    """Return the steps of a charge's calculation, one sentence each, ending with its amount."""
    steps = [charge.basis.sentence]
    readings = charge.agreement.readings
    for p in charge.priced:
        days = charge.instalment.part.overlap(p.days.first_day, p.days.last_day)
        if days:
            steps.append(f"{p.level_name}: {money_text(p.annual_price)} a year ({p.source}).")
            steps += _part_steps(charge, days, readings.proration)
    return (*steps, _rounding_step(charge, readings.rounding))


def _part_steps(charge: Charge, days: DaySpan, proration: Proration) -> list[str]:
    part, period = charge.instalment.part, charge.period
    if proration is Proration.DAILY:
        return [f"{_days(days)}: {days.days} of the {period.full_span.days} days of the annual period."]
    if proration is Proration.NONE:
        return [f"{_days(days)}: the whole annual price, spread over the months in service."]
    months = [month for month in period.months() if part.overlap(month.first_day, month.last_day)]
    whole = sum(1 for month in months if month.overlap(days.first_day, days.last_day) == month)
    steps = [f"{whole} of {MONTHS_A_YEAR} months, each a twelfth of the annual price."] if whole else []
    for month in months:
        shared = month.overlap(days.first_day, days.last_day)
        if shared and shared != month:
            steps.append(f"{_days(shared)}: {shared.days} of {month.days} days of a month, which is a twelfth.")
    return steps


def _days(span: DaySpan) -> str:
    if span.days == 1:
        return f"{day_text(span.first_day)}"
    return f"{day_text(span.first_day)} to {day_text(span.last_day)}"


def _rounding_step(charge: Charge, rounding: Rounding) -> str:
    instalment = charge.instalment
    named = f"Instalment {instalment.number} of {instalment.of}"
    if rounding is Rounding.LAST_ABSORBS:
        return f"{named}, rounded by itself, the last one carrying the difference: {money_text(charge.amount)}."
    through = cents(instalment.exact_through)
    before = cents(instalment.exact_through - instalment.exact)
    return (
        f"{named}: {money_text(through)} due through it, less {money_text(before)} due before it, "
        f"is {money_text(charge.amount)}."
    )


def adjustment_steps(adjustment: Adjustment) -> tuple[str, ...]:
    """Return the steps of an adjustment: what is due now for instalments billed before, and what was billed."""
    steps = []
    for charge in adjustment.charges:
        steps.append(
            f"{charge.instalment.part}: {charge.last_priced.level_name} at "
            f"{money_text(charge.last_priced.annual_price)} a year, {money_text(charge.amount)} due."
        )
    if adjustment.charges:
        steps.insert(0, adjustment.charges[-1].basis.sentence)
    else:
        steps.append("Nothing is due any more for the instalments billed before.")
    documents = ", ".join(adjustment.billed.documents)
    steps.append(
        f"{money_text(adjustment.due)} due, less {money_text(adjustment.billed.amount)} billed ({documents}), "
        f"is {money_text(adjustment.amount)}."
    )
    return tuple(steps)


def charge_inputs(charge: Charge) -> dict:
    """Return what `recompute` needs to compute a charge again, as JSON values."""
    readings = charge.agreement.readings
    return {
        "rule": "instalment",
        "instalment": charge.instalment.number,
        "frequency": readings.frequency.value,
        "proration": readings.proration.value,
        "rounding": readings.rounding.value,
        "period": _period_json(charge.period),
        "priced": [_priced_json(p) for p in charge.priced],
        "basis": charge.basis.value,
    }


def adjustment_inputs(adjustment: Adjustment) -> dict:
    """Return what `recompute` needs to compute an adjustment again, as JSON values."""
    return {
        "rule": "adjustment",
        "charges": [charge_inputs(charge) for charge in adjustment.charges],
        "billed": str(adjustment.billed.amount),
        "documents": list(adjustment.billed.documents),
    }


def credit_inputs(*, document: str, amount: Decimal) -> dict:
    """Return the stored inputs of a line that takes back a line of an issued document."""
    return {"rule": "credit", "document": document, "billed": str(amount)}


def recompute(inputs: Mapping) -> Decimal:
    """Compute a line's amount again from its stored inputs alone; it is the same cent as when the line was made.

    Raises ValueError for inputs of an unknown rule.
    """
    match inputs["rule"]:
        case "instalment":
            return next(
                instalment.amount
                for instalment in instalments(
                    period=_period_of(inputs["period"]),
                    priced=[_priced_of(p) for p in inputs["priced"]],
                    frequency=Frequency(inputs["frequency"]),
                    proration=Proration(inputs["proration"]),
                    rounding=Rounding(inputs["rounding"]),
                )
                if instalment.number == inputs["instalment"]
            )
        case "adjustment":
            return sum((recompute(charge) for charge in inputs["charges"]), ZERO) - Decimal(inputs["billed"])
        case "credit":
            return -Decimal(inputs["billed"])
        case rule:
            raise ValueError(f"{rule!r} is no rule of calculation.")


def _period_json(period: AnnualPeriod) -> dict:
    return {
        "number": period.number,
        "first_period_starts_on": period.anchor.isoformat(),
        "last_day": period.span.last_day.isoformat(),
    }


def _period_of(stored: Mapping) -> AnnualPeriod:
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
    }


def _priced_of(stored: Mapping) -> PricedDays:
    return PricedDays(
        DaySpan(date.fromisoformat(stored["first_day"]), date.fromisoformat(stored["last_day"])),
        Decimal(stored["annual_price"]),
        stored["level"],
        source=stored["source"],
    )
