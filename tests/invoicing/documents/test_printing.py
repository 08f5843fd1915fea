"""PDFs of documents: made once, found again after a crash, served as stored, never silently replaced."""

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from contracts.printing import stored_files
from contracts.printing.stored_pdf import CannotPrint
from contracts.sealing.guards import create_triggers, drop_triggers
from invoicing.documents.printing import INVOICE_PDFS, draft_pdf, render_content
from invoicing.models import Invoice, InvoicePdf
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue
from tests import factories
from tests.contracts.printing.printed import pages

ROOT = Path(__file__).resolve().parents[3]
OCTOBER, NOVEMBER = date(1998, 10, 31), date(1998, 11, 30)

pytestmark = pytest.mark.django_db


def drafts(through: date = OCTOBER) -> list[Invoice]:
    """Return the drafts of the reference agreement with two sites."""
    agreement = factories.agreement()
    factories.sites(agreement, 2)
    (result,) = draft_invoices(through=through, on=date(1998, 12, 1), by=None, agreements=[agreement])
    return list(result.documents)


def issued(through: date = OCTOBER) -> list[Invoice]:
    """Return issued invoices without their PDFs: what follows the commit does not run inside a test."""
    return [issue(invoice=draft, on=date(1998, 12, 1), by=None) for draft in drafts(through)]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---- making ------------------------------------------------------------------------------------------------------


def test_pdf_is_stored_with_its_sha256_under_number_and_digest(settings):
    (invoice,) = issued()
    pdf = INVOICE_PDFS.make(invoice)
    data = (settings.DOCUMENTS_DIR / pdf.file_name).read_bytes()
    assert pdf.sha256 == hashlib.sha256(data).hexdigest()
    assert pdf.file_name == f"INV-00001.{pdf.sha256[:16]}.pdf"
    assert (pdf.size, pdf.pages) == (len(data), 2)
    assert "Total USD 27,166.66" in " ".join(pages(data)[0].split())
    assert INVOICE_PDFS.read(invoice) == data


def test_issuing_makes_the_pdf_after_the_commit(django_capture_on_commit_callbacks):
    (draft,) = drafts()
    with django_capture_on_commit_callbacks(execute=True):
        invoice = issue(invoice=draft, on=date(1998, 12, 1), by=None)
    assert INVOICE_PDFS.read(invoice).startswith(b"%PDF-1.7")


def test_second_call_leaves_row_and_file_as_they_are(settings):
    (invoice,) = issued()
    pdf = INVOICE_PDFS.make(invoice)
    path = settings.DOCUMENTS_DIR / pdf.file_name
    before = path.stat()
    assert INVOICE_PDFS.make(invoice) == pdf
    assert path.stat().st_ino == before.st_ino
    assert files(settings.DOCUMENTS_DIR) == [pdf.file_name]
    assert InvoicePdf.objects.count() == 1


def test_only_the_frozen_content_is_printed():
    (invoice,) = issued()
    invoice.agreement.customer.legal_name = "Renamed Inc."
    invoice.agreement.customer.save()
    invoice.content = {**invoice.content, "total": "1.00"}  # in memory only
    INVOICE_PDFS.make(invoice)
    text = pages(INVOICE_PDFS.read(invoice))[0]
    assert "KMC Telecom Inc." in text
    assert "Renamed" not in text
    assert "27,166.66" in text


def test_draft_has_no_pdf_to_keep(settings):
    (draft,) = drafts()
    with pytest.raises(CannotPrint, match="has no PDF to keep before it is issued"):
        INVOICE_PDFS.make(draft)
    assert not settings.DOCUMENTS_DIR.exists()


def test_content_that_was_changed_behind_our_back_is_not_printed():
    (invoice,) = issued()
    tamper(invoice, total="1.00")
    with pytest.raises(
        CannotPrint, match="Invoice INV-00001: the content in the database is not the one that was issued"
    ):
        INVOICE_PDFS.make(invoice)
    assert InvoicePdf.objects.count() == 0


def tamper(invoice: Invoice, **values) -> None:
    """Change a frozen content as somebody could who owns the database."""
    drop_triggers()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE invoicing_invoice SET content = %s WHERE id = %s",
            [json.dumps({**invoice.content, **values}), invoice.pk],
        )
    create_triggers()


