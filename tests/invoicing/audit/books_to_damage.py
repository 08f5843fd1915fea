"""Sound books for tests that damage them: three invoices, an adjustment and a credit note with a waiver."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction

from contracts.models import Agreement
from contracts.printing.stored_files import stored_name
from contracts.sealing.digest import canonical_sha256
from contracts.sealing.guards import create_triggers, drop_triggers
from contracts.sealing.histories import add_lines
from contracts.sealing.ledger import ISSUED_DOCUMENTS
from contracts.sealing.ledger_lines import RECORDED
from invoicing.audit.auditing import Verification
from invoicing.issued.chain import chain_sha256
from invoicing.issued.ledger import anchor_issued, anchor_printed
from invoicing.issued.row_digests import SEALED
from invoicing.models import Invoice, InvoiceLine, InvoicePdf, Waiver
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue
from sites.models import Site
from tests import factories
from tests.waivers import credit_and_waive

DECEMBER, JANUARY = date(1998, 12, 1), date(1999, 1, 1)


class Books(NamedTuple):
    """The agreement and its documents by number."""

    agreement: Agreement
    by_number: dict[str, Invoice]


def issued_through(agreement: Agreement, through: date, on: date) -> list[Invoice]:
    """Bill an agreement through a date and issue everything."""
    (result,) = draft_invoices(through=through, on=on, by=None, agreements=[agreement])
    assert result.refusal == ""
    return [issue(invoice=draft, on=on, by=None) for draft in result.documents]


def sound_books() -> Books:
    """Make the books, with files in place of PDFs: what is in a PDF is nobody's business here.

    Akron and Boise are billed for October and November. 500.00 of Akron's October is credited and waived. Boise turns
    out to have opened on 15 October: the December invoice takes 6,134.41 of its October back (13,583.33 less 7,448.92).
    """
    agreement = factories.agreement()
    factories.site(agreement, "Akron")
    boise = factories.site(agreement, "Boise")
    first, second = issued_through(agreement, date(1998, 11, 30), DECEMBER)
    amounts = {1: Decimal("500.00")}
    note = credit_and_waive(invoice=first, reason="Late start", on=DECEMBER, by=None, amounts=amounts)
    Site.objects.filter(pk=boise.pk).update(in_service_on=date(1998, 10, 15))
    (third,) = issued_through(agreement, date(1998, 12, 31), JANUARY)
    for document in (first, second, note, third):
        anchor_issued(document)
        store(document)
    add_lines(Waiver, [Waiver.objects.get().pk], RECORDED)
    return Books(agreement, {document.number_text: document for document in (first, second, note, third)})


def store(document: Invoice, data: bytes = b"") -> InvoicePdf:
    """Store a file as the PDF of a document, with its row and its line in the ledger."""
    data = data or f"%PDF-1.7 of {document}".encode()
    digest = hashlib.sha256(data).hexdigest()
    pdf = InvoicePdf.objects.create(
        invoice=document, file_name=stored_name(document.number_text, digest), sha256=digest, size=len(data), pages=1
    )
    settings.DOCUMENTS_DIR.mkdir(exist_ok=True)
    (settings.DOCUMENTS_DIR / pdf.file_name).write_bytes(data)
    anchor_printed(pdf)
    return pdf


@contextmanager
def unguarded() -> Iterator[None]:
    """Take the triggers and the check constraints out, as somebody can who owns the database."""
    drop_triggers()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to come cannot be altered
            cursor.execute("SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c'")
            for table, name in [row for row in cursor.fetchall() if row[0].startswith("invoicing_")]:
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        yield
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
    create_triggers()


def damage(*statements: tuple) -> None:
    """Send statements past every guard; a statement is its SQL and its values."""
    with unguarded(), connection.cursor() as cursor:
        for sql, *values in statements:
            cursor.execute(sql, values)


# ---- statements and findings ---


def found(**options) -> list[str]:
    """Everything that a verification finds."""
    return [finding.text for finding in Verification(**options).findings()]


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is done meanwhile: many kinds of damage are tried on the same books."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def other_row(number: str, position: int | None = None) -> str:
    """What is found of a row, of a document or of a line, that is not as it was sealed."""
    row = "the row" if position is None else f"the row of line {position}"
    message = "is not the one that was sealed at issue: a column was changed. Compare it with a backup."
    return f"{number}: {row} {message}"


def _stored(values: dict) -> list:
    """Values as they are stored: amounts are given in cents, and kept in thousandths."""
    amounts = ("total", "amount", "annual_price", "unit_price")
    return [value * 10 if name in amounts else value for name, value in values.items()]


def set_invoice(books: Books, document: str, /, **values) -> tuple:
    """The statement that changes columns of a document."""
    names = ", ".join(f"{name} = %s" for name in values)
    return f"UPDATE invoicing_invoice SET {names} WHERE id = %s", *_stored(values), books.by_number[document].pk


def set_line(books: Books, number: str, position: int, /, **values) -> tuple:
    """The statement that changes columns of a line."""
    names = ", ".join(f"{name} = %s" for name in values)
    key = books.by_number[number].pk
    return (
        f"UPDATE invoicing_invoiceline SET {names} WHERE invoice_id = %s AND position = %s",
        *_stored(values),
        key,
        (position),
    )


def line(books: Books, number: str, position: int) -> InvoiceLine:
    return InvoiceLine.objects.get(invoice=books.by_number[number], position=position)


def without_digests(books: Books) -> None:
    """Make the books as they were before documents kept digests of their rows: consistent, in the ledger too."""
    links: dict[int, str] = {}
    for document in Invoice.objects.order_by("number"):
        content = {name: value for name, value in document.content.items() if name != SEALED}
        document.content_sha256 = canonical_sha256(content)
        links[document.series_id] = document.chain_sha256 = chain_sha256(
            before=links.get(document.series_id, ""),
            number=document.number_text,
            issued_on=document.issued_on,
            content_sha256=document.content_sha256,
        )
        digests = {"content_sha256": document.content_sha256, "chain_sha256": document.chain_sha256}
        damage(set_invoice(books, document.number_text, content=json.dumps(content), **digests))
        books.by_number[document.number_text].content = content
    ISSUED_DOCUMENTS.path.unlink()
    for document in Invoice.objects.order_by("pk"):
        anchor_issued(document)
        anchor_printed(document.pdf)


def with_content(books: Books, number: str, *, digest: bool, **values) -> tuple:
    """The statement that changes the content of a document; with its `digest`, as somebody does who knows of it."""
    content = books.by_number[number].content | values
    digests = {"content_sha256": canonical_sha256(content)} if digest else {}
    return set_invoice(books, number, content=json.dumps(content), **digests)
