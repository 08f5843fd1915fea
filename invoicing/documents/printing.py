"""How invoices and credit notes are printed: drafts on request, issued documents once."""

import logging
from collections.abc import Mapping
from datetime import date

from django.template.loader import render_to_string

from contracts.models import Agreement
from contracts.printing.papers import printed_once, why_unprinted
from contracts.printing.pdf import PdfUnavailable, RenderedPdf, render_document
from contracts.printing.stored_pdf import CannotPrint, StoredPdfs
from contracts.sealing.digest import canonical_sha256
from invoicing.documents.content import invoice_content
from invoicing.issued import numbering
from invoicing.issued.ledger import anchor_printed
from invoicing.issued.row_digests import SEALED
from invoicing.models import Invoice, InvoicePdf

logger = logging.getLogger(__name__)


def render_content(content: Mapping) -> RenderedPdf:
    """Print the content of a document. The same content gives the same bytes, whatever digests of rows it keeps."""
    shown = {name: value for name, value in content.items() if name != SEALED}
    html = content_html(shown)
    dated = shown["issued_on"] or shown["last_day"]
    return render_document(html=html, identifier=canonical_sha256(shown), created_on=date.fromisoformat(dated))


def content_html(content: Mapping) -> str:
    """Return the page that is printed."""
    return render_to_string(
        "print/invoice.html",
        {"document": content, "draft": content["draft"], "demonstration": content["demonstration"]},
    )


def draft_pdf(*, invoice: Invoice, wait: float | None = None) -> bytes:
    """Return the PDF of a draft as it stands now, DRAFT on each page; the same one until it reads differently.

    Raises CannotPrint for an issued document, whose PDF is stored, and where the PDF cannot be made, and BeingMade
    while it is being printed, or when that takes longer than `wait` seconds.
    """
    if invoice.is_issued:
        raise CannotPrint(f"{invoice} is issued. Open its stored PDF.")
    agreement = invoice.agreement = Agreement.objects.with_terms().get(pk=invoice.agreement_id)
    lines = list(invoice.lines.select_related("site").order_by("position"))
    corrected = list(invoice.corrects.order_by("pk"))
    content = invoice_content(invoice=invoice, lines=lines, agreement=agreement, corrected=corrected)
    try:
        return printed_once(
            name=f"draft-{invoice.pk}",
            html=content_html(content),
            identifier=canonical_sha256(content),
            created_on=invoice.last_day,
            wait=wait,
        )
    except PdfUnavailable as failed:
        raise CannotPrint(why_unprinted(failed)) from failed


def _anchor(pdf: InvoicePdf) -> None:
    """Add the PDF to the ledger; a failure is logged and made good by `make_pdfs`."""
    try:
        anchor_printed(pdf)
    except OSError:
        logger.exception("%s is stored, but the ledger does not say so yet; run manage.py make_pdfs", pdf)


INVOICE_PDFS = StoredPdfs(
    model=InvoicePdf,
    key="invoice",
    command="make_pdfs",
    title=lambda invoice: invoice.number_text,
    render=render_content,
    queue=numbering.one_at_a_time,  # beside the issuers, not past their queue
    after=_anchor,
)
