"""G5: the disk is full in the middle of a run; then there is space again, and the run is repeated.

SQLite meets a limit on the size of its files. The documents' folder, and a PostgreSQL server, get a small disk of their
own where one can be had.
"""

import resource
from collections import Counter
from contextlib import suppress
from datetime import date

from django.conf import settings
from django.db import Error, connection

from contracts.printing import pdf
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from tests.faults import cases, taking_out
from tests.faults.cluster import CannotRun, Cluster, SmallDisk
from tests.faults.numbers_under_load import FastPrinter
from tests.faults.outcome import Outcome
from tests.faults.scratch import Scratch
from tests.faults.soundness import damage_to_books, damage_to_finished_books, fingerprint
from tests.faults.workers import Ended, apart, in_process

TITLE = "disk full"
THROUGH = date(1999, 9, 30)
MONTHS = 12


class LargePdfs(FastPrinter):
    """Sets no type, but fills the disk as a PDF does."""

    def print(self, order) -> pdf.RenderedPdf:
        """Return as many bytes as a page has."""
        return pdf.RenderedPdf(super().print(order).data.ljust(30_000, b"."), 1)


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Let the disk run full at many points; the books are sound as they lie, and a repeated run completes them."""
    # A server writes in large pieces, and its control needs more tries to be caught between two of them.
    few = 4 if control and scratch.vendor == "postgresql" else 2
    limits, agreements = (8 if control else 20, 4) if full else (few, 2)
    outcome = Outcome({"limits of each kind": limits})
    try:
        if scratch.vendor == "sqlite":
            limit_database_file(scratch, outcome, limits, agreements, control)
            fill_documents_disk(scratch, outcome, limits, agreements, control)
        else:
            fill_server_disk(scratch, outcome, limits, agreements, control)
    except CannotRun as missing:
        outcome.figures["small disk"] = f"not tried: {missing}"
        outcome.skipped = str(missing) if scratch.vendor == "postgresql" else ""
    met = [value for name, value in outcome.figures.items() if name.startswith("met")]
    outcome.damage["no limit was met"] += 0 in met
    return outcome


def limit_database_file(scratch: Scratch, outcome: Outcome, limits: int, agreements: int, control: bool) -> None:
    """Let no file grow further than a little more than the database is before the run."""
    expected = prepare(scratch, agreements)
    before = scratch.size("prepared")
    after = scratch.size("books")
    for number in range(limits):
        scratch.fresh("prepared")
        limit = before + (after - before) * (number + 1) // (limits + 1)
        ended = in_process(lambda limit=limit: limited(limit, control))
        judge(outcome, ended, expected, control, "met by the database file")


def limited(limit: int, control: bool) -> list[str]:
    """Run with no file larger than so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return run(control)


def fill_documents_disk(scratch: Scratch, outcome: Outcome, limits: int, agreements: int, control: bool) -> None:
    """Let the folder of the PDFs be on a disk with little space."""
    expected = prepare(scratch, agreements)
    disk = SmallDisk(scratch.folder / "disk", megabytes=4)
    stored, settings.DOCUMENTS_DIR = settings.DOCUMENTS_DIR, disk.folder / "documents"
    try:
        for number in range(limits):
            scratch.fresh("prepared")
            disk.clear()
            disk.leave(30 * (agreements * MONTHS * number // limits) + 10)
            ended = in_process(lambda: run(control))
            judge(outcome, ended, expected, control, "met by the documents", disk.empty)
    finally:
        settings.DOCUMENTS_DIR = stored
        disk.remove()


def fill_server_disk(scratch: Scratch, outcome: Outcome, limits: int, agreements: int, control: bool) -> None:
    """Let the server have a disk with little space."""
    scratch.folder.chmod(0o755)
    disk = SmallDisk(scratch.folder / "disk", megabytes=192)
    try:
        folder = disk.folder / "cluster"
        folder.mkdir()
        cluster = Cluster(folder)
        try:
            cluster.start()
            with scratch.elsewhere(cluster.url):
                expected = prepare(scratch, agreements)
                for number in range(limits):
                    scratch.fresh("prepared")
                    connection.cursor().execute("CHECKPOINT")
                    connection.close()
                    disk.leave(16 + 300 * agreements * number // limits)
                    ended = in_process(lambda: run(control))
                    judge(outcome, ended, expected, control, "met by the server", lambda: recover(disk, cluster))
        finally:
            disk.empty()
            cluster.remove()
    finally:
        disk.remove()


def recover(disk: SmallDisk, cluster: Cluster) -> None:
    """Give the space back, and start the server again where it has stopped."""
    disk.empty()
    if not cluster.answers(seconds=20):
        with suppress(CannotRun):
            cluster.crash()
        cluster.start()


def prepare(scratch: Scratch, agreements: int) -> list:
    """Make books to bill, run them once undisturbed, and return what came of it."""
    scratch.fresh()
    cases.agreements(agreements)
    scratch.save("prepared")
    apart(lambda: run(control=False))
    return apart(fingerprint)


def run(control: bool) -> list[str]:
    """Draft, issue and print everything due; return what was refused."""
    if control:
        taking_out.transactions()
    pdf._printer = LargePdfs()
    results = draft_invoices(through=THROUGH, on=cases.AFTERWARDS, by=None, issue_drafts=True)
    return [result.refusal for result in results if result.refusal]


def judge(outcome: Outcome, ended: Ended, expected: list, control: bool, figure: str, space_again=lambda: None) -> None:
    """Look at the books as the full disk has left them, and again after a run with space."""
    without_space = bool(ended.value) or bool(ended.error) or missing_pdfs()
    outcome.figures[figure] = outcome.figures.get(figure, 0) + without_space
    outcome.add(Counter({f"not refused but failed: {ended.error[:90]}": bool(ended.error)}))
    silent = [refusal for refusal in ended.value or () if len(refusal) < 20]
    outcome.add(Counter({"refused without a reason": len(silent)}))
    space_again()
    outcome.add(apart(damage_to_books), when="as it lay: ")
    again = in_process(lambda: run(control))
    outcome.add(Counter({f"run again: {again.error[:90] or again.value}": bool(again.error or again.value)}))
    outcome.add(apart(damage_to_finished_books), when="run again: ")
    outcome.add(Counter({"run again: another result": apart(fingerprint) != expected}))


def missing_pdfs() -> bool:
    """Whether documents wait for their PDF."""
    try:
        return Invoice.objects.issued().filter(pdf=None).exists()
    except Error:
        return True
    finally:
        connection.close()
