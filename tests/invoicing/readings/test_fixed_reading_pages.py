"""Readings without a choice, and the one on charges per site, in the register and on the documents they concern."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from contracts.models import Agreement
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from sites.models import IntegrationOrder, RenewalReview, Site
from sites.reviews.content import Edition
from sites.reviews.printing import review_pdf
from sites.reviews.reviewing import open_review
from tests import factories
from tests.contracts.printing.printed import pages
from tests.people import VIEWER, client_of
from tests.reading import words

pytestmark = pytest.mark.django_db
PAYMENT, TAX, SIZES = (
    "When is a document to be paid?",
    "Which taxes are charged?",
    "For which sizes is system integration priced?",
)
NO_DUE_DATE = "By the terms of the Agreement; no due date is stated until days to pay are entered."
STATED = "The price is stated for Very Small and Small at 100,000.00."


@pytest.fixture
def agreement(settings) -> Agreement:
    """The reference agreement with one site."""
    settings.BUSINESS_DATE = date(1999, 7, 15)
    row = factories.agreement()
    factories.site(row, "Reno", state="NV")
    return row


@pytest.fixture
def reader() -> Client:
    return client_of(VIEWER)


def drafted(through: date) -> list[Invoice]:
    draft_invoices(through=through, on=date(1999, 7, 15), by=None)
    return list(Invoice.objects.order_by("first_day"))


def page_of(reader: Client, invoice: Invoice) -> str:
    return words(reader.get(reverse("invoicing:invoice_detail", args=[invoice.pk])))


def register(reader: Client, agreement: Agreement) -> str:
    return words(reader.get(reverse("invoicing:reading_register", args=[agreement.pk])))


def test_register_shows_what_is_read_the_clause_and_why(reader, agreement):
    page = register(reader, agreement)

    for title in (PAYMENT, TAX, SIZES):
        assert page.count(title) == 1
    assert f"{SIZES} Read as {STATED} For Medium, Large and Very Large it is not stated" in page
    assert "Clause Appendix A, note 5 Why The clause prices the sizes that it names." in page
    assert f"{PAYMENT} Read as {NO_DUE_DATE} Clause not stated Why No clause on file says when" in page


def test_register_of_a_term_that_has_ended_keeps_its_last_prices(reader, agreement, settings):
    settings.BUSINESS_DATE = date(2001, 3, 1)

    assert STATED in register(reader, agreement)


def test_register_of_an_agreement_without_prices_says_nothing_of_sizes(reader, settings):
    settings.BUSINESS_DATE = date(1999, 7, 15)
    page = register(reader, factories.agreement(amendments=()))

    assert (SIZES in page, PAYMENT in page) == (False, True)


def test_days_to_pay_take_the_place_of_the_terms_of_the_agreement(reader, agreement):
    Agreement.objects.filter(pk=agreement.pk).update(net_days=45)
    (document,) = drafted(date(1998, 10, 31))

    for page in (register(reader, agreement), page_of(reader, document)):
        assert "Within 45 days of the document's date, as entered for the agreement." in page
        assert NO_DUE_DATE not in page


def test_each_document_says_payment_and_tax_and_the_sizes_where_it_bills_an_integration(reader, agreement):
    IntegrationOrder.objects.create(
        site=Site.objects.get(agreement=agreement),
        ordered_on=date(1998, 11, 2),
        completed_on=date(1998, 11, 20),
        recorded_on=date(1998, 11, 20),
    )

    october, november = (page_of(reader, document) for document in drafted(date(1998, 11, 30)))

    for page in (october, november):
        assert f"{PAYMENT} {NO_DUE_DATE}" in page
        assert f"{TAX} No tax is added: amounts are those of the price schedule." in page
    assert SIZES not in october
    assert f"{SIZES} {STATED}" in november


def test_issued_document_keeps_the_readings_with_which_it_was_issued(reader, agreement):
    (result,) = draft_invoices(through=date(1998, 10, 31), on=date(1999, 7, 15), by=None, issue_drafts=True)
    assert result.refusal == ""
    document = Invoice.objects.get()
    Agreement.objects.filter(pk=agreement.pk).update(net_days=45)

    assert NO_DUE_DATE in page_of(reader, document)
    assert [reading["sentence"] for reading in document.content["readings"]][-2] == NO_DUE_DATE


def test_one_charge_per_site_stands_on_invoice_and_review_on_the_page_and_on_paper(reader, agreement):
    question, sentence = "What does one annual price cover?", "One charge per site, not per switch."
    draft_invoices(through=date(1998, 10, 31), on=date(1999, 7, 15), by=None, issue_drafts=True)
    document = Invoice.objects.get()
    INVOICE_PDFS.make(document)
    review = open_review(agreement=agreement, period_number=1, on=date(1999, 7, 15), by=None)
    review = RenewalReview.objects.with_agreement().get(pk=review.pk)

    shown = {
        "invoice": page_of(reader, document),
        "invoice on paper": printed(INVOICE_PDFS.read(document)),
        "review": words(reader.get(reverse("sites:review_detail", args=[review.pk]))),
        **{edition: printed(review_pdf(review=review, edition=edition, on=date(1999, 7, 15))) for edition in Edition},
    }

    assert [where for where, text in shown.items() if f"{question} {sentence}" not in text] == []


def printed(data: bytes) -> str:
    """The words of a PDF, single spaces between them."""
    return " ".join(" ".join(pages(data)).split())
