"""What must hold of the books at any moment, whatever was killed: the damage found, by kind."""

import hashlib
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Prefetch

from contracts.money import ZERO
from contracts.sealing.digest import canonical_sha256
from invoicing.audit.auditing import Verification
from invoicing.models import Invoice, InvoiceLine, InvoicePdf, NumberSeries


def damage_to_books() -> Counter[str]:
    """Count what is wrong with all documents, by kind of damage; nothing is wrong with sound books."""
    whole = not connection.in_atomic_block
    with transaction.atomic():
        if connection.vendor == "postgresql" and whole:  # one picture of the books, also while others go on writing
            connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return +_damage()


def _damage() -> Counter[str]:
    lines = InvoiceLine.objects.order_by("position")
    documents = list(Invoice.objects.order_by("pk").prefetch_related(Prefetch("lines", lines, to_attr="line_list")))
    found: Counter[str] = Counter()
    for series in NumberSeries.objects.order_by("pk"):
        issued = [document for document in documents if document.series_id == series.pk]
        found += _numbers(series, issued)
    for document in documents:
        found += _document(document)
    found += _billed_twice(documents)
    return found + _files()


def damage_to_finished_books() -> Counter[str]:
    """Count what is wrong after a whole run, when every document is issued and has its PDF."""
    found = damage_to_books()
    found["draft left over"] += Invoice.objects.drafts().count()
    found["PDF missing"] += Invoice.objects.issued().filter(pdf=None).count()
    recorded = set(InvoicePdf.objects.values_list("file_name", flat=True))
    for finding in Verification().findings():
        if not finding.is_note:
            found[f"verify_invoices: {finding.place}: {finding.message}"] += 1
    found["PDF of no document"] += len({path.name for path in _stored()} - recorded)
    return +found


def fingerprint() -> list[list[str]]:
    """Return what all issued documents say, by number: two runs that did the same have the same."""
    rows = Invoice.objects.issued().order_by("number_text")
    return [
        [row.number_text, row.agreement.number, row.first_day.isoformat(), str(row.total), row.content_sha256]
        for row in rows.select_related("agreement")
    ]


def _numbers(series: NumberSeries, issued: list[Invoice]) -> Counter[str]:
    issued = sorted(issued, key=lambda document: (document.number, document.pk))
    numbers = [document.number for document in issued]
    days = [document.issued_on for document in issued]
    last = numbers[-1] if numbers else 0
    return Counter(
        {
            "number given twice": len(numbers) - len(set(numbers)),
            "number missing": last - len(set(numbers)),
            "counter is not the last number": series.last_number != last,
            "date before that of the number before": sum(
                later < earlier for earlier, later in zip(days, days[1:], strict=False)
            ),
            "printed number differs": sum(document.number_text != series.text(document.number) for document in issued),
        }
    )


def _document(document: Invoice) -> Counter[str]:
    lines = document.line_list
    found = Counter(
        {
            "document without lines": not lines,
            "line missing": [line.position for line in lines] != list(range(1, len(lines) + 1)),
            "lines do not add up": sum((line.amount for line in lines), ZERO) != document.total,
        }
    )
    if document.is_issued:
        content = document.content
        message = [line["amount"] for line in content["lines"]]
        found += Counter(
            {
                "content changed": canonical_sha256(content) != document.content_sha256,
                "content says something else": (content["number"], content["total"], message)
                != (document.number_text, str(document.total), [str(line.amount) for line in lines]),
            }
        )
    return found


def _billed_twice(documents: list[Invoice]) -> Counter[str]:
    billed = Counter(
        (line.site_id, line.period_number, line.instalment)
        for document in documents
        for line in document.line_list
        if line.kind == InvoiceLine.Kind.INSTALMENT
    )
    return Counter({"billed twice": sum(times - 1 for times in billed.values())})


def _files() -> Counter[str]:
    folder = Path(settings.DOCUMENTS_DIR)
    found: Counter[str] = Counter()
    for pdf in InvoicePdf.objects.order_by("pk"):
        path = folder / pdf.file_name
        data = path.read_bytes() if path.exists() else b""
        found["stored PDF is not there"] += not path.exists()
        found["stored PDF is not the one made"] += hashlib.sha256(data).hexdigest() != pdf.sha256
    for path in _stored():
        data = path.read_bytes()
        # A finished name holds a whole document, also where its row is still to be written.
        whole = path.name.split(".")[1] == hashlib.sha256(data).hexdigest()[:16]
        found["half a PDF under a finished name"] += not whole
    return found


def _stored() -> list[Path]:
    return sorted(Path(settings.DOCUMENTS_DIR).glob("[!.]*.pdf"))
