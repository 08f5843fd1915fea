"""What the pages about invoices show, composed from rows already loaded: nothing here asks the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.models import Agreement
from contracts.money import NOTHING
from contracts.periods import DaySpan
from invoicing.documents.content import invoice_content
from invoicing.documents.explanations import Explanation, explanation_of
from invoicing.models import Invoice, InvoiceLine, Waiver
from invoicing.runs.drafting import RunResult
from invoicing.what_if.pending import NextRun


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
    """One line as it is printed, the row that keeps its reasons, and these in words.

    `left` is what still stands of an issued line, None where nobody has asked.
    """

    printed: Mapping
    line: InvoiceLine
    why: Explanation
    left: Decimal | None = None

    @property
    def is_taken_back(self) -> bool:
        """Whether some of it was credited or adjusted since."""
        return self.left is not None and self.left != self.line.amount

    @property
    def is_same(self) -> bool:
        """Whether its stored inputs give its amount now."""
        return self.why.again == self.line.amount


@dataclass(frozen=True)
class InvoicePage:
    """Everything the page of one document shows besides its own fields.

    `document` is the content as it is printed: the frozen one of an issued document, today's of a draft.
    """

    document: Mapping
    lines: tuple[LineShown, ...]
    corrects: tuple[DocumentShown, ...]
    corrected_by: tuple[DocumentShown, ...]


def invoice_page(
    *,
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    agreement: Agreement | None,
    corrects: Sequence[Invoice],
    corrected_by: Sequence[Invoice],
    left: Mapping[int, Decimal] | None = None,
) -> InvoicePage:
    """Compose the page of one document. A draft needs its agreement from `with_terms()`, an issued one does not.

    `left` is what is left of each line by position.
    """
    document = invoice.content
    if not invoice.is_issued:
        document = invoice_content(invoice=invoice, lines=lines, agreement=agreement, corrected=corrects)
    return InvoicePage(
        document=document,
        lines=tuple(
            LineShown(printed, line, explanation_of(inputs=line.inputs), (left or {}).get(line.position))
            for printed, line in zip(document["lines"], lines, strict=True)
        ),
        corrects=documents_shown(corrects),
        corrected_by=documents_shown(corrected_by),
    )


@dataclass(frozen=True)
class Since:
    """What has become of an issued document since: what is left of each line, by position, waivers and corrections."""

    left: Mapping[int, Decimal]
    waivers: tuple[Waiver, ...]
    next_run: NextRun

    @property
    def creditable(self) -> bool:
        return any(self.left.values())

    @property
    def waived(self) -> Decimal:
        """The sum of the waivers that stand."""
        return sum((waiver.amount for waiver in self.waivers if waiver.stands), NOTHING)


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


def totals_of(documents: Iterable[Invoice]) -> tuple[tuple[str, Decimal], ...]:
    """Return the sum of some documents by currency. They come with their agreements."""
    totals: dict[str, Decimal] = {}
    for invoice in documents:
        currency = invoice.agreement.currency
        totals[currency] = totals.get(currency, NOTHING) + invoice.total
    return tuple(sorted(totals.items()))


def run_shown(results: Sequence[RunResult]) -> RunShown:
    """Lay out the results of a run."""
    return RunShown(
        results=tuple(ResultShown(result, documents_shown(result.documents)) for result in results),
        documents=sum(len(result.documents) for result in results),
        refused=sum(1 for result in results if result.refusal),
        totals=totals_of(invoice for result in results for invoice in result.documents),
    )
