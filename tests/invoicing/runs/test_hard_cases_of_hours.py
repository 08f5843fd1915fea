"""Hours, integrations, waivers and shortened terms: where a run could bill twice, too early, or say nothing."""

from datetime import date
from decimal import Decimal

import pytest

from invoicing.charges.creditable import left_of_line
from invoicing.models import InvoiceLine
from invoicing.runs.drafting import draft_invoices
from sites.hours.recording import buy_blocks, correct_work, enter_work, reverse_blocks
from sites.integration.ordering import attach_quotation, cancel_order, complete_integration, order_integration
from tests import factories, reference
from tests.invoicing.billing_cases import read
from tests.waivers import credit_and_waive

pytestmark = pytest.mark.django_db

JUNE, JULY = date(1999, 6, 30), date(1999, 7, 31)


@pytest.fixture
def site(agreement):
    return factories.site(agreement, "Tampa")


def run(through, on=None):
    (result,) = draft_invoices(through=through, on=on or through, by=None, issue_drafts=True)
    return result


def billed(charge) -> str:
    lines = InvoiceLine.objects.filter(charge=charge, invoice__issued_on__isnull=False)
    return str(sum((line.amount for line in lines), Decimal("0.00")))


def worked(site, hours="10.00", person="A. Person", **options):
    values = {"site": site, "worked_on": date(1999, 7, 15), "service": "Customer Care", "by": None} | options
    return {**values, "hours": Decimal(hours), "person": person}


@pytest.fixture
def entry(site):
    """Ten hours of July, which are bought by the hour."""
    return enter_work(**worked(site, on=date(1999, 7, 15)))


def test_a_run_dated_before_a_correction_bills_the_corrected_entry_alone(site, entry):
    correct_work(entry=entry, reason="Typed wrong", **worked(site, "8.00", on=date(1999, 8, 2)))

    run(JULY, JULY)

    assert billed("hours") == "648.00"


def test_a_run_dated_before_a_cancellation_bills_the_order_that_stands(site):
    october = date(1999, 10, 15)
    first = order_integration(site=site, ordered_on=date(1999, 10, 1), on=date(1999, 10, 1), by=None)
    complete_integration(order=first, completed_on=october, on=october, by=None)
    later = date(1999, 11, 2)
    cancel_order(order=first, reason="Wrong day", on=later, by=None)
    second = order_integration(site=site, ordered_on=date(1999, 10, 1), on=later, by=None)
    complete_integration(order=second, completed_on=date(1999, 10, 16), on=later, by=None)

    run(date(1999, 10, 31))

    assert billed("integration") == "100000.00"


def test_correcting_who_did_waived_work_does_not_bill_it_again(site, entry):
    invoice = run(JULY).documents[-1]
    line = invoice.lines.get(charge="hours")
    credit_and_waive(invoice=invoice, reason="Goodwill", on=JULY, by=None, amounts={line.position: line.amount})
    changed = correct_work(entry=entry, reason="Other person", **worked(site, person="B. Person", on=date(1999, 8, 2)))

    assert run(JULY, date(1999, 8, 2)).documents == ()

    correct_work(entry=changed, reason="More hours", **worked(site, "12.00", on=date(1999, 8, 3)))
    run(JULY, date(1999, 8, 3))
    assert billed("hours") == "162.00"  # 972.00 less the 810.00 that were waived


def test_what_was_waived_of_two_entries_in_a_row_is_taken_off_the_third_once(site, entry):
    run(JULY)
    waive("hours", "100.00", JULY)
    second = correct_work(entry=entry, reason="More hours", **worked(site, "12.00", on=JULY))
    run(JULY)
    waive("hours", "50.00", JULY, kind=InvoiceLine.Kind.ADJUSTMENT, work_entry=second)
    correct_work(entry=second, reason="More again", **worked(site, "20.00", on=JULY))

    run(JULY)

    assert billed("hours") == "1470.00"  # 1,620.00 less 150.00
    assert run(JULY).documents == ()


def waive(charge: str, amount: str, on: date, kind: str = InvoiceLine.Kind.CHARGE, **facts) -> None:
    """Take back an amount of a charge and waive it."""
    line = InvoiceLine.objects.get(charge=charge, kind=kind, **facts)
    amounts = {line.position: Decimal(amount)}
    credit_and_waive(invoice=line.invoice, reason="Goodwill", on=on, by=None, amounts=amounts)


