"""Why a line has its amount: the steps in words, and the stored inputs from which it can be computed again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import groupby

from contracts.money import ZERO, cents, money_text
from contracts.periods import MONTHS_A_YEAR, AnnualPeriod, DaySpan, annual_period, day_text
from contracts.readings import Frequency, Minimum, Proration, Rounding
from contracts.schedule import HourPrices
from invoicing.charges.charge import AnyCharge, Charge, ChargeKind, OneOff
from invoicing.charges.instalments import PricedDays, instalments
from invoicing.charges.nothing_due import why_nothing_due
from invoicing.charges.unbilled import AdjustedPart, Adjustment, after_waiver
from sites.hours.prices import Together, billed_hours


def charge_steps(charge: AnyCharge) -> tuple[str, ...]:
    """Return the steps of a charge's calculation, one sentence each, ending with its amount."""
    if isinstance(charge, OneOff):
        return charge.steps
    steps = [charge.basis.sentence]
    readings = charge.readings
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
    """Return the steps of an adjustment: what is due now for what was billed before, and what was billed."""
    steps = [_part_step(part) for part in adjustment.parts if part.charge]
    annual = [charge for charge in adjustment.charges if isinstance(charge, Charge)]
    if annual:
        steps.insert(0, annual[-1].basis.sentence)
    steps += _gone_steps(adjustment)
    waived = sum((part.billed.waived for part in adjustment.parts), ZERO)
    if waived:
        steps.append(f"{money_text(waived)} of it was waived.")
    documents = ", ".join(adjustment.documents)
    steps.append(
        f"{money_text(adjustment.due)} due, less {money_text(adjustment.billed_amount)} billed ({documents}), "
        f"is {money_text(adjustment.amount)}."
    )
    return tuple(steps)


def _gone_steps(adjustment: Adjustment) -> Iterator[str]:
    """What is not due any more and why, neighbouring instalments with one reason together."""
    gone = [part for part in adjustment.parts if part.charge is None]
    for why, alike in groupby(gone, key=lambda part: why_nothing_due(adjustment=adjustment, part=part)):
        numbers = [part.number for part in alike]
        annual = adjustment.key.kind is ChargeKind.ANNUAL
        what = _instalments(numbers) if annual else adjustment.billed.description
        yield f"Nothing is due any more for {what}: {why}."


def _part_step(part: AdjustedPart) -> str:
    charge, billed = part.charge, money_text(part.billed.amount)
    if isinstance(charge, Charge):
        priced = charge.last_priced
        return (
            f"{charge.instalment.part}: {priced.level_name} at {money_text(priced.annual_price)} a year, "
            f"{money_text(charge.amount)} due, {billed} billed."
        )
    return f"{charge.description} of {day_text(charge.due_on)}: {money_text(charge.amount)} due, {billed} billed."


def _instalments(numbers: Sequence[int]) -> str:
    """`instalment 4` or `instalments 4 to 6`."""
    if len(numbers) == 1:
        return f"instalment {numbers[0]}"
    if list(numbers) == list(range(numbers[0], numbers[-1] + 1)):
        return f"instalments {numbers[0]} to {numbers[-1]}"
    return f"instalments {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def charge_inputs(charge: AnyCharge) -> dict:
    """Return what `recompute` needs to compute a charge again, as JSON values."""
    if isinstance(charge, OneOff):
        return dict(charge.facts)
    readings = charge.readings
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
        "parts": [
            {
                "part": part.number,
                "charge": charge_inputs(part.charge) if part.charge else None,
                "waived": str(part.billed.waived),
                "billed": str(part.billed.amount),
                "documents": list(part.billed.documents),
            }
            for part in adjustment.parts
        ],
        "documents": list(adjustment.documents),
    }


def adjustment_shares(adjustment: Adjustment) -> list[list]:
    """Return the amount of an adjustment by part, as JSON values."""
    return [[part.number, str(part.amount)] for part in adjustment.parts]


