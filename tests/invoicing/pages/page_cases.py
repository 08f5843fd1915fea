"""Documents for pages: those of the reference agreement with two sites, in November 1998, and their addresses."""

from datetime import date

from django.urls import reverse

from contracts.models import Agreement
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue
from tests import factories

NOVEMBER = date(1998, 11, 2)
INVOICES, RUN = reverse("invoicing:invoice_list"), reverse("invoicing:run")


def two_sites() -> Agreement:
    """The reference agreement with two sites, one of them from mid-October."""
    row = factories.agreement()
    factories.site(row, "Reno", state="NV")
    factories.site(row, "Mobile", date(1998, 10, 15), state="AL")
    return row


def drafted(agreement: Agreement, through: date = date(1998, 10, 31)) -> Invoice:
    """The last draft of a run through a day."""
    (result,) = draft_invoices(through=through, on=max(NOVEMBER, through), by=None, agreements=[agreement])
    return result.documents[-1]


def issued(agreement: Agreement, through: date = date(1998, 10, 31)) -> Invoice:
    """The same document, issued."""
    return issue(invoice=drafted(agreement, through), on=max(NOVEMBER, through), by=None)


def page_of(invoice: Invoice) -> str:
    """The address of a document."""
    return reverse("invoicing:invoice_detail", args=[invoice.pk])


def event(invoice: Invoice, name: str) -> str:
    """The address of one of its events: issue, credit or pdf."""
    return reverse(f"invoicing:invoice_{name}", args=[invoice.pk])
