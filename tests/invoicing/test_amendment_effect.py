import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from contracts.money import cents
from contracts.periods import DaySpan
from invoicing.amendment_effect import amendment_effect
from invoicing.charges import ChargeKey
from invoicing.drafting import draft_invoices
from invoicing.due import NO_FACTS
from tests import factories, people, reference

LOWER = replace(
    reference.SCHEDULE,
    levels=tuple(
        replace(level, annual_price=cents(level.annual_price * Decimal("0.95"))) for level in reference.LEVELS
    ),
)
UNSIGNED = replace(
    reference.amendment(2, date(1999, 1, 1), schedule=LOWER), customer_signature=None, supplier_signature=None
)
ON = date(1999, 3, 10)
BILLED = {
    ChargeKey.of_site(1, 1): replace(
        reference.billed_instalments("INV-1", "INV-2", "INV-3", "INV-4", "INV-5"),
        days=DaySpan(reference.ANCHOR, date(1999, 2, 28)),
    )
}
"""October to February, each month in its own invoice."""


def effect_of(*amendments, billed=None):
    terms = replace(reference.AGREEMENT, amendments=(reference.AMENDMENT, *amendments))
    return amendment_effect(
        agreement=terms,
        number=amendments[-1].number,
        sites={1: reference.site(1)},
        facts=NO_FACTS,
        billed=billed or {},
        known_on=ON,
    )


def test_an_unsigned_amendment_counts_as_if_signed_that_day():
    effect = effect_of(UNSIGNED)

    # Nine months of period 1 at 154,850 instead of 163,000 a year, and the whole of period 2.
    assert [(each.period.number, str(each.before), str(each.after)) for each in effect.totals] == [
        (1, "163000.00", "156887.50"),
        (2, "163000.00", "154850.00"),
    ]
    assert str(effect.difference) == "-14262.50"
    assert [(str(each.before.annual_price), str(each.after.annual_price)) for each in effect.sites] == [
        ("163000.00", "154850.00"),
        ("163000.00", "154850.00"),
    ]


def test_what_was_billed_is_compared_through_the_last_day_billed():
    effect = effect_of(UNSIGNED, billed=BILLED)

    (correction,) = effect.corrections
    assert (effect.billed_through, str(effect.corrected)) == (date(1999, 2, 28), "-1358.34")
    assert correction.documents == ("INV-4", "INV-5")


def test_an_amendment_that_changes_no_price_lists_nothing():
    same = replace(UNSIGNED, schedule=reference.SCHEDULE)
    effect = effect_of(same, billed=BILLED)

    assert (effect.sites, effect.corrections, str(effect.difference)) == ((), (), "0.00")


def test_an_extension_adds_the_days_it_adds():
    longer = replace(UNSIGNED, schedule=None, effective_on=date(2000, 9, 1), expires_on=date(2001, 9, 30))
    effect = effect_of(longer)

    assert [(each.period.number, str(each.difference)) for each in effect.totals] == [
        (1, "0.00"),
        (2, "0.00"),
        (3, "163000.00"),
    ]


@pytest.fixture
def amended(db):
    agreement = factories.agreement()
    factories.sites(agreement, 3)
    draft_invoices(through=date(1999, 2, 28), on=date(1999, 3, 1), by=None, issue_drafts=True)
    factories.amendment(agreement, UNSIGNED)
    return agreement


def page(client, agreement, number=2):
    return client.get(reverse("invoicing:amendment_effect", args=[agreement.pk, number]))


def test_page_shows_sites_totals_and_corrections(amended, settings):
    settings.BUSINESS_DATE = ON
    client = people.client_of(people.VIEWER)

    text = page(client, amended).content.decode()

    assert "As if both parties had signed on 10 March 1999." in text
    assert "−4,075.02" in text  # three sites, 1,358.34 each
    assert "−42,787.50" in text  # three sites, 14,262.50 each
    assert "also where another fact is the cause" in text
    assert reverse("invoicing:correction_detail", args=[amended.pk]) in text


@pytest.mark.parametrize(("name", "marked"), [("amendment_effect", "Agreements"), ("invoice_list", "Invoices")])
def test_page_stands_under_the_agreements_and_a_list_of_invoices_does_not(amended, settings, name, marked):
    settings.BUSINESS_DATE = ON
    args = [amended.pk, 2] if name == "amendment_effect" else []

    text = people.client_of(people.VIEWER).get(reverse(f"invoicing:{name}", args=args)).content.decode()

    assert re.findall(r'aria-current="page">(\w+)</a>', text) == [marked]


def test_page_of_an_unknown_amendment_is_not_found(amended):
    client = people.client_of(people.VIEWER)
    assert page(client, amended, 7).status_code == 404


def test_page_is_for_those_who_see_invoices(amended):
    client = people.client_of(people.DATA_ENTRY)
    assert page(client, amended).status_code == 403
