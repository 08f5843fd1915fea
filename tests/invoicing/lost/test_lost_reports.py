"""A report that is among the PDFs but not in the database is never issued a second time under its name."""

from datetime import date

import pytest

from contracts.models import LostRecord
from contracts.printing.stored_files import keep, stored_name
from invoicing.lost.explaining import explain
from invoicing.lost.queries import lost_now
from sites.models import MonthlyReport
from sites.reports.printing import REPORT_PDFS
from sites.reports.reporting import CannotReport, revise_report
from sites.reports.verifying import ReportVerification
from tests.sites.reports.cases import DAYS_AFTER, ISSUED_ON, OCTOBER, counted_sites, issued

pytestmark = pytest.mark.django_db
FIRST, SECOND = "Monthly-report-LNS970602JC-1998-10", "Monthly-report-LNS970602JC-1998-10-revision-1"


def lost(title: str) -> None:
    """Let the folder hold a report that the database does not know."""
    keep(stored_name(title, "a" * 64), b"%PDF-1.7 of a report that was lost")


def explain_everything() -> None:
    found = {one.title: ("file", "Sent to the customer") for one in lost_now()}
    explain(explanations=found, on=ISSUED_ON, by=None)


def test_report_of_a_restored_database_is_refused_until_it_is_explained():
    (site,) = counted_sites()
    lost(FIRST)
    with pytest.raises(CannotReport, match=f"^{FIRST} is among the PDFs, and the database does not know it"):
        issued(site.agreement)

    explain_everything()
    report = issued(site.agreement)

    assert (report.revision, report.reason, report.content["reason"]) == (1, *["Sent to the customer"] * 2)
    assert REPORT_PDFS.title(report) == SECOND
    assert [one.message for one in ReportVerification().findings()] == [
        "there is no PDF yet. Run manage.py make_report_pdfs."
    ]


def test_revision_goes_on_after_one_that_was_explained():
    (site,) = counted_sites()
    issued(site.agreement)
    lost(SECOND)
    site.counts.filter(component_code="GE").update(quantity=14)
    revision = {"agreement": site.agreement, "month": OCTOBER, "days_after": DAYS_AFTER, "reason": "Counted again"}
    with pytest.raises(CannotReport, match=f"^{SECOND} is among the PDFs"):
        revise_report(**revision, on=date(1998, 11, 9), by=None)

    explain_everything()

    assert revise_report(**revision, on=date(1998, 11, 9), by=None).revision == 2
    assert [row.title for row in LostRecord.objects.all()] == [SECOND]


def test_pdf_of_a_report_on_file_is_no_lost_one():
    (site,) = counted_sites()
    report = issued(site.agreement)
    lost(REPORT_PDFS.title(report))

    assert (lost_now(), MonthlyReport.objects.count()) == ([], 1)


def test_files_that_cannot_be_read_refuse_the_report(settings):
    (site,) = counted_sites()
    settings.DOCUMENTS_DIR.write_text("a file where the folder should be")
    with pytest.raises(CannotReport, match="The PDFs cannot be read"):
        issued(site.agreement)