def test_loser_of_a_race_returns_what_the_winner_stored(settings):
    (invoice,) = issued()
    winner = INVOICE_PDFS.make(invoice)
    other = render_content({**invoice.content, "remarks": ["printed by another version"]})
    stored_files.keep("INV-00001.other.pdf", other.data)
    assert INVOICE_PDFS._record(invoice, file_name="INV-00001.other.pdf", digest="0" * 64, printed=other) == winner
    assert files(settings.DOCUMENTS_DIR) == [winner.file_name]


# ---- after a crash -----------------------------------------------------------------------------------------------


def test_file_without_row_is_found_again(settings):
    (invoice,) = issued()
    data = render_content(invoice.content).data
    name = f"INV-00001.{hashlib.sha256(data).hexdigest()[:16]}.pdf"
    stored_files.keep(name, data)
    (result,) = INVOICE_PDFS.make_missing()
    assert (result.pdf.file_name, result.refusal) == (name, "")
    assert files(settings.DOCUMENTS_DIR) == [name]


def test_unfinished_file_of_a_killed_process_is_swept_and_a_young_one_is_not(settings):
    (invoice,) = issued()
    settings.DOCUMENTS_DIR.mkdir()
    old, young = (settings.DOCUMENTS_DIR / name for name in (".old.part", ".young.part"))
    for path in (old, young):
        path.write_bytes(b"%PDF-1.7 half of")
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))
    (result,) = INVOICE_PDFS.make_missing()
    assert files(settings.DOCUMENTS_DIR) == [".young.part", result.pdf.file_name]


def test_lost_file_is_made_again_to_the_byte(settings):
    (invoice,) = issued()
    pdf = INVOICE_PDFS.make(invoice)
    data = INVOICE_PDFS.read(invoice)
    (settings.DOCUMENTS_DIR / pdf.file_name).unlink()
    with pytest.raises(CannotPrint, match=rf"The PDF of Invoice INV-00001, {re.escape(pdf.file_name)}, is missing"):
        INVOICE_PDFS.read(invoice)
    assert [result.pdf for result in INVOICE_PDFS.make_missing()] == [pdf]
    assert INVOICE_PDFS.read(invoice) == data


def test_lost_file_that_comes_out_different_is_not_replaced(settings):
    (invoice,) = issued()
    pdf = InvoicePdf.objects.create(
        invoice=invoice, file_name="INV-00001.0000.pdf", sha256="0" * 64, size=1, pages=1
    )  # as made by another version
    (result,) = INVOICE_PDFS.make_missing()
    assert result.pdf is None
    assert result.refusal.startswith("INV-00001.0000.pdf is missing and does not come out the same")
    assert not settings.DOCUMENTS_DIR.exists()
    assert InvoicePdf.objects.get() == pdf


