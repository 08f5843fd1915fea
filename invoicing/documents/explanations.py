"""The stored inputs of a line in words: what its amount is computed from, and the readings that were applied."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.money import money_text
from contracts.readings import QUESTIONS, Frequency
from invoicing.charges.annual import INSTALMENT, period_of
from invoicing.charges.charge import stored_money
from invoicing.charges.kinds import kind_of_rule
from invoicing.documents.calculation import recomputed

INSTALMENT_QUESTIONS = ("frequency", "proration", "rounding")


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
    match inputs["rule"]:
        case "credit":
            yield Fact("Line taken back", f"line {inputs['line']} of {inputs['document']}")
            yield Fact("Its amount", stored_money(inputs["billed"]))
            yield Fact("Taken back", stored_money(inputs.get("credited", inputs["billed"])))
        case "adjustment":
            yield from _adjustment(inputs)
        case rule:
            yield from (Fact(name, text) for name, text in kind_of_rule(rule).in_words(inputs))


def _adjustment(inputs: Mapping) -> Iterator[Fact]:
    """What is due now and what was billed; a part that was waived says so."""
    for part in inputs.get("parts", ()):
        charge = part["charge"]
        yield Fact(_part_name(part), "; ".join(_due_and_billed(part, charge)))
    if "parts" not in inputs:  # as it was stored before adjustments named their parts
        for charge in inputs["charges"]:
            yield Fact("Due now", _due(charge))
        yield Fact("Billed", stored_money(inputs["billed"]))


def _part_name(part: Mapping) -> str:
    charge = part["charge"]
    if charge is None or charge["rule"] != INSTALMENT:
        return "Instalment " + str(part["part"]) if charge is None else "Charge"
    of = Frequency(charge["frequency"]).parts
    return str(period_of(charge["period"]).parts(of)[charge["instalment"] - 1])


def _due_and_billed(part: Mapping, charge: Mapping | None) -> Sequence[str]:
    message = [_due(charge) if charge else "nothing due any more"]
    if Decimal(part["waived"]):
        message.append(f"{stored_money(part['waived'])} waived")
    message.append(f"{stored_money(part['billed'])} billed in {', '.join(part.get('documents', ()))}")
    return message


def _due(charge: Mapping) -> str:
    amount = recomputed(inputs=charge)
    if charge["rule"] != INSTALMENT:
        return f"{money_text(amount)} due"
    prices = " and ".join(dict.fromkeys(stored_money(priced["annual_price"]) for priced in charge["priced"]))
    return f"{money_text(amount)} due, at {prices} a year"


def _readings(inputs: Mapping) -> Iterator[str]:
    """The sentence of each reading that was applied, each once."""
    yield from dict.fromkeys(_sentence(key, choice) for key, choice in _chosen(inputs))


def _chosen(inputs: Mapping) -> Iterator[tuple[str, str]]:
    if inputs["rule"] == "adjustment":
        charges = [part["charge"] for part in inputs["parts"]] if "parts" in inputs else inputs["charges"]
        for charge in charges:
            yield from _chosen(charge) if charge else ()
        return
    yield from ((key, inputs[key]) for key in INSTALMENT_QUESTIONS if key in inputs)
    yield from inputs.get("readings", {}).items()


def _sentence(key: str, choice: str) -> str:
    question = QUESTIONS[key]
    return question.sentence(question.choices(choice))
