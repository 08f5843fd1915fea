"""The download of everything that an issued document rests on."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.shortcuts import render
from django.views.generic import DetailView

from contracts.pages.downloads import download
from contracts.pages.pdf_pages import unmade
from contracts.printing.stored_pdf import CannotPrint
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.evidence.pack import evidence_pack
from invoicing.pages.views import OfDocument


class InvoiceEvidence(OfDocument, PermissionRequiredMixin, DetailView):
    """The evidence pack of an issued document, of what the reader may see; without a PDF a page says why not."""

    permission_required = "invoicing.view_invoice"

    def get(self, request, *args, **kwargs):
        invoice = self.object
        try:
            data = evidence_pack(invoice, may=request.user.has_perm)
        except CannotPrint as refused:
            shown = {"invoice": invoice, "refused": refused, "what": "evidence", **unmade(INVOICE_PDFS, invoice)}
            return render(request, "invoicing/invoice_no_pdf.html", shown, status=404)
        name = f"{invoice.number_text}-{invoice.agreement.number}-{invoice.first_day:%Y-%m}-evidence.zip"
        return download(data, name=name)