@pytest.mark.parametrize(
    ("waived", "in_its_place", "expected"),
    [
        ("100000.00", True, "0.00"),
        ("100000.00", False, "100000.00"),
        ("30000.00", True, "70000.00"),
        ("30000.00", False, "100000.00"),
    ],
)
def test_an_integration_in_place_of_a_waived_one_is_waived_as_well(site, waived, in_its_place, expected):
    order = order_integration(site=site, ordered_on=JUNE, on=JUNE, by=None)
    complete_integration(order=order, completed_on=JUNE, on=JUNE, by=None)
    run(JUNE)
    waive("integration", waived, JULY)
    for wrong in ("Wrong day", "Wrong again"):  # the second order is never billed
        cancel_order(order=order, reason=wrong, on=JULY, by=None)
        replaces = order if in_its_place else None
        order = order_integration(site=site, ordered_on=JULY, replaces=replaces, on=JULY, by=None)
    complete_integration(order=order, completed_on=JULY, on=JULY, by=None)

    run(date(1999, 8, 31))

    assert billed("integration") == expected
    assert run(date(1999, 8, 31)).documents == ()


@pytest.mark.parametrize(("in_its_place", "expected"), [(True, "121500.00"), (False, "243000.00")])
def test_a_purchase_in_place_of_a_waived_one_is_waived_as_well(agreement, site, in_its_place, expected):
    first = buy_blocks(agreement=agreement, bought_on=JUNE, blocks=1, on=JUNE, by=None)
    run(JUNE)
    waive("block", "121500.00", JULY)
    reverse_blocks(purchase=first, reason="Two were ordered", on=JULY, by=None)
    replaces = first if in_its_place else None
    buy_blocks(agreement=agreement, bought_on=JUNE, blocks=2, replaces=replaces, on=JULY, by=None)

    run(JULY)

    assert billed("block") == expected
    assert run(JULY).documents == ()


def test_a_quotation_prices_a_billed_order_that_a_late_level_left_without_a_price(site):
    november, december = date(1999, 11, 30), date(1999, 12, 31)
    order = order_integration(site=site, ordered_on=date(1999, 10, 1), on=november, by=None)
    order = complete_integration(order=order, completed_on=date(1999, 11, 15), on=november, by=None)
    run(november)
    factories.charged_level(site, 2, "MEDIUM", date(1999, 12, 10))

    result = run(december)

    assert billed("integration") == "100000.00"
    assert result.notices[-1].endswith("Attach a signed quotation to the order, or cancel the order to take them back.")
    quotation = factories.quotation(site, "Q-1", "145000.00", december)
    attach_quotation(order=order, quotation=quotation, on=december, by=None)
    result = run(date(2000, 1, 31))
    line = InvoiceLine.objects.get(charge="integration", kind=InvoiceLine.Kind.ADJUSTMENT)
    assert (line.amount, line.source) == (Decimal("45000.00"), "Quotation Q-1")
    assert (billed("integration"), result.notices) == ("145000.00", ())
    assert run(date(2000, 1, 31)).documents == ()


def test_blocks_after_a_shortened_term_stay_billed_and_the_run_says_so(agreement, site):
    bought_on = date(2000, 8, 12)
    buy_blocks(agreement=agreement, bought_on=bought_on, blocks=1, on=bought_on, by=None)
    run(date(2000, 8, 31))
    factories.amendment(
        agreement,
        reference.amendment(2, date(2000, 8, 1), expires_on=date(2000, 7, 31), signed_on=date(2000, 9, 1)),
    )

    result = run(date(2000, 7, 31), date(2000, 9, 5))

    assert billed("block") == "121500.00"
    assert [notice.split(":")[0] for notice in result.notices] == [
        "1 block bought on 12 August 2000",
        "1 block of 1,500 prepaid hours of 12 August 2000",
    ]
    assert result.notices[1].endswith("Reverse or cancel it to take them back.")


def test_nothing_is_issued_before_it_falls_due(agreement, site):
    read(agreement, "timing", "in-advance")

    result = run(date(1998, 12, 31), date(1998, 10, 20))

    issued = {document.first_day: document.is_issued for document in result.documents}
    assert issued == {date(1998, 10, 1): True, date(1998, 11, 1): False, date(1998, 12, 1): False}
    assert result.refusal == ""


def test_a_mistyped_year_is_refused(agreement, site):
    result = run(date(2098, 10, 31), date(1998, 10, 31))

    assert result.refusal == "31 October 2098 is more than 24 months after 31 October 1998. Check the year."


def test_no_more_is_left_of_a_line_than_was_billed_for_its_charge_in_all():
    line, note = Decimal("13583.33"), Decimal("-27166.67")
    assert left_of_line(shares={1: line}, credited=[], billed={1: line, 2: line + note}) == {1: Decimal("0.00")}
    assert left_of_line(shares={1: line}, credited=[], billed={1: line, 2: Decimal("-3583.33")}) == {
        1: Decimal("10000.00")
    }
