"""The day by which an invoice is to be paid: stated only where the agreement states days to pay."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from contracts.models import Agreement
from invoicing.credits.crediting import credit
from invoicing.documents.printing import INVOICE_PDFS, render_content
from invoicing.issued.ledger import make_good
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from tests import factories
from tests.contracts.printing.printed import pages
from tests.people import FINANCE, client_of
from tests.reading import by_heading, words

pytestmark = pytest.mark.django_db
ISSUED = date(1999, 7, 31)


def issued(**terms) -> Invoice:
    agreement = factories.agreement(**terms)
    factories.site(agreement, "Reno")
    draft_invoices(through=date(1998, 10, 31), on=ISSUED, by=None, agreements=[agreement], issue_drafts=True)
    return Invoice.objects.get()


def test_invoice_is_due_so_many_days_after_its_own_date(settings):
    settings.BUSINESS_DATE = ISSUED
    invoice, client = issued(net_days=30), client_of(FINANCE)
    INVOICE_PDFS.make(invoice)

    assert invoice.due_on == date(1999, 8, 30)
    assert invoice.content["due_on"] == "1999-08-30"
    assert "Due date 30 August 1999" in " ".join(" ".join(pages(INVOICE_PDFS.read(invoice))).split())
    assert "Net 30 days, due 30 August 1999" in words(
        client.get(reverse("invoicing:invoice_detail", args=[invoice.pk]))
    )
    (row,) = by_heading(client.get(reverse("invoicing:invoice_list")))
    assert row["Due on"] == "30 Aug 1999"
    Agreement.objects.update(net_days=60)
    assert Invoice.objects.get().due_on == date(1999, 8, 30)
    make_good()  # within a test's transaction nothing comes right after a commit
    call_command("verify_invoices", stdout=StringIO())


def test_credit_note_and_draft_have_none():
    invoice = issued(net_days=30)
    note = credit(invoice=invoice, reason="Late", on=ISSUED, by=None)
    draft_invoices(through=date(1998, 11, 30), on=ISSUED, by=None)
    draft = Invoice.objects.drafts().first()

    assert (note.due_on, draft.due_on) == (None, None)
    assert "due_on" not in note.content


def test_nothing_is_invented_where_no_days_are_stated():
    invoice = issued()

    assert invoice.due_on is None
    assert "due_on" not in invoice.content
    assert "Due date" not in " ".join(pages(render_content(invoice.content).data))
