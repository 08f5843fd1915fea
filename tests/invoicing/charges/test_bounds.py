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


def promise(price: str, *, sites: tuple[int, ...] = (1, 2), level: str = "VERY_SMALL") -> Promise:
    return Promise.of((site, level, Decimal(price), 12) for site in sites)


@pytest.mark.parametrize(
    ("before", "percent", "held"),
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
def test_document_is_held_where_nothing_explains_that_it_is_more(before, percent, held):
    november = documents(SITES)[1]

    assert bool(why_held(document=november, before=before, percent=percent)) is held


def test_part_of_a_month_promises_a_whole_one():
    """7/31 of October and all of November is no more than was agreed."""
    october, november = documents({1: replace(SITES[1], in_service_on=date(1998, 10, 25))})

    assert promised_by(october).amount() == Decimal("13583.33")
    assert why_held(document=november, before=promised_by(october), percent=150) == ()


def test_another_frequency_explains_larger_instalments():
    quarterly = replace(reference.AGREEMENT, readings=reference.readings(frequency=Frequency.QUARTERLY))
    due = due_through(agreement=quarterly, sites=SITES.values(), through=date(1998, 12, 31), known_on=NOVEMBER)
    (quarter,) = unbilled(due=due, billed={}, sites=SITES)

    assert why_held(document=quarter, before=promise("163000.00"), percent=150) == ()
    assert why_held(document=quarter, before=promise("1000.00"), percent=150) != ()


def test_reason_names_both_amounts():
    (reason,) = why_held(document=documents(SITES)[1], before=promise("12000.00"), percent=150)

    assert reason == (
        "27,166.68 for sites and levels that were billed before, more than 150 % of the 2,000.00 that the document "
        "before lets expect."
    )


def test_what_was_bought_or_ordered_explains_itself_and_a_doubt_is_a_reason():
    document = documents(SITES, OCTOBER)[0]
    once = OneOff(
        key=ChargeKey("block", 1),
        site=None,
        period=document.charges[0].period,
        due_on=OCTOBER,
        description="Blocks",
        amount=Decimal("121500.00"),
        source="",
        steps=(),
        facts={},
    )
    bought = replace(document, charges=(*document.charges, once))
    doubted = replace(document, charges=(replace(once, doubt="Look at the price."),))

    assert document.charges[0].key.kind == ANNUAL
    assert why_held(document=bought, before=promised_by(document), percent=150) == ()
    assert why_held(document=doubted, before=Promise(), percent=None) == ("Look at the price.",)
