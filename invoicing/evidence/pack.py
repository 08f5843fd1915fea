"""The evidence pack of an issued document: its PDF and what it rests on, in one ZIP file with a manifest.

The lines come from the sealed rows, the counts and changes from histories that are only added to. The same books give
the same bytes: what changes is `changes.csv`, when something behind the document does.
"""

import io
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from contracts.models import Agreement
from contracts.pages.downloads import plain_name, zip_entry
from contracts.periods import DaySpan
from contracts.printing.sheets import Value, csv_bytes
from contracts.printing.stored_pdf import CannotPrint, frozen_content
from contracts.sealing.histories import name_of, recorded, title_of
from invoicing.documents.content import columns_shown
from invoicing.documents.explanations import explanation_of
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.evidence.queries import HISTORIES, KnownCount, changes_since, counts_known
from invoicing.issued.row_digests import SEALED, row_digests
from invoicing.models import Invoice, InvoiceLine
from sites.agreement_files.agreement_file import text
from sites.agreement_files.exporting import export_terms

EXPLANATION = (
    *("Line", "Site", "What", "Quantity", "First day", "Last day", "Days", "Amount", "Currency", "Provisional"),
    *("Clause", "Calculation", "Readings"),
)
COUNTS = ("Site", "Component", "Name", "Counted on", "Quantity", "Source", "Recorded on", "Recorded by")
CHANGES = (
    *("Recorded on", "Site", "What", "Before", "After", "Reason", "Recorded by"),
    *("Entry", "SHA-256 in the ledger of histories"),
)
MANIFEST = (
    *("File", "Bytes", "SHA-256", "Remark"),
    *("Document", "Issued on", "Content SHA-256", "Chain SHA-256", "Demonstration data"),
)
SEE_TERMS = ("contracts.view_agreement", "contracts.view_amendment", "contracts.view_priceschedule")
SEE_COUNTS = ("sites.view_site", "sites.view_componentcount")
NOT_RECORDED = "not as it was recorded, or not recorded yet"


@dataclass(frozen=True)
class _File:
    """A file of the pack; without data it is left out, and the remark says why."""

    name: str
    data: bytes | None
    remark: str = ""


def evidence_pack(invoice: Invoice, *, may: Callable[[str], bool]) -> bytes:
    """Return the ZIP file of an issued document, of what a reader `may` see by the names of permissions.

    What the reader may not see is left out, and the manifest says so. The document comes with its agreement and PDF;
    the number of queries is fixed. Raises CannotPrint, with a sentence, for a draft, where the PDF is not made, and
    where content, lines or PDF are not what was issued.
    """
    if not invoice.is_issued:
        raise CannotPrint(f"{invoice} has no evidence before it is issued.")
    content, lines = frozen_content(invoice), list(invoice.lines.select_related("site").order_by("position"))
    if not _as_sealed(invoice, lines, content):
        raise CannotPrint(f"{invoice}: the lines are not those that were issued. Have the invoices verified.")
    agreement = Agreement.objects.with_terms().get(pk=invoice.agreement_id)
    named = {line.site_id: printed["site"] for line, printed in zip(lines, content["lines"], strict=True)}
    files = [
        _File(plain_name(f"{invoice.number_text}.pdf"), INVOICE_PDFS.read(invoice)),
        _File("explanation.csv", csv_bytes(EXPLANATION, _explanation(lines, content, agreement.currency))),
        _for(may, SEE_TERMS, "terms.json", partial(_terms, agreement, invoice)),
        _for(may, SEE_COUNTS, "counts.csv", partial(_counts, invoice, agreement, named)),
        _changes(invoice, named, may),
    ]
    files.append(_File("manifest.csv", csv_bytes(MANIFEST, _manifest(invoice, files))))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for file in files:
            if file.data is not None:
                archive.writestr(zip_entry(file.name, invoice.issued_on), file.data)
    return zipped.getvalue()


