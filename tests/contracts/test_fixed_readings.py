"""Readings without a choice: payment, tax, and the sizes for which integration is priced."""

from dataclasses import replace
from decimal import Decimal

import pytest

from contracts.fixed_readings import integration_reading, payment_reading, tax_reading
from contracts.schedule import Level, Schedule
from tests.reference import LARGE, MEDIUM, SCHEDULE, SMALL, VERY_LARGE, VERY_SMALL

OTHERS = "it is not stated: a quotation signed by both parties states it."


def test_nothing_is_invented_about_payment_until_days_are_entered():
    found = payment_reading(net_days=None)

    assert found.sentence == "By the terms of the Agreement; no due date is stated until days to pay are entered."
    assert (found.clause, payment_reading(net_days=30).sentence) == (
        "",
        "Within 30 days of the document's date, as entered for the agreement.",
    )


def test_no_tax_is_added():
    assert tax_reading().sentence == "No tax is added: amounts are those of the price schedule."


def schedule(*levels: Level) -> Schedule:
    return replace(SCHEDULE, levels=levels)


@pytest.mark.parametrize(
    ("levels", "sentence"),
    [
        (
            (VERY_SMALL, SMALL, MEDIUM, LARGE, VERY_LARGE),
            f"The price is stated for Very Small and Small at 100,000.00. For Medium, Large and Very Large {OTHERS}",
        ),
        (
            (MEDIUM, replace(SMALL, integration_price=Decimal("110000.00")), VERY_SMALL),
            f"The price is stated for Very Small at 100,000.00, Small at 110,000.00. For Medium {OTHERS}",
        ),
        ((VERY_SMALL,), "The price is stated for Very Small at 100,000.00."),
        ((MEDIUM,), f"The price is stated for no size. For Medium {OTHERS}"),
    ],
    ids=["reference", "two prices", "every size", "none"],
)
def test_sizes_with_a_price_are_those_of_the_schedule(levels, sentence):
    found = integration_reading(schedule=schedule(*levels))

    assert (found.sentence, found.clause) == (sentence, "Appendix A, note 5")
