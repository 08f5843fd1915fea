"""G6: the process that prints is killed, halted, or given a document that hangs it or eats its memory.

The application is killed as well, while it stores what was printed.
"""

import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import date
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from contracts.models import Party
from contracts.printing import pdf, stored_files
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.issued.ledger import make_good
from invoicing.models import Invoice, InvoicePdf
from invoicing.runs.drafting import draft_invoices
from tests.faults import cases, printing_workers
from tests.faults.killing import KillPoints
from tests.faults.outcome import Outcome
from tests.faults.printing_workers import in_process_with_worker
from tests.faults.scratch import Scratch
from tests.faults.soundness import damage_to_books, damage_to_finished_books
from tests.faults.workers import apart, in_process

TITLE = "printing killed"
THROUGH = date(1998, 11, 30)
BACK_WITHIN = 120
"""Seconds within which a document must be printed after its worker was killed."""

SECONDS = 20
"""Of processor time: what a document may take where a bomb is to be waited for."""
ORDER = {"html": "<p>x</p>", "identifier": "1", "created_on": "1999-01-01", "language": "en", "title": None}


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Kill whoever prints, at many moments; every PDF comes out whole, the same to the byte, and in time."""
    printing_workers.warm()
    scratch.fresh()
    cases.agreements(1)
    apart(issue_without_pdfs)
    scratch.save("unprinted")
    steps, _files = in_process_with_worker(lambda: storing(KillPoints(), False)).value
    expected = digests()
    outcome = Outcome({"documents": len(expected)})
    points = 100 if full else 3
    if control:
        halt_worker_without_limit(scratch, outcome)
    else:
        kill_workers(scratch, outcome, expected, points if full else 2)
    if full and not control:
        bombs(scratch, outcome)  # they take their time; tests/contracts/printing/test_worker.py has small ones
    killed = kill_application(scratch, expected, steps, points, control)
    outcome.figures |= killed.figures
    outcome.part("application killed", killed.damage)
    left = list(Path(tempfile.gettempdir()).glob(f"{pdf.FOLDERS}*"))
    outcome.damage["temporary folders left"] += 0 if control else len(left)
    return outcome


def issue_without_pdfs() -> None:
    """Issue two documents on a machine that cannot print."""
    pdf._printer = NoPrinter()
    draft_invoices(through=THROUGH, on=cases.AFTERWARDS, by=None, issue_drafts=True)


class NoPrinter:
    """A printer that is out of order."""

    def print(self, order) -> pdf.RenderedPdf:
        """Print nothing."""
        raise pdf.PdfUnavailable("No PDF can be made: the printer is out of order.")


def store_all() -> None:
    """Make all PDFs and ledger lines that are missing, as the command does. What cannot be printed is a failure."""
    refused = [result.refusal for result in INVOICE_PDFS.make_missing() if result.refusal]
    make_good()
    pdf._printer.stop()
    if refused:
        raise RuntimeError(refused[0])


def digests() -> list[list[str]]:
    """Return the digest of every stored PDF."""
    return [list(row) for row in InvoicePdf.objects.order_by("invoice").values_list("file_name", "sha256")]


# ---- the worker --------------------------------------------------------------------------------------------------


def kill_workers(scratch: Scratch, outcome: Outcome, expected: list, points: int) -> None:
    """Kill or halt the worker while it prints."""
    rng = random.Random(6)
    slowest = killed = 0
    for position in range(points):
        scratch.fresh("unprinted")
        how = signal.SIGSTOP if position % 4 == 1 else signal.SIGKILL
        after = rng.uniform(0, 0.35)
        ended = in_process(lambda how=how, after=after: print_and_strike(how, after))
        outcome.add(Counter({f"not printed again: {ended.error[:90]}": bool(ended.error)}))
        if ended.value:
            killed += ended.value["struck"]
            slowest = max(slowest, ended.value["seconds"])
        outcome.add(apart(damage_to_finished_books))
        outcome.add(Counter({"PDFs differ from undisturbed ones": apart(digests) != expected}))
    outcome.figures |= {"workers killed or halted": killed, "slowest document back": f"{slowest:.1f} s"}
    outcome.damage["document not back in time"] += slowest > BACK_WITHIN


def print_and_strike(how: signal.Signals, after: float) -> dict:
    """Print everything, while somebody kills or halts the worker after some seconds."""
    pdf._printer = pdf.Printer(seconds=4, patience=1)
    pdf._printer.print(ORDER)
    struck = []

    def strike():
        if pid := pdf._printer.pid:
            os.kill(pid, how)
            struck.append(pid)

    timer = threading.Timer(after, strike)
    timer.start()
    begun = time.monotonic()
    store_all()
    timer.cancel()
    timer.join()
    pdf._printer.stop()
    return {"struck": len(struck), "seconds": time.monotonic() - begun}


def halt_worker_without_limit(scratch: Scratch, outcome: Outcome) -> None:
    """The control: without a limit in time, a halted worker holds its document for ever."""
    scratch.fresh("unprinted")
    outcome.part("worker halted", {"document not back in time": apart(halted_without_limit)})


def halted_without_limit() -> bool:
    """Print while the worker is halted; return whether we still wait for it after some seconds."""
    pdf._printer = pdf.Printer(seconds=3600)
    pdf._printer.print(ORDER)
    os.kill(pdf._printer.pid, signal.SIGSTOP)
    printing_goes_on = threading.Thread(target=pdf._printer.print, args=[ORDER], daemon=True)
    printing_goes_on.start()
    printing_goes_on.join(timeout=4)
    late = printing_goes_on.is_alive()
    os.kill(pdf._printer.pid, signal.SIGKILL)
    return late


# ---- documents that are too much ---------------------------------------------------------------------------------


def bombs(scratch: Scratch, outcome: Outcome) -> None:
    """Issue documents that hang the worker or eat its memory; others are printed, and pages are served meanwhile."""
    scratch.fresh()
    apart(issue_bombs)
    ended = in_process(print_bombs)
    if ended.error:
        raise RuntimeError(ended.error)
    message = ended.value
    outcome.figures |= {
        "bombs": 2,
        "pages served meanwhile": message["pages"],
        "slowest page": f"{message['slowest']:.2f} s",
    }
    outcome.damage["bomb not given up in words"] += message["given_up"] != ["MB of memory", "seconds of processor time"]
    outcome.damage["page kept waiting"] += message["slowest"] > 5
    outcome.damage["document beside a bomb not printed"] += message["printed"] != 2
    outcome.add(apart(damage_to_books))


def issue_bombs() -> None:
    """Issue four documents, two of them with an address that no form would have taken."""
    pdf._printer = NoPrinter()
    addresses = ("1 Main Street", "a" + "\u0301" * 100_000, "word " * 3_000_000, "2 Main Street")
    for agreement, address in zip(cases.agreements(len(addresses)), addresses, strict=True):
        Party.objects.filter(pk=agreement.customer_id).update(address=address)
        draft_invoices(
            through=date(1998, 10, 31), on=cases.AFTERWARDS, by=None, agreements=[agreement], issue_drafts=True
        )


def print_bombs() -> dict:
    """Print everything in a thread, as a server does, and serve pages from this one."""
    pdf._printer = pdf.Printer(seconds=SECONDS, memory=400 * 1024**2)
    results = []

    def make():
        results.extend(INVOICE_PDFS.make_missing())
        connection.close()

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("root"))
    client.get("/invoices/")
    thread = threading.Thread(target=make)
    thread.start()
    pages, slowest = 0, 0.0
    while thread.is_alive():
        begun = time.monotonic()
        assert client.get("/invoices/").status_code == 200
        slowest = max(slowest, time.monotonic() - begun)
        pages += 1
    thread.join()
    pdf._printer.stop()
    refusals = [result.refusal for result in results if result.refusal]
    given_up = [re.sub(r".* needs more than [\d,]+ (.*)\. Look.*", r"\1", refusal) for refusal in refusals]
    printed = Invoice.objects.exclude(pdf=None).count()
    return {"pages": pages, "slowest": slowest, "given_up": sorted(given_up), "printed": printed}


# ---- the application ---------------------------------------------------------------------------------------------


def kill_application(scratch: Scratch, expected: list, steps: int, points: int, control: bool) -> Outcome:
    """Kill the process that stores and records, at its steps and at moments that nobody chose."""
    outcome = Outcome()
    rng = random.Random(7)
    chosen: list = [(step, after) for step in range(1, steps + 1) for after in (False, True)]
    chosen = rng.sample(chosen, min(len(chosen), points * 2 // 3))
    chosen += [rng.uniform(0, 0.6) for _ in range(points - len(chosen))]
    if control:
        scratch.fresh("unprinted")
        _steps, files = in_process_with_worker(lambda: storing(KillPoints(), True)).value
        chosen = [(step, False) for step in files[:points]]
    killed = 0
    for point in chosen:
        scratch.fresh("unprinted")
        if isinstance(point, tuple):
            ended = in_process_with_worker(lambda point=point: storing(KillPoints(point), control))
        else:
            ended = in_process_with_worker(lambda: storing(None, control), kill_after=point)
        killed += ended.killed
        outcome.add(apart(damage_to_books), when="as it lay: ")
        again = in_process_with_worker(lambda: storing(None, control))
        outcome.add(Counter({f"run again: {again.error[:90]}": bool(again.error)}))
        outcome.add(apart(damage_to_finished_books), when="run again: ")
        outcome.add(Counter({"run again: PDFs differ": apart(digests) != expected}))
    outcome.figures = {"applications killed": killed, "steps": steps}
    return outcome


def storing(points: KillPoints | None, control: bool) -> tuple[int, list[int]]:
    """Make all PDFs, in the control with a program that writes them where they belong; return all steps, and files'."""
    if control:
        stored_files.keep = store_in_place
    if points is None:
        store_all()
        return 0, []
    points.install()
    store_all()
    return points.steps, points.file_steps


def store_in_place(file_name: str, data: bytes) -> None:
    """Write a file as many programs do."""
    path = stored_files.path_of(file_name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for part in (data[: len(data) // 2], data[len(data) // 2 :]):
            file.write(part)
            file.flush()
            sys.audit("open", str(path), "ab", 0)  # a moment like any other, at which it may be killed
