"""Runs over stored agreements, and the rows of what falls due once: blocks, work and orders of integration."""

from datetime import date
from decimal import Decimal

from django.db.models import Sum

from contracts.models import Agreement, ChosenReading
from contracts.money import ZERO
from invoicing.models import Invoice, InvoiceLine
from invoicing.runs.drafting import RunResult, draft_invoices
from sites.models import BlockPurchase, IntegrationOrder, Quotation, Site, WorkEntry
from tests import reference

OCTOBER, NOVEMBER, DECEMBER = date(1998, 10, 31), date(1998, 11, 30), date(1998, 12, 31)
JANUARY, FEBRUARY, MARCH = date(1999, 1, 31), date(1999, 2, 28), date(1999, 3, 31)


def run(through: date, on: date | None = None, **options) -> list[RunResult]:
    """Run the invoices, on the day through which they bill unless told otherwise."""
    return draft_invoices(through=through, on=on or through, by=None, **options)


def issue_through(through: date, on: date | None = None) -> tuple[Invoice, ...]:
    """Run the invoices of the only agreement and issue them; return the documents."""
    (result,) = run(through, on, issue_drafts=True)
    assert result.refusal == ""
    return result.documents


def line_amounts(document: Invoice) -> list[str]:
    """The amounts of a document's lines, in order."""
    return [str(line.amount) for line in document.lines.order_by("position")]


def totals() -> list[str]:
    """The totals of all documents, in the order of their billing periods."""
    return [str(invoice.total) for invoice in Invoice.objects.order_by("first_day", "pk")]


def billed(site: Site) -> Decimal:
    """What issued documents have billed for a site."""
    lines = InvoiceLine.objects.filter(site=site, invoice__issued_on__isnull=False)
    return lines.aggregate(sum=Sum("amount"))["sum"] or ZERO


def read(agreement: Agreement, question: str, choice: str, applies_from: date | None = None) -> ChosenReading:
    """A reading that was chosen on the agreement's first day; from the first annual period unless told otherwise."""
    return ChosenReading.objects.create(
        agreement=agreement,
        question=question,
        choice=choice,
        applies_from=applies_from,
        chosen_by="Contract administration",
        chosen_on=reference.ANCHOR,
        closed_on=agreement.executed_on,
    )


# ---- what falls due once -----------------------------------------------------------------------------------------


def blocks(agreement: Agreement, bought_on: date, number: int = 1, **fields) -> BlockPurchase:
    """A purchase of blocks."""
    return BlockPurchase.objects.create(
        agreement=agreement, bought_on=bought_on, blocks=number, recorded_on=bought_on, **fields
    )


def work(site: Site, worked_on: date, hours: str, **fields) -> WorkEntry:
    """Hours done for a site."""
    values = {"service": "Customer Care", "person": "A. Person", "recorded_on": worked_on} | fields
    return WorkEntry.objects.create(site=site, worked_on=worked_on, hours=Decimal(hours), **values)


def order(site: Site, completed_on: date | None, **fields) -> IntegrationOrder:
    """An order of system integration, placed on the day on which the cutover was complete unless told otherwise."""
    ordered_on = fields.pop("ordered_on", completed_on)
    return IntegrationOrder.objects.create(
        site=site, ordered_on=ordered_on, completed_on=completed_on, recorded_on=ordered_on, **fields
    )


def quotation(site: Site, price: str, executed_on: date) -> Quotation:
    """A quotation that both parties have signed on one day."""
    return Quotation.objects.create(
        site=site,
        number="Q-17",
        dated_on=executed_on,
        price=Decimal(price),
        document="quotations/q-17.pdf",
        customer_signer="A. Signer",
        customer_signed_on=executed_on,
        supplier_signer="B. Signer",
        supplier_signed_on=executed_on,
        executed_on=executed_on,
        recorded_on=executed_on,
    )
