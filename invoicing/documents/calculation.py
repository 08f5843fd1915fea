"""Why a line has its amount: the steps in words, and the stored inputs from which it can be computed again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import groupby

from contracts.money import NOTHING, money_text, plain_text
from contracts.periods import day_text
from invoicing.charges.annual import instalment_inputs, instalment_steps
from invoicing.charges.causes import why_nothing_due
from invoicing.charges.charge import AnyCharge, Charge, OneOff
from invoicing.charges.kinds import kind_of_rule
from invoicing.charges.unbilled import AdjustedPart, Adjustment, after_waiver


def charge_steps(charge: AnyCharge) -> tuple[str, ...]:
    """Return the steps of a charge's calculation, one sentence each, ending with its amount."""
    return charge.steps if isinstance(charge, OneOff) else instalment_steps(charge)


def adjustment_steps(adjustment: Adjustment) -> tuple[str, ...]:
    """Return the steps of an adjustment: what is due now for what was billed before, and what was billed."""
    steps = [_part_step(part) for part in adjustment.parts if part.charge]
    annual = [charge for charge in adjustment.charges if isinstance(charge, Charge)]
    if annual:
        steps[:0] = annual[-1].last_priced.why
    steps += _gone_steps(adjustment)
    waived = sum((part.billed.waived for part in adjustment.parts), NOTHING)
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
        annual = adjustment.key.is_annual
        what = _instalments(numbers) if annual else adjustment.billed.description
        yield f"Nothing is due any more for {what}: {why}."


def _part_step(part: AdjustedPart) -> str:
    charge, billed = part.charge, money_text(part.billed.amount)
    if isinstance(charge, Charge):
        prices = ", ".join(_prices(charge))
        return f"{charge.instalment.part}: {prices}, {money_text(charge.amount)} due, {billed} billed."
    return f"{charge.description} of {day_text(charge.due_on)}: {money_text(charge.amount)} due, {billed} billed."


def _prices(charge: Charge) -> Iterator[str]:
    """Each level and price of an instalment, with its days where there are several."""
    part = charge.instalment.part
    within = [(p, days) for p in charge.priced if (days := part.overlap(p.days.first_day, p.days.last_day))]
    for priced, days in within:
        for_days = f" for {days}" if len(within) > 1 else ""
        yield f"{priced.level_name} at {money_text(priced.annual_price)} a year{for_days}"


def _instalments(numbers: Sequence[int]) -> str:
    """`instalment 4` or `instalments 4 to 6`."""
    if len(numbers) == 1:
        return f"instalment {numbers[0]}"
    if list(numbers) == list(range(numbers[0], numbers[-1] + 1)):
        return f"instalments {numbers[0]} to {numbers[-1]}"
    return f"instalments {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def charge_inputs(charge: AnyCharge) -> dict:
    """Return what `recompute` needs to compute a charge again, as JSON values."""
    return dict(charge.facts) if isinstance(charge, OneOff) else instalment_inputs(charge)


def adjustment_inputs(adjustment: Adjustment) -> dict:
    """Return what `recompute` needs to compute an adjustment again, as JSON values."""
    return {
        "rule": "adjustment",
        "parts": [
            {
                "part": part.number,
                "charge": charge_inputs(part.charge) if part.charge else None,
                "waived": plain_text(part.billed.waived),
                "billed": plain_text(part.billed.amount),
                "documents": list(part.billed.documents),
            }
            for part in adjustment.parts
        ],
        "documents": list(adjustment.documents),
    }


def adjustment_shares(adjustment: Adjustment) -> list[list]:
    """Return the amount of an adjustment by part, as JSON values."""
    return [[part.number, plain_text(part.amount)] for part in adjustment.parts]


def credit_inputs(*, document: str, line: int, amount: Decimal, of: Decimal) -> dict:
    """Return the stored inputs of a line that takes back an amount of a line of an issued document."""
    return {
        "rule": "credit",
        "document": document,
        "line": line,
        "billed": plain_text(of),
        "credited": plain_text(amount),
    }


def recompute(inputs: Mapping) -> Decimal:
    """Compute a line's amount again from its stored inputs alone; it is the same cent as when the line was made.

    Raises ValueError for inputs of an unknown rule, or from which no amount follows.
    """
    match inputs["rule"]:
        case "adjustment" if "parts" in inputs:
            return sum(recomputed_parts(inputs).values(), NOTHING)
        case "adjustment":  # as it was stored before adjustments named their parts
            return sum((recompute(charge) for charge in inputs["charges"]), NOTHING) - Decimal(inputs["billed"])
        case "credit":
            return -Decimal(inputs.get("credited", inputs["billed"]))
        case rule:
            return kind_of_rule(rule).recompute(inputs)


def recomputed_parts(inputs: Mapping) -> dict[int, Decimal]:
    """Compute an adjustment's amount again, part by part."""
    return {part["part"]: _recomputed_part(part) for part in inputs["parts"]}


def _recomputed_part(part: Mapping) -> Decimal:
    due = recompute(part["charge"]) if part["charge"] else NOTHING
    waived, billed = Decimal(part["waived"]), Decimal(part["billed"])
    return after_waiver(charge=due, waived=waived, billed=billed) - billed


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
