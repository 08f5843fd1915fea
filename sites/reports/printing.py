"""The PDFs of monthly reports: made once of the frozen content, stored with their SHA-256, served as stored."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string

from contracts.printing import stored_files
from contracts.printing.pdf import PdfUnavailable, RenderedPdf, render_document
from contracts.refusal import Refusal
from sites.models import MonthlyReport, ReportPdf
from sites.reports.charts import site_charts
from sites.reports.content import content_sha256
from sites.reports.layout import report_layout

logger = logging.getLogger(__name__)


class CannotPrintReport(Refusal):
    """A PDF cannot be made or served; the message says why and what to do."""


@dataclass(frozen=True)
class ReportPdfResult:
    """What became of one report that had no PDF: its PDF, or the sentence that says why there is none."""

    report: MonthlyReport
    pdf: ReportPdf | None = None
    refusal: str = ""


def report_html(content: Mapping) -> str:
    """Return the page that is printed."""
    layout = report_layout(content)
    context = {
        "report": content,
        "layout": layout,
        "mark": layout.mark,
        "charts": site_charts(content),
        "demonstration": content["demonstration"],
    }
    return render_to_string("print/report.html", context)


def render_report(content: Mapping) -> RenderedPdf:
    """Print the content of a report. The same content gives the same bytes. Raises PdfUnavailable."""
    dated = content["issued_on"] or content["cut_off_on"]
    return render_document(
        html=report_html(content), identifier=content_sha256(content), created_on=date.fromisoformat(dated)
    )


def file_title(content: Mapping) -> str:
    """Return a name for the files of a report: agreement, month and revision."""
    revision = f"-revision-{content['revision']}" if content["revision"] else ""
    state = "" if content["issued_on"] else "-preliminary" if content["preliminary"] else "-not-issued"
    return f"Monthly-report-{content['agreement']['number']}-{content['month'][:7]}{revision}{state}"


# ---- stored files ------------------------------------------------------------------------------------------------


def make_report_pdf(*, report: MonthlyReport) -> ReportPdf:
    """Make and store the PDF of an issued report from its frozen content; return the stored one where there is one.

    Safe to repeat, and in two processes at once: the first one stores, the others return what it stored. A stored file
    that was lost is made again if it comes out the same to the byte. Raises CannotPrintReport where content or file
    are not what they were.
    """
    pdf = ReportPdf.objects.filter(report_id=report.pk).first()
    if pdf is not None and stored_files.path_of(pdf.file_name).exists():
        return pdf
    report = MonthlyReport.objects.get(pk=report.pk)
    if content_sha256(report.content) != report.content_sha256:
        message = "the content in the database is not the one that was issued. Compare it with a backup."
        raise CannotPrintReport(f"{report}: {message}")
    printed = render_report(report.content)
    digest = hashlib.sha256(printed.data).hexdigest()
    if pdf is not None:
        return _put_back(pdf, printed.data, digest)
    file_name = stored_files.stored_name(file_title(report.content), digest)
    stored_files.keep(file_name, printed.data)
    return _record(report, file_name=file_name, sha256=digest, printed=printed)


def _record(report: MonthlyReport, *, file_name: str, sha256: str, printed: RenderedPdf) -> ReportPdf:
    try:
        with transaction.atomic():
            stored = ReportPdf.objects.create(
                report=report, file_name=file_name, sha256=sha256, size=len(printed.data), pages=printed.pages
            )
    except IntegrityError:
        stored = ReportPdf.objects.filter(report=report).first()
        if stored is None:
            raise
    if stored.file_name != file_name:
        stored_files.path_of(file_name).unlink(missing_ok=True)
    return stored


def _put_back(pdf: ReportPdf, data: bytes, digest: str) -> ReportPdf:
    if digest != pdf.sha256:
        raise CannotPrintReport(
            f"{pdf.file_name} is missing and does not come out the same when it is made again. "
            f"Put it back into {settings.DOCUMENTS_DIR} from a backup."
        )
    stored_files.keep(pdf.file_name, data)
    return pdf


def make_missing_report_pdfs() -> list[ReportPdfResult]:
    """Make the PDF of every issued report that has none, or whose file was lost; one failure does not stop the rest."""
    stored_files.sweep()
    rows = MonthlyReport.objects.select_related("pdf", "agreement").defer("content").order_by("pk")
    return [_made(row) for row in rows if not _kept(row)]


def _kept(report: MonthlyReport) -> bool:
    return hasattr(report, "pdf") and stored_files.path_of(report.pdf.file_name).exists()


def _made(report: MonthlyReport) -> ReportPdfResult:
    try:
        return ReportPdfResult(report, make_report_pdf(report=report))
    except (CannotPrintReport, PdfUnavailable) as refused:
        return ReportPdfResult(report, None, str(refused))
    except Exception as error:
        logger.exception("The PDF of %s could not be made", report)
        return ReportPdfResult(report, None, f"{type(error).__name__}: {error}")


def stored_report_pdf(report: MonthlyReport) -> bytes:
    """Return the stored PDF of a report, exactly as it was made.

    Raises CannotPrintReport when there is none yet, or when the file is missing or is not the one that was stored.
    """
    pdf = ReportPdf.objects.filter(report_id=report.pk).first()
    if pdf is None:
        raise CannotPrintReport(f"{report} has no PDF yet. Run manage.py make_report_pdfs.")
    try:
        data = stored_files.path_of(pdf.file_name).read_bytes()
    except FileNotFoundError:
        message = f"{pdf.file_name}. Run manage.py make_report_pdfs, or put it back from a backup."
        raise CannotPrintReport(f"The PDF of {report} is missing: {message}") from None
    if hashlib.sha256(data).hexdigest() != pdf.sha256:
        message = f"The PDF of {report} is not the one that was stored: {pdf.file_name}. Put it back from a backup."
        raise CannotPrintReport(message)
    return data
