"""Pages about what is owed: the list of documents, one document, its PDF, and the events of its life."""

from decimal import Decimal
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db.models import Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import DetailView, FormView

from contracts.clock import business_date
from contracts.models import Agreement
from contracts.money import money_text
from contracts.pages.address import Dated, KnownParameters
from contracts.pages.downloads import download
from contracts.pages.event_page import EventForm, EventPage
from contracts.pages.lists import ListPage
from contracts.pages.pdf_pages import MakePdf, pdf_response, unmade
from contracts.periods import day_text
from contracts.printing.stored_pdf import CannotPrint
from contracts.wording import plural
from invoicing.credits.crediting import creditable_lines, is_creditable
from invoicing.documents.printing import INVOICE_PDFS, draft_pdf
from invoicing.models import Invoice, InvoiceLine, InvoiceRun, Waiver
from invoicing.pages.archive import MOST_DOCUMENTS, archive_of
from invoicing.pages.filters import InvoiceFilter
from invoicing.pages.forms import LookedAtForm, RunForm, preview_address, preview_data
from invoicing.pages.invoice import InvoicePage, Since, invoice_page, run_shown
from invoicing.pages.tables import InvoiceTable
from invoicing.runs.books import billed_of
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue, why_not_issued
from invoicing.runs.recording import as_json, record_run
from invoicing.what_if.pending import next_run_of
from people.answers import AnswersByAddress


class InvoiceList(ListPage):
    """All invoices and credit notes, issued or draft."""

    title = "Invoices"
    permission_required = "invoicing.view_invoice"
    queryset = Invoice.objects.with_agreement().defer("content")
    table_class = InvoiceTable
    filterset_class = InvoiceFilter
    endings = (*ListPage.endings, "zip")

    @cached_property
    def drafts(self) -> int:
        """How many of the documents listed are drafts that the reader may discard."""
        may = self.request.user.has_perm("invoicing.draft_invoice") and self.request.GET.get("state") != "issued"
        return next(tab.count for tab in self.tabs if tab.value == "draft") if may else 0

    def get_table_kwargs(self):
        """Leave the boxes out where there is nothing to select."""
        kwargs = super().get_table_kwargs()
        return kwargs if self.drafts else kwargs | {"exclude": [*kwargs["exclude"], "choose"]}

    def get_context_data(self, **kwargs):
        return super().get_context_data(drafts=self.drafts, **kwargs)

    def file(self, ending):
        """Send also the PDFs of all issued documents that are listed, with an index of them."""
        if ending != "zip":
            return super().file(ending)
        documents = self.object_list.filter(issued_on__isnull=False).order_by("series", "number")
        number = documents.count()
        if number > MOST_DOCUMENTS:
            return self.no_file(
                f"A ZIP file holds at most {MOST_DOCUMENTS:,} documents, and {number:,} issued ones are listed. "
                "Filter them first, such as by billing period."
            )
        if not number:
            return self.no_file("No issued document is listed, so there is no PDF to download.")
        return download(archive_of(documents), name=self.file_name(ending))


class OfDocument:
    """A page of one document. Where a run has replaced a draft meanwhile, or somebody discarded it, it says so."""

    queryset = Invoice.objects.with_agreement().select_related("issued_by", "drafted_by")

    @cached_property
    def object(self) -> Invoice | None:
        return self.queryset.filter(pk=self.kwargs["pk"]).first()

    def get_object(self) -> Invoice:
        return self.object

    def dispatch(self, request, *args, **kwargs):
        if self.object is None and request.user.has_perm("invoicing.view_invoice"):
            return render(request, "invoicing/draft_gone.html", status=404)
        return super().dispatch(request, *args, **kwargs)


