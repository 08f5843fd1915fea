"""What another reading of a clause would cost or save in the current annual period, as far as it is known today."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from contracts.amendments.reading_choice import with_reading
from contracts.money import NOTHING, ZERO, in_currency, money_text
from contracts.periods import AnnualPeriod, OutsideTerm, annual_period_on, day_text
from contracts.readings import BILLING_QUESTIONS, ENTRY_QUESTIONS, HOUR_QUESTIONS, QUESTIONS, START_QUESTIONS
from contracts.schedule import Level, Refused
from contracts.terms import AgreementTerms, NotInForce, expiration_known
from contracts.wording import plural
from invoicing.charges.charge import ChargeKey, Facts, SiteFacts
from invoicing.charges.due import Due, due_through
from invoicing.charges.hours import BLOCK, HOURS
from invoicing.what_if.compare import Amounts, falling_due
from sites.counts.count import Count
from sites.hours.ledger import hour_ledger
from sites.hours.prices import hours_text
from sites.review_days import in_review
from sites.reviews.evidence import Compared, Findings, findings
from sites.reviews.review import ReviewTerms, review_terms


@dataclass(frozen=True)
class OnFile:
    """What is on file of one agreement on a day: counts by site key, agreed reviews by the number of their period.

    Amounts are in the agreement's `currency`.

    `is_demonstration` tells that some of it is invented.
    """

    agreement: AgreementTerms
    on: date
    currency: str = "USD"
    sites: tuple[SiteFacts, ...] = ()
    facts: Facts = field(default_factory=dict)
    counts: Mapping[int, tuple[Count, ...]] = field(default_factory=dict)
    agreed_reviews: Mapping[int, date] = field(default_factory=dict)
    is_demonstration: bool = False

    @cached_property
    def remembered(self) -> dict:
        """What several readings ask for alike, by what it is: the counts that a review compares, prices proposed."""
        return {}

    def compared(self, site: SiteFacts, period: AnnualPeriod) -> Compared:
        """Return the counts of a site that the review of a period compares, chosen once for all readings."""
        asked = (site.key, period.number)
        if asked not in self.remembered:
            self.remembered[asked] = Compared.of(
                counts=self.counts.get(site.key, ()),
                period=period.span,
                in_service_on=site.in_service_on,
                cut_off_on=self.on,
            )
        return self.remembered[asked]


@dataclass(frozen=True)
class Effect:
    """What a reading other than the present one would change. `difference` is None where it changes no amount.

    `computed` is False where it cannot be said; the sentence says why then.
    """

    choice: StrEnum
    sentence: str
    difference: Decimal | None = None
    computed: bool = True


class NotComputed(Exception):
    """An effect cannot be computed; the message says why."""


Change = tuple[Decimal | None, str]
"""By how much an amount changes, None where none does, and that in words."""


def current_period(*, known: OnFile) -> AnnualPeriod | None:
    """Return the annual period that runs on the day, None where none does."""
    agreement = known.agreement
    expires_on, _source = expiration_known(agreement=agreement, known_on=known.on)
    found = annual_period_on(
        day=known.on, first_period_starts_on=agreement.first_period_starts_on, expires_on=expires_on
    )
    return None if isinstance(found, OutsideTerm) else found


def reading_effects(*, known: OnFile) -> dict[str, tuple[Effect, ...]]:
    """Return by question what each reading but the present one would change in the current annual period.

    A reading that decides amounts is compared by what is due for the whole period, with the sites, hours and levels
    known by the day. One that decides reviews is compared by the prices proposed for the next period, or by the day on
    which the review is due.
    """
    period = current_period(known=known)
    due = _due(known, period) if period else None
    return {key: tuple(_effects(known, key, period, due)) for key in QUESTIONS}


def _due(known: OnFile, period: AnnualPeriod) -> Due | NotInForce:
    return due_through(agreement=known.agreement, sites=known.sites, through=period.span.last_day, known_on=known.on)


def _effects(known: OnFile, key: str, period: AnnualPeriod | None, due: Due | NotInForce | None) -> Iterator[Effect]:
    present = known.agreement.readings_on(known.on).of_question(key).choice
    for choice in QUESTIONS[key].choices:
        if choice == present:
            continue
        try:
            if period is None:
                raise NotComputed(f"No annual period runs on {day_text(known.on)}.")
            difference, sentence = _change(known, key, choice, period, due)
        except NotComputed as problem:
            yield Effect(choice, f"Cannot be computed. {problem}", computed=False)
        else:
            yield Effect(choice, sentence, None if difference is None else in_currency(difference, known.currency))


def _change(known: OnFile, key: str, choice: str, period: AnnualPeriod, due: Due | NotInForce) -> Change:
    read_so = with_reading(agreement=known.agreement, question=key, choice=choice, from_day=period.full_span.first_day)
    if key in BILLING_QUESTIONS:
        return _annual_change(known, period, due, _due(replace(known, agreement=read_so), period))
    if key in HOUR_QUESTIONS:
        return _hours_change(known, period, read_so)
    if key in ENTRY_QUESTIONS:
        return None, "It changes what the next time sheet brings, and no amount: what is entered stays as it is."
    if key in START_QUESTIONS:
        return None, "It changes what is proposed for sites that start later, and no amount: a person decides."
    if period.number in known.agreed_reviews:
        agreed_on = day_text(known.agreed_reviews[period.number])
        raise NotComputed(f"The review of annual period {period.number} was agreed on {agreed_on} and stays.")
    now, then = (_review(known, period, agreement) for agreement in (known.agreement, read_so))
    return _day_change(now, then) if key == "review-day" else _proposals_change(known, read_so, now, then)


def _instead(before: str, after: str) -> str:
    return f"{after}, as now." if before == after else f"{after} instead of {before}."


def _money_instead(amounts: Amounts, known: OnFile) -> str:
    return _instead(*(money_text(in_currency(each, known.currency)) for each in (amounts.before, amounts.after)))


# ---- annual charges ----------------------------------------------------------------------------------------------


def _annual_change(known: OnFile, period: AnnualPeriod, due: Due | NotInForce, then: Due | NotInForce) -> Change:
    """The annual charges of the period, as due now and read otherwise; levels stay as they are."""
    if isinstance(due, NotInForce):
        raise NotComputed(due.message)
    undecided = [site.name for site in known.sites if ChargeKey.of_site(site.key, period.number) in due.undecided]
    without = [f"Without {', '.join(undecided)}: no level is decided."] if undecided else []
    charges, after = (
        [charge for charge in each.charges if charge.period.number == period.number] for each in (due, then)
    )
    if not charges and not after:
        return NOTHING, " ".join([f"Nothing is charged for annual period {period.number} so far.", *without])
    whole, today = (falling_due(before=charges, after=after, through=day) for day in (period.span.last_day, known.on))
    message = [f"Annual period {period.number}: {_money_instead(whole, known)}"]
    if today.difference:
        message.append(f"Due by {day_text(known.on)}: {_money_instead(today, known)}")
    return whole.difference, " ".join([*message, *without])


# ---- hours -------------------------------------------------------------------------------------------------------


def _hours_change(known: OnFile, period: AnnualPeriod, read_so: AgreementTerms) -> Change:
    """The hours of the period that are bought by the hour, and those that wait for a block."""
    before, after = (_hours(known, period, terms) for terms in (known.agreement, read_so))
    bought, waiting = (Amounts(*pair) for pair in zip(before, after, strict=True))
    if bought == waiting == Amounts():
        return NOTHING, f"Annual period {period.number} has no hours that a block does not cover: nothing changes."
    message = [f"Hours by the hour in annual period {period.number}: {_money_instead(bought, known)}"]
    if waiting.difference:
        message.append(f"Waiting for a block: {_instead(hours_text(waiting.before), hours_text(waiting.after))}")
    return bought.difference, " ".join(message)


def _hours(known: OnFile, period: AnnualPeriod, terms: AgreementTerms) -> tuple[Decimal, Decimal]:
    bought, worked = known.facts.get(BLOCK, ()), known.facts.get(HOURS, ())
    ledger = hour_ledger(agreement=terms, purchases=bought, work=worked, known_on=known.on)
    outcomes = [outcome for outcome in ledger.outcomes.values() if outcome.work.worked_on in period.span]
    return sum((one.amount for one in outcomes), NOTHING), sum((one.waiting for one in outcomes), ZERO)


# ---- reviews -----------------------------------------------------------------------------------------------------


def _review(known: OnFile, period: AnnualPeriod, terms: AgreementTerms) -> ReviewTerms:
    found = review_terms(agreement=terms, period_number=period.number, known_on=known.on)
    if isinstance(found, Refused):
        raise NotComputed(found.message)
    return found


def _day_change(now: ReviewTerms, then: ReviewTerms) -> Change:
    days = (f"{found.due.due_on:%A}, {day_text(found.due.due_on)}" for found in (now, then))
    return None, f"The review is due on {_instead(*days)}"


def _proposals_change(known: OnFile, read_so: AgreementTerms, now: ReviewTerms, then: ReviewTerms) -> Change:
    """The prices that the review would propose for the next annual period, from the counts made by the day."""
    if now.due.next_period is None:
        raise NotComputed(f"The term ends with annual period {now.due.period.number}: there is no next price.")
    number = now.due.next_period.number
    (price_now, _), (price_then, to_decide) = (
        _proposed(known, terms, found) for terms, found in ((known.agreement, now), (read_so, then))
    )
    prices = Amounts(price_now, price_then)
    message = [f"Proposed for annual period {number}, a year: {_money_instead(prices, known)}"]
    if to_decide:
        sites = plural(to_decide, "site needs", "sites need")
        message.append(
            f"{sites} a decision and count{'s' if to_decide == 1 else ''} at the price that goes on meanwhile."
        )
    return prices.difference, " ".join(message)


def _proposed(known: OnFile, terms: AgreementTerms, found: ReviewTerms) -> tuple[Decimal, int]:
    """The annual prices proposed, and the number of sites without a proposal: they count at the price that goes on."""
    if terms is known.agreement:
        if "proposed" not in known.remembered:
            known.remembered["proposed"] = _all_proposed(known, terms, found)
        return known.remembered["proposed"]
    return _all_proposed(known, terms, found)


def _all_proposed(known: OnFile, terms: AgreementTerms, found: ReviewTerms) -> tuple[Decimal, int]:
    total, to_decide = NOTHING, 0
    for site in known.sites:
        if not _is_reviewed(site, found):
            continue
        stored = _level_on_record(known, terms, found, site)
        goes_on = found.next_terms.schedule.level(stored.code) if stored else None
        proposed = _findings(known, terms, found, site, goes_on).proposed
        if proposed is not None and proposed.level is not None:
            total += proposed.level.annual_price
            continue
        to_decide += 1
        price = goes_on or stored
        total += price.annual_price if price else NOTHING
    return total, to_decide


def _is_reviewed(site: SiteFacts, found: ReviewTerms) -> bool:
    """Whether the site is in service on the review's day and in the period whose price it settles."""
    next_first_day = found.due.next_period.span.first_day
    return in_review(in_service_on=site.in_service_on, removed_on=site.removed_on, review_on=found.due.due_on) and not (
        site.removed_on is not None and site.removed_on < next_first_day
    )


def _level_on_record(known: OnFile, terms: AgreementTerms, found: ReviewTerms, site: SiteFacts) -> Level | None:
    """The row at which the site is charged in the period under review."""
    period = found.due.period
    charged = site.charged_on(
        period.span.last_day, agreement=terms, schedule=found.terms.schedule, period=period, known_on=known.on
    )
    return found.terms.schedule.level(charged.level_code) if charged else None


def _findings(
    known: OnFile, terms: AgreementTerms, found: ReviewTerms, site: SiteFacts, goes_on: Level | None
) -> Findings:
    return findings(
        schedule=found.terms.schedule,
        prices=found.next_terms.schedule,
        counted=known.compared(site, found.due.period),
        current_level=goes_on,
        readings=terms.readings_on(found.due.period.full_span.last_day),
    )
