"""Verifying sound books, the seven ways of tampering with them, and the ledger that is kept beside them."""

import copy
import hashlib
import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from contracts.printing.stored_files import stored_name
from contracts.sealing.ledger import ISSUED_DOCUMENTS
from invoicing.audit.auditing import CHUNK, Verification
from invoicing.issued.chain import chain_sha256
from invoicing.issued.ledger import make_good
from invoicing.models import Invoice, InvoicePdf, NumberSeries
from tests import factories
from tests.invoicing.audit.books_to_damage import (
    JANUARY,
    Books,
    damage,
    found,
    issued_through,
    line,
    other_row,
    set_invoice,
    set_line,
    store,
    with_content,
)

pytestmark = pytest.mark.django_db

BACKUP = "Put it back from a backup."
OTHER_CONTENT = "the stored content is not the one that was issued: its SHA-256 is another. Compare it with a backup."
BROKEN = "the chain breaks here: number, date or content of this document or of one before it were changed."


# ---- sound books -----------------------------------------------------------------------------------------------------


def test_sound_books_have_no_finding_and_every_document_is_read(books):
    verification = Verification()

    assert list(verification.findings()) == []
    assert (verification.documents, verification.lines, verification.pdfs) == (4, 8, 4)
    credits, invoices = verification.heads
    assert (credits.series, credits.documents, credits.last, credits.issued_on) == (
        "CREDIT",
        1,
        "CN-00001",
        date(1998, 12, 1),
    )
    assert (invoices.series, invoices.documents, invoices.last) == ("INVOICE", 3, "INV-00003")
    assert invoices.link == Invoice.objects.get(number_text="INV-00003").chain_sha256


def test_what_issuing_and_printing_leave_is_sound(agreement, django_capture_on_commit_callbacks, settings):
    factories.sites(agreement, 1)
    with django_capture_on_commit_callbacks(execute=True):
        issued_through(agreement, date(1998, 11, 30), JANUARY)

    assert found() == []
    words = [line.split()[:2] for line in (ISSUED_DOCUMENTS.path).read_text().splitlines()]
    assert words == [
        ["issued", "INV-00001"],
        ["issued", "INV-00002"],
        ["printed", "INV-00001"],
        ["printed", "INV-00002"],
    ]


def test_empty_books_are_sound():
    verification = Verification()

    assert list(verification.findings()) == []
    assert verification.heads == []


@pytest.mark.parametrize("number", [1, 30])
def test_a_chunk_costs_the_same_queries_for_any_number_of_documents(number, django_assert_num_queries):
    for position in range(number):
        agreement = factories.agreement(f"A{position:02}")
        factories.sites(agreement, 1)
        (document,) = issued_through(agreement, date(1998, 10, 31), JANUARY)
        store(document)
    make_good()

    with django_assert_num_queries(31):
        list(Verification().findings())


def test_more_than_one_chunk_is_read_to_its_end(agreement):
    factories.sites(agreement, 1)
    first = issued_through(agreement, date(1998, 10, 31), JANUARY)[0]
    rows = []
    for number in range(2, CHUNK + 4):
        row = Invoice.objects.get(pk=first.pk)
        row.pk, row._state.adding, row.number, row.number_text = None, True, number, f"INV-{number:05}"
        rows.append(row)
    Invoice.objects.bulk_create(rows)
    NumberSeries.objects.update(last_number=CHUNK + 3)

    verification = Verification()
    without_lines = [one.place for one in verification.findings() if one.message == "there is no line."]

    assert verification.documents == CHUNK + 3
    assert without_lines == [f"INV-{number:05}" for number in range(2, CHUNK + 4)]


# ---- the seven cases -------------------------------------------------------------------------------------------------


def test_1_an_amount_is_changed(books):
    damage(set_line(books, "INV-00002", 1, amount=1_358_335))

    assert found() == [
        "INV-00002: line 1 of the content says 13583.34 for amount, the row 13583.35.",
        other_row("INV-00002", 1),
        "INV-00002: the lines add up to 27,166.69, the document says 27,166.68.",
        "INV-00002: line 1 says 13,583.35, its stored inputs give 13,583.34.",
    ]


def test_2_the_content_is_changed(books):
    damage(with_content(books, "INV-00002", digest=False, total="1.00"))

    assert found() == [
        f"INV-00002: {OTHER_CONTENT}",
        "INV-00002: the content says 1.00 for total, the row 27166.68.",
    ]


def test_3_the_last_invoice_is_deleted_and_the_counter_lowered(books, settings):
    take_out_the_last_invoice(books)

    (file_name,) = [path.name for path in settings.DOCUMENTS_DIR.glob("INV-00003*")]
    assert found() == [
        "INV-00003: the ledger has it, dated 1999-01-01, but the books do not: it was taken out.",
        f"Documents folder: note: {file_name} belongs to no document.",
    ]


