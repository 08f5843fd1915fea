"""What is due through a date, charge by charge: a pure function of terms, charged levels, sites and readings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from contracts.money import split_cumulatively, split_last_absorbs
from contracts.periods import (
    MONTHS_A_YEAR,
    ONE_DAY,
    AnnualPeriod,
    DaySpan,
    annual_periods,
    day_text,
)
from contracts.readings import Frequency, Proration, Rounding, Timing
from contracts.schedule import Refused, Schedule
from contracts.terms import AgreementTerms, Expired, NotInForce, TermsFound, expiration_known, terms_on
from sites.charged import AgreedLevel, Basis, charged_days, charged_in


@dataclass(frozen=True)
class PricedDays:
    """Consecutive days of one annual period at one annual price, with the document that states the price."""

    days: DaySpan
    annual_price: Decimal
    level_code: str = ""
    level_name: str = ""
    source: str = ""
    basis: Basis | None = None


@dataclass(frozen=True)
class Instalment:
    """One instalment of a site's annual charge. `part` is the billing period, `service` the charged days within it."""

    number: int
    of: int
    part: DaySpan
    service: DaySpan
    exact: Fraction
    exact_through: Fraction
    amount: Decimal


def instalments(
    *,
    period: AnnualPeriod,
    priced: Sequence[PricedDays],
    frequency: Frequency = Frequency.MONTHLY,
    proration: Proration = Proration.MONTHLY,
    rounding: Rounding = Rounding.CUMULATIVE,
) -> tuple[Instalment, ...]:
    """Return the instalments of one site's annual charge in one annual period, in order.

    An instalment without service is left out. Monthly proration: a month costs a twelfth of the annual price, part of
    a month its share of the month's days. Daily proration: the share of the days of the full annual period. None: the
    whole price, spread over the months served. Rounding is half up to cents; the instalments add up to the rounded
    exact sum.
    """
    parts = period.parts(frequency.parts)
    shares = [_share(part, period, priced, proration) for part in parts]
    served = [number for number, part in enumerate(parts, start=1) if _service(part, priced)]
    if not served:
        return ()
    split = split_cumulatively if rounding is Rounding.CUMULATIVE else split_last_absorbs
    amounts = split([shares[number - 1] for number in served])
    through = Fraction(0)
    result = []
    for number, amount in zip(served, amounts, strict=True):
        through += shares[number - 1]
        part = parts[number - 1]
        result.append(Instalment(number, len(parts), part, _service(part, priced), shares[number - 1], through, amount))
    return tuple(result)


def _service(part: DaySpan, priced: Sequence[PricedDays]) -> DaySpan | None:
    within = [days for days in (part.overlap(p.days.first_day, p.days.last_day) for p in priced) if days]
    return DaySpan(min(d.first_day for d in within), max(d.last_day for d in within)) if within else None


def _share(part: DaySpan, period: AnnualPeriod, priced: Sequence[PricedDays], proration: Proration) -> Fraction:
    if proration is Proration.DAILY:
        return sum(
            (Fraction(p.annual_price) * _shared_days(part, p.days) / period.full_span.days for p in priced), Fraction(0)
        )
    months = [month for month in period.months() if part.overlap(month.first_day, month.last_day)]
    if proration is Proration.NONE:
        served = [month for month in period.months() if _service(month, priced)]
        return sum(
            (Fraction(_price_in(month, priced)) / len(served) for month in months if month in served), Fraction(0)
        )
    return sum(
        (
            Fraction(p.annual_price) / MONTHS_A_YEAR * _shared_days(month, p.days) / month.days
            for month in months
            for p in priced
        ),
        Fraction(0),
    )


def _shared_days(span: DaySpan, days: DaySpan) -> int:
    shared = span.overlap(days.first_day, days.last_day)
    return shared.days if shared else 0


def _price_in(month: DaySpan, priced: Sequence[PricedDays]) -> Decimal:
    return next(p.annual_price for p in priced if month.overlap(p.days.first_day, p.days.last_day))


@dataclass(frozen=True)
class SiteFacts:
    """What is known of one site: its key, service days, agreed levels and switch counts by date."""

    key: int
    name: str
    in_service_on: date
    removed_on: date | None = None
    charged_through: date | None = None
    agreed: tuple[AgreedLevel, ...] = ()
    switch_counts: tuple[tuple[date, int], ...] = ()


