"""What a run would correct of what was billed, before anything is drafted: old, new and difference, and why.

Composed of what `due` and `unbilled` computed: nothing is computed here but sums. A part that several documents have
billed is counted under the first of them, so that the sums of the documents add up to the whole.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from contracts.money import ZERO, money_text
from contracts.periods import DaySpan, day_text
from invoicing.charges import Charge, ChargeKey, ChargeKind
from invoicing.unbilled import AdjustedPart, Adjustment, PlannedDocument

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
    """One part of a charge that was billed and is due differently now, with the causes that are known."""

    key: ChargeKey
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
    """Everything that a run would correct under one agreement, and in words what it would make of it."""

    sites: tuple[ChangedSite, ...] = ()
    documents: tuple[ChangedDocument, ...] = ()
    sums: Sums = Sums()
    outcome: str = ""

    @property
    def parts(self) -> int:
        """How many parts changed."""
        return sum(document.parts for document in self.documents)


def corrections_preview(
    *,
    corrections: Sequence[Adjustment],
    documents: Sequence[PlannedDocument],
    earlier: Mapping[str, Earlier],
    currency: str,
) -> Preview:
    """Return what a run would correct.

    `documents` are those that it would draft, `earlier` the issued ones by number, in the order of their dates.
    """
    changed = [
        (adjustment, _changed(adjustment, part, earlier)) for adjustment in corrections for part in adjustment.parts
    ]
    return Preview(
        sites=tuple(_sites(changed)),
        documents=tuple(_documents([part for _adjustment, part in changed], list(earlier))),
        sums=_sums(part for _adjustment, part in changed),
        outcome=_outcome(documents, currency),
    )


def touching(*, corrections: Iterable[Adjustment], number: str) -> tuple[AdjustedPart, ...]:
    """Return the parts that would be corrected and stand in one issued document."""
    return tuple(part for adjustment in corrections for part in adjustment.parts if number in part.billed.documents)


Pairs = Sequence[tuple[Adjustment, Changed]]


def _sites(changed: Pairs) -> Iterator[ChangedSite]:
    for key, pairs in _grouped(changed, lambda adjustment: adjustment.site.key if adjustment.site else None):
        site = pairs[0][0].site
        yield ChangedSite(
            name=site.name if site else ALL_SITES,
            key=key,
            periods=tuple(_periods(pairs)),
            sums=_sums(part for _adjustment, part in pairs),
        )


def _periods(changed: Pairs) -> Iterator[ChangedPeriod]:
    for number, pairs in sorted(_grouped(changed, lambda adjustment: adjustment.period.number)):
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
        what=what,
        days=days,
        documents=tuple(earlier[number] for number in part.billed.documents),
        sums=Sums(part.billed.amount, part.due),
        waived=part.billed.waived,
        causes=tuple(_causes(adjustment, part, earlier)),
    )


def _named(adjustment: Adjustment, part: AdjustedPart) -> tuple[str, str]:
    """What was billed, and for which days."""
    if adjustment.key.kind is not ChargeKind.ANNUAL:
        days = adjustment.billed.days
        return adjustment.billed.description, day_text(days.first_day) if days else ""
    span = _span(adjustment, part)
    return f"instalment {part.number}", str(span) if span else ""


def _span(adjustment: Adjustment, part: AdjustedPart) -> DaySpan | None:
    """The billing period of an instalment."""
    if isinstance(part.charge, Charge):
        return part.charge.instalment.part
    return adjustment.period.parts(adjustment.billed.of)[part.number - 1] if adjustment.billed.of else None


def _causes(adjustment: Adjustment, part: AdjustedPart, earlier: Mapping[str, Earlier]) -> Iterator[str]:
    if part.charge is None:
        yield f"Nothing is due any more: {_gone(adjustment, part)}."
    elif isinstance(part.charge, Charge):
        yield from _priced(part.charge)
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


def _gone(adjustment: Adjustment, part: AdjustedPart) -> str:
    """Why nothing is due for what was billed, as far as the facts of the site and the term say so."""
    site, span = adjustment.site, _span(adjustment, part)
    if adjustment.key.kind is not ChargeKind.ANNUAL:
        return "it was reversed or cancelled"
    if site is None or span is None:
        return "no site or price on file calls for it"
    if span.first_day > adjustment.period.span.last_day:
        return f"the term ends on {day_text(adjustment.period.span.last_day)}{_by(adjustment.source)}"
    if site.in_service_on > span.last_day:
        return f"the site is in service from {day_text(site.in_service_on)}"
    if site.charged_through is not None and site.charged_through < span.first_day:
        return f"charges for the site end on {day_text(site.charged_through)}"
    if site.removed_on is not None and site.removed_on < adjustment.period.span.first_day:
        return f"the site was removed on {day_text(site.removed_on)}"
    return "the site was not in service then, or has no price on file"


def _by(source: str) -> str:
    return f" ({source})" if source else ""


# ---- what the run makes of it ------------------------------------------------------------------------------------


def _outcome(documents: Sequence[PlannedDocument], currency: str) -> str:
    """Say what the run would draft for the corrections: a document of their own, or lines on the next invoice."""
    document = next((document for document in documents if document.adjustments), None)
    if document is None:
        return ""
    count = len(document.adjustments)
    lines = f"{count} line{'' if count == 1 else 's'}"
    total = f"{money_text(abs(document.total))} {currency}"
    kind = "a credit note" if document.total < 0 else "an invoice"
    if not document.charges:
        return f"{kind} of {total} with {lines}"
    if document.total < 0:
        return f"{lines} beside the charges of {document.part}, which come to a credit note of {total}"
    return f"{lines} on the invoice for {document.part}, which comes to {total}"