def test_3_its_number_is_given_to_another_one(books, settings, tmp_path):
    take_out_the_last_invoice(books)
    documents = settings.DOCUMENTS_DIR
    settings.DOCUMENTS_DIR = tmp_path / "elsewhere"  # where nobody knows the number
    make_good()
    (again,) = issued_through(books.agreement, date(1998, 12, 31), date(1999, 1, 2))
    settings.DOCUMENTS_DIR = documents
    store(again)
    make_good()

    assert again.number_text == "INV-00003"
    assert found()[:2] == [
        "INV-00003: the document is not the one in the ledger: another date and SHA-256 and chain.",
        "INV-00003: its PDF is not the one in the ledger: another date.",
    ]


def take_out_the_last_invoice(books: Books) -> None:
    key = books.by_number["INV-00003"].pk
    damage(
        ("DELETE FROM invoicing_invoicepdf WHERE invoice_id = %s", key),
        ("DELETE FROM invoicing_correction WHERE document_id = %s", key),
        ("DELETE FROM invoicing_invoiceline WHERE invoice_id = %s", key),
        ("DELETE FROM invoicing_invoice WHERE id = %s", key),
        ("UPDATE invoicing_numberseries SET last_number = 2, last_issued_on = '1998-12-01' WHERE code = 'INVOICE'",),
    )


def test_4_two_pdfs_are_swapped(books, settings):
    one, other = (settings.DOCUMENTS_DIR / pdf.file_name for pdf in InvoicePdf.objects.order_by("pk")[:2])
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)

    assert found() == [
        f"INV-00001: its PDF {one.name} is not the one that was stored. {BACKUP}",
        f"INV-00002: its PDF {other.name} is not the one that was stored. {BACKUP}",
    ]


def test_4_two_pdfs_are_swapped_with_their_rows(books):
    one, other = InvoicePdf.objects.order_by("pk")[:2]
    names = "UPDATE invoicing_invoicepdf SET file_name = %s, sha256 = %s, size = %s WHERE id = %s"
    damage(
        (names, "", "", 0, one.pk),
        (names, one.file_name, one.sha256, one.size, other.pk),
        (names, other.file_name, other.sha256, other.size, one.pk),
    )

    assert found() == [
        f"INV-00001: its PDF {other.file_name} is that of another document.",
        "INV-00001: its PDF is not the one in the ledger: another SHA-256.",
        f"INV-00002: its PDF {one.file_name} is that of another document.",
        "INV-00002: its PDF is not the one in the ledger: another SHA-256.",
    ]


def test_4_a_pdf_is_replaced_with_its_row(books, settings):
    pdf = InvoicePdf.objects.get(invoice__number_text="INV-00001")
    data = b"%PDF-1.7 another"
    digest = hashlib.sha256(data).hexdigest()
    name = stored_name("INV-00001", digest)
    (settings.DOCUMENTS_DIR / pdf.file_name).rename(settings.DOCUMENTS_DIR / name)
    (settings.DOCUMENTS_DIR / name).write_bytes(data)
    damage(
        (
            "UPDATE invoicing_invoicepdf SET file_name = %s, sha256 = %s, size = %s WHERE id = %s",
            name,
            digest,
            len(data),
            pdf.pk,
        )
    )

    assert found() == ["INV-00001: its PDF is not the one in the ledger: another SHA-256."]


def test_5_a_line_and_the_digest_are_changed_alike(books):
    damage(*_consistently(books))

    assert found() == [
        other_row("INV-00002"),
        other_row("INV-00002", 1),
        f"INV-00002: {BROKEN}",
        "INV-00002: the document is not the one in the ledger: another SHA-256.",
    ]


def test_5_a_line_the_digest_and_the_whole_chain_are_changed_alike(books):
    damage(*_consistently(books))
    before = ""
    for document in Invoice.objects.filter(kind="invoice").order_by("number"):
        before = chain_sha256(
            before=before,
            number=document.number_text,
            issued_on=document.issued_on,
            content_sha256=document.content_sha256,
        )
        damage(set_invoice(books, document.number_text, chain_sha256=before))

    assert found() == [
        other_row("INV-00002"),
        other_row("INV-00002", 1),
        "INV-00002: the document is not the one in the ledger: another SHA-256 and chain.",
        "INV-00003: the document is not the one in the ledger: another chain.",
    ]


def _consistently(books: Books) -> list[tuple]:
    """A site in Very Small is billed at 175,000.00 a year, in row, inputs, content, total and digest."""
    invoice, changed = books.by_number["INV-00002"], line(books, "INV-00002", 1)
    inputs = copy.deepcopy(changed.inputs)
    inputs["priced"][0]["annual_price"] = "175000.00"
    amount = Decimal("14583.34")  # 29,166.67 through November, less 14,583.33
    total = invoice.total + amount - changed.amount
    lines = copy.deepcopy(invoice.content["lines"])
    lines[0] |= {"amount": str(amount), "annual_price": "175000.00"}
    return [
        set_line(books, "INV-00002", 1, amount=int(amount * 100), annual_price=17_500_000, inputs=json.dumps(inputs)),
        set_invoice(books, "INV-00002", total=int(total * 100)),
        with_content(books, "INV-00002", digest=True, lines=lines, total=str(total)),
    ]