class InvoicePageMixin(OfDocument, PermissionRequiredMixin):
    """One document with everything that its page shows."""

    def invoice_page(self, since: Since | None = None) -> InvoicePage:
        invoice = self.object
        return invoice_page(
            invoice=invoice,
            lines=since.lines if since else self.lines(),
            agreement=None if invoice.is_issued else Agreement.objects.with_terms().get(pk=invoice.agreement_id),
            corrects=list(invoice.corrects.defer("content").order_by("pk")),
            corrected_by=list(invoice.corrected_by.defer("content").order_by("pk")),
            left=since.left if since else None,
            page=self.request.GET.get("page", "1"),
        )

    def lines(self) -> list[InvoiceLine]:
        return list(self.object.lines.select_related("site").order_by("position"))


class InvoiceDetail(KnownParameters, InvoicePageMixin, DetailView):
    """One document: each line explained, page by page, what it corrects, and its PDF."""

    permission_required = "invoicing.view_invoice"
    parameters = ("page",)

    def get_context_data(self, **kwargs):
        since = self.since() if self.object.is_issued else None
        page = self.invoice_page(since)
        pdf = unmade(INVOICE_PDFS, self.object)
        waits = self.object.waits(business_date())
        return super().get_context_data(page=page, since=since, waits=waits, **pdf, **kwargs)

    def since(self) -> Since:
        """Load what was credited, waived or is to be corrected of the document."""
        invoice, on = self.object, business_date()
        own, credits = invoice.lines.order_by(), InvoiceLine.objects.filter(credits__invoice=invoice).order_by()
        waivers = Waiver.objects.with_documents().filter(
            Q(line__in=own.values("pk")) | Q(line__in=credits.values("pk"))
        )
        billed = billed_of(invoice=invoice, known_on=on)
        found = creditable_lines(invoice=invoice, on=on, billed=billed) if invoice.origin == Invoice.Origin.RUN else ()
        return Since(
            lines=[each.line for each in found] or self.lines(),
            left={each.line.position: each.left for each in found if is_creditable(each.line, invoice)},
            waivers=tuple(waivers.order_by("pk")),
            next_run=next_run_of(invoice=invoice, on=on, billed=billed),
        )


class InvoicePdf(OfDocument, PermissionRequiredMixin, DetailView):
    """The PDF of a document: as stored once it is issued, marked DRAFT before."""

    permission_required = "invoicing.view_invoice"

    def get(self, request, *args, **kwargs):
        invoice = self.object
        name = f"{invoice.number_text or 'DRAFT'}-{invoice.agreement.number}-{invoice.first_day:%Y-%m}"
        make = (
            partial(INVOICE_PDFS.read, invoice)
            if invoice.is_issued
            else partial(draft_pdf, invoice=invoice, wait=settings.SECONDS_FOR_A_PAPER)
        )
        try:
            return pdf_response(request, make=make, name=f"{name}.pdf")
        except CannotPrint as refused:
            shown = {"invoice": invoice, "refused": refused, **unmade(INVOICE_PDFS, invoice)}
            return render(request, "invoicing/invoice_no_pdf.html", shown, status=404)


class InvoiceMakePdf(OfDocument, MakePdf):
    """Make the PDF of an issued document that has none."""

    permission_required = ("invoicing.view_invoice", "invoicing.issue_invoice")
    pdfs = INVOICE_PDFS
    crumbs = "invoicing/parts/invoice_crumbs.html"

    @property
    def document(self) -> Invoice:
        return self.object

    def get_context_data(self, **kwargs):
        return super().get_context_data(invoice=self.object, **kwargs)

    def back(self):
        return reverse("invoicing:invoice_detail", args=[self.object.pk])


