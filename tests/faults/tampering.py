"""G8: somebody who owns the database changes the books behind the application; reading them again finds it.

Each manipulation is tried carelessly and carefully: then all digests, those of the rows too, and the whole chain are
computed anew. In the control the ledger beside the PDFs is written anew as well, and with it goes what the books can
be held against.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import F

from contracts.printing import pdf
from contracts.sealing import guards
from contracts.sealing.digest import canonical_sha256
from invoicing.audit.auditing import Verification
from invoicing.credits.crediting import credit
from invoicing.issued import ledger
from invoicing.issued.chain import chain_sha256
from invoicing.issued.row_digests import SEALED, digests_of
from invoicing.models import Invoice, InvoiceLine, InvoicePdf, NumberSeries
from invoicing.runs.drafting import draft_invoices
from sites.models import Site
from tests.faults import cases, taking_out
from tests.faults.numbers_under_load import FastPrinter
from tests.faults.outcome import Outcome
from tests.faults.scratch import Scratch
from tests.faults.workers import apart

TITLE = "books edited from behind"


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Manipulate the books in many ways, with and without care; each is found, and a number is named."""
    scratch.fresh()
    cases.agreements(1)
    apart(fill_books)
    outcome = Outcome({"documents": Invoice.objects.issued().count(), "manipulations": 0, "found": 0})
    outcome.damage["sound books: finding"] += len(apart(findings))
    scratch.save("sound")
    for manipulate in MANIPULATIONS:
        for care in (False, True) if (full or manipulate in OF_ROWS) and not control else (True,):
            scratch.fresh("sound")
            apart(lambda manipulate=manipulate, care=care: tamper(manipulate, care, rewrite_ledger=control))
            found = apart(findings)
            named = [place for place in found if "INV-" in place or "CN-" in place]
            outcome.figures["manipulations"] += 1
            outcome.figures["found"] += bool(found)
            title = f"{manipulate.__name__.replace('_', ' ')}{', with care' if care else ''}"
            outcome.damage[f"not found: {title}"] += not found
            outcome.damage[f"no number named: {title}"] += bool(found) and not named
    return outcome


def fill_books() -> None:
    """Issue ten months, one by one, and take the last of them back."""
    pdf._printer = FastPrinter()
    draft_invoices(through=date(1999, 7, 31), on=cases.AFTERWARDS, by=None, issue_drafts=True)
    last = Invoice.objects.issued().latest("number")
    credit(invoice=last, reason="Agreed", on=cases.AFTERWARDS, by=None)


def findings() -> list[str]:
    """Return what reading all documents again finds, each with its place."""
    return [finding.text for finding in Verification().findings() if not finding.is_note]


def tamper(manipulate: Callable, care: bool, *, rewrite_ledger: bool) -> None:
    """Take the guards off, manipulate, cover the tracks and put the guards back."""
    taking_out.triggers()
    taking_out.refusals_of_the_orm()
    manipulate()
    if care:
        compute_anew()
    if rewrite_ledger:
        ledger.ISSUED_DOCUMENTS.path.unlink()
        entries = [ledger.issued_entry(invoice) for invoice in Invoice.objects.issued().order_by("series", "number")]
        entries += [ledger._printed_entry(each) for each in InvoicePdf.objects.select_related("invoice")]
        ledger.ISSUED_DOCUMENTS.add(entries)
    guards.create_triggers()


def compute_anew() -> None:
    """Give every document the digests of its rows and of what it says now, and its place in a chain that holds."""
    for series in NumberSeries.objects.all():
        before = ""
        for invoice in Invoice.objects.filter(series=series).order_by("number"):
            rows = digests_of(invoice=invoice, lines=invoice.lines.order_by("position"))
            invoice.content |= {SEALED: rows}
            digest = canonical_sha256(invoice.content)
            before = chain_sha256(
                before=before, number=invoice.number_text, issued_on=invoice.issued_on, content_sha256=digest
            )
            Invoice.objects.filter(pk=invoice.pk).update(
                content=invoice.content, content_sha256=digest, chain_sha256=before
            )


# ---- documents ---------------------------------------------------------------------------------------------------


def amount_changed() -> None:
    """Ask a thousand less: in the line, in the total and in what the document says."""
    invoice = Invoice.objects.get(number_text="INV-00004")
    line = invoice.lines.get()
    line.amount -= 1000
    line.save()
    invoice.total = line.amount
    invoice.content = json.loads(json.dumps(invoice.content).replace(str(line.amount + 1000), str(line.amount)))
    invoice.save()


def customer_changed_everywhere() -> None:
    """Let every document name another customer."""
    for invoice in Invoice.objects.issued():
        invoice.content["customer"]["name"] = "Somebody Else Inc."
        invoice.save()


def one_byte_of_a_pdf_changed() -> None:
    """Change a stored PDF, and its row with it."""
    row = InvoicePdf.objects.get(invoice__number_text="INV-00003")
    path = Path(settings.DOCUMENTS_DIR) / row.file_name
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.unlink()
    row.sha256 = hashlib.sha256(data).hexdigest()
    row.file_name = f"INV-00003.{row.sha256[:16]}.pdf"
    row.save()
    (path.parent / row.file_name).write_bytes(data)


