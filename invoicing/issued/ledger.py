"""The ledger of issued documents: one line for each document and each PDF."""

from collections.abc import Iterator

from contracts.sealing.histories import make_histories_good
from contracts.sealing.ledger import ISSUED_DOCUMENTS
from contracts.sealing.ledger_lines import ISSUED, PRINTED, LedgerEntry
from invoicing.models import Invoice, InvoicePdf


def anchor_issued(invoice: Invoice) -> None:
    """Add the line of a document that was issued, right after the commit."""
    ISSUED_DOCUMENTS.add([issued_entry(invoice)])


def anchor_printed(pdf: InvoicePdf) -> None:
    """Add the line of a PDF that was stored, right after the commit."""
    ISSUED_DOCUMENTS.add([_printed_entry(pdf)])


def make_good() -> int:
    """Add the lines that a crash has lost, of documents and of histories, marked as such; return how many.

    What stands there is never touched.
    """
    ledger = ISSUED_DOCUMENTS.read()
    lost = [entry for entry in _due() if not ledger.holds(entry)]
    ISSUED_DOCUMENTS.add(lost)
    return len(lost) + make_histories_good()


def issued_entry(invoice: Invoice, *, backfilled: bool = False) -> LedgerEntry:
    """Return the line of an issued document."""
    return LedgerEntry(
        ISSUED, invoice.number_text, invoice.issued_on, invoice.content_sha256, invoice.chain_sha256, backfilled
    )


def _printed_entry(pdf: InvoicePdf, *, backfilled: bool = False) -> LedgerEntry:
    return LedgerEntry(PRINTED, pdf.invoice.number_text, pdf.invoice.issued_on, pdf.sha256, backfilled=backfilled)


def _due() -> Iterator[LedgerEntry]:
    """Every line that should be there, in the order of the numbers."""
    names = ("number_text", "issued_on", "content_sha256", "chain_sha256")
    issued = Invoice.objects.issued().order_by("series", "number", "pk").only(*names)
    for invoice in issued.iterator():
        yield issued_entry(invoice, backfilled=True)
    printed = InvoicePdf.objects.select_related("invoice").order_by("invoice__series", "invoice__number", "pk")
    for pdf in printed.only("sha256", "invoice__number_text", "invoice__issued_on").iterator():
        yield _printed_entry(pdf, backfilled=True)
