"""What is held for a person's look: far more than the document before lets expect, or a price that must be mistyped."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.readings import Frequency
from invoicing.charges.bounds import Promise, promised_by, why_held
from invoicing.charges.charge import ANNUAL, ChargeKey, OneOff, SiteFacts
from invoicing.charges.due import due_through
from invoicing.charges.unbilled import PlannedDocument, unbilled
from tests import reference

OCTOBER, NOVEMBER = date(1998, 10, 31), date(1998, 11, 30)
SITES = {key: SiteFacts(key, f"Site {key}", reference.ANCHOR) for key in (1, 2)}


def documents(sites: dict[int, SiteFacts], through: date = NOVEMBER) -> tuple[PlannedDocument, ...]:
    due = due_through(agreement=reference.AGREEMENT, sites=sites.values(), through=through, known_on=through)
    return unbilled(due=due, billed={}, sites=sites)


def held(document: PlannedDocument, before: Promise, percent: int | None = 150, times: int | None = 10):
    return why_held(document=document, before=before, percent=percent, times=times)


def promise(price: str, *, sites: tuple[int, ...] = (1, 2), level: str = "VERY_SMALL") -> Promise:
    return Promise.of((site, level, Decimal(price), 12) for site in sites)


@pytest.mark.parametrize(
    ("before", "percent", "is_held"),
    [
        (promise("163000.00"), 150, False),
        (promise("108668.00"), 150, False),  # 27,166.68 is 150.0 % of two twelfths of it, rounded
        (promise("108660.00"), 150, True),
        (promise("108660.00"), 151, False),
        (promise("1000.00"), None, False),  # no bound is set
        (promise("1000.00", level="SMALL"), 150, False),  # another level explains it
        (promise("1000.00", sites=(3,)), 150, False),  # new sites explain it
        (Promise(), 150, False),  # the first document promises nothing
    ],
)
def test_document_is_held_where_nothing_explains_that_it_is_more(before, percent, is_held):
    november = documents(SITES)[1]

    assert bool(held(november, before, percent)) is is_held


def test_part_of_a_month_promises_a_whole_one():
    """7/31 of October and all of November is no more than was agreed."""
    october, november = documents({1: replace(SITES[1], in_service_on=date(1998, 10, 25))})

    assert promised_by(october).amount() == Decimal("13583.33")
    assert held(november, promised_by(october)) == ()


def test_another_frequency_explains_larger_instalments():
    quarterly = replace(reference.AGREEMENT, readings=reference.readings(frequency=Frequency.QUARTERLY))
    due = due_through(agreement=quarterly, sites=SITES.values(), through=date(1998, 12, 31), known_on=NOVEMBER)
    (quarter,) = unbilled(due=due, billed={}, sites=SITES)

    assert held(quarter, promise("163000.00")) == ()
    assert held(quarter, promise("1000.00")) != ()


def test_reason_names_both_amounts():
    (reason,) = held(documents(SITES)[1], promise("12000.00"))

    assert reason == (
        "27,166.68 for sites and levels that were billed before, more than 150 % of the 2,000.00 that the document "
        "before lets expect."
    )


def once(**values) -> OneOff:
    document = documents(SITES, OCTOBER)[0]
    facts = {"description": "Blocks", "amount": Decimal("121500.00"), "source": "", "steps": (), "facts": {}, **values}
    period = document.charges[0].period
    return OneOff(key=ChargeKey("block", 1), site=None, period=period, due_on=OCTOBER, **facts)


def test_what_was_bought_or_ordered_explains_itself():
    document = documents(SITES, OCTOBER)[0]
    bought = replace(document, charges=(*document.charges, once()))

    assert document.charges[0].key.kind == ANNUAL
    assert held(bought, promised_by(document)) == ()


@pytest.mark.parametrize(
    ("price", "times", "is_held"),
    [
        ("810.00", 10, False),
        ("810.01", 10, True),
        ("810.01", 11, False),
        ("81.01", 1, True),
        ("810.01", None, False),  # no bound is set
    ],
)
def test_hour_is_held_above_so_many_times_the_price_of_one_in_a_block(price, times, is_held):
    work = once(unit_price=Decimal(price), usual_unit_price=Decimal("81.00"))
    document = replace(documents(SITES, OCTOBER)[0], charges=(work,))
    reason = f"An hour costs {price}, more than {times} times the 81.00 of an hour in a block."

    assert held(document, Promise(), percent=None, times=times) == ((reason,) if is_held else ())
