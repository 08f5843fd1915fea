"""G1: eight people issue at once, and every twentieth issue is undone at the last moment.

Each reads the date before asking for a number, as a page does. The calendar runs on meanwhile, so that somebody who
waits for a number may come back with yesterday's date.
"""

import random
import time
from collections import Counter
from contextlib import nullcontext, suppress
from datetime import date, timedelta

from django.db import connection

from contracts.printing import pdf
from invoicing.issued.numbering import CannotNumber
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue
from tests.faults import cases, taking_out
from tests.faults.outcome import Outcome, failures
from tests.faults.scratch import Scratch
from tests.faults.soundness import damage_to_books
from tests.faults.workers import apart, at_once

TITLE = "numbers under load"
UNDONE = 0.05
A_DAY = 2
"""Seconds of a day of the running calendar."""
SLOWEST = 2
"""Seconds that the slowest issue may take, at full size, on a machine that has nothing else to do."""


class Undone(Exception):
    """The transaction is rolled back on purpose, after its number was taken."""


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Issue at once; every number there once, in the order of the dates, and nobody refused or kept waiting."""
    writers, each = (8, 1000) if full else (8, 12)
    prepare(scratch, writers * each)
    if control:
        apart(without_protection)
    begun = time.monotonic()
    ended = at_once(
        [lambda writer=writer: write(writer, writers, begun, control) for writer in range(writers)],
        warm_up=warm_up,
        seconds=3600,
    )
    outcome = Outcome(damage=failures(ended))
    done = [process.value for process in ended if process.value]
    slowest = max((value["slowest"] for value in done), default=0)
    outcome.figures = {
        "issued": Invoice.objects.issued().count(),
        "undone on purpose": sum(value["undone"] for value in done),
        "repeated with the new date": sum(value["repeated"] for value in done),
        "slowest issue": f"{slowest:.2f} s",
        "a second": f"{writers * each / (time.monotonic() - begun):.0f}",
    }
    outcome.damage += sum((Counter(value["refused"]) for value in done), Counter())
    outcome.damage += damage_to_books()
    outcome.damage["issue kept waiting"] += slowest >= (SLOWEST if full else 10 * SLOWEST)
    outcome.damage["document not issued"] += Invoice.objects.drafts().count()
    return outcome


def prepare(scratch: Scratch, documents: int) -> None:
    """Make so many drafts, twelve for each agreement."""
    scratch.fresh()
    created = cases.agreements(-(-documents // 12))
    draft_invoices(through=date(1999, 9, 30), on=cases.AFTERWARDS, by=None, agreements=created)
    extra = Invoice.objects.drafts().order_by("-pk").values_list("pk", flat=True)
    Invoice.objects.filter(pk__in=list(extra[: Invoice.objects.count() - documents])).delete()


def without_protection() -> None:
    """Drop what would refuse a number that is given twice."""
    taking_out.constraints(Invoice, "invoice_number_once", "invoice_printed_number_once")


def warm_up() -> None:
    """Issue a document and undo it, so that the slowest issue is not the first one of a process."""
    pdf._printer = FastPrinter()
    with suppress(Undone), connection.execute_wrapper(undo_after_freezing):
        issue(invoice=Invoice.objects.drafts().earliest("agreement_id", "first_day"), on=cases.AFTERWARDS, by=None)


def write(writer: int, writers: int, begun: float, control: bool) -> dict:
    """Issue every draft whose turn it is for this writer, oldest of its agreement first."""
    if control:
        taking_out.locks()
        taking_out.number_lock()
    rng = random.Random(writer)
    done = {"undone": 0, "repeated": 0, "slowest": 0.0, "refused": Counter()}
    for draft in Invoice.objects.drafts().order_by("agreement_id", "first_day"):
        if draft.agreement_id % writers == writer:
            issue_draft(draft, rng, begun, done)
    return done


def issue_draft(draft: Invoice, rng: random.Random, begun: float, done: dict) -> None:
    """Issue one document: perhaps undo it first, and repeat it when the date has changed while we waited."""
    undo = rng.random() < UNDONE
    for _attempt in range(20):
        on = cases.AFTERWARDS + timedelta(days=int((time.monotonic() - begun) / A_DAY))
        started = time.perf_counter()
        try:
            with connection.execute_wrapper(undo_after_freezing) if undo else nullcontext():
                issue(invoice=draft, on=on, by=None)
            return
        except Undone:
            undo = False
            done["undone"] += 1
        except CannotNumber:
            done["repeated"] += 1
        except Exception as refused:
            done["refused"][f"refused: {type(refused).__name__}: {str(refused)[:60]}"] += 1
            return
        finally:
            done["slowest"] = max(done["slowest"], time.perf_counter() - started)


def undo_after_freezing(execute, sql, params, many, context):
    """Let the statement that gives a document its number happen, and then fail."""
    result = execute(sql, params, many, context)
    if sql.startswith('UPDATE "invoicing_invoice"') and '"number_text"' in sql:
        raise Undone
    return result


class FastPrinter:
    """Sets no type: this check is about numbers, and eight thousand PDFs would only take time."""

    def print(self, order) -> pdf.RenderedPdf:
        """Return something that is stored and recorded as every PDF is."""
        return pdf.RenderedPdf(f"%PDF {order['identifier']}".encode(), 1)
