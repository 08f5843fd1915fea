"""What a document says of the next run: what the corrections of the agreement say, asked of its own charges."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.models import Agreement
from invoicing.models import Invoice
from invoicing.what_if.pending import next_run_of, pending_corrections
from invoicing.what_if.preview import touching
from sites.hours.recording import reverse_work
from sites.models import Site
from tests import factories
from tests.invoicing.billing_cases import blocks, issue_through, read, work
from tests.waivers import credit_and_waive

pytestmark = pytest.mark.django_db
NOVEMBER, ON = date(1999, 11, 30), date(1999, 12, 10)


@pytest.fixture
def agreement() -> Agreement:
    """Two annual periods billed of three sites, a block and hourly work; then some of their facts are corrected."""
    agreement = factories.agreement()
    akron, boise, _fargo = (factories.site(agreement, city) for city in ("Akron", "Boise", "Fargo"))
    blocks(agreement, date(1999, 8, 3))
    entry = work(akron, date(1999, 7, 6), "10.00")
    issue_through(NOVEMBER, NOVEMBER)
    reverse_work(entry=entry, reason="Booked twice", on=ON, by=None)
    Site.objects.filter(pk=boise.pk).update(in_service_on=date(1999, 10, 20))
    last = Invoice.objects.issued().latest("pk")
    credit_and_waive(invoice=last, reason="Late", on=ON, by=None, amounts={1: Decimal("500.00")})
    return agreement


def test_every_document_says_what_the_corrections_of_the_agreement_say_of_it(agreement):
    (pending,) = pending_corrections(agreements=list(Agreement.objects.with_terms()), on=ON)
    documents = list(Invoice.objects.issued())

    found = [next_run_of(invoice=document, on=ON) for document in documents]

    expected = [touching(corrections=pending.corrections, number=document.number_text) for document in documents]
    assert [each.parts for each in found] == expected
    assert {each.through for each in found} == {pending.through}
    assert 0 < len([parts for parts in expected if parts]) < len(expected)


def test_another_annual_period_that_no_run_can_bill_refuses_the_run(agreement):
    read(agreement, "frequency", "quarterly")
    (pending,) = pending_corrections(agreements=list(Agreement.objects.with_terms()), on=ON)
    of_period_2 = Invoice.objects.issued().filter(first_day=date(1999, 10, 1)).first()

    found = next_run_of(invoice=of_period_2, on=ON)

    assert found.refusal == pending.refusal
    assert found.refusal.startswith("Annual period 1 of")
