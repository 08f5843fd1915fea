"""What is due through a date, charge by charge: a pure function of terms, charged levels, facts and readings."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from contracts.periods import ONE_DAY, AnnualPeriod, DaySpan, annual_periods, day_text
from contracts.readings import Readings, SiteCharge, UntilAgreed
from contracts.schedule import Schedule
from contracts.terms import AgreementTerms, Expired, NotInForce, TermsFound, expiration_known, terms_on
from invoicing.charges.charge import (
    NO_FACTS,
    AnyCharge,
    Charge,
    ChargeKey,
    Facts,
    Known,
    OneOff,
    SiteFacts,
    Uncharged,
    Unpriced,
)
from invoicing.charges.instalments import PricedDays, instalment_falls_due, instalments
from invoicing.charges.kinds import charged_once, place_of
from sites.charged import Charged
from sites.charged_days import switches_at_first
from sites.service.remarks import Service, service_remarks


@dataclass(frozen=True)
class PeriodOutcome:
    """What one site owes in one annual period. `notices` name the days that no document prices.

    `undecided` says that nobody has decided the site's level: what is due is not known then.
    """

    charges: tuple[Charge, ...] = ()
    notices: tuple[str, ...] = ()
    undecided: bool = False


class _Once(NamedTuple):
    """What comes of all facts that are charged once."""

    charges: Sequence[OneOff]
    notices: Sequence[str]
    undecided: frozenset[ChargeKey]
    uncharged: Mapping[ChargeKey, str]


@dataclass(frozen=True)
class Due:
    """Everything due under one agreement through a date, as known on a day.

    What is due for an `undecided` key is not known, which is not nothing: it has no charge here, and what was billed
    for it stands. `later` are the keys of charges that fall due once, after the date; `ahead` are the instalments of
    annual periods begun by then that fall due after it. `uncharged` says of facts that stand and cost nothing what
    became of them. `unpriced` are the keys of annual charges of which some days have no price.
    """

    agreement: AgreementTerms
    through: date
    known_on: date
    charges: tuple[AnyCharge, ...]
    notices: tuple[str, ...] = ()
    undecided: frozenset[ChargeKey] = frozenset()
    later: frozenset[ChargeKey] = field(default=frozenset(), repr=False)
    uncharged: Mapping[ChargeKey, str] = field(default_factory=dict, repr=False)
    ahead: tuple[Charge, ...] = field(default=(), repr=False)
    unpriced: frozenset[ChargeKey] = field(default=frozenset(), repr=False)


def due_through(
    *,
    agreement: AgreementTerms,
    sites: Iterable[SiteFacts],
    through: date,
    known_on: date,
    facts: Facts = NO_FACTS,
    periods: Collection[int] | None = None,
    closed_through: int = 0,
) -> Due | NotInForce:
    """Return what is due through a date, charge by charge, or why that date cannot be billed.

    A pure function of the terms, charged levels, sites, facts and readings: the same facts always give the same
    charges. A date that is not on file, expired or not executed is returned as that outcome. What cannot be billed
    (service before the first priced day, a level nobody decided, an integration without a price) is a notice. Of annual
    charges, only those of some `periods` are computed where these are given, and only those of annual periods after the
    one that is `closed_through`.
    """
    terms = terms_on(agreement=agreement, service_on=through, known_on=known_on)
    if isinstance(terms, NotInForce):
        return _with_next_step(terms, agreement)
    expires_on, _ = expiration_known(agreement=agreement, known_on=known_on)
    sites = tuple(sites)
    begun = annual_periods(
        first_period_starts_on=agreement.first_period_starts_on, through=through, expires_on=expires_on
    )
    open_periods = (period for period in begun if period.number > closed_through)
    looked_at = [period for period in open_periods if periods is None or period.number in periods]
    charges: list[AnyCharge] = []
    ahead: list[Charge] = []
    notices: list[str] = []
    undecided: set[ChargeKey] = set()
    unpriced: set[ChargeKey] = set()
    for site in sites:
        notices += _before_first_period(agreement, site)
        for period in looked_at:
            outcome = _period_charges(agreement, site, period, known_on)
            notices += outcome.notices
            if outcome.notices:
                unpriced.add(ChargeKey.of_site(site.key, period.number))
            if through in period.span:
                notices += [f"{site.name}: {message}" for message in _remarks(agreement, site, period, through)]
            if outcome.undecided:
                undecided.add(ChargeKey.of_site(site.key, period.number))
            charges += [charge for charge in outcome.charges if charge.due_on <= through]
            ahead += [charge for charge in outcome.charges if charge.due_on > through]
    once = _once(Known(agreement, {site.key: site for site in sites}, facts, through, known_on))
    charges += [charge for charge in once.charges if charge.due_on <= through]
    return Due(
        agreement,
        through,
        known_on,
        tuple(charges),
        (*notices, *once.notices),
        frozenset(undecided) | once.undecided,
        frozenset(charge.key for charge in once.charges if charge.due_on > through),
        once.uncharged,
        tuple(ahead),
        frozenset(unpriced),
    )


def _once(known: Known) -> _Once:
    """Every charge that falls due once, whatever its day, in the order of their days.

    What has no price stays undecided. A notice names it, as far as it happened through the date of the run.
    """
    rules = dict.fromkeys(kind.charges for kind in charged_once().values())
    outcomes = [outcome for charges in rules for outcome in charges(known)] if known.facts else []
    charges = [each for each in outcomes if isinstance(each, OneOff)]
    unpriced = [each for each in outcomes if isinstance(each, Unpriced)]
    expires_on, _source = expiration_known(agreement=known.agreement, known_on=known.known_on)
    runs_on = expires_on is None or known.through < expires_on
    last = known.through if runs_on else date.max  # no later run would name what happened after the expiration
    return _Once(
        sorted(charges, key=lambda charge: (charge.due_on, place_of(charge.key.kind), charge.key.subject)),
        [
            *(each.notice for each in unpriced if each.day <= last),
            *(each for each in outcomes if isinstance(each, str)),
        ],
        frozenset(each.key for each in unpriced),
        {each.key: each.message for each in outcomes if isinstance(each, Uncharged)},
    )


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


def _period_charges(agreement: AgreementTerms, site: SiteFacts, period: AnnualPeriod, known_on: date) -> PeriodOutcome:
    readings = agreement.readings_on(period.full_span.first_day)
    days = site.charged_days(period, readings)
    if days is None:
        return PeriodOutcome()
    switches = _charged_switches(site, days, readings)
    priced, notices = [], []
    for stretch, terms in _stretches(agreement, days, known_on, _level_turns(agreement, site, period, known_on)):
        if isinstance(terms, NotInForce):
            notices.append(f"{site.name}: nothing is billed for {stretch}. {terms.message}")
            continue
        charged = site.charged_on(
            stretch.first_day, agreement=agreement, schedule=terms.schedule, period=period, known_on=known_on
        )
        level = terms.schedule.level(charged.level_code) if charged else None
        if level is None:
            message = _undecided_message(site, period, stretch, terms.schedule, charged)
            return PeriodOutcome(notices=(message,), undecided=True)
        if charged.provisional and readings.until_agreed is UntilAgreed.NOTHING:
            message = f"{site.name}: no level is agreed for annual period {period.number} yet."
            message += " Nothing is billed for it until both parties agree: record their agreement at the review."
            return PeriodOutcome(notices=(message,), undecided=True)
        price, source = switches * level.annual_price, str(terms.schedule_source)
        priced.append(PricedDays(stretch, price, level.code, level.name, source, charged.basis, charged.reason))
    priced = _joined(priced)
    through = site.spread_through(period)
    parts = instalments(
        period=period,
        priced=priced,
        frequency=readings.frequency,
        proration=readings.proration,
        rounding=readings.rounding,
        spread_through=through,
    )
    charges = tuple(
        Charge(site, period, part, tuple(priced), readings, instalment_falls_due(part, period, readings), through)
        for part in parts
    )
    return PeriodOutcome(charges, tuple(notices))


def _remarks(agreement: AgreementTerms, site: SiteFacts, period: AnnualPeriod, on: date) -> Iterator[str]:
    readings = agreement.readings_on(period.full_span.first_day)
    service = Service(site.in_service_on, site.removed_on, site.charged_through, site.switch_counts)
    return service_remarks(service=service, period=period, readings=readings, on=on)


def _charged_switches(site: SiteFacts, days: DaySpan, readings: Readings) -> int:
    """How many times the annual price of its level is charged; a switch that was not counted is one."""
    if readings.site_charge is SiteCharge.PER_SITE:
        return 1
    return switches_at_first(days, site.switch_counts) or 1


def _undecided_message(
    site: SiteFacts, period: AnnualPeriod, days: DaySpan, schedule: Schedule, charged: Charged | None
) -> str:
    if charged is not None:
        level = f"the level {charged.level_code} of annual period {period.number}"
        return f"{site.name}: {level} is no row of the schedule in force."
    if schedule.counted is not None:
        message = f"{site.name}: the counts measure no level for {days}"
        return f"{message}. Record what is not counted yet, or the level that both parties agreed from that day."
    return f"{site.name}: no level is decided for annual period {period.number}. Record its starting level."


def _level_turns(agreement: AgreementTerms, site: SiteFacts, period: AnnualPeriod, known_on: date) -> set[date]:
    """The days on which the level of a site can change within an annual period, whatever the schedules say."""
    turns = site.levels_turn_on(known_on)
    if agreement.follows_counts:
        frequency = agreement.readings_on(period.full_span.first_day).frequency
        turns |= {part.first_day for part in period.parts(frequency.parts)}
    return turns


def _stretches(
    agreement: AgreementTerms, days: DaySpan, known_on: date, turns: Set[date]
) -> Iterator[tuple[DaySpan, TermsFound | NotInForce]]:
    """Cut charged days where other terms begin, and at other `turns`.

    Other terms begin where an executed amendment takes effect or an earlier expiration passes.
    """
    executed = [amendment for amendment in agreement.amendments if amendment.executed_by(known_on)]
    expirations = [agreement.original_expires_on, *(amendment.expires_on for amendment in executed)]
    turns = turns | {amendment.effective_on for amendment in executed}
    turns |= {expires_on + ONE_DAY for expires_on in expirations if expires_on is not None}
    starts = sorted({turn for turn in turns if turn in days} | {days.first_day})
    ends = [*(start - ONE_DAY for start in starts[1:]), days.last_day]
    for first, last in zip(starts, ends, strict=True):
        yield DaySpan(first, last), terms_on(agreement=agreement, service_on=first, known_on=known_on)


def _joined(priced: Iterable[PricedDays]) -> list[PricedDays]:
    """Put neighbouring days at the same price together again, so that a reader sees one stretch."""
    joined: list[PricedDays] = []
    for days in priced:
        if joined and days.goes_on_from(joined[-1]):
            joined[-1] = replace(days, days=DaySpan(joined[-1].days.first_day, days.days.last_day))
        else:
            joined.append(days)
    return joined