class InvoiceIssue(InvoicePageMixin, EventPage):
    permission_required = ("invoicing.view_invoice", "invoicing.issue_invoice")
    button, back_name = "Issue", "Back without issuing"
    crumbs = "invoicing/parts/invoice_crumbs.html"
    template_name = "invoicing/invoice_issue.html"

    @cached_property
    def page(self) -> InvoicePage:
        return self.invoice_page()

    @property
    def title(self):
        return f"Issue the draft of {self.page.document['period']}"

    def refusal(self):
        return why_not_issued(invoice=self.object, on=self.on)

    def get_form_class(self):
        return LookedAtForm if self.object.held_because else EventForm

    def warnings(self):
        return self.object.held_because

    def demonstration(self):
        return "Demonstration data: this document bills invented sites." if self.object.is_demonstration else ""

    def consequences(self):
        document, lines = self.page.document, plural(self.page.page_obj.paginator.count, "line")
        amount = f"{money_text(Decimal(document['total']))} {document['currency']} for {document['period']}"
        whom = f"{document['customer']['name']} under agreement {document['agreement']['number']}"
        yield f"{self.object.get_kind_display()} to {whom}: {amount}, {lines}."
        yield f"It takes the next number of its series and is dated {self.on:%A}, {day_text(self.on)}."
        yield "Everything it shows is frozen, and its PDF is made."
        yield "It can never be changed or deleted. A mistake is corrected by a credit note."

    def perform(self, **facts):
        issued = issue(invoice=self.object, on=self.on, by=self.request.user, **facts)
        return f"{issued} is issued, dated {day_text(issued.issued_on)}. Send its PDF to the customer."

    def refused(self, form, refusal):
        """Say why nothing has happened, on the page of the document or, if a later run replaced it, on the list."""
        messages.error(self.request, str(refusal))
        stands = Invoice.objects.filter(pk=self.object.pk).exists()
        return redirect(self.back() if stands else "invoicing:invoice_list")

    def back(self):
        return reverse("invoicing:invoice_detail", args=[self.object.pk])

    def get_context_data(self, **kwargs):
        return super().get_context_data(invoice=self.object, page=self.page, **kwargs)


class Run(PermissionRequiredMixin, AnswersByAddress, Dated, FormView):
    """Draft what is due through a date for chosen agreements. A preview writes nothing and has an address."""

    permission_required = ("invoicing.view_invoice", "invoicing.draft_invoice")
    template_name = "invoicing/run.html"
    form_class = RunForm

    def get_form_kwargs(self):
        """A preview shows its results under the form; any other GET shows it as it begins, or as the address says."""
        data = preview_data(self.request.GET) if "preview" in self.request.GET else None
        if self.request.method == "POST":
            data = self.request.POST
        return {"data": data, "on": self.on, "begin": self.request.GET}

    def get_context_data(self, **kwargs):
        context = super().get_context_data(latest=InvoiceRun.objects.select_related("run_by")[:5], **kwargs)
        form = context["form"]
        if self.request.method == "POST" or not form.is_bound or not form.is_valid():
            return context
        results = self.draft(form, dry_run=True)
        return context | {
            "run": run_shown([as_json(each, on=self.on) for each in results], stored={}, on=self.on),
            **form.cleaned_data,
        }

    def draft(self, form, *, dry_run: bool):
        return draft_invoices(on=self.on, by=self.request.user, dry_run=dry_run, **form.cleaned_data)

    def form_valid(self, form):
        """Lead to the preview, or draft, keep what was done and lead to that."""
        if "preview" in self.request.POST:
            return redirect(f"{self.request.path}?{preview_address(form)}")
        results, through = self.draft(form, dry_run=False), form.cleaned_data["through"]
        return redirect(
            "invoicing:run_detail", record_run(results=results, through=through, on=self.on, by=self.request.user).pk
        )


class RunDetail(PermissionRequiredMixin, DetailView):
    """What a run did, as it was then, with what has become of its documents."""

    permission_required = "invoicing.view_invoice"
    queryset = InvoiceRun.objects.select_related("run_by")
    template_name = "invoicing/run_detail.html"

    def get_context_data(self, **kwargs):
        results = self.object.results
        keys = [document["key"] for result in results for document in result["documents"]]
        stored = Invoice.objects.defer("content").in_bulk(keys)
        return super().get_context_data(run=run_shown(results, stored=stored, on=business_date()), **kwargs)
