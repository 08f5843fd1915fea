"""The stored inputs of every rule in words, and the amount that they give now."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.readings import Frequency, Proration
from invoicing.charges.unbilled import adjustments, unbilled
from invoicing.documents.calculation import adjustment_inputs, charge_inputs, credit_inputs
from invoicing.documents.explanations import Fact, explanation_of
from tests import reference
from tests.invoicing import factories as invoices

TERM = "1: 1 October 1998 to 30 September 1999"
SOURCE = "Amendment 1 (LNM980917MP), Appendix A, table"


def facts(inputs: dict) -> list[tuple[str, str]]:
    return [(fact.name, fact.text) for fact in explanation_of(inputs=inputs).facts]


def instalment(number: int = 1, site=None, **choices) -> dict:
    """The inputs of one instalment of a site, in service from the first day unless told otherwise."""
    due = invoices.due_through(
        agreement=reference.agreement(**choices),
        sites=[site or reference.site()],
        through=date(1999, 9, 30),
        known_on=reference.LATER,
    )
    return charge_inputs(due.charges[number - 1])


def test_instalment_names_period_price_and_readings():
    explained = explanation_of(inputs=instalment(2))

    assert explained.facts == (
        Fact("Annual period", TERM),
        Fact("Instalment", "2 of 12, November 1998"),
        Fact("Annual price", f"163,000.00 for 1 October 1998 to 30 September 1999 ({SOURCE})"),
    )
    assert explained.readings == (
        "The annual price is billed in twelve monthly instalments.",
        "A whole month costs one twelfth of the annual price; part of a month counts by its days.",
        "Each instalment is the rounded amount due through it less the one before; together they are the annual price "
        "exactly.",
    )
    assert (explained.again, explained.fault) == (Decimal("13583.34"), "")


def test_instalment_of_a_quarter_by_days_says_so():
    inputs = instalment(2, frequency=Frequency.QUARTERLY, proration=Proration.DAILY)

    assert facts(inputs)[1] == ("Instalment", "2 of 4, 1 January 1999 to 31 March 1999")
    assert len(explanation_of(inputs=inputs).readings) == 3


def test_instalment_of_charges_that_end_early_names_the_months_of_its_price():
    ended = reference.site(charged_through=date(1998, 12, 31))

    spread = ("Spread over months to", "30 September 1999")
    assert facts(instalment(2, ended, proration=Proration.NONE))[-1] == spread
    assert spread not in facts(instalment(2, ended))  # a month by its days depends on no other month


@pytest.mark.parametrize(
    ("inputs", "expected", "amount"),
    [
        (
            {"rule": "blocks", "blocks": 2, "block_price": "121500.00"},
            [("Blocks", "2"), ("Price of a block", "121,500.00")],
            "243000.00",
        ),
        (
            {"rule": "integration", "level": "SMALL", "price": "100000.00", "quotation": ""},
            [("Price", "100,000.00")],
            "100000.00",
        ),
        (
            {"rule": "integration", "level": "LARGE", "price": "140000.00", "quotation": "Q-17"},
            [("Price", "140,000.00"), ("Quotation", "Q-17")],
            "140000.00",
        ),
        (
            credit_inputs(document="INV-00001", line=3, amount=Decimal("500.00"), of=Decimal("13583.33")),
            [("Line taken back", "line 3 of INV-00001"), ("Its amount", "13,583.33"), ("Taken back", "500.00")],
            "-500.00",
        ),
        (
            {"rule": "credit", "document": "INV-00001", "line": 3, "billed": "13583.33"},
            [("Line taken back", "line 3 of INV-00001"), ("Its amount", "13,583.33"), ("Taken back", "13,583.33")],
            "-13583.33",
        ),
    ],
)
def test_what_falls_due_once_and_credits_in_words(inputs, expected, amount):
    assert facts(inputs) == expected
    assert explanation_of(inputs=inputs).again == Decimal(amount)
    assert explanation_of(inputs=inputs).readings == ()


def test_hours_name_what_was_prepaid_and_why_hourly_prices_were_open():
    inputs = {
        "rule": "hours",
        "hours": "0.65",
        "prepaid": "0.40",
        "hourly": "0.25",
        "billed": "0.60",
        "minimum": "1.00",
        "hourly_price": "81.00",
        "opened_by": ["blocks-completed", "month-reached"],
        "readings": {"minimum": "per-entry", "block-count": "annual-period", "block-completion": "last-hour-used"},
    }

    assert facts(inputs) == [
        ("Hours worked", "0.65 h"),
        ("Prepaid in blocks", "0.40 h"),
        ("By the hour", "0.25 h"),
        ("Least that is charged", "1.00 h"),
        ("Charged", "0.60 h"),
        ("Price of an hour", "81.00"),
        ("Hourly prices open", "enough blocks were completed and the month was reached from which they are open"),
    ]
    explained = explanation_of(inputs=inputs)
    assert explained.readings[0] == "The minimum applies to each work entry by itself."
    assert (len(explained.readings), explained.again) == (3, Decimal("48.60"))

    readings = inputs["readings"] | {"minimum": "per-month"}
    shared = inputs | {"readings": readings, "before": {"prepaid": "0.00", "hourly": "0.75", "billed": "1.00"}}
    assert facts(shared)[4] == ("Before it in the month", "0.75 h by the hour, charged as 1.00 h")
    nothing = {"prepaid": "0.00", "hourly": "0.00", "billed": "0.00"}
    assert facts(inputs | {"readings": readings, "before": nothing}) == facts(inputs)


# ---- adjustments -----------------------------------------------------------------------------------------------------


def adjusted(site, **billed) -> dict:
    """The inputs of the adjustment of a site that was billed for October as if in service from the first day."""
    due = {"agreement": reference.AGREEMENT, "through": date(1998, 10, 31), "known_on": reference.LATER}
    was = unbilled(due=invoices.due_through(sites=[reference.site()], **due), billed={}, sites={1: reference.site()})
    books = reference.with_documents({}, was, names=("INV-00001",))
    for key, stored in books.items():
        books[key] = replace(stored, parts={number: replace(part, **billed) for number, part in stored.parts.items()})
    now = invoices.due_through(sites=[site], **due)
    (adjustment,) = adjustments(due=now, billed=books, sites={1: site})
    return adjustment_inputs(adjustment)


def test_adjustment_sets_due_against_billed():
    explained = explanation_of(inputs=adjusted(reference.site(in_service_on=date(1998, 10, 15))))

    assert explained.facts == (
        Fact("October 1998", "7,448.92 due, at 163,000.00 a year; 13,583.33 billed in INV-00001"),
    )
    assert (len(explained.readings), explained.again) == (3, Decimal("-6134.41"))


def test_adjustment_says_what_was_waived():
    inputs = adjusted(reference.site(), amount=Decimal("12000.00"), waived=Decimal("500.00"))

    assert facts(inputs) == [
        (
            "October 1998",
            "13,583.33 due, at 163,000.00 a year; 500.00 waived; 12,000.00 billed in INV-00001",
        )
    ]
    assert explanation_of(inputs=inputs).again == Decimal("1083.33")


def test_adjustment_of_what_is_not_due_any_more():
    inputs = adjusted(reference.site(in_service_on=date(1998, 11, 15)))

    assert facts(inputs) == [("Instalment 1", "nothing due any more; 13,583.33 billed in INV-00001")]
    assert explanation_of(inputs=inputs).readings == ()


def test_adjustment_of_an_older_form():
    inputs = {"rule": "adjustment", "charges": [instalment(1)], "billed": "13000.00", "documents": ["INV-00001"]}

    assert facts(inputs) == [("Due now", "13,583.33 due, at 163,000.00 a year"), ("Billed", "13,000.00")]
    assert (len(explanation_of(inputs=inputs).readings), explanation_of(inputs=inputs).again) == (3, Decimal("583.33"))


@pytest.mark.parametrize("inputs", [{}, {"rule": "guess"}, {"rule": "blocks", "blocks": "many", "block_price": "1"}])
def test_inputs_that_give_no_amount_say_why_and_nothing_else(inputs):
    explained = explanation_of(inputs=inputs)

    assert (explained.facts, explained.readings, explained.again) == ((), (), None)
    assert explained.fault != ""
