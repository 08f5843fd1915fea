"""Amendment 2, executed in March 1999, lowers all prices by 5 % from 1 January: twelve sites billed to February."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoicing.models import Invoice, InvoiceLine
from invoicing.runs.drafting import draft_invoices
from tests import factories, reference

pytestmark = pytest.mark.django_db

AMENDMENT_2 = reference.amendment(2, date(1999, 1, 1), schedule=reference.LOWER, signed_on=date(1999, 3, 10))
FEBRUARY, MARCH = date(1999, 2, 28), date(1999, 3, 31)


def run(through, on, **options):
    (result,) = draft_invoices(through=through, on=on, by=None, issue_drafts=True, **options)
    assert result.refusal == ""
    return result.documents


@pytest.fixture
def agreement():
    """Twelve sites, billed month by month through February, and then the amendment."""
    agreement = factories.agreement()
    factories.sites(agreement, 12)
    run(FEBRUARY, date(1999, 3, 1))
    factories.amendment(agreement, AMENDMENT_2)
    return agreement


def test_the_difference_is_one_credit_note_that_names_the_two_invoices(agreement):
    (note,) = run(FEBRUARY, date(1999, 3, 15))

    # A site was billed 13,583.33 for January and 13,583.34 for February. Three months at 163,000 and one at 154,850 a
    # year come to 53,654.17, less 40,750.00 is 12,904.17; with February 66,558.33, less 53,654.17 is 12,904.16.
    assert (note.kind, note.number_text, str(note.total)) == ("credit-note", "CN-00001", "-16300.08")
    assert [document.number_text for document in note.corrects.order_by("number")] == ["INV-00004", "INV-00005"]
    assert {(str(line.amount), str(line.shares)) for line in note.lines.all()} == {
        ("-1358.34", "[[4, '-679.16'], [5, '-679.18']]")
    }
    assert note.lines.first().steps[1:] == [
        "January 1999: Very Small at 154,850.00 a year, 12,904.17 due, 13,583.33 billed.",
        "February 1999: Very Small at 154,850.00 a year, 12,904.16 due, 13,583.34 billed.",
        "25,808.33 due, less 27,166.67 billed (INV-00004, INV-00005), is -1,358.34.",
    ]
    january = Invoice.objects.get(number_text="INV-00004")
    assert [document.number_text for document in january.corrected_by.all()] == ["CN-00001"]


def test_the_difference_goes_on_the_march_invoice_where_that_is_billed_anyway(agreement):
    (invoice,) = run(MARCH, date(1999, 4, 1))

    # Twelve times 12,904.17 for March (79,462.50 less 66,558.33), less 16,300.08.
    assert (invoice.kind, str(invoice.total)) == ("invoice", "138549.96")
    assert [line.kind for line in invoice.lines.all()] == ["instalment"] * 12 + ["adjustment"] * 12


def test_issued_documents_stay_as_they_are_and_a_second_run_bills_nothing(agreement):
    before = dict(Invoice.objects.values_list("number_text", "content_sha256"))
    run(FEBRUARY, date(1999, 3, 15))

    assert run(FEBRUARY, date(1999, 3, 16)) == ()
    after = dict(Invoice.objects.values_list("number_text", "content_sha256"))
    assert {number: after[number] for number in before} == before


def test_a_third_amendment_is_corrected_net_of_the_first_correction(agreement):
    run(FEBRUARY, date(1999, 3, 15))
    back = replace(
        AMENDMENT_2, number=3, contract_number="3", schedule=reference.SCHEDULE, effective_on=date(1999, 2, 1)
    )
    signed = replace(back.customer_signature, signed_on=date(1999, 4, 2))
    factories.amendment(agreement, replace(back, customer_signature=signed, supplier_signature=signed))

    (invoice,) = run(FEBRUARY, date(1999, 4, 5))

    # February costs 13,583.33 again (67,237.50 less 53,654.17); 12,904.16 of it stand: 679.17 for each of twelve sites.
    assert (invoice.kind, str(invoice.total)) == ("invoice", "8150.04")
    assert [document.number_text for document in invoice.corrects.order_by("pk")] == ["INV-00005", "CN-00001"]


def test_what_was_billed_ends_at_what_is_due(agreement):
    run(FEBRUARY, date(1999, 3, 15))
    run(date(1999, 9, 30), date(1999, 10, 1))

    lines = InvoiceLine.objects.filter(site__city=agreement_city(agreement), invoice__issued_on__isnull=False)
    # Three months of 163,000 and nine of 154,850.
    assert sum(line.amount for line in lines) == Decimal("156887.50")


def agreement_city(agreement) -> str:
    return InvoiceLine.objects.filter(invoice__agreement=agreement).first().site.city
