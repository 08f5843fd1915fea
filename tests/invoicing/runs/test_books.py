"""What the books say of an agreement: its facts as known on a day, and what was billed, part by part."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.models import Agreement
from invoicing.charges.charge import ONLY_PART, ChargeKey
from invoicing.charges.hours import BLOCK, HOURS
from invoicing.charges.integration import INTEGRATION
from invoicing.charges.unbilled import BilledPart
from invoicing.credits.crediting import withdraw_waiver
from invoicing.models import InvoiceLine, Waiver
from invoicing.runs.books import Books, books_of
from sites.hours.entries import Purchase, Work
from sites.hours.recording import reverse_blocks
from sites.integration.prices import CompletedOrder, Quoted
from tests import factories, reference
from tests.invoicing.billing_cases import (
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    blocks,
    issue_through,
    order,
    quotation,
    run,
    work,
)
from tests.waivers import credit_and_waive

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(agreement):
    return factories.site(agreement, "Tampa", state="FL")


def held(agreement: Agreement, known_on: date = DECEMBER) -> Books:
    row = Agreement.objects.with_terms().get(pk=agreement.pk)
    return books_of(agreements=[row], known_on=known_on)[agreement.pk]


def reverse(row, on: date) -> None:
    type(row).objects.filter(pk=row.pk).update(reversed_on=on, reversal_reason="Recorded twice")


# ---- facts -------------------------------------------------------------------------------------------------------


def test_facts_are_the_rows_as_plain_values(agreement, site):
    bought, done = blocks(agreement, OCTOBER, 2), work(site, NOVEMBER, "7.75", reference="TT-4711")
    ordered = order(site, NOVEMBER, quotation=quotation(site, "135000.00", OCTOBER))
    order(site, None, ordered_on=OCTOBER, duplicate_reason="Moved")  # not complete: nothing to bill yet
    facts = held(agreement).facts
    assert facts[BLOCK] == (Purchase(bought.pk, OCTOBER, 2),)
    assert facts[HOURS] == (Work(done.pk, NOVEMBER, Decimal("7.75"), site.pk, "Customer Care", "A. Person", "TT-4711"),)
    assert facts[INTEGRATION] == (
        CompletedOrder(ordered.pk, site.pk, NOVEMBER, Quoted("Q-17", Decimal("135000.00"), OCTOBER)),
    )


def test_what_was_reversed_is_gone_for_a_run_of_an_earlier_day_too(agreement, site):
    for row in (blocks(agreement, OCTOBER), work(site, OCTOBER, "1.00"), order(site, OCTOBER)):
        reverse(row, NOVEMBER)
    for known_on in (OCTOBER, NOVEMBER):  # or such a run would bill an entry beside the one that replaces it
        facts = held(agreement, known_on).facts
        assert (facts[BLOCK], facts[HOURS], facts[INTEGRATION]) == ((), (), ())


def test_counts_of_switches_are_known_from_their_day(agreement, site):
    factories.counts(site, OCTOBER, reference.counts())
    factories.counts(site, NOVEMBER, reference.counts(switches=0))
    assert held(agreement, OCTOBER).sites[site.pk].switch_counts == ((OCTOBER, 1),)
    assert held(agreement, NOVEMBER).sites[site.pk].switch_counts == ((OCTOBER, 1), (NOVEMBER, 0))


def test_demonstration_is_known_of_sites_and_purchases(agreement, site):
    invented = factories.site(agreement, "Boise", is_demonstration=True)
    bought, real = blocks(agreement, OCTOBER, is_demonstration=True), blocks(agreement, NOVEMBER)
    books = held(agreement)
    assert books.is_demonstration(InvoiceLine(site=invented))
    assert books.is_demonstration(InvoiceLine(block_purchase=bought))
    assert not books.is_demonstration(InvoiceLine(site=site))
    assert not books.is_demonstration(InvoiceLine(block_purchase=real))


def test_demonstration_is_known_of_a_reversed_purchase(agreement):
    bought = blocks(agreement, OCTOBER, is_demonstration=True)
    reverse_blocks(purchase=bought, reason="Ordered twice", on=NOVEMBER, by=None)
    books = held(agreement)
    assert books.facts[BLOCK] == ()
    assert books.is_demonstration(InvoiceLine(block_purchase=bought))


# ---- what was billed ---------------------------------------------------------------------------------------------


def test_drafts_are_not_billed(agreement, site):
    run(OCTOBER)
    assert held(agreement).billed == {}


def test_instalments_are_billed_one_by_one_with_their_documents(agreement, site):
    issue_through(NOVEMBER)
    was = held(agreement).billed[ChargeKey.of_site(site.pk, 1)]
    assert was.parts == {
        1: BilledPart(Decimal("13583.33"), ("INV-00001",)),
        2: BilledPart(Decimal("13583.34"), ("INV-00002",)),
    }
    assert (was.of, was.site_key, was.period_number) == (12, site.pk, 1)
    assert (was.days.first_day, was.days.last_day) == (date(1998, 10, 1), NOVEMBER)
    assert was.source == "Amendment 1 (LNM980917MP), Appendix A, table"


def test_corrections_belong_to_the_instalments_that_they_correct(agreement, site):
    issue_through(NOVEMBER)
    site.in_service_on = date(1998, 10, 16)
    site.save()
    issue_through(NOVEMBER, on=DECEMBER)
    was = held(agreement).billed[ChargeKey.of_site(site.pk, 1)]
    # 16 of 31 days of October are 7,010.75; through November 20,594.09 are due, 13,583.34 for November.
    assert was.parts == {
        1: BilledPart(Decimal("7010.75"), ("INV-00001", "CN-00001")),
        2: BilledPart(Decimal("13583.34"), ("INV-00002",)),
    }


def test_what_falls_due_once_is_billed_as_one_part(agreement, site):
    bought = blocks(agreement, date(1998, 10, 5), 2)
    issue_through(OCTOBER)
    was = held(agreement).billed[ChargeKey(BLOCK, bought.pk)]
    assert was.parts == {ONLY_PART: BilledPart(Decimal("243000.00"), ("INV-00001",))}
    assert (was.of, was.site_key, was.description) == (None, None, "2 blocks of 1,500 prepaid hours")
    assert was.source == "Amendment 1 (LNM980917MP), Appendix A, hours"


def test_waiver_stands_until_the_day_of_its_withdrawal(agreement, site):
    (invoice,) = issue_through(OCTOBER)
    credit_and_waive(invoice=invoice, reason="Outage", on=NOVEMBER, by=None, amounts={1: Decimal("1000.00")})
    withdraw_waiver(waiver=Waiver.objects.get(), reason="Decided by nobody", on=DECEMBER, by=None)
    key, documents = ChargeKey.of_site(site.pk, 1), ("INV-00001", "CN-00001")
    before, after = (held(agreement, day).billed[key].parts[1] for day in (NOVEMBER, DECEMBER))
    assert before == BilledPart(Decimal("12583.33"), documents, waived=Decimal("1000.00"))
    assert after == BilledPart(Decimal("12583.33"), documents)


# ---- queries -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_books_of_any_number_of_agreements_take_eight_queries(number, django_assert_num_queries):
    for position in range(number):
        row = factories.agreement(f"A{position}")
        site = factories.site(row, "Tampa")
        blocks(row, OCTOBER)
        work(site, OCTOBER, "1.00")
        order(site, OCTOBER)
        run(OCTOBER, agreements=[row], issue_drafts=True)
    rows = list(Agreement.objects.with_terms())
    with django_assert_num_queries(10):
        books = books_of(agreements=rows, known_on=NOVEMBER)
    assert [len(books[row.pk].billed) for row in rows] == [3] * number
