"""Reading all issued documents again: what the books, the stored PDFs and the ledger say must be one and the same.

It reads in chunks, so that memory does not grow with the lines, and writes nothing. What is issued meanwhile is left
to the next time.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.models import OuterRef, Q, Subquery, Sum, TextField, Value
from django.db.models.functions import Cast, Coalesce

from contracts.clock import business_date
from contracts.models import Agreement, LostRecord
from contracts.money import NOTHING, in_currency
from contracts.printing.stored_files import PAPERS, UNFINISHED, sha256_of, stored_name
from contracts.printing.stored_pdf import file_fault
from contracts.sealing import guards
from contracts.sealing.digest import canonical_sha256
from contracts.sealing.histories import HISTORIES, PLACE, history_faults, name_of
from contracts.sealing.ledger import ISSUED_DOCUMENTS
from contracts.sealing.ledger_lines import ISSUED, PRINTED, Ledger, LedgerEntry
from contracts.wording import plural
from invoicing.audit.checks import (
    Corrected,
    CreditedLine,
    Finding,
    Place,
    StoredDocument,
    StoredLine,
    anchor_findings,
    document_findings,
    place_findings,
    series_findings,
)
from invoicing.audit.closed import closed_findings
from invoicing.documents.calculation import recomputed_text
from invoicing.documents.content import columns_shown, site_shown, steps_shown
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.issued import numbering
from invoicing.issued.chain import by_number
from invoicing.issued.given_out import numbers_among
from invoicing.issued.ledger import issued_entry
from invoicing.issued.row_digests import SEALED, row_digests
from invoicing.models import Correction, Invoice, InvoiceLine, InvoicePdf, NumberSeries
from invoicing.runs.books import charge_key
from sites.models import ReportPdf, Site

CHUNK = 50
"""Documents that are read together, in a fixed number of queries."""

UNREADABLE = (ArithmeticError, AttributeError, FieldDoesNotExist, LookupError, TypeError, ValueError)
"""What reading a row raises whose columns hold what no document ever stored."""

BOOKS = "Books"
LEDGER = "Ledger"
FILES = "Documents folder"


@dataclass(frozen=True)
class Head:
    """The last document of a series with its link: written down elsewhere, it proves all before it."""

    series: str
    documents: int
    last: str
    issued_on: date
    link: str


class Key(NamedTuple):
    """An issued document by its number."""

    number: int
    pk: int
    name: str


class Verification:
    """One reading of all issued documents, or of those of one agreement: then without series, files and guards."""

    def __init__(self, *, agreement: Agreement | None = None):
        self.agreement = agreement
        self.documents = 0
        self.unsealed = 0
        self.lines = 0
        self.pdfs = 0
        self.heads: list[Head] = []
        self._lost_records = list(LostRecord.objects.order_by("pk"))  # two entries of a history can have one title
        self._explained = {row.title: row for row in self._lost_records}
        self._unanchored: list[tuple[LedgerEntry, str]] = []
        self._last: Place | None = None
        self._link = ""
        self._lost: frozenset[int] = frozenset()

    def findings(self) -> Iterator[Finding]:
        """Yield everything that is wrong, document by document; the counts and heads are complete afterwards."""
        bounds = list(NumberSeries.objects.order_by("code"))
        ledger = ISSUED_DOCUMENTS.read()
        if self.agreement is None:
            yield from _guard_findings()
            yield from _half_issued()
        for series in bounds:
            yield from self._series(series, ledger)
        yield from self._still_unanchored()
        if self.unsealed:
            yield Finding(BOOKS, _unsealed_text(self.unsealed), is_note=True)
        if self.agreement is None:
            yield from _only_in_ledger(ledger, self._explained)
            yield from _explained_findings(self._lost_records)
            yield from _history_findings(self._lost_records)
            yield from _ledger_notes(LEDGER, ledger)
            yield from _folder_findings()
            yield from closed_findings(on=business_date())

    # ---- series

    def _series(self, series: NumberSeries, ledger: Ledger) -> Iterator[Finding]:
        self._last, self._link, before = None, "", self.documents
        self._lost = numbers_among(series, self._explained)
        for keys in self._keys(series):
            yield from self._checked(series, keys, ledger)
        if self.agreement is not None:
            return
        last = self._last
        if last is None or last.number >= series.last_number:  # somebody may have issued since it was read
            series.refresh_from_db()
        yield from series_findings(
            code=series.code,
            last_number=series.last_number,
            last_issued_on=series.last_issued_on,
            last=last,
            explained=self._lost,
        )
        if last:
            self.heads.append(Head(series.code, self.documents - before, last.name, last.issued_on, self._link))

    def _keys(self, series: NumberSeries) -> Iterator[list[Key]]:
        found = Invoice.objects.issued().filter(series=series).order_by("number", "pk")
        if self.agreement is not None:
            found = found.filter(agreement=self.agreement)
        after = Q()
        while keys := [Key(*row) for row in found.filter(after).values_list("number", "pk", "number_text")[:CHUNK]]:
            yield keys
            after = Q(number__gt=keys[-1].number) | Q(number=keys[-1].number, pk__gt=keys[-1].pk)

    def _checked(self, series: NumberSeries, keys: Sequence[Key], ledger: Ledger) -> Iterator[Finding]:
        """Check some documents together; where what is stored cannot even be read, each by itself."""
        try:
            chunk = _Chunk(series, keys)
            found = [list(document_findings(document=chunk.document(row))) for row in chunk.rows]
        except UNREADABLE as fault:
            if len(keys) > 1:
                for key in keys:
                    yield from self._checked(series, [key], ledger)
            else:
                self.documents += 1
                self._last = Place(keys[0].number, keys[0].name, self._last.issued_on if self._last else date.min)
                yield Finding(keys[0].name, f"what is stored cannot be read ({fault}). Compare it with a backup.")
            return
        self.documents += len(chunk.rows)
        self.unsealed += sum(SEALED not in row.content for row in chunk.rows)
        self.lines += chunk.line_count
        for row, findings in zip(chunk.rows, found, strict=True):
            yield from findings
            yield from self._placed(row)
            yield from self._anchored(issued_entry(row), "the document", ledger)
            yield from self._printed(row, chunk.pdfs.get(row.pk), ledger)

    def _placed(self, row: Invoice) -> Iterator[Finding]:
        now = Place(row.number, row.number_text, row.issued_on)
        if self.agreement is None:
            yield from place_findings(before=self._last, now=now, explained=self._lost)
        self._last, self._link = now, row.chain_sha256

    # ---- PDFs

    def _printed(self, row: Invoice, pdf: InvoicePdf | None, ledger: Ledger) -> Iterator[Finding]:
        if pdf is None:
            yield Finding(row.number_text, "it has no PDF. Run manage.py make_pdfs.")
            return
        self.pdfs += 1
        yield from _file_findings(row.number_text, pdf)
        yield from self._anchored(LedgerEntry(PRINTED, row.number_text, row.issued_on, pdf.sha256), "its PDF", ledger)

    # ---- ledger

    def _anchored(self, entry: LedgerEntry, what: str, ledger: Ledger) -> Iterator[Finding]:
        kept = ledger.entries.get((entry.event, entry.number))
        if kept is None:
            self._unanchored.append((entry, what))
            return
        yield from anchor_findings(name=entry.number, what=what, now=entry.says, kept=kept)

    def _still_unanchored(self) -> Iterator[Finding]:
        """A line is written right after the commit: where it was not there yet, look once more."""
        missing, self._unanchored = self._unanchored, []
        ledger = ISSUED_DOCUMENTS.read() if missing else None
        for entry, what in missing:
            yield from self._anchored(entry, what, ledger)
        for entry, what in self._unanchored:
            yield Finding(entry.number, f"{what} is not in the ledger. Run manage.py make_pdfs.")


# ---- documents -----------------------------------------------------------------------------------------------------


_LONG = ("inputs", "invoice__content", "credits__inputs", "credits__steps", "credits__invoice__content")
"""Columns that are not needed, or are read as text: lines of one month and level have the same inputs, read once."""


class _Chunk:
    """Some documents with everything that hangs on them, in a fixed number of queries."""

    def __init__(self, series: NumberSeries, named: Sequence[Key]):
        keys = [key.pk for key in named]
        self.rows = list(Invoice.objects.filter(pk__in=keys).select_related("agreement").order_by("number", "pk"))
        self.series = series
        self.kind = next((kind for kind, (code, _prefix) in numbering.SERIES.items() if code == series.code), "")
        self.before = _links_before(series, named)
        self.lines: dict[int, list[InvoiceLine]] = {}
        found = InvoiceLine.objects.filter(invoice__in=keys).annotate(stored=Cast("inputs", TextField()))
        found = found.select_related("site", "invoice__agreement", "credits__invoice").defer(*_LONG)
        for line in found.order_by("invoice", "position"):
            line.inputs = _parsed(line.stored)
            self.lines.setdefault(line.invoice_id, []).append(line)
        credits = InvoiceLine.objects.filter(credits__invoice__in=keys, invoice__issued_on__isnull=False)
        self.credited = dict(credits.order_by().values_list("credits").annotate(Sum("amount")))
        self.corrects: dict[int, list[Corrected]] = {}
        links = (
            Correction.objects.filter(document__in=keys)
            .order_by("pk")
            .values_list("document", "corrected__number_text", "corrected__issued_on", "corrected__agreement")
        )
        for document, *values in links:
            self.corrects.setdefault(document, []).append(Corrected(*values))
        self.pdfs = {pdf.invoice_id: pdf for pdf in InvoicePdf.objects.filter(invoice__in=keys)}

    @property
    def line_count(self) -> int:
        """How many lines were read."""
        return sum(len(lines) for lines in self.lines.values())

    def document(self, row: Invoice) -> StoredDocument:
        lines = self.lines.get(row.pk, ())
        sealed = row.content.get(SEALED)
        moved = {} if sealed else _moved(row, lines)
        return StoredDocument(
            name=row.number_text,
            kind=row.kind,
            series_kind=self.kind,
            by_credit=row.origin == Invoice.Origin.CREDIT,
            agreement=row.agreement_id,
            issued_on=row.issued_on,
            total=row.total,
            content=row.content,
            content_sha256=row.content_sha256,
            digest=canonical_sha256(row.content),
            link=row.chain_sha256,
            link_before=self.before[row.pk],
            printed_number=self.series.text(row.number),
            reason=row.reason,
            expected={
                "number": row.number_text,
                "kind": row.kind,
                "issued_on": row.issued_on.isoformat(),
                "first_day": row.first_day.isoformat(),
                "last_day": row.last_day.isoformat(),
                "total": str(row.total),
                "demonstration": row.is_demonstration,
                **({"due_on": row.due_on.isoformat()} if row.due_on else {}),
            },
            lines=tuple(self._line(line, moved.get(line.position, {})) for line in lines),
            corrects=tuple(self.corrects.get(row.pk, ())),
            sealed=sealed,
            rows=row_digests(invoice=row, lines=lines, columns=sealed["columns"]) if sealed else None,
        )

    def _line(self, line: InvoiceLine, moved: dict[str, str]) -> StoredLine:
        return StoredLine(
            position=line.position,
            kind=line.kind,
            charge=charge_key(vars(line)),
            period=line.period_number,
            amount=line.amount,
            recomputed=recomputed_text(line.stored),
            shares=line.shares,
            inputs=line.inputs,
            expected=columns_shown(line) | moved,
            source=line.source,
            steps=steps_shown(line),
            credits=_credited(line.credits) if line.credits_id else None,
            credited=in_currency(self.credited.get(line.pk, NOTHING), line.invoice.agreement.currency),
        )


def _links_before(series: NumberSeries, named: Sequence[Key]) -> dict[int, str]:
    """The link of the document before each, by its key: a number that is explained has none."""
    issued = Invoice.objects.issued().filter(series=series, number__lt=OuterRef("number")).order_by("-number", "-pk")
    before = Coalesce(Subquery(issued.values("chain_sha256")[:1]), Value(""))
    rows = Invoice.objects.filter(pk__in=[key.pk for key in named])
    return dict(rows.annotate(before=before).values_list("pk", "before"))


@lru_cache(maxsize=2000)
def _parsed(inputs: str) -> dict:
    """Stored inputs; nothing changes them here."""
    return json.loads(inputs)


def _credited(line: InvoiceLine) -> CreditedLine:
    parts = [line.instalment] if line.instalment else [part for part, _amount in line.shares or ()]
    return CreditedLine(
        number=line.invoice.number_text,
        position=line.position,
        charge=charge_key(vars(line)),
        is_issued=line.invoice.issued_on is not None,
        by_credit=line.invoice.origin == Invoice.Origin.CREDIT,
        parts=frozenset(parts),
    )


def _moved(row: Invoice, lines: Sequence[InvoiceLine]) -> dict[int, dict[str, str]]:
    """Return the sites of the lines that were billed for another one than they name now, by position.

    A site may be called otherwise by now; but where another site has the name that a line shows, the line was moved.
    Only a document without digests is asked.
    """
    shown = {printed.get("number"): printed.get("site") for printed in row.content.get("lines", ())}
    other = {line.position: site_shown(line) for line in lines if shown.get(line.position) != site_shown(line)}
    stored = {str(site) for site in Site.objects.filter(agreement=row.agreement_id)} if other else set()
    return {position: {"site": site} for position, site in other.items() if shown.get(position) in stored}


def _unsealed_text(number: int) -> str:
    some = plural(number, "document was", "documents were")
    return f"{some} issued before rows had digests: of their rows, only what they show and compute is compared."


# ---- books as a whole ----------------------------------------------------------------------------------------------


def _guard_findings() -> Iterator[Finding]:
    missing = {trigger.name for trigger in guards.triggers(connection.vendor)} - guards.present()
    for name in sorted(missing):
        yield Finding(BOOKS, f"the guard {name} is missing: sealed rows can be changed. Run manage.py migrate.")


def _half_issued() -> Iterator[Finding]:
    """Rows that are neither a draft nor issued: no series leads to them."""
    draft = Q(number=None, series=None, number_text="", content=None, content_sha256="", chain_sha256="")
    issued = Q(issued_on__isnull=False, number__isnull=False, series__isnull=False)
    for row in Invoice.objects.exclude(issued).exclude(draft, issued_on=None).order_by("pk").defer("content"):
        yield Finding(row.number_text or BOOKS, "a document is neither a draft nor issued. Compare it with a backup.")


def _only_in_ledger(ledger: Ledger, explained: Mapping[str, LostRecord]) -> Iterator[Finding]:
    """Documents that were issued once, are not in the books any more, and nobody has explained why."""
    issued = {number for event, number in ledger.entries if event == ISSUED} - explained.keys()
    numbers = iter(sorted(issued, key=by_number))
    while some := list(islice(numbers, CHUNK)):
        stored = set(Invoice.objects.issued().filter(number_text__in=some).values_list("number_text", flat=True))
        for number in some:
            if number not in stored:
                days = sorted(message[0] for message in ledger.entries[ISSUED, number])
                yield Finding(number, f"the ledger has it, dated {days[-1]}, but the books do not: it was taken out.")


def _explained_findings(explained: Iterable[LostRecord]) -> Iterator[Finding]:
    """What finance has explained is worth a note; a file from which a document was restored must be there."""
    for row in explained:
        name = name_of(row.title)
        by = f" by {row.recorded_by}" if row.recorded_by else ""
        what = row.get_explanation_display().lower()
        yield Finding(name, f"{what}, recorded on {row.recorded_on}{by}: {row.reason}", is_note=True)
        if row.explanation == LostRecord.Explanation.FILE and sha256_of(row.file_name) != row.file_sha256:
            yield Finding(row.title, f"its PDF {row.file_name} is missing or is not the one that was explained.")


def _history_findings(explained: Iterable[LostRecord]) -> Iterator[Finding]:
    """Waivers and the histories of facts are what they were, and none of their rows is missing."""
    ledger = HISTORIES.read()
    for place, message in history_faults(ledger, {(row.title, row.sha256) for row in explained}):
        yield Finding(place, message)
    yield from _ledger_notes(PLACE, ledger)


def _ledger_notes(place: str, ledger: Ledger) -> Iterator[Finding]:
    if ledger.backfilled:
        lines = plural(ledger.backfilled, "line")
        yield Finding(place, f"{lines} backfilled by make_pdfs, not written at issue.", is_note=True)
    for position in ledger.unreadable:
        yield Finding(place, f"line {position} cannot be read; a crash may have cut it off.", is_note=True)


# ---- files ---------------------------------------------------------------------------------------------------------


def _file_findings(name: str, pdf: InvoicePdf) -> Iterator[Finding]:
    if pdf.file_name != stored_name(name, pdf.sha256):
        yield Finding(name, f"its PDF {pdf.file_name} is that of another document.")
    if fault := file_fault(pdf, remedy=f"Run manage.py {INVOICE_PDFS.command}"):
        yield Finding(name, f"its PDF {pdf.file_name} {fault}")


def _folder_findings() -> Iterator[Finding]:
    """Name what nobody knows in the folder: worth a look, but no damage to the books."""
    ledgers = ISSUED_DOCUMENTS.name, HISTORIES.name
    try:
        entries = [entry for entry in os.scandir(settings.DOCUMENTS_DIR) if entry.name not in ledgers]
    except FileNotFoundError:
        return
    names = iter(sorted(entry.name for entry in entries if not (entry.name == PAPERS and entry.is_dir())))
    while some := list(islice(names, CHUNK)):
        known = set(InvoicePdf.objects.filter(file_name__in=some).values_list("file_name", flat=True))
        known |= set(ReportPdf.objects.filter(file_name__in=some).values_list("file_name", flat=True))
        known |= set(LostRecord.objects.filter(file_name__in=some).values_list("file_name", flat=True))
        for name in some:
            if name not in known:
                what = "was left unfinished by a crash" if name.endswith(UNFINISHED) else "belongs to no document"
                yield Finding(FILES, f"{name} {what}.", is_note=True)