def document_deleted_in_the_middle() -> None:
    """Take a document out, and let those after it move up."""
    delete("INV-00005")
    for number in range(6, 11):
        renumber(Invoice.objects.get(number_text=f"INV-{number:05}"), number - 1)
    NumberSeries.objects.filter(code="INVOICE").update(last_number=F("last_number") - 1)


def last_documents_deleted() -> None:
    """Take the end off, and set the counter back."""
    delete("CN-00001")
    delete("INV-00010")
    NumberSeries.objects.update(last_number=F("last_number") - 1)


def two_documents_swapped() -> None:
    """Give two documents the number of the other."""
    first, second = Invoice.objects.get(number_text="INV-00006"), Invoice.objects.get(number_text="INV-00007")
    renumber(first, 999)
    renumber(second, 6)
    renumber(first, 7)


def forged_document_appended() -> None:
    """Add a copy of the first document under the next number."""
    forged, line = Invoice.objects.get(number_text="INV-00001"), InvoiceLine.objects.earliest("pk")
    forged.pk = line.pk = None
    forged.number_text = "renumbered below"
    forged.number = 998
    forged.save()
    line.invoice, line.period_number, line.amount = forged, 2, Decimal(forged.total)
    line.save()
    renumber(forged, 11)
    NumberSeries.objects.filter(code="INVOICE").update(last_number=11)


# ---- what a document does not show ---------------------------------------------------------------------------------


def month_set_free() -> None:
    """Let the first month belong to the next annual period, so that a run bills it again."""
    InvoiceLine.objects.filter(invoice__number_text="INV-00001").update(period_number=2)


def explanation_forged() -> None:
    """Give a line another calculation and another clause than those that it was issued with."""
    line = InvoiceLine.objects.filter(invoice__number_text="INV-00002")
    line.update(steps=["13,583.34 as agreed by telephone."], source="Amendment 9, Appendix Z")


def source_in_the_inputs_forged() -> None:
    """Let the stored inputs, and with them the page, name another document for the price."""
    line = InvoiceLine.objects.get(invoice__number_text="INV-00002")
    line.inputs["priced"][0]["source"] = "Amendment 9, Appendix Z"
    line.save()


def line_described_otherwise() -> None:
    """Name another level, another charge and a quantity."""
    line = InvoiceLine.objects.filter(invoice__number_text="INV-00003")
    line.update(level_name="Large", description="Consulting", quantity=Decimal(2))


def line_moved_to_another_site() -> None:
    """Let one site have been billed what another one was."""
    line = InvoiceLine.objects.get(invoice__number_text="INV-00003")
    line.site = Site.objects.create(agreement=line.site.agreement, city="Elsewhere", in_service_on=line.first_day)
    line.save()


def credit_moved_to_another_month() -> None:
    """Let a credit have taken back the month before, so that a run bills neither as it should."""
    line = InvoiceLine.objects.get(invoice__number_text="CN-00001")
    line.shares = [[number - 1, amount] for number, amount in line.shares]
    line.save()


def reason_and_date_of_a_document_changed() -> None:
    """Give a credit another reason, and let an invoice have billed through another day."""
    Invoice.objects.filter(number_text="CN-00001").update(reason="Never agreed")
    Invoice.objects.filter(number_text="INV-00004").update(through=date(1999, 2, 27))


OF_DOCUMENTS = (
    amount_changed,
    customer_changed_everywhere,
    one_byte_of_a_pdf_changed,
    document_deleted_in_the_middle,
    last_documents_deleted,
    two_documents_swapped,
    forged_document_appended,
)
OF_ROWS = (
    month_set_free,
    explanation_forged,
    source_in_the_inputs_forged,
    line_described_otherwise,
    line_moved_to_another_site,
    credit_moved_to_another_month,
    reason_and_date_of_a_document_changed,
)
MANIPULATIONS = (*OF_DOCUMENTS, *OF_ROWS)


def delete(number_text: str) -> None:
    """Take a document out, with everything that hangs on it."""
    invoice = Invoice.objects.get(number_text=number_text)
    for row in InvoicePdf.objects.filter(invoice=invoice):
        (Path(settings.DOCUMENTS_DIR) / row.file_name).unlink()
    with connection.cursor() as cursor:
        for table, column in (
            ("correction", "document_id"),
            ("invoicepdf", "invoice_id"),
            ("invoiceline", "invoice_id"),
        ):
            cursor.execute(f"DELETE FROM invoicing_{table} WHERE {column} = %s", [invoice.pk])  # noqa: S608
        cursor.execute("DELETE FROM invoicing_invoice WHERE id = %s", [invoice.pk])


def renumber(invoice: Invoice, number: int) -> None:
    """Give a document another number, everywhere."""
    text = f"INV-{number:05}"
    invoice.content = json.loads(json.dumps(invoice.content).replace(invoice.number_text, text)) | {"number": text}
    invoice.number, invoice.number_text = number, text
    invoice.save()
