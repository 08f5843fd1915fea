"""A report that is among the PDFs but not in the database is never issued a second time under its name."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse

from contracts.models import LostRecord
from contracts.printing.stored_files import keep, stored_name
from contracts.sealing.histories import HISTORIES
from invoicing.lost.explaining import explain
from invoicing.lost.queries import lost_now
from sites.models import MonthlyReport
from sites.reports.printing import REPORT_PDFS
from sites.reports.reporting import CannotReport, revise_report
from sites.reports.verifying import ReportVerification
from tests import factories, reference
from tests.people import ACCOUNT_MANAGER, client_of
from tests.reading import words
from tests.sites.reports.cases import DAYS_AFTER, ISSUED_ON, NOVEMBER, OCTOBER, counted_sites, issued

DECEMBER = date(1998, 12, 3)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(DECEMBER)]
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


# ---- a folder that is missing or another one ---------------------------------------------------------------------


@pytest.fixture
def october(django_capture_on_commit_callbacks) -> MonthlyReport:
    """The report of October, printed and in the ledger of histories; all is counted for November and changed since."""
    (site,) = counted_sites()
    with django_capture_on_commit_callbacks(execute=True):
        report = issued(site.agreement)
    site.counts.filter(component_code="GE").update(quantity=14)
    factories.counts(site, NOVEMBER.span.last_day, reference.SMALLEST)
    return report


def empty(folder: Path) -> None:
    folder.mkdir()


def anothers(folder: Path) -> None:
    """The folder of a desk that has issued a report of the same name, with another content."""
    folder.mkdir()
    keep(stored_name(FIRST, "a" * 64), b"%PDF-1.7 of another desk")
    lines = [line.split(" ") for line in (folder.with_name("documents") / HISTORIES.name).read_text().splitlines()]
    others = [" ".join([*line[:3], "0" * 64, *line[4:]]) for line in lines]
    HISTORIES.path.write_text("\n".join([*others, ""]))


@pytest.mark.parametrize("folder", [None, empty, anothers], ids=["missing", "empty", "another desk's"])
def test_no_report_is_issued_or_revised_beside_another_folder(october, folder, settings, tmp_path):
    right, settings.DOCUMENTS_DIR = settings.DOCUMENTS_DIR, tmp_path / "unmounted"
    if folder:
        folder(settings.DOCUMENTS_DIR)
    sentence = (
        f"{settings.DOCUMENTS_DIR}, the folder of documents (DOCUMENTS_DIR), does not know "
        f"{FIRST}, whose PDF was stored, so nobody knows whether a report of %s was issued before: ask an "
        "administrator to mount or name the right folder, or to make it again where it was lost for good."
    )
    revised = {"agreement": october.agreement, "month": OCTOBER, "days_after": DAYS_AFTER, "reason": "Counted again"}

    with pytest.raises(CannotReport) as first, transaction.atomic():
        issued(october.agreement, NOVEMBER, on=DECEMBER)
    with pytest.raises(CannotReport) as revision, transaction.atomic():
        revise_report(**revised, on=DECEMBER, by=None)
    client, address = client_of(ACCOUNT_MANAGER), reverse("sites:report_issue", args=[october.agreement_id, NOVEMBER])
    page = client.post(address, {"seen": client.get(address).context["form"]["seen"].value()})

    assert [str(first.value), str(revision.value)] == [sentence % "November 1998", sentence % "October 1998"]
    assert sentence % "November 1998" in words(page)
    settings.DOCUMENTS_DIR = right
    assert issued(october.agreement, NOVEMBER, on=DECEMBER).pk
    assert revise_report(**revised, on=DECEMBER, by=None).revision == 1


def test_folder_that_was_lost_for_good_is_made_again(october, settings):
    shutil.rmtree(settings.DOCUMENTS_DIR)
    with pytest.raises(CannotReport, match=f"does not know {FIRST}"), transaction.atomic():
        issued(october.agreement, NOVEMBER, on=DECEMBER)

    call_command("make_report_pdfs")

    assert issued(october.agreement, NOVEMBER, on=DECEMBER).pk


def test_one_file_that_was_lost_stops_no_report(october, settings):
    (path,) = settings.DOCUMENTS_DIR.glob("*.pdf")
    path.unlink()

    assert issued(october.agreement, NOVEMBER, on=DECEMBER).pk
