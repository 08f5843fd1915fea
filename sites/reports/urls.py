"""Addresses of the monthly reports, part of those of `sites.urls`."""

from django.urls import path, register_converter

from sites.month_path import MonthPath
from sites.reports import views as report_views

register_converter(MonthPath, "report_month")
MONTH = "agreements/<int:pk>/reports/<report_month:month>/"

urlpatterns = [
    path("reports/", report_views.ReportList.as_view(), name="report_list"),
    path("agreements/<int:pk>/reports/", report_views.AgreementReports.as_view(), name="agreement_reports"),
    path(MONTH, report_views.MonthReport.as_view(), name="month_report"),
    path(f"{MONTH}report.pdf", report_views.MonthReportPdf.as_view(), name="report_pdf"),
    path(f"{MONTH}report.xlsx", report_views.MonthReportSheet.as_view(), name="report_xlsx"),
    path(f"{MONTH}issue/", report_views.IssueReport.as_view(), name="report_issue"),
    path(f"{MONTH}missing/", report_views.MarkMissing.as_view(), name="report_missing"),
    path(f"{MONTH}missing/take-back/", report_views.UnmarkMissing.as_view(), name="report_unmark"),
    path(f"{MONTH}acknowledge/", report_views.AcknowledgeReport.as_view(), name="report_acknowledge"),
    path(f"{MONTH}revisions/<int:revision>/make-pdf/", report_views.MakeReportPdf.as_view(), name="report_make_pdf"),
    path(f"{MONTH}revisions/<int:revision>/", report_views.MonthReport.as_view(), name="report_revision"),
    path(
        f"{MONTH}revisions/<int:revision>/report.pdf", report_views.MonthReportPdf.as_view(), name="report_revision_pdf"
    ),
    path(
        f"{MONTH}revisions/<int:revision>/report.xlsx",
        report_views.MonthReportSheet.as_view(),
        name="report_revision_xlsx",
    ),
]
