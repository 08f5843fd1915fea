import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from contracts.periods import DaySpan
from contracts.terms import Signature
from invoicing.charges.charge import NO_FACTS, ChargeKey
from invoicing.runs.drafting import draft_invoices
from invoicing.what_if.amendment_effect import amendment_effect
from sites.models import Site
from tests import factories, people, reference

UNSIGNED = replace(
    reference.amendment(2, date(1999, 1, 1), schedule=reference.LOWER), customer_signature=None, supplier_signature=None
)
ON = date(1999, 3, 10)
BILLED = {
    ChargeKey.of_site(1, 1): replace(
        reference.billed_instalments("INV-1", "INV-2", "INV-3", "INV-4", "INV-5"),
        days=DaySpan(reference.ANCHOR, date(1999, 2, 28)),
    )
}
"""October to February, each month in its own invoice."""


def effect_of(*amendments, billed=None, number=None, site=None):
    terms = replace(reference.AGREEMENT, amendments=(reference.AMENDMENT, *amendments))
    return amendment_effect(
        agreement=terms,
        number=number or amendments[-1].number,
        sites={1: site or reference.site(1)},
        facts=NO_FACTS,
        billed=billed or {},
        known_on=ON,
    )


def test_an_unsigned_amendment_counts_as_if_signed_that_day():
    effect = effect_of(UNSIGNED)

    # Nine months of period 1 at 154,850 instead of 163,000 a year, and the whole of period 2.
    assert [(each.of.number, str(each.amounts.before), str(each.amounts.after)) for each in effect.totals] == [
        (1, "163000.00", "156887.50"),
        (2, "163000.00", "154850.00"),
    ]
    assert str(effect.amounts.difference) == "-14262.50"
    assert [(str(each.before.annual_price), str(each.after.annual_price)) for each in effect.sites] == [
        ("163000.00", "154850.00"),
        ("163000.00", "154850.00"),
    ]


def test_what_was_billed_is_compared_through_the_last_day_billed():
    effect = effect_of(UNSIGNED, billed=BILLED)

    (billing,) = effect.billings
    assert (effect.billed_through, str(effect.corrections.difference)) == (date(1999, 2, 28), "-1358.34")
    assert (billing.site.name, billing.period_number, billing.documents) == ("Site 1", 1, ("INV-4", "INV-5"))
    # January and February: 27,166.66 at 163,000 a year, 25,808.33 at 154,850, rounded cumulatively from October on.
    assert [str(each) for each in (billing.billed, billing.amounts.before, billing.amounts.after)] == [
        "27166.67",
        "27166.67",
        "25808.33",
    ]
    assert (str(effect.corrections.before), str(effect.corrections.after), effect.followed_by) == (
        "0.00",
        "-1358.34",
        None,
    )


def test_what_other_facts_correct_is_told_apart():
    # The site came on 1 December only: October and November, 27,166.67, were billed for nothing.
    later = reference.site(1, in_service_on=date(1998, 12, 1))
    effect = effect_of(UNSIGNED, billed=BILLED, site=later)

    (billing,) = effect.billings
    assert billing.documents == ("INV-4", "INV-5")
    assert str(effect.corrections.before) == "-27166.67"
    # Rounded cumulatively from December on: January and February are 12,904.17 each now, 25,808.34.
    assert str(effect.corrections.difference) == "-1358.33"
    assert str(effect.corrections.after) == "-28525.00"


def test_what_an_executed_amendment_has_corrected_stays_its_effect():
    executed = replace(UNSIGNED, customer_signature=Signature("A", "B", ON), supplier_signature=Signature("A", "B", ON))
    now = effect_of(executed, billed=BILLED)
    ((key, was),) = BILLED.items()
    corrected = {
        key: replace(
            was,
            parts=was.parts
            | {
                number: replace(was.parts[number], amount=was.parts[number].amount + amount)
                for number, amount in ((4, Decimal("-679.17")), (5, Decimal("-679.17")))
            },
        )
    }
    after = effect_of(executed, billed=corrected)

    assert (str(now.corrections.difference), str(now.corrections.after)) == ("-1358.34", "-1358.34")
    assert (str(after.corrections.difference), str(after.corrections.after)) == ("-1358.34", "0.00")
    assert str(after.billings[0].billed) == "25808.33"


def test_what_only_the_amendment_prices_is_not_compared():
    effect = effect_of(UNSIGNED, number=1, billed=BILLED)

    assert not effect.priced_before
    assert (effect.billings, str(effect.corrections.difference), str(effect.corrections.before)) == ((), "0.00", "0.00")
    assert effect_of(UNSIGNED, billed=BILLED).priced_before


def test_a_later_amendment_in_force_is_named():
    later = reference.amendment(3, date(1999, 2, 1), schedule=reference.SCHEDULE)

    assert effect_of(UNSIGNED, later, number=2, billed=BILLED).followed_by == 3
    assert effect_of(UNSIGNED, replace(later, customer_signature=None), number=2, billed=BILLED).followed_by is None


def test_an_amendment_that_changes_no_price_lists_nothing():
    same = replace(UNSIGNED, schedule=reference.SCHEDULE)
    effect = effect_of(same, billed=BILLED)

    assert (effect.sites, effect.billings, str(effect.amounts.difference)) == ((), (), "0.00")
    assert (str(effect.corrections.difference), str(effect.corrections.after)) == ("0.00", "0.00")


def test_an_extension_adds_the_days_it_adds():
    longer = replace(UNSIGNED, schedule=None, effective_on=date(2000, 9, 1), expires_on=date(2001, 9, 30))
    effect = effect_of(longer)

    assert [(each.of.number, str(each.amounts.difference)) for each in effect.totals] == [
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
    assert "Because of other facts" not in text
    assert reverse("invoicing:correction_detail", args=[amended.pk]) not in text


def test_page_tells_other_facts_apart(amended, settings):
    settings.BUSINESS_DATE = ON
    site = Site.objects.earliest("pk")
    site.in_service_on = date(1998, 12, 1)
    site.save()

    text = page(people.client_of(people.VIEWER), amended).content.decode()

    rows = re.findall(r'<th scope="row"[^>]*>([^<]+)</th><td class="money[^"]*">([^<]+)</td>', text)
    assert rows[-3:] == [
        ("Without it, because of other facts", "−27,166.67"),
        ("Because of Amendment 2 (LNM-2), once it is signed", "−4,075.01"),
        ("Billed or credited together", "−31,241.68"),
    ]
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