ChargeKey = tuple[int, int]
"""Site key and annual period number: what is due and what was billed are compared per site and annual period."""


@dataclass(frozen=True)
class Charge:
    """One instalment due for one site, with everything that explains it."""

    site: SiteFacts
    period: AnnualPeriod
    instalment: Instalment
    priced: tuple[PricedDays, ...]
    agreement: AgreementTerms

    @property
    def key(self) -> ChargeKey:
        """Site and annual period."""
        return self.site.key, self.period.number

    @property
    def amount(self) -> Decimal:
        """The instalment in cents."""
        return self.instalment.amount

    @property
    def basis(self) -> Basis:
        """What the level rests on at the end of the instalment's service."""
        return self.last_priced.basis

    @property
    def provisional(self) -> bool:
        """Whether the level only goes on until the parties agree."""
        return self.basis is Basis.CONTINUED

    @property
    def last_priced(self) -> PricedDays:
        """The price that holds at the end of the instalment's service."""
        return next(
            p for p in reversed(self.priced) if self.instalment.service.overlap(p.days.first_day, p.days.last_day)
        )

    @property
    def source(self) -> str:
        """Document and clause of the price."""
        return self.last_priced.source


@dataclass(frozen=True)
class PeriodOutcome:
    """What one site owes in one annual period. `notices` name the days that no document prices.

    `undecided` says that nobody has decided the site's level: what is due is not known then.
    """

    charges: tuple[Charge, ...] = ()
    notices: tuple[str, ...] = ()
    undecided: bool = False


@dataclass(frozen=True)
class Due:
    """Everything due under one agreement through a date, as known on a day.

    What is due for an `undecided` site and annual period is not known, which is not nothing: it has no charge here, and
    what was billed for it stands.
    """

    agreement: AgreementTerms
    through: date
    known_on: date
    charges: tuple[Charge, ...]
    notices: tuple[str, ...] = ()
    undecided: frozenset[ChargeKey] = frozenset()


def due_through(
    *, agreement: AgreementTerms, sites: Iterable[SiteFacts], through: date, known_on: date
) -> Due | NotInForce:
    """Return what is due through a date, charge by charge, or why that date cannot be billed.

    A pure function of the terms, charged levels, sites and readings: the same facts always give the same charges. A
    date that is not on file, expired or not executed is returned as that outcome. What a site cannot be billed for
    (service before the first priced day, a level nobody decided) is a notice.
    """
    terms = terms_on(agreement=agreement, service_on=through, known_on=known_on)
    if isinstance(terms, NotInForce):
        return _with_next_step(terms, agreement)
    expires_on, _ = expiration_known(agreement=agreement, known_on=known_on)
    charges: list[Charge] = []
    notices: list[str] = []
    undecided: set[ChargeKey] = set()
    for site in sites:
        notices += _before_first_period(agreement, site)
        for period in annual_periods(
            first_period_starts_on=agreement.first_period_starts_on, through=through, expires_on=expires_on
        ):
            outcome = _period_charges(agreement, site, period, known_on)
            notices += outcome.notices
            if outcome.undecided:
                undecided.add((site.key, period.number))
            timing = agreement.readings.timing
            charges += [c for c in outcome.charges if falls_due(c.instalment.part, c.period, timing) <= through]
    return Due(agreement, through, known_on, tuple(charges), tuple(notices), frozenset(undecided))


def _with_next_step(terms: NotInForce, agreement: AgreementTerms) -> NotInForce:
    if not isinstance(terms, Expired):
        return terms
    expires_on, _ = expiration_known(agreement=agreement, known_on=terms.known_on, service_on=terms.service_on)
    return Expired(
        terms.service_on,
        terms.known_on,
        f"{terms.message} Run through {day_text(expires_on)} to bill what is due until then.",
    )


def _before_first_period(agreement: AgreementTerms, site: SiteFacts) -> list[str]:
    if site.in_service_on >= agreement.first_period_starts_on:
        return []
    return [
        f"{site.name}: in service from {day_text(site.in_service_on)}, but nothing before "
        f"{day_text(agreement.first_period_starts_on)} is billed: no annual period covers it."
    ]


