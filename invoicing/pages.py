"""What the pages about invoices show, composed from rows already loaded: nothing here asks the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.models import Agreement
from contracts.money import ZERO
from contracts.periods import DaySpan
from invoicing.documents import invoice_content
from invoicing.issuing import RunResult
from invoicing.models import Invoice, InvoiceLine


@dataclass(frozen=True)
class InvoiceRow:
    """One line of the list: the billing period in words."""

    period: str


def invoice_row(invoice: Invoice) -> InvoiceRow:
    """Return what the list shows of a document besides its own fields."""
    return InvoiceRow(str(DaySpan(invoice.first_day, invoice.last_day)))


@dataclass(frozen=True)
class DocumentShown:
    """A document that a page links to, with its billing period in words."""

    invoice: Invoice
    period: str


def documents_shown(documents: Sequence[Invoice]) -> tuple[DocumentShown, ...]:
    """Return documents with their billing periods in words."""
    return tuple(DocumentShown(invoice, invoice_row(invoice).period) for invoice in documents)


@dataclass(frozen=True)
class LineShown:
    """One line as it is printed, and the row that keeps its reasons."""

    printed: Mapping
    line: InvoiceLine


@dataclass(frozen=True)
class InvoicePage:
    """Everything the page of one document shows besides its own fields.

    `document` is the content as it is printed: the frozen one of an issued document, today's of a draft.
    """

    document: Mapping
    lines: tuple[LineShown, ...]
    corrects: tuple[DocumentShown, ...]
    corrected_by: tuple[DocumentShown, ...]
    creditable: bool


def invoice_page(
    *,
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    agreement: Agreement | None,
    corrects: Sequence[Invoice],
    corrected_by: Sequence[Invoice],
) -> InvoicePage:
    """Compose the page of one document. A draft needs its agreement from `with_terms()`, an issued one does not."""
    document = invoice.content
    if not invoice.is_issued:
        document = invoice_content(invoice=invoice, lines=lines, agreement=agreement, corrected=corrects)
    credited = any(other.origin == Invoice.Origin.CREDIT and other.is_issued for other in corrected_by)
    return InvoicePage(
        document=document,
        lines=tuple(LineShown(printed, line) for printed, line in zip(document["lines"], lines, strict=True)),
        corrects=documents_shown(corrects),
        corrected_by=documents_shown(corrected_by),
        creditable=invoice.is_issued and invoice.kind == Invoice.Kind.INVOICE and not credited,
    )


@dataclass(frozen=True)
class ResultShown:
    """What a run did for one agreement."""

    result: RunResult
    documents: tuple[DocumentShown, ...]


@dataclass(frozen=True)
class RunShown:
    """What a run did: each agreement with its documents, and the sum of all of them by currency."""

    results: tuple[ResultShown, ...]
    documents: int
    refused: int
    totals: tuple[tuple[str, Decimal], ...]


def run_shown(results: Sequence[RunResult]) -> RunShown:
    """Lay out the results of a run."""
    totals: dict[str, Decimal] = {}
    for result in results:
        for invoice in result.documents:
            currency = result.agreement.currency
            totals[currency] = totals.get(currency, ZERO) + invoice.total
    return RunShown(
        results=tuple(ResultShown(result, documents_shown(result.documents)) for result in results),
        documents=sum(len(result.documents) for result in results),
        refused=sum(1 for result in results if result.refusal),
        totals=tuple(sorted(totals.items())),
    )
