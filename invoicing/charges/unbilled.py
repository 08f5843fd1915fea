"""What a run bills: due minus billed, charge by charge, laid out as documents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.money import NOTHING
from contracts.periods import AnnualPeriod, DaySpan, OutsideTerm, annual_period
from contracts.readings import DEFAULT_READINGS, Readings
from contracts.terms import AgreementTerms, expiration_known
from invoicing.charges.charge import ONLY_PART, AnyCharge, Charge, ChargeKey, SiteFacts
from invoicing.charges.due import Due
from invoicing.charges.kinds import place_of
from sites.billing_parts import billing_part_due


@dataclass(frozen=True)
class BilledPart:
    """What issued lines say of one part of a charge: their sum, the documents they stand in, and what was waived."""

    amount: Decimal = NOTHING
    documents: tuple[str, ...] = ()
    waived: Decimal = NOTHING


@dataclass(frozen=True)
class Billed:
    """What issued documents have billed for one charge, part by part, and when it was.

    Parts are the instalments of an annual charge, `of` into how many the annual price was billed; any other charge has
    one part. `site_key` is its site, `period_number` the annual period, `days` are those it was billed for;
    `description` and `source` of the price are those of its first line.
    """

    parts: Mapping[int, BilledPart] = field(default_factory=dict)
    of: int | None = None
    site_key: int | None = None
    period_number: int = 1
    description: str = ""
    source: str = ""
    days: DaySpan | None = None

    @property
    def amount(self) -> Decimal:
        return sum((part.amount for part in self.parts.values()), NOTHING)

    @property
    def waived(self) -> Decimal:
        return sum((part.waived for part in self.parts.values()), NOTHING)


NOTHING_BILLED = Billed()


def after_waiver(*, charge: Decimal, waived: Decimal, billed: Decimal) -> Decimal:
    """Return what is due of a charge of which some was waived: a waiver bars billing, it never causes a credit.

    163.00 of which 20.00 were waived are due at 143.00. Where the price then falls to 150.00, the 143.00 that stand
    billed stay; where it falls to 140.00, that is due.
    """
    return min(max(charge - waived, billed, NOTHING), charge)


@dataclass(frozen=True)
class AdjustedPart:
    """One part of a charge that was billed and is due differently now. `charge` is None where nothing is due."""

    number: int
    charge: AnyCharge | None
    billed: BilledPart

    @property
    def due(self) -> Decimal:
        """What is due now. What was waived is not billed again, and what stands billed without it is not credited."""
        if self.charge is None:
            return 0 * self.billed.amount
        return after_waiver(charge=self.charge.amount, waived=self.billed.waived, billed=self.billed.amount)

    @property
    def amount(self) -> Decimal:
        return self.due - self.billed.amount


class TermEnd(NamedTuple):
    """The last day of the term as a run knows it, None where it is open, and the document that sets it."""

    on: date | None = None
    source: str = ""


@dataclass(frozen=True)
class Adjustment:
    """The difference for parts of a charge that were billed already: what is due for them now, less what was billed.

    `term_end` and `uncharged` say why nothing may be due any more: the end of the term, and what became of a work entry
    that stands and costs nothing by now.
    """

    key: ChargeKey
    site: SiteFacts | None
    period: AnnualPeriod
    parts: tuple[AdjustedPart, ...]
    billed: Billed
    source: str = ""
    term_end: TermEnd = TermEnd()
    uncharged: str = ""
    readings: Readings = DEFAULT_READINGS

    @property
    def charges(self) -> tuple[AnyCharge, ...]:
        """What is due now for the parts that changed."""
        return tuple(part.charge for part in self.parts if part.charge)

    @property
    def due(self) -> Decimal:
        """What is due now for the parts that changed, less what was waived."""
        return sum((part.due for part in self.parts), NOTHING)

    @property
    def billed_amount(self) -> Decimal:
        """What was billed for the parts that changed, net of every earlier correction."""
        return sum((part.billed.amount for part in self.parts), NOTHING)

    @property
    def amount(self) -> Decimal:
        """Due less billed: positive is billed, negative is credited."""
        return self.due - self.billed_amount

    @property
    def days(self) -> DaySpan:
        """The days that are adjusted: of the service due now, or of the billing period where nothing is due now."""
        if not self.key.is_annual:
            return self.billed.days
        whole = self.period.parts(self.billed.of)
        spans = [part.charge.instalment.service if part.charge else whole[part.number - 1] for part in self.parts]
        return DaySpan(spans[0].first_day, spans[-1].last_day)

    @property
    def documents(self) -> tuple[str, ...]:
        """The documents that the adjustment corrects: those that billed the parts that changed, in their order."""
        named = [number for part in self.parts for number in part.billed.documents]
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True)
class PlannedDocument:
    """One document of a run: the charges of one billing period and the adjustments that go with them.

    It can be issued from `due_on`; one that only adjusts what was billed before can be issued at once.
    """

    part: DaySpan
    charges: tuple[AnyCharge, ...]
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def total(self) -> Decimal:
        """Sum of the lines; a negative total makes the document a credit note."""
        return sum((line.amount for line in (*self.charges, *self.adjustments)), NOTHING)

    @property
    def due_on(self) -> date | None:
        """The day on which all of its charges have fallen due; None for adjustments alone."""
        return max((charge.due_on for charge in self.charges), default=None)


def unbilled(
    *,
    due: Due,
    billed: Mapping[ChargeKey, Billed],
    sites: Mapping[int, SiteFacts],
    adjust_through: date | None = None,
) -> tuple[PlannedDocument, ...]:
    """Return the documents that bill what is due and not billed yet: one per billing period, in order.

    Instalments never billed become charge lines of their billing period. What falls due once goes on the first document
    that falls due on its day or later; where there is none, what happened in one month makes a document of its own. For
    what was billed before, the difference per charge becomes an adjustment line of the first document that falls due by
    `adjust_through` (by the date of the run unless told otherwise); where there is none, the adjustments make a
    document of their own. Nothing to bill gives no document. A run through an earlier date than was billed takes
    nothing back, nor does a charge left undecided.
    """
    limit = due.through if adjust_through is None else adjust_through
    documents = _documents(new_charges(due=due, billed=billed), limit)
    corrections = adjustments(due=due, billed=billed, sites=sites)
    if not corrections:
        return documents
    first = documents[0] if documents else None
    if first is not None and first.due_on <= limit:
        return (replace(first, adjustments=corrections), *documents[1:])
    return (PlannedDocument(_last_part(corrections, due), (), corrections), *documents)


def new_charges(*, due: Due, billed: Mapping[ChargeKey, Billed]) -> tuple[AnyCharge, ...]:
    """Return what is due and was never billed, in the order in which it is computed; nothing at zero."""
    return tuple(
        charge
        for charge in due.charges
        if charge.amount and charge.part not in billed.get(charge.key, NOTHING_BILLED).parts
    )


def _documents(charges: Sequence[AnyCharge], limit: date) -> tuple[PlannedDocument, ...]:
    """Lay charges out by billing period; what falls due by the limit is kept apart from what has to wait."""
    serving: dict[DaySpan, list[AnyCharge]] = {}
    for charge in charges:
        if isinstance(charge, Charge):
            serving.setdefault(charge.instalment.part, []).append(charge)
    falling = [(max(charge.due_on for charge in serving[part]), part) for part in sorted(serving)]
    by_part = {(part, due_on > limit): serving[part] for due_on, part in falling}
    for charge in charges:
        if not isinstance(charge, Charge):
            waits = charge.due_on > limit
            last = date.max if waits else limit
            part = next((part for due_on, part in falling if charge.due_on <= due_on <= last), None)
            by_part.setdefault((part or month_of(charge.period, charge.due_on), waits), []).append(charge)
    return tuple(PlannedDocument(part, tuple(by_part[part, waits])) for part, waits in sorted(by_part))


def month_of(period: AnnualPeriod, day: date) -> DaySpan:
    """Return the month of an annual period in which a day lies."""
    return next(month for month in period.months() if day in month)


def adjustments(
    *, due: Due, billed: Mapping[ChargeKey, Billed], sites: Mapping[int, SiteFacts]
) -> tuple[Adjustment, ...]:
    """Return the differences for what was billed before: annual charges in the order of the sites, then the others."""
    return tuple(_adjustments(due, billed, sites))


def _adjustments(due: Due, billed: Mapping[ChargeKey, Billed], sites: Mapping[int, SiteFacts]) -> Iterable[Adjustment]:
    expires_on, ended_by = expiration_known(agreement=due.agreement, known_on=due.known_on)
    term_end = TermEnd(expires_on, str(ended_by))
    for key, was, parts in compared(due=due, billed=billed, sites=sites):
        changed = tuple(part for part in parts if part.amount)
        if sum((part.amount for part in changed), NOTHING):
            period = _period(due, was.period_number)
            yield Adjustment(
                key,
                sites.get(was.site_key),
                period,
                changed,
                was,
                _source(due, key, was, changed),
                term_end,
                due.uncharged.get(key, ""),
                due.agreement.readings_on(period.full_span.first_day),
            )


def compared(
    *, due: Due, billed: Mapping[ChargeKey, Billed], sites: Mapping[int, SiteFacts]
) -> Iterable[tuple[ChargeKey, Billed, tuple[AdjustedPart, ...]]]:
    """Yield what was billed of every charge with what is due for it now, part by part, in the order of `adjustments`.

    Parts that have not fallen due, and charges that are left undecided, are not compared. An instalment in advance that
    was billed before the day on which it falls due now is compared with what falls due then.
    """
    now = {(charge.key, charge.part): charge for charge in (*due.ahead, *due.charges)}
    order = {site_key: position for position, site_key in enumerate(sites)}

    def place(item: tuple[ChargeKey, Billed]) -> tuple:
        key, was = item
        return place_of(key.kind), order.get(was.site_key, -1), key.period, key.subject

    for key, was in sorted(billed.items(), key=place):
        if key in due.undecided or key in due.later:
            continue
        comparable = _comparable(due, key, was)
        yield (
            key,
            was,
            tuple(
                AdjustedPart(number, now.get((key, number)), part)
                for number, part in sorted(was.parts.items())
                if number in comparable
            ),
        )


def _source(due: Due, key: ChargeKey, was: Billed, parts: Sequence[AdjustedPart]) -> str:
    """The document of the price due now; where nothing is due any more, of the one billed or of the end of the term."""
    charges = [part.charge for part in parts if part.charge]
    if charges:
        return charges[-1].source
    if not key.is_annual:
        return was.source
    _expires_on, source = expiration_known(agreement=due.agreement, known_on=due.known_on)
    return str(source)


def _comparable(due: Due, key: ChargeKey, was: Billed) -> set[int]:
    """The parts billed that would have fallen due by the run's date, as the term is known now, or can never do so."""
    if not key.is_annual:
        return {ONLY_PART}
    agreement = due.agreement
    expires_on, _source = expiration_known(agreement=agreement, known_on=due.known_on)
    period = annual_period(
        number=key.period, first_period_starts_on=agreement.first_period_starts_on, expires_on=expires_on
    )
    if isinstance(period, OutsideTerm):
        return set(was.parts)
    timing = agreement.readings_on(period.full_span.first_day).timing
    spans = _spans(agreement, period, was)
    return {
        number
        for number in was.parts
        if spans[number - 1].first_day > period.span.last_day
        or billing_part_due(spans[number - 1], period, timing) <= due.through
    }


def _spans(agreement: AgreementTerms, period: AnnualPeriod, was: Billed) -> tuple[DaySpan, ...]:
    """The billing periods into which the annual price was billed."""
    return period.parts(was.of or agreement.readings_on(period.full_span.first_day).frequency.parts)


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
    """The latest billing period that is corrected, as far as the term still reaches."""
    lasts = []
    for adjustment in corrections:
        period = adjustment.period
        if not adjustment.key.is_annual:
            lasts.append(month_of(period, adjustment.billed.days.last_day))
            continue
        parts = _spans(due.agreement, period, adjustment.billed)
        within = [part for part in parts if part.first_day <= period.span.last_day]
        lasts.append(within[min(adjustment.parts[-1].number, len(within)) - 1])
    return max(lasts)
