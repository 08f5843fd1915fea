"""G7: issued documents are attacked through forms, the admin, the ORM and SQL; then again with the ORM on their side.

Each attack is undone after it, so that all of them meet the same books.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.core import serializers
from django.db import IntegrityError, connection, transaction
from django.test import Client

from contracts.sealing import guards
from contracts.sealing.frozen import SealedRow
from invoicing.credits.crediting import withdraw_waiver
from invoicing.models import Correction, Invoice, InvoiceLine, InvoicePdf, Waiver
from invoicing.runs.drafting import draft_invoices
from tests.faults import cases, printing_workers, taking_out
from tests.faults.outcome import Outcome
from tests.faults.scratch import Scratch
from tests.faults.workers import apart
from tests.waivers import credit_and_waive

TITLE = "issued documents attacked"
ON = date(1998, 12, 1)
ISSUED = (Invoice, InvoiceLine, Correction, InvoicePdf, Waiver)

UNNUMBERED = {"issued_on": None, "number": None, "series": None, "number_text": "", "content": None} | dict.fromkeys(
    ("content_sha256", "chain_sha256"), ""
)
"""What a document without a number has in the columns of one that has it."""

Attack = tuple[str, Callable[[], object]]
REFUSED, THROUGH = "refused", "got through"


class Rows:
    """What is attacked: an invoice with its line and PDF, a credit note that waives a charge, and a draft."""

    def __init__(self):
        self.invoice = Invoice.objects.issued().earliest("pk")
        self.line = InvoiceLine.objects.filter(invoice=self.invoice).earliest("pk")
        self.pdf = InvoicePdf.objects.get(invoice=self.invoice)
        self.link = Correction.objects.earliest("pk")
        self.waiver = Waiver.objects.earliest("pk")
        self.draft = Invoice.objects.drafts().earliest("pk")
        self.draft_line = InvoiceLine.objects.filter(invoice=self.draft).earliest("pk")


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Make every attack; nothing that was issued changes. What may change still does."""
    prepare(scratch)
    if control:
        apart(taking_out.triggers)
    outcome = Outcome()
    if not control:
        ends = apart(lambda: attack(by_orm=True))
        outcome.figures |= {"attacks": len(ends), "refused": _count(ends, REFUSED)}
        outcome.add({f"{name}: {end}": 1 for name, end in ends.items() if end != REFUSED})
    ends = apart(lambda: attack(by_orm=False))
    outcome.figures |= {"attacks past the ORM": len(ends), "refused by the database alone": _count(ends, REFUSED)}
    outcome.add({f"past the ORM, {name}: {end}": 1 for name, end in ends.items() if end != REFUSED})
    outcome.add({f"refused, though it may: {name}": 1 for name in apart(allowed)})
    if control:
        outcome.without_damage = [f"{name}: {end}" for name, end in ends.items() if end != THROUGH]
    return outcome


def _count(ends: Mapping[str, str], end: str) -> int:
    return list(ends.values()).count(end)


def prepare(scratch: Scratch) -> None:
    """Issue two months, take one back for good, and draft a third."""
    printing_workers.warm()
    scratch.fresh()
    cases.agreements(1)
    printing_workers.in_process_with_worker(issue_and_credit)
    User.objects.create_superuser("root")


def issue_and_credit() -> None:
    """Make the books that are attacked."""
    draft_invoices(through=date(1998, 11, 30), on=ON, by=None, issue_drafts=True)
    november = Invoice.objects.issued().latest("pk")
    credit_and_waive(invoice=november, reason="Agreed by telephone", on=ON, by=None)
    draft_invoices(through=date(1998, 12, 31), on=ON, by=None)


def attack(*, by_orm: bool) -> dict[str, str]:
    """Make every attack; return what became of each.

    REFUSED is what ends with the guard's own sentence and leaves every issued row as it lies, THROUGH what changes one
    without a word; anything else is named: an attack that fails by a mistake of its own proves nothing.
    """
    if not by_orm:
        taking_out.refusals_of_the_orm()
    rows, before = Rows(), issued_rows()
    attacks = [*through_the_orm(rows), *by_sql(rows)]
    if by_orm:
        attacks += [*what_django_protects(rows), *through_pages(rows)]
    ends = {}
    for name, act in attacks:
        with suppress(_Undo), transaction.atomic():
            ends[name] = _end_of(act, before)
            raise _Undo
    return ends


