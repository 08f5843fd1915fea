"""Pages of the monthly report: the lists, the report of a month, its files, and its events with their confirmation."""

from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View

from contracts.models import Agreement
from contracts.pages.address import OfAgreement
from contracts.pages.downloads import download
from contracts.pages.event_page import EventPage
from contracts.pages.lists import ListPage, page_of
from contracts.pages.pdf_pages import MakePdf, pdf_response, unmade
from contracts.periods import day_text
from contracts.printing.papers import why_unprinted
from contracts.printing.pdf import PdfUnavailable
from contracts.printing.stored_pdf import CannotPrint
from contracts.wording import plural
from sites.models import MonthlyReport
from sites.reports.forms import AcknowledgeForm, IssueForm, MarkForm, ReviseForm, UnmarkForm
from sites.reports.lists import AgreementReportTable, ReportFilter, ReportTable
from sites.reports.pages import month_page
from sites.reports.printing import REPORT_PDFS, file_title, unissued_pdf
from sites.reports.reporting import acknowledge, issue_report, mark_missing, revise_report, unmark_missing
from sites.reports.sheets import report_workbook


class ReportList(ListPage):
    """The months of all agreements whose reports are due or issued; what is late comes first."""

    title = "Monthly reports"
    permission_required = "sites.view_monthlyreport"
    queryset = Agreement.objects.order_by("number", "pk")
    table_class = ReportTable
    filterset_class = ReportFilter
    template_name = "sites/report_list.html"
    agreement = None

    def get_context_data(self, **kwargs):
        return super().get_context_data(agreement=self.agreement, days_after=settings.REPORT_DUE_DAYS, **kwargs)


class AgreementReports(ReportList):
    table_class = AgreementReportTable

    @property
    def title(self):
        return f"Monthly reports of agreement {self.agreement.number}"

    def get_queryset(self):
        self.agreement = get_object_or_404(Agreement, pk=self.kwargs["pk"])
        return Agreement.objects.filter(pk=self.agreement.pk)


# ---- one month ---------------------------------------------------------------------------------------------------


class MonthMixin(PermissionRequiredMixin, OfAgreement):
    """What the pages of one month share. A month in which no site is in service has none."""

    permission_required = "sites.view_monthlyreport"

    @cached_property
    def page(self):
        found = month_page(
            agreement=self.agreement,
            month=self.kwargs["month"],
            revision=self.kwargs.get("revision"),
            charged=self.request.user.has_perm("sites.view_chargedlevel"),
            on=self.on,
            days_after=settings.REPORT_DUE_DAYS,
        )
        if found is None:
            raise Http404("There is no report of this month.")
        return found

    def get_context_data(self, **kwargs):
        return super().get_context_data(page=self.page, **kwargs)

    @property
    def address(self) -> str:
        """The page of the report that the address names: of a revision, or of the month."""
        name = "report_revision" if "revision" in self.kwargs else "month_report"
        return reverse(f"sites:{name}", kwargs=self.kwargs)


class MonthReport(MonthMixin, TemplateView):
    """The report of a month: as the counts make it until it is issued, then as it was issued."""

    template_name = "sites/report_detail.html"

    def get_context_data(self, **kwargs):
        sites = page_of(self.page.content["rows"], self.request.GET.get("page"))
        kwargs |= unmade(REPORT_PDFS, self.page.report)
        return super().get_context_data(page_obj=sites, charts=self.page.charts(sites.object_list), **kwargs)


class MonthReportPdf(MonthMixin, View):
    """The PDF: the stored one, byte by byte, of an issued report; until then the report as it stands.

    It says at which level each site is charged: it is for those who may see that.
    """

    permission_required = ("sites.view_monthlyreport", "sites.view_chargedlevel")

    def get(self, request, **kwargs):
        page = self.page
        live = partial(unissued_pdf, agreement=self.agreement.pk, wait=settings.SECONDS_FOR_A_PAPER)
        make = partial(REPORT_PDFS.read, page.report) if page.report else partial(live, page.content)
        name = f"{file_title(page.content)}.pdf"
        try:
            return pdf_response(request, make=make, name=name)
        except (CannotPrint, PdfUnavailable) as missing:
            messages.error(request, why_unprinted(missing))
            return redirect(self.address)


