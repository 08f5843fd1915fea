"""Time `verify_invoices`: 10,000 documents of 12 lines with 30 kB each for a PDF (bench/verify_10000.py [DOCUMENTS]).

Two years of twelve sites are billed and issued as always; the rest are copies of these documents for other sites, with
numbers, digests, links, files and ledger of their own. Then one amount, one digest and one file are damaged: the run
must name these three and nothing else. It prints seconds, and by how much memory rose; works in a test database and a
folder that it makes and removes again, of the kind of database that DATABASE_URL names.
"""

import copy
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "used by a measurement only, where it signs nothing")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import QuerySet  # noqa: E402

from contracts.printing.stored_files import stored_name  # noqa: E402
from contracts.sealing import guards  # noqa: E402
from contracts.sealing.digest import canonical_sha256  # noqa: E402
from invoicing.audit.auditing import Verification  # noqa: E402
from invoicing.issued.chain import chain_sha256  # noqa: E402
from invoicing.issued.ledger import make_good  # noqa: E402
from invoicing.issued.row_digests import SEALED, digests_of  # noqa: E402
from invoicing.models import Invoice, InvoiceLine, InvoicePdf, NumberSeries  # noqa: E402
from invoicing.runs.drafting import draft_invoices  # noqa: E402
from sites.models import Site  # noqa: E402
from tests import factories, reference  # noqa: E402

SITES = 12


def issued(number: int) -> None:
    """Issue two years of twelve sites, and copy the documents until there are so many."""
    agreement = factories.agreement()
    factories.sites(agreement, SITES)
    draft_invoices(
        through=reference.EXPIRES_ON, on=date(2000, 10, 2), by=None, agreements=[agreement], issue_drafts=True
    )
    originals = list(Invoice.objects.order_by("number"))
    lines = {row.pk: list(row.lines.order_by("position")) for row in originals}
    series, last = NumberSeries.objects.get(), originals[-1]
    while last.number < number:
        names = [f"City {last.number}-{position}" for position in range(SITES)]
        sites = [Site(agreement=agreement, city=name, in_service_on=reference.ANCHOR) for name in names]
        keys = [site.pk for site in Site.objects.bulk_create(sites)]
        copies, copied = [], []
        for original in originals[: number - last.number]:
            last = _copied(original, last, series, zip(lines[original.pk], keys, strict=True))
            copies.append(last)
            copied.append(lines[original.pk])
        Invoice.objects.bulk_create(copies)
        QuerySet(InvoiceLine).bulk_create(  # past the guards of sealed rows
            _line_of(line, row, key)
            for row, of_original in zip(copies, copied, strict=True)
            for line, key in zip(of_original, keys, strict=True)
        )
    NumberSeries.objects.update(last_number=last.number)


def _copied(original: Invoice, before: Invoice, series: NumberSeries, lines: Iterable) -> Invoice:
    row = copy.copy(original)
    row.pk, row._state = None, type(original._state)()
    row.number, row.number_text = before.number + 1, series.text(before.number + 1)
    digests = digests_of(invoice=row, lines=[_line_of(line, row, key) for line, key in lines])
    row.content = original.content | {"number": row.number_text, SEALED: digests}
    row.content_sha256 = canonical_sha256(row.content)
    row.chain_sha256 = chain_sha256(
        before=before.chain_sha256, number=row.number_text, issued_on=row.issued_on, content_sha256=row.content_sha256
    )
    return row


def _line_of(original: InvoiceLine, invoice: Invoice, site: int) -> InvoiceLine:
    line = copy.copy(original)
    line.pk, line._state, line.invoice, line.site_id = None, type(original._state)(), invoice, site
    return line


def printed() -> None:
    """Store a file for every document, and the ledger."""
    QuerySet(InvoicePdf).delete()
    for path in settings.DOCUMENTS_DIR.iterdir():
        path.unlink()
    rows = []
    for row in Invoice.objects.order_by("pk").only("number_text").iterator():
        data = row.number_text.encode() * 3000
        digest = hashlib.sha256(data).hexdigest()
        name = stored_name(row.number_text, digest)
        (settings.DOCUMENTS_DIR / name).write_bytes(data)
        rows.append(InvoicePdf(invoice=row, file_name=name, sha256=digest, size=len(data), pages=1))
    InvoicePdf.objects.bulk_create(rows, batch_size=1000)
    make_good()


def damaged() -> set[str]:
    """Change an amount, a digest and a file of three documents in the middle; return their numbers."""
    middle = list(Invoice.objects.order_by("number")[Invoice.objects.count() // 2 :][:3])
    with connection.cursor() as cursor:
        change = "UPDATE invoicing_invoiceline SET amount = 1 WHERE invoice_id = %s AND position = 3"
        cursor.execute(change, [middle[0].pk])
        cursor.execute("UPDATE invoicing_invoice SET content_sha256 = %s WHERE id = %s", ["0" * 64, middle[1].pk])
    path = settings.DOCUMENTS_DIR / middle[2].pdf.file_name
    path.write_bytes(path.read_bytes()[::-1])
    return {row.number_text for row in middle}


def memory(name: str) -> float:
    """What this process takes, in MB: now (VmRSS), or at most since `forget_peak` (VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name)) / 1024


def forget_peak() -> None:
    """Measure the highest use of memory from now on."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def verified() -> list[str]:
    """Verify once and print what it took."""
    forget_peak()
    before, began, worked = memory("VmRSS"), time.perf_counter(), time.process_time()
    verification = Verification()
    findings = [finding.text for finding in verification.findings() if not finding.is_note]
    print(
        f"{connection.vendor}: {verification.documents:,} documents, {verification.lines:,} lines and "
        f"{verification.pdfs:,} files in {time.perf_counter() - began:.1f} s ({time.process_time() - worked:.1f} s of "
        f"work), memory up by {memory('VmHWM') - before:.0f} MB, {len(findings)} findings"
    )
    print("\n".join(findings))
    return findings


def main(number: int) -> int:
    """Make the documents and verify them, sound and damaged; 1 where something else than the damage is found."""
    guards.drop_triggers()
    issued(number)
    printed()
    guards.create_triggers()
    sound = verified()
    guards.drop_triggers()
    names = damaged()
    guards.create_triggers()
    places = {text.partition(":")[0] for text in verified()}
    return 0 if not sound and places == names else 1


if __name__ == "__main__":
    old_name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings.DOCUMENTS_DIR = Path(folder)
            sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
    finally:
        connection.creation.destroy_test_db(old_name, verbosity=0)