def _end_of(act: Callable[[], object], before: str) -> str:
    """Make one attack; return its end."""
    try:
        with transaction.atomic():
            end = REFUSED if act() == "refused" else THROUGH
    except SealedRow:
        end = REFUSED
    except IntegrityError as error:
        end = REFUSED if guards.MESSAGE in str(error) else f"failed: {error}"
    except Exception as error:
        end = f"failed: {type(error).__name__}"
    changed = issued_rows() != before
    return end if changed == (end == THROUGH) else f"{end}, issued rows {'changed' if changed else 'as before'}"


class _Undo(Exception):
    """Takes an attack back."""


def issued_rows() -> str:
    """Return every issued row, as it lies."""
    with connection.cursor() as cursor:
        found = []
        for model in ISSUED:
            cursor.execute(f"SELECT * FROM {model._meta.db_table} ORDER BY id")  # noqa: S608
            found.append(cursor.fetchall())
    drafts = set(Invoice.objects.drafts().values_list("pk", flat=True))
    lines = set(InvoiceLine.objects.filter(invoice__in=drafts).values_list("pk", flat=True))
    of_drafts = dict.fromkeys(ISSUED, frozenset()) | {Invoice: drafts, InvoiceLine: lines}
    return repr(
        [[row for row in rows if row[0] not in of_drafts[model]] for model, rows in zip(ISSUED, found, strict=True)]
    )


# ---- attacks -----------------------------------------------------------------------------------------------------


def through_the_orm(rows: Rows) -> Iterator[Attack]:
    """Yield what a program could try."""
    one = Decimal("1.00")
    invoices, lines = Invoice.objects.filter(pk=rows.invoice.pk), InvoiceLine.objects.filter(pk=rows.line.pk)
    yield "save a document", lambda: _changed(rows.invoice, total=one).save()
    yield "save its content", lambda: _changed(rows.invoice, content={}).save(update_fields=["content"])
    yield "update a document", lambda: invoices.update(total=one)
    yield "take the number off", lambda: invoices.update(**UNNUMBERED)
    yield "bulk_update documents", lambda: Invoice.objects.bulk_update([_changed(rows.invoice, number=99)], ["number"])
    yield "delete a document without looking", lambda: invoices._raw_delete("default")
    yield "save a line", lambda: _changed(rows.line, amount=one).save()
    yield "update lines", lambda: lines.update(amount=one)
    yield "bulk_update lines", lambda: InvoiceLine.objects.bulk_update([_changed(rows.line, amount=one)], ["amount"])
    yield "delete a line", lambda: rows.line.delete()
    yield "delete lines without looking", lambda: lines._raw_delete("default")
    yield "add a line", lambda: _copied(rows.draft_line, invoice=rows.invoice, position=99, instalment=11).save()
    yield (
        "bulk_create a line",
        lambda: InvoiceLine.objects.bulk_create(
            [_copied(rows.draft_line, invoice=rows.invoice, position=99, instalment=11)]
        ),
    )
    yield "move a draft's line here", lambda: _changed(rows.draft_line, invoice=rows.invoice, position=99).save()
    yield "move a line to a draft", lambda: lines.update(invoice=rows.draft, position=99)
    yield "change the PDF's digest", lambda: InvoicePdf.objects.update(sha256="0" * 64)
    yield "delete the PDF's row", lambda: rows.pdf.delete()
    yield "delete a correction", lambda: rows.link.delete()
    yield "change who waived", lambda: Waiver.objects.update(decided_by="Somebody else")


def what_django_protects(rows: Rows) -> Iterator[Attack]:
    """Yield what Django refuses by itself for the rows that hang on a document: no control can let it through."""
    yield "delete a document", lambda: rows.invoice.delete()
    yield "delete a queryset of documents", lambda: Invoice.objects.filter(pk=rows.invoice.pk).delete()