class MonthReportSheet(MonthMixin, View):
    """The workbook, of the same content as page and PDF."""

    def get(self, request, **kwargs):
        return download(report_workbook(self.page.content), name=f"{file_title(self.page.content)}.xlsx")


# ---- events ------------------------------------------------------------------------------------------------------


class MonthEvent(MonthMixin, EventPage):
    crumbs = "sites/parts/report_crumbs.html"
    styles = ("reports.css",)
    back_name = "Back to the report"

    def back(self):
        return self.address

    @property
    def event(self) -> dict:
        """What every event is about, and who records it when."""
        return {"on": self.on, "by": self.request.user}

    def get_context_data(self, **kwargs):
        return super().get_context_data(event=True, **kwargs)


class IssueReport(MonthEvent):
    permission_required = "sites.issue_report"
    template_name = "sites/report_issue.html"

    @property
    def title(self):
        what = f"revision {self.page.latest.revision + 1} of the report" if self.page.latest else "the report"
        return f"Issue {what} of {self.kwargs['month']}"

    @property
    def button(self):
        return "Issue the revision" if self.page.latest else "Issue the report"

    def get_form_class(self):
        return ReviseForm if self.page.latest else IssueForm

    def get_initial(self):
        """What is shown is what will be issued."""
        return {"seen": self.page.live_sha256}

    def perform(self, **facts):
        issuing = revise_report if "reason" in facts else issue_report
        about = {"agreement": self.agreement, "month": self.kwargs["month"], "days_after": settings.REPORT_DUE_DAYS}
        return f"{issuing(**about, **facts, **self.event)} is issued."


class MakeReportPdf(MakePdf, MonthEvent):
    """Make the PDF of an issued report that has none."""

    permission_required = (*MonthReportPdf.permission_required, "sites.issue_report")
    pdfs = REPORT_PDFS

    @property
    def document(self) -> MonthlyReport:
        return self.page.report


class MissingEvent(MonthEvent):
    permission_required = ("sites.view_monthlyreport", "sites.add_componentcount")
    template_name = "sites/report_missing.html"
    button = "Mark as missing"

    @property
    def title(self):
        return f"Missing figures of {self.kwargs['month']}"


class MarkMissing(MissingEvent):
    form_class = MarkForm

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"gaps": self.page.lacking}

    def get_initial(self):
        site = self.request.GET.get("site", "")
        gaps = self.page.lacking
        return {"figures": [f"{gap.key}:{code}" for gap in gaps if str(gap.key) == site for code in gap.codes]}

    def get_context_data(self, **kwargs):
        if self.page.live_marked:
            kwargs.setdefault("unmark", UnmarkForm(gaps=self.page.live_marked))
        return super().get_context_data(**kwargs)

    def perform(self, **facts):
        rows = mark_missing(agreement=self.agreement, month=self.kwargs["month"], **facts, **self.event)
        return f"{plural(len(rows), 'figure')} marked as missing in {self.kwargs['month']}."


class UnmarkMissing(MissingEvent):
    form_class = UnmarkForm
    http_method_names = ("post", "options")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"gaps": self.page.live_marked}

    def get_context_data(self, **kwargs):
        form = kwargs.pop("form", None) or self.get_form()
        mark = MarkForm(gaps=self.page.lacking)
        return super().get_context_data(form=mark, unmark=form, **kwargs)

    def perform(self, *, marked):
        number = unmark_missing(agreement=self.agreement, month=self.kwargs["month"], figures=marked, **self.event)
        return f"{plural(number, 'mark')} taken back."


class AcknowledgeReport(MonthEvent):
    permission_required = "sites.acknowledge_report"
    button = "Record the acknowledgment"
    form_class = AcknowledgeForm

    def get_initial(self):
        return {"acknowledged_on": self.on}

    @property
    def title(self):
        return f"Acknowledgment of the report of {self.kwargs['month']}"

    def refusal(self):
        return "" if self.page.latest else f"The report of {self.kwargs['month']} is not issued yet. Issue it first."

    def consequences(self):
        report = self.page.latest
        issued = f"{report}, issued on {day_text(report.issued_on)}"
        return [f"{issued}: record who confirmed for the customer that it arrived, and when."]

    def perform(self, **facts):
        report: MonthlyReport = self.page.latest
        found = acknowledge(report=report, **facts, **self.event)
        return f"{report}: acknowledged by {found.acknowledged_by} on {day_text(found.acknowledged_on)}."
