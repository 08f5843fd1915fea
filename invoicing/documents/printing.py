"""The PDFs of documents: made once of the frozen content, stored with their SHA-256, served as stored for ever."""

import hashlib
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string

from contracts.models import Agreement
from contracts.printing import stored_files
from contracts.printing.pdf import PdfUnavailable, RenderedPdf, render_document
from contracts.printing.stored_files import stored_name
from contracts.refusal import Refusal
from invoicing.documents.content import content_sha256, invoice_content
from invoicing.issued import numbering
from invoicing.issued.ledger import anchor_printed
from invoicing.issued.row_digests import SEALED
from invoicing.models import Invoice, InvoicePdf

logger = logging.getLogger(__name__)


class CannotPrint(Refusal):
    """A PDF cannot be made or served; the message says why and what to do."""


@dataclass(frozen=True)
class PdfResult:
    """What became of one document that had no PDF: its PDF, or the sentence that says why there is none."""

    invoice: Invoice
    pdf: InvoicePdf | None = None
    refusal: str = ""


# ---- making ------------------------------------------------------------------------------------------------------


def make_pdf(*, invoice: Invoice) -> InvoicePdf:
    """Make and store the PDF of an issued document from its frozen content; return the stored one where there is one.

    Safe to repeat, and in two processes at once: the first one stores, the others return what it stored. A stored file
    that was lost is made again if it comes out the same to the byte. Raises CannotPrint for a draft, or where content
    or file are not what they were.
    """
    pdf = InvoicePdf.objects.filter(invoice_id=invoice.pk).first()
    if pdf is not None and stored_files.path_of(pdf.file_name).exists():
        return pdf
    invoice = Invoice.objects.get(pk=invoice.pk)
    printed = render_content(_frozen_content(invoice))
    if pdf is not None:
        return _put_back(pdf, printed)
    digest = hashlib.sha256(printed.data).hexdigest()
    file_name = stored_name(invoice.number_text, digest)
    stored_files.keep(file_name, printed.data)
    return _record(invoice, file_name=file_name, sha256=digest, printed=printed)


def render_content(content: Mapping) -> RenderedPdf:
    """Print the content of a document. The same content gives the same bytes, whatever digests of rows it keeps."""
    shown = {name: value for name, value in content.items() if name != SEALED}
    html = content_html(shown)
    dated = shown["issued_on"] or shown["last_day"]
    return render_document(html=html, identifier=content_sha256(shown), created_on=date.fromisoformat(dated))


def content_html(content: Mapping) -> str:
    """Return the page that is printed."""
    return render_to_string(
        "print/invoice.html",
        {"document": content, "draft": content["draft"], "demonstration": content["demonstration"]},
    )


def _frozen_content(invoice: Invoice) -> dict:
    if not invoice.is_issued:
        raise CannotPrint(f"{invoice} has no PDF to keep before it is issued.")
    if content_sha256(invoice.content) != invoice.content_sha256:
        raise CannotPrint(
            f"{invoice}: the content in the database is not the one that was issued. Compare it with a backup."
        )
    return invoice.content


def _record(invoice: Invoice, *, file_name: str, sha256: str, printed: RenderedPdf) -> InvoicePdf:
    try:
        with numbering.one_at_a_time(), transaction.atomic():  # beside the issuers, not past their queue
            stored = InvoicePdf.objects.create(
                invoice=invoice, file_name=file_name, sha256=sha256, size=len(printed.data), pages=printed.pages
            )
    except IntegrityError:
        stored = InvoicePdf.objects.filter(invoice=invoice).first()
        if stored is None:
            raise
    else:
        transaction.on_commit(partial(_anchor, stored))
    if stored.file_name != file_name:
        stored_files.path_of(file_name).unlink(missing_ok=True)
    return stored


def _anchor(pdf: InvoicePdf) -> None:
    """Add the PDF to the ledger; a failure is logged and made good by `make_pdfs`."""
    try:
        anchor_printed(pdf)
    except OSError:
        logger.exception("%s is stored, but the ledger does not say so yet; run manage.py make_pdfs", pdf)


def _put_back(pdf: InvoicePdf, printed: RenderedPdf) -> InvoicePdf:
    if hashlib.sha256(printed.data).hexdigest() != pdf.sha256:
        raise CannotPrint(
            f"{pdf.file_name} is missing and does not come out the same when it is made again. "
            f"Put it back into {settings.DOCUMENTS_DIR} from a backup."
        )
    stored_files.keep(pdf.file_name, printed.data)
    return pdf


def make_missing_pdfs() -> list[PdfResult]:
    """Make the PDF of every issued document that has none, or whose file was lost; one failure does not stop the rest.

    Files that a crash left unfinished are swept away.
    """
    stored_files.sweep()
    without = list(Invoice.objects.without_pdf())
    kept = {entry.name for entry in os.scandir(settings.DOCUMENTS_DIR)} if settings.DOCUMENTS_DIR.exists() else set()
    lost = [
        pdf.invoice for pdf in InvoicePdf.objects.select_related("invoice").order_by("pk") if pdf.file_name not in kept
    ]
    return [_made(invoice) for invoice in (*without, *lost)]


def _made(invoice: Invoice) -> PdfResult:
    try:
        return PdfResult(invoice, make_pdf(invoice=invoice))
    except (CannotPrint, PdfUnavailable) as refused:
        return PdfResult(invoice, None, str(refused))
    except Exception as error:
        logger.exception("The PDF of %s could not be made", invoice)
        return PdfResult(invoice, None, f"{type(error).__name__}: {error}")


# ---- drafts and stored files -------------------------------------------------------------------------------------


def draft_pdf(*, invoice: Invoice) -> bytes:
    """Return the PDF of a draft as it stands now: DRAFT on each page, nothing stored.

    Raises CannotPrint for an issued document, whose PDF is stored, and where the PDF cannot be made.
    """
    if invoice.is_issued:
        raise CannotPrint(f"{invoice} is issued. Open its stored PDF.")
    agreement = Agreement.objects.with_terms().get(pk=invoice.agreement_id)
    lines = list(invoice.lines.select_related("site").order_by("position"))
    corrected = list(invoice.corrects.order_by("pk"))
    content = invoice_content(invoice=invoice, lines=lines, agreement=agreement, corrected=corrected)
    try:
        return render_content(content).data
    except PdfUnavailable as failed:
        raise CannotPrint(str(failed)) from failed


def stored_pdf(invoice: Invoice) -> bytes:
    """Return the stored PDF of an issued document, exactly as it was made.

    Raises CannotPrint when there is none yet, or when the file is missing or is not the one that was stored.
    """
    pdf = InvoicePdf.objects.filter(invoice_id=invoice.pk).first()
    if pdf is None:
        raise CannotPrint(f"{invoice} has no PDF yet. Run manage.py make_pdfs.")
    try:
        data = stored_files.path_of(pdf.file_name).read_bytes()
    except FileNotFoundError:
        raise CannotPrint(
            f"The PDF of {invoice} is missing: {pdf.file_name}. Run manage.py make_pdfs, or put it back from a backup."
        ) from None
    if hashlib.sha256(data).hexdigest() != pdf.sha256:
        raise CannotPrint(
            f"The PDF of {invoice} is not the one that was stored: {pdf.file_name}. Put it back from a backup."
        )
    return data