def by_sql(rows: Rows) -> Iterator[Attack]:
    """Yield what somebody with the database open could try."""
    statements = {
        "total": f"UPDATE invoicing_invoice SET total = 1 WHERE id = {rows.invoice.pk}",
        "date": "UPDATE invoicing_invoice SET issued_on = '1999-01-01' WHERE issued_on IS NOT NULL",
        "back to a draft": "UPDATE invoicing_invoice SET issued_on = NULL, number = NULL, series_id = NULL, "
        "number_text = '', content = NULL, content_sha256 = '', chain_sha256 = '' WHERE issued_on IS NOT NULL",
        "content": "UPDATE invoicing_invoice SET content = '{}' WHERE issued_on IS NOT NULL",
        "delete": "DELETE FROM invoicing_invoice WHERE issued_on IS NOT NULL",
        "amount of a line": f"UPDATE invoicing_invoiceline SET amount = 1 WHERE id = {rows.line.pk}",
        "inputs of a line": f"UPDATE invoicing_invoiceline SET inputs = '{{}}' WHERE id = {rows.line.pk}",
        "delete lines": f"DELETE FROM invoicing_invoiceline WHERE invoice_id = {rows.invoice.pk}",
        "PDF": f"UPDATE invoicing_invoicepdf SET file_name = 'x' WHERE id = {rows.pdf.pk}",
        "delete a PDF": "DELETE FROM invoicing_invoicepdf",
        "delete a correction": "DELETE FROM invoicing_correction",
        "reason of a waiver": "UPDATE invoicing_waiver SET reason = 'x'",
    }
    if connection.vendor == "postgresql":
        for model in ISSUED:
            statements[f"truncate {model._meta.db_table}"] = f"TRUNCATE {model._meta.db_table} CASCADE"
    else:
        names = [field.column for field in InvoiceLine._meta.concrete_fields]
        values = ", ".join("1" if name == "amount" else name for name in names)
        statements["replace a line"] = (
            f"REPLACE INTO invoicing_invoiceline ({', '.join(names)}) "  # noqa: S608
            f"SELECT {values} FROM invoicing_invoiceline WHERE id = {rows.line.pk}"
        )
    for name, statement in statements.items():
        yield f"SQL: {name}", lambda statement=statement: _execute(statement)


def through_pages(rows: Rows) -> Iterator[Attack]:
    """Yield what somebody could try who is signed in and may do everything."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username="root"))
    admin, invoice, page = "/admin/invoicing", rows.invoice.pk, f"/invoices/{rows.invoice.pk}"
    selected = {"action": "delete_selected", "_selected_action": [invoice], "post": "yes"}
    posts = {
        "form: issue it again": (f"{page}/issue/", {}),
        "admin: change a document": (f"{admin}/invoice/{invoice}/change/", {"total": "1.00"}),
        "admin: delete a document": (f"{admin}/invoice/{invoice}/delete/", {"post": "yes"}),
        "admin: delete what is selected": (f"{admin}/invoice/", selected),
        "admin: change a PDF": (f"{admin}/invoicepdf/{rows.pdf.pk}/change/", {"sha256": "0" * 64}),
        "admin: delete a PDF": (f"{admin}/invoicepdf/{rows.pdf.pk}/delete/", {"post": "yes"}),
        "page: post to a document": (f"{page}/", {"total": "1.00"}),
        "page: post to its PDF": (f"{page}/pdf/", {"total": "1.00"}),
    }
    for name, (address, data) in posts.items():
        yield name, lambda address=address, data=data: _answer(client.post(address, data))


def _answer(response) -> str:
    """A page refuses by its answer, or by sending the person back to the document with the reason."""
    return "refused" if response.status_code < 500 else f"status {response.status_code}"


def _changed(row, **values):
    copy = next(serializers.deserialize("json", serializers.serialize("json", [row]))).object
    for name, value in values.items():
        setattr(copy, name, value)
    copy._state.adding = False
    return copy


def _copied(row, **values):
    copy = _changed(row, **values, pk=None)
    copy._state.adding = True
    return copy


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


# ---- what may change ---------------------------------------------------------------------------------------------


def allowed() -> list[str]:
    """Do what must still be possible; return what was refused."""
    rows = Rows()
    changes = {
        "change a draft": lambda: Invoice.objects.filter(pk=rows.draft.pk).update(reason="internal"),
        "delete a draft": lambda: rows.draft.delete(),
        "withdraw a waiver": lambda: withdraw_waiver(waiver=rows.waiver, reason="Decided anew", on=ON, by=None),
        "days to pay": lambda: type(rows.invoice.agreement).objects.update(net_days=30),
    }
    refused = []
    for name, change in changes.items():
        with suppress(_Undo), transaction.atomic():
            try:
                with transaction.atomic():
                    change()
            except Exception as error:
                refused.append(f"{name}: {json.dumps(str(error))[:100]}")
            raise _Undo
    return refused
