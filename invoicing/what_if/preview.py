"""What a run would correct of what was billed, before anything is drafted: old, new and difference, and why.

Composed of what `due` and `unbilled` computed: nothing is computed here but sums. A part that several documents have
billed is counted under the first of them; what falls into passed billing periods and was never billed stands apart. So
the sums of the documents and of that add up to the whole, which is what a run drafts beyond its regular charges.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from contracts.money import ZERO, money_text
from contracts.periods import DaySpan, day_text
from contracts.wording import plural
from invoicing.charges.charge import AnyCharge, Charge, ChargeKey, ChargeKind
from invoicing.charges.never_billed import why_never_billed
from invoicing.charges.nothing_due import ended_by, part_span, why_nothing_due
from invoicing.charges.unbilled import AdjustedPart, Adjustment, PlannedDocument

ALL_SITES = "All sites"


@dataclass(frozen=True)
class Earlier:
    """A document that was issued: its number, what leads to it, and whether it took back what another one billed."""

    number: str
    key: int
    period: str = ""
    by_credit: bool = False


@dataclass(frozen=True)
class Sums:
    """What was billed, net of every earlier correction, and what is due now."""

    billed: Decimal = ZERO
    due: Decimal = ZERO

    @property
    def difference(self) -> Decimal:
        """What the run would bill, or credit where it is negative."""
        return self.due - self.billed


@dataclass(frozen=True)
class Changed:
    """One part of a charge that is due differently from what was billed, with the causes that are known.

    One that was never billed has no documents.
    """

    key: ChargeKey
    number: int
    what: str
    days: str
    documents: tuple[Earlier, ...]
    sums: Sums
    waived: Decimal
    causes: tuple[str, ...]


@dataclass(frozen=True)
class Alike:
    """Neighbouring parts that changed for the same causes."""

    causes: tuple[str, ...]
    parts: tuple[Changed, ...]


@dataclass(frozen=True)
class ChangedPeriod:
    """What changed for one site in one annual period."""

    number: int
    span: DaySpan
    alike: tuple[Alike, ...]
    sums: Sums


@dataclass(frozen=True)
class ChangedSite:
    """What changed for one site, or for what belongs to no single one."""

    name: str
    key: int | None
    periods: tuple[ChangedPeriod, ...]
    sums: Sums


@dataclass(frozen=True)
class ChangedDocument:
    """What changed of one earlier document: the parts that it was the first to bill."""

    document: Earlier
    parts: int
    sums: Sums


@dataclass(frozen=True)
class Preview:
    """Everything that a run would correct under one agreement, and in words what it would make of it.

    `unbilled_parts` are those that were never billed; `unbilled` are their sums.
    """

    sites: tuple[ChangedSite, ...] = ()
    documents: tuple[ChangedDocument, ...] = ()
    unbilled_parts: int = 0
    unbilled: Sums = Sums()
    sums: Sums = Sums()
    outcome: str = ""

    @property
    def parts(self) -> int:
        """How many parts changed."""
        return sum(document.parts for document in self.documents) + self.unbilled_parts


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
    billed = [
        (adjustment, _changed(adjustment, part, earlier)) for adjustment in corrections for part in adjustment.parts
    ]
    fresh = [(charge, _first_billed(charge)) for charge in first_billed]
    changed = sorted([*billed, *fresh], key=_place) if fresh else billed
    return Preview(
        sites=tuple(_sites(changed)),
        documents=tuple(_documents([part for _of, part in billed], list(earlier))),
        unbilled_parts=len(fresh),
        unbilled=_sums(part for _of, part in fresh),
        sums=_sums(part for _of, part in changed),
        outcome=_outcome(documents, {(charge.key, charge.part) for charge in first_billed}, currency),
    )


def touching(*, corrections: Iterable[Adjustment], number: str) -> tuple[AdjustedPart, ...]:
    """Return the parts that would be corrected and stand in one issued document."""
    return tuple(part for adjustment in corrections for part in adjustment.parts if number in part.billed.documents)


Pairs = Sequence[tuple[Adjustment | AnyCharge, Changed]]


def _place(pair: tuple[Adjustment | AnyCharge, Changed]) -> tuple:
    """Sites by name, what belongs to none of them last; in each, annual charges by instalment, then the others."""
    of, part = pair
    return (of.site is None, of.site.name if of.site else "", *part.key[:2], of.period.number, part.number)


def _sites(changed: Pairs) -> Iterator[ChangedSite]:
    for key, pairs in _grouped(changed, lambda of: of.site.key if of.site else None):
        site = pairs[0][0].site
        yield ChangedSite(
            name=site.name if site else ALL_SITES,
            key=key,
            periods=tuple(_periods(pairs)),
            sums=_sums(part for _of, part in pairs),
        )


def _periods(changed: Pairs) -> Iterator[ChangedPeriod]:
    for number, pairs in sorted(_grouped(changed, lambda of: of.period.number)):
        parts = tuple(part for _adjustment, part in pairs)
        alike = tuple(Alike(causes, tuple(group)) for causes, group in groupby(parts, key=lambda part: part.causes))
        yield ChangedPeriod(number, pairs[0][0].period.span, alike, _sums(parts))


def _grouped(changed: Pairs, key) -> list[tuple]:
    """Pairs with the same key, in the order in which the keys appear first."""
    found: dict = {}
    for pair in changed:
        found.setdefault(key(pair[0]), []).append(pair)
    return list(found.items())


def _documents(changed: Sequence[Changed], order: Sequence[str]) -> Iterator[ChangedDocument]:
    found: dict[str, list[Changed]] = {}
    for part in changed:
        found.setdefault(part.documents[0].number, []).append(part)
    for number in (number for number in order if number in found):
        parts = found[number]
        yield ChangedDocument(parts[0].documents[0], len(parts), _sums(parts))


def _sums(parts: Iterable[Changed]) -> Sums:
    parts = list(parts)
    return Sums(sum((part.sums.billed for part in parts), ZERO), sum((part.sums.due for part in parts), ZERO))


# ---- one part ----------------------------------------------------------------------------------------------------


def _changed(adjustment: Adjustment, part: AdjustedPart, earlier: Mapping[str, Earlier]) -> Changed:
    what, days = _named(adjustment, part)
    return Changed(
        key=adjustment.key,
        number=part.number,
        what=what,
        days=days,
        documents=tuple(earlier[number] for number in part.billed.documents),
        sums=Sums(part.billed.amount, part.due),
        waived=part.billed.waived,
        causes=tuple(_causes(adjustment, part, earlier)),
    )


def _first_billed(charge: AnyCharge) -> Changed:
    """A charge that was never billed."""
    annual = isinstance(charge, Charge)
    return Changed(
        key=charge.key,
        number=charge.part,
        what=f"instalment {charge.part}" if annual else charge.description,
        days=str(charge.instalment.part) if annual else day_text(charge.due_on),
        documents=(),
        sums=Sums(due=charge.amount),
        waived=ZERO,
        causes=(*why_never_billed(charge=charge), *(_priced(charge) if annual else ())),
    )


def _named(adjustment: Adjustment, part: AdjustedPart) -> tuple[str, str]:
    """What was billed, and for which days."""
    if adjustment.key.kind is not ChargeKind.ANNUAL:
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
    yield charge.basis.sentence
    if instalment.service != instalment.part:
        yield f"Service from {day_text(instalment.service.first_day)} to {day_text(instalment.service.last_day)}."


# ---- what the run makes of it ------------------------------------------------------------------------------------


Parts = Collection[tuple[ChargeKey, int]]


def _outcome(documents: Sequence[PlannedDocument], first_billed: Parts, currency: str) -> str:
    """Say what the run would draft for the corrections: documents of their own, or lines beside regular charges."""
    own: dict[str, list[PlannedDocument]] = {}
    beside: list[str] = []
    for document in documents:
        fresh = sum(1 for charge in document.charges if (charge.key, charge.part) in first_billed)
        lines = len(document.adjustments) + fresh
        if not lines:
            continue
        if fresh == len(document.charges):
            own.setdefault("credit note" if document.total < 0 else "invoice", []).append(document)
        else:
            beside.append(_beside(document, lines, currency))
    message = " and ".join(_own(kind, own[kind], currency) for kind in ("invoice", "credit note") if kind in own)
    return "; ".join([message, *beside] if message else beside)


def _own(kind: str, documents: Sequence[PlannedDocument], currency: str) -> str:
    total = _amount(sum((document.total for document in documents), ZERO), currency)
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
