"""What the pages about invoices show, composed from rows already loaded: nothing here asks the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.paginator import Page, Paginator

from contracts.models import Agreement
from contracts.money import NOTHING
from contracts.pages.lists import page_of
from contracts.periods import DaySpan
from invoicing.charges.bounds import not_begun, why_nothing
from invoicing.documents.content import invoice_content
from invoicing.documents.explanations import Explanation, explanation_of
from invoicing.models import Invoice, InvoiceLine, Waiver
from invoicing.what_if.pending import NextRun


@dataclass(frozen=True)
class DocumentShown:
    """A document that a page lists, with its billing period in words."""

    invoice: Invoice
    period: str
    waits_until: date | None = None
    is_held: bool = False


def document_shown(invoice: Invoice, on: date | None = None) -> DocumentShown:
    """Return what a list shows of a document besides its own fields; of a draft whether it waits or is held, `on`."""
    if on is None:
        return DocumentShown(invoice, str(invoice.days))
    return DocumentShown(invoice, str(invoice.days), waits_until(invoice, on=on), _is_held(invoice))


def _is_held(invoice: Invoice) -> bool:
    return bool(invoice.held_because) and not invoice.is_issued


def documents_shown(documents: Sequence[Invoice]) -> tuple[DocumentShown, ...]:
    """Return documents as a page names them."""
    return tuple(document_shown(invoice) for invoice in documents)


def waits_until(invoice: Invoice, *, on: date) -> date | None:
    """Return the day from which a draft can be issued; None where it can be on `on`, or is issued."""
    waits = not invoice.is_issued and invoice.issue_from is not None and invoice.issue_from > on
    return invoice.issue_from if waits else None


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

    `document` is the content as it is printed: the frozen one of an issued document, today's of a draft. `lines` are
    those of a page, `page_obj` is that page.
    """

    document: Mapping
    page_obj: Page
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
    page: str | None = None,
) -> InvoicePage:
    """Compose the page of one document. A draft needs its agreement from `with_terms()`, an issued one does not.

    `left` is what is left of each line by position, `page` the page of lines that
    the address asks for; without it all lines are shown.
    """
    document = invoice.content
    if not invoice.is_issued:
        document = invoice_content(invoice=invoice, lines=lines, agreement=agreement, corrected=corrects)
    rows = list(zip(document["lines"], lines, strict=True))
    page_obj = page_of(rows, page) if page else Paginator(rows, len(rows)).page(1)
    return InvoicePage(
        document=document,
        page_obj=page_obj,
        lines=tuple(
            LineShown(printed, line, explanation_of(inputs=line.inputs), (left or {}).get(line.position))
            for printed, line in page_obj
        ),
        corrects=documents_shown(corrects),
        corrected_by=documents_shown(corrected_by),
    )


@dataclass(frozen=True)
class Since:
    """What has become of an issued document since: its lines, what is left of each, waivers and corrections."""

    lines: Sequence[InvoiceLine]
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
class RunDocument:
    """A document as a run made it, seen on a day; `invoice` is its row, None where there is none any more or yet."""

    period: str
    kind: str
    total: Decimal
    why_nothing: str
    demonstration: bool
    waits_until: date | None
    not_begun: str
    held_because: Sequence[str]
    invoice: Invoice | None


@dataclass(frozen=True)
class ResultShown:
    """What a run did for one agreement."""

    agreement: str
    documents: tuple[RunDocument, ...]
    notices: Sequence[str]
    refusal: str | None
    undecided: bool


@dataclass(frozen=True)
class RunShown:
    """What a run did: each agreement with its documents, and the sum of all of them by currency."""

    results: tuple[ResultShown, ...]
    documents: int
    refused: int
    held: int
    waiting: int
    totals: tuple[tuple[str, Decimal], ...]


def totals_of(amounts: Iterable[tuple[str, Decimal]]) -> tuple[tuple[str, Decimal], ...]:
    """Return the sum of some amounts by currency."""
    totals: dict[str, Decimal] = {}
    for currency, amount in amounts:
        totals[currency] = totals.get(currency, NOTHING) + amount
    return tuple(sorted(totals.items()))


def run_shown(results: Sequence[Mapping], *, stored: Mapping[int, Invoice], on: date) -> RunShown:
    """Lay out what a run did, as `as_json` keeps it, with the documents that are `stored` by now, seen on a day."""
    shown = tuple(
        ResultShown(
            result["agreement"],
            tuple(_run_document(each, stored, on) for each in result["documents"]),
            result["notices"],
            result["refusal"],
            result["undecided"],
        )
        for result in results
        if not result["ended"]
    )
    return RunShown(
        results=shown,
        documents=sum(len(result.documents) for result in shown),
        refused=sum(1 for result in shown if result.refusal),
        held=sum(1 for result in shown for each in result.documents if each.held_because),
        waiting=sum(1 for result in shown for each in result.documents if each.waits_until),
        totals=totals_of(
            (result["currency"], Decimal(each["total"])) for result in results for each in result["documents"]
        ),
    )


def _run_document(kept: Mapping, stored: Mapping[int, Invoice], on: date) -> RunDocument:
    days = DaySpan(*(date.fromisoformat(kept[name]) for name in ("first_day", "last_day")))
    issue_from = date.fromisoformat(kept["issue_from"]) if kept["issue_from"] else None
    waits = issue_from is not None and issue_from > on
    return RunDocument(
        period=str(days),
        kind=Invoice.Kind(kept["kind"]).label,
        total=Decimal(kept["total"]),
        why_nothing=why_nothing(Decimal(kept["total"])),
        demonstration=kept["demonstration"],
        waits_until=issue_from if waits else None,
        not_begun=not_begun(days) if waits and days.first_day > on else "",
        held_because=kept["held_because"],
        invoice=stored.get(kept["key"]),
    )