def _as_sealed(invoice: Invoice, lines: Sequence[InvoiceLine], content: Mapping) -> bool:
    """Whether the rows are those that were sealed at issue; of a document from before digests, the amounts are."""
    if sealed := content.get(SEALED):
        return row_digests(invoice=invoice, lines=lines, columns=sealed["columns"]) == sealed
    return [str(line.amount) for line in lines] == [printed["amount"] for printed in content["lines"]]


def _for(may: Callable[[str], bool], permissions: Collection[str], name: str, make: Callable[[], bytes]) -> _File:
    if all(map(may, permissions)):
        return _File(name, make())
    return _File(name, None, "Left out: your role does not see it.")


def _explanation(lines: Sequence[InvoiceLine], content: Mapping, currency: str) -> Iterator[Sequence[Value]]:
    """One row for each line, in order, with the amounts that add up to the document's total."""
    for line, printed in zip(lines, content["lines"], strict=True):
        shown = columns_shown(line)
        yield [
            line.position,
            printed["site"],
            ", ".join(filter(None, (shown["about"], shown["level"]))),
            shown["quantity"],
            line.first_day,
            line.last_day,
            DaySpan(line.first_day, line.last_day).days,
            line.amount,
            currency,
            "yes" if line.provisional else "no",
            line.source,
            " ".join(line.steps),
            " ".join(explanation_of(inputs=line.inputs).readings),
        ]


def _terms(agreement: Agreement, invoice: Invoice) -> bytes:
    return text(export_terms(agreement, known_on=invoice.issued_on)).encode()


def _counts(invoice: Invoice, agreement: Agreement, named: Mapping[int, str]) -> bytes:
    names = _component_names(agreement)
    known = sorted(counts_known(invoice), key=lambda count: (named[count.site], count.counted_on, _place(count, names)))
    return csv_bytes(
        COUNTS,
        (
            [
                named[count.site],
                count.component,
                names.get(count.component, count.component),
                count.counted_on,
                count.quantity,
                count.source,
                count.recorded_on,
                _person(count.recorded_by),
            ]
            for count in known
        ),
    )


def _component_names(agreement: Agreement) -> dict[str, str]:
    """What the price tables call each component, in their order; the latest name holds."""
    schedules = [*agreement.original_schedules, *(row for one in agreement.amendment_list for row in one.schedule_list)]
    return {part.code: part.name for schedule in schedules for part in schedule.component_list}


def _place(count: KnownCount, names: Mapping[str, str]) -> tuple[int, str]:
    codes = list(names)
    return codes.index(count.component) if count.component in names else len(codes), count.component


def _changes(invoice: Invoice, named: Mapping[int, str], may: Callable[[str], bool]) -> _File:
    """What has changed since of the facts behind the document; the remark names the histories that are left out."""
    seen = [history for history in HISTORIES if may(history.permission)]
    hidden = [history.title for history in HISTORIES if history not in seen]
    changes = changes_since(invoice, seen)
    ledger = recorded(change.row for change in changes)
    rows = [
        [
            change.row.recorded_on,
            named[change.row.site_id],
            change.what,
            change.before,
            change.after,
            change.row.reason,
            _person(change.row.recorded_by),
            name_of(title_of(change.row)),
            digest or NOT_RECORDED,
        ]
        for change, (_row, digest) in zip(changes, ledger, strict=True)
    ]
    remark = f"Without {', '.join(hidden)}: your role does not see them." if hidden else ""
    return _File("changes.csv", csv_bytes(CHANGES, rows), remark)


def _manifest(invoice: Invoice, files: Sequence[_File]) -> Iterator[Sequence[Value]]:
    for file in files:
        there = file.data is not None
        yield [
            file.name,
            len(file.data) if there else None,
            sha256(file.data).hexdigest() if there else None,
            file.remark,
            invoice.number_text,
            invoice.issued_on,
            invoice.content_sha256,
            invoice.chain_sha256,
            "yes" if invoice.is_demonstration else "no",
        ]


def _person(user) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""
