"""The ledger of issued documents: a file beside the PDFs to which one line is added for each document and each PDF.

It is only ever added to. Whoever changes the books and their digests alike still has the ledger against him: keep it,
as the PDFs, where those who own the database cannot write.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from invoicing.issued.chain import ISSUED, PRINTED, Ledger, LedgerEntry
from invoicing.models import Invoice, InvoicePdf

FILE_NAME = "ledger.txt"


def ledger_path() -> Path:
    """Return where the ledger is kept."""
    return settings.DOCUMENTS_DIR / FILE_NAME


def anchor_issued(invoice: Invoice) -> None:
    """Add the line of a document that was issued, right after the commit."""
    _add([issued_entry(invoice)])


def anchor_printed(pdf: InvoicePdf) -> None:
    """Add the line of a PDF that was stored, right after the commit."""
    _add([_printed_entry(pdf)])


def make_good() -> int:
    """Add the lines that a crash has lost, marked as such; return how many. What stands there is never touched."""
    ledger = read_ledger()
    lost = [entry for entry in _due() if not ledger.holds(entry)]
    _add(lost)
    return len(lost)


def read_ledger() -> Ledger:
    """Read the ledger as it stands; an empty one where there is none."""
    try:
        with ledger_path().open(encoding="utf-8", errors="replace") as file:
            return Ledger.of(line.rstrip("\n") for line in file)
    except FileNotFoundError:
        return Ledger()


def issued_entry(invoice: Invoice, *, backfilled: bool = False) -> LedgerEntry:
    """Return the line of an issued document."""
    return LedgerEntry(
        ISSUED, invoice.number_text, invoice.issued_on, invoice.content_sha256, invoice.chain_sha256, backfilled
    )


def _printed_entry(pdf: InvoicePdf, *, backfilled: bool = False) -> LedgerEntry:
    return LedgerEntry(PRINTED, pdf.invoice.number_text, pdf.invoice.issued_on, pdf.sha256, backfilled=backfilled)


def _due() -> Iterator[LedgerEntry]:
    """Every line that should be there, in the order of the numbers."""
    names = ("number_text", "issued_on", "content_sha256", "chain_sha256")
    issued = Invoice.objects.issued().order_by("series", "number", "pk").only(*names)
    for invoice in issued.iterator():
        yield issued_entry(invoice, backfilled=True)
    printed = InvoicePdf.objects.select_related("invoice").order_by("invoice__series", "invoice__number", "pk")
    for pdf in printed.only("sha256", "invoice__number_text", "invoice__issued_on").iterator():
        yield _printed_entry(pdf, backfilled=True)


def _add(entries: Iterable[LedgerEntry]) -> None:
    """Write whole lines to the end of the file and wait until they survive a power cut; one writer at a time."""
    text = "".join(f"{entry.text}\n" for entry in entries)
    if not text:
        return
    path = ledger_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        _write(handle, text if _is_whole(handle) else f"\n{text}")
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_whole(handle: int) -> bool:
    """Whether the last line was written to its end; one that a crash cut off stands alone and is not read."""
    size = os.fstat(handle).st_size
    return size == 0 or os.pread(handle, 1, size - 1) == b"\n"


def _write(handle: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(handle, data) :]