def test_6_a_document_is_dated_otherwise(books):
    damage(set_invoice(books, "INV-00002", issued_on=date(1998, 11, 30)))

    assert found() == [
        "INV-00002: the content says 1998-12-01 for issued on, the row 1998-11-30.",
        other_row("INV-00002"),
        f"INV-00002: {BROKEN}",
        "INV-00002: is dated 30 November 1998, before INV-00001 of 1 December 1998.",
        "INV-00002: the document is not the one in the ledger: another date.",
        "INV-00002: its PDF is not the one in the ledger: another date.",
    ]


def test_6_a_document_is_dated_otherwise_with_content_and_digest(books):
    damage(
        set_invoice(books, "INV-00003", issued_on=date(1999, 1, 2)),
        with_content(books, "INV-00003", digest=True, issued_on="1999-01-02"),
        ("UPDATE invoicing_numberseries SET last_issued_on = %s WHERE code = 'INVOICE'", date(1999, 1, 2)),
    )

    assert found() == [
        other_row("INV-00003"),
        f"INV-00003: {BROKEN}",
        "INV-00003: the document is not the one in the ledger: another date and SHA-256.",
        "INV-00003: its PDF is not the one in the ledger: another date.",
    ]


def test_7_a_document_is_renumbered(books):
    damage(set_invoice(books, "INV-00003", number=4, number_text="INV-00004"))

    (pdf,) = InvoicePdf.objects.filter(invoice__number=4)
    assert found() == [
        "INV-00004: the content says INV-00003 for number, the row INV-00004.",
        other_row("INV-00004"),
        f"INV-00004: {BROKEN}",
        "INV-00004: number 3 is missing before it.",
        f"INV-00004: its PDF {pdf.file_name} is that of another document.",
        "Series INVOICE: it counts to 3, but its last document is INV-00004.",
        "INV-00004: the document is not in the ledger. Run manage.py make_pdfs.",
        "INV-00004: its PDF is not in the ledger. Run manage.py make_pdfs.",
        "INV-00003: the ledger has it, dated 1999-01-01, but the books do not: it was taken out.",
    ]


def test_7_two_documents_swap_their_numbers(books):
    swap = [("INV-00001", 9, "x"), ("INV-00002", 1, "INV-00001"), ("INV-00001", 2, "INV-00002")]
    damage(*(set_invoice(books, which, number=number, number_text=text) for which, number, text in swap))

    message = found()
    for now, once in (("INV-00001", "INV-00002"), ("INV-00002", "INV-00001")):
        assert f"{now}: the content says {once} for number, the row {now}." in message
        assert f"{now}: {BROKEN}" in message
        assert f"{now}: the document is not the one in the ledger: another SHA-256 and chain." in message


# ---- the ledger ------------------------------------------------------------------------------------------------------


def test_a_line_lost_by_a_crash_is_found_and_backfilled(books, settings):
    path = ISSUED_DOCUMENTS.path
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-2]) + lines[-2][:40])

    before = found()
    added = make_good()

    assert before == [
        "INV-00003: the document is not in the ledger. Run manage.py make_pdfs.",
        "INV-00003: its PDF is not in the ledger. Run manage.py make_pdfs.",
        "Ledger: note: line 7 cannot be read; a crash may have cut it off.",
    ]
    assert added == 2
    assert found() == [
        "Ledger: note: 2 lines backfilled by make_pdfs, not written at issue.",
        "Ledger: note: line 7 cannot be read; a crash may have cut it off.",
    ]
    assert make_good() == 0


def test_documents_issued_before_the_chain_are_read_all_the_same(books):
    damage(*(set_invoice(books, number, chain_sha256="") for number in ("INV-00001", "INV-00002")))
    third = Invoice.objects.get(number_text="INV-00003")
    first_link = chain_sha256(
        before="", number="INV-00003", issued_on=third.issued_on, content_sha256=third.content_sha256
    )
    damage(set_invoice(books, "INV-00003", chain_sha256=first_link))
    (document,) = issued_through(books.agreement, date(1999, 1, 31), date(1999, 2, 1))

    assert document.chain_sha256 == chain_sha256(
        before=first_link,
        number="INV-00004",
        issued_on=document.issued_on,
        content_sha256=document.content_sha256,
    )
    assert not [text for text in found() if BROKEN in text or "no link" in text]


def test_making_pdfs_makes_the_ledger_good(books, settings):
    (ISSUED_DOCUMENTS.path).unlink()
    message = StringIO()

    call_command("make_pdfs", stdout=message)

    assert message.getvalue().splitlines() == [
        "The ledger lacked 8 lines: added, marked as later.",
        "Every issued document has its PDF.",
    ]
    assert found() == ["Ledger: note: 8 lines backfilled by make_pdfs, not written at issue."]
