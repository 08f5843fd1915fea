"""G15: prices change for months that were billed; what was issued stays as it is, and the difference is billed."""

import hashlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from contracts.amendments.amending import draft_amendment, enter_schedule, record_signature
from contracts.models import Agreement
from contracts.money import hundredths
from invoicing.models import Correction, Invoice, InvoiceLine, InvoicePdf
from invoicing.runs.drafting import draft_invoices
from tests import reference
from tests.faults import cases, printing_workers, taking_out
from tests.faults.outcome import Outcome
from tests.faults.scratch import Scratch
from tests.faults.soundness import damage_to_finished_books
from tests.faults.workers import apart

TITLE = "retroactive amendments"
SITES = 12
PRICE = Decimal("163000.00")
CHANGES = (
    # effective on, entered and executed on, per cent: each reaches back over months that are billed by then
    (date(1999, 1, 1), date(1999, 3, 15), -5),
    (date(1999, 2, 1), date(1999, 5, 10), 10),
    (date(1999, 2, 1), date(1999, 7, 20), -30),
)
RUNS = (
    # through and on: one before the first amendment, then one after each
    (date(1999, 2, 28), date(1999, 3, 1)),
    (date(1999, 3, 31), date(1999, 4, 1)),
    (date(1999, 5, 31), date(1999, 6, 1)),
    (date(1999, 7, 31), date(1999, 8, 2)),
)
TABLES = (Invoice, InvoiceLine, Correction, InvoicePdf)


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Bill, amend, bill: after each amendment, what was issued before is the same to the byte."""
    printing_workers.warm()
    scratch.fresh()
    changes = CHANGES if full else CHANGES[:1]
    (agreement,) = cases.agreements(1, sites=SITES)
    outcome = Outcome({"sites": SITES, "amendments": len(changes)})
    bill(*RUNS[0])
    for number, (effective_on, on, percent) in enumerate(changes, start=1):
        before = issued()
        amend(agreement, number + 1, effective_on, on, percent)
        if control:
            apart(lambda percent=percent: reprice_in_place(percent))
        else:
            bill(*RUNS[number])
        after = issued()
        outcome.damage["issued rows or files changed"] += sum(after.get(key) != value for key, value in before.items())
        outcome.figures["rows and files compared"] = len(before)
        outcome.damage["sum of lines is not what is due"] += sum(
            billed != due(changes[:number], RUNS[number][0]) for billed in billed_per_site()
        )
        outcome.add(apart(damage_to_finished_books))
    corrections = InvoiceLine.objects.filter(kind=InvoiceLine.Kind.ADJUSTMENT)
    outcome.figures |= {"documents": Invoice.objects.issued().count(), "lines that correct": corrections.count()}
    outcome.damage["correction without what it corrects"] += corrections.exclude(
        invoice__corrections__isnull=False
    ).count()
    outcome.damage["correction that does not say what was billed"] += sum(
        not any("INV-" in step for step in line.steps) for line in corrections
    )
    return outcome


def bill(through: date, on: date) -> None:
    """Draft, issue and print what is due."""
    ended = printing_workers.in_process_with_worker(
        lambda: [result.refusal for result in draft_invoices(through=through, on=on, by=None, issue_drafts=True)]
    )
    if ended.error or any(ended.value):
        raise RuntimeError(ended.error or ended.value)


def amend(agreement: Agreement, number: int, effective_on: date, on: date, percent: int) -> None:
    """Enter an amendment with other prices, and record both signatures."""
    amendment = draft_amendment(
        agreement=agreement,
        number=number,
        contract_number=f"LNM-{number}",
        effective_on=effective_on,
        from_expires_on=None,
        expires_on=None,
        on=on,
        by=None,
    )
    levels = tuple(replace(level, annual_price=_changed(level.annual_price, percent)) for level in reference.LEVELS)
    enter_schedule(
        agreement=agreement, amendment=amendment, schedule=replace(reference.SCHEDULE, levels=levels), on=on, by=None
    )
    for side in ("customer", "supplier"):
        record_signature(amendment=amendment, side=side, name="A. Signer", title="", signed_on=on, on=on, by=None)


def reprice_in_place(percent: int) -> None:
    """Do what a careless program would do: write the new amounts into what was issued."""
    taking_out.triggers()
    with connection.cursor() as cursor:
        for table in ("invoicing_invoiceline SET amount = amount", "invoicing_invoice SET total = total"):
            cursor.execute(f"UPDATE {table} * {100 + percent} / 100")  # noqa: S608


def issued() -> dict[str, str]:
    """Return every row and file of the issued documents, by name."""
    found = {}
    with connection.cursor() as cursor:
        for model in TABLES:
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")  # noqa: S608
            found |= {f"{model._meta.db_table} {row[0]}": repr(row) for row in cursor.fetchall()}
    files = Path(settings.DOCUMENTS_DIR).glob("*.pdf")
    return found | {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def billed_per_site() -> list[Decimal]:
    """Return what the lines of all issued documents say of each site."""
    lines = InvoiceLine.objects.filter(invoice__issued_on__isnull=False).order_by("site")
    return list(lines.values("site").annotate(billed=Sum("amount")).values_list("billed", flat=True))


def due(changes: tuple, through: date) -> Decimal:
    """Return what a site owes from October 1998 through a month's end: a twelfth a month of the price of that month."""
    owed, month = Fraction(0), date(1998, 10, 1)
    while month <= through:
        price = PRICE
        for effective_on, _on, percent in changes:
            if effective_on <= month:
                price = _changed(PRICE, percent)
        owed += Fraction(price) / 12
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return hundredths(owed)


def _changed(price: Decimal, percent: int) -> Decimal:
    return hundredths(price * (100 + percent) / 100)