def test_changed_file_is_not_served(settings):
    (invoice,) = issued()
    pdf = INVOICE_PDFS.make(invoice)
    with (settings.DOCUMENTS_DIR / pdf.file_name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(CannotPrint, match="is not the one that was stored"):
        INVOICE_PDFS.read(invoice)


def test_file_that_cannot_be_read_says_so(settings):
    (invoice,) = issued()
    pdf = INVOICE_PDFS.make(invoice)
    path = settings.DOCUMENTS_DIR / pdf.file_name
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(CannotPrint, match=rf"{re.escape(pdf.file_name)}, cannot be read \(Too many levels"):
        INVOICE_PDFS.read(invoice)


def test_document_without_pdf_says_how_to_get_one():
    (invoice,) = issued()
    with pytest.raises(CannotPrint, match="The PDF of Invoice INV-00001 is not made"):
        INVOICE_PDFS.read(invoice)


def test_full_disk_leaves_nothing_half_done(settings):
    (invoice,) = issued()
    settings.DOCUMENTS_DIR.write_bytes(b"a file where the folder should be")
    with pytest.raises(OSError, match="exists"):
        INVOICE_PDFS.make(invoice)
    assert InvoicePdf.objects.count() == 0
    settings.DOCUMENTS_DIR.unlink()
    assert INVOICE_PDFS.make(invoice).pages == 2


def test_one_failure_does_not_stop_the_others():
    first, second = issued(NOVEMBER)
    tamper(first, total="1.00")
    results = INVOICE_PDFS.make_missing()
    assert [(result.document, result.pdf is None) for result in results] == [(first, True), (second, False)]


# ---- drafts ------------------------------------------------------------------------------------------------------


def test_draft_is_printed_but_not_stored(settings):
    (draft,) = drafts()
    texts = pages(draft_pdf(invoice=draft))
    assert all("DRAFT" in text for text in texts)
    assert "Total USD 27,166.66" in " ".join(texts[0].split())
    assert InvoicePdf.objects.count() == 0
    assert not settings.DOCUMENTS_DIR.exists()


def test_issued_document_is_no_draft():
    (invoice,) = issued()
    with pytest.raises(CannotPrint, match="Invoice INV-00001 is issued. Open its stored PDF."):
        draft_pdf(invoice=invoice)


def test_draft_needs_the_same_number_of_queries_for_any_number_of_sites(agreement, django_assert_num_queries):
    for number in (1, 29):
        factories.sites(agreement, number) if number > 1 else factories.site(agreement, "Zanesville")
        (result,) = draft_invoices(through=OCTOBER, on=date(1998, 12, 1), by=None, agreements=[agreement])
        draft = Invoice.objects.get(pk=result.documents[0].pk)
        with django_assert_num_queries(12):
            draft_pdf(invoice=draft)
    assert draft.lines.count() == 30


# ---- the command -------------------------------------------------------------------------------------------------


def test_command_prints_a_line_for_each_pdf(capsys):
    issued(NOVEMBER)
    call_command("make_pdfs")
    lines = capsys.readouterr().out.splitlines()
    names = list(InvoicePdf.objects.values_list("file_name", flat=True))
    assert lines == [
        f"Invoice INV-00001: {names[0]}, 2 pages",
        f"Invoice INV-00002: {names[1]}, 2 pages",
        "The ledger lacked 4 lines: added, marked as later.",
    ]
    call_command("make_pdfs")
    assert capsys.readouterr().out == "Every issued document has its PDF.\n"


def test_command_ends_with_1_when_a_pdf_cannot_be_made(capsys):
    first, _second = issued(NOVEMBER)
    tamper(first, total="1.00")
    with pytest.raises(CommandError, match="Without a PDF: 1 of 2") as failed:
        call_command("make_pdfs")
    assert failed.value.returncode == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("Invoice INV-00001: Invoice INV-00001: the content in the database")
    assert captured.out.startswith("Invoice INV-00002: INV-00002.")


PREPARE = """
import django
django.setup()
from datetime import date
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests import factories
from invoicing.runs import drafting, issuing
agreement = factories.agreement()
factories.sites(agreement, 2)
issuing.print_issued = drafting._make_good = lambda *_: None  # as if the machine had stopped after the commit
drafting.draft_invoices(
    through=date(1998, 11, 30), on=date(1998, 12, 1), by=None, agreements=[agreement], issue_drafts=True
)
"""


@pytest.mark.full
@pytest.mark.any_database  # it has its own, an SQLite file
def test_two_processes_at_once_store_one_pdf_for_each_document(tmp_path):
    folder = tmp_path / "documents"
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'books.sqlite3'}",
        "DOCUMENTS_DIR": str(folder),
        "PAPERS_DIR": str(tmp_path / "papers"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }

    def python(*arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    prepared = python("-c", PREPARE)
    assert prepared.wait() == 0, prepared.stderr.read().decode()
    both = [python("manage.py", "make_pdfs") for _ in range(2)]
    message = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], message
    with sqlite3.connect(tmp_path / "books.sqlite3") as books:
        kept = books.execute("SELECT file_name FROM invoicing_invoicepdf ORDER BY file_name").fetchall()
    assert [*(name for (name,) in kept), "ledger.txt"] == files(folder)
    assert [name[:9] for name in files(folder)[:2]] == ["INV-00001", "INV-00002"]
    assert files(tmp_path / "papers") == []  # no lock stays behind
