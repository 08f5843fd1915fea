"""Corrections that a run would make, read from the books as they stand for any number of agreements; writes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, Max, OuterRef, Q

from contracts.models import Agreement
from contracts.money import NOTHING
from contracts.periods import DaySpan
from invoicing.charges.causes import Passed, never_billed
from invoicing.charges.charge import AnyCharge, ChargeKey
from invoicing.charges.unbilled import AdjustedPart, Adjustment, Billed, PlannedDocument, adjustments, unbilled
from invoicing.models import Invoice
from invoicing.runs.books import Books, books_of, document_books, frequencies_billed
from invoicing.runs.plan import CannotBill, horizon_of, plan_of, refuse_other_frequency
from invoicing.what_if.preview import Earlier, Preview, corrections_preview, touching


@dataclass(frozen=True)
class Pending:
    """What a run through a day would correct under one agreement; `refusal` says why it could not run.

    `first_billed` was never billed although runs have passed its days. `is_demonstration` tells that some of it is
    invented.
    """

    agreement: Agreement
    through: date
    corrections: tuple[Adjustment, ...] = ()
    first_billed: tuple[AnyCharge, ...] = ()
    documents: tuple[PlannedDocument, ...] = ()
    refusal: str = ""
    is_demonstration: bool = False

    @property
    def named(self) -> set[str]:
        """The numbers of the documents that would be corrected."""
        return {number for correction in self.corrections for number in correction.documents}


def billed_agreements():
    """Return the agreements of which something was issued, in order: only there is something to correct."""
    issued = Invoice.objects.issued().filter(agreement=OuterRef("pk"))
    return Agreement.objects.with_terms().filter(Exists(issued)).order_by("number")


def last_through(*, agreements: Sequence[Agreement]) -> dict[int, date]:
    """Return the latest day through which a run has billed each agreement, by key; one query."""
    return {key: runs.latest for key, runs in _runs(agreements).items()}


def pending_corrections(*, agreements: Sequence[Agreement], through: date | None = None, on: date) -> list[Pending]:
    """Return what a run through a day would correct under agreements from `with_terms()`; a fixed number of queries.

    Without a day, each agreement is taken through the day of its last run; nothing is looked at after the end of a
    term. As in a run, drafts that went further are counted with.
    """
    agreements = list(agreements)
    runs = _runs(agreements)
    books = books_of(agreements=agreements, known_on=on)
    return [
        _pending(agreement, books[agreement.pk], runs.get(agreement.pk, NO_RUN), through, on)
        for agreement in agreements
    ]


@dataclass(frozen=True)
class _Runs:
    """Through which days runs have gone: any of them, those whose drafts wait, and those that were issued."""

    latest: date | None = None
    drafted: date | None = None
    passed: Passed | None = None


NO_RUN = _Runs()


def _runs(agreements: Sequence[Agreement]) -> dict[int, _Runs]:
    """How far runs have gone under some agreements, by key; one query."""
    issued = Q(issued_on__isnull=False)
    rows = Invoice.objects.filter(agreement__in=agreements, origin=Invoice.Origin.RUN).order_by()
    rows = rows.values_list("agreement").annotate(
        Max("through"),
        drafted=Max("through", filter=~issued),
        issued=Max("through", filter=issued),
        last_day=Max("last_day", filter=issued),
    )
    return {
        key: _Runs(latest, drafted, Passed(through, last_day) if through else None)
        for key, latest, drafted, through, last_day in rows
    }


def _pending(agreement: Agreement, books: Books, runs: _Runs, through: date | None, on: date) -> Pending:
    through, horizon = _days(agreement, runs, through, on)
    try:
        plan = plan_of(agreement=agreement, books=books, through=horizon, on=on)
    except CannotBill as refused:
        return Pending(agreement, through, refusal=str(refused))
    return Pending(
        agreement,
        through,
        adjustments(due=plan.due, billed=books.billed, sites=books.sites),
        never_billed(due=plan.due, billed=books.billed, passed=runs.passed),
        unbilled(due=plan.due, billed=books.billed, sites=books.sites, adjust_through=through),
        is_demonstration=bool(books.demonstration),
    )


def _days(agreement: Agreement, runs: _Runs, through: date | None, on: date) -> tuple[date, date]:
    """The day through which a run goes, and the one through which it looks: that of drafts that went further."""
    terms = agreement.as_terms()
    through = horizon_of(terms=terms, days=[through or runs.latest or on], on=on)
    return through, horizon_of(terms=terms, days=[through, runs.drafted or through], on=on)


def previews(*, pending: Iterable[Pending]) -> list[Preview]:
    """Lay out what would be corrected under some agreements; one query."""
    pending = list(pending)
    earlier = _earlier({number for each in pending for number in each.named})
    return [
        corrections_preview(
            corrections=each.corrections,
            documents=each.documents,
            earlier=earlier,
            currency=each.agreement.currency,
            first_billed=each.first_billed,
        )
        for each in pending
    ]


def _earlier(numbers: set[str]) -> Mapping[str, Earlier]:
    if not numbers:
        return {}
    rows = Invoice.objects.issued().filter(number_text__in=numbers).order_by("issued_on", "pk")
    return {
        row.number_text: Earlier(
            row.number_text,
            row.pk,
            str(DaySpan(row.first_day, row.last_day)),
            row.origin == Invoice.Origin.CREDIT,
        )
        for row in rows.only("number_text", "first_day", "last_day", "origin")
    }


@dataclass(frozen=True)
class NextRun:
    """What the next run would correct of one issued document."""

    through: date
    parts: tuple[AdjustedPart, ...]
    refusal: str = ""

    @property
    def amount(self) -> Decimal:
        """What it would bill, or credit where it is negative, for what the document billed."""
        return sum((part.amount for part in self.parts), NOTHING)


def next_run_of(*, invoice: Invoice, on: date, billed: Mapping[ChargeKey, Billed] | None = None) -> NextRun:
    """Return what a run through the day of the last one would correct of an issued document.

    It looks only at what the document charges; `billed` is what `billed_of` found for that, where it is known.
    """
    agreement = Agreement.objects.with_terms().get(pk=invoice.agreement_id)
    through, horizon = _days(agreement, _runs([agreement]).get(agreement.pk, NO_RUN), None, on)
    books = document_books(invoice=invoice, agreement=agreement, known_on=on, billed=billed)
    try:
        refuse_other_frequency(terms=agreement.as_terms(), billed=frequencies_billed(agreement=agreement))
        due = plan_of(agreement=agreement, books=books, through=horizon, on=on).due
    except CannotBill as refused:
        return NextRun(through, (), str(refused))
    corrections = adjustments(due=due, billed=books.billed, sites=books.sites)
    return NextRun(through, touching(corrections=corrections, number=invoice.number_text))