def credit_inputs(*, document: str, line: int, amount: Decimal, of: Decimal) -> dict:
    """Return the stored inputs of a line that takes back an amount of a line of an issued document."""
    return {"rule": "credit", "document": document, "line": line, "billed": str(of), "credited": str(amount)}


def recompute(inputs: Mapping) -> Decimal:
    """Compute a line's amount again from its stored inputs alone; it is the same cent as when the line was made.

    Raises ValueError for inputs of an unknown rule, or from which no amount follows.
    """
    match inputs["rule"]:
        case "instalment":
            return _recomputed_instalment(inputs)
        case "blocks":
            return cents(Decimal(inputs["block_price"]) * inputs["blocks"])
        case "hours":
            return _recomputed_hours(inputs)
        case "integration":
            return cents(Decimal(inputs["price"]))
        case "adjustment" if "parts" in inputs:
            return sum(recomputed_parts(inputs).values(), ZERO)
        case "adjustment":  # as it was stored before adjustments named their parts
            return sum((recompute(charge) for charge in inputs["charges"]), ZERO) - Decimal(inputs["billed"])
        case "credit":
            return -Decimal(inputs.get("credited", inputs["billed"]))
        case rule:
            raise ValueError(f"{rule!r} is no rule of calculation.")


def _recomputed_instalment(inputs: Mapping) -> Decimal:
    computed = instalments(
        period=_period_of(inputs["period"]),
        priced=[_priced_of(p) for p in inputs["priced"]],
        frequency=Frequency(inputs["frequency"]),
        proration=Proration(inputs["proration"]),
        rounding=Rounding(inputs["rounding"]),
    )
    for instalment in computed:
        if instalment.number == inputs["instalment"]:
            return instalment.amount
    raise ValueError(f"There is no instalment {inputs['instalment']} in what was stored.")


def _recomputed_hours(inputs: Mapping) -> Decimal:
    if Decimal(inputs["prepaid"]) + Decimal(inputs["hourly"]) != Decimal(inputs["hours"]):
        raise ValueError("The prepaid hours and those bought by the hour are not the hours of the entry.")
    return cents(Decimal(inputs["hourly_price"]) * _recomputed_billed(inputs))


def _recomputed_billed(inputs: Mapping) -> Decimal:
    """The hours charged, after the minimum.

    A line stored before inputs named the work that shares a minimum is charged what it says, as far as that can be:
    never more than its entry would be charged by itself.
    """
    sharing = inputs.get("before", {})
    billed = billed_hours(
        prices=HourPrices(minimum_hours=Decimal(inputs["minimum"])),
        prepaid=Decimal(inputs["prepaid"]),
        hourly=Decimal(inputs["hourly"]),
        before=Together(**{name: Decimal(hours) for name, hours in sharing.items()}),
    )
    if sharing or inputs.get("readings", {}).get("minimum") == Minimum.PER_ENTRY:
        return billed
    if not ZERO <= Decimal(inputs["billed"]) <= billed:
        raise ValueError("More hours are charged than the entry and its minimum come to.")
    return Decimal(inputs["billed"])


def recomputed_parts(inputs: Mapping) -> dict[int, Decimal]:
    """Compute an adjustment's amount again, part by part."""
    return {part["part"]: _recomputed_part(part) for part in inputs["parts"]}


def _recomputed_part(part: Mapping) -> Decimal:
    due = recompute(part["charge"]) if part["charge"] else ZERO
    waived, billed = Decimal(part["waived"]), Decimal(part["billed"])
    return after_waiver(charge=due, waived=waived, billed=billed) - billed


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


def recomputed(*, inputs: Mapping) -> Decimal | str:
    """Return the amount computed from a line's inputs now, or why none follows from them."""
    try:
        return recompute(inputs)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as fault:
        return f"{type(fault).__name__}: {fault}"


@lru_cache(maxsize=2000)
def recomputed_text(inputs: str) -> Decimal | str:
    """Return the same for inputs as they are stored; lines of one month and level have the same, computed once."""
    return recomputed(inputs=json.loads(inputs))
