"""A quotation that came on file without its signed document: it gives no price until that is attached, once."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from contracts.sealing.frozen import SealedRow
from invoicing.models import InvoiceLine
from invoicing.runs.drafting import draft_invoices
from sites.integration.ordering import attach_document, complete_integration, order_integration
from sites.models import IntegrationOrder, Quotation, Site
from tests import factories
from tests.people import ACCOUNT_MANAGER, VIEWER, client_of
from tests.reading import links, words
from tests.sites.refusals import refused

ON = date(1999, 11, 15)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(ON)]
MISSING = (
    "The signed document of Quotation Q-1 is not on file, and gives no price before it is. "
    "Attach the document to the quotation."
)
SCAN = b"%PDF-1.7 signed"


@pytest.fixture
def site() -> Site:
    """A Medium site, for which the schedule states no price."""
    row = factories.site(factories.agreement(), "Reno")
    factories.charged_level(row, 2, "MEDIUM", date(1999, 10, 1))
    return row


@pytest.fixture
def order(site) -> IntegrationOrder:
    """A complete order on a quotation that an agreement file brought, without its document."""
    factories.quotation(site, "Q-0", "1.00", date(1999, 11, 4))
    bare = Quotation(
        site=site,
        number="Q-1",
        dated_on=date(1999, 10, 20),
        price=Decimal("125000.00"),
        customer_signer="Ann",
        customer_signed_on=date(1999, 11, 2),
        supplier_signer="Bob",
        supplier_signed_on=date(1999, 11, 4),
        executed_on=date(1999, 11, 4),
        recorded_on=date(1999, 11, 4),
    )
    Quotation.objects.bulk_create([bare])
    placed = order_integration(site=site, ordered_on=date(1999, 11, 1), quotation=bare, on=ON, by=None)
    return complete_integration(order=placed, completed_on=date(1999, 11, 8), on=ON, by=None)


def attached(order: IntegrationOrder) -> Quotation:
    return attach_document(quotation=order.quotation, document=ContentFile(SCAN, "q.pdf"), on=ON, by=None)


def run() -> tuple[list[str], list[str]]:
    """The integrations that a run drafts, and its notices about them."""
    (result,) = draft_invoices(through=date(1999, 11, 30), on=date(1999, 12, 1), by=None)
    assert result.refusal == ""
    lines = InvoiceLine.objects.filter(charge="integration").order_by("pk")
    return [str(line.amount) for line in lines], [message for message in result.notices if "integration" in message]


def test_nothing_is_billed_until_the_document_is_attached(order):
    assert run() == ([], [f"System integration of Reno: nothing is billed. {MISSING}"])

    attached(order)

    assert run() == (["125000.00"], [])


def test_document_is_attached_once(order):
    quotation = attached(order)

    assert refused(attached, order) == [("", "Quotation Q-1 has its signed document. The one on file stays.")]
    assert Quotation.objects.get(pk=quotation.pk).document.read() == SCAN


def test_nothing_else_of_a_quotation_changes_in_programs_or_in_the_database(order):
    quotation = attached(order)
    for changed in ({"price": Decimal("1.00")}, {"document": "other.pdf"}):
        with pytest.raises(SealedRow):
            Quotation.objects.filter(pk=quotation.pk).update(**changed)
    for column, value in (("price", 1), ("document", "other.pdf")):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'UPDATE sites_quotation SET "{column}" = %s WHERE id = %s', [value, quotation.pk])


def test_page_warns_and_leads_to_the_document(order):
    client = client_of(ACCOUNT_MANAGER)
    url = reverse("sites:integration", args=[order.site_id])
    attach = reverse("sites:quotation_document", args=[order.quotation_id])
    page = client.get(url)

    assert f"Price not stated {MISSING}" in words(page)
    assert words(page).count("Not on file yet") == 1
    assert links(page).count(attach) == 2
    assert "Quotation Q-1 of 20 October 1999, 125,000.00" in words(client.get(attach))

    answer = client.post(attach, {"document": SimpleUploadedFile("q.pdf", SCAN)}, follow=True)

    assert "The signed document of Quotation Q-1 is attached" in words(answer)
    assert "125,000.00 Quotation Q-1" in words(answer)
    assert attach not in links(answer)
    refused = client.post(attach, {"document": SimpleUploadedFile("q.pdf", SCAN)}, follow=True)
    assert "Quotation Q-1 has its signed document. The one on file stays." in words(refused)


def test_page_of_the_cutover_says_that_the_document_comes_first(order):
    IntegrationOrder.objects.filter(pk=order.pk).update(completed_on=None)
    page = client_of(ACCOUNT_MANAGER).get(reverse("sites:integration_complete", args=[order.pk]))

    assert "Nothing is charged until the signed document of Quotation Q-1 is attached." in words(page)


def test_only_who_orders_integrations_attaches_documents(order):
    client = client_of(VIEWER)
    attach = reverse("sites:quotation_document", args=[order.quotation_id])

    assert (client.get(attach).status_code, client.post(attach).status_code) == (403, 403)
    assert attach not in links(client.get(reverse("sites:integration", args=[order.site_id])))
