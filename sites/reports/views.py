"""Pages of the monthly report: the lists, the report of a month, its files, and its events with their confirmation."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView, View

from contracts.clock import business_date
from contracts.models import Agreement
from contracts.pages.lists import EvenPages
from contracts.periods import day_text
from contracts.printing.pdf import PdfUnavailable
from contracts.printing.stored_pdf import CannotPrint
from contracts.wording import plural
from sites.models import MonthlyReport
from sites.reports.forms import AcknowledgeForm, IssueForm, MarkForm, ReviseForm, UnmarkForm
from sites.reports.pages import TABS, chosen_months, month_page, tabs_of
from sites.reports.printing import REPORT_PDFS, file_title, render_report
from sites.reports.queries import months_of
from sites.reports.reporting import (
    CannotReport,
    acknowledge,
    issue_report,
    mark_missing,
    revise_report,
    unmark_missing,
)
from sites.reports.sheets import report_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReportList(PermissionRequiredMixin, TemplateView):
    """The months of all agreements whose reports are due or issued; what is late comes first."""

    permission_required = "sites.view_monthlyreport"
    template_name = "sites/report_list.html"
    agreement = None

    def agreements(self):
        """The agreements listed, and the one chosen where the address names one."""
        return Agreement.objects.with_terms().order_by("number", "pk")

    def get_context_data(self, **kwargs):
        """Add the months of the chosen state, page by page, and how many there are of each."""
        on = business_date()
        months = months_of(agreements=self.agreements(), on=on, days_after=settings.REPORT_DUE_DAYS)
        state = self.request.GET.get("state", "")
        state = state if state in TABS else ""
        page = EvenPages(chosen_months(months, state), 0).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            agreement=self.agreement,
            tabs=tabs_of(months),
            state=state,
            page_obj=page,
            months=page.object_list,
            days_after=settings.REPORT_DUE_DAYS,
            on=on,
            **kwargs,
        )


class AgreementReports(ReportList):
    """The months of one agreement."""

    def agreements(self):
        """That agreement."""
        self.agreement = get_object_or_404(Agreement.objects.with_terms(), pk=self.kwargs["pk"])
        return Agreement.objects.with_terms().filter(pk=self.agreement.pk)


# ---- one month ---------------------------------------------------------------------------------------------------


class MonthMixin(PermissionRequiredMixin):
    """What the pages of one month share. A month in which no site is in service has none."""

    permission_required = "sites.view_monthlyreport"

    @cached_property
    def on(self):
        """The business date."""
        return business_date()

    @cached_property
    def agreement(self) -> Agreement:
        """The agreement, with its terms."""
        return get_object_or_404(Agreement.objects.with_terms(), pk=self.kwargs["pk"])

    @cached_property
    def page(self):
        """Everything that is shown of the month."""
        found = month_page(
            agreement=self.agreement,
            month=self.kwargs["month"],
            revision=self.kwargs.get("revision"),
            on=self.on,
            days_after=settings.REPORT_DUE_DAYS,
        )
        if found is None:
            raise Http404("There is no report of this month.")
        return found

    def get_context_data(self, **kwargs):
        """Add the page."""
        return super().get_context_data(agreement=self.agreement, page=self.page, on=self.on, **kwargs)


class MonthReport(MonthMixin, TemplateView):
    """The report of a month: as the counts make it until it is issued, then as it was issued."""

    template_name = "sites/report_detail.html"


class MonthReportPdf(MonthMixin, View):
    """The PDF: the stored one, byte by byte, of an issued report; until then the report as it stands."""

    def get(self, request, **kwargs):
        """Send it."""
        page = self.page
        try:
            data = REPORT_PDFS.read(page.report) if page.report else render_report(page.content).data
        except (CannotPrint, PdfUnavailable) as missing:
            messages.error(request, str(missing))
            return redirect("sites:month_report", pk=self.agreement.pk, month=self.kwargs["month"])
        return _file(data, f"{file_title(page.content)}.pdf", "application/pdf", "inline")


class MonthReportSheet(MonthMixin, View):
    """The workbook, of the same content as page and PDF."""

    def get(self, request, **kwargs):
        """Send it."""
        return _file(report_workbook(self.page.content), f"{file_title(self.page.content)}.xlsx", XLSX, "attachment")


def _file(data: bytes, name: str, content_type: str, disposition: str) -> HttpResponse:
    plain = "".join(letter if letter.isalnum() and letter.isascii() or letter in "-." else "-" for letter in name)
    headers = {"Content-Disposition": f'{disposition}; filename="{plain}"', "Cache-Control": "private, no-store"}
    return HttpResponse(data, content_type=content_type, headers=headers)


# ---- events ------------------------------------------------------------------------------------------------------


class MonthEvent(MonthMixin, FormView):
    """A form whose event one function performs, or refuses with sentences at the fields."""

    def perform(self, form) -> str:
        """Do it by one call and return the message. Raises CannotReport."""
        raise NotImplementedError

    def form_valid(self, form):
        """Perform it, or put what was refused at its fields."""
        try:
            message = self.perform(form)
        except CannotReport as refusal:
            form.show_refusal(refusal)
            return self.form_invalid(form)
        messages.success(self.request, message)
        return redirect("sites:month_report", pk=self.agreement.pk, month=self.kwargs["month"])

    @property
    def event(self) -> dict:
        """What every event is about, and who records it when."""
        return {"on": self.on, "by": self.request.user}


class IssueReport(MonthEvent):
    """Issue the report, or its next revision: GET shows what will happen, POST does it."""

    permission_required = "sites.issue_report"
    template_name = "sites/report_issue.html"

    def get_form_class(self):
        """A revision asks for its reason."""
        return ReviseForm if self.page.latest else IssueForm

    def get_initial(self):
        """What is shown is what will be issued."""
        return {"seen": self.page.live_sha256}

    def perform(self, form):
        """Issue it."""
        event = self.event | {
            "agreement": self.agreement,
            "month": self.kwargs["month"],
            "days_after": settings.REPORT_DUE_DAYS,
            "seen": form.cleaned_data["seen"],
        }
        if "reason" in form.fields:
            report = revise_report(reason=form.cleaned_data["reason"], **event)
        else:
            report = issue_report(**event)
        return f"{report} is issued."


class MarkMissing(MonthEvent):
    """Mark figures as missing with a reason."""

    permission_required = ("sites.view_monthlyreport", "sites.add_componentcount")
    template_name = "sites/report_missing.html"
    form_class = MarkForm

    def get_form_kwargs(self):
        """Offer the figures that have no count."""
        return super().get_form_kwargs() | {"gaps": self.page.lacking}

    def get_initial(self):
        """Tick the figures of a site that the address names."""
        site = self.request.GET.get("site", "")
        gaps = self.page.lacking
        return {"figures": [f"{gap.key}:{code}" for gap in gaps if str(gap.key) == site for code in gap.codes]}

    def get_context_data(self, **kwargs):
        """Add the form that takes marks back."""
        if self.page.live_marked:
            kwargs.setdefault("unmark", UnmarkForm(gaps=self.page.live_marked))
        return super().get_context_data(**kwargs)

    def perform(self, form):
        """Mark them."""
        rows = mark_missing(agreement=self.agreement, month=self.kwargs["month"], **form.cleaned_data, **self.event)
        return f"{plural(len(rows), 'figure')} marked as missing in {self.kwargs['month']}."


class UnmarkMissing(MonthEvent):
    """Take marks back."""

    permission_required = ("sites.view_monthlyreport", "sites.add_componentcount")
    template_name = "sites/report_missing.html"
    form_class = UnmarkForm
    http_method_names = ("post", "options")

    def get_form_kwargs(self):
        """Offer the figures that are marked."""
        return super().get_form_kwargs() | {"gaps": self.page.live_marked}

    def get_context_data(self, **kwargs):
        """Show this form beside the one that marks."""
        form = kwargs.pop("form", None) or self.get_form()
        mark = MarkForm(gaps=self.page.lacking)
        return super().get_context_data(form=mark, unmark=form, **kwargs)

    def perform(self, form):
        """Take them back."""
        number = unmark_missing(
            agreement=self.agreement, month=self.kwargs["month"], figures=form.cleaned_data["marked"], **self.event
        )
        return f"{plural(number, 'mark')} taken back."


class AcknowledgeReport(MonthEvent):
    """Record that the customer has the latest report."""

    permission_required = "sites.acknowledge_report"
    template_name = "sites/report_acknowledge.html"
    form_class = AcknowledgeForm

    def get_initial(self):
        """Propose the business date."""
        return {"acknowledged_on": self.on}

    def dispatch(self, request, *args, **kwargs):
        """Only an issued report can be acknowledged."""
        if self.has_permission() and self.page.latest is None:
            raise Http404("The report is not issued yet.")
        return super().dispatch(request, *args, **kwargs)

    def perform(self, form):
        """Record it."""
        report: MonthlyReport = self.page.latest
        found = acknowledge(report=report, **form.cleaned_data, **self.event)
        return f"{report}: acknowledged by {found.acknowledged_by} on {day_text(found.acknowledged_on)}."