def falls_due(part: DaySpan, period: AnnualPeriod, timing: Timing) -> date:
    """Return the day from which a billing period can be billed: its first, or its last within the annual period."""
    return part.first_day if timing is Timing.IN_ADVANCE else min(part.last_day, period.span.last_day)


def _period_charges(agreement: AgreementTerms, site: SiteFacts, period: AnnualPeriod, known_on: date) -> PeriodOutcome:
    days = charged_days(
        period=period,
        in_service_on=site.in_service_on,
        removed_on=site.removed_on,
        charged_through=site.charged_through,
        switch_counts=site.switch_counts,
    )
    if days is None:
        return PeriodOutcome()
    priced, notices = [], []
    for stretch, terms in _stretches(agreement, days, known_on):
        if isinstance(terms, NotInForce):
            notices.append(f"{site.name}: nothing is billed for {stretch}. {terms.message}")
            continue
        charged = charged_in(
            agreement=agreement,
            schedule=terms.schedule,
            period=period,
            in_service_on=site.in_service_on,
            removed_on=site.removed_on,
            agreed=site.agreed,
            known_on=known_on,
        )
        level = terms.schedule.level(charged.level_code) if charged else None
        if level is None:
            message = _undecided_message(site, period, charged.level_code if charged else None)
            return PeriodOutcome(notices=(message,), undecided=True)
        source = str(terms.schedule_source)
        priced.append(PricedDays(stretch, level.annual_price, level.code, level.name, source, charged.basis))
    parts = instalments(
        period=period,
        priced=priced,
        frequency=agreement.readings.frequency,
        proration=agreement.readings.proration,
        rounding=agreement.readings.rounding,
    )
    charges = tuple(Charge(site, period, part, tuple(priced), agreement) for part in parts)
    return PeriodOutcome(charges, tuple(notices))


def _undecided_message(site: SiteFacts, period: AnnualPeriod, level_code: str | None) -> str:
    if level_code is None:
        return f"{site.name}: no level is decided for annual period {period.number}. Record its starting level."
    return f"{site.name}: the level {level_code} of annual period {period.number} is no row of the schedule in force."


def _stretches(
    agreement: AgreementTerms, days: DaySpan, known_on: date
) -> Iterable[tuple[DaySpan, TermsFound | NotInForce]]:
    """Cut charged days where other terms begin: an executed amendment takes effect, or an earlier expiration passes."""
    executed = [amendment for amendment in agreement.amendments if amendment.executed_by(known_on)]
    expirations = [agreement.original_expires_on, *(amendment.expires_on for amendment in executed)]
    turns = {amendment.effective_on for amendment in executed}
    turns |= {expires_on + ONE_DAY for expires_on in expirations if expires_on is not None}
    starts = sorted({turn for turn in turns if turn in days} | {days.first_day})
    ends = [*(start - ONE_DAY for start in starts[1:]), days.last_day]
    outcomes = [terms_on(agreement=agreement, service_on=first, known_on=known_on) for first in starts]
    return _joined(zip(starts, ends, outcomes, strict=True))


def _joined(
    pieces: Iterable[tuple[date, date, TermsFound | NotInForce]],
) -> Iterable[tuple[DaySpan, TermsFound | NotInForce]]:
    """Put neighbouring days under the same schedule together again, so that a reader sees one stretch."""
    held: tuple[DaySpan, TermsFound | NotInForce] | None = None
    for first, last, terms in pieces:
        if held is not None and _same_prices(held[1], terms):
            held = DaySpan(held[0].first_day, last), held[1]
            continue
        if held is not None:
            yield held
        held = DaySpan(first, last), terms
    if held is not None:
        yield held


def _same_prices(before: TermsFound | NotInForce, after: TermsFound | NotInForce) -> bool:
    if isinstance(before, TermsFound) and isinstance(after, TermsFound):
        return before.schedule_source == after.schedule_source
    return False


def included_service_refusal(*, schedule: Schedule, service: str) -> Refused | None:
    """Return why a service cannot be a charge line: the annual price includes it (note 1). None if it can."""
    included = schedule.includes(service)
    if included is None:
        return None
    return Refused(
        "INCLUDED_IN_ANNUAL_PRICE",
        "service",
        f"{included.name} is included in the annual price ({included.clause}) and cannot be charged, not even at zero.",
    )
