"""G23: the database is killed and restored from older backups, while ledger and PDFs stay: no number for two contents.

What a number stands for is read where it can have left the house: in the ledger, among the PDFs and in the books.
"""

import random
from collections import Counter
from datetime import date, timedelta

from contracts.models import Agreement
from contracts.periods import Month
from contracts.printing import pdf
from contracts.printing.stored_files import file_names
from contracts.sealing.ledger import ISSUED_DOCUMENTS
from contracts.sealing.ledger_lines import ISSUED
from invoicing.audit.auditing import Verification
from invoicing.credits.crediting import credit, creditable_lines
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.issued.ledger import make_good
from invoicing.issued.numbering import CannotNumber
from invoicing.lost.explaining import explain
from invoicing.lost.queries import lost_now
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue
from sites.models import MonthlyReport, Site
from sites.reports.printing import REPORT_PDFS
from sites.reports.reporting import CannotReport, issue_report, revise_report
from tests import factories, reference
from tests.faults import cases, taking_out
from tests.faults.killing import KillPoints
from tests.faults.numbers_under_load import FastPrinter
from tests.faults.outcome import Outcome
from tests.faults.scratch import Scratch
from tests.faults.workers import apart, in_process

TITLE = "backups restored"
OCTOBER = Month(1998, 10)
MOST_STEPS = 90
"""A step beyond the last one of an event kills nothing: the event comes to its end."""


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Issue, credit, report, back up, restore and kill in an order that nobody chose; look at every number then."""
    lives, events = (12, 30) if full else (2, 9)
    outcome = Outcome({"lives": lives, "issued": 0, "killed": 0, "restored": 0, "explained": 0})
    scratch.fresh()
    apart(prepare)
    scratch.save("prepared")
    rng = random.Random(23)
    for _life in range(lives):
        scratch.fresh("prepared")
        scratch.back_up("backup 0")
        backups = ["backup 0"]
        order = [rng.choice(["issue", "issue", "credit", "report", "back up", "restore"]) for _ in range(events)]
        for position, event in enumerate(["issue", "report", *order, "restore", "issue", "report"]):
            if event == "back up":
                backups.append(f"backup {len(backups)}")
                scratch.back_up(backups[-1])
            elif event == "restore":
                scratch.restore(rng.choice(backups[-2:]))
                outcome.figures["restored"] += 1
            else:
                point = (rng.randint(1, MOST_STEPS), rng.random() < 0.5) if rng.random() < 0.5 else None
                on = cases.AFTERWARDS + timedelta(position)
                killed = in_process(lambda event=event, on=on, point=point: act(event, on, point, control=control))
                outcome.figures["killed"] += killed.killed
                done = killed if not killed.killed else in_process(lambda e=event, on=on: act(e, on, control=control))
                outcome.add({f"failed: {done.error[:120]}": bool(done.error)})
                outcome.figures["explained"] += done.value or 0
        outcome.add(apart(two_contents))
        outcome.figures["issued"] += apart(lambda: Invoice.objects.issued().count())
        if not control:
            outcome.add(apart(damage_after_all))
    return outcome


def prepare() -> None:
    """An agreement with a site that is counted, so that its invoices and its report can be issued."""
    (agreement,) = cases.agreements(1)
    factories.counts(Site.objects.get(agreement=agreement), date(1998, 10, 31), reference.counts())


def act(event: str, on: date, point: tuple[int, bool] | None = None, *, control: bool = False) -> int:
    """Let one event happen, as a page does, and where it is refused for what is lost, explain that first."""
    pdf._printer = FastPrinter()
    if control:
        taking_out.comparison_with_files()
    if point is not None:
        KillPoints(point).install()
    happen = {"issue": issue_next, "credit": credit_last, "report": report_october}[event]
    try:
        happen(on)
    except (CannotNumber, CannotReport):
        lost = lost_now()
        explained = {one.key: ("file" if one.file_name else "gap", "Restored from the backup") for one in lost}
        explain(explanations=explained, on=on, by=None)
        happen(on)
        return len(lost)
    return 0


def issue_next(on: date) -> None:
    """Issue the first document that is due."""
    (result,) = draft_invoices(through=cases.TERM_ENDS, on=on, by=None)
    if result.documents:
        issue(invoice=result.documents[0], on=on, by=None)


def credit_last(on: date) -> None:
    """Take the last invoice back, as far as something is left of it."""
    last = Invoice.objects.issued().filter(kind=Invoice.Kind.INVOICE, origin=Invoice.Origin.RUN).last()
    if last is not None and any(each.left for each in creditable_lines(invoice=last, on=on)):
        credit(invoice=last, reason=f"Agreed on {on}", on=on, by=None)


def report_october(on: date) -> None:
    """Issue the report of October, or its next revision."""
    given = {"agreement": Agreement.objects.get(), "month": OCTOBER, "days_after": 10, "on": on, "by": None}
    if MonthlyReport.objects.exists():
        quantity = Site.objects.get().counts.get(component_code="GE")
        quantity.quantity += 1
        quantity.save()
        revise_report(reason=f"Counted again on {on}", **given)
    else:
        issue_report(**given)


def two_contents() -> Counter[str]:
    """Count the numbers and names that stand for more than one content, wherever it was kept."""
    found: Counter[str] = Counter()
    ledger = ISSUED_DOCUMENTS.read()
    for (event, number), says in ledger.entries.items():
        if event == ISSUED:
            contents = {sha256 for _day, sha256, _link in says}
            contents |= set(Invoice.objects.filter(number_text=number).values_list("content_sha256", flat=True))
            found["number stands for two contents in ledger and books"] += len(contents) > 1
    for title, names in file_names().items():
        kind = "report" if title.startswith("Monthly") else "number"
        found[f"{kind} has two PDFs"] += len(names) > 1
    return +found


def damage_after_all() -> Counter[str]:
    """Make good what was killed; then reading everything again finds nothing."""
    pdf._printer = FastPrinter()
    INVOICE_PDFS.make_missing()
    REPORT_PDFS.make_missing()
    make_good()
    return Counter(f"verify: {one.text}" for one in Verification().findings() if not one.is_note)
