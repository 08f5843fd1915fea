"""G3: the same invoice run is started twice at the same moment, as two timers or two people would."""

from collections import Counter
from datetime import date

from invoicing.models import InvoiceLine
from invoicing.runs.drafting import draft_invoices
from tests.faults import cases, printing_workers, taking_out
from tests.faults.outcome import Outcome, failures
from tests.faults.scratch import Scratch
from tests.faults.soundness import damage_to_finished_books, fingerprint
from tests.faults.workers import apart, at_once

TITLE = "two runs at once"
THROUGH = date(1998, 11, 30)


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Start two runs; everything is billed, issued and printed, by one or the other, and once."""
    printing_workers.warm()
    scratch.fresh()
    cases.agreements(2)
    if control:
        apart(lambda: taking_out.constraints(InvoiceLine, "invoice_line_instalment_once"))
    scratch.save("prepared")
    printing_workers.in_process_with_worker(run)
    expected = apart(fingerprint)
    repeats = 30 if control else 100 if full else 2  # a control has as many as it takes to meet in the wrong moment
    outcome = Outcome({"repeats": 0, "documents each": len(expected), "issued by the first": 0, "by the second": 0})
    for _repeat in range(repeats):
        if control and not full and not outcome.is_sound:
            break
        outcome.figures["repeats"] += 1
        scratch.fresh("prepared")
        ended = both(control)
        outcome.damage += failures(ended)
        for name, process in zip(("issued by the first", "by the second"), ended, strict=True):
            outcome.figures[name] += process.value["issued"] if process.value else 0
            outcome.add(Counter(process.value["refused"] if process.value else ()))
        outcome.add(apart(damage_to_finished_books))
        outcome.add(Counter({"another result than one run": apart(fingerprint) != expected}))
    return outcome


def both(control: bool):
    """Start the two of them."""
    with printing_workers.at_hand(2) as takes:
        return at_once([lambda take=take: run(take, control=control) for take in takes])


def run(take_worker=lambda: None, *, control: bool = False) -> dict:
    """Draft, issue and print everything due; say what came of it."""
    if control:
        taking_out.locks()
    take_worker()
    results = draft_invoices(through=THROUGH, on=cases.AFTERWARDS, by=None, issue_drafts=True)
    return {
        "issued": sum(len(result.documents) for result in results),
        "refused": [f"refused: {result.refusal[:90]}" for result in results if result.refusal],
    }
