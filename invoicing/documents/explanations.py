"""The stored inputs of a line in words: what its amount is computed from, and the readings that were applied."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.money import money_text
from contracts.periods import AnnualPeriod, DaySpan, annual_period
from contracts.readings import QUESTIONS, Frequency
from invoicing.documents.calculation import recomputed
from sites.hours.prices import Opening, hours_text

INSTALMENT_QUESTIONS = ("frequency", "proration", "rounding")
OPENED = {
    Opening.BLOCKS_COMPLETED: "enough blocks were completed",
    Opening.MONTH_REACHED: "the month was reached from which they are open",
}


@dataclass(frozen=True)
class Fact:
    """One input by name."""

    name: str
    text: str


@dataclass(frozen=True)
class Explanation:
    """What a stored line is computed from. `again` is the amount computed now, `fault` why none can be computed."""

    facts: tuple[Fact, ...] = ()
    readings: tuple[str, ...] = ()
    again: Decimal | None = None
    fault: str = ""


def explanation_of(*, inputs: Mapping) -> Explanation:
    """Return what stored inputs say in words, and the amount that they give now."""
    again = recomputed(inputs=inputs)
    if isinstance(again, str):
        return Explanation(fault=again)
    return Explanation(tuple(_facts(inputs)), tuple(_readings(inputs)), again)


def _facts(inputs: Mapping) -> Iterator[Fact]:
    rule = inputs["rule"]
    if rule == "instalment":
        yield from _instalment(inputs)
    elif rule == "blocks":
        yield Fact("Blocks", f"{inputs['blocks']:,}")
        yield Fact("Price of a block", _money(inputs["block_price"]))
    elif rule == "hours":
        yield from _hours(inputs)
    elif rule == "integration":
        yield Fact("Price", _money(inputs["price"]))
        if inputs.get("quotation"):
            yield Fact("Quotation", inputs["quotation"])
    elif rule == "credit":
        yield Fact("Line taken back", f"line {inputs['line']} of {inputs['document']}")
        yield Fact("Its amount", _money(inputs["billed"]))
        yield Fact("Taken back", _money(inputs.get("credited", inputs["billed"])))
    else:
        yield from _adjustment(inputs)


def _instalment(inputs: Mapping) -> Iterator[Fact]:
    period, of = _period(inputs), Frequency(inputs["frequency"]).parts
    yield Fact("Annual period", f"{period.number}: {period.span}")
    yield Fact("Instalment", f"{inputs['instalment']} of {of}, {period.parts(of)[inputs['instalment'] - 1]}")
    for priced in inputs["priced"]:
        days = DaySpan(date.fromisoformat(priced["first_day"]), date.fromisoformat(priced["last_day"]))
        yield Fact("Annual price", f"{_money(priced['annual_price'])} for {days} ({priced['source']})")


def _period(inputs: Mapping) -> AnnualPeriod:
    stored = inputs["period"]
    return annual_period(
        number=stored["number"],
        first_period_starts_on=date.fromisoformat(stored["first_period_starts_on"]),
        expires_on=date.fromisoformat(stored["last_day"]),
    )


def _hours(inputs: Mapping) -> Iterator[Fact]:
    yield Fact("Hours worked", _hours_text(inputs["hours"]))
    yield Fact("Prepaid in blocks", _hours_text(inputs["prepaid"]))
    yield Fact("By the hour", _hours_text(inputs["hourly"]))
    yield Fact("Least that is charged", _hours_text(inputs["minimum"]))
    before = inputs.get("before", {})
    if any(Decimal(hours) for hours in before.values()):
        message = f"{_hours_text(before['hourly'])} by the hour, charged as {_hours_text(before['billed'])}"
        yield Fact("Before it in the month", message)
    yield Fact("Charged", _hours_text(inputs["billed"]))
    yield Fact("Price of an hour", _money(inputs["hourly_price"]))
    if inputs.get("opened_by"):
        opened = " and ".join(OPENED[Opening(value)] for value in inputs["opened_by"])
        yield Fact("Hourly prices open", opened)


def _adjustment(inputs: Mapping) -> Iterator[Fact]:
    """What is due now and what was billed; a part that was waived says so."""
    for part in inputs.get("parts", ()):
        charge = part["charge"]
        yield Fact(_part_name(part), "; ".join(_due_and_billed(part, charge)))
    if "parts" not in inputs:  # as it was stored before adjustments named their parts
        for charge in inputs["charges"]:
            yield Fact("Due now", _due(charge))
        yield Fact("Billed", _money(inputs["billed"]))


def _part_name(part: Mapping) -> str:
    charge = part["charge"]
    if charge is None or charge["rule"] != "instalment":
        return "Instalment " + str(part["part"]) if charge is None else "Charge"
    of = Frequency(charge["frequency"]).parts
    return str(_period(charge).parts(of)[charge["instalment"] - 1])


def _due_and_billed(part: Mapping, charge: Mapping | None) -> Sequence[str]:
    message = [_due(charge) if charge else "nothing due any more"]
    if Decimal(part["waived"]):
        message.append(f"{_money(part['waived'])} waived")
    message.append(f"{_money(part['billed'])} billed in {', '.join(part.get('documents', ()))}")
    return message


def _due(charge: Mapping) -> str:
    amount = recomputed(inputs=charge)
    if charge["rule"] != "instalment":
        return f"{money_text(amount)} due"
    prices = " and ".join(dict.fromkeys(_money(priced["annual_price"]) for priced in charge["priced"]))
    return f"{money_text(amount)} due, at {prices} a year"


def _readings(inputs: Mapping) -> Iterator[str]:
    """The sentence of each reading that was applied, each once."""
    yield from dict.fromkeys(_sentence(key, choice) for key, choice in _chosen(inputs))


def _chosen(inputs: Mapping) -> Iterator[tuple[str, str]]:
    if inputs["rule"] == "instalment":
        yield from ((key, inputs[key]) for key in INSTALMENT_QUESTIONS)
    elif inputs["rule"] == "hours":
        yield from inputs.get("readings", {}).items()
    elif inputs["rule"] == "adjustment":
        charges = [part["charge"] for part in inputs["parts"]] if "parts" in inputs else inputs["charges"]
        for charge in charges:
            yield from _chosen(charge) if charge else ()


def _sentence(key: str, choice: str) -> str:
    question = QUESTIONS[key]
    return question.sentence(question.choices(choice))


def _money(amount: str) -> str:
    return money_text(Decimal(amount))


def _hours_text(hours: str) -> str:
    return hours_text(Decimal(hours))
