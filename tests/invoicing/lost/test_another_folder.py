"""A folder of documents that is missing or another one gives no number out again; a crash stops nobody."""

import shutil
from datetime import date

import pytest
from django.core.management import call_command
from django.db import transaction

from contracts.periods import Month
from contracts.sealing.ledger import ISSUED_DOCUMENTS
from invoicing.credits.crediting import credit
from invoicing.issued.ledger import anchor_issued, make_good
from invoicing.issued.numbering import CannotNumber
from invoicing.models import Invoice
from invoicing.runs.drafting import RunResult, draft_invoices
from sites.models import Site
from sites.reports.reporting import CannotReport, issue_report
from tests import factories, reference
from tests.invoicing.audit.books_to_damage import issued_through, store
from tests.invoicing.pages.page_cases import event
from tests.people import FINANCE, client_of
from tests.reading import words

pytestmark = pytest.mark.django_db

OCTOBER, NOVEMBER, JANUARY = date(1998, 10, 31), date(1998, 11, 30), date(1999, 1, 4)


@pytest.fixture
def restored(agreement, settings, tmp_path):
    """The books after one invoice, while the folder of this one and of a later one and its credit note is away."""
    factories.sites(agreement, 1)
    (first,) = issued_through(agreement, OCTOBER, JANUARY)
    anchor_issued(first)
    store(first)
    with transaction.atomic():
        (second,) = issued_through(agreement, NOVEMBER, JANUARY)
        for document in (second, credit(invoice=second, reason="Late", on=JANUARY, by=None)):
            anchor_issued(document)
        transaction.set_rollback(True)
    settings.DOCUMENTS_DIR = tmp_path / "unmounted"
    return agreement


def sentence(settings, number: str = "INV-00002") -> str:
    return (
        f"{settings.DOCUMENTS_DIR}, the folder of documents (DOCUMENTS_DIR), does not know INV-00001, whose PDF was "
        f"stored, so nobody knows whether {number} was given out before: ask an administrator to mount or name the "
        "right folder, or to make it again where it was lost for good."
    )


def run(agreement) -> RunResult:
    (result,) = draft_invoices(through=NOVEMBER, on=JANUARY, by=None, agreements=[agreement], issue_drafts=True)
    return result


def test_a_run_issues_nothing_and_begins_no_other_ledger(restored, settings, django_capture_on_commit_callbacks):
    for _time in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            assert run(restored).refusal == sentence(settings)
    assert not ISSUED_DOCUMENTS.path.exists()

    settings.DOCUMENTS_DIR = settings.DOCUMENTS_DIR.with_name("documents")

    assert run(restored).refusal.startswith("INV-00002: given out before")


def test_nor_does_a_credit_note_take_a_number(restored, settings):
    with pytest.raises(CannotNumber) as refused, transaction.atomic():
        credit(invoice=Invoice.objects.issued().get(), reason="Late", on=JANUARY, by=None)

    assert str(refused.value) == sentence(settings, "CN-00001")


def test_the_page_says_so_before_anybody_confirms(restored, settings):
    settings.BUSINESS_DATE = JANUARY
    draft_invoices(through=NOVEMBER, on=JANUARY, by=None, agreements=[restored])

    page = client_of(FINANCE).get(event(Invoice.objects.drafts().get(), "issue"), follow=True)

    assert sentence(settings) in words(page)


def test_the_folder_of_another_desk_knows_the_number_but_not_the_document(restored, settings):
    ledger = ISSUED_DOCUMENTS.path.parent.with_name("documents") / ISSUED_DOCUMENTS.name
    ISSUED_DOCUMENTS.path.parent.mkdir()
    lines = [line.split(" ") for line in ledger.read_text().splitlines()]
    others = [" ".join([*line[:3], "0" * 64, *line[4:]]) for line in lines]
    ISSUED_DOCUMENTS.path.write_text("\n".join([*others, ""]))

    assert run(restored).refusal == sentence(settings)


def test_a_pdf_made_meanwhile_does_not_make_it_the_right_folder(agreement, settings, tmp_path):
    factories.sites(agreement, 1)
    first, second = issued_through(agreement, NOVEMBER, JANUARY)
    store(first)
    settings.DOCUMENTS_DIR = tmp_path / "unmounted"
    store(second)

    with pytest.raises(CannotNumber, match="does not know INV-00001"), transaction.atomic():
        issued_through(agreement, date(1998, 12, 31), JANUARY)


@pytest.mark.parametrize("crashed", ["before its line", "before its PDF"])
def test_a_crash_between_commit_and_ledger_stops_nobody(agreement, crashed):
    factories.sites(agreement, 1)
    (first,) = issued_through(agreement, OCTOBER, JANUARY)
    anchor_issued(first)
    store(first)
    (second,) = issued_through(agreement, NOVEMBER, JANUARY)
    if crashed == "before its PDF":
        anchor_issued(second)

    (third,) = issued_through(agreement, date(1998, 12, 31), JANUARY)

    assert (third.number_text, make_good()) == ("INV-00003", 1 if crashed == "before its PDF" else 2)


def test_a_folder_that_was_lost_for_good_is_made_again(agreement, settings, django_capture_on_commit_callbacks):
    factories.sites(agreement, 1)
    with django_capture_on_commit_callbacks(execute=True):
        issued_through(agreement, OCTOBER, JANUARY)
    (path,) = settings.DOCUMENTS_DIR.glob("*.pdf")
    printed = path.read_bytes()
    shutil.rmtree(settings.DOCUMENTS_DIR)
    assert run(agreement).refusal == sentence(settings)

    call_command("make_pdfs")

    assert path.read_bytes() == printed
    assert [line.split(" ")[0::5] for line in ISSUED_DOCUMENTS.path.read_text().splitlines()] == [
        ["issued", "later"],
        ["printed", "later"],
    ]
    assert [str(document) for document in run(agreement).documents] == ["Invoice INV-00002"]


def test_beside_the_first_report_alone_no_number_is_taken(agreement, settings, django_capture_on_commit_callbacks):
    (site,) = factories.sites(agreement, 1)
    factories.counts(site, OCTOBER, reference.counts())
    with django_capture_on_commit_callbacks(execute=True):
        issue_report(agreement=agreement, month=Month(1998, 10), days_after=10, on=JANUARY, by=None)
    settings.DOCUMENTS_DIR = settings.DOCUMENTS_DIR.with_name("unmounted")

    refusal = run(agreement).refusal
    settings.DOCUMENTS_DIR = settings.DOCUMENTS_DIR.with_name("documents")

    assert "does not know Monthly-report-LNS970602JC-1998-10, whose PDF was stored" in refusal
    assert [str(document) for document in run(agreement).documents] == ["Invoice INV-00001", "Invoice INV-00002"]


def test_beside_the_first_invoice_alone_no_report_is_issued(restored, settings):
    site = Site.objects.get(agreement=restored)
    factories.counts(site, OCTOBER, reference.counts())
    october = {"agreement": restored, "month": Month(1998, 10), "days_after": 10, "on": JANUARY, "by": None}

    with pytest.raises(CannotReport) as refused, transaction.atomic():
        issue_report(**october)
    settings.DOCUMENTS_DIR = settings.DOCUMENTS_DIR.with_name("documents")

    assert "does not know INV-00001, whose PDF was stored, so nobody knows whether a report of October 1998 was" in str(
        refused.value
    )
    assert issue_report(**october).pk
