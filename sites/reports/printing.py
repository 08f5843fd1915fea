"""How monthly reports are printed: as they stand, and once as they were issued."""

from collections.abc import Mapping
from datetime import date

from django.template.loader import render_to_string

from contracts.printing.papers import printed_once
from contracts.printing.pdf import RenderedPdf, render_document
from contracts.printing.stored_pdf import StoredPdfs
from contracts.sealing.digest import canonical_sha256
from sites.models import ReportPdf
from sites.reports.charts import site_charts

BEGINNING = "Monthly-report-"
"""How the names of all files of reports begin."""


def report_html(content: Mapping) -> str:
    context = {
        "report": content,
        "mark": "" if content["issued_on"] else "PRELIMINARY" if content["preliminary"] else "NOT ISSUED",
        "charts": site_charts(content),
        "demonstration": content["demonstration"],
    }
    return render_to_string("print/report.html", context)


def render_report(content: Mapping) -> RenderedPdf:
    """Print the content of a report. The same content gives the same bytes. Raises PdfUnavailable."""
    dated = content["issued_on"] or content["cut_off_on"]
    return render_document(
        html=report_html(content), identifier=canonical_sha256(content), created_on=date.fromisoformat(dated)
    )


def unissued_pdf(content: Mapping, *, agreement: int, wait: float | None = None) -> bytes:
    """Return the PDF of a report that is not issued yet.

    Raises BeingMade while it is being printed, or when that takes longer than `wait` seconds.
    """
    return printed_once(
        name=f"report-{agreement}-{content['month'][:7]}",
        html=report_html(content),
        identifier=canonical_sha256(content),
        created_on=date.fromisoformat(content["cut_off_on"]),
        wait=wait,
    )


def file_title(content: Mapping) -> str:
    """Return a name for the files of a report: agreement, month and revision."""
    state = "" if content["issued_on"] else "-preliminary" if content["preliminary"] else "-not-issued"
    return f"{report_title(content['agreement']['number'], content['month'], content['revision'])}{state}"


def report_title(agreement: str, month: str, revision: int = 0) -> str:
    """Return the name of an issued report, by its agreement's number and the first day of its month."""
    return f"{BEGINNING}{agreement}-{month[:7]}" + (f"-revision-{revision}" if revision else "")


REPORT_PDFS = StoredPdfs(
    model=ReportPdf,
    key="report",
    command="make_report_pdfs",
    title=lambda report: file_title(report.content),
    render=render_report,
)
