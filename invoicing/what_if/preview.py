"""What a run would correct of what was billed, before anything is drafted: old, new and difference, and why.

Composed of what `due` and `unbilled` computed: nothing is computed here but sums. A part that several documents have
billed is counted under the first of them; what falls into passed billing periods and was never billed stands apart. So
the sums of the documents and of that add up to the whole, which is what a run drafts beyond its regular charges.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import groupby

from contracts.money import NOTHING, money_text
from contracts.periods import AnnualPeriod, day_text
from contracts.wording import plural
from invoicing.charges.causes import ended_by, part_span, why_never_billed, why_nothing_due
from invoicing.charges.charge import AnyCharge, Charge, ChargeKey, SiteFacts
from invoicing.charges.unbilled import AdjustedPart, Adjustment, PlannedDocument
from invoicing.what_if.compare import Amounts, Group, grouped


@dataclass(frozen=True)
class Earlier:
    """A document that was issued: its number, what leads to it, and whether it took back what another one billed."""

    number: str
    key: int
    period: str = ""
    by_credit: bool = False


@dataclass(frozen=True)
class Changed:
    """One part of a charge of which something else is due than was billed, with the causes that are known.

    `amounts` are what was billed, net of every earlier correction, and what is due now. A part that was never billed
    has no documents.
    """

    key: ChargeKey
    number: int
    site: SiteFacts | None
    period: AnnualPeriod
    what: str
    days: str
    documents: tuple[Earlier, ...]
    amounts: Amounts
    waived: Decimal
    causes: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """Everything that a run would correct under one agreement, and in words what it would make of it.

    `sites` hold groups by annual period, these groups of neighbouring parts that changed for the same causes; what
    belongs to no single site is a group of its own. `documents` hold the parts that they were the first to bill,
    `unbilled` those that were never billed.
    """

    sites: tuple[Group, ...] = ()
    documents: tuple[Group, ...] = ()
    unbilled: Group = Group()
    outcome: str = ""

    @property
    def parts(self) -> int:
        return sum(len(group.rows) for group in (*self.documents, self.unbilled))

    @cached_property
    def amounts(self) -> Amounts:
        """What was billed of everything that changed, and what is due."""
        return Amounts.total(site.amounts for site in self.sites)


def corrections_preview(
    *,
    corrections: Sequence[Adjustment],
    documents: Sequence[PlannedDocument],
    earlier: Mapping[str, Earlier],
    currency: str,
    first_billed: Sequence[AnyCharge] = (),
) -> Preview:
    """Return what a run would correct.

    `documents` are those that it would draft, `earlier` the issued ones by number, in the order of their dates;
    `first_billed` are the charges of passed billing periods that were never billed.
    """
    billed = [_changed(adjustment, part, earlier) for adjustment in corrections for part in adjustment.parts]
    fresh = tuple(_first_billed(charge) for charge in first_billed)
    order = list(earlier)
    by_document = grouped(billed, by=lambda part: part.documents[0].number, of=lambda part: part.documents[0])
    return Preview(
        sites=tuple(_sites(sorted([*billed, *fresh], key=_place))),
        documents=tuple(sorted(by_document, key=lambda group: order.index(group.of.number))),
        unbilled=Group(rows=fresh),
        outcome=_outcome(documents, {(part.key, part.number) for part in fresh}, currency),
    )


def touching(*, corrections: Iterable[Adjustment], number: str) -> tuple[AdjustedPart, ...]:
    """Return the parts that would be corrected and stand in one issued document."""
    return tuple(part for adjustment in corrections for part in adjustment.parts if number in part.billed.documents)


def _place(part: Changed) -> tuple:
    """Sites by name, what belongs to none of them last; in each, annual charges by instalment, then the others."""
    return (part.site is None, part.site.name if part.site else "", *part.key[:2], part.period.number, part.number)


def _sites(changed: Sequence[Changed]) -> Iterator[Group]:
    for site in grouped(changed, by=lambda part: part.site and part.site.key, of=lambda part: part.site):
        periods = grouped(site.rows, by=lambda part: part.period.number, of=lambda part: part.period)
        yield replace(site, rows=tuple(_alike(each) for each in sorted(periods, key=lambda each: each.of.number)))


def _alike(period: Group) -> Group:
    alike = groupby(period.rows, key=lambda part: part.causes)
    return replace(period, rows=tuple(Group(causes, tuple(parts)) for causes, parts in alike))


# ---- one part ----------------------------------------------------------------------------------------------------


def _changed(adjustment: Adjustment, part: AdjustedPart, earlier: Mapping[str, Earlier]) -> Changed:
    what, days = _named(adjustment, part)
    return Changed(
        key=adjustment.key,
        number=part.number,
        site=adjustment.site,
        period=adjustment.period,
        what=what,
        days=days,
        documents=tuple(earlier[number] for number in part.billed.documents),
        amounts=Amounts(part.billed.amount, part.due),
        waived=part.billed.waived,
        causes=tuple(_causes(adjustment, part, earlier)),
    )


def _first_billed(charge: AnyCharge) -> Changed:
    """A charge that was never billed."""
    annual = isinstance(charge, Charge)
    return Changed(
        key=charge.key,
        number=charge.part,
        site=charge.site,
        period=charge.period,
        what=f"instalment {charge.part}" if annual else charge.description,
        days=str(charge.instalment.part) if annual else day_text(charge.due_on),
        documents=(),
        amounts=Amounts(0 * charge.amount, charge.amount),
        waived=NOTHING,
        causes=(*why_never_billed(charge=charge), *(_priced(charge) if annual else ())),
    )


def _named(adjustment: Adjustment, part: AdjustedPart) -> tuple[str, str]:
    """What was billed, and for which days."""
    if not adjustment.key.is_annual:
        days = adjustment.billed.days
        return adjustment.billed.description, day_text(days.first_day) if days else ""
    span = part_span(adjustment=adjustment, part=part)
    return f"instalment {part.number}", str(span) if span else ""


def _causes(adjustment: Adjustment, part: AdjustedPart, earlier: Mapping[str, Earlier]) -> Iterator[str]:
    if part.charge is None:
        yield f"Nothing is due any more: {why_nothing_due(adjustment=adjustment, part=part)}."
    elif isinstance(part.charge, Charge):
        yield from _priced(part.charge)
        if ends := ended_by(adjustment=adjustment, span=part.charge.instalment.part):
            yield f"{ends[0].upper()}{ends[1:]}."
    else:
        yield f"{part.charge.description} of {day_text(part.charge.due_on)} ({part.charge.source})."
    credits = [number for number in part.billed.documents if earlier[number].by_credit]
    if credits and part.amount > 0:
        yield f"Taken back by {' and '.join(credits)}; what was not waived is due again."
    if part.billed.waived:
        yield f"{money_text(part.billed.waived)} of it was waived."


def _priced(charge: Charge) -> Iterator[str]:
    priced, instalment = charge.last_priced, charge.instalment
    yield f"{priced.level_name} at {money_text(priced.annual_price)} a year ({priced.source})."
    yield from priced.why
    if instalment.service != instalment.part:
        yield f"Service from {day_text(instalment.service.first_day)} to {day_text(instalment.service.last_day)}."


# ---- what the run makes of it ------------------------------------------------------------------------------------


Parts = Collection[tuple[ChargeKey, int]]


def _outcome(documents: Sequence[PlannedDocument], first_billed: Parts, currency: str) -> str:
    """Say what the run would draft for the corrections: documents of their own, or lines beside regular charges."""
    own, beside = [], []
    for document in documents:
        fresh = sum(1 for charge in document.charges if (charge.key, charge.part) in first_billed)
        lines = len(document.adjustments) + fresh
        if lines and fresh == len(document.charges):
            own.append(document)
        elif lines:
            beside.append(_beside(document, lines, currency))
    kinds = grouped(sorted(own, key=lambda each: each.total < 0), by=lambda each: each.total < 0)
    message = " and ".join(_own("credit note" if kind.of else "invoice", kind.rows, currency) for kind in kinds)
    return "; ".join([message, *beside] if message else beside)


def _own(kind: str, documents: Sequence[PlannedDocument], currency: str) -> str:
    total = _amount(sum((document.total for document in documents), NOTHING), currency)
    lines = plural(sum(len(document.charges) + len(document.adjustments) for document in documents), "line")
    if len(documents) == 1:
        return f"{'an' if kind == 'invoice' else 'a'} {kind} of {total} with {lines}"
    return f"{len(documents)} {kind}s of {total} together with {lines}"


def _beside(document: PlannedDocument, lines: int, currency: str) -> str:
    total = _amount(document.total, currency)
    if document.total < 0:
        return f"{plural(lines, 'line')} beside the charges of {document.part}, which come to a credit note of {total}"
    return f"{plural(lines, 'line')} on the invoice for {document.part}, which comes to {total}"


def _amount(amount: Decimal, currency: str) -> str:
    return f"{money_text(abs(amount))} {currency}"
