"""What a starting level is based on: the terms of its first day and the history of the customer's other sites."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from contracts.periods import day_text
from contracts.schedule import Level, Schedule
from contracts.terms import AgreementTerms, NotInForce, TermsFound, terms_on
from sites.counts.count import counts_on
from sites.models import ChargedLevel, ComparableChoice, Site
from sites.starting.history import (
    Candidate,
    Capacity,
    Choice,
    City,
    HistoryBasis,
    HistoryRule,
    Judged,
    Standing,
    StartingProposal,
    days_to_capacity,
    starting_level,
    telling_components,
)

# ---- the customer's sites ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PastSite:
    """A site as history knows it: the level at which it started, and how it reached that level's limit.

    `level` is None where no terms price its first day; `progress` says how far it has come where the limit is ahead.
    """

    site: Site
    terms: AgreementTerms
    level: Level | None
    capacity: Capacity | None
    progress: str


def past_sites(*, customer_id: int, counted_through: date, known_on: date) -> tuple[PastSite, ...]:
    """Return every site of a customer, under all its agreements, with what the counts made through a day say of it.

    The number of queries does not depend on that of the sites.
    """
    rows = Site.objects.filter(agreement__customer=customer_id).with_agreement_terms().with_levels()
    terms: dict[int, AgreementTerms] = {}
    past = []
    for site in rows.with_counts(through=counted_through):
        if site.agreement_id not in terms:
            terms[site.agreement_id] = site.agreement.as_terms()
        past.append(_past(site, terms[site.agreement_id], known_on))
    return tuple(past)


def _past(site: Site, terms: AgreementTerms, known_on: date) -> PastSite:
    found = _first_terms(site, terms, known_on)
    if isinstance(found, NotInForce):
        return PastSite(site, terms, None, None, "")
    charged = site.charged_on(found.service_on, found, agreement=terms)
    level = found.schedule.level(charged.level_code) if charged else None
    if level is None:
        return PastSite(site, terms, None, None, "")
    counts = site.count_values()
    capacity = days_to_capacity(schedule=found.schedule, level=level, in_service_on=site.in_service_on, counts=counts)
    return PastSite(site, terms, level, capacity, "" if capacity else _progress(site, found.schedule, level))


def _first_terms(site: Site, terms: AgreementTerms, known_on: date) -> TermsFound | NotInForce:
    """The terms of the site's first day; for a site older than the first annual period, those of that period's."""
    service_on = max(site.in_service_on, terms.first_period_starts_on)
    return terms_on(agreement=terms, service_on=service_on, known_on=known_on)


def _progress(site: Site, schedule: Schedule, level: Level) -> str:
    """`12 of 15 gateway elements, 5 of 8 SLC`, by the last count of each; empty without any."""
    latest = counts_on(counts=site.count_values(), day=date.max)
    return ", ".join(
        f"{latest[part.code].quantity} of {level.limit(part.code).upper} {part.name}"
        for part in telling_components(schedule=schedule, level=level)
        if part.code in latest
    )


# ---- one site that is to start -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """Another site beside the one that is to start, with the choice that is on file about it."""

    past: PastSite
    judged: Judged
    choice: ComparableChoice | None

    @property
    def site(self) -> Site:
        return self.past.site

    @property
    def decided(self) -> ComparableChoice | None:
        """The choice, where it makes a difference to what the rule says."""
        return self.choice if self.judged.standing is not self.judged.by_rule else None


@dataclass(frozen=True)
class Start:
    """A site that is to start: what history proposes, the sites compared, and whether a level can be recorded.

    `closed` says why none can, and is empty where one can; `on_record` is the level on record.
    """

    site: Site
    found: TermsFound | NotInForce
    proposal: StartingProposal | None
    compared: tuple[Compared, ...]
    on_record: ChargedLevel | None
    closed: str


def start_of(*, site: Site, on: date, rule: HistoryRule | None = None) -> Start:
    """Return what is known on a day about the level at which a site should start (note 4).

    Note 4 is read as on the site's first day, unless a rule is given. The number of queries does not depend on that of
    the other sites.
    """
    choices = {row.comparable_id: row for row in site.comparable_choices.select_related("decided_by").order_by("pk")}
    past = past_sites(customer_id=site.agreement.customer_id, counted_through=on, known_on=on)
    return start_among(site=site, past=past, choices=choices, on=on, rule=rule)


def start_among(
    *,
    site: Site,
    past: Iterable[PastSite],
    choices: Mapping[int, ComparableChoice],
    on: date,
    rule: HistoryRule | None = None,
) -> Start:
    """Return the same from rows already loaded: `past` holds all sites of the customer, the one to start among them."""
    others = {one.site.pk: one for one in past}
    own = others.pop(site.pk)
    found = terms_on(agreement=own.terms, service_on=own.site.in_service_on, known_on=on)
    if isinstance(found, NotInForce):
        return Start(own.site, found, None, (), None, found.message)
    customer_id = own.site.agreement.customer_id
    proposal = starting_level(
        schedule=found.schedule,
        period_number=found.period.number,
        city=City(customer_id, own.site.population),
        candidates=[_candidate(one, choices.get(key)) for key, one in others.items()],
        rule=rule or HistoryRule.read(own.terms.readings_on(own.site.in_service_on).history),
    )
    compared = tuple(Compared(others[one.candidate.key], one, choices.get(one.candidate.key)) for one in proposal.sites)
    stored, closed = level_on_record(site=own.site, found=found), closed_because(site=own.site, found=found)
    return Start(own.site, found, proposal, tuple(sorted(compared, key=_order)), stored, closed)


def _candidate(one: PastSite, choice: ComparableChoice | None) -> Candidate:
    return Candidate(
        key=one.site.pk,
        customer=one.site.agreement.customer_id,
        population=one.site.population,
        level=one.level,
        capacity=one.capacity,
        choice=Choice(choice.included, choice.reason) if choice else None,
    )


def _order(one: Compared) -> tuple:
    """First the sites used, then those that a person may add, then the others; by name."""
    standing = one.judged.standing
    return (not standing.is_used, not standing.may_be_chosen, str(one.site), one.site.pk)


def level_on_record(*, site: Site, found: TermsFound) -> ChargedLevel | None:
    """Return the level recorded for the annual period in which the site starts. It must come from `with_levels()`."""
    number = found.period.number
    return next((row for row in site.charged_level_list if row.period_number == number), None)


def closed_because(*, site: Site, found: TermsFound | NotInForce) -> str:
    """Return why no starting level can be recorded for a site, or an empty text where one can (notes 3 and 4).

    `found` are the terms of its first day. The site must come from `with_levels()`.
    """
    if isinstance(found, NotInForce):
        return found.message
    opening = found.schedule.level(found.schedule.opening.first_period_level or "")
    if found.period.number == 1 and opening is not None:
        return f"Every site is charged at {opening.name} in the first annual period: there is nothing to decide."
    stored = level_on_record(site=site, found=found)
    if stored is None:
        return ""
    reason = f": {stored.reason}" if stored.reason else "."
    return f"{site} starts at {stored.level.name}, decided on {day_text(stored.agreed_on)}{reason}"


def closed_on(*, site_key: int, on: date) -> tuple[TermsFound | NotInForce, str]:
    """Return the terms of a site's first day as known on a day, and why no starting level can be recorded, if so."""
    site = Site.objects.with_agreement_terms().with_levels().get(pk=site_key)
    found = terms_on(agreement=site.agreement.as_terms(), service_on=site.in_service_on, known_on=on)
    return found, closed_because(site=site, found=found)


