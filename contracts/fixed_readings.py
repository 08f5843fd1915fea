"""Readings without a choice: where a contract is silent and nothing but its silence can be read.

Each says what is read, the clause and why. Unlike the questions in `readings.py` nobody chooses them; they change with
what is entered: days to pay, or prices of another schedule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from contracts.money import money_text
from contracts.schedule import Level, Schedule
from contracts.wording import listed


@dataclass(frozen=True)
class FixedReading:
    """One reading without alternatives; the clause is empty where the contract has none."""

    key: str
    title: str
    sentence: str
    clause: str
    why: str


def payment_reading(*, net_days: int | None) -> FixedReading:
    """Return when a document is to be paid: nothing is invented until somebody enters the days to pay."""
    if net_days is None:
        sentence = "By the terms of the Agreement; no due date is stated until days to pay are entered."
    else:
        sentence = f"Within {net_days} days of the document's date, as entered for the agreement."
    why = "No clause on file says when a document is due, and a day that nobody agreed would be invented."
    return FixedReading("payment", "When is a document to be paid?", sentence, "", why)


def tax_reading() -> FixedReading:
    """Return which tax is charged: none."""
    sentence = "No tax is added: amounts are those of the price schedule."
    why = "No clause on file names a tax or a rate. A tax that applies is agreed first, by an amendment."
    return FixedReading("tax", "Which taxes are charged?", sentence, "", why)


def integration_reading(*, schedule: Schedule) -> FixedReading:
    """Return the sizes for which a schedule states the price of system integration (Appendix A, note 5)."""
    levels = sorted(schedule.levels, key=lambda level: level.rank)
    priced = [level for level in levels if level.integration_price is not None]
    others = [level.name for level in levels if level.integration_price is None]
    message = [f"The price is stated for {_prices(priced)}." if priced else "The price is stated for no size."]
    if others:
        message.append(f"For {listed(others)} it is not stated: a quotation signed by both parties states it.")
    return FixedReading(
        "integration-sizes",
        "For which sizes is system integration priced?",
        " ".join(message),
        schedule.integration_clause,
        "The clause prices the sizes that it names. What it does not name has no price, which is never zero.",
    )


def _prices(levels: Sequence[Level]) -> str:
    """Name levels of one price together: `Very Small and Small at 100,000.00, Medium at 145,000.00`."""
    groups = groupby(levels, key=lambda level: level.integration_price)
    return ", ".join(f"{listed([level.name for level in rows])} at {money_text(price)}" for price, rows in groups)
