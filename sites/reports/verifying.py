"""Whether the monthly reports are what they were: content, totals, revisions, stored PDFs, what open months lack."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from contracts.clock import business_date
from contracts.printing.stored_files import titled
from contracts.printing.stored_pdf import file_fault
from contracts.sealing.digest import canonical_sha256
from sites.models import MonthlyReport, ReportPdf
from sites.reports.lacking import compare_kept
from sites.reports.lost import explained_reports
from sites.reports.printing import REPORT_PDFS, report_title


@dataclass(frozen=True)
class ReportFinding:
    """Something that is not as it was issued: the report, and the sentence."""

    report: str
    message: str

    def __str__(self) -> str:
        return f"{self.report}: {self.message}"


class ReportVerification:
    """Reads every issued report once. `reports` and `pdfs` count what was read."""

    def __init__(self):
        self.reports = self.pdfs = 0

    def findings(self) -> Iterator[ReportFinding]:
        """Yield what is not as it was issued, report by report, and what is kept wrongly of open months."""
        pdfs = {pdf.report_id: pdf for pdf in ReportPdf.objects.all()}
        expected: dict[tuple, int] = {}
        explained = explained_reports().keys()
        rows = MonthlyReport.objects.select_related("agreement").order_by("agreement", "month", "revision")
        for row in rows.iterator(chunk_size=50):
            self.reports += 1
            name = f"{row}, agreement {row.agreement.number}"
            key = (row.agreement_id, row.month)
            for message in (
                *_revision(row, expected.get(key, 0), explained),
                *_content(row),
                *_pdf(pdfs.get(row.pk)),
            ):
                yield ReportFinding(name, message)
            expected[key] = row.revision + 1
            self.pdfs += row.pk in pdfs
        for wrong in compare_kept(on=business_date()):
            yield ReportFinding(
                f"Monthly report {wrong.month}, agreement {wrong.agreement}",
                f"{wrong.message} Run manage.py keep_months.",
            )


def _revision(row: MonthlyReport, expected: int, explained: Collection[str]) -> Iterator[str]:
    while titled(report_title(row.agreement.number, row.month.isoformat(), expected)) in explained:
        expected += 1
    if row.revision != expected:
        yield f"revision {expected} is missing before revision {row.revision}."


def _content(row: MonthlyReport) -> Iterator[str]:
    content = row.content
    if canonical_sha256(content) != row.content_sha256:
        yield "the content is not the one that was issued. Compare it with a backup."
        return
    message = (content["month"], content["revision"], content["issued_on"], content["reason"])
    stored = (row.month.isoformat(), row.revision, row.issued_on.isoformat(), row.reason)
    if message != stored:
        yield "the row names another month, revision, day or reason than its content."
    for total in content["totals"]:
        if total["quantity"] != _sum(content, total["code"]):
            yield f"the total of {total['code']} is not the sum of its sites."


def _sum(content: Mapping, code: str) -> int:
    return sum(cell["quantity"] or 0 for row in content["rows"] for cell in row["cells"] if cell["code"] == code)


def _pdf(pdf: ReportPdf | None) -> Iterator[str]:
    if pdf is None:
        yield f"there is no PDF yet. Run manage.py {REPORT_PDFS.command}."
    elif fault := file_fault(pdf, remedy=f"Run manage.py {REPORT_PDFS.command}"):
        yield f"its PDF {pdf.file_name} {fault}"
