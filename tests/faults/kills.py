"""G2: an invoice run (draft, issue, print) is killed at every step, and at moments that nobody chose."""

import random
import time
from collections import Counter
from datetime import date

from invoicing.runs.drafting import draft_invoices
from tests.faults import cases, printing_workers, taking_out
from tests.faults.killing import KillPoints
from tests.faults.outcome import Outcome
from tests.faults.printing_workers import in_process_with_worker
from tests.faults.scratch import Scratch
from tests.faults.soundness import damage_to_books, damage_to_finished_books, fingerprint
from tests.faults.workers import apart

TITLE = "runs killed"
THROUGH = date(1998, 11, 30)


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Kill at each point, look at the books as they lie, run again; the end is that of a run that nobody disturbed."""
    wanted = (100 if control else 1000) if full else (5 if control else 9)
    agreements = 2 if full else 1
    printing_workers.warm()
    scratch.fresh()
    cases.agreements(agreements)
    scratch.save("prepared")
    begun = time.monotonic()
    steps, _writes = in_process_with_worker(lambda: run(KillPoints())).value
    took = time.monotonic() - begun
    expected = apart(fingerprint)
    outcome = Outcome({"documents": len(expected), "database and file steps": steps})
    outcome.damage += Counter(
        {f"undisturbed: {kind}": times for kind, times in apart(damage_to_finished_books).items()}
    )

    rng = random.Random(2)
    if control:  # what a transaction would have held together falls apart right after a row was written
        scratch.fresh("prepared")
        _steps, writes = in_process_with_worker(lambda: run(KillPoints(), control=True)).value
        points = [(step, True) for step in spread(writes, wanted)]
    else:
        points = chosen(rng, steps, wanted, took)
    killed = twice = 0
    for position, point in enumerate(points):
        scratch.fresh("prepared")
        killed += killed_at(point, control).killed
        outcome.add(apart(damage_to_books), when="as it lay: ")
        if position % 3 == 0:
            again = in_process_with_worker(lambda: run(control=control), kill_after=rng.uniform(0, took))
            twice += again.killed
            outcome.add(apart(damage_to_books), when="after the second kill: ")
        ended = in_process_with_worker(lambda: run(control=control))
        outcome.add(Counter({f"run again: {ended.error[:80]}": bool(ended.error)}))
        outcome.add(apart(damage_to_finished_books), when="run again: ")
        outcome.add(Counter({"run again: another result": apart(fingerprint) != expected}))
    outcome.figures |= {"kill points": len(points), "killed": killed, "killed twice": twice}
    return outcome


def chosen(rng: random.Random, steps: int, wanted: int, took: float) -> list[tuple[int, bool] | float]:
    """Return steps, before and after each, as far as wanted, and moments that nobody chose for a third of them."""
    points: list[tuple[int, bool] | float] = [(step, after) for step in range(1, steps + 1) for after in (False, True)]
    if len(points) > wanted * 2 // 3:
        points = rng.sample(points, wanted * 2 // 3)
    return points + [rng.uniform(0, took) for _ in range(wanted - len(points))]


def spread(steps: list[int], wanted: int) -> list[int]:
    """Return so many of the steps, evenly from the first on."""
    return [steps[position * len(steps) // wanted] for position in range(min(wanted, len(steps)))]


def killed_at(point: tuple[int, bool] | float, control: bool):
    """Run, and be killed at a step or after some seconds."""
    if isinstance(point, tuple):
        return in_process_with_worker(lambda: run(KillPoints(point), control=control))
    return in_process_with_worker(lambda: run(control=control), kill_after=point)


def run(points: KillPoints | None = None, *, control: bool = False) -> tuple[int, list[int]]:
    """Draft, issue and print everything due; return how many steps that took, and those that write a row.

    A refusal is a failure here.
    """
    if control:
        taking_out.transactions()
    if points is not None:
        points.install()
    results = draft_invoices(through=THROUGH, on=cases.AFTERWARDS, by=None, issue_drafts=True)
    refusals = [result.refusal for result in results if result.refusal]
    if refusals:
        raise RuntimeError(refusals[0])
    return (points.steps, points.write_steps) if points is not None else (0, [])