# ---- in a review -------------------------------------------------------------------------------------------------


def histories(*, sites: Iterable[Site], counted_through: date, known_on: date) -> list[dict]:
    """Return, as plain data, what history proposes for each planned site of one agreement (note 4).

    A site that starts in the first annual period, or on a day without terms, has no proposal and is left out. Without
    a planned site nothing is asked; otherwise the number of queries does not depend on that of the sites.
    """
    sites = list(sites)
    if not sites:
        return []
    past = past_sites(customer_id=sites[0].agreement.customer_id, counted_through=counted_through, known_on=known_on)
    choices: dict[int, dict[int, ComparableChoice]] = {}
    for row in ComparableChoice.objects.filter(site__in=sites).order_by("pk"):
        choices.setdefault(row.site_id, {})[row.comparable_id] = row
    starts = [start_among(site=site, past=past, choices=choices.get(site.pk, {}), on=known_on) for site in sites]
    return [
        _history(start)
        for start in starts
        if start.proposal is not None and start.proposal.basis is not HistoryBasis.FIRST_PERIOD
    ]


def _history(start: Start) -> dict:
    proposal = start.proposal
    return {
        "site": str(start.site),
        "population": start.site.population,
        "basis": proposal.basis.value,
        "level": proposal.level.name if proposal.level else None,
        "price": str(proposal.level.annual_price) if proposal.level else None,
        "median": None if proposal.median is None else str(proposal.median),
        "sentence": proposal.sentence,
        "tolerance_percent": proposal.rule.tolerance_percent,
        "minimum": proposal.rule.minimum,
        "limit_days": proposal.rule.limit_days,
        "used": [_used(one) for one in start.compared if one.judged.standing.is_used],
        "remarks": [
            {"site": str(one.site), "why": one.judged.sentence}
            for one in start.compared
            if one.judged.standing is not Standing.COMPARABLE
        ],
    }


def _used(one: Compared) -> dict:
    return {
        "site": str(one.site),
        "population": one.site.population,
        "difference": one.judged.difference_text,
        "level": one.past.level.name,
        "in_service_on": one.site.in_service_on.isoformat(),
        "reached_on": one.past.capacity.reached_on.isoformat(),
        "by": [part.name for part in one.past.capacity.by],
        "days": one.past.capacity.days,
        "at_first_count": one.past.capacity.at_first_count,
    }
