"""G4: the database server crashes under load; every invoice that was acknowledged is there, with the same content.

A lost number would be given out again, and numbers alone show nothing: so number, total and digest are compared.
"""

import json
import random
import time
from collections import Counter
from contextlib import suppress
from datetime import date
from pathlib import Path

from django.db import Error, connection

from contracts.models import Agreement
from contracts.printing import pdf
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue
from tests.faults import cases
from tests.faults.cluster import CannotRun, Cluster
from tests.faults.numbers_under_load import FastPrinter
from tests.faults.outcome import Outcome, failures
from tests.faults.scratch import Scratch
from tests.faults.soundness import damage_to_books
from tests.faults.workers import Process

TITLE = "database server crashes"
WRITERS = 4
# The control promises what is not on disk yet, and lets it lie in memory for as long as it may.
PROMISES = {"synchronous_commit": "off", "wal_writer_delay": "10s", "wal_writer_flush_after": "0"}


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Crash the server while four people issue, and look for every document that they were told of."""
    if scratch.vendor == "sqlite":
        return Outcome(skipped="SQLite has no server")
    folder = scratch.folder / "cluster"
    folder.mkdir()
    scratch.folder.chmod(0o755)
    try:
        cluster = Cluster(folder, **(PROMISES if control else {}))
    except CannotRun as missing:
        return Outcome(skipped=str(missing))
    try:
        cluster.start()
        with scratch.elsewhere(cluster.url):
            return crash_again_and_again(scratch, cluster, crashes=(5 if control else 20) if full else 2)
    finally:
        cluster.remove()


def crash_again_and_again(scratch: Scratch, cluster: Cluster, *, crashes: int) -> Outcome:
    """Let writers issue all the time, and compare what they were told with the books after each crash."""
    scratch.fresh()
    # The writers issue about forty documents a second on an idle machine.
    created = cases.agreements(crashes * 4)
    draft_invoices(through=date(2000, 9, 30), on=cases.AFTERWARDS, by=None, agreements=created)
    message = scratch.folder / "told"
    message.mkdir(exist_ok=True)
    stop = message / "stop"
    rng = random.Random(4)
    outcome = Outcome({"crashes": crashes})
    writers = [Process(lambda writer=writer: write(writer, message, stop)) for writer in range(WRITERS)]
    try:
        for _crash in range(crashes):
            time.sleep(rng.uniform(0.7, 1.7))
            cluster.crash()
            acknowledged = read(message)
            cluster.start()
            outcome.damage["acknowledged documents lost or changed"] += len(acknowledged - in_books())
            outcome.add(damage_to_books())
    finally:
        stop.touch()
        outcome.damage += failures([writer.end(seconds=60) for writer in writers])
    outcome.figures["acknowledged"] = len(read(message))
    outcome.damage["acknowledged documents lost or changed"] += len(read(message) - in_books())
    outcome.damage += Counter({f"at the end: {kind}": 1 for kind in damage_to_books()})
    outcome.damage["documents acknowledged: none"] += not read(message)
    for path in message.iterdir():
        path.unlink()
    return outcome


def write(writer: int, told: Path, stop: Path) -> None:
    """Issue one document after the other, also while the server is away, and note each one that was acknowledged."""
    pdf._printer = FastPrinter()
    mine = [key for key in Agreement.objects.values_list("pk", flat=True) if key % WRITERS == writer]
    drafts = Invoice.objects.drafts().filter(agreement__in=mine).order_by("agreement_id", "first_day")
    with (told / f"{writer}.jsonl").open("a", buffering=1) as notes:
        while not stop.exists():
            time.sleep(0.1)
            try:
                for draft in drafts[:20]:
                    issued = issue(invoice=draft, on=cases.AFTERWARDS, by=None)
                    notes.write(json.dumps([issued.number_text, str(issued.total), issued.content_sha256]) + "\n")
                    if stop.exists():
                        return
            except Error:
                with suppress(Error):
                    connection.close()


def read(told: Path) -> set[tuple[str, str, str]]:
    """Return what the writers were told so far."""
    notes = [line for path in told.glob("*.jsonl") for line in path.read_text().splitlines()]
    return {tuple(json.loads(line)) for line in notes}


def in_books() -> set[tuple[str, str, str]]:
    """Return what the books say."""
    connection.close()
    rows = Invoice.objects.issued().values_list("number_text", "total", "content_sha256")
    return {(number, str(total), digest) for number, total, digest in rows}
