"""What a run bills: due minus billed, per site and annual period, laid out as documents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.money import ZERO
from contracts.periods import AnnualPeriod, DaySpan, OutsideTerm, annual_period
from contracts.terms import expiration_known
from invoicing.due import Charge, ChargeKey, Due, SiteFacts, falls_due


@dataclass(frozen=True)
class Billed:
    """What issued documents have billed for one site and annual period: the instalments and the sum of all lines."""

    instalments: frozenset[int] = frozenset()
    amount: Decimal = ZERO
    documents: tuple[str, ...] = ()


NOTHING_BILLED = Billed()


@dataclass(frozen=True)
class Adjustment:
    """The difference for instalments that were billed already: what is due for them now, less what was billed."""

    site: SiteFacts
    period: AnnualPeriod
    charges: tuple[Charge, ...]
    due: Decimal
    billed: Billed
    source: str = ""

    @property
    def amount(self) -> Decimal:
        """Due less billed: positive is billed, negative is credited."""
        return self.due - self.billed.amount


@dataclass(frozen=True)
class PlannedDocument:
    """One document of a run: the charges of one billing period, and the adjustments that go with them."""

    part: DaySpan
    charges: tuple[Charge, ...]
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def total(self) -> Decimal:
        """Sum of the lines; a negative total makes the document a credit note."""
        return sum((line.amount for line in (*self.charges, *self.adjustments)), ZERO)


def unbilled(
    *,
    due: Due,
    billed: Mapping[ChargeKey, Billed],
    sites: Mapping[int, SiteFacts],
    adjust_through: date | None = None,
) -> tuple[PlannedDocument, ...]:
    """Return the documents that bill what is due and not billed yet: one per billing period, in order.

    Instalments never billed become charge lines of their billing period. For instalments billed before, the difference
    per site and annual period becomes an adjustment line of the first document that falls due by `adjust_through` (by
    the date of the run unless told otherwise); where there is none, the adjustments make a document of their own for
    the last billing period billed. Nothing to bill gives no document. A run through an earlier date than was billed
    takes nothing back, nor does an annual period left undecided.
    """
    documents = [PlannedDocument(part, charges) for part, charges in new_charges(due=due, billed=billed).items()]
    corrections = adjustments(due=due, billed=billed, sites=sites)
    if not corrections:
        return tuple(documents)
    limit = due.through if adjust_through is None else adjust_through
    first = documents[0] if documents else None
    if first is not None and _falls_due(first.charges[0]) <= limit:
        return (PlannedDocument(first.part, first.charges, corrections), *documents[1:])
    return (PlannedDocument(_last_part(corrections, due), (), corrections), *documents)


def new_charges(*, due: Due, billed: Mapping[ChargeKey, Billed]) -> dict[DaySpan, tuple[Charge, ...]]:
    """Return the instalments that are due and were never billed, by billing period, in order."""
    by_part: dict[DaySpan, list[Charge]] = {}
    for charge in due.charges:
        if charge.instalment.number not in billed.get(charge.key, NOTHING_BILLED).instalments and charge.amount:
            by_part.setdefault(charge.instalment.part, []).append(charge)
    return {part: tuple(by_part[part]) for part in sorted(by_part)}


def adjustments(
    *, due: Due, billed: Mapping[ChargeKey, Billed], sites: Mapping[int, SiteFacts]
) -> tuple[Adjustment, ...]:
    """Return the differences for instalments billed before, in the order of the sites."""
    return tuple(_adjustments(due, billed, sites))


def _falls_due(charge: Charge) -> date:
    return falls_due(charge.instalment.part, charge.period, charge.agreement.readings.timing)


def _adjustments(due: Due, billed: Mapping[ChargeKey, Billed], sites: Mapping[int, SiteFacts]) -> Iterable[Adjustment]:
    by_key: dict[ChargeKey, list[Charge]] = {}
    for charge in due.charges:
        by_key.setdefault(charge.key, []).append(charge)
    order = {site_key: position for position, site_key in enumerate(sites)}
    for key, was in sorted(billed.items(), key=lambda item: (order[item[0][0]], item[0][1])):
        if key in due.undecided or _billed_beyond(due, key, was):
            continue
        charges = tuple(c for c in by_key.get(key, ()) if c.instalment.number in was.instalments)
        now_due = sum((charge.amount for charge in charges), ZERO)
        if now_due != was.amount:
            site_key, period_number = key
            period = _period(due, period_number)
            yield Adjustment(sites[site_key], period, charges, now_due, was, _source(due, charges))


def _source(due: Due, charges: Sequence[Charge]) -> str:
    """The document of the price, or, where nothing is due any more, the one that says until when the term runs."""
    if charges:
        return charges[-1].source
    _expires_on, source = expiration_known(agreement=due.agreement, known_on=due.known_on)
    return str(source)


def _billed_beyond(due: Due, key: ChargeKey, was: Billed) -> bool:
    """Whether an instalment was billed that is not due yet through the run's date, as the term is known now."""
    agreement, readings = due.agreement, due.agreement.readings
    expires_on, _ = expiration_known(agreement=agreement, known_on=due.known_on)
    period = annual_period(
        number=key[1], first_period_starts_on=agreement.first_period_starts_on, expires_on=expires_on
    )
    if isinstance(period, OutsideTerm) or not was.instalments:
        return False
    return falls_due(_last_billed(due, period, was), period, readings.timing) > due.through


def _last_billed(due: Due, period: AnnualPeriod, was: Billed) -> DaySpan:
    return period.parts(due.agreement.readings.frequency.parts)[max(was.instalments, default=1) - 1]


def _period(due: Due, number: int) -> AnnualPeriod:
    """The annual period by number: within the term as known now, or whole where the term no longer reaches it."""
    agreement = due.agreement
    expires_on, _source = expiration_known(agreement=agreement, known_on=due.known_on)
    within = annual_period(
        number=number, first_period_starts_on=agreement.first_period_starts_on, expires_on=expires_on
    )
    if isinstance(within, AnnualPeriod):
        return within
    return annual_period(number=number, first_period_starts_on=agreement.first_period_starts_on, expires_on=None)


def _last_part(corrections: Sequence[Adjustment], due: Due) -> DaySpan:
    """The latest billing period billed, as far as the term still reaches."""
    lasts = []
    for adjustment in corrections:
        period = adjustment.period
        parts = period.parts(due.agreement.readings.frequency.parts)
        within = [part for part in parts if part.first_day <= period.span.last_day]
        lasts.append(within[min(max(adjustment.billed.instalments, default=1), len(within)) - 1])
    return max(lasts)
